"""Which frames parent and child have after fork, and after the parent wrote."""

from __future__ import annotations

from functools import partial

from pinlab.machine.predictions.forms import Forms
from pinlab.machine.predictions.process import Values, page_of, written
from pinlab.model.kernel import Kernel


def _fork(kernel: Kernel, held: bool) -> Values:
    parent = kernel.new_mm()
    addr = written(parent)
    page = page_of(parent, addr)
    if held:
        parent.register_buffer(addr, 1)
    child = parent.fork()
    same = page_of(child, addr) is page
    parent.write(addr, b"w")
    return {
        "same_frame_after_fork": int(same),
        "parent_pfn_changed": int(page_of(parent, addr) is not page),
        "child_pfn_same_as_orig": int(page_of(child, addr) is page),
    }


FORMS: Forms = {
    "no_hold": partial(_fork, held=False),
    "io_uring": partial(_fork, held=True),
}
