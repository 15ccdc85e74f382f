"""How many pins does one system call take? Other people's are told apart by counting again.

The counters are the whole system's, and others can only add to them. So each count is made
several times, with a different number of calls each, and between them, in an order that is drawn,
are controls of the same length without a call. What is found agrees with itself: per call each
count is the same whole number, and the controls are 0. Else it is no answer.

root has the counters flushed before and after a few calls. For anybody else each CPU keeps a
difference of up to 125 to itself (mm/vmstat.c). So the call is made often, on one CPU, and what
that CPU keeps is then too little to matter.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from pinlab.machine import proc
from pinlab.machine.answer import AGAIN
from pinlab.machine.availability import require_counters
from pinlab.machine.proc import Pins, UnavailableError

FEW, OFTEN, SELDOM = (1, 3), (400, 800), (7, 13)
"""Calls in a count, where the counters can be flushed, where they cannot, and where that would
take more than LONG seconds; then the counters have to settle."""

KEPT = 190
"""Pins, less than half of the fewest calls: what a CPU keeps to itself, with a little to spare."""

LONG = 1.0
PATIENCE = 0.4
"""Seconds in which a round is begun again where others spoilt the one before."""

REPEATING = 3.0
"""Seconds in which what is not confirmed is counted once more."""

PAUSE = 0.02
"""Seconds at most: people who begin together do not go on together."""

NOISE = f"Others were pinning meanwhile, so what one call takes cannot be told. {AGAIN}"


class NoisyError(UnavailableError):
    """Others took too many pins for an answer."""


class Tally(NamedTuple):
    """Pins acquired and released by one call."""

    acquired: int
    released: int


class _Way(NamedTuple):
    """How a call is counted.

    calls: the fewest and the most in a count. counts: in a round, with as many controls. blur:
    pins by which a count may be off because a CPU kept them to itself.
    """

    read: Callable[[], Pins]
    calls: tuple[int, int]
    counts: int
    blur: int


def per_call(call: Callable[[], object]) -> Tally:
    """Return what one call takes and gives back.

    Raises NoisyError where no count agrees with another, UnavailableError where nothing is
    counted, and whatever the call raises.
    """
    require_counters()
    if proc.flush():
        return _agreed(call, _seconds(call), _Way(proc.settle, FEW, counts=8, blur=0))
    with _on_one_cpu():
        seconds = _seconds(call)
        if seconds * OFTEN[1] > LONG:
            return _agreed(call, seconds, _Way(proc.settle, SELDOM, counts=2, blur=2))
        return _agreed(call, seconds, _Way(proc.read_pins, OFTEN, counts=3, blur=KEPT))


def confirmed(
    call: Callable[[], object], times: int, first: Pins, again: Callable[[], Pins], until: float
) -> tuple[Pins, bool]:
    """Return the pins of `times` calls, and whether that is as many times those of one call.

    first: the pins that were counted. again: counts them again, which is done while they are not
    confirmed, up to a moment of time.monotonic(). The least is nearest to the truth, since others
    can only add.
    """
    least = first
    while True:
        with suppress(NoisyError):
            if least == Pins(*(times * pins for pins in per_call(call))):
                return least, True
        if time.monotonic() >= until:
            return least, False
        least = Pins(*map(min, least, again()))


def _seconds(call: Callable[[], object]) -> float:
    start = time.monotonic()
    call()
    return time.monotonic() - start


def _agreed(call: Callable[[], object], seconds: float, way: _Way) -> Tally:
    deadline = time.monotonic() + PATIENCE
    while True:
        time.sleep(random.uniform(0, PAUSE))
        found = _round(call, seconds, way)
        if found is not None:
            return found
        if time.monotonic() >= deadline:
            raise NoisyError(NOISE)


def _round(call: Callable[[], object], seconds: float, way: _Way) -> Tally | None:
    """Count calls and controls; None as soon as more than one in eight is off."""
    counts: list[Tally] = []
    off, allowed = 0, way.counts // 4
    after = way.read()
    for counting in random.sample([True, False] * way.counts, 2 * way.counts):
        before, calls = after, random.randint(*way.calls)
        if counting:
            for _ in range(calls):
                call()
        else:
            time.sleep(calls * seconds)
        after = way.read()
        one = _one(before, after, calls, way.blur)
        if counting and one is not None:
            counts.append(one)
        elif one != Tally(0, 0):
            off += 1
        if off > allowed:
            return None
    least = Tally(*map(min, zip(*counts, strict=True)))
    return least if off + sum(count != least for count in counts) <= allowed else None


def _one(before: Pins, after: Pins, calls: int, blur: int) -> Tally | None:
    """Return the pins of one call, None if those of all calls are no multiple of any number."""
    pins = [late - early for early, late in zip(before, after, strict=True)]
    found = Tally(*(round(n / calls) for n in pins))
    off = max(abs(n - calls * one) for n, one in zip(pins, found, strict=True))
    return found if off <= blur else None


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
