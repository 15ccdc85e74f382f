"""Direct I/O: a request holds the pages of a user buffer while a device works on the frames."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pinlab.model.arguments import address, octets, one_of, whole
from pinlab.model.folio import PAGE_SHIFT, PAGE_SIZE, Writer, device_stores, pieces
from pinlab.model.gup import FOLL_GET, FOLL_PIN, FOLL_WRITE, GupCall
from pinlab.model.rules import FILE_SYSTEMS

if TYPE_CHECKING:
    from pinlab.model.folio import Page
    from pinlab.model.mm import Mm

SECTOR = 512
"""A disk's logical block, the grid that direct I/O to it has to keep (block/fops.c, 6.18)."""


class DirectIO:
    """One direct I/O request, in flight from its making until `complete()`.

    It holds each page that its bytes touch with a reference or a pin, as the release does for that
    file system (`Rules.dio_holds`). It is one bio, so it ends before a page that could not be had
    (bio_iov_iter_get_pages, 5.10 to 6.12). What the system call then returns depends on the path
    (6.5, 6.18): write() to a block device sends the rest through the page cache and reports all of
    it, one to ext4 fails with ENOMEM, and an asynchronous request to a block device reports what
    it got.
    Attributes: pages (in order); in_flight; name (its owner's name in ledger and trace); from_disk.
    """

    __slots__ = ("_asked", "_call", "_mm", "_start", "from_disk", "in_flight", "name")

    def __init__(
        self, mm: Mm, addr: int, nr_pages: int, *, from_disk: bool, file_system: str
    ) -> None:
        addr, kernel = address(addr), mm.kernel
        hold = getattr(kernel.rules, FILE_SYSTEMS[one_of("file_system", file_system, FILE_SYSTEMS)])
        if file_system == "block" and addr % SECTOR:
            raise OSError(errno.EINVAL, f"address {addr:#x} is not a multiple of {SECTOR}")
        self.name = f"{mm.name}, DIO {kernel.submitted + 1}"
        self.from_disk = from_disk
        self._mm = mm
        # The device writes memory when data comes from the disk: ITER_DEST adds FOLL_WRITE.
        flags = (FOLL_PIN if hold == "pin" else FOLL_GET) | (FOLL_WRITE if from_disk else 0)
        self._call = call = GupCall(mm, flags, self.name)
        nbytes = call.checked_pages(nr_pages) * PAGE_SIZE
        first, end = addr >> PAGE_SHIFT, -(-(addr + nbytes) // PAGE_SIZE)
        call.walk(first, end - first, fast=True).require_some()
        self._start, self._asked = addr % PAGE_SIZE, nbytes
        self.in_flight = True
        kernel.submitted += 1
        kernel.requests[self.name] = self

    @property
    def pages(self) -> list[Page]:
        """The pages of the buffer, in order."""
        return self._call.pages()

    @property
    def uncounted(self) -> list[Page]:
        """Those of the pages that no counter knows of: pins of the zero page, since 6.5."""
        return [page for run in self._call.runs if not run.hold for page in run.pages()]

    @property
    def _size(self) -> int:
        """How many bytes it transfers: what was asked for, or what its pages have."""
        return min(self._asked, len(self.pages) * PAGE_SIZE - self._start)

    def complete(self) -> None:
        """End the transfer and release every hold; RuntimeError if it was completed before.

        A folio that somebody freed meanwhile is counted down all the same, as in the kernel.
        """
        self._require_in_flight()
        self.in_flight = False
        del self._mm.kernel.requests[self.name]
        self._call.put_all()

    def device_write(self, data: bytes, offset: int = 0) -> None:
        """Let the device store `data` into the buffer, from its byte `offset` on.

        Raises ValueError for a request to disk (there the device only reads) or data that does
        not fit, RuntimeError once completed.
        """
        self._require_in_flight()
        if not self.from_disk:
            raise ValueError("a request to disk: its device reads memory and never writes it")
        offset = whole("offset", offset, 0, self._size)
        data = octets("data", data, self._size - offset)
        writer = Writer(self.name, by_reference=bool(self._call.flags & FOLL_GET))
        self._mm.known.add(writer)
        done = 0
        for page, start, n in self._pieces(offset, len(data)):
            device_stores(page, data[done : done + n], start, writer)
            done += n

    def device_read(self, nbytes: int | None = None, offset: int = 0) -> bytes:
        """Return `nbytes` of the buffer from its byte `offset` on (to the end if None).

        Raises ValueError if they reach beyond the buffer, RuntimeError once completed.
        """
        self._require_in_flight()
        found = self._pieces(offset, nbytes)
        for page, start, n in found:
            self._mm.kernel.ledger.saw(self._mm, page, start, start + n)
        return b"".join(page.device_read(n, start) for page, start, n in found)

    def _pieces(self, offset: int, nbytes: int | None) -> list[tuple[Page, int, int]]:
        """Split a byte range of the buffer into (page, offset, bytes) per page."""
        offset = whole("offset", offset, 0, self._size)
        most = self._size - offset
        left = most if nbytes is None else whole("nbytes", nbytes, 0, most)
        first, start = divmod(offset + self._start, PAGE_SIZE)
        found = pieces(self.pages[first:], start, left)
        for page, _, _ in found:
            page.folio.require_alive()
        return found

    def _require_in_flight(self) -> None:
        if not self.in_flight:
            raise RuntimeError(f"{self.name} has completed: its device is done with these pages")

    def __repr__(self) -> str:
        direction = "from" if self.from_disk else "to"
        state = "in flight" if self.in_flight else "completed"
        return f"<DirectIO {self.name!r}: {len(self.pages)} pages {direction} disk, {state}>"
