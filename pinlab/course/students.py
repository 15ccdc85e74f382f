"""Students: a seed from each name, and the sheets and keys of a class.

The seed of a name is 1 + (the SHA-256 of the name, as one large number) modulo 10^9. The name is
taken in Unicode's form NFC, in small letters (casefold), with one blank between its words; a word
that only the lecturer knows can be put before it. So it is the same on every machine and Python.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pinlab.course.items import seeded
from pinlab.lab.draw import LARGEST_SEED
from pinlab.lab.problems import SHEETS, Problems, problems
from pinlab.lab.reply import literal
from pinlab.model.arguments import shown
from pinlab.text_files import cells, decoded

HEADS = ("name", "student")
"""A first row that has one of these words says which column has the names."""

FORMULA = "=+-@"
"""What begins with one of these is a formula to a spreadsheet that opens the answers."""

ALLOWED = (
    f"it may not be empty, begin with one of {FORMULA}, or have ; or a control character in it"
)
FURTHER = "write one of them with a further name"

LONGEST = 40
"""The most letters of a name in a file's name, which has to fit into 255 bytes."""

ITEMS = 30
"""An exercise that a bank of so many items would leave out is left out of a class's sheets."""


def seed_of(name: str, word: str = "") -> int:
    """Return the seed of a name, from 1 on, since seed 0 is the lesson's own question.

    >>> seed_of("Ada Lovelace") == seed_of(" ada  LOVELACE")
    True
    """
    told = "\n".join(filter(None, [word, _folded(name)]))
    return 1 + int.from_bytes(sha256(told.encode()).digest()) % LARGEST_SEED


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", _spaced(name).casefold())


def _spaced(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def read_names(file: str | Path) -> list[str]:
    """Return the names in a file: one in each line, or a CSV file with a column "name".

    Raises OSError, and ValueError with file and line for what is no name, or there twice.
    """
    names: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, name in _rows(file):
        folded = _folded(name)
        if folded in lines:
            told = f"{shown(name)} is there already, in line {lines[folded]}"
            raise _wrong(file, number, f"{told}: {FURTHER}")
        if not name or name[0] in FORMULA or any(map(_is_no_letter, name)):
            raise _wrong(file, number, f"{shown(name)} is no name: {ALLOWED}")
        names[folded], lines[folded] = name, number
    if not names:
        raise ValueError(f"{file}: there is no name in it")
    return list(names.values())


def _rows(file: str | Path) -> Iterator[tuple[int, str]]:
    """The names with their lines."""
    column, width = 0, 1
    for number, line in enumerate(decoded(file).split("\n"), start=1):
        try:
            row = cells(line)
        except ValueError as error:
            raise _wrong(file, number, str(error)) from None
        heads = [cell.strip().casefold() for cell in row]
        if number == 1 and (found := [n for n, head in enumerate(heads) if head in HEADS]):
            column, width = found[0], len(row)
        elif any(heads):
            if len(row) != width:
                told = f"{len(row)} cells, not {width}: a name with a comma in it takes quotes"
                raise _wrong(file, number, told)
            yield number, _spaced(row[column])


def _is_no_letter(letter: str) -> bool:
    """What stands in no name: a semicolon is there where a spreadsheet writes it for a comma."""
    return letter == ";" or unicodedata.category(letter) == "Cc"


def _wrong(file: str | Path, number: int, told: str) -> ValueError:
    return ValueError(f"{file}, line {number}: {told}")


class Class(NamedTuple):
    """The sheets of a class by student, and the ids of the exercises that are not for marks.

    A secret sheet does not tell its seed, with which `lab.answer` would tell all the rest.
    """

    sheets: Mapping[str, Problems]
    left_out: Sequence[str]
    secret: bool

    def write(self, folder: Path = SHEETS) -> list[Path]:
        """Write a sheet and a key for each student, and a CSV file of all answers.

        Keys and answers are in a folder of their own beside the sheets. Raises OSError.
        """
        lesson = next(iter(self.sheets.values())).lesson
        sheets, keys = folder / f"{lesson}_class", folder / f"{lesson}_keys"
        for each in (sheets, keys):
            each.mkdir(parents=True, exist_ok=True)
        for name, sheet in self.sheets.items():
            file = f"{_file_name(name)}_{seed_of(name)}.md"
            asked = _without_seed(sheet) if self.secret else sheet.worksheet
            for place, text in ((sheets, asked), (keys, sheet.key)):
                whole = f"# {literal(name)}\n\n{text}"
                (place / file).write_text(whole, encoding="utf-8", newline="\n")
        answers = keys / "answers.csv"
        # With a byte order mark, without which Excel takes UTF-8 for something else.
        with answers.open("w", encoding="utf-8-sig", newline="") as opened:
            csv.writer(opened, lineterminator="\n").writerows(self._table())
        return [sheets, keys, answers]

    def _table(self) -> Iterator[list[str]]:
        first = next(iter(self.sheets.values()))
        yield ["student", "seed", *(found.id for found in first.exercises)]
        for name, sheet in self.sheets.items():
            yield [name, str(sheet.seed), *(_cell(each.solution()) for each in sheet.exercises)]


def class_of(lesson: str, names: Sequence[str], word: str = "") -> Class:
    """Return the sheets of a class: secret ones, if there is a word.

    Raises ValueError for a lesson without problems, or two names that have the same seed.
    """
    seeds: dict[int, str] = {}
    for name in names:
        if (other := seeds.setdefault(seed_of(name, word), name)) != name:
            told = f"{shown(other)} and {shown(name)} have the same seed"
            raise ValueError(f"{told}: {FURTHER}")
    made = {name: problems(lesson, seed) for seed, name in seeds.items()}
    ids = [found.id for found in next(iter(made.values())).exercises]
    fit = [id for id in ids if any(seeded(id, ITEMS, 1).values())]
    sheets = {
        name: replace(sheet, exercises=tuple(e for e in sheet.exercises if e.id in fit))
        for name, sheet in made.items()
    }
    return Class(sheets, [id for id in ids if id not in fit], bool(word))


def _without_seed(sheet: Problems) -> str:
    return re.sub(rf", seed {sheet.seed}$|\n\nCheck: .*$", "", sheet.worksheet, flags=re.MULTILINE)


def _file_name(name: str) -> str:
    """A name as any system takes it in a file's name; what is left of it may be nothing."""
    return re.sub(r"[\W_]+", "_", name)[:LONGEST].strip("_")


def _cell(answer: object) -> str:
    match answer:
        case frozenset():
            return "; ".join(sorted(answer)) or "none of them"
        case dict():
            return "; ".join(f"{name}: {number}" for name, number in answer.items())
    return str(answer)
