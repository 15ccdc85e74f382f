"""Problems: every exercise of every lesson is sound for many seeds, and so are their sheets."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from importlib import import_module

import pytest

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.lab.exercise import (
    Choice,
    Exercise,
    Program,
    Selection,
    Worded,
    in_words,
)
from pinlab.lab.exercise_texts import FOLDER, read
from pinlab.lab.misconceptions import diagnosis, misconceptions, reason
from pinlab.lab.problems import EXERCISES, SEEDED, TASKS, TEXTS, Problems, exercise
from tests.lab.made_up import mistaken
from tests.lab_server import ROOT

SEEDS = range(20)
DISTINCT = 6
"""How many different questions these seeds give at least."""

LESSONS = sorted({text.lesson for text in TEXTS.values()})
NAMES = sorted({TEXTS[id].lesson for id in SEEDED})


def program(id: str) -> object:
    """The right program that stands in the text of an exercise."""
    found = exercise(id)
    assert isinstance(found, Program)
    names: dict[str, object] = {}
    exec(found.source, names)
    return names[found.name]


@cache
def answers() -> dict[str, object]:
    """The right answers of all lessons, worked out in their tests and not with the exercises."""
    right = {id: program(id) for id in EXERCISES if TEXTS[id].kind == "program"}
    for lesson in LESSONS:
        right |= import_module(f"tests.lessons.test_{lesson.partition('_')[2]}").RIGHT
    return right


def seeded(lesson: str) -> list[str]:
    """The ids of a lesson's seeded exercises."""
    return [id for id in SEEDED if TEXTS[id].lesson == lesson]


def found(id: str) -> list[Exercise]:
    """The exercise for every seed that is tried."""
    return [exercise(id, seed) for seed in (SEEDS if id in SEEDED else [0])]


def test_every_exercise_has_an_id_of_its_own_and_is_solved_in_the_tests() -> None:
    ids = [text.id for file in FOLDER.glob("[0-9]*.md") for text in read(file)]
    assert sorted(ids) == sorted(set(ids)) == sorted([*EXERCISES, *TASKS])
    assert sorted(EXERCISES) == sorted(answers())
    assert all(exercise(id).id == id for id in EXERCISES)
    assert exercise("most-at-once", 3) is exercise("most-at-once", 3)


@pytest.mark.parametrize("id", EXERCISES)
def test_what_the_tests_worked_out_is_right(id: str) -> None:
    assert lab.check(id, answers()[id]).right
    assert len(set(exercise(id).hints)) == 2


@pytest.mark.parametrize("id", EXERCISES)
def test_its_answer_is_right_and_each_listed_mistake_wrong_with_every_seed(id: str) -> None:
    for seed, each in enumerate(found(id)):
        right = lab.check(id, each.solution(), seed)
        assert (right.right, right.misconception, each.because in right.text) == (True, None, True)
        assert len(mistaken(each)) == len([*each.mistakes()]) >= (3 if id in SEEDED else 2), seed
        for answer, idea in mistaken(each):
            reply = each.check(answer)
            assert (reply.right, diagnosis(idea) in reply.text) == (False, True), (seed, answer)
            assert reply.misconception == (idea if idea in misconceptions() else None)
            assert " " in idea or idea in misconceptions(), idea
        lines = [f"{in_words(answer)}: {reason(idea)}" for answer, idea in each.mistakes()]
        assert len(lines) == len(set(lines)), seed


PLACES = re.compile(r"(?<!-)\b(above|below|Figure|next cell|QUESTION)\b(?!-| zero)")
"""Words that lead elsewhere; pincount-above-zero is a name, and "above zero" no place."""


@pytest.mark.parametrize("id", EXERCISES)
def test_a_question_stands_alone(id: str) -> None:
    for each in found(id):
        assert len(each.question.split()) >= 10
        assert not PLACES.search(each.question)


@pytest.mark.parametrize("name", [name for name in NAMES if [*seeded(name)]])
def test_a_sheet_names_what_there_is_to_choose(name: str) -> None:
    _, *parts = re.split(r"\n\n\*\*\d+\.\*\* ", str(lab.problems(name, seed=3)))
    for id, asked in zip(seeded(name), parts, strict=True):
        made = exercise(id, 3)
        options = made.options if isinstance(made, Choice | Selection) else ()
        assert [option for option in options if option not in asked] == []


