"""mlock(2) on written pages: do the pin counters move? The same pages are pinned, to compare.

mlock() keeps pages in RAM. It has missing pages faulted in by GUP with neither FOLL_GET nor
FOLL_PIN (populate_vma_page_range(), mm/gup.c, 6.18) and takes no pin.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pinlab.machine import buffers, proc, syscalls
from pinlab.machine.answer import PROCESS_VM_READV, Measurement, aligned, noise, version
from pinlab.machine.availability import require_counters
from pinlab.machine.control import others, together, turn
from pinlab.machine.proc import Meter, Pins, UnavailableError
from pinlab.machine.recordings import DATE, recording
from pinlab.machine.tally import REPEATING, confirmed
from pinlab.model.arguments import whole

MLOCK = "mlock"
MAX_TIMES = 10_000

RECORDED, EXPERIMENT, RECORDED_TIMES = "6.18.44", "mlocked_pages", 100


class Call(NamedTuple):
    """Pins acquired and released, system-wide, while one call was made `times` times.

    pages: over all times together. agreed: as in a Measurement.
    """

    call: str
    times: int
    pages: int
    acquired: int
    released: int
    agreed: bool = True


@dataclass(frozen=True)
class Mlocked:
    """What the pin counters did while 64 written pages were mlocked, and while they were pinned.

    mlock, read: the calls. resident: KiB by which VmLck of /proc/self/status was higher while the
    pages were mlocked. live, date, control, note, label and noisy as in an Answer.
    """

    mlock: Call
    read: Call
    resident: int
    live: bool
    date: str | None
    control: Measurement | None
    note: str
    label: str

    @property
    def noisy(self) -> bool:
        """Whether others are known to have taken pins meanwhile."""
        quiet = self.control is None or not self.control.moved
        return not (quiet and self.mlock.agreed and self.read.agreed)

    def table(self) -> str:
        """Return all of it as plain text, the calls in aligned columns."""
        rows = [Call._fields[:5], *(tuple(map(str, call[:5])) for call in (self.mlock, self.read))]
        if self.control is not None:
            rows.append(("control", "0", "0", *map(str, self.control[4:6])))
        head = f"{self.label}; {buffers.PAGES} written pages, and VmLck {self.resident} KiB higher"
        return "\n".join([f"{head} while mlocked", *aligned(rows), *filter(None, [self.note])])

    __str__ = table


def ask_mlock(times: int = RECORDED_TIMES) -> Mlocked:
    """Have 64 written pages mlocked and munlocked `times` times, then pinned as often.

    Pinned by process_vm_readv: it shows that the counters move here. Nothing stays mlocked. Where
    this kernel cannot be asked the answer is a recording, and its note says why. Raises TypeError
    or ValueError for `times` other than 1 to 10000.
    """
    times = whole("times", times, 1, MAX_TIMES)
    try:
        require_counters()
        with turn():
            return _measured(times)
    except UnavailableError as reason:
        return _recorded(str(reason))


def _measured(times: int) -> Mlocked:
    memory, target = buffers.new("letters"), buffers.new("never")
    resident, pace = _try_once(memory)
    meter = Meter()
    before = others(meter, pace * times)
    mlocked = _count(lambda: _mlock_and_munlock(memory), times, meter)
    read = _count(lambda: _read(memory, target), times, meter)
    control = together([before, others(meter, pace * times)])
    until = time.monotonic() + REPEATING
    calls = [
        _call(MLOCK, lambda: _mlock_and_munlock(memory), times, meter, mlocked, until),
        _call(PROCESS_VM_READV, lambda: _read(memory, target), times, meter, read, until),
    ]
    # Half is far from both answers: all, and the few of somebody else.
    if calls[1].acquired < calls[1].pages // 2:
        raise UnavailableError("process_vm_readv moves no counter, so a zero would show nothing.")
    return Mlocked(
        mlock=calls[0],
        read=calls[1],
        resident=resident,
        live=True,
        date=None,
        control=control,
        note=noise(control, [call.call for call in calls if not call.agreed]),
        label=f"your kernel, {version(platform.release())}",
    )


def _try_once(memory: memoryview) -> tuple[int, float]:
    """Return by how many KiB VmLck rises, and the seconds that mlock and munlock take."""
    start, before = time.monotonic(), proc.status_kib("VmLck")
    try:
        syscalls.mlock(memory)
        resident = proc.status_kib("VmLck") - before
        syscalls.munlock(memory)
    except OSError as error:
        raise UnavailableError(f"{error.strerror}.") from error
    return resident, time.monotonic() - start


def _count(call: Callable[[], None], times: int, meter: Meter) -> Pins:
    for _ in range(times):
        call()
    return meter.pins()


def _call(
    name: str, call: Callable[[], None], times: int, meter: Meter, first: Pins, until: float
) -> Call:
    def again() -> Pins:
        meter.pins()  # what was counted until here
        return _count(call, times, meter)

    pins, agreed = confirmed(call, times, first, again, until)
    return Call(name, times, times * buffers.PAGES, *pins, agreed)


def _mlock_and_munlock(memory: memoryview) -> None:
    syscalls.mlock(memory)
    syscalls.munlock(memory)


def _read(source: memoryview, target: memoryview) -> None:
    try:
        syscalls.process_vm_readv(source, target)
    except OSError as error:
        raise UnavailableError(f"{error.strerror}, so a zero would show nothing.") from error


def _recorded(reason: str) -> Mlocked:
    found = {name: _replayed(name) for name in (MLOCK, PROCESS_VM_READV)}
    kib = recording(RECORDED, EXPERIMENT, _case(MLOCK))["VmLck_kB"]
    return Mlocked(
        found[MLOCK],
        found[PROCESS_VM_READV],
        int(kib),
        live=False,
        date=DATE,
        control=None,
        note=reason,
        label=f"recording: Linux {RECORDED}, {DATE}",
    )


def _replayed(name: str) -> Call:
    quantities = recording(RECORDED, EXPERIMENT, _case(name))
    pages = RECORDED_TIMES * buffers.PAGES
    return Call(name, RECORDED_TIMES, pages, int(quantities["acq"]), int(quantities["rel"]))


def _case(name: str) -> str:
    return f"{name}:times={RECORDED_TIMES}"
