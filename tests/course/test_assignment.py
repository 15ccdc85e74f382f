"""Assignments: what students get, and that their answers are judged whatever else they do."""

import re
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, validate
from nbformat import read as read_notebook
from nbformat.v4 import new_code_cell

from pinlab.course.assignment import CONFIG, POINTS, assignment
from pinlab.course.grading import NotYet, grade, judge
from pinlab.lab.misconceptions import misconceptions
from pinlab.lab.problems import EXERCISES, SEEDED, TEXTS, exercise
from tests.course.students import (
    FORGED,
    SOLUTION,
    TAMPERED,
    answered,
    cells,
    edition,
    tampering,
)
from tests.lab.made_up import mistaken
from tests.test_command import pinlab

LESSONS = sorted({text.lesson for text in TEXTS.values()})
SEED = 70_707


def restored(handed_in: NotebookNode, source: NotebookNode) -> NotebookNode:
    """What nbgrader judges: the tests are those of the source again."""
    made = deepcopy(handed_in)
    for id, cell in cells(made, "grade").items():
        cell.source = cells(source, "grade")[id].source
    return made


def judged(handed_in: NotebookNode) -> dict[str, str]:
    """What each test says; nothing to a right answer."""
    told, _ = judge(handed_in, {})
    return {
        id: "".join(output.evalue for output in cell.outputs)
        for id, cell in cells(told, "grade").items()
    }


def right(told: dict[str, str]) -> set[str]:
    return {id for id, words in told.items() if not words}


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_exercise_has_a_question_an_answer_and_a_test_that_is_locked(lesson: str) -> None:
    source = assignment(lesson, SEED)
    validate(source)
    ids = [id for id, text in TEXTS.items() if text.lesson == lesson]
    marks = [cell.metadata.nbgrader for cell in source.cells]
    called = [f"{id}{part}" for id in ids for part in ("-question", "-answer", "")]
    assert [mark.grade_id for mark in marks] == ["introduction", "imports", *called]
    for mark in marks:
        answer, test = mark.grade_id.endswith("-answer"), mark.grade_id in ids
        assert (mark.locked, mark.solution, mark.grade) == (not answer, answer, test)
        assert mark.get("points") == (POINTS[TEXTS[mark.grade_id].kind] if test else None)


@pytest.mark.parametrize("lesson", LESSONS)
def test_its_answers_are_right_both_where_it_runs_and_judged_from_outside(lesson: str) -> None:
    source = assignment(lesson, SEED)
    names: dict[str, Any] = {}
    for cell in source.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    told = judged(source)
    assert right(told) == told.keys() != set()


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_edition_of_students_has_neither_answers_nor_the_seed(lesson: str) -> None:
    source = assignment(lesson, SEED)
    handed_out = edition(source)
    text = str(handed_out)
    assert str(SEED) not in text
    assert "grade(" not in text
    for id, cell in cells(source, "solution").items():
        ((_, solution),) = SOLUTION.findall(cell.source)
        assert solution.strip() not in text, id
    names: dict[str, Any] = {}
    for cell in restored(handed_out, source).cells:
        is_test = cell.metadata.nbgrader.grade
        with pytest.raises(AssertionError) if is_test else nullcontext():
            exec(cell.source if cell.cell_type == "code" else "", names)


@pytest.mark.parametrize("id", EXERCISES)
def test_a_wrong_answer_is_told_its_misconception_and_nothing_of_what_is_right(id: str) -> None:
    asked = exercise(id, SEED if id in SEEDED else 0)
    grade(id, asked.solution(), SEED if id in SEEDED else 0)
    for answer, idea in mistaken(asked):
        with pytest.raises(NotYet) as raised:
            grade(id, answer, SEED if id in SEEDED else 0)
        known = misconceptions().get(idea)
        assert str(raised.value) in {
            "Not so.", f"Not so. A common mistake: {known.name}." if known else "",
        }  # fmt: skip


def test_most_known_mistakes_are_named() -> None:
    source = assignment("04", 0)
    told = judged(restored(answered(source, edition(source), right=False), source))
    assert right(told) == set()
    assert told["last-pin"] == "Not so. A common mistake: The hold that goes past the end fails."


