"""What recorded kernels did, from the files in data/recordings, and the model of each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from pinlab.data_folder import DATA
from pinlab.machine.answer import DIRECT_IO, Answer, Measurement
from pinlab.machine.buffers import PAGES, Buffer, check_all, touched
from pinlab.model.arguments import instance, shown, whole
from pinlab.model.kernel import Kernel
from pinlab.text_files import table, whole_number

DATE = "November 2026"
"""When all of the file was recorded."""

FOLDER = DATA / "recordings"
NO_RECORDINGS = ("kernels.csv", "quantities.csv", "differences.csv")
"""Files beside them that say more about them."""


class Build(NamedTuple):
    """A recorded kernel: a row of data/recordings/kernels.csv.

    kernel and build are as in the recordings. release and overrides make the model of it: a build
    may follow other rules than its release number says. date, machine and asked_by are where its
    rows are from.
    """

    kernel: str
    build: str
    release: str
    overrides: Mapping[str, str]
    date: str
    machine: str
    asked_by: str

    def boot(self) -> Kernel:
        """Return a machine in the model that follows this build's rules."""
        return Kernel(self.release, **self.overrides)


@cache
def builds() -> tuple[Build, ...]:
    """Return every recorded build, in the order of the file.

    >>> [build.kernel for build in builds() if build.overrides]
    ['6.1.192']
    """
    columns = ("kernel", "build", "release", "overrides", "date", "machine", "asked by")
    return tuple(table(FOLDER / "kernels.csv", columns, _build, unique=columns[:2]))


def _build(row: Mapping[str, str]) -> Build:
    rules = dict(pair.split("=") for pair in row["overrides"].split())
    kernel, build, release, _, *origin = row.values()
    return Build(kernel, build, release, MappingProxyType(rules), *origin)


def find(kernel: str, build: str | None = None) -> Build:
    """Return a recorded build; `build` is needed where there are two of a kernel.

    Raises ValueError, naming the choices, for one that was not recorded.
    """
    found = narrowed(builds(), "kernel", kernel)
    if build is None and len(found) > 1:
        choices = _choices(found, "build")
        raise ValueError(f"build= is missing: of {kernel!r} there are {choices}")
    return found[0] if build is None else narrowed(found, "build", build)[0]


def boot(kernel: str, build: str | None = None) -> Kernel:
    """Return the model of a recorded kernel; arguments and errors are those of `find`.

    >>> boot("6.12.117").rules.dio_hold
    'pin'
    """
    return find(kernel, build).boot()


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


def files() -> list[Path]:
    """Return the files that have recordings in them, by name."""
    return sorted(path for path in FOLDER.glob("*.csv") if path.name not in NO_RECORDINGS)


@cache
def recordings() -> tuple[Quantity, ...]:
    """Return every recorded quantity, file by file, in the order of the rows."""
    return tuple(row for path in files() for row in read(path))


def recording(
    kernel: str, experiment: str, case: str, build: str | None = None
) -> dict[str, int | str]:
    """Return the recorded quantities of one case of one experiment, by name.

    Numbers are ints, words stay words. `build` is needed where a kernel was recorded in more
    than one. Raises ValueError naming the choices if there is no such recording.
    """
    rows = narrowed(_of_experiment(kernel, experiment, build), "case", case)
    return {row.quantity: row.value for row in rows}


def cases(kernel: str, experiment: str, build: str | None = None) -> tuple[str, ...]:
    """Return the recorded cases of one experiment, in the order of the file.

    Raises ValueError as `recording`.
    """
    return tuple(dict.fromkeys(row.case for row in _of_experiment(kernel, experiment, build)))


def _of_experiment(kernel: str, experiment: str, build: str | None) -> tuple[Quantity, ...]:
    wanted = find(kernel, build)
    rows = tuple(row for row in recordings() if row[:2] == wanted[:2])
    return narrowed(rows, "experiment", experiment)


Row = TypeVar("Row", Build, Quantity)


def narrowed(rows: tuple[Row, ...], column: str, wanted: str) -> tuple[Row, ...]:
    """Return the rows that have `wanted` in a column; ValueError naming the choices if none has."""
    found = tuple(row for row in rows if getattr(row, column) == wanted)
    if not found:
        instance(column, wanted, str)
        raise ValueError(f"{column} is {shown(wanted)}: recorded are {_choices(rows, column)}")
    return found


def _choices(rows: tuple[Row, ...], column: str) -> str:
    return ", ".join(dict.fromkeys(repr(getattr(row, column)) for row in rows))


class _StandIn(NamedTuple):
    """A recorded kernel that answers for one that cannot be asked."""

    kernel: str
    experiment: str
    writes: int
    cases: dict[Buffer, str]
    words: str


# It has pinned direct I/O and exempts the zero page, as a reader's kernel most likely does.
_BY_NAME = _StandIn(
    "6.18.44", "touched_pages", 100,
    {b: f"{b}:writes=100" for b in ("letters", "zeros", "never", "huge-never")}, "100 writes each",
)  # fmt: skip
_BY_TOUCHED_PAGES = _BY_NAME._replace(
    cases={k: f"k={k}:writes=100" for k in (0, 1, 2, 8, 32, 64)},
)
_MANY_WRITES = _BY_NAME._replace(
    writes=32768,
    cases={b: f"{b}:writes=32768" for b in ("letters", "never")},
    words="32768 writes each",
)


def recorded(*buffers: Buffer, writes: int = 100) -> Answer:
    """Return what a recorded kernel did with those of the buffers that it was asked about.

    Each was written 100 times, or where all of them were recorded so, and `writes` is that many,
    32768 times. A question about names and numbers of touched pages gets the names. The note says
    which buffers are left out. Raises TypeError or ValueError for what is no buffer.
    """
    writes = whole("writes", writes, 1)
    asked = check_all(buffers)
    source = _source(asked, writes)
    return Answer(
        measurements=tuple(_replay(source, name) for name in asked if name in source.cases),
        kernel=source.kernel,
        live=False,
        date=DATE,
        method=DIRECT_IO,
        control=None,
        note=_left_out([name for name in asked if name not in source.cases]),
        label=f"recording: Linux {source.kernel}, {DATE}, {source.words}",
    )


def _source(asked: tuple[Buffer, ...], writes: int) -> _StandIn:
    if writes == _MANY_WRITES.writes and all(buffer in _MANY_WRITES.cases for buffer in asked):
        return _MANY_WRITES
    by_name = any(isinstance(buffer, str) for buffer in asked)
    return _BY_NAME if by_name else _BY_TOUCHED_PAGES


def _replay(source: _StandIn, buffer: Buffer) -> Measurement:
    quantities = recording(source.kernel, source.experiment, source.cases[buffer])
    acquired, released = int(quantities["acq"]), int(quantities["rel"])
    return Measurement(
        buffer, source.writes, PAGES, touched(buffer), acquired, released, seconds=None
    )


def _left_out(buffers: list[Buffer]) -> str:
    return f"Not recorded: {', '.join(map(repr, buffers))}." if buffers else ""
