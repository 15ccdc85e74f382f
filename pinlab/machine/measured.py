"""Answer: what a kernel did, and where the numbers are from."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pinlab.machine.buffers import Buffer
from pinlab.model.arguments import shown

DIRECT_IO = "direct I/O"
PROCESS_VM_READV = "process_vm_readv"
CONTROL = "control"
"""Takes the place of the buffer in a measurement of other people's pins."""

AGAIN = "Measure again when it is quieter."
NOT_SEEN = "It takes frame numbers to see that, which are for CAP_SYS_ADMIN only."

Case = tuple[str, str]
Place = tuple[str, str, str]
"""Experiment, case, and of a Place also the quantity, as the recordings name them."""

Value = int | str


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

    def cells(self) -> tuple[str, ...]:
        """Return what stands in a table of several."""
        seconds = "-" if self.seconds is None else f"{self.seconds:.3f}"
        return (*map(str, self[:6]), seconds)


_HEADS = ("buffer", "writes", "pages", "written", "acquired", "released", "seconds")


@dataclass(frozen=True, repr=False)
class Answer:
    """What a kernel did when it was asked, or a recording of one.

    live: whether it was measured just now on this machine; if not, date says when. label: the
    words to put beside the numbers. note: what else to know, in plain sentences; "" if nothing.
    values: by experiment, case and quantity. missing: by experiment and case, why there is none.
    noisy: whether others are known to have taken pins meanwhile; control: how many they took
    before and after, None in a recording. lines: the numbers as a table. measurements: those of
    `machine.ask`, in the order of the question; the answer is a sequence of them.
    """

    kernel: str
    live: bool
    label: str
    date: str | None = None
    note: str = ""
    values: Mapping[Place, Value] = field(default_factory=dict)
    missing: Mapping[Case, str] = field(default_factory=dict)
    noisy: bool = False
    control: Measurement | None = None
    lines: tuple[str, ...] = ()
    measurements: tuple[Measurement, ...] = ()

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

    def table(self) -> str:
        """Return all of it as plain text, the numbers in aligned columns."""
        return "\n".join([*self.lines, *filter(None, [self.note])])

    def __str__(self) -> str:
        return self.table()

    __repr__ = __str__


def yours() -> Answer:
    """Return an answer of the running kernel, with nothing in it yet."""
    release = platform.release()
    return Answer(release, live=True, label=f"your kernel, {version(release)}")


def version(release: str) -> str:
    """Return the numbers of a release: 6.18.44 of 6.18.44-generic."""
    found = re.match(r"\d+\.\d+(\.\d+)?", release)
    return found.group() if found else release


def of_buffers(
    whose: Answer,
    measurements: Sequence[Measurement],
    method: str = DIRECT_IO,
    control: Measurement | None = None,
    note: str = "",
) -> Answer:
    """Return an answer that has these measurements; whose: one of the same kernel."""
    unsure = [str(measurement.buffer) for measurement in measurements if not measurement.agreed]
    words, noisy = noise(control, unsure)
    rows = [*measurements, *([] if control is None else [control])]
    head = f"{whose.label}; {method}"
    return replace(
        whose,
        measurements=tuple(measurements),
        control=control,
        values={
            ("touched_pages", case_of(m.buffer, m.writes), quantity): pins
            for m in measurements
            if m.method == DIRECT_IO and m.agreed
            for quantity, pins in (("acq", m.acquired), ("rel", m.released))
        },
        note=" ".join(filter(None, [note, words])),
        noisy=noisy,
        lines=(head, *aligned([_HEADS, *(row.cells() for row in rows)])),
    )


def case_of(buffer: Buffer, writes: int) -> str:
    """Return what the recordings call so many writes of a buffer."""
    return f"{buffer if isinstance(buffer, str) else f'k={buffer}'}:writes={writes}"


def noise(
    control: Measurement | None, unsure: Sequence[str] = (), *, left_out: bool = False
) -> tuple[str, bool]:
    """Return what others pinned meanwhile, as far as anybody can know, and whether they did.

    control: all controls together, None where nobody counted. unsure: whose numbers have others'
    pins in them. left_out: whether such numbers are not shown at all.
    """
    if control is None:
        return "", False
    pins = "1 pin" if control.acquired == 1 else f"{control.acquired} pins"
    controls = f"Controls of {control.seconds:.2f} s, before and after, saw"
    others = (
        f"Others were pinning meanwhile. {controls} {pins} acquired, {control.released} released."
    )
    if unsure:
        rows = f"Their pins are in the rows {', '.join(unsure)}, too"
        return f"{others} {rows}: the smallest of several tries is shown. {AGAIN}", True
    if left_out:
        return f"{others} What cannot be told is left out.", True
    if control.acquired or control.released:
        return f"{others} Counting again gave the same numbers all the same.", True
    return f"{controls} no pin of others, and counting again gave the same numbers.", False


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines: words to the left in the first column, then numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
