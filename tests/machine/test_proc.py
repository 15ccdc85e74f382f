"""What /proc says, with files in its place."""

import errno
import mmap
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from pinlab.machine import buffers, proc
from pinlab.machine.child import idle_child
from pinlab.machine.experiments import zeros
from pinlab.machine.proc import Pins, UnavailableError

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")
root_only = pytest.mark.skipif(getattr(os, "geteuid", int)() != 0, reason="needs root")


class Counters:
    """A /proc/vmstat whose readings come one after another, and a clock that only adds up."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.vmstat = path / "vmstat"
        self.refresh = path / "stat_refresh"
        self.interval = path / "stat_interval"
        self.slept: list[float] = []
        self.later: Iterator[Pins] = iter(())
        monkeypatch.setattr(proc, "VMSTAT", self.vmstat)
        monkeypatch.setattr(proc, "REFRESH", self.refresh)
        monkeypatch.setattr(proc, "INTERVAL", self.interval)
        monkeypatch.setattr(proc, "time", SimpleNamespace(sleep=self._sleep))
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
        self.show(next(self.later, proc.read_pins()))


@pytest.fixture
def counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counters:
    return Counters(tmp_path, monkeypatch)


def test_vmstat_without_the_counters_masked_and_missing(counters: Counters) -> None:
    counters.vmstat.write_text("nr_free_pages 77\n")
    with pytest.raises(KeyError):
        proc.read_pins()
    counters.vmstat.write_text("")
    with pytest.raises(OSError, match="No data available"):
        proc.read_pins()
    counters.vmstat.unlink()
    with pytest.raises(FileNotFoundError):
        proc.read_pins()


def test_what_takes_anything_flushes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may mask the file with /dev/null."""
    monkeypatch.setattr(proc, "REFRESH", Path("/dev/null"))
    assert not proc.flush()


def test_settle_flushes_where_that_is_allowed(
    counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complain(path: Path, text: str) -> int:
        raise OSError(errno.EINVAL, f"{path} has counters below zero")

    counters.show(Pins(64, 60))
    assert proc.settle() == Pins(acquired=64, released=60)
    assert counters.refresh.read_text() == "1"
    monkeypatch.setattr(Path, "write_text", complain)
    assert proc.settle() == Pins(64, 60)
    assert counters.slept == []


def test_settle_waits_an_interval_and_for_two_readings_that_agree(counters: Counters) -> None:
    counters.refuse_flush()
    counters.interval.write_text("2\n")
    counters.later = iter([Pins(50, 14), Pins(64, 50), Pins(64, 64), Pins(64, 64), Pins(99, 99)])
    assert proc.settle() == Pins(64, 64)
    assert counters.slept == [2.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("says", "busy", "seconds"),
    [
        ("1\n", True, 1.25 + 8 * 0.25),
        ("600\n", False, 1.5 * proc.LONGEST_INTERVAL),
        ("", False, 1.5),
        (None, False, 1.5),
    ],
)
def test_settle_gives_up_on_a_busy_system_and_does_not_wait_for_minutes(
    says: str | None, busy: bool, seconds: float, counters: Counters
) -> None:
    counters.refuse_flush()
    counters.interval.unlink()
    if says is not None:
        counters.interval.write_text(says)
    counters.later = iter(Pins(n, n) for n in range(100 * busy))
    assert proc.settle() == (Pins(8, 8) if busy else Pins(0, 0))
    assert sum(counters.slept) == seconds


def test_meter_counts_from_call_to_call(counters: Counters) -> None:
    counters.show(Pins(1000, 900))
    meter = proc.Meter()
    counters.show(Pins(1064, 964))
    assert meter.pins() == Pins(64, 64)
    counters.show(Pins(1065, 999))
    assert meter.pins() == Pins(1, 35)
    assert meter.pins() == Pins(0, 0)


# status


@linux_only
def test_the_status_of_this_process() -> None:
    assert proc.status_kib("VmRSS") > 1000
    assert proc.status_kib("VmPin") == 0


def test_a_field_of_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "STATUS", tmp_path / "status")
    with pytest.raises(UnavailableError, match="status answers 'No such file"):
        proc.status_kib("VmPin")
    proc.STATUS.touch()
    with pytest.raises(UnavailableError, match="status answers 'No data available"):
        proc.status_kib("VmPin")
    proc.STATUS.write_text("Name:\tpython\nVmLck:\t       8 kB\nVmPin:\t     256 kB\n")
    assert (proc.status_kib("VmLck"), proc.status_kib("VmPin")) == (8, 256)
    with pytest.raises(UnavailableError, match=r"status has no VmSwap\."):
        proc.status_kib("VmSwap")


