"""Callers: what system calls of anybody got while the zero page's refcount was negative.

From the recording of the two 6.1.192 builds; nothing here overflows a counter.
"""

from __future__ import annotations

from collections.abc import Mapping

from pinlab.machine import recording

KERNEL = "6.1.192"
WITHOUT_FIX = "without the zero-page fix (A/B pair)"
WITH_FIX = "with the zero-page fix (A/B pair)"

CALLS: Mapping[str, str] = {
    "process_vm_readv": "process_vm_readv_zero64",
    "vmsplice": "vmsplice_zero",
    "O_DIRECT write": "odirect_write_zero64",
    "/proc/self/mem": "proc_self_mem_read_zero",
    "plain read": "newpfn_nonzero",
    "fork and exec": "fork_exec_true",
}
"""What was called, and the quantity of the recording that has its result."""


def results(case: str, build: str) -> dict[str, int]:
    """Return the result of each call: bytes, or minus an errno, as recorded."""
    found = recording(KERNEL, "held_pins", case, build)
    return {call: int(found[quantity]) for call, quantity in CALLS.items()}


def refused() -> frozenset[str]:
    """Return the calls that failed while the refcount was negative."""
    found = results("overflowed", WITHOUT_FIX)
    return frozenset(call for call, result in found.items() if result < 0)
