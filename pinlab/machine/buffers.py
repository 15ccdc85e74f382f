"""Memory to ask about: buffers of 64 pages, huge pages, and what has been written into them."""

from __future__ import annotations

import errno
import mmap
from collections.abc import Callable, Mapping
from pathlib import Path

from pinlab.machine import proc, syscalls
from pinlab.machine.proc import UnavailableError
from pinlab.model.arguments import shown, whole

PAGES = 64
"""Pages in a buffer; the size of the mail's writes."""

Buffer = str | int
"""A name, or the number of pages that get one byte written into them."""

_NAMES = ("letters", "zeros", "never", "huge-never")

SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")


def check_all(buffers: tuple[Buffer, ...]) -> tuple[Buffer, ...]:
    """Return the buffers; TypeError or ValueError, saying which there are, for none or another."""
    choices = f"{', '.join(map(repr, _NAMES))} and whole numbers of pages from 0 to {PAGES}"
    if not buffers:
        raise ValueError(f"there are no buffers: name at least one of {choices}")
    checked: list[Buffer] = []
    for buffer in buffers:
        if isinstance(buffer, str) and buffer not in _NAMES:
            raise ValueError(f"buffer is {shown(buffer)}: allowed are {choices}")
        checked.append(buffer if isinstance(buffer, str) else whole("buffer", buffer, 0, PAGES))
    return tuple(checked)


def touched(buffer: Buffer) -> int:
    """Return how many of the buffer's pages are written before the measurement."""
    if isinstance(buffer, int):
        return buffer
    return PAGES if buffer in ("letters", "zeros") else 0


def new(buffer: Buffer) -> memoryview:
    """Map 64 pages of private anonymous memory and write into them what `buffer` says.

    Raises UnavailableError for huge pages where they are not to be had.
    """
    if buffer == "huge-never":
        return huge_zeros(PAGES * mmap.PAGESIZE)
    memory = _small_pages()
    if buffer == "letters":
        _write_letters(memory)
    elif buffer == "zeros":
        memory[:] = bytes(len(memory))
    elif isinstance(buffer, int):
        for page in range(buffer):
            memory[page * mmap.PAGESIZE] = 1
    return memory


def lone_page() -> memoryview:
    """Map one written page that is a mapping of its own: smaps speaks of it alone."""
    page = alone(1)
    page[:4] = b"page"
    return page


def alone(pages: int) -> memoryview:
    """Map never-written pages that are a mapping of their own: /proc speaks of them alone.

    The kernel joins neighbours that are alike, and a part of Python's memory may be one.
    """
    size = mmap.PAGESIZE
    area = _small_pages(pages + 2)
    for neighbour in (0, (pages + 1) * size):
        syscalls.call("mprotect", proc.address(area) + neighbour, size, 0)
    return area[size:-size]


def _small_pages(pages: int = PAGES) -> memoryview:
    # Python maps shared memory unless told otherwise. A read fault there gives the file's own
    # page, and one in a huge page area the huge zero page; the kernel counts pins of both.
    memory = mmap.mmap(-1, pages * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: a kernel built without huge pages
            raise
    return memoryview(memory)


# A read fault in a range that madvise(2) was told of maps all of one huge page at once: a folio
# of zeros, if there is one (do_huge_pmd_anonymous_page(), mm/huge_memory.c, 6.18).


def huge_zeros(nbytes: int | None = None) -> memoryview:
    """Return memory from the start of a huge page on, with the huge zero folio behind it.

    nbytes: at most a huge page, which is what None stands for. Raises UnavailableError saying why
    there is none.
    """
    # Without the huge zero folio the fault allocates, and the pins of that memory tell nothing.
    off = {"enabled": "[never]", "use_zero_page": "0"}
    return _huge("huge zero folio", off, "a read", lambda memory: memory[0])[:nbytes]


def huge_letters() -> memoryview:
    """Return a huge page that was written; UnavailableError saying why there is none."""
    memory = _huge("huge page", {"enabled": "[never]"}, "a write", _write_letters)
    _write_letters(memory)
    return memory


def _write_letters(memory: memoryview) -> None:
    memory[:] = b"pins" * (len(memory) // 4)


def _huge(
    what: str, off: Mapping[str, str], fault: str, touch: Callable[[memoryview], object]
) -> memoryview:
    """Touch a huge page; off: the words by which the settings say that there is none."""
    try:
        for setting, word in off.items():
            said = proc.text(SETTINGS / setting)
            if word in said.split():
                raise _without(what, f"{SETTINGS / setting} says {said.strip()!r}")
        size = int(proc.text(SETTINGS / "hpage_pmd_size"))
        # Two huge pages' worth of addresses have a whole one among them, wherever they begin.
        area = mmap.mmap(-1, 2 * size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(mmap.MADV_HUGEPAGE)
        start = -proc.address(memoryview(area)) % size
        memory = memoryview(area)[start : start + size]
        touch(memory[: mmap.PAGESIZE])
        # Of a huge page the last page is mapped, too, which nobody has touched.
        mapped = proc.is_mapped(proc.address(memory) + size - mmap.PAGESIZE)
    except FileNotFoundError as error:
        raise _without(what, f"there is no {error.filename}") from error
    except OSError as error:
        raise _without(what, f"the kernel answers {error.strerror!r}") from error
    if not mapped:
        raise _without(
            what, f"{fault} maps a single page; memory is short, or this process may not"
        )
    return memory


def _without(what: str, reason: str) -> UnavailableError:
    return UnavailableError(f"There is no {what} to be had here: {reason}.")
