"""Reading the counters, with files in the place of /proc."""

import errno
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from pinlab.machine import vmstat
from pinlab.machine.vmstat import Pins


class FakeProc:
    """A /proc whose readings come one after another, and a clock that only adds up."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.vmstat = path / "vmstat"
        self.refresh = path / "stat_refresh"
        self.interval = path / "stat_interval"
        self.slept: list[float] = []
        self.later: Iterator[Pins] = iter(())
        monkeypatch.setattr(vmstat, "VMSTAT", self.vmstat)
        monkeypatch.setattr(vmstat, "REFRESH", self.refresh)
        monkeypatch.setattr(vmstat, "INTERVAL", self.interval)
        monkeypatch.setattr(vmstat, "time", SimpleNamespace(sleep=self._sleep))
        self.interval.write_text("1\n")
        self.refresh.touch()
        self.show(Pins(0, 0))

    def show(self, pins: Pins) -> None:
        acquired, released = pins
        self.vmstat.write_text(
            f"nr_free_pages 77\nnr_foll_pin_acquired {acquired}\nnr_foll_pin_released {released}\n"
        )

    def refuse_flush(self) -> None:
        self.refresh.unlink()
        self.refresh.mkdir()  # what cannot be written to, not even by root

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.show(next(self.later, vmstat.read()))


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProc:
    return FakeProc(tmp_path, monkeypatch)


def test_read(proc: FakeProc) -> None:
    proc.show(Pins(640, 576))
    assert vmstat.read() == Pins(acquired=640, released=576)


def test_a_kernel_without_the_counters(proc: FakeProc) -> None:
    proc.vmstat.write_text("nr_free_pages 77\n")
    with pytest.raises(KeyError):
        vmstat.read()


def test_a_machine_without_vmstat(proc: FakeProc) -> None:
    proc.vmstat.unlink()
    with pytest.raises(FileNotFoundError):
        vmstat.read()


def test_a_file_masked_by_an_empty_one_says_nothing(proc: FakeProc) -> None:
    proc.vmstat.write_text("")
    with pytest.raises(OSError, match="No data available"):
        vmstat.read()
    proc.show(Pins(0, 0))
    proc.interval.write_text("")
    proc.refuse_flush()
    vmstat.settle()
    assert sum(proc.slept) == 1.5


def test_what_takes_anything_flushes_nothing(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may mask the file with /dev/null."""
    monkeypatch.setattr(vmstat, "REFRESH", Path("/dev/null"))
    assert not vmstat.flush()


def test_settle_flushes_where_that_is_allowed(proc: FakeProc) -> None:
    proc.show(Pins(64, 64))
    assert vmstat.settle() == Pins(64, 64)
    assert proc.refresh.read_text() == "1"
    assert proc.slept == []


def test_settle_takes_einval_for_a_flush(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    def complain(path: Path, text: str) -> int:
        raise OSError(errno.EINVAL, f"{path} has counters below zero")

    monkeypatch.setattr(Path, "write_text", complain)
    assert vmstat.settle() == Pins(0, 0)
    assert proc.slept == []


def test_settle_waits_an_interval_and_for_two_readings_that_agree(proc: FakeProc) -> None:
    proc.refuse_flush()
    proc.interval.write_text("2\n")
    proc.later = iter([Pins(50, 14), Pins(64, 50), Pins(64, 64), Pins(64, 64), Pins(99, 99)])
    assert vmstat.settle() == Pins(64, 64)
    assert proc.slept == [2.5, 0.5, 0.5, 0.5]


def test_settle_gives_up_on_a_busy_system(proc: FakeProc) -> None:
    proc.refuse_flush()
    proc.later = iter(Pins(n, n) for n in range(100))
    assert vmstat.settle() == Pins(8, 8)
    assert sum(proc.slept) == 1.25 + 8 * 0.25


def test_settle_does_not_wait_for_minutes(proc: FakeProc) -> None:
    proc.refuse_flush()
    proc.interval.write_text("600\n")
    vmstat.settle()
    assert sum(proc.slept) == 1.5 * vmstat.LONGEST_INTERVAL


def test_settle_assumes_a_second_where_nobody_says(proc: FakeProc) -> None:
    proc.refuse_flush()
    proc.interval.unlink()
    vmstat.settle()
    assert sum(proc.slept) == 1.5


def test_meter_counts_from_call_to_call(proc: FakeProc) -> None:
    proc.show(Pins(1000, 900))
    meter = vmstat.Meter()
    proc.show(Pins(1064, 964))
    assert meter.pins() == Pins(64, 64)
    proc.show(Pins(1065, 999))
    assert meter.pins() == Pins(1, 35)
    assert meter.pins() == Pins(0, 0)
