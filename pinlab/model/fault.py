"""Page tables, and the faults that fill them: what mm/memory.c and mm/huge_memory.c do.

A virtual page number (vpn) is an address without the offset in its page. Small entries are of two
kinds, special ones for the zero page and those for frames of a process's own; an entry of 2 MiB
fills a slot of 512 pages.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.arguments import address
from pinlab.model.counter import int32
from pinlab.model.folio import HPAGE_ORDER, PAGE_SHIFT, Folio, Page, allocate, copy, free
from pinlab.model.ledger import MAPPING, Hold
from pinlab.model.trace import note

if TYPE_CHECKING:
    from pinlab.model.mm import Mm

PTRS_PER_PMD = 1 << HPAGE_ORDER

MOST_FRAMES = 2**14
"""Pages that one call may read, write or give frames of their own: 64 MiB, a second or two here."""


class Vma(NamedTuple):
    """Neighbouring pages of one mapping: virtual page numbers [start, end), order of their folios.

    A whole mapping, or parts of one whose entries were split or that is mlocked in parts.
    locked: it was mlocked (VM_LOCKED).
    """

    start: int
    end: int
    order: int
    locked: bool = False

    def without(self, gone: range) -> list[Vma]:
        """Return what is left of it: none, one or two."""
        before = self._replace(end=min(self.end, gone.start))
        after = self._replace(start=max(self.start, gone.stop))
        return [left for left in (before, after) if left.start < left.end]

    def within(self, pages: range) -> list[Vma]:
        """Return the part of it that lies in a range: one or none."""
        part = self._replace(start=max(self.start, pages.start), end=min(self.end, pages.stop))
        return [part] if part.start < part.end else []


class Pte:
    """A page table entry that leads to a frame of its own: read-only or writable."""

    __slots__ = ("hold", "page", "writable")

    def __init__(self, page: Page, hold: Hold, *, writable: bool) -> None:
        self.page = page
        self.hold = hold
        self.writable = writable


class Need(NamedTuple):
    """What a page table entry has to be for whoever wants the page.

    write: writable. unshare: not shared with another process. own: no zero page.
    """

    write: bool
    unshare: bool = False
    own: bool = False

    def is_met_by(self, pte: Pte) -> bool:
        """Return whether an entry that leads to a frame of its own will do without a fault."""
        shared = self.unshare and not pte.page.folio.anon_exclusive
        return pte.writable or not (self.write or shared)


TO_READ, TO_WRITE = Need(write=False), Need(write=True, own=True)


Stretch = tuple[int, int, bool]
"""Neighbouring pages that one folio serves: how many, its order, whether it is the zero page."""


def vpn_of(addr: int) -> int:
    """Return the virtual page number of an address; raises as `address`."""
    return address(addr) >> PAGE_SHIFT


def no_mapping(vpn: int) -> OSError:
    """Return the error for an address that no mapping covers."""
    return OSError(errno.EFAULT, f"nothing is mapped at {vpn << PAGE_SHIFT:#x}")


def vma_at(mm: Mm, vpn: int) -> Vma | None:
    """Return what is mapped at a page, whether or not it was ever touched."""
    for vma in mm.vmas:
        if vma.start <= vpn < vma.end:
            return vma
    return None


def mapped_until(mm: Mm, vpn: int, end: int) -> int:
    """Return the first page from `vpn` on that no mapping covers, at most `end`."""
    while vpn < end and (vma := vma_at(mm, vpn)) is not None:
        vpn = vma.end
    return min(vpn, end)


def page_at(mm: Mm, vpn: int) -> Page | None:
    """Return the page that an entry leads to."""
    folio = mm.pmds.get(vpn // PTRS_PER_PMD)
    if folio is not None:
        return folio.page(vpn % PTRS_PER_PMD)
    if pte := mm.ptes.get(vpn):
        return pte.page
    return mm.kernel.zero_page if vpn in mm.zero_ptes else None


def entry(mm: Mm, vpn: int) -> tuple[Page | None, bool]:
    """Return what GUP-fast compares: the page of an entry, and whether it may be written."""
    pte = mm.ptes.get(vpn)
    return page_at(mm, vpn), pte is not None and pte.writable


def folio_fast(mm: Mm, vpn: int, *, write: bool) -> Folio | None:
    """Return the folio that GUP-fast may take here, None where it leaves it to the slow path.

    It takes no special entry, and the zero page's is one (pte_mkspecial), and no read-only
    entry for writing.
    """
    folio = mm.pmds.get(vpn // PTRS_PER_PMD)
    if folio is None:
        pte = mm.ptes.get(vpn)
        return None if pte is None or (write and not pte.writable) else pte.page.folio
    special = write or mm.kernel.rules.huge_zero_pmd == "special"
    return None if special and folio is mm.kernel.huge_zero else folio


def keeps_fast(mm: Mm, vpn: int, need: Need) -> bool:
    """Return whether GUP-fast keeps what it has taken here: nothing has to be unshared."""
    if folio := mm.pmds.get(vpn // PTRS_PER_PMD):
        return not (need.own and folio is mm.kernel.huge_zero)
    pte = mm.ptes.get(vpn)
    return pte is None or need.is_met_by(pte)


def require_alive(mm: Mm, vpn: int, end: int) -> None:
    """RuntimeError, before anything changes, if somebody freed what is mapped here."""
    if not mm.kernel.freed_mapped:
        return
    pages = range(vpn, mapped_until(mm, vpn, end))
    # Asked of the entries and not of the range, which may be far longer.
    for page, pte in mm.ptes.items():
        if page in pages:
            pte.page.folio.require_alive()
    slots = range(vpn // PTRS_PER_PMD, -(-pages.stop // PTRS_PER_PMD))
    for slot, folio in mm.pmds.items():
        if slot in slots:
            folio.require_alive()


def require_whole_folios(mm: Mm, pages: range) -> None:
    """Raise, before anything changes, for a cut through a 2 MiB folio or a freed one."""
    for part in (part for vma in mm.vmas for part in vma.within(pages)):
        if part.order and (part.start % PTRS_PER_PMD or part.end % PTRS_PER_PMD):
            cut = f"pages {part.start:#x} to {part.end:#x}"
            raise ValueError(f"{cut} cut a 2 MiB folio: allowed are whole ones")
        require_alive(mm, part.start, part.end)


def run_at(mm: Mm, vpn: int, limit: int, need: Need) -> Stretch | None:
    """Return the run of at most `limit` pages from `vpn` on that one folio serves.

    None where nothing is mapped. The zero page serves any number of pages. A mapping of the huge
    zero folio that will not do is split first, where the release does so.
    """
    vma = vma_at(mm, vpn)
    if vma is None:
        return None
    if vma.order and _splits(mm, vpn, need):
        vma = _split(mm, vpn // PTRS_PER_PMD)
    limit = min(limit, vma.end - vpn)
    if vma.order:
        return min(limit, PTRS_PER_PMD - vpn % PTRS_PER_PMD), vma.order, False
    zeros = 0 if need.own else _zeros(mm, vpn, limit)
    return zeros or 1, 0, zeros > 0


def _zeros(mm: Mm, vpn: int, limit: int) -> int:
    """How many of the next `limit` pages have no frame of their own."""
    pages = range(vpn, vpn + limit)
    if not mm.ptes or _known_zeros(mm, pages) or mm.ptes.keys().isdisjoint(pages):
        return limit
    return next(page - vpn for page in pages if page in mm.ptes)


def _known_zeros(mm: Mm, pages: range) -> bool:
    return mm.zero_run.start <= pages.start and pages.stop <= mm.zero_run.stop


def _splits(mm: Mm, vpn: int, need: Need) -> bool:
    """Whether what `need` asks for makes small entries of a mapping of the huge zero folio.

    Up to 5.7, and since 6.13, 2 MiB take its place (do_huge_pmd_wp_page(), mm/huge_memory.c).
    """
    folio = mm.pmds.get(vpn // PTRS_PER_PMD)
    if mm.kernel.rules.huge_zero_wp == "whole" or not need.own:
        return False
    if folio is None:
        return not need.write  # only what unshares asks for a page to read first
    return folio is mm.kernel.huge_zero


def _split(mm: Mm, slot: int) -> Vma:
    """Put 512 entries of the zero page in place of one of the huge zero folio."""
    pages = range(slot * PTRS_PER_PMD, (slot + 1) * PTRS_PER_PMD)
    folio = mm.pmds.get(slot) or _map_huge_zero(mm, slot)
    del mm.pmds[slot]
    mm.zero_ptes.update(pages)
    note(mm.kernel, mm.name, "split", folio, len(pages), text="into zero page entries")
    inside = [part._replace(order=0) for vma in mm.vmas for part in vma.within(pages)]
    mm.vmas = sorted(inside + [left for vma in mm.vmas for left in vma.without(pages)])
    return inside[0]


def fault_in(mm: Mm, vpn: int, run: Stretch, need: Need) -> tuple[Folio, int]:
    """Fault a run in where needed; return its folio and the index of its first page."""
    length, order, zero = run
    if order:
        return _fault_in_pmd(mm, vpn, need)
    if zero:
        return _map_zero_page(mm, range(vpn, vpn + length)), 0
    pte = mm.ptes.get(vpn)
    if pte is None:
        if not need.write:
            _map_zero_page(mm, range(vpn, vpn + 1))
        mm.zero_ptes.discard(vpn)
        mm.zero_run = range(0)
        if need.write:
            pte = map_own(mm, vpn)
        else:
            pte = map_own(mm, vpn, "unshare", f"of {mm.kernel.zero_page.name}", writable=False)
    elif not need.is_met_by(pte):
        do_wp_page(mm, vpn, unshare=not need.write)
    return pte.page.folio, 0


def _fault_in_pmd(mm: Mm, vpn: int, need: Need) -> tuple[Folio, int]:
    slot, index = divmod(vpn, PTRS_PER_PMD)
    folio = mm.pmds.get(slot)
    if folio is None and not need.write:
        folio = _map_huge_zero(mm, slot)
    if folio is None or (need.own and folio is mm.kernel.huge_zero):
        old = mm.kernel.huge_zero_folio.name if not need.write else ""
        told = ("unshare", f"of {old}") if old else ("write fault", "")
        mm.pmds[slot] = folio = _own_folio(mm, slot * PTRS_PER_PMD, HPAGE_ORDER, *told)[0]
    return folio, index


def _map_huge_zero(mm: Mm, slot: int) -> Folio:
    folio = mm.kernel.huge_zero_folio
    folio.require_alive()
    mm.pmds[slot] = folio
    note(mm.kernel, mm.name, "read fault", folio, folio.nr_pages)
    return folio


def _map_zero_page(mm: Mm, pages: range) -> Folio:
    """A read fault: the entry is marked special, no reference is taken (do_anonymous_page)."""
    zero = mm.kernel.zero_page.folio
    if not _known_zeros(mm, pages):
        if missing := set(pages) - mm.zero_ptes:
            mm.zero_ptes |= missing
            note(mm.kernel, mm.name, "read fault", zero, len(missing))
        mm.zero_run = pages
    return zero


def map_own(
    mm: Mm, vpn: int, operation: str = "write fault", text: str = "", *, writable: bool = True
) -> Pte:
    """Map a fresh frame; return its entry."""
    folio, hold = _own_folio(mm, vpn, 0, operation, text)
    pte = mm.ptes[vpn] = Pte(folio.page(0), hold, writable=writable)
    return pte


def _own_folio(mm: Mm, vpn: int, order: int, operation: str, text: str) -> tuple[Folio, Hold]:
    """A fresh folio of this process alone, whose first reference is the mapping's."""
    folio = allocate(mm.kernel, order)
    folio.vpn, folio.mapcount, folio.anon_exclusive = vpn, 1, True
    hold = mm.kernel.ledger.take(folio, MAPPING, mm.name, 1)
    note(mm.kernel, mm.name, operation, folio, folio.nr_pages, 0, folio.pincount, text)
    return folio, hold


