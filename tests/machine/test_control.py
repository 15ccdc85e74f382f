"""The controls of a measurement."""

import itertools
import platform
import threading
import time
from pathlib import Path

import pytest

from pinlab.machine import Measurement, control, proc
from pinlab.machine.proc import Pins

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


@pytest.fixture(autouse=True)
def counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settled readings, and from one to the next 7 pins of others of which 5 are released."""
    readings = (Pins(100 + 7 * n, 90 + 5 * n) for n in itertools.count())
    monkeypatch.setattr(proc, "settle", lambda: next(readings))


@pytest.mark.parametrize(("expected", "least"), [(0.0001, 0.05), (0.3, 0.3), (4.0, 0.5)])
def test_it_is_about_as_long_as_the_measurement_and_never_the_same_twice(
    expected: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    for _ in range(20):
        control.others(proc.Meter(), expected)
    assert all(least <= nap <= 1.5 * least for nap in naps)
    assert len(set(naps)) == 20


def test_it_has_the_pins_of_others_and_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    found = control.others(proc.Meter(), 0.1)
    assert (found.buffer, found.acquired, found.released) == ("control", 7, 5)
    assert (found.writes, found.pages, found.touched) == (0, 0, 0)


@linux_only
def test_who_measures_at_the_same_time_waits() -> None:
    """In another process, as it were: each opening of the file has a lock of its own."""
    said: list[str] = []

    def measure() -> None:
        with control.turn():
            said.append("second")

    second = threading.Thread(target=measure)
    with control.turn():
        second.start()
        second.join(0.3)
        said.append("first")
    second.join(10)
    assert said == ["first", "second"]


@linux_only
def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "WAIT", 0.1)
    with control.turn(), control.turn():
        pass


@linux_only
def test_where_there_is_no_lock_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proc, "VMSTAT", tmp_path / "vmstat")
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    with control.turn():
        pass


def test_several_are_one() -> None:
    controls = [Measurement("control", 0, 0, 0, n, 2 * n, n / 4) for n in (1, 2)]
    assert control.together(controls) == Measurement("control", 0, 0, 0, 3, 6, 0.75)
