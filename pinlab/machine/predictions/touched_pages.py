"""What direct writes of a 64-page buffer take, depending on what was written into it before."""

from __future__ import annotations

from collections.abc import Iterable

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, read_once
from pinlab.model.arguments import whole
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

PAGES = 64


def buffer_in(kernel: Kernel, written: Iterable[int], byte: bytes = b"x") -> tuple[Mm, int]:
    """Return a process and the address of its 64-page buffer, a byte written into some pages."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES * PAGE_SIZE)
    for page in written:
        mm.write(addr + page * PAGE_SIZE, byte)
    return mm, addr


def huge_buffer_in(kernel: Kernel) -> tuple[Mm, int]:
    """Return a process and the address of its buffer: read, never written, in huge pages."""
    mm = kernel.new_mm()
    return mm, read_once(mm, PAGES, HPAGE_ORDER)


def _touched(kernel: Kernel, pages: int, writes: int) -> Values:
    return _write(*buffer_in(kernel, range(whole("k", pages, 0, PAGES))), writes)


def _letters(kernel: Kernel, writes: int) -> Values:
    return _write(*buffer_in(kernel, range(PAGES)), writes)


def _zeros(kernel: Kernel, writes: int) -> Values:
    return _write(*buffer_in(kernel, range(PAGES), b"\0"), writes)


def _never(kernel: Kernel, writes: int) -> Values:
    return _write(*buffer_in(kernel, ()), writes)


def _huge_never(kernel: Kernel, writes: int) -> Values:
    return _write(*huge_buffer_in(kernel), writes)


def _write(mm: Mm, addr: int, writes: int) -> Values:
    """Each write ends before the next begins, so they are all alike: one tells for all."""
    mm.kernel.submit_dio_write(mm, addr, PAGES).complete()
    acquired, released = (writes * pins for pins in mm.kernel.vmstat.values())
    return {"acq": acquired, "rel": released}


FORMS: Forms = {
    "k={pages}:writes={writes}": _touched,
    "letters:writes={writes}": _letters,
    "zeros:writes={writes}": _zeros,
    "never:writes={writes}": _never,
    "huge-never:writes={writes}": _huge_never,
}
