"""Answers as a kernel would give them, made up for the tests."""

from pinlab.machine import Answer, Measurement
from pinlab.machine.answer import DIRECT_IO
from pinlab.machine.buffers import Buffer, touched


def an_answer(
    pins: dict[Buffer, int], writes: int = 100, kernel: str = "6.18.44-generic",
    method: str = DIRECT_IO,
) -> Answer:  # fmt: skip
    """What a kernel answered that took these pins."""
    return Answer(
        tuple(
            Measurement(buffer, writes, 64, touched(buffer), n, n, 0.01, method)
            for buffer, n in pins.items()
        ),
        kernel=kernel,
        live=True,
        date=None,
        method=method,
        control=None,
        note="",
        label="your kernel, 6.18.44",
    )


BUFFERS: dict[Buffer, int] = {"letters": 6400, "zeros": 6400, "never": 0}
TOUCHED: dict[Buffer, int] = {0: 0, 1: 100, 2: 200, 8: 800, 32: 3200, 64: 6400}
