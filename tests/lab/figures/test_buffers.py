"""Pictures of buffers hold the state's numbers, in artists, alt text and words alike."""

from collections.abc import Callable
from functools import cache

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from pinlab import lab
from pinlab.lab.figures.buffers import TouchedPages
from pinlab.lab.palette import OTHERS, OTHERS_HATCH, PIN, PIN_HATCH
from pinlab.lab.picture import Picture
from pinlab.machine import Answer, recorded
from pinlab.machine.buffers import Buffer
from tests.lab.answers import BUFFERS, TOUCHED, an_answer
from tests.lab.lines import points


@cache
def touched() -> TouchedPages:
    """One figure for all tests; each draws what it asks about."""
    return TouchedPages(an_answer(TOUCHED))


def heights(panel: Axes) -> list[float]:
    return [bar.get_height() for container in panel.containers for bar in container]


def words(panel: Axes) -> set[str]:
    return {text.get_text() for text in panel.texts}


def test_three_bars_with_their_numbers() -> None:
    (panel,) = lab.three_buffers(an_answer(BUFFERS)).figure.axes
    assert heights(panel) == [6400, 6400, 0]
    assert words(panel) == {"6400", "0"}
    assert panel.get_title() == "your kernel, 6.18.44\n100 writes of 64 pages each"
    assert panel.get_ylabel() == "pins acquired"


def test_the_words_and_the_alt_text_have_the_numbers_of_the_bars() -> None:
    picture = lab.three_buffers(an_answer(BUFFERS))
    told = "your kernel, 6.18.44: letters 6400, zeros you wrote 6400, never written 0."
    assert picture.twin == told
    assert told in picture.alt


def test_side_by_side_on_one_scale() -> None:
    mine = an_answer(BUFFERS)
    picture = lab.three_buffers(mine, lab.in_the_model(mine))
    left, right = picture.figure.axes
    assert left.get_ylim() == right.get_ylim() == (0, 1.15 * 6400)
    assert heights(left) == heights(right)
    assert "They agree" in picture.twin


def test_never_written_memory_in_small_and_in_huge_pages() -> None:
    mine = an_answer({"never": 0, "huge-never": 6400})
    picture = lab.never_written(mine, lab.in_the_model(mine))
    for panel in picture.figure.axes:
        assert heights(panel) == [0, 6400]
        assert words(panel) == {"0", "6400"}
        assert [tick.get_text() for tick in panel.get_xticklabels()] == [
            "small\npages",
            "huge\npages",
        ]
    assert picture.twin == (
        "your kernel, 6.18.44: small pages 0, huge pages 6400.\n"
        "the model, Linux 6.18.44: small pages 0, huge pages 6400.\n"
        "They agree on everything that was measured."
    )


def test_a_kernel_that_exempts_the_huge_zero_folio_would_be_seen() -> None:
    mine = an_answer({"never": 0, "huge-never": 0})
    twin = lab.never_written(mine, lab.in_the_model(mine)).twin
    assert "They differ: the model, Linux 6.18.44 has 6400 pins for 'huge-never'" in twin


def test_a_difference_is_shown() -> None:
    mine = an_answer({"letters": 6400, "zeros": 6400, "never": 6400})
    twin = lab.three_buffers(mine, lab.in_the_model(mine)).twin
    assert (
        "They differ: the model, Linux 6.18.44 has 0 pins for 'never', "
        "your kernel, 6.18.44 has 6400."
    ) in twin
    assert "agree" not in twin


def test_what_was_not_recorded_is_said_and_not_drawn() -> None:
    recording = recorded("letters", 8, "never")
    picture = lab.three_buffers(recording, lab.in_the_model(recording, "letters", "zeros", "never"))
    left, right = picture.figure.axes
    assert (heights(left), heights(right)) == ([6400, 0], [6400, 6400, 0])
    assert "not\nrecorded" in words(left)
    assert left.get_title() == "recording: Linux 6.18.44, November\n2026, 100 writes each"
    assert right.get_title().endswith("100 writes of 64 pages each")


SPOILT: dict[Buffer, int] = {"letters": 12608, "zeros": 6400, "never": 5952}


@cache
def spoilt() -> Answer:
    """What lesson 00 showed beside other people's direct I/O, with one buffer in a quiet moment."""
    return an_answer(SPOILT, unsure=("letters", "never"), others=50_000)


def test_bars_with_others_pins_are_grey_and_hatched_as_far_as_the_control_says() -> None:
    picture = lab.three_buffers(spoilt(), lab.in_the_model(spoilt()))
    left, right = picture.figure.axes
    drawn = [
        (bar.get_y(), bar.get_height(), to_hex(bar.get_facecolor()).upper(), bar.get_hatch())
        for container in left.containers
        for bar in container
    ]
    assert drawn == [
        (0, 12608, OTHERS, None), (7608, 5000, OTHERS, OTHERS_HATCH),
        (0, 6400, PIN, PIN_HATCH),
        (0, 5952, OTHERS, None), (952, 5000, OTHERS, OTHERS_HATCH),
    ]  # fmt: skip
    assert words(left) == {"at most\n12608", "6400", "at most\n5952"}
    assert "others' pins in the control: 50000" in left.get_title()
    assert "hatched" in left.get_xlabel()
    assert (right.get_title(), right.get_xlabel()) == (
        "the model, Linux 6.18.44\n100 writes of 64 pages each", "",
    )  # fmt: skip


