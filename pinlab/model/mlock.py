"""mlock: memory that may not leave RAM. It counts nothing that GUP counts.

mlock(2) marks mappings (VM_LOCKED) and makes every page of them present; a folio that such a
mapping maps is PG_mlocked, and reclaim passes it over. (mm/mlock.c.)
"""

from __future__ import annotations

import errno
from itertools import groupby
from typing import TYPE_CHECKING

from pinlab.model import fault
from pinlab.model.arguments import SIZE_MAX, address, whole
from pinlab.model.fault import TO_WRITE, Vma
from pinlab.model.folio import PAGE_SHIFT, PAGE_SIZE, Folio
from pinlab.model.trace import note

if TYPE_CHECKING:
    from pinlab.model.mm import Mm


def mlock(mm: Mm, addr: int, nbytes: int) -> None:
    """Lock a range up to its first hole, and make it present if it has none."""
    pages, hole = _reached(mm, addr, nbytes)
    _apply_vma_lock_flags(mm, pages, locked=True)
    if hole is None:
        fault.touch(mm, pages, TO_WRITE)
    _note_each(mm, "mlock", _folios_of(mm, pages))
    if hole is not None:
        mm.locked_to_a_hole |= len(pages) > 0
        raise hole


def munlock(mm: Mm, addr: int, nbytes: int) -> None:
    """Unlock a range up to its first hole."""
    pages, hole = _reached(mm, addr, nbytes)
    locked = [part for vma in mm.vmas if vma.locked for part in vma.within(pages)]
    before = [folio for part in locked for folio in _folios_of(mm, range(part.start, part.end))]
    _apply_vma_lock_flags(mm, pages, locked=False)
    _note_each(mm, "munlock", before)
    if hole is not None:
        raise hole


def _reached(mm: Mm, addr: int, nbytes: int) -> tuple[range, OSError | None]:
    """The pages of an address range up to the first hole, and the error for that.

    Raises ValueError if they cut a 2 MiB folio, which a kernel splits there.
    """
    addr = address(addr)
    end = -(-(addr + whole("nbytes", nbytes, 1, SIZE_MAX)) // PAGE_SIZE)
    pages = range(addr >> PAGE_SHIFT, fault.mapped_until(mm, addr >> PAGE_SHIFT, end))
    fault.require_whole_folios(mm, pages)
    if pages.stop == end:
        return pages, None
    hole = pages.stop << PAGE_SHIFT
    return pages, OSError(errno.ENOMEM, f"nothing is mapped at {hole:#x}")


def _apply_vma_lock_flags(mm: Mm, pages: range, *, locked: bool) -> None:
    """Mark the mappings of a range, or parts of them; those that are alike become one again."""
    parts = [left for vma in mm.vmas for left in vma.without(pages)]
    parts += [part._replace(locked=locked) for vma in mm.vmas for part in vma.within(pages)]
    merged: list[Vma] = []
    for part in sorted(parts):
        last = merged[-1] if merged else None
        if last and (last.end, last.order, last.locked) == (part.start, part.order, part.locked):
            merged[-1] = last._replace(end=part.end)
        else:
            merged.append(part)
    mm.vmas = merged


def _folios_of(mm: Mm, pages: range) -> list[Folio]:
    """The folios that are mapped in a range, by address, but for the zero pages.

    mlock_pte_range() passes over these (mm/mlock.c, 5.18 to 6.18).
    """
    mapped = (entry.page.folio for entry in mm.mapped() if entry.vpn in pages)
    return [folio for folio, _ in groupby(mapped) if folio not in mm.kernel.names]


def _note_each(mm: Mm, operation: str, folios: list[Folio]) -> None:
    for folio in folios:
        note(mm.kernel, mm.name, operation, folio, folio.nr_pages)
