"""What VmPin says of an io_uring fixed buffer of 64 written pages."""

from __future__ import annotations

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, written
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

PAGES = 64


def _anon64(kernel: Kernel) -> Values:
    mm = kernel.new_mm()
    buffer = mm.register_buffer(written(mm, PAGES), PAGES)
    registered = _vm_pin(mm)
    buffer.unregister()
    return {"VmPin_kB": registered, "VmPin_kB_unregistered": _vm_pin(mm)}


def _vm_pin(mm: Mm) -> int:
    """VmPin of /proc/self/status, in kB."""
    return mm.pinned_vm * PAGE_SIZE >> 10


FORMS: Forms = {"anon64": _anon64}
