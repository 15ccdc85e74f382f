"""Widgets, driven without a browser: move the slider, look at picture, sentence and box."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets
import pytest

from pinlab import lab, machine
from pinlab.lab import widgets
from pinlab.machine import Answer, Progress, recorded
from tests.lab.answers import TOUCHED, an_answer


class Shown:
    """Stands in for a front end: keeps what display() was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bundles: list[dict[str, Any]] = []
        monkeypatch.setattr("IPython.display.display", self.display)

    def display(self, bundle: dict[str, Any], **options: object) -> None:
        assert options["raw"]
        self.bundles.append(bundle)


def parts(exhibit: widgets.Exhibit) -> tuple[Any, Any, Any, Any]:
    """The slider, its number box, the sentence and the picture."""
    row, words, picture = exhibit.widget.children
    return *row.children, words, picture


def test_slider_and_box_move_each_other_the_picture_and_the_sentence() -> None:
    bar, box, words, picture = parts(lab.touched_pages(an_answer(TOUCHED), k=8))
    assert (bar.value, box.value) == (8, 8)
    pictures = {picture.value}
    bar.value = 9
    assert box.value == 9
    assert "k = 9: 9 pages have a frame of their own" in words.value
    pictures.add(picture.value)
    box.value = 64
    assert bar.value == 64
    assert "6400 pins in the model, 6400 in your kernel" in words.value
    pictures.add(picture.value)
    assert len(pictures) == 3
    assert 'role="status"' in words.value


def test_the_box_keeps_to_the_range() -> None:
    bar, box, _, _ = parts(lab.touched_pages(an_answer(TOUCHED)))
    box.value = 1000
    assert bar.value == 64


def test_two_exhibits_do_not_share_anything() -> None:
    first, second = (lab.touched_pages(an_answer(TOUCHED)) for _ in range(2))
    bar, *_ = parts(first)
    bar.value = 30
    assert parts(second)[0].value == 8


def test_an_exhibit_shows_the_widget_and_its_filmstrip(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Shown(monkeypatch)
    lab.touched_pages(an_answer(TOUCHED))._ipython_display_()
    widget, picture = shown.bundles
    assert "application/vnd.jupyter.widget-view+json" in widget
    assert "slider stands here" in widget["text/plain"]
    assert "image/png" in picture
    assert "measured  model" in capsys.readouterr().out


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


def test_a_watch_ends_with_the_answer() -> None:
    watch = widgets.Watch(FakeRun(an_answer({"letters": 6400})))  # type: ignore[arg-type]
    watch.thread.join(10)
    assert (watch.bar.value, watch.bar.max) == (50, 200)
    assert "letters" in watch.words.value
    assert "6400" in watch.words.value
    assert watch.button.disabled


def test_the_stop_button_stops_the_run_and_says_so() -> None:
    run = FakeRun(RuntimeError("stopped after 50 of 200 writes, so there is no answer"))
    watch = widgets.Watch(run)  # type: ignore[arg-type]
    assert not watch.button.disabled
    watch.button.click()
    watch.thread.join(10)
    assert "stopped after 50 of 200 writes" in watch.words.value
    assert watch.button.disabled


def test_a_watch_has_words_for_a_front_end_without_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown(monkeypatch)
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    watch = lab.watch(machine.start("letters", writes=200))
    watch._ipython_display_()
    watch.thread.join(10)
    assert shown.bundles[0]["text/plain"].startswith("A run of 200 writes")
    assert "recording: Linux 6.12.117" in watch.words.value


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: lab.watch(3), TypeError, "run is 3: it has to be of type Run"),  # type: ignore[arg-type]
        (lambda: lab.touched_pages(3), TypeError, "answer is 3: it has to be of type Answer"),  # type: ignore[arg-type]
        (lambda: lab.touched_pages(an_answer(TOUCHED), k=65), ValueError, "k is 65"),
        (lambda: lab.touched_pages(recorded("never")), ValueError, r"about \['never'\]: ask for"),
        (lambda: lab.touched_filmstrip(an_answer(TOUCHED), (0, -1)), ValueError, "k is -1"),
        (lambda: lab.three_buffers("mine"), TypeError, "answer is 'mine'"),  # type: ignore[arg-type]
        (lambda: lab.three_buffers(), ValueError, "no answers"),
        (lambda: lab.in_the_model(None), TypeError, "answer is None"),  # type: ignore[arg-type]
        (lambda: lab.in_the_model(an_answer(TOUCHED), "leters"), ValueError, "'leters'"),
        (lambda: lab.in_the_model(recorded("zeros")), ValueError, "nothing to repeat"),
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


def test_words_are_escaped() -> None:
    assert widgets.status("a < b") == '<p role="status">a &lt; b</p>'


def test_the_slider_is_as_wide_as_its_words_need() -> None:
    row = widgets.slider("k", 3, 64, lambda k: None)
    assert all(isinstance(part, ipywidgets.Widget) for part in row.children)
    assert [part.description for part in row.children] == ["k", "k as a number"]
