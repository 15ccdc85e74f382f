"""Lesson 00: the numbers of its exercises; pins by pages written; a run to watch."""

import re
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from pinlab import lab, machine
from pinlab.lab.problems import exercise
from pinlab.lessons import start_here as here
from pinlab.lessons.start_here import TouchedPages, Watch
from pinlab.machine import Answer, Progress, recorded
from tests.lab.answers import TOUCHED, an_answer
from tests.lab.front_end import FrontEnd
from tests.lab.lines import points
from tests.lab.parts import Parts

SEEDS = range(50)

RIGHT: dict[str, object] = {
    "three-buffers": {"letters": 100 * 64, "zeros": 100 * 64, "never": 0},
    "one-byte": 100 * 1,
    "bytes-and-writes": 1000 * 2,
    "what-it-shows": 1 + 2**15 * 2**6 * 2**10 - 2**32,
}
"""Worked out by hand; the mail's writes are submitted in the tests of lesson 04."""


def asked(id: str, seed: int, pattern: str) -> list[str]:
    """What a question has in these places."""
    found = re.search(pattern, exercise(id, seed).question)
    assert found is not None
    return list(found.groups(""))


@pytest.mark.parametrize("seed", SEEDS)
def test_written_pages_times_writes_with_every_seed(seed: int) -> None:
    k, writes = asked(
        "one-byte", seed, r"into (?:one|each of (\d+)) pages? of .* to disk (\d+) times"
    )
    assert lab.check("one-byte", int(k or 1) * int(writes), seed).right
    pages, writes = asked(
        "bytes-and-writes", seed, r"into the pages ([\d, and]+)\. .* disk (\d+) times"
    )
    written = re.findall(r"\d+", pages)
    assert 1 < len(set(written)) < len(written)
    assert lab.check("bytes-and-writes", len(set(written)) * int(writes), seed).right


@pytest.mark.parametrize("seed", SEEDS)
def test_three_buffers_with_every_seed(seed: int) -> None:
    zeros, writes = asked(
        "three-buffers", seed, r"(?:the first (\d+)|every) pages? of the second .* (\d+) times"
    )
    times = int(writes)
    answer = {"letters": 64 * times, "zeros": int(zeros or 64) * times, "never": 0}
    assert lab.check("three-buffers", answer, seed).right


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        ({"zeros": 0}, "](misconceptions.md#A-pin-is-about-data)."),
        ({"never": 6400}, "and this kernel does not pin it"),
        ({"never": 64}, "and this kernel does not pin it"),
        ({"never": 100}, "and this kernel does not pin it"),
        ({"letters": 64}, "That is for one write;"),
        ({"zeros": 100}, "That is one pin for each write;"),
        ({"letters": 0}, "every write pins each of them."),
    ],
)
def test_a_wrong_guess_at_a_buffer_is_told_what_it_looks_like(
    guess: dict[str, int], words: str
) -> None:
    guesses = {"letters": None, "zeros": None, "never": None}
    reply = lab.check("three-buffers", guesses | guess)
    ((buffer, number),) = guess.items()
    (line,) = (line for line in reply.text.splitlines() if line.startswith(f"- {buffer}: "))
    assert f": {number} is not right. " in line
    assert words in line


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        (3000, "That counts the bytes;"),
        (64000, "](misconceptions.md#Every-page-has-a-frame-of-its-own)."),
        (2, "That is for one write;"),
        (1000, "That is one pin for each write;"),
    ],
)
def test_a_wrong_guess_at_bytes_and_writes_is_told_what_it_looks_like(
    guess: int, words: str
) -> None:
    reply = lab.check("bytes-and-writes", guess)
    assert f"You said {guess}." in reply.text
    assert words in reply.text


def test_a_refcount_past_the_largest_value_would_need_more_bits() -> None:
    assert lab.check("what-it-shows", 2**31 + 1).misconception == "a-counter-has-64-bits"
    assert "ask what comes after its largest value." in lab.check("what-it-shows", 2**31).text


def plot(measured: Answer) -> TouchedPages:
    return TouchedPages(measured, here.for_each_k(measured))


def said(measured: Answer, k: int) -> str:
    return here.touched_in_words(measured, here.for_each_k(measured), k)


@cache
def touched() -> TouchedPages:
    """One figure for all tests; each draws what it asks about."""
    return plot(an_answer(TOUCHED))


