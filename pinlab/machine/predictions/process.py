"""Process: the steps that several experiments share, as the recorded program took them.

process_vm_readv() is a short pin (process_vm_rw_single_vec(), mm/process_vm_access.c, 6.18),
vmsplice() a read-only GUP with FOLL_GET (iter_to_pipe(), fs/splice.c).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Page
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

Values = dict[str, int | str]
"""What an experiment finds, by the name of the quantity."""

Forms = Mapping[str, Callable[..., Values]]
"""What predicts the cases of one form: `fork{children}` is called with a machine and a number."""

PAGES = 64
HUGE_PAGES = 1 << HPAGE_ORDER

PAGES_AT_ONCE = 1024
"""PVM_MAX_USER_PAGES: process_vm_readv() pins two pages full of pointers at a time."""

MOST = 1 << 14
"""The most references, children or mappings that are gone through one by one."""


class Memory(NamedTuple):
    """Fresh memory, of which each page was written, or else read, once."""

    written: bool
    pages: int = 1
    order: int = 0


ANON, ANON64, THP512 = Memory(True), Memory(True, PAGES), Memory(True, HUGE_PAGES, HPAGE_ORDER)
ZERO, ZERO64, HUGEZERO512 = (memory._replace(written=False) for memory in (ANON, ANON64, THP512))


class Process:
    """A process of its own with some memory, and what it does with all of it."""

    def __init__(self, kernel: Kernel, memory: Memory = ANON) -> None:
        self.kernel, self.pages = kernel, memory.pages
        self.mm = kernel.new_mm()
        self.addr = self._touched(memory)

    def _touched(self, memory: Memory) -> int:
        nbytes = memory.pages * PAGE_SIZE
        addr = self.mm.mmap(nbytes, memory.order)
        if not memory.written:
            self.mm.read(addr, nbytes)
            return addr
        for page in range(memory.pages):
            self.mm.write(addr + page * PAGE_SIZE, b"A")
        return addr

    @property
    def page(self) -> Page:
        """The first page of the memory."""
        return page_of(self.mm, self.addr)

    @property
    def has_zero_page(self) -> int:
        """1 if the zero page is behind the first page, else 0."""
        return int(self.page is self.kernel.zero_page)

    def process_vm(self, flags: int = 0) -> int:
        """Read the memory (or, with FOLL_WRITE, write it) from outside; return bytes or -EFAULT.

        The system call turns every failure to pin into EFAULT, and reports what it had done
        before.
        """
        done = 0
        while done < self.pages:
            more = min(PAGES_AT_ONCE, self.pages - done)
            try:
                pinned = self.mm.pin_user_pages(self.addr + done * PAGE_SIZE, more, flags)
            except OSError:
                return done * PAGE_SIZE or -errno.EFAULT
            self.kernel.unpin_user_pages(pinned)
            done += len(pinned)
        return done * PAGE_SIZE

    def pin_something_else(self) -> None:
        """Pin another page for a moment: this process has pinned something from now on."""
        addr = self._touched(ANON)
        self.kernel.unpin_user_pages(self.mm.pin_user_pages(addr, 1))

    def submit(self) -> DirectIO:
        """Begin a direct write of the memory."""
        return self.kernel.submit_dio_write(self.mm, self.addr, self.pages)

    def to_disk(self) -> int:
        """Write it to disk; return bytes or minus an errno."""
        return transferred(self.submit)

    def from_disk(self) -> int:
        """Read it from disk; return as `to_disk`."""
        return transferred(lambda: self.kernel.submit_dio_read(self.mm, self.addr, self.pages))

    def register(self, pages: int | None = None) -> int:
        """Register it, or some pages of it, with a ring of io_uring; return 0 or minus an errno."""

        def call() -> int:
            self.mm.register_buffer(self.addr, pages or self.pages)
            return 0

        return result(call)

    def splice(self, times: int = 1) -> list[Page]:
        """Splice the first page into pipes."""
        return [self.mm.get_user_pages(self.addr, 1)[0] for _ in range(times)]


def page_of(mm: Mm, addr: int) -> Page:
    """Return the page that is mapped at an address that was touched."""
    page = mm.page_at(addr)
    assert page is not None
    return page


def buffer_in(kernel: Kernel, written: Iterable[int], byte: bytes = b"x") -> tuple[Mm, int]:
    """Return a process and the address of its 64-page buffer, a byte written into some pages."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES * PAGE_SIZE)
    for page in written:
        mm.write(addr + page * PAGE_SIZE, byte)
    return mm, addr


def huge_buffer_in(kernel: Kernel) -> tuple[Mm, int]:
    """Return a process and the address of its buffer: read, never written, in huge pages."""
    process = Process(kernel, ZERO64._replace(order=HPAGE_ORDER))
    return process.mm, process.addr


def transferred(submit: Callable[[], DirectIO]) -> int:
    """Submit a request and complete it; return its bytes, or minus an errno."""

    def call() -> int:
        request = submit()
        request.complete()
        return len(request.pages) * PAGE_SIZE

    return result(call)


def result(call: Callable[[], int]) -> int:
    """Return what a system call returns, or minus the errno that it fails with."""
    try:
        return call()
    except OSError as error:
        return -(error.errno or errno.EIO)


def pins(kernel: Kernel) -> Values:
    """Return the pins that were acquired and released since the machine was booted."""
    acquired, released = kernel.vmstat.values()
    return {"acq": acquired, "rel": released}


def nothing(kernel: Kernel, **numbers: int) -> Values:
    """Predict nothing: the model does not have this kind of memory."""
    return {}
