"""The ways through the lessons are there, and each rule about them can be broken.

That no relative link is dead is held by `shape.links` and, for cells, by test_exercises.py.
"""

from functools import cache
from pathlib import Path

import pytest

from tests.notebooks.examples import code, display, notebook, text
from tests.notebooks.lesson import FOLDER, Lesson, paths, read
from tests.notebooks.navigation import (
    apart,
    dead_headings,
    headings,
    off_the_chain,
    unreached,
    without_glossary,
    wrong_rows,
)

FIRST = FOLDER / "00_start_here.ipynb"
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted(FOLDER.glob("solutions/*.ipynb"))

stored = cache(read)


def lesson(name: str, *cells: str) -> Lesson:
    """A notebook of these text cells; it need not be stored anywhere."""
    return Lesson(FOLDER / name, notebook(*map(text, cells)))


ONE = lesson("01_a_b.ipynb", "# A b: what it is", "On.\n\nThe next lesson: [C d](02_c_d.ipynb).")
TWO = lesson("02_c_d.ipynb", "# C d\n\n*The lesson before: [A b](01_a_b.ipynb).*", "End.")


def test_each_lesson_leads_to_the_one_before_and_the_next() -> None:
    assert list(off_the_chain([stored(path) for path in LESSONS])) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_lesson_ends_with_a_link_to_the_glossary(path: Path) -> None:
    assert list(without_glossary(stored(path))) == []


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_and_their_lesson_lead_to_each_other(path: Path) -> None:
    assert list(apart(stored(FOLDER / path.name), stored(path))) == []


def test_every_notebook_can_be_reached_from_the_first() -> None:
    assert unreached(map(stored, paths()), FIRST) == []


def test_the_table_of_lessons_links_those_that_are_there_and_no_others() -> None:
    assert list(wrong_rows(stored(FIRST), map(stored, LESSONS))) == []


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_link_to_a_heading_leads_to_one(path: Path) -> None:
    assert list(dead_headings(stored(path), map(stored, paths()))) == []


def test_two_lessons_that_lead_to_each_other_are_on_the_chain() -> None:
    assert list(off_the_chain([ONE, TWO])) == []


@pytest.mark.parametrize(
    ("lessons", "words"),
    [
        ([lesson("01_a_b.ipynb", "# A b", "No way on."), TWO], "01_a_b.ipynb does not say"),
        ([lesson("01_a_b.ipynb", "# A b", ONE.notebook.cells[1].source, "End"), TWO], "last cell"),
        ([lesson("01_a_b.ipynb", "# A", ONE.notebook.cells[1].source), TWO], "[A](01_a_b.ipynb)"),
        ([ONE, lesson("02_c_d.ipynb", "# C d", TWO.notebook.cells[0].source)], "first cell"),
    ],
    ids=["no next lesson", "not in the last cell", "another title", "not in the first cell"],
)
def test_a_lesson_off_the_chain_is_found(lessons: list[Lesson], words: str) -> None:
    (found,) = off_the_chain(lessons)
    assert words in found


def test_a_missing_link_to_the_glossary_is_found() -> None:
    assert list(without_glossary(lesson("01_a_b.ipynb", "# A", "[all](glossary.ipynb)"))) == []
    assert list(without_glossary(lesson("01_a_b.ipynb", "[all](glossary.ipynb)", "End."))) == [
        "01_a_b.ipynb does not link to glossary.ipynb in its last cell"
    ]


def test_solutions_apart_from_their_lesson_are_found() -> None:
    asked = lesson("01_a_b.ipynb", "# A b", "[solution](solutions/01_a_b.ipynb#cell-id=x)")
    solved = lesson("solutions/01_a_b.ipynb", "# S", "[back](../01_a_b.ipynb)")
    assert list(apart(asked, solved)) == []
    (found,) = apart(asked, lesson("solutions/01_a_b.ipynb", "# S", "[back](01_a_b.ipynb)"))
    assert found == "01_a_b.ipynb in solutions/ does not link to the other one"
    (found,) = apart(ONE, solved)
    assert found == "01_a_b.ipynb in notebooks/ does not link to the other one"


def test_an_orphan_is_found_and_an_output_may_lead_on() -> None:
    first = lesson("01_a_b.ipynb", "# A", "[on](02_c_d.ipynb#cell-id=x), `[no](04_g_h.ipynb)`")
    linked = display({"text/markdown": "[and on](03_e_f.ipynb)"})
    second = Lesson(TWO.path, notebook(text("# C"), code("1", linked)))
    third, orphan = lesson("03_e_f.ipynb", "[web](https://a.org/)"), lesson("04_g_h.ipynb", "# G")
    assert unreached([first, second, third, orphan], first.path) == [orphan.path]


TABLE = """| lesson | minutes |
|---|---|
| `00_start_here` (this one) | 20 |
| [01_a_b](01_a_b.ipynb) | 20 |
| `05_c_d` | 20 |"""


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", []),
        ("[01_a_b](01_a_b.ipynb)", "`01_a_b`", ["01_a_b is not linked: `01_a_b`"]),
        ("(01_a_b.ipynb)", "(02_a_b.ipynb)", ["01_a_b is not linked: [01_a_b](02_a_b.ipynb)"]),
        ("`05_c_d`", "[05_c_d](05_c_d.ipynb)", ["05_c_d is linked: [05_c_d](05_c_d.ipynb)"]),
        ("| [01_a_b](01_a_b.ipynb) | 20 |\n", "", ["01_a_b has no row"]),
        (
            "`00_start_here` (this one)",
            "[00_start_here](00_start_here.ipynb)",
            ["00_start_here is linked: [00_start_here](00_start_here.ipynb)"],
        ),
        (
            "`05_c_d`",
            "`00_start_here`",
            ["the rows are not in order, each once: 00_start_here, 01_a_b, 00_start_here"],
        ),
    ],
)
def test_a_wrong_row_of_the_table_is_found(old: str, new: str, found: list[str]) -> None:
    first = Lesson(FIRST, notebook(text("# Start"), text(TABLE.replace(old, new))))
    assert list(wrong_rows(first, [first, ONE])) == found


def test_a_heading_is_shown_without_its_marks() -> None:
    assert headings(lesson("01_a_b.ipynb", "# A `b` *c*", "x\n\n## D  \n\n#no")) == {"A-b-c", "D"}


@pytest.mark.parametrize(
    ("target", "dead"),
    [
        ("#A-b", False),
        ("02_c_d.ipynb#C-d", False),
        ("02_c_d.ipynb#c-d", True),
        ("#C-d", True),
        ("02_c_d.ipynb#cell-id=no-matter", False),
        ("https://example.org/#no-matter", False),
        ("../README.md#no-matter", False),
    ],
)
def test_a_link_to_no_heading_is_found(target: str, dead: bool) -> None:
    made = lesson("01_a_b.ipynb", "# A b", f"[there]({target})")
    assert list(dead_headings(made, [made, TWO])) == [target] * dead
