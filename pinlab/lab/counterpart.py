"""The counterpart: the same experiment in the model that a machine was asked to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pinlab.machine.buffers import Buffer, check_all, touched
from pinlab.machine.measured import PROCESS_VM_READV, Answer, Measurement, of_buffers, version
from pinlab.machine.predictions.calls import buffer_in, huge_buffer_in
from pinlab.model.arguments import instance
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm


def in_the_model(answer: Answer, *buffers: Buffer) -> Answer:
    """Repeat an answer's measurements in the model of that release, or measure other buffers.

    A version number does not tell a rule for certain (distributions backport), so the two may
    differ; `figures.three_buffers` says so where they do. Raises TypeError for what is no Answer,
    ValueError for an empty one, an unknown buffer, or a release that is not modelled.
    """
    require_some(answer, "repeat")
    release = version(answer.kernel)
    question = asked(answer, buffers) if buffers else answer
    measured = [_repeat(Kernel(release), measurement) for measurement in question]
    model = Answer(release, live=False, label=f"the model, Linux {release}")
    return of_buffers(model, measured, answer[0].method)


def require_some(answer: Answer, purpose: str, name: str = "answer") -> None:
    """Raise TypeError if it is no Answer, ValueError in its own words if it is empty."""
    if not len(instance(name, answer, Answer)):
        raise ValueError(f"{answer.label}: there is nothing to {purpose}. {answer.note}")


def asked(answer: Answer, buffers: Iterable[Buffer]) -> Answer:
    """Return the same question to the same kernel for other buffers."""
    one = answer[0]
    return replace(
        answer,
        measurements=tuple(
            one._replace(buffer=b, touched=touched(b)) for b in check_all(tuple(buffers))
        ),
    )


def _repeat(kernel: Kernel, measurement: Measurement) -> Measurement:
    if measurement.buffer == "huge-never":
        mm, addr = huge_buffer_in(kernel)
    else:
        byte = b"\0" if measurement.buffer == "zeros" else b"x"
        mm, addr = buffer_in(kernel, range(measurement.touched), byte)
    # Each access ends before the next begins, so they are all alike: one tells for all.
    _access(kernel, mm, addr, measurement)
    acquired, released = (measurement.writes * pins for pins in kernel.vmstat.values())
    return measurement._replace(acquired=acquired, released=released, seconds=None, agreed=True)


def _access(kernel: Kernel, mm: Mm, addr: int, measurement: Measurement) -> None:
    if measurement.method == PROCESS_VM_READV:
        kernel.unpin_user_pages(mm.pin_user_pages(addr, measurement.pages))
    else:
        kernel.submit_dio_write(mm, addr, measurement.pages).complete()