@pytest.mark.parametrize("most", [6400, 12_000, 2**21])
def test_no_point_is_cut_off_or_called_the_kernels(most: int) -> None:
    """The axis grows with what was measured, and the legend stays above."""
    mine = an_answer({0: 0, 8: most, 64: most}, unsure=(8, 64), others=77)
    figure = plot(mine)
    _, line = figure.figure.axes
    assert line.get_ylim()[1] > 1.5 * most
    assert 2 < len(line.get_yticks()) < 9
    assert [points(drawn) for drawn in line.lines[1:3]] == [[(0, 0)], [(8, most), (64, most)]]
    legend = line.get_legend()
    assert legend is not None
    _, own, others = (text.get_text() for text in legend.get_texts())
    assert (own, others) == ("your kernel, 6.18.44", "your kernel, 6.18.44, with others'\npins")
    assert line.get_title() == "others alone took 77 pins"
    assert said(mine, 8).endswith(
        f"800 pins in the model, at most {most} in your kernel: others' pins are in it."
    )
    picture = here.touched_pages(mine)
    assert f"8 at most {most}" in picture.alt
    assert mine.note in picture.twin
    assert f"at most {most}" in str(picture.table)


def test_a_kept_figure_moves_its_artists_and_nothing_else() -> None:
    figure = touched()
    buffer, line = figure.figure.axes
    limits = (line.get_xlim(), line.get_ylim(), buffer.get_xlim())
    artists = len(line.get_children()) + len(buffer.get_children())
    for k in (0, 8, 64):
        figure.draw(k)
    assert (line.get_xlim(), line.get_ylim(), buffer.get_xlim()) == limits
    assert len(line.get_children()) + len(buffer.get_children()) == artists


@pytest.mark.parametrize("k", [0, 1, 8, 63, 64])
def test_written_pages_are_hatched_and_the_marker_is_at_their_pins(k: int) -> None:
    figure = touched()
    buffer, line = figure.figure.axes
    figure.draw(k)
    assert [square.get_hatch() is not None for square in buffer.patches] == [
        i < k for i in range(64)
    ]
    assert points(line.lines[-1]) == [(k, 100 * k)]
    assert f"k = {k}" in buffer.get_xlabel()


def test_a_sentence_tells_prediction_and_measurement() -> None:
    sentence = said(an_answer(TOUCHED), 8)
    assert "k = 8: 8 pages have a frame of their own, 56 are the zero page." in sentence
    assert "100 writes take 800 pins in the model, 800 in your kernel." in sentence


def test_a_sentence_about_what_was_not_measured_has_the_prediction_alone() -> None:
    sentence = said(an_answer(TOUCHED), 9)
    assert sentence.endswith("100 writes take 900 pins in the model.")


@pytest.mark.parametrize(
    ("k", "words"), [(1, "1 page has a frame of its own, 63 are"), (63, "1 is the zero page")]
)
def test_one_page_is_one_page(k: int, words: str) -> None:
    assert words in said(an_answer(TOUCHED), k)


def test_a_kernel_that_pins_the_zero_page_takes_as_many_pins_for_every_k() -> None:
    flat = dict.fromkeys(TOUCHED, 6400)
    answer = an_answer(flat, kernel="6.4", method="process_vm_readv")
    assert "100 reads take 6400 pins in the model, 6400 in your kernel" in said(answer, 0)


def test_the_filmstrip_has_a_table_of_the_same_numbers() -> None:
    picture = here.touched_pages(an_answer(TOUCHED), positions=(0, 8, 64))
    assert len(picture.figure.axes) == 4
    numbers = [line.split() for line in str(picture).splitlines()]
    for k, pins in TOUCHED.items():
        assert [str(k), str(pins), str(pins)] in numbers


def test_the_recording_is_labelled_in_every_picture() -> None:
    recording = recorded(0, 1, 2, 8, 32, 64)
    label = "recording: Linux 6.18.44, November 2026, 100 writes each"
    picture = here.touched_pages(recording)
    assert label in picture.twin
    assert label in picture.alt
    assert "800 in the recording: Linux 6.18.44" in said(recording, 8)


def test_slider_and_box_move_each_other_the_picture_and_the_sentence() -> None:
    parts = Parts(here.pins_by_pages_written(an_answer(TOUCHED), k=8))
    ((bar, box),) = parts.rows
    first = parts.picture
    bar.value = 9
    assert box.value == 9
    assert "k = 9: 9 pages have a frame of their own" in parts.sentence
    box.value = 64
    assert bar.value == 64
    assert "6400 pins in the model, 6400 in your kernel" in parts.sentence
    assert parts.picture != first


