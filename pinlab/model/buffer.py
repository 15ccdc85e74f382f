"""Registered buffers: memory that a process lends to a device for as long as it likes."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pinlab.model import fault
from pinlab.model.arguments import instance, shown
from pinlab.model.gup import FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, GupCall

if TYPE_CHECKING:
    from pinlab.model.folio import Folio, Page
    from pinlab.model.mm import Mm

IO_URING, RDMA = "io_uring", "RDMA"


class RegisteredBuffer:
    """A buffer whose pages stay pinned, and as a rule counted in VmPin, until `unregister()`.

    by is "io_uring": a fixed buffer; `kernel.rules.fixed_buffer_keeps` and `fixed_buffer_vmpin` say
    what of a large folio stays pinned, and what VmPin counts. A process has one ring here.
    Or "RDMA": a memory region that the device may write (ib_umem_get(), 5.6 to 6.18); each page is
    pinned, and counted. RLIMIT_MEMLOCK, which limits both, is left out.
    Attributes: mm; by; pages (in order); counted (pages that it has in VmPin); registered; open_in
    (the processes that have its ring or device open); name (its owner's name in ledger and trace).
    """

    __slots__ = (
        "_call", "_folios", "by", "counted", "mm", "name", "open_in", "pages", "registered",
    )  # fmt: skip

    def __init__(self, mm: Mm, addr: int, nr_pages: int, by: str) -> None:
        vpn = fault.vpn_of(addr)
        if instance("by", by, str) not in (IO_URING, RDMA):
            raise ValueError(f"by is {shown(by)}: allowed are {IO_URING!r} and {RDMA!r}")
        self.mm, self.by = mm, by
        self.name = f"{mm.name}, buffer {mm.kernel.registered + 1}"
        self._call = GupCall(mm, FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE, self.name)
        nr_pages = self._call.checked_pages(nr_pages)
        self._call.walk(vpn, nr_pages, fast=True)
        self.pages: list[Page] = self._call.pages()
        if self._call.error is not None:
            self._call.put_all()
            raise self._refused(self._call.error, nr_pages)
        self._folios: set[Folio] = {run.folio for run in self._call.runs}
        if self._coalesces():
            self._keep_one_pin_per_folio()
        self.counted = self._to_count()
        mm.pinned_vm += self.counted
        self.open_in = [mm]
        self.registered = True
        mm.kernel.registered += 1
        mm.kernel.buffers.append(self)

    def unregister(self) -> None:
        """Unpin every page and take them out of VmPin; RuntimeError if that was done before."""
        if not self.registered:
            raise RuntimeError(f"{self.name} is not registered any more")
        self.registered = False
        self.open_in.clear()
        self.mm.kernel.buffers.remove(self)
        self.mm.pinned_vm -= self.counted
        self.counted = 0
        self._call.put_all()

    def _refused(self, error: OSError, nr_pages: int) -> OSError:
        """The error for a buffer that is not all there.

        ib_umem_get() asks once more for the rest, and hands on what that says; io_pin_pages() makes
        EFAULT of fewer pages than it asked for (6.18; io_sqe_buffer_register() in 5.9).
        """
        if self.by == RDMA or not self.pages:
            return error
        pages = f"{len(self.pages)} of {nr_pages} pages could be pinned"
        return OSError(errno.EFAULT, f"{pages}: {error.strerror}")

    def _coalesces(self) -> bool:
        """Whether io_uring drops pins, where it has several on a folio: these are of one size."""
        keeps = self.mm.kernel.rules.fixed_buffer_keeps
        if self.by == RDMA or keeps == "each_pin":
            return False
        one_size = len({folio.order for folio in self._folios}) == 1
        return one_size and (keeps == "one_pin_per_folio" or len(self._call.runs) == 1)

    def _keep_one_pin_per_folio(self) -> None:
        """Unpin all pages of each folio but the first."""
        for run in self._call.runs:
            if run.nr_pages > 1:
                self._call.put(run.folio, run.nr_pages - 1, run.hold)
        self._call.runs = [run._replace(nr_pages=1) for run in self._call.runs]

    def _to_count(self) -> int:
        """Return how many pages go into VmPin (io_buffer_account_pin(), ib_umem_get())."""
        rule = self.mm.kernel.rules.fixed_buffer_vmpin
        if self.by == RDMA or rule == "each_page":
            return len(self.pages)
        if rule == "absent":
            return 0
        folios = self._folios
        for other in self.mm.kernel.buffers:
            if other.mm is self.mm and other.by == IO_URING:
                folios = folios - {folio for folio in other._folios if folio.order}
        return sum(folio.nr_pages for folio in folios)

    def __repr__(self) -> str:
        state = "registered" if self.registered else "unregistered"
        return f"<RegisteredBuffer {self.name!r}: {len(self.pages)} pages, {state}>"
