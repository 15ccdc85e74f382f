"""mlock: memory that may not leave RAM. It counts nothing that GUP counts.

mlock(2) marks mappings (VM_LOCKED) and makes every page of them present; a folio that such a
mapping maps is PG_mlocked, and reclaim passes it over. (mm/mlock.c.)
"""

from __future__ import annotations

import errno
from itertools import groupby
from typing import TYPE_CHECKING

from pinlab.model.arguments import SIZE_MAX, address, whole
from pinlab.model.folio import PAGE_SHIFT, PAGE_SIZE

if TYPE_CHECKING:
    from pinlab.model.folio import Folio
    from pinlab.model.mm import Area, Mm


def reached(mm: Mm, addr: int, nbytes: int) -> tuple[range, OSError | None]:
    """Return the pages of an address range up to the first hole, and the error for that.

    Raises ValueError if they cut a 2 MiB folio, which a kernel splits there.
    """
    addr = address(addr)
    end = -(-(addr + whole("nbytes", nbytes, 1, SIZE_MAX)) // PAGE_SIZE)
    pages = range(addr >> PAGE_SHIFT, mm._mapped_until(addr >> PAGE_SHIFT, end))
    mm._require_whole_folios(pages)
    if pages.stop == end:
        return pages, None
    hole = pages.stop << PAGE_SHIFT
    return pages, OSError(errno.ENOMEM, f"nothing is mapped at {hole:#x}")


def apply_vma_lock_flags(mm: Mm, pages: range, *, locked: bool) -> None:
    """Mark the mappings of a range, or parts of them; those that are alike become one again."""
    areas = [left for area in mm._areas for left in area.without(pages)]
    inside = [area.within(pages) for area in mm._areas]
    areas += [area._replace(locked=locked) for area in inside if area is not None]
    mm._areas = _merged(sorted(areas))


def _merged(areas: list[Area]) -> list[Area]:
    merged = areas[:1]
    for area in areas[1:]:
        last = merged[-1]
        if (last.end, last.order, last.locked) == (area.start, area.order, area.locked):
            merged[-1] = last._replace(end=area.end)
        else:
            merged.append(area)
    return merged


def folios_of(mm: Mm, pages: range) -> list[Folio]:
    """Return the folios that are mapped in a range, by address, but for the zero pages.

    mlock_pte_range() passes over these (mm/mlock.c, 5.18 to 6.18).
    """
    mapped = (entry.page.folio for entry in mm.mapped() if entry.vpn in pages)
    return [folio for folio, _ in groupby(mapped) if folio not in mm.kernel.names]
