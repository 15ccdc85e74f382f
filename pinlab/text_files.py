"""Text files: read from anybody's hands, and what is wrong with one said by file and line."""

import csv
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pinlab.model.arguments import shown

T = TypeVar("T")

LARGEST = 16 * 2**20
"""The most bytes of a file, many times what the largest one here has."""

DIGITS = 20
"""The most digits of a number: 2^64 - 1 has so many."""


def decoded(file: str | os.PathLike[str]) -> str:
    """Return the text of a file, with lines that end in a newline however they ended there.

    UTF-8, with or without a byte order mark. Raises OSError for a file that cannot be read,
    ValueError with file and line for another encoding or NUL, and for more than LARGEST bytes.
    """
    with Path(file).open("rb") as opened:
        raw = opened.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError(f"{file}: it is larger than {LARGEST} bytes, the most that is read")
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = f"byte {raw[error.start]:#04x} is not UTF-8"
        raise ValueError(f"{file}, line {line}: {byte}: save the file as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(
            f"{file}, line {line}: a NUL character is not in any text: save the file as UTF-8"
        )
    return text


def table(
    file: str | os.PathLike[str],
    columns: Sequence[str],
    make: Callable[[Mapping[str, str]], T],
    unique: Sequence[str] = (),
) -> list[T]:
    """Return what `make` makes of each row of a CSV file, in order.

    columns: the head that the file has to have. make: is given the cells by column; its
    ValueError is raised with file and line. unique: columns that no two rows have alike, all if
    there are none. A row is one line, and blank lines are passed over. Raises as `decoded`, and
    ValueError with file and line for another head, one that comes again, a short, long or doubled
    row, a missing quote, a cell that is too long, and a file without rows.
    """
    lines = decoded(file).split("\n")
    made: list[T] = []
    first: dict[tuple[str, ...], int] = {}
    number = 1
    try:
        _require_head(cells(lines[0]), columns)
        for number, line in enumerate(lines[1:], 2):
            if not line.strip():
                continue
            row = _row(cells(line), columns)
            if list(row.values()) == list(columns):
                raise ValueError("the columns' names are there again: this is a second table")
            key = tuple(row[column] for column in unique or columns)
            if key in first:
                told = shown(", ".join(key))
                raise ValueError(f"{told} is there twice, before in line {first[key]}")
            first[key] = number
            made.append(make(row))
        if not made:
            raise ValueError("there is no row below the columns' names")
    except ValueError as error:
        raise ValueError(f"{file}, line {number}: {error}") from None
    return made


def cells(line: str) -> list[str]:
    """Return the cells of a line of a CSV file; ValueError for a quote that is missing."""
    if line.count('"') % 2:
        raise ValueError('a quote (") is missing: what begins with one has to end with one')
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _require_head(cells: Sequence[str], columns: Sequence[str]) -> None:
    """Show names that look the same by their codes: a blank or an invisible letter is one."""
    if tuple(cells) == tuple(columns):
        return
    if not cells:
        raise ValueError(f"it is empty: the columns have to be {','.join(columns)}")
    for i, (cell, column) in enumerate(zip(cells, columns, strict=False), 1):
        if cell != column:
            raise ValueError(
                f"column {i} is {shown(cell)}, and has to be {column!r}: the columns are "
                f"{','.join(columns)}"
            )
    raise ValueError(
        f"there are {len(cells)} columns, and have to be {len(columns)}: {','.join(columns)}"
    )


def _row(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise ValueError(
            f"{len(cells)} cells, not {len(columns)}: what has a comma in it takes quotes"
        )
    return dict(zip(columns, cells, strict=True))


def whole_number(text: str) -> int:
    """Return the whole number that a text is; ValueError for another text, or over DIGITS digits.

    >>> whole_number("-14")
    -14
    """
    if not re.fullmatch(rf"-?[0-9]{{1,{DIGITS}}}", text):
        raise ValueError(f"{shown(text)} is no whole number of at most {DIGITS} digits")
    return int(text)
