"""Assignments: the exercises of a lesson as a source notebook for nbgrader, with its settings.

Each exercise is three cells: a question that is locked, an answer cell, and a test that is locked.
What nbgrader cuts out of the students' edition is the right answer and the hidden part of the test,
in which the seed stands. Points: 1 for what is chosen, 2 for what is worked out, 4 for what is
written.
"""

from __future__ import annotations

import ast
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from nbformat import NotebookNode, write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from pinlab.lab.draw import LARGEST_SEED
from pinlab.lab.exercise import Choice, Exercise, Numbers, Program, Selection, Worded
from pinlab.lab.problems import SEEDED, TEXTS, exercise, named
from pinlab.lab.task import Task
from pinlab.lab.text import many

FOLDER = Path("assignment")
"""The folder of nbgrader's course, seen from where the program runs."""

POINTS: Mapping[str, int] = MappingProxyType(
    {
        "choice": 1, "number": 2, "numbers": 2, "selection": 2,
        "program": 4, "worded": 4, "task": 4,
    }
)  # fmt: skip

CONFIG = '''\
"""Settings of nbgrader for assignments that pinlab has made."""

c = get_config()

c.ClearSolutions.code_stub = {"python": "# YOUR ANSWER HERE"}

# A student who has deleted a test gets it back.
c.OverwriteCells.add_missing_cells = True

# The first stands in the place of nbgrader's Execute: it judges the answers outside of the process
# that the student's code runs in.
c.Autograde.autograde_preprocessors = [
    "pinlab.course.grading.judge",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
'''

INTRODUCTION = """# Assignment: {title}

{questions}, {points}. Put each answer into the cell below its question, in the place of the dots, or of the beginning that stands there. Keep its name.

What an answer needs stands in its cell or in a cell above, as plain Python. It takes no more than a second.

Whether an answer is right you are told when it has been graded. Where a question speaks of a check, that is the grading."""  # noqa: E501

IMPORTS = "from pinlab import Kernel, words"


def write_assignment(lesson: str, seed: int | None = None, folder: Path = FOLDER) -> list[Path]:
    """Write an assignment into a folder, and nbgrader's settings if it has none; return the files.

    Raises FileExistsError where the assignment is there already, else as `assignment`.
    """
    made = assignment(lesson, seed)
    name = made.metadata["title"]
    file, config = folder / "source" / name / f"{name}.ipynb", folder / "nbgrader_config.py"
    if file.exists():
        raise FileExistsError(f"{file} is there already: move it away to have another one made")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as out:
        write(made, out)
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8", newline="\n")
    return [file, config]


def assignment(lesson: str, seed: int | None = None) -> NotebookNode:
    """Return the source notebook of a lesson ("04", or the notebook's name).

    Without a seed its questions are those of one that nobody knows; seed 0 asks what the lesson
    asks. Raises ValueError for an unknown lesson, TypeError or ValueError for what is no seed.
    """
    name = named(lesson, dict.fromkeys(text.lesson for text in TEXTS.values()), "the lessons are")
    seed = 1 + secrets.randbelow(LARGEST_SEED) if seed is None else seed
    asked = [
        exercise(id, seed if id in SEEDED else 0)
        for id, text in TEXTS.items()
        if text.lesson == name
    ]
    points = sum(POINTS[TEXTS[each.id].kind] for each in asked)
    title = name[3:].replace("_", " ")
    told = {"questions": many(len(asked), "question"), "points": many(points, "point")}
    imports = f"{IMPORTS}\nfrom pinlab.lessons import {name[3:]} as here"
    cells = [
        _locked(new_markdown_cell(INTRODUCTION.format(title=title, **told)), "introduction"),
        _locked(new_code_cell(imports), "imports"),
    ]
    for number, each in enumerate(asked, start=1):
        cells += _cells(number, each, seed)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made: NotebookNode = new_notebook(cells=cells, metadata={"kernelspec": kernel, "title": name})
    return made


def _cells(number: int, asked: Exercise, seed: int) -> list[NotebookNode]:
    """The question, the place of its answer, and the test."""
    points = POINTS[TEXTS[asked.id].kind]
    heading = f"## Question {number} ({many(points, 'point')})"
    arguments = f'"{asked.id}", {_name_of(asked)}'
    if asked.id in SEEDED:
        arguments += f", seed={seed}"
    test = (
        f'assert {_name_of(asked)} is not ..., "no answer yet"\n'
        "### BEGIN HIDDEN TESTS\n"
        "from pinlab.course.grading import grade\n\n"
        f"grade({arguments})\n"
        "### END HIDDEN TESTS"
    )
    return [
        _locked(new_markdown_cell(f"{heading}\n\n{asked.asked}"), f"{asked.id}-question"),
        _marked(new_code_cell(_answer(asked)), f"{asked.id}-answer", solution=True),
        _locked(new_code_cell(test), asked.id, grade=True, points=points),
    ]


def _locked(cell: NotebookNode, id: str, **more: bool | int) -> NotebookNode:
    return _marked(cell, id, locked=True, **more)


def _marked(cell: NotebookNode, id: str, **more: bool | int) -> NotebookNode:
    """A cell as nbgrader knows it."""
    cell.id = id
    flags = {"grade": False, "locked": False, "solution": False, "task": False} | more
    cell.metadata["nbgrader"] = {
        "schema_version": 3, "grade_id": id, "cell_type": cell.cell_type, **flags,
    }  # fmt: skip
    return cell


def _name_of(asked: Exercise) -> str:
    """The name that an answer has in its cell."""
    match asked:
        case Program():
            return asked.name
        case Task() | Worded():
            return "mine"
    return asked.id.replace("-", "_")


def _answer(asked: Exercise) -> str:
    """The answer cell: a beginning, and the right answer between the signs of nbgrader."""
    name = _name_of(asked)
    match asked:
        case Program():
            head, body = _split(asked.source, asked.name)
            return f"{head}    ...\n{_solution(body, '    ')}"
        case Task():
            return f"{asked.beginning.rstrip()}\n{_solution(asked.source)}"
        case Worded():
            clause = "words.clause(call, page, counter, how)"
            beginning = f"mine = ...  # words.sentence({clause}, ...)"
            right = asked.source
        case Choice() | Selection():
            options = "\n".join(f'#     "{option}"' for option in asked.options)
            wanted = "One of these texts" if isinstance(asked, Choice) else "A set of some of these"
            beginning = f"# {wanted}:\n{options}\n{name} = ..."
            right = f"{name} = {_python(asked.solution())}"
        case Numbers():
            parts = ", ".join(f'"{part}": ...' for part in asked.parts)
            beginning, right = f"{name} = {{{parts}}}", f"{name} = {asked.solution()!r}"
        case _:
            beginning = f"{name} = ...  # a whole number"
            right = f"{name} = {asked.solution()!r}"
    return f"{beginning}\n{_solution(right)}"


def _solution(source: str, indent: str = "") -> str:
    return f"{indent}### BEGIN SOLUTION\n{source.rstrip()}\n{indent}### END SOLUTION"


def _split(source: str, name: str) -> tuple[str, str]:
    """A program up to the body of its function, and that body."""
    (function,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    lines = source.splitlines(keepends=True)
    first = function.body[0].lineno - 1
    return "".join(lines[:first]), "".join(lines[first:])


def _python(answer: object) -> str:
    """An answer as Python has it, the same in each run: a set has no order."""
    if isinstance(answer, frozenset):
        return f"{{{', '.join(map(repr, sorted(answer)))}}}" if answer else "set()"
    return repr(answer)
