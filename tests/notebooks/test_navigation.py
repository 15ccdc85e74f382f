"""The ways through the lessons are there, and each rule about them can be broken.

That no relative link is dead is held by `shape.links`.
"""

from functools import cache

import pytest

from tests.notebooks.examples import code, display, notebook, text
from tests.notebooks.lesson import FOLDER, Lesson, paths, read
from tests.notebooks.navigation import (
    dead_anchors,
    files_of,
    off_the_chain,
    targets,
    unreached,
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


def test_each_lesson_ends_with_a_link_to_the_glossary_and_leads_to_its_solutions_and_back() -> None:
    assert [path.name for path in SOLUTIONS] == [path.name for path in LESSONS]
    for path, solutions in zip(LESSONS, SOLUTIONS, strict=True):
        assert "glossary.ipynb" in targets(stored(path).notebook.cells[-1].source)
        assert solutions in files_of(stored(path))
        assert path in files_of(stored(solutions))


def test_every_notebook_can_be_reached_from_the_first() -> None:
    assert unreached(map(stored, paths()), FIRST) == []


def test_the_table_of_lessons_links_those_that_are_there_and_no_others() -> None:
    assert list(wrong_rows(stored(FIRST), map(stored, LESSONS))) == []


def test_a_link_to_a_heading_or_a_cell_leads_to_one() -> None:
    for path in paths():
        assert list(dead_anchors(stored(path), map(stored, paths()))) == []


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
    assert list(off_the_chain([ONE, TWO])) == []


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
        ("`00_start_here` (this one)", "[00_start_here](00_start_here.ipynb)",
         ["00_start_here is linked: [00_start_here](00_start_here.ipynb)"]),
        ("`05_c_d`", "`00_start_here`",
         ["the rows are not in order, each once: 00_start_here, 01_a_b, 00_start_here"]),
    ],
)  # fmt: skip
def test_a_wrong_row_of_the_table_is_found(old: str, new: str, found: list[str]) -> None:
    first = Lesson(FIRST, notebook(text("# Start"), text(TABLE.replace(old, new))))
    assert list(wrong_rows(first, [first, ONE])) == found


@pytest.mark.parametrize(
    ("target", "dead"),
    [
        ("#A-b-c", False),
        ("#D", False),
        ("#no", True),
        ("02_c_d.ipynb#C-d", False),
        ("02_c_d.ipynb#c-d", True),
        ("02_c_d.ipynb#cell-id=cell-2", False),
        ("02_c_d.ipynb#cell-id=cell-3", True),
        ("#cell-id=", True),
        ("https://example.org/#no-matter", False),
        ("../README.md#no-matter", False),
    ],
)
def test_a_link_to_no_heading_and_no_cell_is_found(target: str, dead: bool) -> None:
    linked = display({"text/markdown": f"[there]({target}), `[not](#there)`"})
    made = Lesson(ONE.path, notebook(text("# A `b` *c*\n\n## D  \n\n#no"), code("1", linked)))
    assert list(dead_anchors(made, [TWO])) == [target] * dead
