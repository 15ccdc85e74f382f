"""Fork: a second process with the same memory; each mapped page is shared, or copied at once.

copy_present_pte() (6.18: copy_present_ptes()) and copy_present_page() in mm/memory.c, up to 5.8
copy_one_pte(). Which page is copied is where the eras differ, see `kernel.rules.fork_copies` and
`fork_asks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinlab.model import fault, gup
from pinlab.model.counter import int32
from pinlab.model.fault import Pte
from pinlab.model.folio import PAGE_SIZE, Folio, copy
from pinlab.model.ledger import MAPPING
from pinlab.model.trace import note

if TYPE_CHECKING:
    from pinlab.model.mm import Mm


class Fork:
    """A fork under way: iterating goes on with it, pausing once for each page.

    The pause of a page that is copied is in the middle of the copy; two copies one after the other
    have another pause between them. A page that is shared pauses where fork has asked whether it
    is pinned and has not yet write-protected it; up to 5.8 it asks nothing and does not pause.

    fork holds mmap_lock, which stops faults, mmap and slow GUP: RuntimeError. The parent's other
    threads go on loading and storing through entries that are there, and GUP-fast goes on, see
    `gup.FastPin`. A page that is copied is not write-protected meanwhile (copy_present_page(), 5.9
    to 6.18), so a thread or a device that writes in a pause tears the child's copy: J. Horn's
    series of 3 June 2025, <20250603-fork-tearing-v1-0-a7f64b7cfc96@google.com>, says it of threads
    and has a reproducer; of devices it is inferred. Left out: a fault in a mapping that fork has
    not come to, which need not wait where mappings have locks of their own (6.5); and stores
    through an entry that a processor remembers as writable, until fork flushes the TLB.
    Attributes: child (complete when the iteration has ended, and of no use before); copies
    (whether it has decided to copy the page that it is at).
    """

    def __init__(self, parent: Mm, name: str) -> None:
        if any(vma.order for vma in parent.vmas):
            raise ValueError(
                f"{parent.name} has 2 MiB mappings: fork is modelled for 4 KiB pages only"
            )
        for vma in parent.vmas:
            fault.require_alive(parent, vma.start, vma.end)
        self.child = parent.kernel.new_mm(name)
        parent.forking = self.child.unborn = True
        parent.forks += 1
        # What the parent has open the child inherits, so that a buffer can outlive the parent.
        for buffer in parent.kernel.buffers:
            if parent in buffer.open_in:
                buffer.open_in.append(self.child)
        self.copies = False
        self._steps = self._run(parent, self.child)

    def __iter__(self) -> Iterator[None]:
        return self._steps

    def _run(self, parent: Mm, child: Mm) -> Iterator[None]:
        # A child inherits no lock: dup_mmap() clears VM_LOCKED (5.6 to 6.18).
        child.vmas = [vma._replace(locked=False) for vma in parent.vmas]
        child.next_vpn = parent.next_vpn
        if parent.zero_ptes:
            child.zero_ptes = set(parent.zero_ptes)
            zero = parent.kernel.zero_page
            note(parent.kernel, child.name, "fork", zero, len(child.zero_ptes))
        for vpn in sorted(parent.ptes):
            pte = parent.ptes[vpn]
            after_a_copy, self.copies = self.copies, _copies(parent, pte.page.folio)
            if self.copies:
                if after_a_copy:
                    yield
                yield from _copy(child, vpn, pte)
            else:
                if parent.kernel.rules.fork_copies != "never":
                    yield
                _share(child, vpn, pte)
        child.known |= parent.known
        parent.writer = None  # what it stores from now on, the child never had
        parent.forking = child.unborn = False


def _copies(parent: Mm, folio: Folio) -> bool:
    """Whether fork copies a page for the child at once: the parent may have it pinned."""
    rules = parent.kernel.rules
    if rules.fork_copies == "never" or not parent.has_pinned:
        return False
    if rules.fork_copies == "exclusive_and_maybe_pinned" and not folio.anon_exclusive:
        return False
    return gup.folio_maybe_dma_pinned(folio, own=rules.fork_asks == "with_own_reference")


def _copy(child: Mm, vpn: int, pte: Pte) -> Iterator[None]:
    """Give the child a frame of its own, writable; the parent's entry stays as it is."""
    own = fault.map_own(child, vpn, "fork copy", f"of {pte.page.name}")
    copy(own.page, pte.page, 0, PAGE_SIZE // 2)
    yield
    copy(own.page, pte.page, PAGE_SIZE // 2, PAGE_SIZE)


def _share(child: Mm, vpn: int, pte: Pte) -> None:
    """Map the same frame in both, read-only."""
    folio, kernel = pte.page.folio, child.kernel
    before = folio.refcount
    folio.refcount = int32(before + 1)
    folio.mapcount += 1
    folio.anon_exclusive = pte.writable = False
    hold = kernel.ledger.take(folio, MAPPING, child.name, 1)
    child.ptes[vpn] = Pte(pte.page, hold, writable=False)
    note(kernel, child.name, "fork", folio, 1, before, folio.pincount)
