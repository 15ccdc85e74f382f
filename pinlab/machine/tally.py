"""Tally: how many pins system calls take. Other people's are told apart by counting again.

The counters are the whole system's, and others can only add to them. So each count is made
several times, with a different number of calls each, and between them, in an order that is drawn,
are controls of the same length without a call. What is found agrees with itself: per call each
count is the same whole number, and the controls are 0. Else it is no answer.

root has the counters flushed before and after a few calls. For anybody else each CPU keeps a
difference of up to 125 to itself (mm/proc.c). So the call is made often, on one CPU, and what
that CPU keeps is then too little to matter.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, NamedTuple

from pinlab.machine import proc
from pinlab.machine.measured import AGAIN, CONTROL, Measurement
from pinlab.machine.proc import Meter, Pins, UnavailableError, require_counters

Call = Callable[[], object]
Report = Callable[[int], object]

FEW, OFTEN, SELDOM = (1, 3), (400, 800), (7, 13)
"""Calls in a count, where the counters can be flushed, where they cannot, and where that would
take more than LONG seconds; then the counters have to settle."""

KEPT = 190
"""Pins, less than half of the fewest calls: what a CPU keeps to itself, with a little to spare."""

LONG = 1.0
"""Seconds of calls that are not done over again to count them anew."""

PATIENCE = 0.4
"""Seconds in which a round is begun again where others spoilt the one before."""

REPEATING = 3.0
"""Seconds in which what is not confirmed is counted once more."""

PAUSE = 0.02
"""Seconds at most: people who begin together do not go on together."""

WAIT = 5.0
"""Seconds at most until it is one's turn."""

CONTROLS = (0.05, 0.5)
"""Seconds, the fewest and the most of a control."""

REPORT_EVERY = 0.1
"""Seconds."""

NOISE = f"Others were pinning meanwhile, so what one call takes cannot be told. {AGAIN}"


class NoisyError(UnavailableError):
    """Others took too many pins for an answer."""


class _Way(NamedTuple):
    """How a call is counted.

    calls: the fewest and the most in a count. counts: in a round, with as many controls. blur:
    pins by which a count may be off because a CPU kept them to itself.
    """

    read: Callable[[], Pins]
    calls: tuple[int, int]
    counts: int
    blur: int


def per_call(call: Call) -> Pins:
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


def _seconds(call: Call) -> float:
    start = time.monotonic()
    call()
    return time.monotonic() - start


def _agreed(call: Call, seconds: float, way: _Way) -> Pins:
    deadline = time.monotonic() + PATIENCE
    while True:
        time.sleep(random.uniform(0, PAUSE))
        found = _round(call, seconds, way)
        if found is not None:
            return found
        if time.monotonic() >= deadline:
            raise NoisyError(NOISE)


def _round(call: Call, seconds: float, way: _Way) -> Pins | None:
    """Count calls and controls; None as soon as more than one in eight is off."""
    counts: list[Pins] = []
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
        elif one != Pins(0, 0):
            off += 1
        if off > allowed:
            return None
    least = Pins(*map(min, zip(*counts, strict=True)))
    return least if off + sum(count != least for count in counts) <= allowed else None


def _one(before: Pins, after: Pins, calls: int, blur: int) -> Pins | None:
    """Return the pins of one call, None if those of all calls are no multiple of any number."""
    pins = [late - early for early, late in zip(before, after, strict=True)]
    found = Pins(*(round(n / calls) for n in pins))
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


class Count(NamedTuple):
    """The seconds and pins of some calls, and whether counting again gave the same."""

    seconds: float
    pins: Pins
    agreed: bool


def count(
    calls: Sequence[Call], times: int, pace: float, report: Report = lambda done: None
) -> tuple[list[Count], Measurement]:
    """Make each call so many times; return the count of each, and of the controls around them.

    pace: the seconds of a call. report gets the calls made so far. What does not agree with
    itself is counted again, if that does not take long. Raises whatever a call raises.
    """
    meter = Meter()
    controls = [control(meter, pace * times)]
    first = []
    for number, call in enumerate(calls):
        seconds = repeat(call, times, report, before=number * times)
        first.append((meter.pins(), seconds))
    controls.append(control(meter, pace * times))
    until = time.monotonic() + REPEATING
    found = []
    for call, (pins, seconds) in zip(calls, first, strict=True):
        confirmed = _confirmed(call, times, pins, meter, 0.0 if seconds > LONG else until)
        found.append(Count(seconds, *confirmed))
    return found, together(controls)


def _confirmed(
    call: Call, times: int, least: Pins, meter: Meter, until: float
) -> tuple[Pins, bool]:
    """Return the pins of `times` calls, and whether that is as many times those of one call.

    least: the pins that were counted, which is done again while they are not confirmed, up to a
    moment of time.monotonic(). The least is nearest to the truth, since others can only add.
    """
    while True:
        with suppress(NoisyError):
            if least == Pins(*(times * pins for pins in per_call(call))):
                return least, True
        if time.monotonic() >= until:
            return least, False
        meter.pins()  # what was counted until here
        repeat(call, times)
        least = Pins(*map(min, least, meter.pins()))


def repeat(call: Call, times: int, report: Report = lambda done: None, before: int = 0) -> float:
    """Make a call so many times, and report how many are made with those before; return seconds."""
    start = reported = now = time.monotonic()
    for done in range(1, times + 1):
        call()
        now = time.monotonic()
        if now - reported >= REPORT_EVERY or done == times:
            report(before + done)
            reported = now
    return now - start


def control(meter: Meter, expected: float) -> Measurement:
    """Count what others pin in about the time, in seconds, that the measurement will take.

    It is up to half as long again: people who begin together do not go on together.
    """
    start = time.monotonic()
    shortest, longest = CONTROLS
    time.sleep(min(max(expected, shortest), longest) * random.uniform(1, 1.5))
    pins = meter.pins()
    return Measurement(CONTROL, 0, 0, 0, *pins, time.monotonic() - start)


def together(controls: Sequence[Measurement]) -> Measurement:
    """Return all controls of a measurement as one."""
    pins = Pins(sum(c.acquired for c in controls), sum(c.released for c in controls))
    return Measurement(CONTROL, 0, 0, 0, *pins, sum(c.seconds or 0.0 for c in controls))


@contextmanager
def turn() -> Iterator[None]:
    """Let those who measure on this machine do so one after another, if they can see each other.

    A class that begins together has an answer each, then. It is a courtesy and no guarantee: who
    waits for too long, or is in a container of its own, measures all the same.
    """
    deadline = time.monotonic() + WAIT
    with ExitStack() as open_files:
        with suppress(OSError):  # no such file, or no locks: then nobody can be seen
            file = open_files.enter_context(proc.VMSTAT.open("rb"))
            while not _locked(file) and time.monotonic() < deadline:
                time.sleep(random.uniform(0.01, 0.05))
        yield


def _locked(file: IO[bytes]) -> bool:
    import fcntl  # there is none on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the file is closed
    except BlockingIOError:
        return False
    return True
