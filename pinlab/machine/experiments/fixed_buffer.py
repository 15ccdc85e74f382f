"""What does VmPin say of an io_uring fixed buffer of 64 written pages?"""

from __future__ import annotations

from collections.abc import Mapping

from pinlab.machine import buffers, io_uring, status
from pinlab.machine.experiments.case import Case, Values

FIELD = "VmPin"


def _anon64() -> Values:
    memory = buffers.new("letters")
    with io_uring.ring() as ring:
        before = status.kib(FIELD)
        with io_uring.registered(ring, memory):
            registered = status.kib(FIELD)
        after = status.kib(FIELD)
    return {"VmPin_kB": registered - before, "VmPin_kB_unregistered": after - before}


CASES: Mapping[str, Case] = {"anon64": _anon64}
