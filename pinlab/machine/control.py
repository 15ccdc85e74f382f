"""The controls of a measurement: what others pin while nothing is done from here."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from pinlab.machine.answer import CONTROL, Measurement
from pinlab.machine.vmstat import Meter

SHORTEST, LONGEST = 0.05, 0.5
"""Seconds."""


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
