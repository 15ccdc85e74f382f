"""mlock on written pages: measured here, with faults put in its way, and replayed."""

import errno
import itertools
import mmap
import os
import platform
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.machine import Mlocked, mlock, proc, recording, syscalls, tally
from tests.machine.counting import Counters
from tests.machine.faults import refuse

RECORDING = "recording: Linux 6.18.44, November 2026"

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the counters cannot be flushed, do not wait for them either."""
    if os.geteuid() != 0:
        monkeypatch.setattr(proc, "settle", proc.read_pins)


@pytest.fixture
def live() -> Mlocked:
    """What this kernel answers; skips where it cannot be asked."""
    answer = machine.ask_mlock()
    if not answer.live:
        pytest.skip(f"this kernel cannot be asked: {answer.note}")
    return answer


def vm_lck() -> int:
    found = re.search(r"VmLck:\s*(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


@linux_only
def test_mlock_takes_no_pin_and_the_same_pages_can_be_pinned(live: Mlocked) -> None:
    """What it is sure of; others can only have added to the rest."""
    expected = {"mlock": 0, "process_vm_readv": 6400}
    for call in (live.mlock, live.read):
        assert (call.times, call.pages) == (100, 6400)
        assert min(call.acquired, call.released) >= expected[call.call], live.table()
        if call.agreed:
            assert call.acquired == call.released == expected[call.call], live.table()
    assert live.resident == 64 * mmap.PAGESIZE // 1024


@linux_only
@pytest.mark.parametrize(
    ("others", "mlocked", "read", "agreed"),
    [
        (lambda: (), 0, 640, True),
        (lambda: iter([0, 0, 9999]), 0, 640, True),
        (lambda: itertools.repeat(64), 64, 704, False),
    ],
    ids=["nobody", "a burst in the first count", "all the time"],
)
def test_others_who_pin(
    others: Callable[[], Iterable[int]],
    mlocked: int,
    read: int,
    agreed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The third reading ends the count of mlock; it is made again, and others are gone."""
    counters = Counters(monkeypatch, others=others())
    monkeypatch.setattr(tally, "PATIENCE", 0)
    monkeypatch.setattr(mlock, "REPEATING", 0.3)
    monkeypatch.setattr(syscalls, "process_vm_readv", lambda source, target: counters.pin(64))
    monkeypatch.setattr(syscalls, "call", lambda name, *arguments: 0)
    answer = mlock._measured(10)
    told = [(call.acquired, call.released, call.agreed) for call in (answer.mlock, answer.read)]
    assert told == [(mlocked, mlocked, agreed), (read, read, agreed)]
    assert answer.noisy is not agreed
    assert ("in the rows mlock, process_vm_readv, too" in answer.note) is not agreed


@linux_only
def test_nothing_stays_mlocked(live: Mlocked) -> None:
    before = vm_lck()
    machine.ask_mlock(3)
    assert vm_lck() == before


@linux_only
def test_a_live_answer_says_what_it_is(live: Mlocked) -> None:
    assert live.label == f"your kernel, {platform.release().split('-')[0]}"
    assert live.date is None
    assert live.control is not None
    assert f"Controls of {live.control.seconds:.2f} s" in live.note


def set_limit(monkeypatch: pytest.MonkeyPatch, nbytes: int) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda which: (nbytes, nbytes))


def counters_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two counters that stand still, whatever this system has."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    for name in ("read_pins", "settle"):
        monkeypatch.setattr(proc, name, lambda: proc.Pins(7, 7))


