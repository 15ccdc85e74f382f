"""How many pins does one system call take? Other people's are told apart by doing it again.

root has the counters flushed before and after a single call. For anybody else each CPU keeps a
difference of up to 125 to itself (mm/vmstat.c). So the call is made often, on one CPU, and what
that CPU keeps is then too little to matter. Others can only add to either counter: the least of a
few tries is nearest to the truth.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from pinlab.machine import vmstat
from pinlab.machine.availability import require_counters

OFTEN = 1000
SELDOM = 10
"""Calls, where a thousand would take more than LONG seconds; then the counters have to settle."""

LONG = 1.0
FLUSHED_TRIES, OFTEN_TRIES = 10, 3
"""One quiet moment among them is enough."""


class Tally(NamedTuple):
    """Pins acquired and released by one call."""

    acquired: int
    released: int


def per_call(call: Callable[[], object]) -> Tally:
    """Return what one call takes and gives back.

    Raises UnavailableError where nothing is counted, and whatever the call raises.
    """
    require_counters()
    if vmstat.flush():
        return _least(_flushed(call))
    with _on_one_cpu():
        start = time.monotonic()
        call()
        if (time.monotonic() - start) * OFTEN > LONG:
            return _settled(call)
        return _least(_often(call) for _ in range(OFTEN_TRIES))


def _least(tries: Iterator[Tally]) -> Tally:
    acquired, released = zip(*tries, strict=True)
    return Tally(min(acquired), min(released))


def _flushed(call: Callable[[], object]) -> Iterator[Tally]:
    after = vmstat.settle()
    for _ in range(FLUSHED_TRIES):
        before = after
        call()
        after = vmstat.settle()
        yield _between(before, after, 1)


def _often(call: Callable[[], object]) -> Tally:
    before = vmstat.read()
    for _ in range(OFTEN):
        call()
    return _between(before, vmstat.read(), OFTEN)


def _settled(call: Callable[[], object]) -> Tally:
    before = vmstat.settle()
    for _ in range(SELDOM):
        call()
    return _between(before, vmstat.settle(), SELDOM)


def _between(before: vmstat.Pins, after: vmstat.Pins, calls: int) -> Tally:
    return Tally(
        round((after.acquired - before.acquired) / calls),
        round((after.released - before.released) / calls),
    )


@contextmanager
def _on_one_cpu() -> Iterator[None]:
    allowed = os.sched_getaffinity(0)
    with suppress(OSError):  # then what several CPUs keep may not be too little
        os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)
