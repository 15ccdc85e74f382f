"""Observations: what comes out of litmus tests on a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from pinlab.explore.litmus.file import Litmus, load, names
from pinlab.explore.search import MOST_STATES, Schedule, explore, trace
from pinlab.model.arguments import instance, several

if TYPE_CHECKING:
    import pandas

ERAS = ("5.7", "5.8", "5.9", "5.11", "5.19", "6.2", "6.5")
"""Releases with which something changes for at least one test; 5.7 answers as 5.6 does."""


@dataclass(frozen=True, repr=False)
class Observation:
    """What came out of a test on a release; witness is a trace where the answer is yes.

    outcomes is how many ends can be told apart by what the question asks for; remarks, who still
    waits at some end and what used a freed folio; complete, whether it was not interrupted.
    """

    name: str
    release: str
    verdict: str
    states: int
    runs: int
    outcomes: int
    schedule: Schedule | None
    witness: str
    remarks: tuple[str, ...] = ()
    complete: bool = True

    def __str__(self) -> str:
        orders = f"{self.runs} orders" if self.complete else "interrupted"
        numbers = f"{self.states} states, {orders}, {self.outcomes} outcomes"
        head = f"{self.name} on Linux {self.release}: {self.verdict} ({numbers})"
        told = [head, *(f"at some ends {remark}" for remark in self.remarks)]
        return "\n".join([*told, "", self.witness] if self.witness else told)

    __repr__ = __str__

    def require_complete(self) -> Observation:
        """Return it; KeyboardInterrupt if it was interrupted, for who needs all of it."""
        if not self.complete:
            raise KeyboardInterrupt(f"interrupted after {self.states} states")
        return self


def run(
    test: str | Litmus,
    release: str,
    rules: Mapping[str, object] = MappingProxyType({}),
    *,
    most_states: int = MOST_STATES,
) -> Observation:
    """Try every order of a test's steps on a release; `rules` override some of its rules.

    test is a name of those in data/litmus, or one that was parsed. Raises ValueError for a name
    that is none, a release that is not modelled, and rules that are none; RuntimeError for more
    than `most_states` states, and if it was interrupted before the verdict is known.
    """
    test = load(test) if isinstance(test, str) else instance("test", test, Litmus)
    found = explore(test.scenario, release, rules, most_states=most_states)
    schedule = found.witness(test.exists)
    witness = "" if schedule is None else trace(test.scenario, schedule, release, rules)
    return Observation(
        test.name, release, found.verdict(test.exists), found.states, found.runs,
        len(found.outcomes), schedule, witness, found.remarks, found.complete,
    )  # fmt: skip


def whole_verdict(
    test: Litmus, release: str, rules: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Return the verdict of all orders; KeyboardInterrupt if there was an Interrupt meanwhile."""
    return explore(test.scenario, release, rules).require_complete().verdict(test.exists)


def table(releases: Sequence[str] = ERAS) -> pandas.DataFrame:
    """Return the verdicts as a DataFrame: a row for each test, a column for each release.

    Interrupt stops it.
    """
    import pandas

    columns = several("releases", releases, str)
    rows = {name: [whole_verdict(load(name), release) for release in columns] for name in names()}
    frame = pandas.DataFrame.from_dict(rows, orient="index", columns=list(columns))
    return frame.rename_axis(index="test", columns="release")
