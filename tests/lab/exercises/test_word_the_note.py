"""The exercises of lesson 10: right where the model is, and every seed a question of its own."""

import re

import pytest

from pinlab import Kernel, lab, words
from pinlab.lab.exercise import Choice, Number, Program, Selection
from pinlab.lab.exercises.word_the_note import FIXED, SEEDED, TRUE_READINGS, play
from pinlab.lab.problems import exercise
from pinlab.words import WRONG_KERNELS
from tests.lab.exercises.solved.word_the_note import ADEQUATE, bullet

SEEDS = range(50)
IDEAS = {"true-is-enough", "refcount-and-pin-count-are-one-thing"}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    found = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert found >= IDEAS


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        match exercise(id, seed):
            case Number(right=right, wrong=wrong):
                assert right not in wrong
            case Choice(right=choice, wrong=others):
                assert choice not in others
            case Selection(right=chosen, wrong=sets):
                assert chosen not in sets
            case other:
                raise AssertionError(other)


def test_true_readings_are_those_that_6_5_obeys() -> None:
    obeyed = [name for name in words.SENTENCES if words.judge(name).answer != words.FALSE]
    assert list(TRUE_READINGS) == obeyed


def kernel_of(text: str) -> str:
    (name,) = (name for name, wrong in WRONG_KERNELS.items() if wrong.text in text)
    return name


def test_the_refcount_is_what_the_calls_leave_on_the_model() -> None:
    seen = set()
    for seed in SEEDS:
        question = exercise("refcount-left", seed).question
        name = kernel_of(question)
        numbers = re.search(r"takes (\d+) ref.*pins it (\d+) times.*unpins it (\d+) time", question)
        assert numbers is not None
        gets, pins, unpins = map(int, numbers.groups())
        kernel = Kernel("6.5", **WRONG_KERNELS[name].rules)
        mm = kernel.new_mm()
        addr = mm.mmap(8 * 4096)
        mm.get_user_pages(addr, gets)
        pages = mm.pin_user_pages(addr, pins)
        kernel.unpin_user_pages(pages[:unpins])
        assert lab.check("refcount-left", kernel.zero_page.refcount, seed).right
        seen.add(name)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("wrong", "reason"), [(7, "the 1 of a reference"), (4, "is Linux 6.5"), (3076, "is Linux 6.4")]
)
def test_who_takes_it_for_another_kernel_is_told(wrong: int, reason: str) -> None:
    reply = lab.check("refcount-left", wrong)
    assert (reply.right, reason in reply.text) == (False, True)


def test_who_counts_what_a_pincount_counts_in_the_refcount_is_told() -> None:
    pins = "pincount-still-counted"
    seed = next(s for s in SEEDS if kernel_of(exercise("refcount-left", s).question) == pins)
    found = exercise("refcount-left", seed)
    assert "refcount-and-pin-count-are-one-thing" in dict(found.mistakes()).values()


# Reasoned in tests/words/test_judge.py; here for those sentences that an exercise draws.
NEVER_SAID = {"vmstat-still-counted", "get-skipped-too", "huge-zero-skipped-too"}
SLIPS = {
    "refcount-sentence": {"pincount-still-counted", "zero-page-refused"} | NEVER_SAID,
    "patch-note/any-reference-by-this-call": {"pincount-still-counted", "zero-page-refused"}
    | NEVER_SAID,
    "patch-note/foll-pin": {"refcount-still-counted", "zero-page-refused"} | NEVER_SAID,
    "patch-note/pincount-above-zero": set(WRONG_KERNELS) - {"pincount-still-counted"},
    "landed-rst": NEVER_SAID,
}


def test_who_slips_is_who_the_sentence_says_nothing_of() -> None:
    seen = set()
    for seed in SEEDS:
        found = exercise("who-slips", seed)
        assert isinstance(found, Selection)
        (name,) = (n for n in SLIPS if f"*{words.SENTENCES[n].text}*" in found.question)
        assert found.right == SLIPS[name] & set(found.options) != set()
        assert all(f"- `{one}`: " in found.question for one in found.options)
        assert lab.check("who-slips", set(), seed).misconception == "true-is-enough"
        seen.add(name)
    assert len(seen) >= 4


def test_who_thinks_that_a_pincount_is_in_the_refcount_is_told() -> None:
    right = {"pincount-still-counted", "get-skipped-too", "zero-page-refused"}
    reply = lab.check("who-slips", right - {"pincount-still-counted"})
    assert reply.misconception == "refcount-and-pin-count-are-one-thing"
    assert "refcount 1 -> 2" in lab.check("who-slips", right | {"refcount-still-counted"}).text