def test_no_bar_is_cut_off() -> None:
    for panel in lab.three_buffers(spoilt(), lab.in_the_model(spoilt())).figure.axes:
        top = panel.get_ylim()[1]
        assert top > 12608
        assert max(text.get_position()[1] for text in panel.texts) < 0.85 * top
        assert max(panel.get_yticks()) <= top


def test_others_pins_are_no_difference_between_kernels() -> None:
    twin = lab.three_buffers(spoilt(), lab.in_the_model(spoilt())).twin
    assert "letters at most 12608, zeros you wrote 6400, never written at most 5952." in twin
    assert spoilt().note in twin
    assert "Not compared: letters, never. The pins of others are in these numbers." in twin
    assert "differ" not in twin
    assert "agree on" not in twin


def test_a_difference_on_a_noisy_machine_is_doubted() -> None:
    mine = an_answer({"letters": 6400, "never": 6400}, others=9)
    twin = lab.three_buffers(mine, lab.in_the_model(mine)).twin
    assert "They may differ: the model, Linux 6.18.44 has 0 pins for 'never', " in twin
    assert "has 6400. Measure again when it is quieter." in twin
    assert mine.note in twin


@pytest.mark.parametrize("most", [6400, 12_000, 2**21])
def test_no_point_is_cut_off_or_called_the_kernels(most: int) -> None:
    """The axis grows with what was measured, and the legend stays above."""
    mine = an_answer({0: 0, 8: most, 64: most}, unsure=(8, 64), others=77)
    figure = TouchedPages(mine)
    _, line = figure.figure.axes
    assert line.get_ylim()[1] > 1.5 * most
    assert 2 < len(line.get_yticks()) < 9
    assert [points(drawn) for drawn in line.lines[1:3]] == [[(0, 0)], [(8, most), (64, most)]]
    legend = line.get_legend()
    assert legend is not None
    _, own, others = (text.get_text() for text in legend.get_texts())
    assert (own, others) == ("your kernel, 6.18.44", "your kernel, 6.18.44, with others'\npins")
    assert line.get_title() == "others' pins in the control: 77"
    assert figure.sentence(8).endswith(
        f"800 pins in the model, at most {most} in your kernel: others' pins are in it."
    )
    picture = lab.touched_filmstrip(mine)
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
    sentence = touched().sentence(8)
    assert "k = 8: 8 pages have a frame of their own, 56 are the zero page." in sentence
    assert "100 writes take 800 pins in the model, 800 in your kernel." in sentence


def test_a_sentence_about_what_was_not_measured_has_the_prediction_alone() -> None:
    sentence = touched().sentence(9)
    assert sentence.endswith("100 writes take 900 pins in the model.")


@pytest.mark.parametrize(
    ("k", "words"), [(1, "1 page has a frame of its own, 63 are"), (63, "1 is the zero page")]
)
def test_one_page_is_one_page(k: int, words: str) -> None:
    assert words in touched().sentence(k)


def test_a_kernel_that_pins_the_zero_page_takes_as_many_pins_for_every_k() -> None:
    flat = dict.fromkeys(TOUCHED, 6400)
    figure = TouchedPages(an_answer(flat, kernel="6.4", method="process_vm_readv"))
    assert "100 reads take 6400 pins in the model, 6400 in your kernel" in figure.sentence(0)


def test_the_filmstrip_has_a_table_of_the_same_numbers() -> None:
    picture = lab.touched_filmstrip(an_answer(TOUCHED), positions=(0, 8, 64))
    assert len(picture.figure.axes) == 4
    numbers = [line.split() for line in str(picture).splitlines()]
    for k, pins in TOUCHED.items():
        assert [str(k), str(pins), str(pins)] in numbers


def test_the_recording_is_labelled_in_every_picture() -> None:
    recording = recorded(0, 1, 2, 8, 32, 64)
    label = "recording: Linux 6.18.44, November 2026, 100 writes each"
    picture = lab.touched_filmstrip(recording)
    assert label in picture.twin
    assert label in picture.alt
    assert "800 in the recording: Linux 6.18.44" in TouchedPages(recording).sentence(8)


@pytest.mark.parametrize("draw", [lab.three_buffers, lab.touched_filmstrip, TouchedPages])
def test_an_answer_without_a_measurement_is_an_error(
    draw: Callable[[Answer], Picture | TouchedPages],
) -> None:
    with pytest.raises(ValueError, match=r"there is nothing to draw\. Not recorded: 9"):
        draw(recorded(9))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: lab.touched_filmstrip(an_answer(TOUCHED), (0, -1)),
            ValueError,
            "positions is -1",
        ),
        (
            lambda: lab.touched_filmstrip(an_answer(TOUCHED), (65,)),
            ValueError,
            "positions is 65",
        ),
        (
            lambda: lab.touched_filmstrip(an_answer(TOUCHED), [1] * 17),
            ValueError,
            "positions has more than 16 things",
        ),
        (lambda: lab.three_buffers("mine"), TypeError, "answer is 'mine'"),  # type: ignore[arg-type]
        (lambda: lab.three_buffers(), ValueError, r"no answers: three_buffers\(\)"),
        (lambda: lab.three_buffers(*[an_answer({})] * 17), ValueError, "17 answers: .* at most 16"),
        (lambda: lab.never_written(), ValueError, r"no answers: never_written\(\)"),
        (lambda: TouchedPages(recorded("never")), ValueError, r"about \['never'\]: ask for"),
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()
