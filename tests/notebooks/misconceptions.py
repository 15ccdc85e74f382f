"""The page of common mistakes: each misconception, what is so, and where it comes up."""

from collections.abc import Iterable

from pinlab.lab.misconceptions import PAGE, Misconception, misconceptions
from pinlab.lab.problems import EXERCISES, SEEDED, exercise
from tests.notebooks.lesson import FOLDER

FILE = FOLDER / PAGE
SEEDS = range(6)
"""Enough of them to meet each idea that a seeded exercise knows."""
TITLE = """# Common mistakes

Each heading is something that many believe; what is so is folded below it. A reply \
to a wrong answer names the one that it looks like. `make notebooks` writes this page from \
[data/misconceptions.csv](../data/misconceptions.csv) and [the exercises](../data/exercises).
"""


def page() -> str:
    """The whole page, in Markdown."""
    met = {id: set(ideas(id)) for id in EXERCISES}
    parts = [
        _part(row, [id for id in met if row.id in met[id]]) for row in misconceptions().values()
    ]
    return "\n".join([TITLE, *parts])


def ideas(id: str) -> Iterable[str]:
    """What the wrong answers to an exercise rest on."""
    for seed in SEEDS if id in SEEDED else [0]:
        yield from (idea for _, idea in exercise(id, seed).mistakes())


def _part(row: Misconception, ids: Iterable[str]) -> str:
    asked = ", ".join(f"`{id}`" for id in ids)
    first = f"First in [lesson {row.lesson[:2]}]({row.lesson}.ipynb)"
    told = f"{row.sentence}.\n\n{first}. Exercises: {asked}."
    return f"## {row.name}\n\n<details><summary>What is so</summary>\n\n{told}\n\n</details>\n"
