"""References to one page: vmsplice(2) puts the page itself into a pipe, once for each slot.

It takes FOLL_GET, a reference, and never a pin, in every release of the model (iter_to_pipe(),
fs/splice.c, 6.18). A reference is in its slot until somebody reads or closes the pipe.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pinlab.machine import libc
from pinlab.model.arguments import whole

MAX_REFERENCES = 2048
"""Twice what one pin adds to a refcount; far from any limit of the page's counter."""

SLOTS = 256
"""Of a pipe of 1 MiB, the largest that an ordinary user may have (fs.pipe-max-size)."""

SPLICE_F_NONBLOCK = 2


@contextmanager
def references(page: memoryview, number: int) -> Iterator[None]:
    """Hold so many references to the page at the start of `page`; they end with the with-block.

    Raises ValueError for a number beyond 0 to 2048, OSError where pipes or vmsplice are refused.
    """
    left = whole("number", number, 0, MAX_REFERENCES)
    with ExitStack() as pipes:
        while left:
            writing, slots = _pipe(pipes, min(left, SLOTS))
            left -= _splice(writing, page, min(left, slots))
        yield


def _pipe(pipes: ExitStack, wanted: int) -> tuple[int, int]:
    """Return the end to write to of a new pipe, and its slots: as many as wanted, or fewer."""
    import fcntl  # there is none on Windows

    reading, writing = os.pipe()
    pipes.callback(os.close, reading)
    pipes.callback(os.close, writing)
    try:
        size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, wanted * mmap.PAGESIZE)
    except PermissionError:  # beyond what this user may have in pipes: then more of them
        size = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
    return writing, size // mmap.PAGESIZE


def _splice(writing: int, page: memoryview, number: int) -> int:
    """Splice one byte of the page so many times; return how many slots that took."""
    spans = (libc.Span * number)(*[libc.Span(libc.address(page), 1)] * number)
    return libc.call("vmsplice", writing, spans, number, SPLICE_F_NONBLOCK)
