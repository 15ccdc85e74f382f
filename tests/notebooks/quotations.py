"""The register of everything quoted, and the quotations that stand in a lesson's text."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from pinlab.text_files import table
from tests.notebooks.lesson import ROOT, Lesson

REGISTER = ROOT / "data" / "quotations.csv"
# A block quotation ends with a line that says whose words they are: "> — David Howells, ...".
ATTRIBUTION = re.compile(r"(?:—|--)\s*(?P<speaker>.+)")
# Within a sentence, quoted words are italic and in double quotes: *"it is ..."*.
IN_TEXT = re.compile(r"""(?<!\*)\*["“](?P<words>[^*]+)["”]\*""")


class Quotation(NamedTuple):
    """One row of the register."""

    id: str
    speaker: str
    date: str
    source: str
    words: str


class Quoted(NamedTuple):
    """Words that a lesson quotes; the attribution is empty within a sentence."""

    words: str
    attribution: str = ""


def register() -> list[Quotation]:
    """Every row of data/quotations.csv."""
    return table(REGISTER, Quotation._fields, lambda row: Quotation(**row))


def unregistered(lesson: Lesson, rows: list[Quotation]) -> Iterator[str]:
    """One message for each quotation that the register does not have from that speaker."""
    for number, cell in lesson.cells("markdown"):
        for quoted in quotations(cell.source):
            if not any(_is_from(quoted, row) for row in rows):
                said_by = f" ({quoted.attribution})" if quoted.attribution else ""
                yield f"cell {number} quotes what no row has: {quoted.words}{said_by}"


def quotations(text: str) -> Iterator[Quoted]:
    """The quotations in a text cell: attributed blocks, and italics in double quotes."""
    for is_block, group in groupby(text.splitlines(), key=lambda line: line.startswith(">")):
        lines = list(group)
        if is_block:
            yield from _block(lines)
        else:
            paragraph = " ".join(lines)
            yield from (Quoted(_plain(found["words"])) for found in IN_TEXT.finditer(paragraph))


def _block(lines: list[str]) -> Iterator[Quoted]:
    """A block without an attribution is a hint or a note, not a quotation."""
    words = [line.lstrip("> ").rstrip("\\ ") for line in lines]
    words = [line for line in words if line]
    if words and (attribution := ATTRIBUTION.match(words[-1])):
        yield Quoted(_plain(" ".join(words[:-1])), attribution["speaker"])


def _plain(markdown: str) -> str:
    """The words alone: no code marks, escapes or marks around the whole, one space between."""
    unescaped = re.sub(r"\\([^a-zA-Z0-9])", r"\1", markdown.replace("`", ""))
    return " ".join(unescaped.split()).strip('*_"“” ')


def _is_from(quoted: Quoted, row: Quotation) -> bool:
    """Whether a row has these words (… stands for words left out), and from that speaker."""
    parts = (re.escape(part.strip()) for part in quoted.words.split("…"))
    found = re.search(".*".join(parts), " ".join(row.words.split()))
    surname = row.speaker.split()[-1]
    return bool(found) and (not quoted.attribution or surname in quoted.attribution)
