"""Compare: every recorded quantity beside what the model predicts of that kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from pinlab.machine.builds import boot
from pinlab.machine.differences import differences
from pinlab.machine.predictions import predict
from pinlab.machine.predictions.process import Values
from pinlab.machine.quantity import Quantity
from pinlab.machine.recordings import recordings

if TYPE_CHECKING:
    import pandas

NOT_EXPLAINED = "not explained yet"


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
