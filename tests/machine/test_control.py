"""The control of a measurement."""

import time

import pytest

from pinlab.machine import control, vmstat
from pinlab.machine.vmstat import Pins


@pytest.fixture(autouse=True)
def counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readings, and between them 7 pins of others of which 5 are released again."""
    readings = [Pins(100, 90), Pins(107, 95)]
    monkeypatch.setattr(vmstat, "read", lambda: readings[0])
    monkeypatch.setattr(vmstat, "settle", lambda: readings[1])


@pytest.mark.parametrize(("expected", "slept"), [(0.0001, 0.1), (0.3, 0.3), (4.0, 1.0)])
def test_it_is_about_as_long_as_the_measurement(
    expected: float, slept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    control.others(vmstat.Meter(), expected)
    assert naps == [slept]


def test_it_has_the_pins_of_others_and_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    found = control.others(vmstat.Meter(), 0.1)
    assert (found.buffer, found.acquired, found.released) == ("control", 7, 5)
    assert (found.writes, found.pages, found.touched) == (0, 0, 0)
