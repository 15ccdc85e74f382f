"""What a kernel answered: one measurement per buffer, and where the numbers are from."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pinlab.machine.buffers import Buffer, describe
from pinlab.model.arguments import shown

if TYPE_CHECKING:
    import pandas

DIRECT_IO = "direct I/O"
PROCESS_VM_READV = "process_vm_readv"
CONTROL = "control"
"""Takes the place of the buffer in a measurement of other people's pins."""

AGAIN = "Measure again when it is quieter."


class Measurement(NamedTuple):
    """Pins acquired and released, system-wide, while one buffer was written `writes` times.

    pages: in one write. touched: how many of those had been written to before. seconds: of the
    writes alone, None where nobody measured them. In a control measurement nothing is written,
    and seconds is the time from reading to reading. agreed: whether counting again gave the same;
    if not, others' pins are in the numbers, and the truth is no more than they say.
    """

    buffer: Buffer
    writes: int
    pages: int
    touched: int
    acquired: int
    released: int
    seconds: float | None
    method: str = DIRECT_IO
    agreed: bool = True

    @property
    def moved(self) -> bool:
        """Whether either counter moved."""
        return bool(self.acquired or self.released)

    def sentence(self) -> str:
        """Return the measurement as a sentence."""
        counted = f"{_many(self.acquired, 'pin')} acquired, {self.released} released"
        if self.buffer == CONTROL:
            return f"{self.seconds:.2f} s without a write from here: {counted}."
        others = "" if self.agreed else ", those of others among them"
        return f"{self._accesses()} from {describe(self.buffer)}: {counted}{others}."

    def _accesses(self) -> str:
        if self.method == PROCESS_VM_READV:
            return f"{_many(self.writes, 'read')} of {self.pages} pages by process_vm_readv"
        return f"{_many(self.writes, 'write')} of {self.pages} pages"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True)
class Answer:
    """The measurements of one kernel, in the order of the question.

    live: whether they were made just now on this machine; if not, date says when. control: pins
    that others took before and after, None in a recording. note: what else to know, in plain
    sentences; "" if nothing. label: the words to put on a picture of it.
    """

    measurements: tuple[Measurement, ...]
    kernel: str
    live: bool
    date: str | None
    method: str
    control: Measurement | None
    note: str
    label: str

    def __len__(self) -> int:
        return len(self.measurements)

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.measurements)

    def __getitem__(self, key: int | str) -> Measurement:
        """Return a measurement by its position, or by its buffer's name.

        Raises IndexError, or KeyError naming the buffers there are.
        """
        if not isinstance(key, str):
            return self.measurements[key]
        for measurement in self.measurements:
            if measurement.buffer == key:
                return measurement
        raise KeyError(f"no measurement of {shown(key)}, only of {[m.buffer for m in self]}")

    @property
    def noisy(self) -> bool:
        """Whether others are known to have taken pins meanwhile."""
        quiet = self.control is None or not self.control.moved
        return not (quiet and all(m.agreed for m in self))

    def table(self) -> str:
        """Return all of it as plain text, the measurements in aligned columns."""
        control = () if self.control is None else (self.control,)
        rows = [_HEADS, *map(_cells, (*self.measurements, *control))]
        head = f"{self.label}; {self.method}"
        return "\n".join([head, *aligned(rows), *_nonempty(self.note)])

    __str__ = table

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the measurements, without the control, as a DataFrame with one row each."""
        import pandas

        return pandas.DataFrame(self.measurements, columns=list(Measurement._fields))


def from_this_kernel(
    method: str, control: Sequence[Any], measurements: Sequence[Sequence[Any]]
) -> Answer:
    """Return the answer of the running kernel, from what its worker measured."""
    others = Measurement(*control)
    found = tuple(Measurement(*values) for values in measurements)
    unsure = [str(measurement.buffer) for measurement in found if not measurement.agreed]
    return Answer(
        measurements=found,
        kernel=platform.release(),
        live=True,
        date=None,
        method=method,
        control=others,
        note=" ".join([*_why_not_direct(method), noise(others, unsure)]),
        label=f"your kernel, {version(platform.release())}",
    )


def _why_not_direct(method: str) -> list[str]:
    if method == DIRECT_IO:
        return []
    return [
        "Direct I/O takes no pins of written memory here (up to Linux 6.4 it takes references), "
        "so process_vm_readv read the same pages instead."
    ]


def noise(control: Measurement, unsure: Sequence[str] = ()) -> str:
    """Return in a sentence or two what others pinned meanwhile, as far as anybody can know.

    control: all controls together. unsure: whose numbers have others' pins in them.
    """
    if unsure:
        return (
            f"{meanwhile(control)} Their pins are in the rows {', '.join(unsure)}, too: "
            f"the smallest of several tries is shown. {AGAIN}"
        )
    if control.moved:
        return f"{meanwhile(control)} Counting again gave the same numbers all the same."
    return f"{_controls(control)} saw no pin of others, and counting again gave the same numbers."


def meanwhile(control: Measurement) -> str:
    """Return in a sentence that others were pinning, and what the controls saw of it."""
    pins = f"{_many(control.acquired, 'pin')} acquired, {control.released} released"
    return f"Others were pinning meanwhile. {_controls(control)} saw {pins}."


def _controls(control: Measurement) -> str:
    return f"Controls of {control.seconds:.2f} s, before and after,"


def version(release: str) -> str:
    """Return the numbers of a release: 6.18.44 of 6.18.44-generic."""
    found = re.match(r"\d+\.\d+(\.\d+)?", release)
    return found.group() if found else release


_HEADS = ("buffer", "writes", "pages", "written", "acquired", "released", "seconds")


def _cells(row: Measurement) -> tuple[str, ...]:
    seconds = "-" if row.seconds is None else f"{row.seconds:.3f}"
    return (*map(str, row[:6]), seconds)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines: words to the left in the first column, then numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths) for row in rows]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def _nonempty(text: str) -> list[str]:
    return [text] if text else []