@linux_only
@pytest.mark.parametrize(
    ("number", "limit", "words"),
    [
        (
            errno.ENOMEM,
            64 << 10,
            "mlock answers 'Cannot allocate memory' (RLIMIT_MEMLOCK is 64 KiB, and 256 KiB are "
            "needed).",
        ),
        (
            errno.EPERM,
            0,
            "mlock answers 'Operation not permitted' (RLIMIT_MEMLOCK is 0 KiB, and 256 KiB are "
            "needed).",
        ),
        (errno.ENOMEM, -1, "mlock answers 'Cannot allocate memory'."),
        (errno.ENOMEM, 8 << 20, "mlock answers 'Cannot allocate memory'."),
        (errno.ENOSYS, 0, "mlock answers 'Function not implemented'."),
    ],
)
def test_mlock_that_is_refused(
    number: int, limit: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters_here(monkeypatch)
    set_limit(monkeypatch, limit)
    monkeypatch.setattr(mmap, "PAGESIZE", 4096)
    made = refuse(monkeypatch, "mlock", number)
    answer = machine.ask_mlock()
    assert (answer.live, answer.label, answer.note) == (False, RECORDING, words)
    assert made == ["mlock"]


@linux_only
@pytest.mark.usefixtures("hasty")
def test_process_vm_readv_that_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(source: memoryview, target: memoryview) -> None:
        raise OSError(errno.EPERM, "process_vm_readv answers 'Operation not permitted'")

    counters_here(monkeypatch)
    monkeypatch.setattr(syscalls, "call", lambda name, *arguments: 0)
    monkeypatch.setattr(syscalls, "process_vm_readv", forbidden)
    answer = machine.ask_mlock()
    assert not answer.live
    assert answer.note == (
        "process_vm_readv answers 'Operation not permitted', so a zero would show nothing."
    )


@linux_only
def test_counters_that_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    counters_here(monkeypatch)
    monkeypatch.setattr(syscalls, "call", lambda name, *arguments: 0)
    monkeypatch.setattr(syscalls, "process_vm_readv", lambda source, target: None)
    answer = machine.ask_mlock()
    assert not answer.live
    assert answer.note == "process_vm_readv moves no counter, so a zero would show nothing."


@linux_only
def test_a_status_without_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters_here(monkeypatch)
    status = tmp_path / "status"
    status.write_text("Name:\tpython\n", encoding="utf-8")
    monkeypatch.setattr(proc, "STATUS", status)
    answer = machine.ask_mlock()
    assert not answer.live
    assert answer.note == f"{status} has no VmLck."


def test_no_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(proc, "VMSTAT", Path(__file__).with_name("nowhere"))
    answer = machine.ask_mlock()
    assert not answer.live
    assert answer.note.endswith(
        "nowhere cannot be read here: it answers 'No such file or directory'."
    )


def test_other_systems_and_a_wanted_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert machine.ask_mlock().note == "This system is Darwin, not Linux."
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    assert machine.ask_mlock().note.startswith("PINLAB_MACHINE=recording asks for the recording")
    monkeypatch.setenv("PINLAB_MACHINE", "live")
    with pytest.raises(ValueError, match="PINLAB_MACHINE is 'live'"):
        machine.ask_mlock()


def test_the_recording_is_that_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    answer = machine.ask_mlock(7)
    for call in (answer.mlock, answer.read):
        found = recording("6.18.44", "mlocked_pages", f"{call.call}:times=100")
        assert (call.acquired, call.released) == (found["acq"], found["rel"])
    assert (answer.date, answer.control) == ("November 2026", None)


def test_the_table_of_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    lines = str(machine.ask_mlock()).splitlines()
    assert lines[:4] == [
        f"{RECORDING}; 64 written pages, and VmLck 256 KiB higher while mlocked",
        "call              times  pages  acquired  released",
        "mlock               100   6400         0         0",
        "process_vm_readv    100   6400      6400      6400",
    ]
    assert lines[4].startswith("PINLAB_MACHINE=recording")


@linux_only
def test_a_live_table_has_the_control(live: Mlocked) -> None:
    lines = live.table().splitlines()
    assert [line.split()[0] for line in lines[1:5]] == [
        "call",
        "mlock",
        "process_vm_readv",
        "control",
    ]


@pytest.mark.parametrize(
    ("times", "error"), [(0, ValueError), (10_001, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_bad_times_are_named(times: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"times is {times}"):
        machine.ask_mlock(times)