def do_wp_page(mm: Mm, vpn: int, *, unshare: bool) -> None:
    """Make a page that is mapped read-only writable (copy-on-write), in place or as a copy.

    With `unshare` it becomes this process's alone, but its entry stays read-only: what a
    read-only pin asks for since 5.19 (FAULT_FLAG_UNSHARE).
    """
    pte = mm.ptes[vpn]
    old = pte.page
    if _reuses(mm, old.folio):
        # Whoever holds it alone has it to itself: page_move_anon_rmap() (5.19, 6.5),
        # SetPageAnonExclusive() after folio_move_anon_rmap() (6.18).
        old.folio.anon_exclusive = True
        note(mm.kernel, mm.name, "unshare" if unshare else "reuse", old.folio)
    else:
        folio, hold = _own_folio(mm, vpn, 0, "unshare" if unshare else "copy", f"of {old.name}")
        copy(folio.page(0), old)
        pte.page, former = folio.page(0), pte.hold
        pte.hold = hold
        unmap(mm, old.folio, former)
    pte.writable = not unshare


def _reuses(mm: Mm, folio: Folio) -> bool:
    """Whether the frame is kept.

    mapped_once: reuse_swap_page() (5.6 to 5.8). held_once: page_count() (5.9 to 5.18; up to 5.17
    also page_mapcount(), which is never more). exclusive_or_held_once: PageAnonExclusive(), else
    the refcount (5.19 to 6.18).
    """
    rule = mm.kernel.rules.write_fault_reuses
    if rule == "mapped_once":
        return folio.mapcount == 1
    exclusive = rule == "exclusive_or_held_once" and folio.anon_exclusive
    return exclusive or folio.refcount == 1


