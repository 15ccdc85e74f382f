"""The control of a measurement: what others pin while nothing is done from here."""

from __future__ import annotations

import time

from pinlab.machine.answer import CONTROL, Measurement
from pinlab.machine.vmstat import Meter

SHORTEST, LONGEST = 0.1, 1.0
"""Seconds."""


def others(meter: Meter, expected: float) -> Measurement:
    """Count what others pin in about the time, in seconds, that the measurement will take."""
    start = time.monotonic()
    time.sleep(min(max(expected, SHORTEST), LONGEST))
    pins = meter.pins()
    seconds = time.monotonic() - start
    return Measurement(CONTROL, 0, 0, 0, pins.acquired, pins.released, seconds)
