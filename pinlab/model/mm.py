"""Mm: one process's memory. Private anonymous mappings, their page tables, and page faults."""

from __future__ import annotations

import errno
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model import gup
from pinlab.model.arguments import octets, whole
from pinlab.model.counter import int32
from pinlab.model.folio import HPAGE_ORDER, PAGE_SHIFT, PAGE_SIZE, Folio, Page
from pinlab.model.ledger import MAPPING

if TYPE_CHECKING:
    from pinlab.model.kernel import Kernel

MMAP_BASE = 0x7F00_0000_0000
TASK_SIZE = 2**47 - PAGE_SIZE
"""First address a process cannot have (x86-64, four-level page tables)."""

PTRS_PER_PMD = 1 << HPAGE_ORDER


class Area(NamedTuple):
    """One mapping (a VMA): virtual page numbers [start, end) and the order of its folios."""

    start: int
    end: int
    order: int

    def without(self, gone: range) -> list[Area]:
        """Return what is left of it: none, one or two."""
        before = self._replace(end=min(self.end, gone.start))
        after = self._replace(start=max(self.start, gone.stop))
        return [left for left in (before, after) if left.start < left.end]


class Stretch(NamedTuple):
    """Some neighbouring pages that one folio serves; `zero`: it is the zero page."""

    length: int
    zero: bool


