"""What VmPin says of an io_uring fixed buffer of 64 written pages."""

from __future__ import annotations

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, register, written
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel

PAGES = 64


def _anon64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    buffer = register(mm, written(mm, PAGES), PAGES)
    counted = len(buffer) if kernel.rules.fixed_buffer_vmpin == "counted" else 0
    kernel.unpin_user_pages(buffer)
    return {"VmPin_kB": counted * PAGE_SIZE >> 10, "VmPin_kB_unregistered": 0}


FORMS: Forms = {"anon64": _anon64}