def with_first(source: NotebookNode, handed_out: NotebookNode, *first: str) -> dict[str, str]:
    """What is said where some cells come before all others."""
    made = restored(handed_out, source)
    made.cells[2:2] = [new_code_cell(each) for each in first]
    return judged(made)


def test_who_tampers_with_what_is_checked_gets_what_is_right_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = assignment("04", SEED)
    (tmp_path / "pinlab.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    told = judged(restored(tampering(edition(source)), source))
    assert right(told) == {"last-pin"}


def test_a_forged_verdict_or_pickle_counts_for_nothing_that_is_judged_outside(
    tmp_path: Path,
) -> None:
    source = assignment("00", SEED)
    task = {id for id in cells(source, "grade") if TEXTS[id].kind == "task"}
    assert right(with_first(source, edition(source), TAMPERED + FORGED)) <= task
    made = tmp_path / "made"
    harm = f"class Harm:\n    __reduce__ = lambda self: (open, ({str(made)!r}, 'w'))\n"
    harm = harm + FORGED.replace('("right", True)', '("value", Harm())')
    assert right(with_first(source, edition(source), "import os, pickle\n" + harm)) == set()
    assert not made.exists()


def test_what_a_cell_breaks_is_its_own() -> None:
    source = assignment("04", SEED)
    loop, ends = "while True: pass", "import os\nos._exit(0)"
    told = with_first(source, source, "1 / 0", "%matplotlib inline", "print('x' * 10**6)", loop)
    assert right(told) == told.keys()
    made = deepcopy(source)
    place = made.cells.index(cells(made, "solution")["what-it-reads-answer"])
    made.cells.insert(place, new_code_cell(ends))
    told = judged(made)
    assert right(told) == {"which-hold", "last-pin"}
    assert told["what-it-reads"] == "The notebook came to an end before this."


def test_a_program_may_spoil_what_it_gets() -> None:
    source = assignment("11", SEED)
    cells(source, "solution")["which-kernels-answer"].source += """
right = which_kernels
def which_kernels(seen, known, margin):
    came = right(seen, known, margin)
    known.clear()
    return came
"""
    assert "which-kernels" in right(judged(source))


@pytest.mark.parametrize(("lines", "counts"), [("assert last_pin > 1", True), ("1 / 0", False)])
def test_a_test_that_a_lecturer_has_added_is_run_with_the_answers(lines: str, counts: bool) -> None:
    source = assignment("04", SEED)
    mine = deepcopy(cells(source, "grade")["last-pin"])
    mine.source, mine.metadata.nbgrader.grade_id = lines, "mine"
    source.cells.append(mine)
    assert ("mine" in right(judged(source))) == counts


def test_the_command_writes_it_with_settings_and_never_over_another(tmp_path: Path) -> None:
    name = "04_count_to_two_million"
    done = pinlab(tmp_path, "assignment", "04", "--seed", "7")
    files = [f"assignment/source/{name}/{name}.ipynb", "assignment/nbgrader_config.py"]
    assert [Path(line).as_posix() for line in done.stdout.splitlines()] == files
    assert (tmp_path / files[1]).read_text("utf-8") == CONFIG
    (tmp_path / files[1]).write_text("mine")
    (file,) = tmp_path.glob("assignment/source/*/*.ipynb")
    assert read_notebook(file, 4) == assignment("04", 7)
    again = pinlab(tmp_path, "assignment", "04")
    assert (again.returncode, f"{file.name} is there already: move" in again.stderr) == (2, True)
    assert pinlab(tmp_path, "assignment", "05").returncode == 0
    assert (tmp_path / files[1]).read_text() == "mine"
    seeds = re.findall(r"seed=(\d+)", str(assignment("05", None)) + str(assignment("05", None)))
    assert len(set(seeds)) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99"], "lesson is '99': the lessons are 00_start_here, "),
        (["04", "--seed", "x"], "--seed is 'x': allowed are whole numbers from 0 to 1000000000"),
        ([], "the following arguments are required: LESSON"),
    ],
)
def test_a_wrong_argument_is_named(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = pinlab(tmp_path, "assignment", *arguments)
    assert (done.returncode, words in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
