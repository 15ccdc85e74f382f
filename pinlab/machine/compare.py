"""Compare: every recorded quantity beside what the model predicts of that kernel.

Where the two part, an entry of data/recordings/differences.csv says why. It names its kernels,
cases and quantities; there are no wildcards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pinlab.machine.predictions import predict
from pinlab.machine.predictions.calls import Values
from pinlab.machine.recordings import FOLDER, Quantity, boot, recordings
from pinlab.text_files import table, whole_number

if TYPE_CHECKING:
    import pandas

NOT_EXPLAINED = "not explained yet"


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
        if isinstance(predicted, int) and self.by is not None:
            return named and row.value == predicted + self.by
        return named and predicted is self.by is None

    def why(self, row: Quantity) -> str:
        """Return the reason for one of its rows."""
        kernels = " and ".join(filter(None, [", ".join(self.kernels[:-1]), self.kernels[-1]]))
        builds = f" ({', '.join(self.builds)})" if self.builds else ""
        return f"Linux {kernels}{builds}, {row.case}, {row.quantity}: {self.reason} ({self.source})"


@cache
def differences() -> tuple[Difference, ...]:
    """Return every explained difference, in the order of the file."""
    return tuple(table(FOLDER / "differences.csv", Difference._fields, _difference))


def _difference(row: Mapping[str, str]) -> Difference:
    kernels, builds, experiment, cases, quantities, by, reason, source = row.values()
    where = (_several(kernels), _several(builds), experiment, _several(cases), _several(quantities))
    return Difference(*where, whole_number(by) if by else None, reason, source)


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("; ")) if text else ()


class Compared(NamedTuple):
    """One recorded quantity with its prediction, empty where the model has none.

    agrees: whether the two are the same. why: the reason where they are not, else empty.
    """

    kernel: str
    build: str
    experiment: str
    case: str
    quantity: str
    predicted: int | str
    recorded: int | str
    agrees: bool
    why: str


def compared(rows: Iterable[Quantity]) -> Iterator[Compared]:
    """Predict each of some recorded quantities, and find the reason where that fails."""
    found: dict[tuple[str, ...], Values] = {}
    for row in rows:
        *where, experiment, case = key = row[:4]
        if key not in found:
            found[key] = predict(experiment, case, boot(*where))
        predicted = found[key].get(row.quantity)
        agrees = predicted == row.value
        why = "" if agrees else _why(row, predicted)
        yield Compared(*row[:5], "" if predicted is None else predicted, row.value, agrees, why)


def _why(row: Quantity, predicted: int | str | None) -> str:
    reasons = (d.why(row) for d in differences() if d.explains(row, predicted))
    return next(reasons, NOT_EXPLAINED)


def compare() -> pandas.DataFrame:
    """Return a DataFrame with a row for each recorded quantity and what the model predicts of it.

    Columns: kernel, build, experiment, case, quantity, predicted (empty where the model has no
    prediction), recorded, agrees (bool) and why (empty where they agree: else the entry of
    data/recordings/differences.csv that explains it). It takes a few seconds.
    """
    import pandas

    return pandas.DataFrame(compared(recordings()), columns=list(Compared._fields))