def zap(mm: Mm, gone: range) -> None:
    """Drop areas and entries of a range that cuts no folio."""
    mm.vmas = [left for vma in mm.vmas for left in vma.without(gone)]
    # Asked of the entries and not of the range, which may be far longer.
    if zeros := {vpn for vpn in mm.zero_ptes if vpn in gone}:
        mm.zero_ptes -= zeros
        mm.zero_run = range(0)
        note(mm.kernel, mm.name, "unmap", mm.kernel.zero_page.folio, len(zeros))
    for vpn in sorted(vpn for vpn in mm.ptes if vpn in gone):
        pte = mm.ptes.pop(vpn)
        unmap(mm, pte.page.folio, pte.hold)
    for slot in [slot for slot in mm.pmds if slot * PTRS_PER_PMD in gone]:
        unmap(mm, mm.pmds.pop(slot))


def unmap(mm: Mm, folio: Folio, *hold: Hold) -> None:
    """Drop one mapping of a folio; a mapping of the huge zero folio holds no reference."""
    kernel, before = mm.kernel, folio.refcount
    if folio is not kernel.huge_zero:
        kernel.ledger.release(folio, MAPPING, 1, *hold)
        folio.refcount = int32(before - 1)
        folio.mapcount -= 1
    note(kernel, mm.name, "unmap", folio, folio.nr_pages, before, folio.pincount)
    if folio.refcount == 0:
        free(folio)


def would_fault(mm: Mm, vpn: int, need: Need) -> bool:
    """Return whether the CPU's own access to a 4 KiB page would fault."""
    pte = mm.ptes.get(vpn)
    if pte is None:
        return need.write or vpn not in mm.zero_ptes
    return not need.is_met_by(pte)


def touch(mm: Mm, vpns: range, need: Need) -> list[Page]:
    """Fault pages in as the CPU's own accesses do, and return them."""
    pages: list[Page] = []
    while len(pages) < len(vpns):
        vpn = vpns[len(pages)]
        run = run_at(mm, vpn, vpns.stop - vpn, need)
        assert run is not None, "who asks has looked for holes"
        folio, index = fault_in(mm, vpn, run, need)
        step = 1 if folio.order else 0
        pages += [folio.page(index + i * step) for i in range(run[0])]
    return pages
