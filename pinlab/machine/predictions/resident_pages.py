"""How much of a buffer is in RAM that was read whole and then partly written."""

from __future__ import annotations

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, read_once
from pinlab.model.arguments import whole
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

MOST = 1 << 9


def _read(kernel: Kernel, pages: int) -> Values:
    """The kernel leaves the zero page out of Rss (smaps_pte_entry(), fs/proc/task_mmu.c, 6.18)."""
    pages = whole("pages", pages, 1, MOST)
    mm = kernel.new_mm()
    addr = read_once(mm, pages)
    found: Values = {"k=0": _rss(mm)}
    for page in range(pages):
        mm.write(addr + page * PAGE_SIZE, b"x")
        found[f"k={page + 1}"] = _rss(mm)
    return found


def _rss(mm: Mm) -> int:
    own = [entry for entry in mm.mapped() if entry.page is not mm.kernel.zero_page]
    return len(own) * (PAGE_SIZE >> 10)


FORMS: Forms = {"{pages} pages read": _read}
