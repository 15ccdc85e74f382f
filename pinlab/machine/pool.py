"""Pool: the measurements of many machines, side by side."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pinlab.machine.quantity import Quantity, value

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
    for file in map(Path, map(os.fsdecode, files)):
        for line, row in _rows(file):
            told = machines.setdefault(f"{row.kernel}, {row.build}", {})
            if row[2:5] in told:
                raise ValueError(f"{file}, line {line}: {', '.join(row[:5])} is there twice")
            told[row[2:5]] = row.value
            places.setdefault(row[2:5])
    columns = [[*place, *(told.get(place, "") for told in machines.values())] for place in places]
    return pandas.DataFrame(columns, columns=[*Quantity._fields[2:5], *machines])


def _rows(file: Path) -> Iterator[tuple[int, Quantity]]:
    with file.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        head = next(reader, [])
        if tuple(head) != Quantity._fields:
            raise ValueError(
                f"{file}, line 1: the columns are {', '.join(head)}, and have to be "
                f"{', '.join(Quantity._fields)}"
            )
        for cells in reader:
            if len(cells) != len(head):
                raise ValueError(f"{file}, line {reader.line_num}: {len(cells)} cells, not 6")
            yield reader.line_num, Quantity._make([*cells[:5], value(cells[5])])
