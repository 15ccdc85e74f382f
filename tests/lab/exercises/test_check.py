"""Every exercise: what an open, a right, a wrong and a nonsensical answer are told, and hints."""

import re

import nbformat
import pytest

from pinlab import lab
from pinlab.lab.exercise import Exercise, Number, Program, misconceptions, reason
from pinlab.lab.problems import EXERCISES, FIXED, LESSONS, SEEDED, exercise
from pinlab.model.arguments import shown
from tests.lab.exercises.solved import PROGRAMS, RIGHT, Errors, each, mistaken, nonsense, stubs
from tests.notebooks.lesson import FOLDER

MISTAKES = [(id, *mistake) for id in EXERCISES for mistake in mistaken(exercise(id, 0))]
NUMBERS = [(id, answer) for id, answer, _ in MISTAKES if isinstance(exercise(id, 0), Number)]
NONSENSE = [(id, *case) for id in EXERCISES for case in nonsense(id)]


def test_every_exercise_is_solved_here() -> None:
    assert set(RIGHT) == set(EXERCISES)
    assert not set(FIXED) & set(SEEDED)


def test_no_two_lessons_call_an_exercise_the_same() -> None:
    ids = [id for lesson in LESSONS for id in (*lesson.fixed, *lesson.seeded)]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("id", EXERCISES)
def test_an_exercise_knows_its_id(id: str) -> None:
    assert exercise(id, 0).id == id


@pytest.mark.parametrize(("id", "stub"), each(stubs))
def test_an_open_answer_is_answered_kindly(id: str, stub: object) -> None:
    reply = lab.check(id, stub)
    assert (reply.right, reply.misconception, reply.details) == (None, None, "")
    assert reply.text.startswith("No answer yet: ")
    assert f'`lab.hint("{id}")`' in reply.text


@pytest.mark.parametrize("id", EXERCISES)
def test_no_answer_at_all_is_an_open_one(id: str) -> None:
    assert lab.check(id) == lab.check(id, None)


@pytest.mark.parametrize("id", EXERCISES)
def test_the_right_answer_is_right(id: str) -> None:
    reply = lab.check(id, RIGHT[id])
    assert (reply.right, reply.misconception) == (True, None)
    assert exercise(id, 0).because in reply.text


@pytest.mark.parametrize(("id", "answer", "idea"), MISTAKES)
def test_a_known_wrong_answer_is_wrong_and_gets_its_reason_and_a_hint(
    id: str, answer: object, idea: str
) -> None:
    reply = lab.check(id, answer)
    assert reply.right is False
    assert reply.misconception == (idea if idea in misconceptions() else None)
    assert reason(idea) in reply.text
    assert f'`lab.hint("{id}")`' in reply.text


@pytest.mark.parametrize(("id", "answer"), NUMBERS)
def test_a_wrong_number_is_told_what_was_expected_and_what_came(id: str, answer: object) -> None:
    told = re.match(
        rf"You expected (-?\d+).*?, {exercise(id, 0).gives} (-?\d+)", lab.check(id, answer).text
    )
    assert told is not None
    assert [int(number) for number in told.groups()] == [answer, RIGHT[id]]


@pytest.mark.parametrize("id", EXERCISES)
def test_the_usual_wrong_answers_are_all_listed(id: str) -> None:
    reasons = [reason(idea) for _, idea in exercise(id, 0).mistakes()]
    lines = lab.mistakes(id).text.splitlines()
    assert len(lines) == len(reasons) > 1
    assert all(line.endswith(f": {why}") for line, why in zip(lines, reasons, strict=True))


@pytest.mark.parametrize("id", EXERCISES)
def test_no_two_of_them_read_alike(id: str) -> None:
    lines = lab.mistakes(id).text.splitlines()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(("id", "answer", "named", "error"), NONSENSE)
def test_nonsense_is_named(id: str, answer: object, named: object, error: Errors) -> None:
    with pytest.raises(error) as caught:
        lab.check(id, answer)
    assert str(caught.value).startswith(("your answer", "in your answer"))
    assert shown(named) in str(caught.value)


