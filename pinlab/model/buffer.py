"""Registered buffers: memory that a process lends to a device for as long as it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinlab.model import gup
from pinlab.model.gup import FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE

if TYPE_CHECKING:
    from pinlab.model.folio import Page
    from pinlab.model.mm import Mm


class RegisteredBuffer:
    """A buffer whose pages stay pinned, and counted in VmPin, until `unregister()`.

    As an RDMA memory region that the device may write (ib_umem_get(), 5.6 to 6.18), and as an
    io_uring fixed buffer since 5.9, when VmPin learned of those (io_account_mem(), 6.18). Of a
    2 MiB folio io_uring counts all 512 pages, however few it pins; here it is those that are
    pinned. RLIMIT_MEMLOCK, which limits both, is left out.
    Attributes: mm; pages; registered; name (its owner's name in ledger and trace).
    """

    __slots__ = ("_got", "mm", "name", "registered")

    def __init__(self, mm: Mm, addr: int, nr_pages: int, number: int) -> None:
        vpn = mm._vpn(addr)
        self.name = f"{mm.name}, buffer {number}"
        self.mm = mm
        flags = FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE
        nr_pages = gup.checked_pages(mm.kernel, nr_pages, flags)
        self._got = gup.extract_user_pages(mm, vpn, nr_pages, flags, self.name)
        if self._got.error is not None:
            self._unpin()
            raise self._got.error
        mm.pinned_vm += nr_pages
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
        self.mm.kernel.buffers.remove(self)
        self.mm.pinned_vm -= len(self.pages)
        self._unpin()

    def _unpin(self) -> None:
        gup.put_grabbed(self.mm.kernel, self._got, FOLL_PIN, self.name)

    def __repr__(self) -> str:
        state = "registered" if self.registered else "unregistered"
        return f"<RegisteredBuffer {self.name!r}: {len(self.pages)} pages, {state}>"
