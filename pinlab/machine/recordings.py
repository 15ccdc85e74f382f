"""What recorded kernels did, from the files in data/recordings, and what the model says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pinlab.data_folder import DATA
from pinlab.machine.buffers import PAGES, Buffer, check_all, touched
from pinlab.machine.measured import Answer, Measurement, case_of, of_buffers
from pinlab.machine.predictions import predict
from pinlab.machine.predictions.calls import Values
from pinlab.model.arguments import instance, shown, whole
from pinlab.model.kernel import Kernel
from pinlab.text_files import table, whole_number

if TYPE_CHECKING:
    import pandas

DATE = "November 2026"
"""When all of the file was recorded."""

RECORDED, BUILD = "6.18.44", "x86-64 virtual machine"
"""Who answers where nobody can be asked. It has pinned direct I/O and exempts the zero page, as a
reader's kernel most likely does."""

RECORDING = Answer(RECORDED, live=False, label=f"recording: Linux {RECORDED}, {DATE}", date=DATE)
"""Without anything in it yet."""

MANY = 32768
"""Writes of some buffers, which were recorded beside 100 of each."""

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
    found = _narrowed(builds(), "kernel", kernel)
    if build is None and len(found) > 1:
        choices = _choices(found, "build")
        raise ValueError(f"build= is missing: of {kernel!r} there are {choices}")
    return found[0] if build is None else _narrowed(found, "build", build)[0]


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


def read(file: str | os.PathLike[str]) -> list[Quantity]:
    """Return the rows of a CSV file of recordings, in order; raises as `text_files.table`."""
    return table(file, Quantity._fields, _quantity, unique=Quantity._fields[:5])


def _quantity(row: Mapping[str, str]) -> Quantity:
    if empty := [column for column, text in row.items() if not text]:
        raise ValueError(f"nothing stands under {', '.join(empty)}")
    *names, text = row.values()
    number = re.fullmatch(r"-?[0-9]+", text)
    return Quantity._make([*names, whole_number(text) if number else text])


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
    rows = _narrowed(_of_experiment(kernel, experiment, build), "case", case)
    return {row.quantity: row.value for row in rows}


def cases(kernel: str, experiment: str, build: str | None = None) -> tuple[str, ...]:
    """Return the recorded cases of one experiment, in the order of the file.

    Raises ValueError as `recording`.
    """
    return tuple(dict.fromkeys(row.case for row in _of_experiment(kernel, experiment, build)))


def _of_experiment(kernel: str, experiment: str, build: str | None) -> tuple[Quantity, ...]:
    wanted = find(kernel, build)
    rows = tuple(row for row in recordings() if row[:2] == wanted[:2])
    return _narrowed(rows, "experiment", experiment)


Row = TypeVar("Row", Build, Quantity)


def _narrowed(rows: tuple[Row, ...], column: str, wanted: str) -> tuple[Row, ...]:
    """Return the rows that have `wanted` in a column; ValueError naming the choices if none has."""
    found = tuple(row for row in rows if getattr(row, column) == wanted)
    if not found:
        instance(column, wanted, str)
        raise ValueError(f"{column} is {shown(wanted)}: recorded are {_choices(rows, column)}")
    return found


def _choices(rows: tuple[Row, ...], column: str) -> str:
    return ", ".join(dict.fromkeys(repr(getattr(row, column)) for row in rows))


def recorded(*buffers: Buffer, writes: int = 100) -> Answer:
    """Return what a recorded kernel did with those of the buffers that it was asked about.

    Each was written 100 times, or where all of them were recorded so, and `writes` is that many,
    32768 times. A question about names and numbers of touched pages gets the names. The note says
    which buffers are left out. Raises TypeError or ValueError for what is no buffer.
    """
    writes = whole("writes", writes, 1)
    asked = check_all(buffers)
    known = cases(RECORDED, "touched_pages")
    many = writes == MANY and all(case_of(buffer, MANY) in known for buffer in asked)
    times = MANY if many else 100
    named = any(isinstance(buffer, str) for buffer in asked)
    told = [b for b in asked if case_of(b, times) in known and isinstance(b, str) is named]
    left_out = [repr(buffer) for buffer in asked if buffer not in told]
    return of_buffers(
        replace(RECORDING, label=f"{RECORDING.label}, {times} writes each"),
        [_replayed(buffer, times) for buffer in told],
        note=f"Not recorded: {', '.join(left_out)}." if left_out else "",
    )


def _replayed(buffer: Buffer, writes: int) -> Measurement:
    told = recording(RECORDED, "touched_pages", case_of(buffer, writes))
    pins = int(told["acq"]), int(told["rel"])
    return Measurement(buffer, writes, PAGES, touched(buffer), *pins, seconds=None)


# Every recorded quantity beside what the model predicts of that kernel. Where the two part, an
# entry of data/recordings/differences.csv says why. It names its kernels, cases and quantities;
# there are no wildcards.

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
