"""The exercises of lesson 12: right where the model is, and every seed a question of its own."""

from collections.abc import Callable

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Choice, Number, Program, Selection
from pinlab.lab.exercises.read_the_thread import ASKED, FIXED, SEEDED
from pinlab.lab.problems import exercise
from tests.lab.exercises.solved.read_the_thread import (
    change,
    condition,
    failing,
    speaker,
    writes,
)

SEEDS = range(50)
RIGHT_BY_SEED: dict[str, Callable[[int], object]] = {
    "whose-words": speaker,
    "only-takes": writes,
    "which-claims-fail": failing,
    "missing-condition": condition,
}
IDEAS = {"the-review-changed-the-text", "quoted-words-are-the-senders"}
"""The ideas that the lesson was written against."""

Change = Callable[[str, bool, bool, int], tuple[int, int]]


def program() -> Program:
    found = exercise("what-changes")
    assert isinstance(found, Program)
    return found


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    found = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert found >= IDEAS


@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_has_a_right_answer(id: str) -> None:
    replies = {seed: lab.check(id, RIGHT_BY_SEED[id](seed), seed).right for seed in SEEDS}
    assert replies == dict.fromkeys(SEEDS, True)


@pytest.mark.parametrize(
    ("id", "least"),
    [("whose-words", 5), ("only-takes", 10), ("which-claims-fail", 8), ("missing-condition", 4)],
)
def test_seeds_give_different_answers(id: str, least: int) -> None:
    answers = [RIGHT_BY_SEED[id](seed) for seed in SEEDS]
    assert len({frozenset(a) if isinstance(a, set) else a for a in answers}) >= least


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        match exercise(id, seed):
            case Number(right=number, wrong=numbers):
                assert number not in numbers
            case Choice(right=one, wrong=others):
                assert one not in others
                assert len(others) >= 2
            case Selection(right=some, missing=missing, extra=extra):
                assert set(missing) == set(some)
                assert set(extra).isdisjoint(some)
            case other:
                raise AssertionError(other)


@pytest.mark.parametrize("id", SEEDED)
def test_a_question_stands_alone_and_names_its_release(id: str) -> None:
    for seed in SEEDS:
        asked = exercise(id, seed)
        assert "Linux " in f"{asked.question} {asked.given}"
        assert "**" in asked.question


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_problem(id: str) -> None:
    again = SEEDED[id](5)
    assert (again.question, str(again.given)) == (
        exercise(id, 5).question,
        str(exercise(id, 5).given),
    )


def test_who_sends_a_mail_is_never_asked_for_and_is_an_idea() -> None:
    for seed in SEEDS:
        sender = str(lab.given("whose-words", seed)).splitlines()[0].removeprefix("From: ")
        if sender != speaker(seed):
            reply = lab.check("whose-words", sender, seed)
            assert reply.misconception == "quoted-words-are-the-senders"


def test_the_sender_may_have_written_a_quoted_line_as_in_the_mail() -> None:
    names = [str(lab.given("whose-words", s)).splitlines() for s in SEEDS]
    assert any(head[0].removeprefix("From: ") in head[4] for head in names)


@pytest.mark.parametrize("seed", [s for s in SEEDS if writes(s) <= 2**16][:2])
def test_so_many_writes_make_it_negative_in_the_model_and_one_less_do_not(seed: int) -> None:
    words = exercise("only-takes", seed).question
    pages = int(words.split("writes of ")[1].split()[0])
    kernel = Kernel("6.5", zero_page_pins="counted")
    mm = kernel.new_mm()
    addr = mm.mmap(pages * PAGE_SIZE)
    for _ in range(writes(seed) - 1):
        kernel.submit_dio_write(mm, addr, pages)
    assert kernel.zero_page.refcount > 0
    kernel.submit_dio_write(mm, addr, pages)
    assert kernel.zero_page.refcount < 0


