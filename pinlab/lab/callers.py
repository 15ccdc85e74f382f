"""Callers: what system calls of anybody got while the zero page's refcount was negative.

From the recording of the two 6.1.192 builds; nothing here overflows a counter.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pinlab.machine import recording

if TYPE_CHECKING:
    import pandas

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

NO_BYTES = ("plain read", "fork and exec")
"""Recorded as going well or not, without a number of bytes."""


def results(case: str, build: str) -> dict[str, int]:
    """Return the result of each call: bytes, or minus an errno, as recorded."""
    found = recording(KERNEL, "held_pins", case, build)
    return {call: int(found[quantity]) for call, quantity in CALLS.items()}


def refused() -> frozenset[str]:
    """Return the calls that failed while the refcount was negative."""
    found = results("overflowed", WITHOUT_FIX)
    return frozenset(call for call, result in found.items() if result < 0)


def callers() -> pandas.DataFrame:
    """Return a table: one row per call, one column per moment and build."""
    import pandas

    columns = {
        "refcount negative": results("overflowed", WITHOUT_FIX),
        "after the holders left": results("after_release", WITHOUT_FIX),
        "same load, with the patch": results("overflowed", WITH_FIX),
    }
    words = {
        name: {call: in_words(call, result) for call, result in column.items()}
        for name, column in columns.items()
    }
    return pandas.DataFrame(words).rename_axis("call")


def in_words(call: str, result: int) -> str:
    """Return a result as a program sees it."""
    if result < 0:
        return f"-1, {errno.errorcode[-result]}"
    return "works" if call in NO_BYTES else f"{result} bytes"
