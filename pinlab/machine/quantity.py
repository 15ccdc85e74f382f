"""One measured quantity, as the recordings write it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from pinlab.text_files import table, whole_number


class Quantity(NamedTuple):
    """What one kernel did in one case of an experiment: a row of the recordings.

    `kernel` is a release with its stable number, `build` tells two builds of it apart, and
    `case` is one run of `experiment`. `value` is a whole number, or a word where the quantity is
    none.
    """

    kernel: str
    build: str
    experiment: str
    case: str
    quantity: str
    value: int | str


def value(text: str) -> int | str:
    """Return a recorded text as a number if it is a whole one, and as itself otherwise.

    Raises ValueError for a number with more digits than any counter has.

    >>> value("-14"), value("D")
    (-14, 'D')
    """
    return whole_number(text) if re.fullmatch(r"-?[0-9]+", text) else text


def read(file: str | os.PathLike[str]) -> list[Quantity]:
    """Return the rows of a CSV file of recordings, in order; raises as `text_files.table`."""
    return table(file, Quantity._fields, _quantity, unique=Quantity._fields[:5])


def _quantity(row: Mapping[str, str]) -> Quantity:
    if empty := [column for column, text in row.items() if not text]:
        raise ValueError(f"nothing stands under {', '.join(empty)}")
    *names, text = row.values()
    return Quantity._make([*names, value(text)])
