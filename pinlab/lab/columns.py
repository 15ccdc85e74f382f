"""Three columns: what the model predicts, what was recorded, and what the reader's kernel does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from pinlab.machine import builds, predict, recordings
from pinlab.machine.measured import AGAIN, NOT_SEEN, Answer, Place, aligned, version
from pinlab.machine.recordings import Build
from pinlab.model.arguments import instance, mapping, one_of, several, shown
from pinlab.model.kernel import Kernel

Values = Mapping[Place, int | str]

NOTHING = "-"

NEVER_HERE = {
    "held_pins": "It is shown from a recording only: on a machine in use it would harm others.",
    "dio_read_and_fork": "It takes a disk that needs a second for a read.",
}
"""Experiments that are done on no reader's machine, and why."""


UNLIKE = (
    "Your kernel is not like the model of the release that it says it is. "
    "A distribution may have added or left out a patch."
)


class Column(NamedTuple):
    """One column of values, by their places, and where they are from."""

    name: str
    source: str
    values: Values


@dataclass(frozen=True, repr=False)
class Columns:
    """A table of claims: predicted, recorded, yours, and whether these are the same.

    head: where each column is from. rows: the headings, then a row for each claim. notes: why
    something is missing or differs.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def bundles(self) -> list[dict[str, object]]:
        """Return what is displayed where it is covered by a guess, by MIME type."""
        return [{"text/html": f"<pre>{escape(str(self))}</pre>", "text/plain": str(self)}]

    def __str__(self) -> str:
        verdicts = (row[-1] for row in self.rows)
        numbers = aligned([row[:-1] for row in self.rows])
        table = (
            f"{line}  {verdict}".rstrip() for line, verdict in zip(numbers, verdicts, strict=True)
        )
        return "\n".join([*self.head, "", *table, *[""] * bool(self.notes), *self.notes])

    __repr__ = __str__


def three_columns(
    claims: Mapping[str, Place],
    measured: Answer | None = None,
    recorded: str = "6.18.44",
    kernel: Kernel | None = None,
) -> Columns:
    """Return claims in three columns: predicted, recorded, and measured on the reader's kernel.

    claims: words, each with the experiment, case and quantity that tell. measured: an answer of
    `machine.measure`, `ask`, `resident` or `ask_mlock`. recorded: a recorded kernel; where there
    are two builds of it each has a column. kernel: the machine that predicts; by default of the
    release that the reader's kernel says it is, or of the last recorded build where nothing was
    measured or the reader's is not modelled. Raises ValueError for an unknown kernel, experiment
    or case, and where there are no claims, TypeError for what is no such answer or machine.
    """
    mapping("claims", claims)
    for words, place in claims.items():
        if len(several(f"the place of {shown(words)} in claims", place, str)) != 3:
            raise ValueError(f"claims has {shown(place)}: it has to be experiment, case, quantity")
    instance("recorded", recorded, str)
    if not claims:
        raise ValueError("no claims: name at least one, with its experiment, case and quantity")
    sources = _sources(recorded)
    yours = _yours(measured)
    model = _model(yours, sources[-1]) if kernel is None else instance("kernel", kernel, Kernel)
    places = list(claims.values())
    mine = Column("yours", f"your kernel, {version(yours.kernel)}", yours.values)
    columns = [_prediction(model, places), *_recorded(sources), mine]
    return Columns(
        head=tuple(f"{c.name}: {c.source}" for c in columns if yours.live or c is not mine),
        rows=tuple(_rows(claims, columns)),
        notes=(*_missing(claims, yours), *_differing(columns, places, sources, yours)),
    )


def _sources(recorded: str) -> list[Build]:
    found = [build for build in builds() if build.kernel == recorded]
    if not found:
        known = dict.fromkeys(build.kernel for build in builds())
        one_of("recorded", recorded, known)
    return found


def _yours(measured: Answer | None) -> Answer:
    """What was measured now; a recording in its place is left out, and its note says why."""
    if measured is None:
        return Answer("", live=False, label="")
    if not isinstance(measured, Answer):
        raise TypeError(f"measured is {shown(measured)}: it has to be an answer of pinlab.machine")
    if measured.live:
        return measured
    # What that recording does not have either is of no interest here.
    return Answer("", live=False, label="", note=measured.note.partition(" Not recorded: ")[0])


def _model(yours: Answer, last: Build) -> Kernel:
    """Return the machine that predicts; one older than the model cannot be the reader's."""
    try:
        return Kernel(version(yours.kernel)) if yours.live else last.boot()
    except ValueError:
        return last.boot()


def _prediction(model: Kernel, places: list[Place]) -> Column:
    found = {
        place: values[place[2]]
        for place in places
        if place[2] in (values := predict(*place[:2], model))
    }
    return Column("predicted", f"the model of Linux {model.release}", found)


def _recorded(sources: list[Build]) -> Iterator[Column]:
    for build in sources:
        several = len(sources) > 1
        name = f"recorded {build.build.split()[0]}" if several else "recorded"
        which = f" {build.build.partition(' (')[0]}" if several else ""
        values = {q[2:5]: q.value for q in recordings() if q[:2] == build[:2]}
        yield Column(name, f"Linux {build.kernel}{which}, {build.date}", values)


def _rows(claims: Mapping[str, Place], columns: list[Column]) -> Iterator[tuple[str, ...]]:
    yield ("", *(column.name for column in columns), "")
    for words, place in claims.items():
        cells = (str(column.values.get(place, NOTHING)) for column in columns)
        yield (words, *cells, _verdict(place, columns))


def _verdict(place: Place, columns: list[Column]) -> str:
    prediction, *others = columns
    if place not in prediction.values:
        return "not predicted"
    differing = [column.name for column in others if _differs(place, prediction, column)]
    return f"differs: {', '.join(differing)}" if differing else "agree"


def _differs(place: Place, prediction: Column, other: Column) -> bool:
    return place in other.values and other.values[place] != prediction.values.get(place)


def _why_not(yours: Answer, place: Place) -> str:
    """Return why there is no value of a place."""
    experiment, case, _ = place
    if reason := yours.missing.get((experiment, case)):
        return reason
    if any(known[:2] == (experiment, case) for known in yours.values):
        return NOT_SEEN
    return NEVER_HERE.get(experiment) or yours.note or "It was not asked."


def _missing(claims: Mapping[str, Place], yours: Answer) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for words, place in claims.items():
        if place not in yours.values:
            reasons.setdefault(_why_not(yours, place), []).append(words)
    for reason, missing in reasons.items():
        which = "" if len(missing) == len(claims) else f": {', '.join(missing)}"
        yield f"Not measured on your kernel{which}. {reason}"


def _differing(
    columns: list[Column], places: list[Place], sources: list[Build], yours: Answer
) -> Iterator[str]:
    prediction, *recorded, mine = columns
    for column, build in zip(recorded, sources, strict=True):
        apart = [place for place in places if _differs(place, prediction, column)]
        own = _prediction(build.boot(), apart)
        if apart and not any(_differs(place, own, column) for place in apart):
            yield f'"{column.name}" is what the model predicts of that build.'
    if any(_differs(place, prediction, mine) for place in places):
        yield f"{yours.note} {AGAIN}" if yours.noisy else UNLIKE
