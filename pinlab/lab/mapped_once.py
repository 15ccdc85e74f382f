"""A single page that one page table maps: holds on it, and what the kernel takes it for."""

from __future__ import annotations

from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel


def mapped_once(pins: int = 0, references: int = 0, release: str = "6.18") -> Folio:
    """Return a written page of one process, with pins and extra references on it.

    Raises TypeError or ValueError for what is no number of holds.
    """
    kernel = Kernel(release)
    mm = kernel.new_mm()
    mm.write(mm.mmap(PAGE_SIZE), b"x")
    folio = kernel.folios[-1]
    for holds, kind in ((references, FOLL_GET), (pins, FOLL_PIN)):
        if holds:
            kernel.try_grab_folio(folio, holds, kind)
    return folio


def looks_pinned(refcount: int) -> bool:
    """Return the model's guess for a single page whose refcount reads this (5.7 to 6.18)."""
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio()
    folio.refcount = refcount
    return kernel.folio_maybe_dma_pinned(folio)
