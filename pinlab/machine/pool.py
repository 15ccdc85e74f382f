"""Pool: the measurements of many machines, side by side."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pinlab.machine.recordings import Quantity, read
from pinlab.model.arguments import path

if TYPE_CHECKING:
    import pandas


def pooled(*files: str | os.PathLike[str]) -> pandas.DataFrame:
    """Return one row for each quantity, and a column for each machine of some CSV files.

    files: written by `report`, or recordings. A column is named after kernel and build; what a
    machine has no value for is empty. Raises OSError for a file that cannot be read, ValueError
    naming file and line where it is no recording or says one thing twice.
    """
    import pandas

    machines: dict[str, dict[tuple[str, ...], int | str]] = {}
    places: dict[tuple[str, ...], None] = {}
    for file in [path("file", file) for file in files]:
        for row in read(file):
            told = machines.setdefault(f"{row.kernel}, {row.build}", {})
            if row[2:5] in told:
                raise ValueError(f"{file}: {', '.join(row[:5])} is in another of the files, too")
            told[row[2:5]] = row.value
            places.setdefault(row[2:5])
    columns = [[*place, *(told.get(place, "") for told in machines.values())] for place in places]
    return pandas.DataFrame(columns, columns=[*Quantity._fields[2:5], *machines])