# smaps


@linux_only
def test_the_mapping_is_found_among_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = buffers.new("never")
    addr = proc.address(memory)
    heads = [
        f"{start:x}-{start + 4096:x} rw-p 00000000 00:00 0" for start in (4096, addr, addr * 2)
    ]
    lines = [f"{head}\nSize: 4 kB\nRss:    {n} kB\nPss: 1 kB" for n, head in enumerate(heads, 7)]
    monkeypatch.setattr(proc, "SMAPS", tmp_path / "smaps")
    proc.SMAPS.write_text("\n".join(lines))
    assert proc.smaps_kib(memory, "Rss") == 8


# pagemap


@linux_only
@root_only
def test_frames() -> None:
    memory = buffers.new("letters")
    try:
        nulls, written = proc.frames(zeros()), proc.frames(memory)
        with idle_child() as child:
            assert proc.frames(memory, child) == written
    except UnavailableError as reason:
        pytest.skip(str(reason))
    assert (len(nulls), len(set(nulls)), len(set(written))) == (64, 1, 64)
    assert proc.has_flag(nulls[0], proc.ZERO_PAGE)
    assert not any(proc.has_flag(frame, proc.ZERO_PAGE) for frame in written)


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *entries: int) -> memoryview:
    """Return memory, and show a page table with these entries for it; the rest is a hole."""
    memory = buffers.new("never")[: (len(entries) or 1) * mmap.PAGESIZE]
    monkeypatch.setattr(proc, "PROCESSES", tmp_path)
    (tmp_path / "self").mkdir()
    with (tmp_path / "self" / "pagemap").open("wb") as file:
        file.seek(proc.address(memory) // mmap.PAGESIZE * 8)
        file.write(b"".join(entry.to_bytes(8, sys.byteorder) for entry in entries))
    return memory


@linux_only
def test_the_number_is_in_the_lower_55_bits_and_0_for_an_ordinary_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = (1 << 63 | 1 << 56 | 0x12345, 1 << 63 | 1 << 55 | 7, 1 << 63, 1 << 55 | 7)
    memory = fake(tmp_path, monkeypatch, *entries)
    assert proc.frames(memory[: 2 * mmap.PAGESIZE]) == [0x12345, 7]
    with pytest.raises(UnavailableError, match="frame numbers to CAP_SYS_ADMIN only"):
        proc.frames(memory)
    addresses = (proc.address(memory) + n * mmap.PAGESIZE for n in range(4))
    assert [proc.is_mapped(address) for address in addresses] == [True, True, True, False]


@linux_only
def test_files_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "PROCESSES", tmp_path)
    monkeypatch.setattr(proc, "KPAGEFLAGS", tmp_path / "kpageflags")
    with pytest.raises(UnavailableError, match="pagemap answers 'No such file or directory'"):
        proc.frames(buffers.new("never"))
    with pytest.raises(UnavailableError, match="kpageflags answers 'No such file or directory'"):
        proc.has_flag(1, proc.ZERO_PAGE)


@linux_only
def test_files_masked_by_empty_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container masks a file with /dev/null. Nothing read is no zero."""
    monkeypatch.setattr(proc, "KPAGEFLAGS", Path("/dev/null"))
    with pytest.raises(UnavailableError, match="/dev/null answers 'No data available'"):
        proc.has_flag(1, proc.ZERO_PAGE)
    memory = fake(tmp_path, monkeypatch)
    with pytest.raises(UnavailableError, match="pagemap answers 'No data available'"):
        proc.frames(memory)
    with pytest.raises(OSError, match="No data available"):
        proc.is_mapped(proc.address(memory))


def test_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc, "KPAGEFLAGS", tmp_path / "kpageflags")
    words = [0, 1 << 24, 1 << 22 | 1 << 24]
    proc.KPAGEFLAGS.write_bytes(b"".join(word.to_bytes(8, sys.byteorder) for word in words))
    assert [proc.has_flag(frame, proc.ZERO_PAGE) for frame in range(3)] == [False, True, True]
    assert [proc.has_flag(frame, proc.THP) for frame in range(3)] == [False, False, True]
