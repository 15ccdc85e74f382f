"""The kernel's two pin counters in /proc/vmstat, and how to read them exactly."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import NamedTuple

from pinlab.machine import procfs

VMSTAT = Path("/proc/vmstat")
REFRESH = Path("/proc/sys/vm/stat_refresh")
INTERVAL = Path("/proc/sys/vm/stat_interval")

LONGEST_INTERVAL = 5.0
"""Seconds: a machine tuned for low jitter may fold its counters every few minutes only."""


class Pins(NamedTuple):
    """Pins of the whole system: since boot, or between two readings."""

    acquired: int
    released: int


def read() -> Pins:
    """Return nr_foll_pin_acquired and nr_foll_pin_released as they stand.

    Raises KeyError if the kernel has no such counters (they came with Linux 5.7), OSError if
    /proc/vmstat cannot be read.
    """
    counters = dict(line.split(maxsplit=1) for line in procfs.text(VMSTAT).splitlines())
    return Pins(int(counters["nr_foll_pin_acquired"]), int(counters["nr_foll_pin_released"]))


def settle() -> Pins:
    """Return the counters once every CPU has added its share of them.

    Each CPU keeps a difference of up to 125 to itself (mm/vmstat.c). root can have all of them
    added at once; anybody else waits for the kernel to do it, which it does every stat_interval.
    """
    if flush():
        return read()
    interval = _interval()
    time.sleep(1.25 * interval)
    return _steady(interval / 4)


def flush() -> bool:
    """Have every CPU's share added at once; return whether this process may do that."""
    if not REFRESH.is_file():  # behind /dev/null it would take anything
        return False
    try:
        REFRESH.write_text("1")
    except OSError as error:
        # vmstat_refresh() folds first and complains of negative counters afterwards.
        return error.errno == errno.EINVAL
    return True


def _interval() -> float:
    try:
        return min(float(procfs.text(INTERVAL)), LONGEST_INTERVAL)
    except OSError:
        return 1.0


def _steady(pause: float) -> Pins:
    now = read()
    for _ in range(8):  # on a busy system no two readings ever agree
        time.sleep(pause)
        before, now = now, read()
        if now == before:
            break
    return now


class Meter:
    """Pins acquired and released between one reading and the next.

    It begins with counters that have settled: what was pinned before, from here too, is not
    in the first interval.
    """

    def __init__(self) -> None:
        self._last = settle()

    def pins(self) -> Pins:
        """Return the pins since the last call, or since the meter was made."""
        last, self._last = self._last, settle()
        return Pins(self._last.acquired - last.acquired, self._last.released - last.released)
