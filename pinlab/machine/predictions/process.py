"""Process: the steps that several experiments share, as the recorded program took them.

process_vm_readv() is a short pin (process_vm_rw_single_vec(), mm/process_vm_access.c, 6.18),
vmsplice() a read-only GUP with FOLL_GET (iter_to_pipe(), fs/splice.c).
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Page
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

Values = dict[str, int | str]
"""What an experiment finds, by the name of the quantity."""

PAGES_AT_ONCE = 1024
"""PVM_MAX_USER_PAGES: process_vm_readv() pins two pages full of pointers at a time."""

HUGE_PAGES = 1 << HPAGE_ORDER


def written(mm: Mm, pages: int = 1, order: int = 0) -> int:
    """Return the address of fresh memory with the letter A in each of its pages."""
    addr = mm.mmap(pages * PAGE_SIZE, order)
    for page in range(pages):
        mm.write(addr + page * PAGE_SIZE, b"A")
    return addr


def read_once(mm: Mm, pages: int = 1, order: int = 0) -> int:
    """Return the address of fresh memory that was read and never written."""
    addr = mm.mmap(pages * PAGE_SIZE, order)
    mm.read(addr, pages * PAGE_SIZE)
    return addr


def page_of(mm: Mm, addr: int) -> Page:
    """Return the page that is mapped at an address that was touched."""
    page = mm.page_at(addr)
    assert page is not None
    return page


def register(mm: Mm, addr: int, pages: int) -> int:
    """Register a buffer with io_uring; return what the system call returns."""

    def call() -> int:
        mm.register_buffer(addr, pages)
        return 0

    return result(call)


def process_vm(mm: Mm, addr: int, pages: int, flags: int = 0) -> int:
    """Read (or, with FOLL_WRITE, write) another process's memory; return bytes or -EFAULT.

    The system call turns every failure to pin into EFAULT, and reports what it had done before.
    """
    done = 0
    while done < pages:
        more = min(PAGES_AT_ONCE, pages - done)
        try:
            pinned = mm.pin_user_pages(addr + done * PAGE_SIZE, more, flags)
        except OSError:
            return done * PAGE_SIZE or -errno.EFAULT
        mm.kernel.unpin_user_pages(pinned)
        done += len(pinned)
    return done * PAGE_SIZE


def result(call: Callable[[], int]) -> int:
    """Return what a system call returns, or minus the errno that it fails with."""
    try:
        return call()
    except OSError as error:
        return -(error.errno or errno.EIO)


def pin_something_else(mm: Mm) -> None:
    """Pin another page of the process for a moment: it has pinned something from now on."""
    process_vm(mm, written(mm), 1)


def pins_of(kernel: Kernel, run: Callable[[], int]) -> Values:
    """Return how many pins a system call acquires and releases, and what it returns."""
    before = tuple(kernel.vmstat.values())
    ret = run()
    acquired, released = (
        now - then for now, then in zip(kernel.vmstat.values(), before, strict=True)
    )
    return {"acq": acquired, "rel": released, "ret": ret}