@pytest.mark.parametrize("id", EXERCISES)
def test_hint_1_is_where_it_begins(id: str) -> None:
    assert lab.hint(id) == lab.hint(id, 1)


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("id", EXERCISES)
def test_a_hint_leads_to_the_next_one(id: str, level: int) -> None:
    hint = lab.hint(id, level)
    assert hint.right is None
    assert hint.text.startswith(exercise(id, 0).hints[level - 1])
    assert f'`lab.hint("{id}", {level + 1})`' in hint.text


@pytest.mark.parametrize("id", EXERCISES)
def test_the_bigger_hint_is_another_one(id: str) -> None:
    first, second = exercise(id, 0).hints
    assert first != second


@pytest.mark.parametrize("id", EXERCISES)
def test_hint_3_leads_to_the_cell_with_the_solution(id: str) -> None:
    (path,) = set(re.findall(r"solutions/\S+?\.ipynb#cell-id=[\w-]+", lab.hint(id, 3).text))
    file, _, cell = path.partition("#cell-id=")
    assert cell == id
    notebook = nbformat.read(FOLDER / file, as_version=4)
    assert id in {cell.id for cell in notebook.cells}


@pytest.mark.parametrize("id", EXERCISES)
def test_there_are_three_hints(id: str) -> None:
    for level in (0, 4, -1):
        with pytest.raises(ValueError, match=f"level is {level}: allowed are whole numbers from 1"):
            lab.hint(id, level)


@pytest.mark.parametrize("level", ["1", True, 1.0, None])
def test_a_level_is_a_whole_number(level: object) -> None:
    with pytest.raises(TypeError, match="level is "):
        lab.hint("last-pin", level)  # type: ignore[arg-type]


@pytest.mark.parametrize("id", [*FIXED])
def test_an_exercise_with_one_question_takes_no_seed(id: str) -> None:
    with pytest.raises(ValueError, match=f"seed is 1: exercise '{id}' has one question"):
        lab.check(id, RIGHT[id], seed=1)


@pytest.mark.parametrize("id", [*FIXED])
def test_an_exercise_without_material_hands_out_its_question(id: str) -> None:
    assert str(lab.given(id)) == exercise(id).question


@pytest.mark.parametrize("id", EXERCISES)
def test_a_solution_has_hints_reply_and_mistakes_in_one(id: str) -> None:
    found, told = exercise(id), lab.solution(id).text
    reply = lab.check(id, found.solution())._repr_markdown_()
    places = [told.index(words) for words in (*found.hints, reply, lab.mistakes(id).text)]
    assert places == sorted(places)


@pytest.mark.parametrize("id", PROGRAMS)
def test_a_solution_shows_the_program_of_the_text(id: str) -> None:
    found = exercise(id)
    assert isinstance(found, Program)
    assert f"```python\n{found.source}```" in lab.solution(id).text


@pytest.mark.parametrize("id", [*SEEDED])
def test_without_a_seed_it_is_seed_0(id: str) -> None:
    assert str(lab.given(id)) == str(lab.given(id, 0))
    assert lab.check(id, RIGHT[id]).right


@pytest.mark.parametrize("seed", ["1", 1.0, True, None])
@pytest.mark.parametrize("id", ["last-pin", *SEEDED])
def test_a_seed_is_a_whole_number_whatever_was_asked_before(id: str, seed: object) -> None:
    if id in SEEDED:
        lab.check(id, seed=1)
    with pytest.raises(TypeError, match="seed is "):
        lab.check(id, seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("id", SEEDED)
def test_a_seed_is_not_negative(id: str) -> None:
    with pytest.raises(ValueError, match=r"seed is -1: allowed .* from 0 to 1000000000"):
        lab.given(id, -1)


@pytest.mark.parametrize("what", [lab.check, lab.hint, lab.mistakes, lab.given])
@pytest.mark.parametrize("id", ["last pin", "", 3, None, ["last-pin"]])
def test_an_unknown_exercise_is_named_among_those_there_are(what: object, id: object) -> None:
    assert callable(what)
    named = re.escape(f"id is {id!r}: allowed are {EXERCISES[0]}, ")
    with pytest.raises(ValueError if isinstance(id, str) else TypeError, match=named):
        what(id)


def test_an_exercise_is_made_once() -> None:
    assert exercise("most-at-once", 3) is exercise("most-at-once", 3)
    assert isinstance(exercise("most-at-once", 3), Exercise)
