"""A reader's experiment: its result, or in a sentence why there is none, and nothing is left."""

import os
import time
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.machine import Failed, attempt

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="no Linux")


def test_what_it_returns_comes_back_from_another_process() -> None:
    assert attempt(lambda *given: [os.getpid() != this, *given], 3, "a") == [True, 3, "a"]


this = os.getpid()


def test_what_it_raises_is_told_with_its_line() -> None:
    def experiment(folder: str) -> int:
        return os.open(folder + "/nothing", os.O_RDONLY)

    found = attempt(experiment, "/proc")
    assert isinstance(found, Failed)
    assert repr(found) == (
        "The experiment raised FileNotFoundError: [Errno 2] No such file or directory: "
        "'/proc/nothing' at return os.open(folder + \"/nothing\", os.O_RDONLY)"
    )


@pytest.mark.parametrize("found", [b"x", {1}, object])
def test_what_cannot_be_brought_is_named(found: object) -> None:
    told = attempt(lambda: found)
    assert isinstance(told, Failed)
    assert told.why.startswith("The experiment returned ")
    assert told.why.endswith(": allowed are numbers, texts, lists of them.")


def test_a_child_that_comes_back_says_nothing() -> None:
    def experiment() -> str:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        return "parent" if child else "child"

    assert attempt(experiment) == "parent"


def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinlab.machine.child.PATIENCE", 0.1)
    slow = "A child process gave no answer within 0.1 s."
    assert attempt(time.sleep, 60) == Failed(f"Nothing was measured. {slow}")


def test_where_a_recording_is_asked_for_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    said = "Recordings stand in the place of this kernel (PINLAB_MACHINE=recording)."
    assert machine.attempt(lambda: 1) == machine.Failed(f"Nothing was measured. {said}")
