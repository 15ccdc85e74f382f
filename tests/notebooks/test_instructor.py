"""The instructor's page: tables made of the data, minutes that add up, answers that are so."""

import re

import pytest

from pinlab.lab.misconceptions import misconceptions
from pinlab.lab.problems import TEXTS
from tests.notebooks import exams, minutes
from tests.notebooks.examples import notebook, text
from tests.notebooks.instructor import (
    FILE,
    SECTION,
    lesson,
    objectives,
    page,
    questions_back,
    stored,
)
from tests.notebooks.lesson import Lesson, paths
from tests.notebooks.navigation import dead_anchors
from tests.notebooks.shape import dead_links

PAGE = FILE.read_text("utf-8")
SECTIONS = dict(SECTION.findall(PAGE))
LESSONS = [path.stem for path in minutes.LESSONS]
SESSIONS = ("Session 1", "Session 2", "Session 3", "Lab")
MOST = 5
"""Points of an exam question."""

IDS = [f"{name[:2]}{which}" for name in LESSONS for which in "ab"]
VALUE = re.compile(r"`([^`]+)`")
PART = re.compile(r"^\*\*(\d\d[ab])\.\*\* (.*?)(?=^\*\*\d\d|^### |\Z)", re.MULTILINE | re.DOTALL)
ASKED, SCHEMES = (dict(PART.findall(SECTIONS[n])) for n in ("Exam questions", "Marking schemes"))


def points(told: str, unit: str) -> list[int]:
    return [int(number) for number in re.findall(unit, told, re.MULTILINE)]


def test_the_tables_are_made_of_the_rows() -> None:
    assert page(PAGE) == PAGE, "run `python -m tests.notebooks.instructor`"


@pytest.mark.parametrize("name", LESSONS)
def test_objectives_stand_in_the_lesson_and_every_exercise_is_below_one(name: str) -> None:
    rows = [row for row in objectives() if row.lesson == name]
    top = lesson(name).notebook.cells[0].source
    assert [row.objective for row in rows] == re.findall(r"^- (.*)[;.]$", top, re.MULTILINE)
    assert all(row.ids for row in rows)
    ids = {id for row in rows for id in row.ids}
    here = {id for id, exercise in TEXTS.items() if exercise.lesson == name}
    assert here <= ids
    assert ids - here <= {cell.id for _, cell in lesson(name).cells()}


def test_each_mistake_has_a_question_back() -> None:
    rows = questions_back()
    assert [row.misconception for row in rows] == [*misconceptions()]
    assert [row.say for row in rows if not row.say.endswith("?")] == []


def test_no_link_is_dead() -> None:
    assert list(dead_links(PAGE, FILE.parent)) == []
    assert list(dead_anchors(Lesson(FILE, notebook(text(PAGE))), map(stored, paths()))) == []


@pytest.mark.parametrize("name", SESSIONS)
def test_the_minutes_add_up_and_a_session_keeps_to_its_lessons(name: str) -> None:
    plan = SECTIONS[name]
    assert sum(points(plan, r"^\| (\d+) \|")) == 90
    before = ["Before the course", *SESSIONS[: SESSIONS.index(name) + 1]]
    seen = {stretch.lesson for each in before for stretch in minutes.routes()[each]}
    assert set(re.findall(r"\]\((\d\d_\w+)\.ipynb", plan)) <= seen


def test_the_lab_has_ten_points() -> None:
    handed_in = re.findall(r"^- .*\((\d)(?:: | (each))?.*\)[;.]$", SECTIONS["Lab"], re.MULTILINE)
    assert sum(int(number) * (2 if each else 1) for number, each in handed_in) == 10


def test_two_questions_for_each_lesson_and_a_scheme_for_each() -> None:
    assert [*ASKED] == [*SCHEMES] == IDS


@pytest.mark.parametrize("id", IDS)
def test_an_answer_is_what_the_model_gives_and_its_points_add_up(id: str) -> None:
    first, *steps = SCHEMES[id].strip().splitlines()
    assert first.startswith("Answer: ")
    mail = ASKED[id].split("```")[1].strip() if id == "12b" else ""
    assert VALUE.findall(first) == exams.answers(id, mail)
    assert sum(points("\n".join(steps), r"^- (\d) points?: ")) == MOST
    wrong = steps[-1]
    assert wrong.startswith("- Wrong: ")
    assert all(each < MOST for each in points(wrong, r"worth (\d)"))
    numbers = [int(told) for told in VALUE.findall(wrong) if told.isdigit()]
    assert numbers == list(exams.WRONG.get(id, ()))
