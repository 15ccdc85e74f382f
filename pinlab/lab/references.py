"""References on real kernels: what was done to a page, and what it added to the refcount.

From the recorded `counters` experiment; beside each number is what the model of that release says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pinlab.machine import recording
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

if TYPE_CHECKING:
    import pandas

KERNELS = {
    "5.10.262": "Debian 5.10.0-46-amd64",
    "6.1.192": "with the zero-page fix (A/B pair)",
}
"""Kernels whose direct I/O takes references, and their builds in the recording."""


class Deed(NamedTuple):
    """Something done to one page: in words, its recorded case, and the same in the model.

    `adds` returns what it adds to the refcount.
    """

    words: str
    case: str
    adds: Callable[[Kernel], int]


def references() -> pandas.DataFrame:
    """Return a table: what each deed adds to a page's refcount, in the model and as recorded."""
    import pandas

    columns = {
        f"{kernel}, {source}": [number(kernel, deed) for deed in DEEDS]
        for kernel in KERNELS
        for source, number in (("model", _in_the_model), ("recorded", _recorded))
    }
    return pandas.DataFrame(
        columns, index=pandas.Index([d.words for d in DEEDS], name="added to the refcount")
    )


def _in_the_model(kernel: str, deed: Deed) -> int:
    return deed.adds(Kernel(kernel))


def _recorded(kernel: str, deed: Deed) -> int:
    return int(recording(kernel, "counters", deed.case, KERNELS[kernel])["ref_delta"])


def _page(kernel: Kernel, written: bool = True) -> tuple[Mm, int]:
    """Return a process and the address of its page: written to, or the zero page."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    if written:
        mm.write(addr, b"x")
    return mm, addr


def _spliced(times: int, written: bool = True, closed: bool = False) -> Callable[[Kernel], int]:
    """vmsplice() the page into a pipe: one reference by way of GUP for each time."""

    def adds(kernel: Kernel) -> int:
        mm, addr = _page(kernel, written)
        mm.read(addr, 1)
        before = _refcount(mm, addr)
        pages = [page for _ in range(times) for page in mm.get_user_pages(addr, 1)]
        for page in pages if closed else []:
            kernel.put_page(page)
        return _refcount(mm, addr) - before

    return adds


def _in_flight(requests: int, completed: bool = False) -> Callable[[Kernel], int]:
    """Submit direct I/O to disk."""

    def adds(kernel: Kernel) -> int:
        mm, addr = _page(kernel)
        before = _refcount(mm, addr)
        submitted = [kernel.submit_dio_write(mm, addr, 1) for _ in range(requests)]
        for request in submitted if completed else []:
            request.complete()
        return _refcount(mm, addr) - before

    return adds


def _mapped(times: int) -> Callable[[Kernel], int]:
    """Read pages that were never written to."""

    def adds(kernel: Kernel) -> int:
        before = kernel.zero_page.refcount
        mm = kernel.new_mm()
        mm.read(mm.mmap(times * PAGE_SIZE), times * PAGE_SIZE)
        return kernel.zero_page.refcount - before

    return adds


def _refcount(mm: Mm, addr: int) -> int:
    page = mm.page_at(addr)
    assert page is not None
    return page.refcount


DEEDS = (
    Deed("a written page, 1 time in a pipe", "vmsplice_anon_1", _spliced(1)),
    Deed("a written page, 16 times in a pipe", "vmsplice_anon_16", _spliced(16)),
    Deed("the pipe is closed", "vmsplice_anon_closed", _spliced(16, closed=True)),
    Deed("a written page, 1 direct write in flight", "anon_dio_inflight", _in_flight(1)),
    Deed("a written page, 2 direct writes in flight", "anon_dio_inflight_x2", _in_flight(2)),
    Deed("both have completed", "anon_dio_done", _in_flight(2, completed=True)),
    Deed("the zero page, mapped 1024 times", "zero_mapped_1024x", _mapped(1024)),
    Deed("the zero page, 16 times in a pipe", "vmsplice_zero_16", _spliced(16, written=False)),
)
"""What was done, in the order of the table."""