def test_references_for_pins_are_an_idea() -> None:
    for seed in SEEDS:
        step = 1 if "takes pins" in exercise("only-takes", seed).question else 1024
        pages = int(exercise("only-takes", seed).question.split("writes of ")[1].split()[0])
        reply = lab.check("only-takes", -(-(2**31 - 1) // (step * pages)), seed)
        assert (reply.right, reply.misconception) == (False, "pins-and-references-are-the-same")


def test_some_runs_contradict_nothing_and_some_several_claims() -> None:
    assert {len(failing(seed)) for seed in SEEDS} >= {0, 1, 2}


def test_a_claim_that_is_about_something_else_is_told_what_it_is_about() -> None:
    for seed in SEEDS:
        extra = next(letter for letter in "ABCDE" if letter not in failing(seed))
        reply = lab.check("which-claims-fail", {*failing(seed), extra}, seed)
        assert reply.right is False
        assert f" {extra} " in reply.text


def test_another_condition_is_told_whose_it_is() -> None:
    for seed in SEEDS:
        wrong = next(letter for letter in "ABCD" if letter != condition(seed))
        assert "That goes with turn " in lab.check("missing-condition", wrong, seed).text


@pytest.mark.parametrize(
    ("answer", "idea"),
    [
        (set(), None),
        ({"pin of the zero page", "reference of the zero page"}, "the-patch-covers-references"),
        ({"pin of the zero page", "pin of the huge zero folio"}, "the-huge-zero-page-is-exempt"),
        ({"reference of a small folio"}, None),
    ],
)
def test_another_exception_is_told_what_holds(answer: set[str], idea: str | None) -> None:
    reply = lab.check("the-exception", answer)
    assert (reply.right, reply.misconception) == (False, idea)


@pytest.mark.parametrize("answer", ["the reviewer's sentence", "both of them", "neither"])
def test_any_other_text_rests_on_one_idea(answer: str) -> None:
    assert lab.check("the-landed-text", answer).misconception == "the-review-changed-the-text"


def test_the_table_has_the_model_on_its_side_in_every_state() -> None:
    states = program().states
    assert len(set(states)) == len(states) == 32
    assert [state for state in states if change(*state) != program().model(*state)] == []


def forgets_the_huge_one(operation: str, zero: bool, large: bool, pages: int) -> tuple[int, int]:
    return (0, 0) if zero and "pin" in operation else change(operation, zero, large, pages)


def skips_every_hold(operation: str, zero: bool, large: bool, pages: int) -> tuple[int, int]:
    return (0, 0) if zero > large else change(operation, zero, large, pages)


def adds_1024_to_all(operation: str, zero: bool, large: bool, pages: int) -> tuple[int, int]:
    refcount, pincount = change(operation, zero, large, pages)
    return refcount * (1024 if pincount else 1), pincount


def keeps_the_unpin(operation: str, zero: bool, large: bool, pages: int) -> tuple[int, int]:
    return change(operation, zero if operation != "unpin" else False, large, pages)


@pytest.mark.parametrize(
    ("function", "idea"),
    [
        (forgets_the_huge_one, "the-huge-zero-page-is-exempt"),
        (skips_every_hold, "the-patch-covers-references"),
        (adds_1024_to_all, "every-pin-adds-1024"),
        (keeps_the_unpin, "skip-the-pin-only"),
    ],
)
def test_a_wrong_change_is_known_however_it_is_written(function: Change, idea: str) -> None:
    reply = lab.check("what-changes", function)
    assert (reply.right, reply.misconception) == (False, idea)


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("what-changes", forgets_the_huge_one)
    assert "`adds(operation=pin, zero=True, large=True, pages=1)`: expected (1, 1)" in reply.text
    assert "1 -> 2" in reply.details


WHOSE_WORDS_1 = """\
From: Fay
Cc: Cem

Ben wrote:
> Dan wrote:
>> Eve wrote:
>> That one is counted.
> A pin adds 1024.
> Does fork see it?
>>> Only where there is no pincount.
>> And the huge one?
>>> It is exempt since 6.5.
What about the zero page?"""


def test_this_is_the_mail_of_seed_1_for_ever() -> None:
    assert str(lab.given("whose-words", seed=1)).replace(ASKED, "") == WHOSE_WORDS_1


def test_the_mail_shows_the_one_line_that_is_asked_about() -> None:
    for seed in SEEDS:
        (line,) = (s for s in str(lab.given("whose-words", seed)).splitlines() if ASKED in s)
        said = line.removesuffix(ASKED).lstrip("> ")
        assert f"“{said}”" in exercise("whose-words", seed).question
