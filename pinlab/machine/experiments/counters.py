"""What the pin counters say of io_uring fixed buffers and of vmsplice.

The pages' own counters, of which the recordings tell as well, take a look into the kernel.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping

from pinlab.machine import buffers, proc, syscalls
from pinlab.machine.experiments.case import (
    Case,
    Values,
    is_zero_page,
    read_once,
    result,
    seen_by_root,
)
from pinlab.machine.fork_threshold import lone_page
from pinlab.machine.tally import per_call


def _anon_reg_unreg() -> Values:
    page = buffers.new("letters")[: mmap.PAGESIZE]
    with syscalls.ring() as first, syscalls.ring() as second:

        def register_with_both() -> None:
            with syscalls.registered(first, page), syscalls.registered(second, page):
                pass

        tally = per_call(register_with_both)
    return {"acq": tally.acquired, "rel": tally.released}


def _reg_zero4() -> Values:
    memory: list[memoryview] = []
    with syscalls.ring() as ring:

        def register_zeros() -> None:
            memory[:] = [read_once(buffers.new("never")[: 4 * mmap.PAGESIZE])]
            with syscalls.registered(ring, memory[0]):
                pass

        ret = result(register_zeros, 0)
        found: Values = {"ret": ret, "acq": per_call(register_zeros).acquired}
    return found | seen_by_root("still_zero_pfn", lambda: is_zero_page(memory[0]))


def _reg_readonly_vma() -> Values:
    with lone_page() as page, syscalls.ring() as ring:
        syscalls.call("mprotect", proc.address(page), len(page), mmap.PROT_READ)

        def register() -> None:
            with syscalls.registered(ring, page):
                pass

        return {"ret": result(register, 0)}


def _vmsplice_anon_16() -> Values:
    def splice() -> None:
        with syscalls.references(page, 16):
            pass

    with lone_page() as page:
        return {"acq": per_call(splice).acquired}


CASES: Mapping[str, Case] = {
    "anon_reg_unreg": _anon_reg_unreg,
    "reg_zero4": _reg_zero4,
    "reg_readonly_vma": _reg_readonly_vma,
    "vmsplice_anon_16": _vmsplice_anon_16,
}
