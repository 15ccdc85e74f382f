"""Terms: where kernel sources, documents and the mail say pin, and in which sense.

The places are in data/terms.csv; data/terms.md explains its columns. Six senses are the model's
own (`pinlab.words.senses`). Three more occur in kernel texts and are none of these:
`SENSES_BESIDE` says what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pinlab.data_folder import DATA
from pinlab.model.arguments import instance, one_of, several, shown
from pinlab.text_files import table
from pinlab.words.senses import SENSES

if TYPE_CHECKING:
    from pandas import DataFrame

SENSES_BESIDE: Mapping[str, str] = MappingProxyType(
    {
        "keeps-in-ram": "memory that is never reclaimed, with no reference and no mlock needed",
        "held-by-flag": "a bit in the page's flags: PG_locked, or Xen's PG_pinned",
        "another-object": "no page at all is held: a file, an inode, an mm, a task on a CPU",
    }
)
"""The senses that kernel texts have besides, and what is meant."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kind": ("source", "documentation", "mail"),
        "sense": (*SENSES, *SENSES_BESIDE),
        "hold": ("pin", "get", "either", "none"),
        "lasts": ("short", "unbounded", "either", "-"),
        "dma": ("yes", "no", "either", "-"),
    }
)
"""The values of the columns that have a fixed set."""

LONGEST = 25
"""The most words of a quotation."""


class Term(NamedTuple):
    """One place where somebody says pin; data/terms.md explains each field."""

    id: str
    kind: str
    release: str
    file: str
    place: str
    speaker: str
    date: str
    words: str
    word: str
    sense: str
    hold: str
    lasts: str
    dma: str
    basis: str

    @property
    def stem(self) -> str:
        """The word without its ending: pins, pinned and pinning are all pin.

        What stands before it stays: gup-pinned is gup-pin, and dma-pinned dma-pin.
        """
        return re.sub(r"(s|ned|ning|nings)$", "", self.word.lower())


def read_terms(path: Path) -> tuple[Term, ...]:
    """Return the rows of a file of terms; ValueError with file and line for one that is wrong."""
    return tuple(table(path, Term._fields, _term, unique=["id"]))


def _term(record: Mapping[str, str]) -> Term:
    term = Term(**record)
    for column, allowed in CHOICES.items():
        if record[column] not in allowed:
            raise ValueError(
                f"{column} is {shown(record[column])}: allowed are {', '.join(allowed)}"
            )
    needed = ["id", "file", "words", "word", "basis"]
    needed += ["speaker", "date"] if term.kind == "mail" else ["release", "place"]
    for column in needed:
        if not record[column]:
            raise ValueError(f"{column} is empty: a row of kind {term.kind} needs it")
    if not re.search("pin", term.word, re.IGNORECASE) or term.word not in term.words:
        raise ValueError(f"word is {shown(term.word)}: it has to be one of words, with pin in it")
    if len(term.words.split()) > LONGEST:
        raise ValueError(f"words has {len(term.words.split())} words: at most {LONGEST}")
    if term.hold == "none" and (term.lasts, term.dma) != ("-", "-"):
        raise ValueError("hold is 'none': then lasts and dma have to be '-'")
    return term


def known(places: tuple[Term, ...] | None) -> tuple[Term, ...]:
    """Return somebody's places, checked, or those of data/terms.csv."""
    return corpus() if places is None else several("places", places, Term)


@cache
def corpus() -> tuple[Term, ...]:
    """Return the places of data/terms.csv, in the order of the file."""
    return read_terms(DATA / "terms.csv")


def terms() -> DataFrame:
    """Return the places of data/terms.csv as a DataFrame: one row each, `id` is the index."""
    return frame(corpus())


def frame(places: tuple[Term, ...]) -> DataFrame:
    """Return places as a DataFrame."""
    import pandas as pd

    return pd.DataFrame(places, columns=list(Term._fields)).set_index("id")


def spread(by: str = "kind", places: DataFrame | None = None) -> DataFrame:
    """Return how many places have each sense, by kind of source, release or another column.

    One row for each sense, one column for each value, in the order of the file; mails have no
    release, so by release their column is "mail". Raises ValueError for an unknown column.
    """
    import pandas as pd

    found = terms() if places is None else instance("places", places, pd.DataFrame)
    one_of("by", by, found.columns)
    column = found[by].mask(found[by] == "", found["kind"])
    counts = pd.crosstab(found["sense"], column)
    senses = [sense for sense in CHOICES["sense"] if sense in counts.index]
    return counts.loc[senses, list(dict.fromkeys(column))]


def contradictions(places: tuple[Term, ...] | None = None) -> DataFrame:
    """Return where one document uses one word in several senses.

    One row for each release, file and word (without its ending) that has more than one sense;
    columns: release, file, word, senses, and places: the ids of a place for each sense.
    """
    import pandas as pd

    uses: dict[tuple[str, str, str], dict[str, str]] = {}
    for place in known(places):
        key = (place.release or place.kind, place.file, place.stem)
        uses.setdefault(key, {}).setdefault(place.sense, place.id)
    rows = [
        (*key, ", ".join(senses), ", ".join(senses.values()))
        for key, senses in uses.items()
        if len(senses) > 1
    ]
    return pd.DataFrame(rows, columns=["release", "file", "word", "senses", "places"])
