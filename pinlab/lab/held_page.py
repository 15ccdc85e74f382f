"""A page of the model that is held in some ways, on a machine of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pinlab.lab.text import many
from pinlab.model.arguments import instance, shown, whole
from pinlab.model.buffer import RDMA
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio, Page
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST, rules_for

MOST = 2**21
"""The most references, and pins, that a page is given here."""

ORDERS = (0, HPAGE_ORDER)


@dataclass(frozen=True)
class HeldPage:
    """A written page that one page table maps, and that is held in some ways.

    release: as for a Kernel. order: 0, a page of 4 KiB, or 9, one of 2 MiB. references, pins: how
    many of each are held, 0 to 2^21. mlocked. registered: in a buffer for a device's long use.
    Raises TypeError or ValueError for others.

    >>> HeldPage(pins=1).page.refcount, HeldPage(order=9, pins=1).page.refcount
    (1025, 2)
    """

    release: str = NEWEST
    order: int = 0
    references: int = 0
    pins: int = 0
    mlocked: bool = False
    registered: bool = False

    def __post_init__(self) -> None:
        if whole("order", self.order) not in ORDERS:
            raise ValueError(f"order is {shown(self.order)}: allowed are 0 (4 KiB) and 9 (2 MiB)")
        whole("references", self.references, 0, MOST)
        whole("pins", self.pins, 0, MOST)
        instance("mlocked", self.mlocked, bool)
        instance("registered", self.registered, bool)
        rules_for(self.release)

    @cached_property
    def page(self) -> Page:
        """The page on a machine of its own, held as it says."""
        kernel = Kernel(self.release)
        mm = kernel.new_mm()
        nbytes = PAGE_SIZE << self.order
        addr = mm.mmap(nbytes, self.order)
        mm.write(addr, b"x")
        page = mm.mapped()[0].page
        if self.mlocked:
            mm.mlock(addr, nbytes)
        if self.registered:
            # VmPin has RDMA's buffers in every release, those of io_uring since 5.9.
            mm.register_buffer(addr, 1, by=RDMA)
        for refs, flag in ((self.references, FOLL_GET), (self.pins, FOLL_PIN)):
            if refs:
                kernel.try_grab_folio(page.folio, refs, flag)
        return page

    @property
    def folio(self) -> Folio:
        """The folio of the page."""
        return self.page.folio

    @property
    def words(self) -> str:
        """How it is held."""
        ways = [
            many(self.references, "reference") * bool(self.references),
            many(self.pins, "pin") * bool(self.pins),
            "mlocked" * self.mlocked,
            "in a registered buffer" * self.registered,
        ]
        size = "4 KiB" if self.order == 0 else "2 MiB"
        return f"{size}, {', '.join(filter(None, ways)) or 'mapped once and held by nobody'}"
