"""Observations: what comes out of litmus tests on a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from pinlab.explore.explorer import explore, trace
from pinlab.explore.graph import Schedule
from pinlab.explore.litmus.file import Litmus, load, names
from pinlab.model.arguments import instance, several

if TYPE_CHECKING:
    import pandas

ERAS = ("5.7", "5.8", "5.9", "5.11", "5.19", "6.2", "6.5")
"""Releases with which something changes for at least one test; 5.7 answers as 5.6 does."""


@dataclass(frozen=True, repr=False)
class Observation:
    """What came out of a test on a release; witness is a trace where the answer is yes.

    outcomes is how many ends can be told apart by what the question asks for.
    """

    name: str
    release: str
    verdict: str
    states: int
    runs: int
    outcomes: int
    schedule: Schedule | None
    witness: str

    def __str__(self) -> str:
        numbers = f"{self.states} states, {self.runs} orders, {self.outcomes} outcomes"
        head = f"{self.name} on Linux {self.release}: {self.verdict} ({numbers})"
        return head + (f"\n\n{self.witness}" if self.witness else "")

    __repr__ = __str__


def run(
    test: str | Litmus, release: str, rules: Mapping[str, object] = MappingProxyType({})
) -> Observation:
    """Try every order of a test's steps on a release; `rules` override some of its rules.

    test is a name of those in data/litmus, or one that was parsed. Raises ValueError for a name
    that is none, a release that is not modelled, and rules that are none.
    """
    test = load(test) if isinstance(test, str) else instance("test", test, Litmus)
    found = explore(test.scenario, release, rules)
    schedule = found.witness(test.exists)
    witness = "" if schedule is None else trace(test.scenario, schedule, release, rules)
    return Observation(
        test.name, release, found.verdict(test.exists), found.states, found.runs,
        len(found.outcomes), schedule, witness,
    )  # fmt: skip


def table(releases: Sequence[str] = ERAS) -> pandas.DataFrame:
    """Return the verdicts as a DataFrame: a row for each test, a column for each release."""
    import pandas

    releases = several("releases", releases, str)
    rows = {name: [run(name, release).verdict for release in releases] for name in names()}
    frame = pandas.DataFrame.from_dict(rows, orient="index", columns=list(releases))
    return frame.rename_axis(index="test", columns="release")
