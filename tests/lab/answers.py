"""Answers as a kernel would give them, made up for the tests."""

from collections.abc import Sequence

from pinlab.machine import Answer, Measurement
from pinlab.machine.buffers import Buffer, touched
from pinlab.machine.measured import DIRECT_IO, of_buffers


def an_answer(
    pins: dict[Buffer, int], writes: int = 100, kernel: str = "6.18.44-generic",
    method: str = DIRECT_IO, unsure: Sequence[Buffer] = (), others: int = 0,
) -> Answer:  # fmt: skip
    """What a kernel answered that took these pins.

    unsure: the buffers with others' pins in their numbers; others: pins of a control ten times as
    long as a measurement.
    """
    control = Measurement("control", 0, 0, 0, others, others, 0.1)
    measurements = [
        Measurement(buffer, writes, 64, touched(buffer), n, n, 0.01, method, buffer not in unsure)
        for buffer, n in pins.items()
    ]
    whose = Answer(kernel, live=True, label="your kernel, 6.18.44")
    return of_buffers(whose, measurements, method, control)


BUFFERS: dict[Buffer, int] = {"letters": 6400, "zeros": 6400, "never": 0}
TOUCHED: dict[Buffer, int] = {0: 0, 1: 100, 2: 200, 8: 800, 32: 3200, 64: 6400}
