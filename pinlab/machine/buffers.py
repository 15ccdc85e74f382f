"""The 64-page buffers of the experiment, and what has been written into each."""

from __future__ import annotations

import errno
import mmap

from pinlab.machine import huge, proc, syscalls
from pinlab.model.arguments import shown, whole

PAGES = 64
"""Pages in a buffer; the size of the mail's writes."""

Buffer = str | int
"""A name, or the number of pages that get one byte written into them."""

_WORDS = {
    "letters": "memory with letters in it",
    "zeros": "memory with zeros written into it",
    "never": "memory never written",
    "huge-never": "memory never written, in huge pages",
}


def check(buffer: Buffer) -> Buffer:
    """Return `buffer` if it names one; TypeError or ValueError saying which there are."""
    if not isinstance(buffer, str):
        return whole("buffer", buffer, 0, PAGES)
    if buffer not in _WORDS:
        raise ValueError(f"buffer is {shown(buffer)}: allowed are {_choices()}")
    return buffer


def check_all(buffers: tuple[Buffer, ...]) -> tuple[Buffer, ...]:
    """Return the buffers, each checked; ValueError if there are none."""
    if not buffers:
        raise ValueError(f"there are no buffers: name at least one of {_choices()}")
    return tuple(check(buffer) for buffer in buffers)


def _choices() -> str:
    return f"{', '.join(map(repr, _WORDS))} and whole numbers of pages from 0 to {PAGES}"


def touched(buffer: Buffer) -> int:
    """Return how many of the buffer's pages are written before the measurement."""
    if isinstance(buffer, int):
        return buffer
    return PAGES if buffer in ("letters", "zeros") else 0


def describe(buffer: Buffer) -> str:
    """Return the buffer in words, as a sentence needs them."""
    if isinstance(buffer, str):
        return _WORDS[buffer]
    if buffer == 0:
        return _WORDS["never"]
    return f"memory with one byte written into {buffer} of its {PAGES} pages"


def new(buffer: Buffer) -> memoryview:
    """Map 64 pages of private anonymous memory and write into them what `buffer` says.

    Raises UnavailableError for huge pages where they are not to be had.
    """
    if buffer == "huge-never":
        return huge.never_written(PAGES * mmap.PAGESIZE)
    memory = _small_pages()
    if buffer == "letters":
        memory[:] = b"pins" * (len(memory) // 4)
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
