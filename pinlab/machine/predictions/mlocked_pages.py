"""What the pin counters do while 64 written pages are mlocked, and while they are read."""

from __future__ import annotations

from pinlab.machine.predictions.forms import Forms, nothing
from pinlab.machine.predictions.process import Values, pins_of, process_vm, written
from pinlab.model.kernel import Kernel

PAGES = 64


def _process_vm_readv(kernel: Kernel, times: int) -> Values:
    mm = kernel.new_mm()
    addr = written(mm, PAGES)
    one = pins_of(kernel, lambda: process_vm(mm, addr, PAGES))
    return {"acq": times * int(one["acq"]), "rel": times * int(one["rel"])}


FORMS: Forms = {
    "mlock:times={times}": nothing,
    "process_vm_readv:times={times}": _process_vm_readv,
}
