"""How many frames are behind 64 pages that were read, and behind 64 that were written."""

from __future__ import annotations

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, page_of, read_once, written
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

PAGES = 64


def _read64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    return _behind(mm, read_once(mm, PAGES))


def _written64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    return _behind(mm, written(mm, PAGES))


def _behind(mm: Mm, addr: int) -> Values:
    pages = {page_of(mm, addr + n * PAGE_SIZE) for n in range(PAGES)}
    return {"frames": len(pages), "zero_pages": int(mm.kernel.zero_page in pages)}


FORMS: Forms = {"read64": _read64, "written64": _written64}