class Mm:
    """The address space of one process; it starts empty.

    Attributes: name; kernel.
    """

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel = kernel
        self.name = name
        self._areas: list[Area] = []
        # Two kinds of entries: special ones for the zero page, and those for frames of its own.
        self._zero_ptes: set[int] = set()
        self._ptes: dict[int, Page] = {}
        self._pmds: dict[int, Folio] = {}
        self._next = MMAP_BASE >> PAGE_SHIFT

    def mmap(self, nbytes: int, order: int = 0) -> int:
        """Map private anonymous memory and return its address; no frame is used yet.

        nbytes is rounded up to whole pages (order 0) or 2 MiB (order 9, and aligned to that).
        Raises ValueError for nbytes below 1 or another order, OSError(ENOMEM) when the address
        space has no room.
        """
        nbytes = whole("nbytes", nbytes, 1)
        order = whole("order", order)
        if order not in (0, HPAGE_ORDER):
            raise ValueError(f"order is {order}: allowed are 0 (4 KiB pages) and 9 (2 MiB)")
        unit = 1 << order
        start = -(-self._next // unit) * unit
        end = start + -(-nbytes // (unit * PAGE_SIZE)) * unit
        if end << PAGE_SHIFT > TASK_SIZE:
            raise OSError(errno.ENOMEM, f"no room for {nbytes} bytes in this address space")
        self._areas.append(Area(start, end, order))
        self._next = end + 1  # a page that is never mapped, so that overruns fault
        return start << PAGE_SHIFT

    def munmap(self, addr: int, nbytes: int) -> None:
        """Unmap pages: the mapping's reference goes, and with it a frame that nobody else holds.

        A frame that a request in flight holds stays until that completes. nbytes is rounded up to
        whole pages; what is not mapped in between is passed over (do_vmi_munmap(), mm/vma.c, 6.18).
        Raises OSError(EINVAL) for an address within a page or a range beyond the address space,
        ValueError for nbytes below 1 or a range that cuts a 2 MiB folio, which is not modelled.
        """
        start = whole("addr", addr, 0)
        end = start + whole("nbytes", nbytes, 1)
        if start % PAGE_SIZE:
            raise OSError(errno.EINVAL, f"address {start:#x} is not a multiple of {PAGE_SIZE}")
        if end > TASK_SIZE:
            raise OSError(errno.EINVAL, f"address {end:#x} is beyond {TASK_SIZE:#x}")
        gone = range(start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT))
        self._require_unmappable(gone)
        self._areas = [left for area in self._areas for left in area.without(gone)]
        # Asked of the entries and not of the range, which may be far longer.
        if zeros := {vpn for vpn in self._zero_ptes if vpn in gone}:
            self._zero_ptes -= zeros
            self.kernel._note(self.name, "unmap", self.kernel.zero_page.folio, len(zeros))
        for vpn in sorted(vpn for vpn in self._ptes if vpn in gone):
            self._unmap(self._ptes.pop(vpn).folio)
        for slot in [slot for slot in self._pmds if slot * PTRS_PER_PMD in gone]:
            self._unmap(self._pmds.pop(slot))

    def _require_unmappable(self, gone: range) -> None:
        """Raise, before anything changes, for a cut through a 2 MiB folio or a freed one."""
        for area in self._areas:
            first, last = max(area.start, gone.start), min(area.end, gone.stop)
            if first >= last:
                continue
            if area.order and (first % PTRS_PER_PMD or last % PTRS_PER_PMD):
                raise ValueError(
                    f"pages {first:#x} to {last:#x} cut a 2 MiB folio: allowed are whole ones"
                )
            self._require_alive(first, last)

    def _unmap(self, folio: Folio) -> None:
        """Drop one mapping of a folio; a mapping of the huge zero folio holds no reference."""
        before, huge_zero = folio.refcount, self.kernel._is_huge_zero(folio)
        if not huge_zero:
            self.kernel.ledger.release(folio, MAPPING, 1)
            folio.refcount = int32(before - 1)
        self.kernel._note(self.name, "unmap", folio, folio.nr_pages, before, folio.pincount)
        if folio.refcount == 0:
            self.kernel._free(folio)

    def read(self, addr: int, nbytes: int) -> bytes:
        """Read memory as the CPU does: never-written pages show the zero page.

        Raises OSError(EFAULT), with nothing changed, where nothing is mapped.
        """
        pieces = self._touch(addr, whole("nbytes", nbytes, 0), write=False)
        return b"".join(page._get_bytes(n, offset) for page, offset, n in pieces)

    def write(self, addr: int, data: bytes) -> None:
        """Write memory as the CPU does: a page's first write allocates a frame of its own.

        Raises OSError(EFAULT), with nothing changed, where nothing is mapped.
        """
        data = octets("data", data)
        done = 0
        for page, offset, n in self._touch(addr, len(data), write=True):
            page._put_bytes(data[done : done + n], offset)
            done += n

    def page_at(self, addr: int) -> Page | None:
        """Return the page that the page table maps at an address, None if there is none."""
        return self._mapped(self._vpn(addr))

    def areas(self) -> list[Area]:
        """Return the mappings by address, whether or not any of their pages was touched yet."""
        return list(self._areas)

    def mapped(self) -> list[tuple[int, Page]]:
        """Return (virtual page number, page) of each filled page table entry, by address.

        An entry of 2 MiB gives the first of its pages.
        """
        entries = {
            **dict.fromkeys(self._zero_ptes, self.kernel.zero_page),
            **self._ptes,
            **{slot * PTRS_PER_PMD: folio.page(0) for slot, folio in self._pmds.items()},
        }
        return sorted(entries.items(), key=itemgetter(0))

    def get_user_pages(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Take a reference (FOLL_GET) on each page; flags: FOLL_WRITE.

        Returns the pages so far if something stops it after the first, as the kernel does.
        Raises OSError: EFAULT (nothing mapped), ENOMEM (the guard), EINVAL (flags).
        """
        return self._user_pages(addr, nr_pages, flags, gup.FOLL_GET)

    def pin_user_pages(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Pin each page (FOLL_PIN); flags: FOLL_WRITE and FOLL_LONGTERM.

        Returns and raises as `get_user_pages`.
        """
        return self._user_pages(addr, nr_pages, flags, gup.FOLL_PIN)

    def _user_pages(self, addr: int, nr_pages: int, flags: int, kind: int) -> list[Page]:
        vpn = self._vpn(addr)
        nr_pages = whole("nr_pages", nr_pages, 1)
        flags = gup.entry_flags(self.kernel, flags, kind)
        self._require_alive(vpn, vpn + nr_pages)
        got = gup.user_pages_slow(self, vpn, nr_pages, flags, self.name, gup.Grabbed())
        return got.require_some().pages()

    def _vpn(self, addr: int) -> int:
        return whole("addr", addr, 0) >> PAGE_SHIFT

    def _area(self, vpn: int) -> Area | None:
        for area in self._areas:
            if area.start <= vpn < area.end:
                return area
        return None

    def _mapped(self, vpn: int) -> Page | None:
        folio = self._pmds.get(vpn // PTRS_PER_PMD)
        if folio is not None:
            return folio.page(vpn % PTRS_PER_PMD)
        return self.kernel.zero_page if vpn in self._zero_ptes else self._ptes.get(vpn)

    def _touch(self, addr: int, nbytes: int, write: bool) -> list[tuple[Page, int, int]]:
        """Fault an address range in; return (page, offset, bytes) for each page of it."""
        start = whole("addr", addr, 0)
        end = start + nbytes
        vpns = range(start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT)) if nbytes else range(0)
        if (hole := self._mapped_until(vpns.start, vpns.stop)) < vpns.stop:
            raise gup.no_mapping(hole)
        self._require_alive(vpns.start, vpns.stop)
        pages: list[Page] = []
        while len(pages) < len(vpns):
            vpn = vpns[len(pages)]
            run = self._run_at(vpn, vpns.stop - vpn, write)
            folio, index = self._fault_in(vpn, run.length, write)
            step = 1 if folio.order else 0
            pages += [folio.page(index + i * step) for i in range(run.length)]
        cuts = [max(start, vpn << PAGE_SHIFT) for vpn in vpns] + [end]
        offsets = [(a % PAGE_SIZE, b - a) for a, b in pairwise(cuts)]
        return [(page, *piece) for page, piece in zip(pages, offsets, strict=True)]

    def _mapped_until(self, vpn: int, end: int) -> int:
        """Return the first page from `vpn` on that no mapping covers, at most `end`."""
        while vpn < end and (area := self._area(vpn)) is not None:
            vpn = area.end
        return min(vpn, end)

    def _require_alive(self, vpn: int, end: int) -> None:
        """RuntimeError, before anything changes, if somebody freed what is mapped here."""
        if not self.kernel._freed_any:
            return
        pages = range(vpn, self._mapped_until(vpn, end))
        if not self._ptes.keys().isdisjoint(pages):
            for page in filter(None, map(self._ptes.get, pages)):
                self.kernel._alive(page.folio)
        for slot in range(vpn // PTRS_PER_PMD, -(-pages.stop // PTRS_PER_PMD)):
            if slot in self._pmds:
                self.kernel._alive(self._pmds[slot])

    def _run_at(self, vpn: int, limit: int, write: bool) -> Stretch:
        """Return the run of at most `limit` pages from `vpn` on that one folio serves.

        Its length is 0 where nothing is mapped. The zero page serves any number of pages.
        """
        area = self._area(vpn)
        if area is None:
            return Stretch(0, zero=False)
        limit = min(limit, area.end - vpn)
        if area.order:
            return Stretch(min(limit, PTRS_PER_PMD - vpn % PTRS_PER_PMD), zero=False)
        zeros = 0 if write else self._zeros(vpn, limit)
        return Stretch(zeros or 1, zero=zeros > 0)

    def _zeros(self, vpn: int, limit: int) -> int:
        """How many of the next `limit` pages have no frame of their own."""
        pages = range(vpn, vpn + limit)
        if self._ptes.keys().isdisjoint(pages):
            return limit
        return next(page - vpn for page in pages if page in self._ptes)

    def _fault_in(self, vpn: int, count: int, write: bool) -> tuple[Folio, int]:
        """Fault a run in where needed; return its folio and the index of its first page."""
        if self._order_at(vpn):
            return self._fault_in_pmd(vpn, write)
        page = self._ptes.get(vpn)
        if page is None and not write:
            page = self._map_zero_page(range(vpn, vpn + count))
        elif page is None:
            self._zero_ptes.discard(vpn)
            page = self._ptes[vpn] = self._own_folio(0).page(0)
        return page.folio, 0

    def _fault_in_pmd(self, vpn: int, write: bool) -> tuple[Folio, int]:
        slot, index = divmod(vpn, PTRS_PER_PMD)
        folio = self._pmds.get(slot)
        if write and (folio is None or self.kernel._is_huge_zero(folio)):
            folio = self._pmds[slot] = self._own_folio(HPAGE_ORDER)
        elif folio is None:
            folio = self.kernel.huge_zero_folio
            self.kernel._alive(folio)
            self._pmds[slot] = folio
            self.kernel._note(self.name, "read fault", folio, folio.nr_pages)
        return folio, index

    def _own_folio(self, order: int) -> Folio:
        """A write fault: a fresh folio whose first reference is the mapping's."""
        folio = self.kernel._new_folio(order)
        self.kernel.ledger.take(folio, MAPPING, self.name, 1)
        self.kernel._note(
            self.name, "write fault", folio, folio.nr_pages, before=0, pins_before=folio.pincount
        )
        return folio

    def _map_zero_page(self, pages: range) -> Page:
        """A read fault: the entry is marked special, no reference is taken (do_anonymous_page)."""
        zero = self.kernel.zero_page
        if not self._zero_ptes.issuperset(pages):
            missing = set(pages) - self._zero_ptes
            self._zero_ptes |= missing
            self.kernel._note(self.name, "read fault", zero.folio, len(missing))
        return zero

    def _folio_fast(self, vpn: int, write: bool) -> Folio | None:
        """Return the folio that GUP-fast may take here, None where it leaves it to the slow path.

        It takes no special entry, and the zero page's is one (pte_mkspecial).
        """
        folio = self._pmds.get(vpn // PTRS_PER_PMD)
        if folio is None:
            page = self._ptes.get(vpn)
            return None if page is None else page.folio
        special = write or self.kernel.rules.huge_zero_pmd == "special"
        return None if special and self.kernel._is_huge_zero(folio) else folio

    def _order_at(self, vpn: int) -> int:
        """Return the order of the folios that back the mapping at a page, 0 where there is none."""
        area = self._area(vpn)
        return 0 if area is None else area.order

    def __repr__(self) -> str:
        return f"<Mm {self.name!r} on Linux {self.kernel.release}>"
