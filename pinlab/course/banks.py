"""Banks: all seeded exercises of a lesson, or of all, as questions for Moodle or Canvas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pinlab.course.gift import gift
from pinlab.course.items import SHARE, Item, seeded
from pinlab.course.qti import qti
from pinlab.lab.draw import LARGEST_SEED
from pinlab.lab.problems import SEEDED, SHEETS, TEXTS, named
from pinlab.model.arguments import one_of, whole

ALL = "all_lessons"
WANTED = 30
MOST_WANTED = 1000

LARGEST_FIRST = LARGEST_SEED - 2 * MOST_WANTED
"""The largest first seed of a bank: as many as are tried at most come behind it."""

FORMS = {"gift": ".gift.txt", "qti": ".qti.zip"}
"""How a bank is written, by the end of its file's name."""


class Bank(NamedTuple):
    """Groups of items, each with a name, and the names of which there is no fair group."""

    lesson: str
    groups: Sequence[Sequence[Item]]
    left_out: Sequence[str]

    def write(self, form: str, folder: Path = SHEETS) -> Path:
        """Write a bank as "gift" or "qti" into a folder; return its file. Raises OSError."""
        one_of("form", form, FORMS)
        written = gift(self.groups).encode() if form == "gift" else qti(self.groups)
        folder.mkdir(exist_ok=True)
        file = folder / f"{self.lesson}{FORMS[form]}"
        file.write_bytes(written)
        return file


def bank(lesson: str = ALL, seeds: int = WANTED, first: int = 1) -> Bank:
    """Return questions of a lesson, or of all: so many of each exercise, if there are.

    The same arguments give the same questions. `first` is the first seed that is tried: one that
    nobody can guess keeps `lab.answer` from whoever has pinlab and a question. Raises TypeError or
    ValueError for a lesson without problems, and for a number that is none.
    """
    lessons = dict.fromkeys(TEXTS[id].lesson for id in SEEDED)
    name = ALL if lesson == ALL else named(lesson, lessons, "there are questions for")
    wanted = whole("seeds", seeds, SHARE, MOST_WANTED)
    begin = whole("first", first, 0, LARGEST_FIRST)
    found: dict[str, list[Item]] = {}
    for id in SEEDED:
        if name in (ALL, TEXTS[id].lesson):
            found |= seeded(id, wanted, begin)
    return Bank(name, [*filter(None, found.values())], [n for n in found if not found[n]])
