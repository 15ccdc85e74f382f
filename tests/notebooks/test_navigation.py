"""The ways through the lessons: on and back, to the solutions, the glossary, and to cells.

That no relative link is dead is held by `shape.links`.
"""

import re
from functools import cache
from itertools import pairwise

import pytest

from tests.notebooks.examples import code, display, notebook, text
from tests.notebooks.lesson import FOLDER, Lesson, paths, read
from tests.notebooks.navigation import dead_anchors, far, files_of, unnamed
from tests.notebooks.shape import targets

LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
SOLUTIONS = sorted(FOLDER.glob("solutions/*.ipynb"))

stored = cache(read)


def title(lesson: Lesson) -> str:
    """The title of a notebook, without what a colon adds to it."""
    line: str = lesson.notebook.cells[0].source.splitlines()[0]
    return line.removeprefix("# ").split(":")[0]


def test_each_lesson_leads_to_the_one_before_and_the_next() -> None:
    for before, after in pairwise(map(stored, LESSONS)):
        back = f"The lesson before: [{title(before)}]({before.path.name})"
        assert back in after.notebook.cells[0].source
        on = f"The next lesson: [{title(after)}]({after.path.name})"
        assert on in before.notebook.cells[-1].source


def test_each_lesson_ends_with_a_link_to_the_glossary_and_leads_to_its_solutions_and_back() -> None:
    assert [path.name for path in SOLUTIONS] == [path.name for path in LESSONS]
    for path, solutions in zip(LESSONS, SOLUTIONS, strict=True):
        assert "glossary.ipynb" in targets(stored(path).notebook.cells[-1].source)
        assert solutions in files_of(stored(path))
        assert path in files_of(stored(solutions))


def test_the_first_lesson_lists_all_and_links_the_others() -> None:
    rows = re.findall(
        r"^\| *(\S*\d\d_\w+.*?) *\|", stored(LESSONS[0]).notebook.cells[-1].source, re.M
    )
    assert rows == ["`00_start_here`", *(f"[{path.stem}]({path.name})" for path in LESSONS[1:])]


def test_a_link_to_a_heading_or_a_cell_leads_to_one() -> None:
    for path in paths():
        assert list(dead_anchors(stored(path), map(stored, paths()))) == []


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
    made = notebook(text("# A `b` *c*\n\n## D  \n\n#no"), code("1", linked))
    other = Lesson(FOLDER / "02_c_d.ipynb", notebook(text("# C d"), text("End.")))
    assert list(dead_anchors(Lesson(FOLDER / "01_a_b.ipynb", made), [other])) == [target] * dead


def test_a_link_to_a_place_works_or_tells_where_it_leads_in_every_front_end() -> None:
    lessons = [stored(path) for path in LESSONS]
    for lesson in lessons:
        assert list(far(lesson)) == []
        assert list(unnamed(lesson, lessons)) == []


def test_a_link_that_notebook_7_opens_at_the_top_is_found() -> None:
    there = "[at](02_c_d.ipynb#cell-id=cell-2)"
    other = Lesson(FOLDER / "02_c_d.ipynb", notebook(text("# C `d`"), code("1"), text("## Other")))
    made = notebook(text(f"{there}, [up](01_a_b.ipynb#cell-id=cell-1), [self](#cell-id=cell-1)"))
    lesson = Lesson(FOLDER / "01_a_b.ipynb", made)
    assert list(far(lesson)) == ["01_a_b.ipynb#cell-id=cell-1"]
    assert list(unnamed(lesson, [lesson, other])) == ["02_c_d.ipynb#cell-id=cell-2"]
    named = Lesson(lesson.path, notebook(text(f"{there}, *c `d`*")))
    assert list(unnamed(named, [other])) == []
    below = Lesson(lesson.path, notebook(text(f"{there.replace('2)', '3)')}, *c `d`*")))
    assert list(unnamed(below, [other])) == ["02_c_d.ipynb#cell-id=cell-3"]