@pytest.mark.parametrize("id", SEEDED)
def test_seeds_ask_different_questions_and_the_same_seed_the_same(id: str) -> None:
    asked = [f"{each.question} {each.given}" for each in found(id)]
    assert len(set(asked)) >= DISTINCT
    again = TEXTS[id].make(5)
    assert f"{again.question} {again.given}" == asked[5]


@pytest.mark.parametrize("id", ["last-pin", "find-the-leak", "try-grab", "five-ends"])
def test_solution_has_hints_program_reply_and_mistakes_in_one(id: str) -> None:
    each, told = exercise(id), lab.solution(id).text
    program = each.source if isinstance(each, Program) else ""
    reply = lab.check(id, each.solution())._repr_markdown_()
    parts = (*each.hints, program, reply, lab.mistakes(id).text)
    places = [told.index(words) for words in parts if words]
    assert places == sorted(places)
    mine = lab.solution(id, answers()[id]).text
    assert (program in mine, reply in mine) == (not program, True)


@pytest.mark.parametrize("id", ["how-many-frames", "page-fault", "own-frames"])
def test_before_pins_have_come_no_reply_speaks_of_one(id: str) -> None:
    told = [lab.check(id, answer).text for answer, _ in mistaken(exercise(id))]
    assert [text for text in told if "pin" in text] == []


LAST = "last-pin"
NEXT = f'A hint: `lab.hint("{LAST}")`.', f'The answer: `lab.answer("{LAST}")`.'


def test_the_second_miss_is_told_of_the_hints_and_the_third_of_the_answer() -> None:
    offers = [lab.check(LAST, answer).offer for answer in (1, 1, 2, "lots", 1, None, 3, 4)]
    second, third = NEXT[0], " ".join(NEXT)
    assert offers == ["", "", second, "", second, "", third, third]
    right = lab.check(LAST, 2**21)
    assert (right.offer, str(right)[:26]) == ("", "Right, at the fifth try. 2")
    assert lab.check("what-it-shows", 1).offer == ""


def test_the_third_miss_of_a_task_is_offered_one_of_its_many_answers() -> None:
    task = "three-thousand-pins"
    missed = [{"pages": 64, "written": [0], "writes": writes} for writes in (2, 3, 4)]
    offers = [lab.check(task, mine).offer for mine in missed]
    hint = f'A hint: `lab.hint("{task}")`.'
    assert offers == ["", hint, f'{hint} One of many answers: `lab.answer("{task}")`.']


def test_tries_are_counted_for_each_seed() -> None:
    for each in range(1, 4):
        lab.check("find-the-leak", 7, seed=7)
        reply = lab.check("find-the-leak", each + 8, seed=5)
    assert reply.offer.endswith(' The answer: `lab.answer("find-the-leak", seed=5)`.')
    assert lab.check("find-the-leak", 9, seed=7).offer == 'A hint: `lab.hint("find-the-leak")`.'
    assert lab.check("find-the-leak", exercise("find-the-leak").solution()).verdict == "Right."


def test_a_program_is_the_same_try_while_its_lines_are() -> None:
    lines = "def try_grab(refcount, refs):\n    return 0, refcount + refs"
    for source in (lines, lines, lines.replace("refs\n", "refs + 0\n") + " * 1"):
        names: dict[str, object] = {}
        exec(source, names)
        reply = lab.check("try-grab", names["try_grab"])
    assert (reply.tries, reply.offer) == (2, 'A hint: `lab.hint("try-grab")`.')


@pytest.mark.parametrize("id", EXERCISES)
def test_the_answer_is_there_for_whoever_asks(id: str) -> None:
    for seed, each in enumerate(found(id)[:2]):
        shown = f"**{in_words(each.solution())}**."
        right = each.source.rstrip() if isinstance(each, Program | Worded) else shown
        solved, told = f"solutions/{each.lesson}.ipynb#cell-id={id}", lab.answer(id, seed)
        assert (told.right, right in told.text, solved in told.text) == (None, True, True)
        assert each.because in told.text


