"""The controls of a measurement."""

import time

import pytest

from pinlab.machine import Measurement, control, vmstat
from pinlab.machine.vmstat import Pins


@pytest.fixture(autouse=True)
def counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readings, and between them 7 pins of others of which 5 are released again."""
    readings = [Pins(100, 90), Pins(107, 95)]
    monkeypatch.setattr(vmstat, "read", lambda: readings[0])
    monkeypatch.setattr(vmstat, "settle", lambda: readings[1])


@pytest.mark.parametrize(("expected", "least"), [(0.0001, 0.05), (0.3, 0.3), (4.0, 0.5)])
def test_it_is_about_as_long_as_the_measurement_and_never_the_same_twice(
    expected: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    for _ in range(20):
        control.others(vmstat.Meter(), expected)
    assert all(least <= nap <= 1.5 * least for nap in naps)
    assert len(set(naps)) == 20


def test_it_has_the_pins_of_others_and_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    found = control.others(vmstat.Meter(), 0.1)
    assert (found.buffer, found.acquired, found.released) == ("control", 7, 5)
    assert (found.writes, found.pages, found.touched) == (0, 0, 0)


def test_several_are_one() -> None:
    controls = [Measurement("control", 0, 0, 0, n, 2 * n, n / 4) for n in (1, 2)]
    assert control.together(controls) == Measurement("control", 0, 0, 0, 3, 6, 0.75)
