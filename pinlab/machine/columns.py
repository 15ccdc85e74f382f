"""Three columns: what the model predicts, what a recorded kernel did, what yours does."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pinlab.machine.answer import AGAIN
from pinlab.machine.compare import differences
from pinlab.machine.experiments import checked
from pinlab.machine.measured import Measured, kernel_like
from pinlab.machine.measuring import RECORDED, in_experiments
from pinlab.machine.predictions import predict
from pinlab.machine.predictions.process import Values
from pinlab.machine.questions import Place
from pinlab.machine.recordings import Quantity, builds, find, recordings
from pinlab.model.arguments import instance
from pinlab.model.folio import PAGE_SIZE

if TYPE_CHECKING:
    import pandas

NOT_SEEN = "It takes frame numbers to see that, which are for CAP_SYS_ADMIN only."
UNEXPLAINED = "No reason is known. data/recordings/README.md says how to report it."
COUNTED = ("acq", "rel")
DISK = "/dev/vda:"


class Row(NamedTuple):
    """One quantity in three columns; each of them is "" where there is nothing.

    predicted: by the model of the kernel that was measured. recorded: by the kernel that
    recorded_by names. yours: measured just now. agrees: whether the model says what yours does;
    if nothing at all was measured, what the recorded one did. why: the reason where it does not.
    """

    experiment: str
    case: str
    quantity: str
    predicted: int | str
    recorded: int | str
    recorded_by: str
    yours: int | str
    agrees: bool
    why: str


def three_columns(
    measured: Measured, *experiments: str, kernel: str = RECORDED, build: str | None = None
) -> pandas.DataFrame:
    """Return prediction, recording and measurement side by side, a row for each quantity.

    experiments: those of `measure`; if none is named, all that were asked. kernel and build: whose
    recording it is. The columns are those of `columns.Row`. Raises ValueError for an unknown
    experiment or a kernel that was not recorded, TypeError if `measured` is not from `measure`.
    """
    import pandas

    found = rows(measured, *experiments, kernel=kernel, build=build)
    return pandas.DataFrame(found, columns=list(Row._fields))


def rows(
    measured: Measured, *experiments: str, kernel: str = RECORDED, build: str | None = None
) -> list[Row]:
    """Return the same as rows; errors as above."""
    like = kernel_like(instance("measured", measured, Measured))
    recorded, by = _recorded(kernel, build)
    yours = {row[2:5]: row.value for row in measured.quantities} if measured.live else {}
    predicted: dict[tuple[str, str], Values] = {}
    found = []
    for place in _places(measured, experiments):
        case = place[:2]
        if case not in predicted:
            predicted[case] = predict(*case, like)
        told, own = predicted[case].get(place[2]), yours.get(place)
        judge = own if measured.live else recorded.get(place)
        agrees = told is not None and told == judge
        why = "" if agrees else _why(measured, place, told, judge)
        values = ["" if value is None else value for value in (told, recorded.get(place), own)]
        found.append(Row(*place, values[0], values[1], by, values[2], agrees, why))
    return found


def _places(measured: Measured, experiments: tuple[str, ...]) -> Iterator[Place]:
    """What `measure` can find, whether or not it was found here."""
    asked = {row.experiment for row in measured.quantities} | {e for e, _ in measured.missing}
    wanted = set(checked(experiments)) if experiments else asked
    everything = [row for row in in_experiments(wanted) if row.experiment in asked]
    yield from dict.fromkeys(row[2:5] for row in everything)


def _recorded(kernel: str, build: str | None) -> tuple[Mapping[Place, int | str], str]:
    """What one recorded build did, and its name."""
    chosen = find(kernel, build)
    told = {row[2:5]: row.value for row in recordings() if row[:2] == (chosen.kernel, chosen.build)}
    return _with_files(told), f"{chosen.kernel}, {chosen.build}"


def _with_files(told: Mapping[Place, int | str]) -> dict[Place, int | str]:
    """Let a virtio disk speak for a file on a disk, where no file was written to."""
    disk = {
        (experiment, f"file:{case.removeprefix(DISK)}", quantity): value
        for (experiment, case, quantity), value in told.items()
        if experiment == "direct_io" and case.startswith(DISK)
    }
    return disk | dict(told)


def _why(
    measured: Measured, place: Place, predicted: int | str | None, found: int | str | None
) -> str:
    if found is None:
        return measured.missing.get(place[:2], NOT_SEEN)
    if reason := _known(place, predicted, found):
        return reason
    if measured.live and mmap.PAGESIZE != PAGE_SIZE:
        return f"A page has {mmap.PAGESIZE} bytes here, and {PAGE_SIZE} in the model."
    if place[2] in COUNTED and measured.noisy:
        return f"{measured.note} {AGAIN}"
    return UNEXPLAINED


def _known(place: Place, predicted: int | str | None, found: int | str) -> str:
    """The reason that a recorded kernel has for the same difference."""
    for build in builds():
        row = Quantity(build.kernel, build.build, *place, found)
        for difference in differences():
            if difference.explains(row, predicted):
                return f"{difference.reason} ({difference.source})"
    return ""