def test_every_misconception_has_a_wrong_answer_in_its_lesson() -> None:
    met = {(e.lesson, idea) for e in map(exercise, EXERCISES) for _, idea in e.mistakes()}
    with (DATA / "misconceptions.csv").open(encoding="utf-8", newline="") as file:
        assert {(row["lesson"], row["id"]) for row in csv.DictReader(file)} <= met


@pytest.mark.parametrize("seed", ["1", 1.0, True, None, -1])
def test_a_seed_is_a_whole_number_whatever_was_asked_before(seed: object) -> None:
    error = ValueError if seed == -1 else TypeError
    lab.check("most-at-once", seed=1)
    for id in ("last-pin", "most-at-once"):
        with pytest.raises(error, match="seed is "):
            lab.check(id, seed=seed)  # type: ignore[arg-type]
    with pytest.raises(error, match="seed is "):
        lab.problems("04", seed)  # type: ignore[arg-type]


def test_an_exercise_with_one_question_takes_no_seed_and_hands_it_out() -> None:
    for id in set(EXERCISES) - set(SEEDED):
        with pytest.raises(ValueError, match=f"seed is 1: exercise '{id}' has one q") as caught:
            lab.check(id, seed=1)
        assert len(vars(caught.value)["_render_traceback_"]()) == 1
    assert str(lab.given("last-pin")) == exercise("last-pin").question


def test_what_is_handed_out_is_a_copy() -> None:
    vars(lab)["given"]("find-the-leak", 7).append("spoilt")
    assert "spoilt" not in str(lab.given("find-the-leak", 7))


@pytest.mark.parametrize(
    "what", [lab.check, lab.hint, lab.answer, lab.mistakes, lab.given, lab.solution]
)
@pytest.mark.parametrize(
    ("id", "named"),
    [
        ("last pin", "allowed are the N ids of exercises, such as last-pin"),
        (
            "",
            "allowed are the N ids of exercises, such as what-it-shows, three-buffers and one-byte",
        ),
        *((bad, "it has to be of type str") for bad in (3, None, ["last-pin"])),
    ],
)
def test_an_unknown_exercise_is_named_in_a_line_with_those_that_are_near(
    what: Callable[[object], object], id: object, named: str
) -> None:
    told = f"id is {id!r}: {named.replace(' N ', f' {len(TEXTS)} ')}"
    with pytest.raises(ValueError if isinstance(id, str) else TypeError) as caught:
        what(id)
    assert str(caught.value) == told
    assert vars(caught.value)["_render_traceback_"]() == [f"{caught.type.__name__}: {told}"]


@pytest.mark.parametrize("level", ["1", True, 1.0, None, 0, 4, -1])
def test_there_are_three_hints(level: object) -> None:
    assert lab.hint("last-pin") == lab.hint("last-pin", 1)
    with pytest.raises(ValueError if type(level) is int else TypeError, match="level is "):
        lab.hint("last-pin", level)  # type: ignore[arg-type]


# Sheets.


