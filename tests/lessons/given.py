"""What the tests of several lessons begin with: a trace that is handed out, and the data file."""

import csv
from collections.abc import Iterator

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.model.trace import Trace


def trace(id: str, seed: int = 0) -> Trace:
    """The trace that an exercise hands out."""
    given = lab.given(id, seed)
    assert isinstance(given, Trace)
    return given


def recorded(**wanted: str) -> Iterator[dict[str, str]]:
    """The rows of the recordings of real kernels that have these values, straight from the file."""
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if wanted.items() <= row.items():
                yield row
