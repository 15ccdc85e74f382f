"""Memory in huge pages: written, or never written, with the huge zero folio behind it.

A read fault in a range that madvise(2) was told of maps all of one huge page at once, and what it
maps is a folio of zeros, if there is one (do_huge_pmd_anonymous_page(), mm/huge_memory.c, 6.18).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinlab.machine import proc
from pinlab.machine.proc import UnavailableError

SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")


def never_written(nbytes: int | None = None) -> memoryview:
    """Return memory from the start of a huge page on, with the huge zero folio behind it.

    nbytes: at most a huge page, which is what None stands for. Raises UnavailableError saying why
    there is none.
    """
    with _explained(ZEROS):
        return _never_written(nbytes)


def written() -> memoryview:
    """Return a huge page that was written; UnavailableError saying why there is none."""
    with _explained(PAGE):
        return _written()


ZEROS, PAGE = "huge zero folio", "huge page"


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise _without(what, f"there is no {error.filename}") from error
    except OSError as error:
        raise _without(what, f"the kernel answers {error.strerror!r}") from error


def _never_written(nbytes: int | None) -> memoryview:
    # Without the huge zero folio the fault allocates, and the pins of that memory tell nothing.
    _require_not("enabled", "[never]", ZEROS)
    _require_not("use_zero_page", "0", ZEROS)
    size = _size()
    memory = _aligned(size)
    memory[0]  # the read fault
    # Of a huge page the last page is mapped, too, which nobody has touched.
    if not proc.is_mapped(proc.address(memory) + size - mmap.PAGESIZE):
        raise _without(ZEROS, "a read maps a single page; memory is short, or this process may not")
    return memory[:nbytes]


def _written() -> memoryview:
    _require_not("enabled", "[never]", PAGE)
    size = _size()
    memory = _aligned(size)
    memory[0] = 1  # the write fault
    if not proc.is_mapped(proc.address(memory) + size - mmap.PAGESIZE):
        raise _without(PAGE, "a write maps a single page; memory is short, or this process may not")
    memory[:] = b"pins" * (size // 4)
    return memory


def _aligned(size: int) -> memoryview:
    # Two huge pages' worth of addresses have a whole one among them, wherever they begin.
    area = mmap.mmap(-1, 2 * size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_HUGEPAGE)
    start = -proc.address(memoryview(area)) % size
    return memoryview(area)[start : start + size]


def _require_not(setting: str, off: str, what: str) -> None:
    value = proc.text(SETTINGS / setting)
    if off in value.split():
        raise _without(what, f"{SETTINGS / setting} says {value.strip()!r}")


def _size() -> int:
    return int(proc.text(SETTINGS / "hpage_pmd_size"))


def _without(what: str, reason: str) -> UnavailableError:
    return UnavailableError(f"There is no {what} to be had here: {reason}.")
