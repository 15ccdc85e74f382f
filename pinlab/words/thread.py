"""The thread: who said what to whom about pins of the zero page, and how it holds.

data/thread.csv has a row for each turn, in the order in which it is read; data/quotations.csv has
the words. A turn is one claim, or one question, hope or joke; a mail that has several is several
turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pinlab.data_folder import DATA
from pinlab.model.arguments import one_of, shown
from pinlab.text_files import table

if TYPE_CHECKING:
    from pandas import DataFrame

FILE = DATA / "thread.csv"
QUOTATIONS = DATA / "quotations.csv"

BEFORE, MAIL, AFTER = "before", "mail", "after"
PARTS = (BEFORE, MAIL, AFTER)
"""What stands in the mail of 31 May 2023, and what came before and after it."""

RIGHT, WITH_A_CONDITION, WRONG = "right", "right with a condition", "wrong"
NO_CLAIM = "no claim"
"""What a question, an impression, a hope or a joke gets: nobody can be wrong in one."""
VERDICTS = (RIGHT, WITH_A_CONDITION, WRONG, NO_CLAIM)

WHEN = "%Y-%m-%d %H:%M %z"
"""How a date is written: the sender's own clock, and how far that is from UTC."""


class Turn(NamedTuple):
    """One turn of the exchange: a claim, or what is none.

    number: from 1 on, in the order of reading. answers: the turn that it answers, None for the
    first. words: what was said, as its source has it. claim: the same in our own words. condition:
    what it takes to be right, or why it is wrong or no claim; "" if it is right as it stands.
    notebook and cell: where that is run. message: the Message-ID of the mail that says it first.
    source: file and release, commit or mail that the verdict rests on.
    """

    number: int
    part: str
    speaker: str
    date: datetime
    message: str
    answers: int | None
    quotation: str
    words: str
    claim: str
    verdict: str
    condition: str
    notebook: str
    cell: str
    source: str

    @property
    def surname(self) -> str:
        """The last name of who says it."""
        return self.speaker.split()[-1]


def turns(part: str = "") -> tuple[Turn, ...]:
    """Return the turns of one part ("before", "mail" or "after"), or all, in the order of reading.

    Raises ValueError for another part.

    >>> [turn.surname for turn in turns("mail")[:4]]
    ['Howells', 'Howells', 'Hildenbrand', 'Howells']
    """
    if part != "":
        one_of("part", part, PARTS)
    return tuple(turn for turn in read(FILE) if part in ("", turn.part))


def thread(part: str = "") -> DataFrame:
    """Return the same as a table, with the turns' numbers as its index.

    `answers` is 0 for the first turn, which answers none. Raises as `turns`.
    """
    import pandas

    rows = [turn._replace(answers=turn.answers or 0) for turn in turns(part)]
    return pandas.DataFrame(rows, columns=Turn._fields).set_index("number")


@cache
def read(path: Path) -> tuple[Turn, ...]:
    """Return the turns in a file, with their words from data/quotations.csv.

    Raises ValueError with the file's name and the line for a row that is wrong.
    """
    quotations = ("id", "speaker", "date", "source", "words")
    words = {row["id"]: row["words"] for row in table(QUOTATIONS, quotations, dict, unique=["id"])}
    found: list[Turn] = []
    columns = [name for name in Turn._fields if name != "words"]
    table(path, columns, lambda row: found.append(_turn(row, words, found)), unique=["number"])
    return tuple(found)


def _turn(row: Mapping[str, str], words: Mapping[str, str], before: Sequence[Turn]) -> Turn:
    """The turn of a row; ValueError if it is not one that may follow those before it."""
    one_of("part", row["part"], PARTS)
    one_of("verdict", row["verdict"], VERDICTS)
    one_of("quotation", row["quotation"], words)
    optional = ("answers", "condition")
    if empty := [name for name, value in row.items() if not value and name not in optional]:
        raise ValueError(f"nothing stands under {', '.join(empty)}")
    if bool(row["condition"]) == (row["verdict"] == RIGHT):
        raise ValueError(f"verdict is {row['verdict']}, and condition is {shown(row['condition'])}")
    if row["number"] != str(len(before) + 1):
        raise ValueError(f"number is {shown(row['number'])}: the next one is {len(before) + 1}")
    date = datetime.strptime(row["date"], WHEN)
    made: dict[str, Any] = {
        "number": len(before) + 1,
        "date": date,
        "answers": _answered(row["answers"], date, before),
        "words": words[row["quotation"]],
    }
    return Turn(**{**row, **made})


def _answered(text: str, date: datetime, before: Sequence[Turn]) -> int | None:
    """The number of the turn that is answered: one that was read before, and not sent later."""
    if not text and not before:
        return None
    found = [turn for turn in before if str(turn.number) == text]
    if not found:
        raise ValueError(f"answers is {shown(text)}: allowed are the turns before it")
    if found[0].date > date:
        raise ValueError(f"it answers turn {text}, which was sent later")
    return found[0].number
