"""Readings: sentences that say of some pages that they are pinned, and of others that not.

Put one sense in the place of the word, and the model says whether the sentence is true. The pages
are in data/situations.csv, the sentences in data/passages.csv, with their words in data/terms.csv.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pinlab.data_folder import DATA
from pinlab.explore.scenario import PARENT, Scenario
from pinlab.explore.world import World
from pinlab.model.arguments import instance, one_of
from pinlab.model.folio import Page
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST, parse_release
from pinlab.text_files import table
from pinlab.words.corpus import Term, corpus
from pinlab.words.senses import SENSES, senses

if TYPE_CHECKING:
    import pandas


COLUMNS = 88
"""Characters in a line of what a passage says."""


class Situation(NamedTuple):
    """What was done to a page: what it was at the start (`memory` of a Scenario), and the steps."""

    memory: str
    steps: tuple[str, ...]


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split("; ")))


def _situation(row: Mapping[str, str]) -> tuple[str, Situation]:
    return row["situation"], Situation(row["memory"], _listed(row["steps"]))


SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    dict(table(DATA / "situations.csv", ("situation", *Situation._fields), _situation))
)
"""The pages that sentences are about, by name; x is a written page, or as the name says."""


class Passage(NamedTuple):
    """A place of data/terms.csv (its id), and which pages are pinned if what it says is true."""

    id: str
    pinned: tuple[str, ...]
    not_pinned: tuple[str, ...] = ()

    @property
    def term(self) -> Term:
        """The place, with the words that stand there."""
        return next(term for term in corpus() if term.id == self.id)

    def __str__(self) -> str:
        """Return whose words they are, the words, and the pages: pinned or not, if they are true.

        >>> print(PASSAGES["mail-by-refcount"])
        mail-by-refcount (David Howells)
            we've been using "pinned" to mean held by a refcount
            pinned: a page with a reference; a page with a pin
            not pinned: a page that is only mapped
        """
        told = {"pinned": self.pinned, "not pinned": self.not_pinned}
        pages = (f"{name}: {'; '.join(some)}" for name, some in told.items() if some)
        lines = [f"{self.id} ({self.term.speaker or self.term.file})", self.term.words, *pages]
        return "\n".join(
            fill(line, COLUMNS, initial_indent="    " * bool(n), subsequent_indent="        ")
            for n, line in enumerate(lines)
        )


def _passage(row: Mapping[str, str]) -> tuple[str, Passage]:
    return row["id"], Passage(row["id"], _listed(row["pinned"]), _listed(row["not_pinned"]))


PASSAGES: Mapping[str, Passage] = MappingProxyType(
    dict(table(DATA / "passages.csv", Passage._fields, _passage))
)
"""The sentences that can be tried, the mail's first."""


def page_in(situation: str, release: str = NEWEST) -> Page:
    """Return the page of a situation, on a machine of that release.

    Raises ValueError for an unknown situation, and as Kernel.
    """
    memory, steps = SITUATIONS[one_of("situation", situation, SITUATIONS)]
    world = World(Scenario({"x": memory}, {PARENT: steps}), Kernel(release))
    for _ in steps:
        world.go(PARENT)
    return world.kernel.mms[0].mapped()[0].page


def fails_at(passage: Passage | str, sense: str, release: str = NEWEST) -> str | None:
    """Return the first page of which a sentence is false in a sense; None if it is true of all.

    passage: one of yours, or the id of one of PASSAGES. Raises ValueError for another id or sense.

    >>> fails_at("mail-note", "foll-pin", "6.5") is None
    True
    >>> fails_at("mail-note", "any-reference", "6.5")
    'the zero page, pinned, with a reference besides'
    """
    if isinstance(passage, str):
        passage = PASSAGES[one_of("passage", passage, PASSAGES)]
    instance("passage", passage, Passage)
    one_of("sense", sense, SENSES)
    parse_release(release)
    wanted = dict.fromkeys(passage.pinned, True) | dict.fromkeys(passage.not_pinned, False)
    return next(
        (s for s, pinned in wanted.items() if senses(page_in(s, release))[sense] != pinned), None
    )


def readings(release: str = NEWEST) -> pandas.DataFrame:
    """Return in which senses each sentence of PASSAGES is true: a row each, True or False."""
    import pandas

    rows = {
        passage: {sense: fails_at(passage, sense, release) is None for sense in SENSES}
        for passage in PASSAGES
    }
    return pandas.DataFrame.from_dict(rows, orient="index")
