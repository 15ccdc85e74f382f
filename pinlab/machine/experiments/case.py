"""Case: one run of an experiment, and the steps that several share."""

from __future__ import annotations

import errno
import mmap
from collections.abc import Callable

from pinlab.machine import proc
from pinlab.machine.proc import UnavailableError
from pinlab.machine.tally import per_call

Values = dict[str, int | str]
"""What was found, by the name of the quantity."""

Case = Callable[[], Values]
"""Finds it. Raises OSError or UnavailableError where this kernel, or this user, cannot be asked."""

REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EMFILE, errno.ENFILE)
"""These speak of who asks, or of what is built in; any other error is a finding."""


def read_once(memory: memoryview) -> memoryview:
    """Return the memory with each of its pages read: the zero page is behind them."""
    for offset in range(0, len(memory), mmap.PAGESIZE):
        memory[offset]
    return memory


def result(call: Callable[[], object], done: int) -> int:
    """Return `done` if the call succeeds, or minus the errno it fails with; OSError as REFUSALS."""
    try:
        call()
    except OSError as error:
        if error.errno is None or error.errno in REFUSALS:
            raise
        return -error.errno
    return done


def pins_of(call: Callable[[], object], done: int) -> Values:
    """Return the pins that one call acquires and releases, and its result as above."""
    ret = result(call, done)
    tally = per_call(lambda: result(call, done))
    return {"acq": tally.acquired, "rel": tally.released, "ret": ret}


def seen_by_root(name: str, look: Callable[[], bool]) -> Values:
    """Return what can be seen of a frame under that name, nothing where nobody may look."""
    try:
        return {name: int(look())}
    except UnavailableError:
        return {}


def is_zero_page(memory: memoryview) -> bool:
    """Return whether the zero page is behind the first page; UnavailableError if that is secret."""
    frame = proc.frames(memory[: mmap.PAGESIZE])[0]
    return proc.has_flag(frame, proc.ZERO_PAGE) and not proc.has_flag(frame, proc.THP)
