"""Readings: sentences that say of some pages that they are pinned, and of others that not.

Put one sense in the place of the word, and the model says whether the sentence is true. The words
are those of data/terms.csv.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pinlab.explore.scenario import PARENT, Scenario
from pinlab.explore.world import World
from pinlab.model.arguments import instance, one_of
from pinlab.model.folio import Page
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST, parse_release
from pinlab.words.corpus import Term, corpus
from pinlab.words.senses import SENSES, senses

if TYPE_CHECKING:
    import pandas


class Situation(NamedTuple):
    """What was done to a page: what it was at the start (`memory` of a Scenario), and the steps."""

    memory: str
    steps: tuple[str, ...]


PIN, GET = "pin_user_pages p x", "get_user_pages g x"

SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        "a page that is only mapped": Situation("A", ()),
        "a page with a reference": Situation("A", (GET,)),
        "a page with 1023 references": Situation("A", (f"{GET} times=1023",)),
        "a page with a pin": Situation("A", (PIN,)),
        "a page that is mlocked": Situation("A", ("mlock x",)),
        "a page in a registered buffer": Situation("A", ("register_buffer b x",)),
        "a 2 MiB page with a reference": Situation("huge", (f"{GET} write",)),
        "a 2 MiB page with a pin": Situation("huge", (f"{PIN} write",)),
        "the zero page, returned by pin_user_pages": Situation("zero", (PIN,)),
        "the zero page, pinned, with a reference besides": Situation("zero", (GET, PIN)),
        "the zero page, pinned, with 1023 references besides": Situation(
            "zero", (f"{GET} times=1023", PIN)
        ),
    }
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


PASSAGES: Mapping[str, Passage] = MappingProxyType(
    {
        passage.id: passage
        for passage in (
            Passage(
                "mail-millions-pins",
                ("a page with a pin",),
                ("a page with a reference", "a page that is mlocked"),
            ),
            Passage(
                "mail-by-refcount",
                ("a page with a reference", "a page with a pin"),
                ("a page that is only mapped",),
            ),
            Passage(
                "mail-note",
                (),
                (
                    "the zero page, returned by pin_user_pages",
                    "the zero page, pinned, with a reference besides",
                    "the zero page, pinned, with 1023 references besides",
                ),
            ),
            Passage("mail-pinned-pages", ("the zero page, returned by pin_user_pages",)),
            Passage(
                "mail-pin-counter",
                ("a 2 MiB page with a pin",),
                ("a 2 MiB page with a reference",),
            ),
            Passage(
                "mail-only-foll-pin",
                ("a page with a pin", "a 2 MiB page with a pin"),
                ("a page with a reference", "a page with 1023 references"),
            ),
            Passage("rst-get-pins", ("a page with a reference",)),
            Passage("pagemap-somehow", ("a page that is mlocked",)),
            Passage("proc-vmpin", ("a page in a registered buffer",), ("a page with a pin",)),
        )
    }
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
