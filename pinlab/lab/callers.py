"""Callers: what system calls of other programs got while the zero page's refcount was negative."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from pinlab.lab.palette import EDGE, OVERFLOW
from pinlab.lab.svg import edge, moved, rect, text
from pinlab.lab.text import listed
from pinlab.machine.recordings import recording

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

KERNEL = "6.1.192"
WITHOUT_FIX = "without the zero-page fix (A/B pair)"
WITH_FIX = "with the zero-page fix (A/B pair)"

IN_A_ROW, APART, HIGH = 3, 8, 46


def recorded_calls(case: str, build: str = WITHOUT_FIX) -> dict[str, str]:
    """Return what each call got on a build of 6.1.192, as its program sees it.

    case: "overflowed" while the refcount was negative, "after_release" when it was 1 again.

    >>> recorded_calls("overflowed")["vmsplice"], recorded_calls("after_release")["vmsplice"]
    ('-1, ENOMEM', '4096 bytes')
    """
    found = recording(KERNEL, "held_pins", case, build)
    return {call: _result(call, int(found[quantity])) for call, quantity in CALLS.items()}


def _result(call: str, result: int) -> str:
    """Bytes, or minus an errno."""
    if result < 0:
        return f"-1, {errno.errorcode[-result]}"
    return "works" if call in NO_BYTES else f"{result} bytes"


def _calls(*, below_zero: bool) -> dict[str, str]:
    return recorded_calls("overflowed" if below_zero else "after_release")


def callers(width: float, *, below_zero: bool) -> str:
    """Draw a box for each call, from the origin on: what it got, and a cross where it failed."""
    calls = _calls(below_zero=below_zero)
    wide = (width + APART) / IN_A_ROW
    head = (
        f"Other programs, refcount {'below' if below_zero else 'above'} zero ({KERNEL}, recorded)"
    )
    places = (divmod(n, IN_A_ROW) for n in range(len(calls)))
    boxes = [
        moved(x * wide, 22 + y * (HIGH + APART), _box(wide - APART, call, got))
        for (y, x), (call, got) in zip(places, calls.items(), strict=True)
    ]
    return text(0, 14, head, size=13) + "".join(boxes)


def _box(wide: float, call: str, got: str) -> str:
    failed = got.startswith("-1")
    fill, ink, sign = (
        (OVERFLOW, "white", "\N{BALLOT X}") if failed else ("white", EDGE, "\N{CHECK MARK}")
    )
    weight = "bold" if failed else "normal"
    return (
        rect(0, 0, wide, HIGH, fill=fill, edge=edge(3 if failed else 1))
        + text(8, 18, call, size=13, fill=ink)
        + text(8, 38, f"{sign} {got}", size=15, fill=ink, weight=weight)
    )


def callers_in_words(*, below_zero: bool) -> str:
    """Return the same in a sentence."""
    calls = _calls(below_zero=below_zero)
    failed = [f"{call} ({got})" for call, got in calls.items() if got.startswith("-1")]
    works = [call for call, got in calls.items() if not got.startswith("-1")]
    where = f"Linux {KERNEL}, recorded with the refcount {'below' if below_zero else 'above'} zero:"
    if not failed:
        return f"{where} all {len(calls)} calls of other programs work."
    return (
        f"{where} of {len(calls)} calls of other programs {len(failed)} fail, {listed(failed)}; "
        f"{listed(works)} work."
    )
