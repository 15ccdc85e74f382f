"""References on real kernels: what was done to a page, and what it added to the refcount.

From the recorded `counters` experiment; beside each number is what the model of that release says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinlab.machine import boot, predict, recording

if TYPE_CHECKING:
    import pandas

KERNELS = {
    "5.10.262": "Debian 5.10.0-46-amd64",
    "6.1.192": "with the zero-page fix (A/B pair)",
}
"""Kernels whose direct I/O takes references, and their builds in the recording."""


EXPERIMENT = "counters"


class Deed(NamedTuple):
    """Something done to one page, in words, and its recorded case."""

    words: str
    case: str


def references() -> pandas.DataFrame:
    """Return a table: what each deed adds to a page's refcount, in the model and as recorded."""
    import pandas

    columns = {
        f"{kernel}, {source}": [number(kernel, deed) for deed in DEEDS]
        for kernel in KERNELS
        for source, number in (("model", _in_the_model), ("recorded", _recorded))
    }
    return pandas.DataFrame(
        columns, index=pandas.Index([d.words for d in DEEDS], name="added to the refcount")
    )


def _in_the_model(kernel: str, deed: Deed) -> int:
    found = predict(EXPERIMENT, deed.case, boot(kernel, KERNELS[kernel]))
    return int(found["ref_delta"])


def _recorded(kernel: str, deed: Deed) -> int:
    return int(recording(kernel, EXPERIMENT, deed.case, KERNELS[kernel])["ref_delta"])


DEEDS = (
    Deed("a written page, 1 time in a pipe", "vmsplice_anon_1"),
    Deed("a written page, 16 times in a pipe", "vmsplice_anon_16"),
    Deed("the pipe is closed", "vmsplice_anon_closed"),
    Deed("a written page, 1 direct write in flight", "anon_dio_inflight"),
    Deed("a written page, 2 direct writes in flight", "anon_dio_inflight_x2"),
    Deed("both have completed", "anon_dio_done"),
    Deed("the zero page, mapped 1024 times", "zero_mapped_1024x"),
    Deed("the zero page, 16 times in a pipe", "vmsplice_zero_16"),
)
"""What was done, in the order of the table."""
