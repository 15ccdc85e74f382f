"""What does VmPin say of an io_uring fixed buffer of 64 written pages?"""

from __future__ import annotations

from collections.abc import Mapping

from pinlab.machine import buffers, proc, syscalls
from pinlab.machine.experiments.case import Case, Values

FIELD = "VmPin"


def _anon64() -> Values:
    memory = buffers.new("letters")
    with syscalls.ring() as ring:
        before = proc.status_kib(FIELD)
        with syscalls.registered(ring, memory):
            registered = proc.status_kib(FIELD)
        after = proc.status_kib(FIELD)
    return {"VmPin_kB": registered - before, "VmPin_kB_unregistered": after - before}


CASES: Mapping[str, Case] = {"anon64": _anon64}
