"""Registered buffers: memory that a process lends to a device for as long as it likes."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pinlab.model import gup
from pinlab.model.arguments import instance, shown
from pinlab.model.gup import FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE

if TYPE_CHECKING:
    from pinlab.model.folio import Page
    from pinlab.model.mm import Mm

IO_URING, RDMA = "io_uring", "RDMA"


class RegisteredBuffer:
    """A buffer whose pages stay pinned, and as a rule counted in VmPin, until `unregister()`.

    by is "io_uring": a fixed buffer; `kernel.rules.fixed_buffer_keeps` and `fixed_buffer_vmpin` say
    what of a large folio stays pinned, and what VmPin counts. A process has one ring here.
    Or "RDMA": a memory region that the device may write (ib_umem_get(), 5.6 to 6.18); each page is
    pinned, and counted. RLIMIT_MEMLOCK, which limits both, is left out.
    Attributes: mm; by; pages; counted (pages that it has in VmPin); registered; open_in (the
    processes that have its ring or device open); name (its owner's name in ledger and trace).
    """

    __slots__ = ("_got", "_held", "by", "counted", "mm", "name", "open_in", "registered")

    def __init__(self, mm: Mm, addr: int, nr_pages: int, by: str, number: int) -> None:
        vpn = mm._vpn(addr)
        if instance("by", by, str) not in (IO_URING, RDMA):
            raise ValueError(f"by is {shown(by)}: allowed are {IO_URING!r} and {RDMA!r}")
        self.name = f"{mm.name}, buffer {number}"
        self.mm, self.by = mm, by
        flags = FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE
        nr_pages = gup.checked_pages(mm.kernel, nr_pages, flags)
        self._got = self._held = gup.extract_user_pages(mm, vpn, nr_pages, flags, self.name)
        if self._got.error is not None:
            self._unpin()
            raise self._refused(self._got.error, nr_pages)
        if self._coalesces():
            self._keep_one_pin_per_folio()
        self.counted = self._to_count()
        mm.pinned_vm += self.counted
        self.open_in = [mm]
        self.registered = True

    @property
    def pages(self) -> list[Page]:
        """The pages of the buffer, in order."""
        return self._got.pages()

    def unregister(self) -> None:
        """Unpin every page and take them out of VmPin; RuntimeError if that was done before."""
        if not self.registered:
            raise RuntimeError(f"{self.name} is not registered any more")
        self.registered = False
        self.open_in.clear()
        self.mm.kernel.buffers.remove(self)
        self.mm.pinned_vm -= self.counted
        self.counted = 0
        self._unpin()

    def _forked(self, parent: Mm, child: Mm) -> None:
        """A child inherits what its parent has open, so that a buffer can outlive the parent."""
        if parent in self.open_in:
            self.open_in.append(child)

    def _exited(self, mm: Mm) -> None:
        """An exit closes what the process had open, and the last to close it unregisters."""
        if mm in self.open_in:
            self.open_in.remove(mm)
            if not self.open_in:
                self.unregister()

    def _refused(self, error: OSError, nr_pages: int) -> OSError:
        """Return the error for a buffer that is not all there.

        ib_umem_get() asks once more for the rest, and hands on what that says; io_pin_pages() makes
        EFAULT of fewer pages than it asked for (6.18; io_sqe_buffer_register() in 5.9).
        """
        if self.by == RDMA or not self._got.runs:
            return error
        pages = f"{len(self.pages)} of {nr_pages} pages could be pinned"
        return OSError(errno.EFAULT, f"{pages}: {error.strerror}")

    def _coalesces(self) -> bool:
        """Whether io_uring drops pins, where it has several on a folio: these are of one size."""
        keeps = self.mm.kernel.rules.fixed_buffer_keeps
        if self.by == RDMA or keeps == "each_pin":
            return False
        runs = self._got.runs
        one_size = len({run.folio.order for run in runs}) == 1
        return one_size and (keeps == "one_pin_per_folio" or len(runs) == 1)

    def _keep_one_pin_per_folio(self) -> None:
        """Unpin all pages of each folio but the first."""
        kept, dropped = gup.Grabbed(), gup.Grabbed()
        for run in self._got.runs:
            kept.enter(run.folio, run.index, 1, *run.holds)
            dropped.enter(run.folio, run.index + 1, run.count - 1, *run.holds)
        gup.put_grabbed(self.mm.kernel, dropped, FOLL_PIN, self.name)
        self._held = kept

    def _to_count(self) -> int:
        """Return how many pages go into VmPin (io_buffer_account_pin(), ib_umem_get())."""
        rule = self.mm.kernel.rules.fixed_buffer_vmpin
        if self.by == RDMA or rule == "each_page":
            return len(self.pages)
        if rule == "absent":
            return 0
        folios = {run.folio for run in self._got.runs}
        for other in self.mm.kernel.buffers:
            if other.mm is self.mm and other.by == IO_URING:
                folios -= {run.folio for run in other._got.runs if run.folio.order}
        return sum(folio.nr_pages for folio in folios)

    def _unpin(self) -> None:
        gup.put_grabbed(self.mm.kernel, self._held, FOLL_PIN, self.name)

    def __repr__(self) -> str:
        state = "registered" if self.registered else "unregistered"
        return f"<RegisteredBuffer {self.name!r}: {len(self.pages)} pages, {state}>"