@pytest.mark.parametrize("k", [0, 64])
def test_it_begins_where_it_is_told_to(k: int) -> None:
    parts = Parts(here.pins_by_pages_written(an_answer(TOUCHED), k=k))
    assert [(row.bar.value, row.box.value) for row in parts.rows] == [(k, k)]
    assert parts.sentence.startswith(f"k = {k}: ")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3,), TypeError, "measured is 3: it has to be of type Answer"),
        ((an_answer(TOUCHED), 65), ValueError, "k is 65"),
        ((an_answer(TOUCHED), 1.5), TypeError, "k is 1.5"),
        ((recorded("never"),), ValueError, r"about \['never'\]: ask for"),
        ((recorded(9),), ValueError, r"there is nothing to draw\. Not recorded: 9"),
    ],
)
def test_the_slider_is_told_what_it_cannot_draw(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        here.pins_by_pages_written(*arguments)


@pytest.mark.parametrize(
    ("positions", "words"),
    [((0, -1), "positions is -1"), ((65,), "positions is 65"), ([1] * 17, "has more than 16")],
)
def test_the_positions_of_a_film_are_pages(positions: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        here.touched_pages(an_answer(TOUCHED), positions)


def test_a_refcount_grows_to_its_number_and_what_was_said_stands_beside_it() -> None:
    picture = here.growth([65537, 131073, -5], said=2**31 + 1)
    (panel,) = picture.figure.axes
    grown, last, said = map(points, panel.lines)
    assert grown == [(1, 65537), (2, 131073), (3, -5)]
    assert last == [(3, -5)]
    assert {height for _, height in said} == {2**31 + 1}
    assert {text.get_text() for text in panel.texts} == {"-5", "you said 2147483649"}
    words = (
        "You said 2147483649. With 3 writes in flight the refcount is -5; the highest was 131073."
    )
    assert picture.twin == words
    assert words in picture.alt
    unsaid = here.growth([1])
    assert "said" not in unsaid.alt
    assert len(unsaid.figure.axes[0].lines) == 2
    right = here.growth([1], said=1)
    assert "You said 1." in right.alt
    assert len(right.figure.axes[0].lines) == 2  # no line through the number itself


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([],), ValueError, "refcounts is empty"),
        ((3,), TypeError, "refcounts is 3"),
        ((["1"],), TypeError, "a number in refcounts is '1'"),
        (([1], 1.5), TypeError, "said is 1.5"),
    ],
)
def test_only_numbers_grow(arguments: tuple[Any, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        here.growth(*arguments)


class FakeRun:
    """A run that does what the test tells it."""

    def __init__(self, outcome: Answer | Exception) -> None:
        self.outcome = outcome
        self.stopped = threading.Event()
        self.progress = Progress(0, 200)

    def wait(self, report: Callable[[Progress], None]) -> Answer:
        report(Progress(50, 200))
        if isinstance(self.outcome, Exception):
            assert self.stopped.wait(10)
            raise self.outcome
        return self.outcome

    def stop(self) -> None:
        self.stopped.set()


def watching(run: FakeRun) -> Watch:
    return Watch(run)  # type: ignore[arg-type]


def test_a_watch_ends_with_the_answer() -> None:
    watch = watching(FakeRun(an_answer({"letters": 6400})))
    watch.thread.join(10)
    assert (watch.bar.value, watch.bar.max) == (50, 200)
    assert "letters" in watch.words.value
    assert "6400" in watch.words.value
    assert watch.button.disabled


def test_the_answer_keeps_its_columns_and_is_announced() -> None:
    answer = an_answer({"letters": 6400})
    watch = watching(FakeRun(answer))
    watch.thread.join(10)
    assert watch.words.value == f"<pre>{answer.table()}</pre>"
    assert watch.words.role == "status"


def test_the_stop_button_stops_the_run_and_says_so() -> None:
    run = FakeRun(RuntimeError("stopped after 50 of 200 writes, so there is no answer"))
    watch = watching(run)
    assert not watch.button.disabled
    watch.button.click()
    watch.thread.join(10)
    assert "stopped after 50 of 200 writes" in watch.words.value
    assert watch.button.disabled


def test_a_write_that_failed_is_told_in_its_words() -> None:
    run = FakeRun(OSError(28, "No space left on device"))
    watch = watching(run)
    run.stop()
    watch.thread.join(10)
    assert "No space left on device" in watch.words.value
    assert watch.button.disabled


def test_a_watch_has_words_for_a_front_end_without_widgets(
    front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    watch = here.watch(machine.start("letters", writes=200))
    watch._ipython_display_()
    watch.thread.join(10)
    assert front_end.widgets() == [0]
    assert front_end.bundles[0]["text/plain"].startswith("A run of 200 writes")
    assert "recording: Linux 6.18.44" in watch.words.value


def test_only_a_run_can_be_watched() -> None:
    with pytest.raises(TypeError, match="run is 3: it has to be of type Run"):
        here.watch(3)  # type: ignore[arg-type]
