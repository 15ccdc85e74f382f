"""Frames: which one is behind a page (/proc/self/pagemap), and what is it (/proc/kpageflags).

Anybody may ask whether a page of their own is mapped. The frame's number is for CAP_SYS_ADMIN;
anybody else reads 0 in its place (since Linux 4.0).
"""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

from pinlab.machine import libc, procfs
from pinlab.machine.availability import UnavailableError

PROC = Path("/proc")
KPAGEFLAGS = Path("/proc/kpageflags")

PRESENT = 1 << 63
FRAME = (1 << 55) - 1
"""In an entry of pagemap."""

THP, ZERO_PAGE = 22, 24
"""Bits in KPAGEFLAGS (KPF_THP and KPF_ZERO_PAGE); both are set for the huge zero folio."""


def is_mapped(address: int) -> bool:
    """Return whether anything is mapped at an address; OSError if the file cannot be read."""
    return bool(_word(_pagemap("self"), address // mmap.PAGESIZE) & PRESENT)


def frames(memory: memoryview, process: int | None = None) -> list[int]:
    """Return the number of the frame behind each page of the memory, all of which is mapped.

    process: a child that has the same memory; None is this one. Raises UnavailableError naming
    what is missing: the file, or the right to see frame numbers.
    """
    file = _pagemap("self" if process is None else str(process))
    first = libc.address(memory) // mmap.PAGESIZE
    pages = range(first, first - -len(memory) // mmap.PAGESIZE)
    found = [_told(file, page) & FRAME for page in pages]
    if not all(found):
        raise UnavailableError(f"{file} shows frame numbers to CAP_SYS_ADMIN only.")
    return found


def _pagemap(process: str) -> Path:
    return PROC / process / "pagemap"


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
        raise procfs.nothing(path)
    return int.from_bytes(word, sys.byteorder)
