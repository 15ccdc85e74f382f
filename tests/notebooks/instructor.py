"""The instructor's page: three of its sections are made of the data, the others are written there.

`python -m tests.notebooks.instructor` writes the three, and `make notebooks` does.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.lab.misconceptions import misconceptions
from pinlab.lab.problems import TASKS, TEXTS
from pinlab.text_files import table
from tests.notebooks import minutes
from tests.notebooks.lesson import FOLDER, Lesson, read
from tests.notebooks.misconceptions import ideas
from tests.notebooks.navigation import CELL

FILE = FOLDER / "instructor.md"
SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r'"([\w-]+)"')

stored = cache(read)


class Objective(NamedTuple):
    """A row of data/objectives.csv: what a lesson teaches, and the exercises that ask for it.

    An exercise goes by its id; what no program judges, by that of its cell.
    """

    lesson: str
    objective: str
    exercises: str

    @property
    def ids(self) -> list[str]:
        return self.exercises.split()


class Question(NamedTuple):
    """A row of data/questions_back.csv: what to ask who believes a thing, and a cell to open."""

    misconception: str
    say: str
    lesson: str
    cell: str


def objectives() -> list[Objective]:
    """Those of all lessons, in their order."""
    rows = DATA / "objectives.csv"
    return table(rows, Objective._fields, lambda row: Objective(**row), ("lesson", "objective"))


def questions_back() -> list[Question]:
    """One for each misconception."""
    rows = DATA / "questions_back.csv"
    return table(rows, Question._fields, lambda row: Question(**row), ("misconception",))


def lesson(name: str) -> Lesson:
    return stored(FOLDER / f"{name}.ipynb")


def asked(name: str) -> dict[str, str]:
    """Where a lesson asks each of its exercises: the first cell of code that names it."""
    cells = [(cell.id, NAMED.findall(cell.source)) for _, cell in lesson(name).cells("code")]
    return {id: cell for cell, ids in reversed(cells) for id in ids if id in TEXTS}


def place(name: str, id: str) -> str:
    """A link to an exercise, or to a cell."""
    return f"[{id}]({name}.ipynb#{CELL}{asked(name).get(id, id)})"


def mistakes(ids: Iterable[str]) -> Iterator[str]:
    """Links to what wrong answers to some exercises rest on."""
    judged = [id for id in ids if id in TEXTS and id not in TASKS]
    met = {idea for id in judged for idea in ideas(id)}
    yield from (f"[{row.name}]({row.place})" for row in misconceptions().values() if row.id in met)


def row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def sections(stretches: Iterable[minutes.Stretch]) -> str:
    return ", ".join(f"*{each.section}*" for each in stretches if each.section)


def times() -> Iterator[str]:
    """What each session takes of the lessons, and how long that takes one reader."""
    yield from ("| session | takes | minutes alone | of them reading |", "|---|---|---|---|")
    for name, stretches in minutes.routes().items():
        if name == "mail":
            continue
        by_lesson = groupby(stretches, key=lambda each: each.lesson)
        parts = [f"{lesson[:2]} {sections([*each])}".rstrip() for lesson, each in by_lesson]
        whole = minutes.added(each.time for each in stretches)
        told = (minutes.in_steps(time) for time in (whole.both, whole.reading))
        yield row([f"[{name}](#{name.replace(' ', '-')})", "; ".join(parts), *told])


def aims() -> Iterator[str]:
    """Objectives, the exercises for each, and what their wrong answers rest on."""
    yield from (
        "| lesson | after it a student can | exercises | mistakes that they know |",
        "|---|---|---|---|",
    )
    for each in objectives():
        name = f"[{each.lesson[:2]}]({each.lesson}.ipynb)"
        links = (place(each.lesson, id) for id in each.ids)
        yield row([name, each.objective, ", ".join(links), "; ".join(mistakes(each.ids))])


def answers_back() -> Iterator[str]:
    """What to ask who brings a mistake."""
    yield from ("| a student says | ask back | then open |", "|---|---|---|")
    known = misconceptions()
    for each in questions_back():
        name = f"[{(held := known[each.misconception]).name}]({held.place})"
        yield row([name, each.say, f"{each.lesson[:2]}: {place(each.lesson, each.cell)}"])


MADE = {
    "Minutes": times,
    "Objectives and exercises": aims,
    "What to ask back": answers_back,
}
"""What the table of each section consists of that is made of the data."""


def page(text: str) -> str:
    """The page with its tables as the data has them; what stands above a table stays."""

    def made(found: re.Match[str]) -> str:
        name, told = found.groups()
        if name not in MADE:
            return found[0]
        above = told[: told.index("\n|") + 1]
        return "\n".join([f"## {name}", above + "\n".join(MADE[name]()), "", ""])

    return SECTION.sub(made, text)


def write() -> None:
    """Write the tables into the page."""
    FILE.write_text(page(FILE.read_text("utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
