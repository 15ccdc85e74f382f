"""Never-written memory in huge pages: the kernel puts the huge zero folio behind it.

A read fault in a range that madvise(2) was told of maps all of one huge page at once, and what it
maps is a folio of zeros, if there is one (do_huge_pmd_anonymous_page(), mm/huge_memory.c, 6.18).
"""

from __future__ import annotations

import mmap
from pathlib import Path

from pinlab.machine import libc, pagemap
from pinlab.machine.availability import UnavailableError

SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")


def never_written(nbytes: int) -> memoryview:
    """Return memory from the start of a huge page on, with the huge zero folio behind it.

    Raises UnavailableError saying why there is none.
    """
    try:
        return _never_written(nbytes, size=_size())
    except FileNotFoundError as error:
        raise _without(f"there is no {error.filename}") from error
    except OSError as error:
        raise _without(f"the kernel answers {error.strerror!r}") from error


def _never_written(nbytes: int, size: int) -> memoryview:
    # Two huge pages' worth of addresses have a whole one among them, wherever they begin.
    area = mmap.mmap(-1, 2 * size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_HUGEPAGE)
    start = -libc.address(memoryview(area)) % size
    memory = memoryview(area)[start : start + nbytes]
    memory[0]  # the read fault
    # Of a huge page the last page is mapped, too, which nobody has touched.
    if not pagemap.is_mapped(libc.address(memory) + size - mmap.PAGESIZE):
        raise _without("a read maps a single page; memory is short, or this process may not")
    return memory


def _size() -> int:
    """Return the bytes of a huge page; UnavailableError if a read fault would map none of zeros.

    Without the huge zero folio the fault allocates, and the pins of that memory tell nothing.
    """
    for setting, off in (("enabled", "[never]"), ("use_zero_page", "0")):
        value = (SETTINGS / setting).read_text()
        if off in value.split():
            raise _without(f"{SETTINGS / setting} says {value.strip()!r}")
    return int((SETTINGS / "hpage_pmd_size").read_text())


def _without(reason: str) -> UnavailableError:
    return UnavailableError(f"There is no huge zero folio to be had here: {reason}.")
