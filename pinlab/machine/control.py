"""The controls of a measurement: what others pin while nothing is done from here."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO

from pinlab.machine import proc
from pinlab.machine.answer import CONTROL, Measurement
from pinlab.machine.proc import Meter

SHORTEST, LONGEST = 0.05, 0.5
"""Seconds."""

WAIT = 5.0
"""Seconds at most until it is one's turn."""


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


def others(meter: Meter, expected: float) -> Measurement:
    """Count what others pin in about the time, in seconds, that the measurement will take.

    It is up to half as long again: people who begin together do not go on together.
    """
    start = time.monotonic()
    time.sleep(min(max(expected, SHORTEST), LONGEST) * random.uniform(1, 1.5))
    pins = meter.pins()
    seconds = time.monotonic() - start
    return Measurement(CONTROL, 0, 0, 0, pins.acquired, pins.released, seconds)


def together(controls: Sequence[Measurement]) -> Measurement:
    """Return all controls of a measurement as one."""
    return Measurement(
        CONTROL, 0, 0, 0,
        acquired=sum(control.acquired for control in controls),
        released=sum(control.released for control in controls),
        seconds=sum(control.seconds or 0.0 for control in controls),
    )  # fmt: skip
