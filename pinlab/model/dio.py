"""Direct I/O: a request holds the pages of a user buffer while a device works on the frames."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pinlab.model import gup
from pinlab.model.arguments import address, octets, one_of, whole
from pinlab.model.folio import PAGE_SHIFT, PAGE_SIZE, Writer
from pinlab.model.rules import FILE_SYSTEMS

if TYPE_CHECKING:
    from pinlab.model.folio import Page
    from pinlab.model.kernel import Kernel
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
    Attributes: pages; in_flight; name (its owner's name in ledger and trace); from_disk.
    """

    __slots__ = ("_bytes", "_got", "_kernel", "_kind", "_mm", "from_disk", "in_flight", "name")

    def __init__(
        self, mm: Mm, addr: int, nr_pages: int, number: int,
        *, from_disk: bool, file_system: str = "block",
    ) -> None:  # fmt: skip
        addr = address(addr)
        hold = _hold(mm.kernel, file_system)
        if file_system == "block" and addr % SECTOR:
            raise OSError(errno.EINVAL, f"address {addr:#x} is not a multiple of {SECTOR}")
        self.name = f"{mm.name}, DIO {number}"
        self.from_disk = from_disk
        self._mm = mm
        self._kernel = mm.kernel
        self._kind = gup.FOLL_PIN if hold == "pin" else gup.FOLL_GET
        # The device writes memory when data comes from the disk: ITER_DEST adds FOLL_WRITE.
        flags = self._kind | (gup.FOLL_WRITE if from_disk else 0)
        nbytes = gup.checked_pages(mm.kernel, nr_pages, flags) * PAGE_SIZE
        first, end = addr >> PAGE_SHIFT, -(-(addr + nbytes) // PAGE_SIZE)
        got = gup.extract_user_pages(mm, first, end - first, flags, self.name)
        self._got = got.require_some()
        skipped = addr % PAGE_SIZE
        self._bytes = range(skipped, min(skipped + nbytes, got.count * PAGE_SIZE))
        self.in_flight = True

    @property
    def pages(self) -> list[Page]:
        """The pages of the buffer, in order."""
        return self._got.pages()

    @property
    def uncounted(self) -> list[Page]:
        """Those of the pages that no counter knows of: pins of the zero page, since 6.5."""
        return [page for run in self._got.runs if not run.holds for page in run.pages()]

    def complete(self) -> None:
        """End the transfer and release every hold; RuntimeError if it was completed before.

        A folio that somebody freed meanwhile is counted down all the same, as in the kernel.
        """
        self._require_in_flight()
        self.in_flight = False
        del self._kernel.requests[self.name]
        gup.put_grabbed(self._kernel, self._got, self._kind, self.name)

    def device_write(self, data: bytes, offset: int = 0) -> None:
        """Let the device store `data` into the buffer, from its byte `offset` on.

        Raises ValueError for a request to disk (there the device only reads) or data that does
        not fit, RuntimeError once completed.
        """
        self._require_in_flight()
        if not self.from_disk:
            raise ValueError("a request to disk: its device reads memory and never writes it")
        offset = whole("offset", offset, 0, len(self._bytes))
        data = octets("data", data, len(self._bytes) - offset)
        writer = Writer(self.name, by_reference=self._kind == gup.FOLL_GET)
        self._mm._known.add(writer)
        done = 0
        for page, start, n in self._pieces(offset, len(data)):
            page._device_write(data[done : done + n], start, writer)
            done += n

    def device_read(self, nbytes: int | None = None, offset: int = 0) -> bytes:
        """Return `nbytes` of the buffer from its byte `offset` on (to the end if None).

        Raises ValueError if they reach beyond the buffer, RuntimeError once completed.
        """
        pieces = self._pieces(offset, nbytes)
        for page, start, n in pieces:
            self._kernel._saw(self._mm, page, n, start)
        return b"".join(page.device_read(n, start) for page, start, n in pieces)

    def _pieces(self, offset: int, nbytes: int | None) -> list[tuple[Page, int, int]]:
        """Split a byte range of the buffer into (page, offset, bytes) per page."""
        self._require_in_flight()
        pages, size = self.pages, len(self._bytes)
        offset = whole("offset", offset, 0, size)
        left = whole("nbytes", size - offset if nbytes is None else nbytes, 0, size - offset)
        offset += self._bytes.start
        pieces = []
        while left:
            page, start = pages[offset // PAGE_SIZE], offset % PAGE_SIZE
            n = min(left, PAGE_SIZE - start)
            self._kernel._alive(page.folio)
            pieces.append((page, start, n))
            offset, left = offset + n, left - n
        return pieces

    def _require_in_flight(self) -> None:
        if not self.in_flight:
            raise RuntimeError(f"{self.name} has completed: its device is done with these pages")

    def __repr__(self) -> str:
        direction = "from" if self.from_disk else "to"
        state = "in flight" if self.in_flight else "completed"
        return f"<DirectIO {self.name!r}: {len(self.pages)} pages {direction} disk, {state}>"


def _hold(kernel: Kernel, file_system: str) -> str:
    rule = FILE_SYSTEMS[one_of("file_system", file_system, FILE_SYSTEMS)]
    return str(getattr(kernel.rules, rule))
