"""What other kernels did, from the files in data/recordings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.machine.buffers import PAGES, Buffer, check_all, touched
from pinlab.machine.measured import Answer, Measurement, of_buffers
from pinlab.machine.quantity import Quantity, read
from pinlab.model.arguments import instance, shown, whole

DATE = "November 2026"
"""When all of the file was recorded."""

RECORDED, BUILD = "6.18.44", "x86-64 virtual machine"
"""Who answers where nobody can be asked: the questions of `machine.ask` were put to it, too."""

FOLDER = DATA / "recordings"
NO_RECORDINGS = ("kernels.csv", "quantities.csv", "differences.csv")
"""Files beside them that say more about them."""


class _StandIn(NamedTuple):
    """A recorded kernel that answers for one that cannot be asked."""

    kernel: str
    experiment: str
    writes: int
    cases: dict[Buffer, str]
    words: str


# It has pinned direct I/O and exempts the zero page, as a reader's kernel most likely does.
_BY_NAME = _StandIn(
    RECORDED, "touched_pages", 100,
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


def recording(
    kernel: str, experiment: str, case: str, build: str | None = None
) -> dict[str, int | str]:
    """Return the recorded quantities of one case of one experiment, by name.

    Numbers are ints, words stay words. `build` is needed where a kernel was recorded in more
    than one. Raises ValueError naming the choices if there is no such recording.
    """
    rows = _narrow(_of_experiment(kernel, experiment, build), "case", case)
    return {row.quantity: row.value for row in rows}


def cases(kernel: str, experiment: str, build: str | None = None) -> tuple[str, ...]:
    """Return the recorded cases of one experiment, in the order of the file.

    Raises ValueError as `recording`.
    """
    return tuple(dict.fromkeys(row.case for row in _of_experiment(kernel, experiment, build)))


def files() -> list[Path]:
    """Return the files that have recordings in them, by name."""
    return sorted(path for path in FOLDER.glob("*.csv") if path.name not in NO_RECORDINGS)


@cache
def recordings() -> tuple[Quantity, ...]:
    """Return every recorded quantity, file by file, in the order of the rows."""
    return tuple(row for path in files() for row in read(path))


def _of_experiment(kernel: str, experiment: str, build: str | None) -> tuple[Quantity, ...]:
    rows = _narrow(recordings(), "kernel", kernel)
    rows = _narrow(rows, "build", _only_build(rows) if build is None else build)
    return _narrow(rows, "experiment", experiment)


def _narrow(rows: tuple[Quantity, ...], column: str, wanted: str) -> tuple[Quantity, ...]:
    found = tuple(row for row in rows if getattr(row, column) == wanted)
    if not found:
        instance(column, wanted, str)
        raise ValueError(f"{column} is {shown(wanted)}: recorded are {_choices(rows, column)}")
    return found


def _only_build(rows: tuple[Quantity, ...]) -> str:
    builds = {row.build for row in rows}
    if len(builds) > 1:
        raise ValueError(
            f"Linux {rows[0].kernel} was recorded in several builds, so build has to be one of "
            f"{_choices(rows, 'build')}"
        )
    return builds.pop()


def _choices(rows: tuple[Quantity, ...], column: str) -> str:
    return ", ".join(dict.fromkeys(repr(getattr(row, column)) for row in rows))


def recorded(*buffers: Buffer, writes: int = 100) -> Answer:
    """Return what a recorded kernel did with those of the buffers that it was asked about.

    Each was written 100 times, or where all of them were recorded so, and `writes` is that many,
    32768 times. A question about names and numbers of touched pages gets the names. The note says
    which buffers are left out. Raises TypeError or ValueError for what is no buffer.
    """
    writes = whole("writes", writes, 1)
    asked = check_all(buffers)
    source = _source(asked, writes)
    left_out = [repr(name) for name in asked if name not in source.cases]
    label = f"recording: Linux {source.kernel}, {DATE}, {source.words}"
    return of_buffers(
        Answer(source.kernel, live=False, label=label, date=DATE),
        [_replay(source, name) for name in asked if name in source.cases],
        note=f"Not recorded: {', '.join(left_out)}." if left_out else "",
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
