"""What the pin counters do while 64 written pages are mlocked, and while they are read."""

from __future__ import annotations

from collections.abc import Callable

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, pins_of, process_vm, written
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

PAGES = 64


def _mlock(kernel: Kernel, times: int) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, PAGES)
    before, locked = _vm_lck(mm), 0

    def mlock_and_munlock() -> int:
        nonlocal locked
        mm.mlock(addr, PAGES * PAGE_SIZE)
        locked = _vm_lck(mm)
        mm.munlock(addr, PAGES * PAGE_SIZE)
        return 0

    return _pins(kernel, mlock_and_munlock, times) | {"VmLck_kB": locked - before}


def _process_vm_readv(kernel: Kernel, times: int) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, PAGES)
    return _pins(kernel, lambda: process_vm(mm, addr, PAGES), times)


def _pins(kernel: Kernel, run: Callable[[], int], times: int) -> Values:
    """Each run ends before the next begins, so they are all alike: one tells for all."""
    one = pins_of(kernel, run)
    return {name: times * int(one[name]) for name in ("acq", "rel")}


def _vm_lck(mm: Mm) -> int:
    """VmLck of /proc/self/status: the size of all locked mappings, in kB."""
    pages = sum(area.end - area.start for area in mm.areas() if area.locked)
    return pages * (PAGE_SIZE >> 10)


FORMS: Forms = {
    "mlock:times={times}": _mlock,
    "process_vm_readv:times={times}": _process_vm_readv,
}
