"""Exercises in the notebooks: asked in a lesson, solved in its solutions, and linked both ways."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from nbformat import NotebookNode

from pinlab.lab.problems import EXERCISES, TEXTS, exercise
from tests.lab.patterns import right, typed
from tests.notebooks.lesson import FOLDER, Lesson, paths, read
from tests.notebooks.navigation import CELL
from tests.notebooks.shape import targets

CALL = re.compile(r'lab\.(?:ask|check|hint|answer|mistakes|given|solution)\("([^"]+)"')
ASKS = re.compile(r'lab\.(?:(?:ask|check|solution)\("[^"]+"|predict\((?:\s*"[^"]+",)+)')
NAMED = re.compile(r'"([^"]+)"')

GUESS = re.compile(r"lab\.Guess\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)

stored = cache(read)


def only(lesson: Lesson, kind: str, words: str) -> tuple[int, NotebookNode]:
    """The one cell of a kind that has these words, and its number."""
    (found,) = (cell for cell in lesson.cells(kind) if words in cell[1].source)
    return found


def asked(lesson: Lesson) -> dict[str, NotebookNode]:
    """The exercises that a notebook asks or solves, in its order, and the cell of each."""
    return {
        id: cell
        for _, cell in lesson.cells("code")
        for call in ASKS.findall(cell.source)
        for id in NAMED.findall(call)
    }


@pytest.mark.parametrize("id", EXERCISES)
def test_a_lesson_asks_by_clicks_or_checks_an_open_answer_and_is_answered_kindly(id: str) -> None:
    name = exercise(id, 0).lesson
    lesson = stored(FOLDER / f"{name}.ipynb")
    cell = asked(lesson)[id]
    if "lab.check(" not in cell.source:
        return
    _, question = only(lesson, "markdown", f"solutions/{name}.ipynb#{CELL}{id})")
    assert f'`lab.hint("{id}")' in question.source
    reply = "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/markdown", "")
        for output in cell.outputs
    )
    assert reply.startswith("No answer yet: ")


@pytest.mark.parametrize("id", EXERCISES)
def test_a_solution_leads_back_to_its_question_and_is_shown_right_below_and_is_right(
    id: str,
) -> None:
    name = exercise(id, 0).lesson
    lesson, solutions = stored(FOLDER / f"{name}.ipynb"), stored(FOLDER / f"solutions/{name}.ipynb")
    question = asked(lesson)[id]
    if "lab.check(" in question.source:
        _, question = only(lesson, "markdown", f"solutions/{name}.ipynb#{CELL}{id})")
    number, cell = only(solutions, "code", f'lab.solution("{id}"')
    heading = solutions.notebook.cells[number - 2]
    assert (heading.id, heading.cell_type, heading.source[:3]) == (id, "markdown", "## ")
    back = [target for target in targets(heading.source) if name in target]
    assert back == [f"../{name}.ipynb#{CELL}{question.id}"]
    assert "\n\n**Right.** " in cell.outputs[-1].data["text/markdown"]


@pytest.mark.parametrize("lesson", sorted({exercise(id, 0).lesson for id in EXERCISES}))
def test_solutions_stand_in_the_order_of_the_lesson(lesson: str) -> None:
    text, solved = (
        [*asked(stored(path))]
        for path in (FOLDER / f"{lesson}.ipynb", FOLDER / "solutions" / f"{lesson}.ipynb")
    )
    assert text == solved != []


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_exercise_that_a_notebook_names_is_there(path: Path) -> None:
    named = {id for _, cell in stored(path).cells() for id in CALL.findall(cell.source)}
    assert named <= set(TEXTS)


def below(lesson: Lesson, question: NotebookNode) -> str:
    """What stands unfolded below a question, up to the next heading, exercise or code."""
    cells = lesson.notebook.cells
    text = ""
    for cell in cells[cells.index(question) + 1 :]:
        if cell.cell_type != "markdown":
            break
        text += f"\n\n{cell.source}"
    return re.split(r"^(?:#|\*\*)", FOLD.sub("", text), maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("id", [id for id in EXERCISES if right(exercise(id, 0))])
def test_the_words_below_a_question_keep_its_answer_to_themselves(id: str) -> None:
    lesson = stored(FOLDER / f"{exercise(id, 0).lesson}.ipynb")
    text = typed(below(lesson, asked(lesson)[id]))
    assert [found[0] for way in right(exercise(id, 0)) if (found := re.search(way, text))] == []


LESSONS = [path for path in paths() if path.parent == FOLDER]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_guess_is_told_what_is_right_and_its_cell_does_not_show_it(path: Path) -> None:
    for _, cell in stored(path).cells("code"):
        for guess in GUESS.findall(cell.source):
            (call,) = ast.parse(guess).body
            assert isinstance(call, ast.Expr)
            assert isinstance(call.value, ast.Call)
            found = [each.value for each in call.value.keywords if each.arg == "right"]
            assert len(found) == 1, guess
            assert not isinstance(found[0], ast.Constant | ast.UnaryOp), guess
