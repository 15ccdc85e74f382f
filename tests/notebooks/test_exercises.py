"""Exercises in the notebooks: asked in a lesson, solved in its solutions, and linked both ways."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from nbformat import NotebookNode

from pinlab.lab.problems import EXERCISES, exercise
from tests.notebooks.examples import code, display, text
from tests.notebooks.examples import lesson as made_up
from tests.notebooks.lesson import FOLDER, Lesson, paths, read
from tests.notebooks.navigation import CELL, all_targets, targets

CALL = re.compile(r'lab\.(?:check|hint|mistakes|given|solution)\("([^"]+)"')
ASKED = re.compile(r'lab\.(?:check|solution)\("([^"]+)"')

stored = cache(read)


def lesson_of(id: str) -> Lesson:
    return stored(FOLDER / f"{exercise(id, 0).lesson}.ipynb")


def solutions_of(id: str) -> Lesson:
    return stored(FOLDER / "solutions" / f"{exercise(id, 0).lesson}.ipynb")


def sources(lesson: Lesson, kind: str, words: str) -> list[NotebookNode]:
    """The cells of one kind that have these words."""
    return [cell for _, cell in lesson.cells(kind) if words in cell.source]


def shown(cell: NotebookNode) -> str:
    """What the stored outputs of a cell say, as a notebook shows them."""
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/markdown", "")
        for output in cell.outputs
    )


def check_in(lesson: Lesson, id: str) -> NotebookNode:
    (cell,) = sources(lesson, "code", f'lab.check("{id}"')
    return cell


def question(id: str) -> NotebookNode:
    """The text of the lesson that leads to the solution."""
    (cell,) = sources(
        lesson_of(id), "markdown", f"solutions/{exercise(id, 0).lesson}.ipynb#{CELL}{id})"
    )
    return cell


def ids(lesson: Lesson) -> list[str]:
    return [cell.id for _, cell in lesson.cells()]


def dead_cells(lesson: Lesson) -> Iterator[str]:
    """Links to a cell of a notebook that has no such cell, from text and from outputs."""
    for target in all_targets(lesson):
        url = urlsplit(target)
        if url.scheme or not url.fragment.startswith(CELL):
            continue
        file = (lesson.path.parent / unquote(url.path)).resolve() if url.path else lesson.path
        other = lesson if file == lesson.path else stored(file)
        if unquote(url.fragment.removeprefix(CELL)) not in ids(other):
            yield target


@pytest.mark.parametrize("id", EXERCISES)
def test_a_lesson_checks_an_open_answer_and_is_answered_kindly(id: str) -> None:
    reply = shown(check_in(lesson_of(id), id))
    assert reply.startswith("No answer yet: ")
    assert f'lab.hint("{id}")' in reply


@pytest.mark.parametrize("id", EXERCISES)
def test_a_question_names_its_hint(id: str) -> None:
    assert f'`lab.hint("{id}")' in question(id).source


@pytest.mark.parametrize("id", EXERCISES)
def test_a_question_is_asked_before_its_answer_is_checked(id: str) -> None:
    order = ids(lesson_of(id))
    assert order.index(question(id).id) < order.index(check_in(lesson_of(id), id).id)


@pytest.mark.parametrize("id", EXERCISES)
def test_a_solution_is_a_cell_with_the_id_of_its_exercise(id: str) -> None:
    (cell,) = (cell for _, cell in solutions_of(id).cells("markdown") if cell.id == id)
    assert cell.source.startswith("## ")


@pytest.mark.parametrize("id", EXERCISES)
def test_a_solution_leads_back_to_its_question(id: str) -> None:
    (cell,) = (cell for _, cell in solutions_of(id).cells() if cell.id == id)
    back = [target for target in targets(cell.source) if exercise(id, 0).lesson in target]
    assert back == [f"../{exercise(id, 0).lesson}.ipynb#{CELL}{question(id).id}"]


@pytest.mark.parametrize("id", EXERCISES)
def test_a_solution_is_shown_right_below_its_heading_and_is_right(id: str) -> None:
    (cell,) = sources(solutions_of(id), "code", f'lab.solution("{id}"')
    order = ids(solutions_of(id))
    assert order.index(cell.id) == order.index(id) + 1
    *_, told = cell.outputs
    assert "\n\n**Right.** " in told.data["text/markdown"]


@pytest.mark.parametrize("lesson", sorted({exercise(id, 0).lesson for id in EXERCISES}))
def test_solutions_stand_in_the_order_of_the_lesson(lesson: str) -> None:
    asked, solved = (
        ASKED.findall("\n".join(cell.source for _, cell in stored(path).cells("code")))
        for path in (FOLDER / f"{lesson}.ipynb", FOLDER / "solutions" / f"{lesson}.ipynb")
    )
    assert asked == solved != []


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_exercise_that_a_notebook_names_is_there(path: Path) -> None:
    named = {id for _, cell in stored(path).cells() for id in CALL.findall(cell.source)}
    assert named <= set(EXERCISES)


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_link_to_a_cell_leads_to_one(path: Path) -> None:
    assert list(dead_cells(stored(path))) == []


@pytest.mark.parametrize(
    "cell",
    [
        text("[pin](glossary.ipynb#cell-id=pin)"),
        text("[above](#cell-id=cell-1)"),
        text("[part](04_count_to_two_million.ipynb#Exercises)"),
        text("`[pin](glossary.ipynb#cell-id=no-such-term)`"),
        text("[elsewhere](https://example.org/#cell-id=x)"),
    ],
)
def test_links_to_cells_that_are_there_are_alive(cell: NotebookNode) -> None:
    assert list(dead_cells(made_up(cell))) == []


@pytest.mark.parametrize(
    ("cell", "target"),
    [
        (text("[pin](glossary.ipynb#cell-id=Pin)"), "glossary.ipynb#cell-id=Pin"),
        (text("[below](#cell-id=cell-9)"), "#cell-id=cell-9"),
        (text("[it][1]\n\n[1]: glossary.ipynb#cell-id="), "glossary.ipynb#cell-id="),
        (
            code("1", display({"text/markdown": "[it](glossary.ipynb#cell-id=it)"})),
            "glossary.ipynb#cell-id=it",
        ),
    ],
)
def test_a_link_to_a_cell_that_is_not_there_is_found(cell: NotebookNode, target: str) -> None:
    assert list(dead_cells(made_up(cell))) == [target]