def parts(sheet: str) -> list[str]:
    """A worksheet or a key cut up before each number."""
    return re.split(r"^\*\*\d+\.\*\* ", sheet, flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("name", NAMES)
def test_sheet_and_key_have_every_seeded_exercise_under_the_same_number(name: str) -> None:
    sheet = lab.problems(name[:2], 3)
    assert sheet == lab.problems(name, 3)
    numbered = zip(parts(sheet.worksheet), parts(sheet.key), seeded(name), strict=True)
    for asked, answered, id in numbered:
        each = exercise(id, 3)
        assert asked.startswith(each.question)
        assert (each.given is None) or f"```\n{each.given}\n```" in asked
        assert "Answer: ...." in asked
        assert f'`lab.check("{id}", ..., seed=3)`' in asked
        assert each.because not in asked
        assert answered.startswith(f"**{in_words(each.solution())}**. {each.because}")
        for answer, idea in each.mistakes():
            assert f"\n- {in_words(answer)}: {reason(idea)}\n" in answered


def digests() -> Iterator[str]:
    """What each lesson's seeds draw: what is handed out, the answers, and the ideas behind them."""
    known = misconceptions()
    for name in NAMES:
        drawn = []
        for each in (each for id in seeded(name) for each in found(id)):
            wrong = [(in_words(answer), idea if idea in known else "")
                     for answer, idea in each.mistakes()]  # fmt: skip
            drawn.append(f"{in_words(each.solution())} {each.given} {wrong}")
        yield f"{name} {sha256(''.join(drawn).encode()).hexdigest()[:16]}"


DRAWN = """\
00_start_here d149fe0ddf59b9cc
01_draw_a_page 27344227b764df58
02_hold_a_page 57c2af713da0c0a4
03_pin_a_page 3f1d0e18cfcc0ddc
04_count_to_two_million 9c8b93553074b2e5
05_pretend_to_pin 53931f6dd7ad7d13
06_count_pins_apart 18da8db385464b61
07_fork_during_direct_io a943550736ab05d7
08_try_every_interleaving a55fb8d680edbcd5
09_say_what_pinned_means ee89033c3d4cd86a
10_word_the_note 5a0130252cffeef3
11_ask_a_real_kernel 1b0f2d670c5c69ad
12_read_the_thread 1ab2682c2413bd1e
"""


def test_a_seed_draws_the_same_for_ever() -> None:
    assert "\n".join(digests()) + "\n" == DRAWN


def in_order(result: object) -> str:
    """A result in words that are the same in every process, whose sets have another order."""
    return str(sorted(map(str, result))) if isinstance(result, set | frozenset) else str(result)


def wrong_programs() -> Iterator[str]:
    """What each listed wrong program does in the states in which it is tried, and its idea."""
    for each in (each for each in map(exercise, EXERCISES) if isinstance(each, Program)):
        told = [
            f"{idea} {[in_order(answer(*state)) for state in each.states]}"
            for answer, idea in mistaken(each)
            if callable(answer)
        ]
        assert len(told) >= 3
        yield f"{each.id} {sha256(''.join(told).encode()).hexdigest()[:16]}"


PROGRAMS = """\
page-fault bf16df46d074e4e4
unmap 72fef415b8962ed8
maybe-dma-pinned 2457d2aeeb5277d8
try-grab b7c10f13b5ce213a
grab-a-folio ea8eb258f4e0272a
reuses b3a5316ad70c083f
explored d32d4a943928f224
told a67f116014b8a817
obeys 22a3df9ee59399bf
which-kernels 20f99f960d55c07c
what-changes bc0071ba5b6231de
"""


def test_a_wrong_program_is_wrong_in_the_way_that_its_idea_says() -> None:
    """So that whoever writes the same in other words is told it; each was read once."""
    assert "\n".join(wrong_programs()) + "\n" == PROGRAMS


def test_sheets_are_the_same_in_another_process_with_another_hash_seed() -> None:
    show = f"from pinlab import lab\nprint(*(lab.problems(n, 5) for n in {NAMES}))"
    run = subprocess.run(
        [sys.executable, "-c", show],
        env=os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == " ".join(str(lab.problems(name, 5)) for name in NAMES) + "\n"


def test_a_notebook_shows_the_worksheet() -> None:
    sheet = lab.problems("04", 1)
    assert isinstance(sheet, Problems)
    assert sheet._repr_markdown_() == str(sheet) == repr(sheet) == sheet.worksheet
    assert sheet.key._repr_markdown_() == str(sheet.key) == repr(sheet.key)
    assert sheet.worksheet.startswith("## Problems: lesson 04_count_to_two_million, seed 1\n")


@pytest.mark.parametrize("lesson", ["4", "", "99", "04_count", None, 4, ["04"]])
def test_a_lesson_without_problems_is_named_among_those_that_have_some(lesson: object) -> None:
    named = (
        re.escape(f"lesson is {lesson!r}: ") + "(there are problems for .*04_count|it has to be)"
    )
    with pytest.raises(ValueError if isinstance(lesson, str) else TypeError, match=named):
        lab.problems(lesson, 1)  # type: ignore[arg-type]
