"""Misconceptions: the common mistakes behind wrong answers, each with a name and a place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.text_files import table

PAGE = "misconceptions.md"
"""The page beside the lessons that has them all."""


class Misconception(NamedTuple):
    """A row of data/misconceptions.csv: `name` says what is believed, `sentence` what is so."""

    id: str
    lesson: str
    name: str
    sentence: str

    @property
    def place(self) -> str:
        """Its heading on the page, as a link from a lesson has it."""
        return f"{PAGE}#{self.name.replace(' ', '-')}"


@cache
def misconceptions() -> Mapping[str, Misconception]:
    """Return all of them by id, from data/misconceptions.csv."""
    rows = table(
        DATA / "misconceptions.csv",
        Misconception._fields,
        lambda row: Misconception(**row),
        unique=["id"],
    )
    return MappingProxyType({row.id: row for row in rows})


def diagnosis(idea: str) -> str:
    """Return what is said to a wrong answer: an idea's sentence and its place, or a sentence.

    >>> print(diagnosis("pin-is-a-bit").split(". ")[-1])
    A common mistake: [A pin is a bit](misconceptions.md#A-pin-is-a-bit).
    """
    known = misconceptions().get(idea)
    if known is None:
        return f"{idea}."
    return f"{known.sentence}. A common mistake: [{known.name}]({known.place})."


def reason(idea: str) -> str:
    """Return the same for a list of wrong answers, which may stand in any folder: no link."""
    known = misconceptions().get(idea)
    return f"{idea}." if known is None else f"{known.sentence} (*{known.name}*)."
