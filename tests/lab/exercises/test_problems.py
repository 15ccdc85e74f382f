"""Problems: what stands on the sheet and in the key, for every seeded exercise of every lesson."""

import os
import re
import subprocess
import sys
from hashlib import sha256

import pytest

from pinlab import lab
from pinlab.lab.exercise import Choice, Program, Selection, in_words, reason
from pinlab.lab.problems import FIXED, LESSONS, SEEDED, Problems, exercise
from tests.lab.exercises.solved import RIGHT, mistaken
from tests.lab_server import ROOT

SEEDS = range(50)
SHEETS = range(20)
SEEDS_OF = dict.fromkeys(SEEDED, SEEDS) | {id: range(1) for id in FIXED if exercise(id).question}
"""The seeds for which an exercise has a question that stands alone."""

WITH_PROBLEMS = [module for module in LESSONS if module.seeded]
NAMES = [module.name for module in WITH_PROBLEMS]
DISTINCT = 6
"""How many different questions fifty seeds give at least."""

PRINT_ALL = f"""
from hashlib import sha256
from pinlab import lab
for lesson in {NAMES}:
    for seed in {SHEETS}:
        sheet = lab.problems(lesson, seed)
        print(sha256((sheet.worksheet + sheet.key).encode()).hexdigest())
"""


def parts(sheet: str) -> list[str]:
    """A worksheet or a key cut up before each number."""
    return re.split(r"^\*\*\d+\.\*\* ", sheet, flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("id", SEEDS_OF)
def test_an_exercise_has_a_question_of_its_own(id: str) -> None:
    unasked = [seed for seed in SEEDS_OF[id] if len(exercise(id, seed).question.split()) < 10]
    assert unasked == []


@pytest.mark.parametrize("id", SEEDS_OF)
def test_a_question_stands_alone(id: str) -> None:
    asked = {exercise(id, seed).question for seed in SEEDS_OF[id]}
    # pincount-above-zero is a name, and "above zero" no place.
    places = r"(?<!-)\b(above|below|Figure|next cell|QUESTION)\b(?!-| zero)"
    assert [q for q in asked if re.search(places, q)] == []


@pytest.mark.parametrize("id", SEEDS_OF)
def test_a_question_names_what_there_is_to_choose(id: str) -> None:
    for found in (exercise(id, seed) for seed in SEEDS_OF[id]):
        match found:
            case Choice(right=right, wrong=wrong):
                options = [right, *wrong]
            case Selection():
                options = list(found.options)
            case _:
                options = []
        asked = f"{found.question} {found.given}".casefold()
        assert [each for each in options if each.casefold() not in asked] == []


@pytest.mark.parametrize("id", SEEDED)
def test_seeds_ask_different_questions(id: str) -> None:
    asked = {f"{exercise(id, seed).question} {exercise(id, seed).given}" for seed in SEEDS}
    assert len(asked) >= DISTINCT


@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_has_wrong_answers_that_are_wrong_and_explained(id: str) -> None:
    for seed in SEEDS:
        listed = mistaken(exercise(id, seed))
        assert len(listed) >= 3, seed
        for answer, idea in listed:
            reply = lab.check(id, answer, seed)
            assert (reply.right, reason(idea) in reply.text) == (False, True), (seed, answer)


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_question(id: str) -> None:
    one, other = SEEDED[id](5), SEEDED[id](5)
    assert (one.question, str(one.given)) == (other.question, str(other.given))


@pytest.mark.parametrize("id", SEEDED)
def test_the_answer_in_the_key_is_checked_and_right(id: str) -> None:
    replies = {seed: lab.check(id, exercise(id, seed).solution(), seed).right for seed in SEEDS}
    assert replies == dict.fromkeys(SEEDS, True)


@pytest.mark.parametrize("id", FIXED)
def test_an_exercise_of_one_question_knows_its_answer_too(id: str) -> None:
    assert lab.check(id, exercise(id).solution()).right


@pytest.mark.parametrize("name", NAMES)
def test_the_sheet_numbers_the_questions_of_the_lesson_with_their_material(name: str) -> None:
    (module,) = (module for module in LESSONS if name == module.name)
    sheet = lab.problems(name, 3)
    for part, id in zip(parts(sheet.worksheet), module.seeded, strict=True):
        found = exercise(id, 3)
        assert part.startswith(found.question)
        assert (found.given is None) or f"```\n{found.given}\n```" in part
        assert "Answer: ...." in part
        assert f'`lab.check("{id}", ..., seed=3)`' in part


@pytest.mark.parametrize("name", NAMES)
def test_the_key_has_the_answers_reasons_and_mistakes_under_the_same_numbers(name: str) -> None:
    (module,) = (module for module in LESSONS if name == module.name)
    sheet = lab.problems(name, 3)
    for part, id in zip(parts(sheet.key), module.seeded, strict=True):
        found = exercise(id, 3)
        assert part.startswith(f"**{in_words(found.solution())}**. {found.because}")
        mistakes = list(found.mistakes())
        assert mistakes
        for answer, idea in mistakes:
            assert f"\n- {in_words(answer)}: {reason(idea)}\n" in part


@pytest.mark.parametrize("id", [id for id in SEEDED if not isinstance(exercise(id), Program)])
def test_with_seed_0_the_key_has_the_answer_that_was_worked_out_elsewhere(id: str) -> None:
    (module,) = (module for module in LESSONS if id in module.seeded)
    answer = parts(lab.problems(module.name, 0).key)[list(module.seeded).index(id)]
    right = RIGHT[id]
    expected = in_words(frozenset(right) if isinstance(right, set) else right)
    assert answer.startswith(f"**{expected}**")


def test_the_sheet_gives_no_answer_away() -> None:
    sheet = lab.problems("04", 7)
    for found in sheet.exercises:
        assert found.because not in sheet.worksheet


def test_they_are_the_same_in_another_process_with_another_hash_seed() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PRINT_ALL],
        env=os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    here = [lab.problems(name, seed) for name in NAMES for seed in SHEETS]
    digests = [sha256((p.worksheet + p.key).encode()).hexdigest() for p in here]
    assert run.stdout.split() == digests
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_named_by_its_number_too(name: str) -> None:
    assert lab.problems(name[:2], 5) == lab.problems(name, 5)


def test_a_notebook_shows_the_worksheet() -> None:
    sheet = lab.problems("04", 1)
    assert isinstance(sheet, Problems)
    assert sheet._repr_markdown_() == str(sheet) == repr(sheet) == sheet.worksheet
    assert sheet.key._repr_markdown_() == str(sheet.key) == repr(sheet.key)
    assert sheet.worksheet.startswith("## Problems: lesson 04_count_to_two_million, seed 1\n")


@pytest.mark.parametrize("lesson", ["4", "", "99", "04_count"])
def test_a_lesson_without_problems_is_named_among_those_that_have_some(lesson: str) -> None:
    named = re.escape(f"lesson is {lesson!r}: there are problems for ")
    with pytest.raises(ValueError, match=named + ".*04_count_to_two_million"):
        lab.problems(lesson, 1)


@pytest.mark.parametrize("lesson", [None, 4, ["04"]])
def test_a_lesson_is_a_str(lesson: str) -> None:
    with pytest.raises(TypeError, match=f"lesson is {re.escape(repr(lesson))}: it has to be of"):
        lab.problems(lesson, 1)


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), ("1", TypeError), (None, TypeError)])
def test_a_seed_is_a_whole_number(seed: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="seed is "):
        lab.problems("04", seed)
