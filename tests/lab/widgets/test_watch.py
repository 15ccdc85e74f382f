"""A watch: a run beside the notebook, driven by a run that does what the test tells it."""

import threading
from collections.abc import Callable

import pytest

from pinlab import lab, machine
from pinlab.lab.widgets.watch import Watch
from pinlab.machine import Answer, Progress
from tests.lab.answers import an_answer
from tests.lab.front_end import FrontEnd


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
    assert watch.words.value == f'<pre role="status">{answer.table()}</pre>'


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
    watch = lab.watch(machine.start("letters", writes=200))
    watch._ipython_display_()
    watch.thread.join(10)
    assert front_end.widgets() == [0]
    assert front_end.bundles[0]["text/plain"].startswith("A run of 200 writes")
    assert "recording: Linux 6.18.44" in watch.words.value


def test_only_a_run_can_be_watched() -> None:
    with pytest.raises(TypeError, match="run is 3: it has to be of type Run"):
        lab.watch(3)  # type: ignore[arg-type]