def lines(trace: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in trace.splitlines()[1:]]


def fault(trace: str) -> str:
    """The wrong kernel, read off the columns of a trace."""
    for _, _, operation, page, _, refcount, pincount, *rest in lines(trace):
        if page == "huge zero folio":
            if "->" not in refcount:
                return "huge-zero-skipped-too"
        elif "refused" in rest:
            return "zero-page-refused"
        elif operation in ("get", "put"):
            if "->" not in refcount:
                return "get-skipped-too"
        elif operation == "pin":
            if "->" in pincount:
                return "pincount-still-counted"
            if "->" in refcount:
                old, new = map(int, refcount.split(" -> "))
                return "pin-still-counted" if new - old == 1024 else "refcount-still-counted"
        elif "->" in refcount and "->" not in pincount:
            old, new = map(int, refcount.split(" -> "))
            if old - new == 1024:
                return "unpin-still-counted"
    return "vmstat-still-counted"


def test_the_fault_can_be_read_off_the_trace() -> None:
    found = {seed: fault(str(lab.given("which-kernel", seed))) for seed in SEEDS}
    assert all(lab.check("which-kernel", name, seed).right for seed, name in found.items())
    assert set(found.values()) == set(WRONG_KERNELS)


def test_every_other_kernel_has_another_trace() -> None:
    for seed in SEEDS:
        found = exercise("which-kernel", seed)
        assert isinstance(found, Choice)
        assert {found.right, *found.wrong} == {*WRONG_KERNELS, "none of them"}


def test_the_right_kernel_pins_the_zero_page_without_a_trace_in_its_counters() -> None:
    trace = play([("pin", "zero page"), ("unpin", "zero page")], {})
    assert [(e.refcount_after, e.pincount_after, e.acquired) for e in trace] == [(1, None, 0)] * 2


def program() -> Program:
    found = exercise("obeys")
    assert isinstance(found, Program)
    return found


def test_the_bullet_by_hand_is_the_model_in_every_step() -> None:
    states = program().states
    assert [s for s in states if bullet(*s) != program().model(*s)] == []
    assert {program().model(*s) for s in states} == {True, False}
    assert len(states) > 100


def test_every_wrong_program_differs_and_shows_its_trace() -> None:
    for idea, function in program().wrong:
        reply = lab.check("obeys", function)
        assert reply.right is False
        assert reply.misconception == (idea if idea in IDEAS else None)
        assert "step  actor" in reply.details


def test_the_first_step_that_differs_names_its_kernel() -> None:
    def without_pincount(
        verb: str, page: str, refused: bool, before: tuple[int, int], after: tuple[int, int]
    ) -> bool:
        spoken = page == "zero page" and verb in ("pin", "unpin")
        return not (spoken and (refused or before[0] != after[0]))

    reply = lab.check("obeys", without_pincount)
    assert reply.details.startswith("pincount-still-counted\nA pins the zero page: pincount 0 -> 1")
    assert reply.misconception == "refcount-and-pin-count-are-one-thing"


def test_an_adequate_sentence_is_right_and_told_how_long_it_is() -> None:
    assert (
        "No adequate sentence of this vocabulary is shorter"
        in lab.check("adequate", words.shortest()).text
    )
    longer = words.sentence(*ADEQUATE.claims, words.clause("pin", "zero page", "pincount", "never"))
    reply = lab.check("adequate", longer)
    assert reply.right
    assert re.search(r"^5 clauses, .* The shortest has 4 clauses and \d+ words", reply.text)


def test_a_sentence_that_is_false_shows_the_steps() -> None:
    false = words.sentence(words.clause("get", "zero page", "refcount", "not by this call"))
    reply = lab.check("adequate", false)
    assert reply.right is False
    assert "A takes a reference to the zero page: refcount 1 -> 2" in reply.text
    assert "get" in reply.details


@pytest.mark.parametrize(
    ("counter", "idea"),
    [
        ("refcount", "refcount-and-pin-count-are-one-thing"),
        ("pincount", "true-is-enough"),
        ("any counter", None),
    ],
)
def test_a_sentence_that_is_not_adequate_names_who_slips_through(
    counter: str, idea: str | None
) -> None:
    made = words.sentence(words.clause("pin or unpin", "zero page", counter, "not by this call"))
    reply = lab.check("adequate", made)
    assert (reply.right, reply.misconception) == (False, idea)
    assert all(name in reply.text for name in words.judge(made).missed or ("nobody",))
