"""What /proc says: the pin counters, this process's memory, the frames behind its pages."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

from pinlab.model.arguments import shown

VARIABLE = "PINLAB_MACHINE"
"""Environment variable: "recording" means that the running kernel is not to be asked."""

VMSTAT = Path("/proc/vmstat")
REFRESH = Path("/proc/sys/vm/stat_refresh")
INTERVAL = Path("/proc/sys/vm/stat_interval")
STATUS = Path("/proc/self/status")
SMAPS = Path("/proc/self/smaps")
PROCESSES = Path("/proc")
KPAGEFLAGS = Path("/proc/kpageflags")

LONGEST_INTERVAL = 5.0
"""Seconds: a machine tuned for low jitter may fold its counters every few minutes only."""

PRESENT = 1 << 63
FRAME = (1 << 55) - 1
"""In an entry of pagemap."""

THP, ZERO_PAGE = 22, 24
"""Bits in KPAGEFLAGS (KPF_THP and KPF_ZERO_PAGE); both are set for the huge zero folio."""


class UnavailableError(Exception):
    """The running kernel cannot be asked; the message says in one sentence why."""


def require_linux() -> None:
    """Raise UnavailableError if nothing here is to be read or asked.

    Raises ValueError for an unknown value of PINLAB_MACHINE.
    """
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "recording"):
        raise ValueError(
            f"{VARIABLE} is {shown(value)}: allowed are 'recording' and nothing at all"
        )
    if value:
        raise UnavailableError(
            f"Recordings stand in the place of this kernel ({VARIABLE}=recording)."
        )
    if platform.system() != "Linux":
        raise UnavailableError(f"This system is {platform.system() or 'unknown'}, not Linux.")


def require_counters() -> None:
    """Raise UnavailableError if no pin counters are to be read here.

    Raises ValueError for an unknown value of PINLAB_MACHINE.
    """
    require_linux()
    try:
        read_pins()
    except KeyError:
        raise UnavailableError(
            "This kernel has no nr_foll_pin_acquired in /proc/vmstat (Linux has it since 5.7)."
        ) from None
    except OSError as error:
        raise UnavailableError(
            f"{VMSTAT} cannot be read here: it answers {error.strerror!r}."
        ) from error


def text(file: Path) -> str:
    """Return what a file says; OSError if it cannot be read.

    A container may hide a file behind an empty one: that is ENODATA.
    """
    said = file.read_text(encoding="utf-8", errors="replace")
    if not said:
        raise _nothing(file)
    return said


def _nothing(file: Path) -> OSError:
    return OSError(errno.ENODATA, os.strerror(errno.ENODATA), str(file))


class Pins(NamedTuple):
    """Pins of the whole system: since boot, or between two readings."""

    acquired: int
    released: int


def read_pins() -> Pins:
    """Return nr_foll_pin_acquired and nr_foll_pin_released as they stand.

    Raises KeyError if the kernel has no such counters (they came with Linux 5.7), OSError if
    /proc/vmstat cannot be read.
    """
    counters = dict(line.split(maxsplit=1) for line in text(VMSTAT).splitlines())
    return Pins(int(counters["nr_foll_pin_acquired"]), int(counters["nr_foll_pin_released"]))


def settle() -> Pins:
    """Return the counters once every CPU has added its share of them.

    Each CPU keeps a difference of up to 125 to itself (mm/vmstat.c). root can have all of them
    added at once; anybody else waits for the kernel to do it, which it does every stat_interval.
    """
    if flush():
        return read_pins()
    interval = _interval()
    time.sleep(1.25 * interval)
    now = read_pins()
    for _ in range(8):  # on a busy system no two readings ever agree
        time.sleep(interval / 4)
        before, now = now, read_pins()
        if now == before:
            break
    return now


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
        return min(float(text(INTERVAL)), LONGEST_INTERVAL)
    except OSError:
        return 1.0


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


def status_kib(field: str) -> int:
    """Return VmLck, VmPin or the like, in KiB; UnavailableError where there is none."""
    try:
        said = text(STATUS)
    except OSError as error:
        raise UnavailableError(f"{STATUS} answers {error.strerror!r}.") from error
    found = re.search(rf"^{field}:\s*(\d+) kB", said, re.MULTILINE)
    if found is None:
        raise UnavailableError(f"{STATUS} has no {field}.")
    return int(found[1])


def address(memory: memoryview) -> int:
    """Return where writable memory begins in this process."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def smaps_kib(memory: memoryview, field: str) -> int:
    """Return a field of the mapping that has this memory, such as Rss, in KiB.

    Raises OSError if smaps cannot be read, LookupError if it does not tell.
    """
    addr = address(memory)
    inside = False
    for line in text(SMAPS).splitlines():
        if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(head[1], 16) <= addr < int(head[2], 16)
        elif inside and (found := re.match(rf"{field}:\s+(\d+) kB", line)):
            return int(found[1])
    raise LookupError(f"{SMAPS} has no {field} for {addr:#x}")


def is_mapped(address: int) -> bool:
    """Return whether anything is mapped at an address; OSError if the file cannot be read."""
    return bool(_word(PROCESSES / "self" / "pagemap", address // mmap.PAGESIZE) & PRESENT)


def frames(memory: memoryview, process: int | None = None) -> list[int]:
    """Return the number of the frame behind each page of the memory, all of which is mapped.

    process: a child that has the same memory; None is this one. Raises UnavailableError naming
    what is missing: the file, or the right to see frame numbers, which anybody but CAP_SYS_ADMIN
    reads as 0 (since Linux 4.0).
    """
    file = PROCESSES / str(process or "self") / "pagemap"
    first = address(memory) // mmap.PAGESIZE
    pages = range(first, first - -len(memory) // mmap.PAGESIZE)
    found = [_told(file, page) & FRAME for page in pages]
    if not all(found):
        raise UnavailableError(f"{file} shows frame numbers to CAP_SYS_ADMIN only.")
    return found


def has_flag(frame: int, bit: int) -> bool:
    """Return whether a frame has a flag; UnavailableError if KPAGEFLAGS cannot be read."""
    return bool(_told(KPAGEFLAGS, frame) >> bit & 1)


def _told(file: Path, index: int) -> int:
    try:
        return _word(file, index)
    except OSError as error:
        raise UnavailableError(f"{file} answers {error.strerror!r}.") from error


def _word(path: Path, index: int) -> int:
    with path.open("rb", buffering=0) as file:
        word = os.pread(file.fileno(), 8, 8 * index)
    if len(word) < 8:
        raise _nothing(path)
    return int.from_bytes(word, sys.byteorder)
