"""Differences: the rows in which the model and a recording part, and why they do.

Each entry of data/recordings/differences.csv names its kernels, cases and quantities; there are
no wildcards.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.machine.quantity import Quantity
from pinlab.text_files import table, whole_number

PATH = DATA / "recordings" / "differences.csv"
SEPARATOR = "; "


class Difference(NamedTuple):
    """Why the model does not say what was recorded, for some kernels, cases and quantities.

    builds is empty where all recorded builds of the kernels are meant. by is what has to be
    added to each prediction to have the recorded number; None where there is no prediction.
    """

    kernels: tuple[str, ...]
    builds: tuple[str, ...]
    experiment: str
    cases: tuple[str, ...]
    quantities: tuple[str, ...]
    by: int | None
    reason: str
    source: str

    def explains(self, row: Quantity, predicted: int | str | None) -> bool:
        """Return whether a recorded row is one of these, and as far from its prediction."""
        named = (
            row.kernel in self.kernels
            and (not self.builds or row.build in self.builds)
            and row.experiment == self.experiment
            and row.case in self.cases
            and row.quantity in self.quantities
        )
        return named and self._by(row.value, predicted)

    def _by(self, recorded: int | str, predicted: int | str | None) -> bool:
        if predicted is None or self.by is None:
            return predicted is None and self.by is None
        numbers = isinstance(recorded, int) and isinstance(predicted, int)
        return numbers and int(recorded) - int(predicted) == self.by

    def why(self, row: Quantity) -> str:
        """Return the reason for one of its rows."""
        kernels = " and ".join(filter(None, [", ".join(self.kernels[:-1]), self.kernels[-1]]))
        builds = f" ({', '.join(self.builds)})" if self.builds else ""
        return f"Linux {kernels}{builds}, {row.case}, {row.quantity}: {self.reason} ({self.source})"


@cache
def differences() -> tuple[Difference, ...]:
    """Return every explained difference, in the order of the file."""
    return tuple(table(PATH, Difference._fields, _difference))


def _difference(row: Mapping[str, str]) -> Difference:
    return Difference(
        kernels=_several(row["kernels"]),
        builds=_several(row["builds"]),
        experiment=row["experiment"],
        cases=_several(row["cases"]),
        quantities=_several(row["quantities"]),
        by=whole_number(row["by"]) if row["by"] else None,
        reason=row["reason"],
        source=row["source"],
    )


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split(SEPARATOR)) if text else ()
