"""The exercises of lesson 05: right where the model is, and every seed a sound question."""

import errno
from collections.abc import Callable
from contextlib import suppress

import pytest

from pinlab import FOLL_GET, FOLL_LONGTERM, FOLL_PIN, PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Number, Numbers, Program
from pinlab.lab.exercises.pretend_to_pin import FIXED, SEEDED
from pinlab.lab.problems import exercise
from pinlab.model.counter import wrap
from pinlab.model.trace import Trace
from tests.lab.exercises.solved.pretend_to_pin import (
    after_rounds,
    outcome,
    proved_by_the_trace,
    references,
    try_grab_page,
)

SEEDS = range(50)
IDEAS = {
    "skip-the-pin-only",
    "the-patch-covers-references",
    "skipping-returns-an-error",
    "the-zero-page-is-never-counted",
    "all-ifs-are-reached",
    "a-hundred-rounds-run",
}
"""The ideas that lesson 05 was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    met = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert met >= IDEAS


def test_a_caller_gets_its_pages_in_the_model() -> None:
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    pages = mm.pin_user_pages(mm.mmap(64 * PAGE_SIZE), 64)
    assert pages == [kernel.zero_page] * 64
    assert lab.check("what-the-caller-gets", f"{len(pages)} pages").right


def test_the_walk_of_a_write_passes_the_slow_test_and_that_of_the_release() -> None:
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    kernel.submit_dio_write(mm, mm.mmap(PAGE_SIZE), 1).complete()
    skipped = [event.operation for event in kernel.trace if event.note == "not counted"]
    assert skipped == ["pin", "unpin"]
    assert lab.check("reached-tests", {"slow", "release"}).right


@pytest.mark.parametrize(
    ("test", "rule"),
    [("slow", "zero_page_grab"), ("fast", "zero_page_grab_fast"), ("release", "zero_page_unpin")],
)
def test_the_riddle_has_the_answer_that_the_model_gives(test: str, rule: str) -> None:
    kernel = Kernel("6.5", **{rule: "counted"})
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    kernel.unpin_user_pages(mm.pin_user_pages(addr, 1))
    got = []
    with suppress(OSError):
        got = mm.pin_user_pages(addr, 1)
    assert lab.check("deleted-if", test).right is not bool(got)


def test_without_the_fast_test_nothing_at_all_is_different() -> None:
    traces = []
    for rules in ({}, {"zero_page_grab_fast": "counted"}):
        kernel = Kernel("6.5", **rules)
        mm = kernel.new_mm()
        addr = mm.mmap(4 * PAGE_SIZE)
        mm.write(addr, b"x")
        kernel.submit_dio_write(mm, addr, 4).complete()
        traces.append(str(kernel.trace))
    assert traces[0] == traces[1]


def test_a_hundred_rounds_in_the_model() -> None:
    apart, together = (Kernel("6.5", zero_page_unpin="counted") for _ in range(2))
    for kernel in (apart, together):
        mm = kernel.new_mm()
        addr = mm.mmap(100 * PAGE_SIZE)
        if kernel is together:
            kernel.unpin_user_pages(mm.pin_user_pages(addr, 100))
            continue
        for _ in range(100):
            try:
                kernel.unpin_user_pages(mm.pin_user_pages(addr, 1))
            except OSError:
                continue
    answer = {
        "one after another": apart.zero_page.refcount,
        "held together": together.zero_page.refcount,
    }
    assert lab.check("hundred-rounds", answer).right


def test_below_zero_in_the_model() -> None:
    kernel = Kernel("6.5")
    zero = kernel.zero_page.folio
    kernel.try_grab_folio(zero, 2**31 - 1, FOLL_GET)
    assert zero.refcount < 0
    assert kernel.try_grab_folio_fast(zero, 1, FOLL_PIN)
    assert not kernel.try_grab_folio_fast(zero, 1, FOLL_GET)
    for flags in (FOLL_PIN, FOLL_GET):
        with pytest.raises(OSError, match="Errno 12"):
            kernel.try_grab_folio(zero, 1, flags)
    kernel.unpin_user_page(kernel.zero_page)
    assert zero.refcount == -(2**31)


def test_the_leak_in_the_model_ends_where_the_exercise_says() -> None:
    kernel = Kernel("5.10")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE)
    for _ in range(4096):
        assert len(mm.pin_user_pages(addr, 512, FOLL_LONGTERM)) == 512
    with pytest.raises(OSError, match="Errno 12"):
        mm.pin_user_pages(addr, 512, FOLL_LONGTERM)
    assert lab.check("vfio-leak", 4096 + 1).right


@pytest.mark.parametrize(
    ("release", "refused"),
    [("6.1.129", False), ("6.1.130", True), ("6.1.134", True), ("6.1.135", False)],
)
def test_the_backport_refuses_with_a_refcount_of_1(release: str, refused: bool) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    if refused:
        with pytest.raises(OSError, match="Errno 12"):
            mm.pin_user_pages(addr, 1)
        assert (kernel.zero_page.refcount, kernel.warnings) == (1, [])
    else:
        assert mm.pin_user_pages(addr, 1) == [kernel.zero_page]
    assert lab.check("return-zero", "refused").right


RIGHT_BY_SEED: dict[str, Callable[[int], object]] = {
    "gets-and-pins": references,
    "whose-outcome": outcome,
    "after-n-rounds": after_rounds,
    "which-tests": proved_by_the_trace,
}


@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_has_the_answer_that_was_worked_out_elsewhere(id: str) -> None:
    replies = {seed: lab.check(id, RIGHT_BY_SEED[id](seed), seed).right for seed in SEEDS}
    assert replies == dict.fromkeys(SEEDS, True)


@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_has_wrong_answers_to_explain_and_none_is_right(id: str) -> None:
    for seed in SEEDS:
        found = exercise(id, seed)
        mistakes = [answer for answer, _ in found.mistakes()]
        assert len(mistakes) >= 3
        assert found.solution() not in mistakes
        match found:
            case Number(right=right, wrong=wrong):
                assert right not in wrong
            case Numbers(parts=parts):
                assert all(right not in wrong for right, wrong in parts.values())


@pytest.mark.parametrize(
    ("id", "answers"),
    [
        ("gets-and-pins", 20),
        ("whose-outcome", 4),
        ("after-n-rounds", 10),
        ("which-tests", 4),
    ],
)
def test_the_answer_cannot_be_known_without_the_question(id: str, answers: int) -> None:
    assert len({str(exercise(id, seed).solution()) for seed in SEEDS}) >= answers


def test_the_trace_gives_nothing_away_and_has_a_fast_pin_of_another_frame() -> None:
    for seed in SEEDS:
        given = lab.given("which-tests", seed)
        assert isinstance(given, Trace)
        assert {event.note for event in given} == {""}
        assert {e.page == "zero page" for e in given if e.operation == "pin, fast"} == {False}


@pytest.mark.parametrize(
    ("id", "seed", "answer", "idea"),
    [
        ("what-the-caller-gets", 0, "ENOMEM", "skipping-returns-an-error"),
        ("reached-tests", 0, {"slow", "fast", "release"}, "all-ifs-are-reached"),
        ("deleted-if", 0, "none of them", "skip-the-pin-only"),
        ("deleted-if", 0, "fast", "all-ifs-are-reached"),
        ("hundred-rounds", 0, {"one after another": -102399, "held together": -102399},
         "a-hundred-rounds-run"),
        ("hundred-rounds", 0, {"one after another": 1, "held together": 1}, "skip-the-pin-only"),
        ("below-zero", 0, {"fast pin", "unpin", "reference"}, "the-patch-covers-references"),
        ("gets-and-pins", 0, 1, "the-patch-covers-references"),
        ("one-write-three-kernels", 0, {"6.4": 1, "feared": 65537, "6.5": 1},
         "the-zero-page-is-never-counted"),
        ("whose-outcome", 0, "exempt", "all-ifs-are-reached"),
        ("which-tests", 0, {"fast", "release"}, "all-ifs-are-reached"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_its_idea(id: str, seed: int, answer: object, idea: str) -> None:
    assert lab.check(id, answer, seed).misconception == idea


def grab() -> Program:
    found = exercise("backport")
    assert isinstance(found, Program)
    return found


def copied(refcount: int, is_zero: bool, pin: bool) -> tuple[int, int]:
    """What was carried over to 6.1.130."""
    if refcount <= 0:
        return False, refcount
    if not pin:
        return True, wrap(refcount + 1)
    return (0, refcount) if is_zero else (True, wrap(refcount + 1024))


def generous(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    """References to the zero page exempt as well."""
    if refcount <= 0:
        return False, refcount
    return True, refcount if is_zero else wrap(refcount + (1024 if pin else 1))


def hasty(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    """The zero page before the guard."""
    return (True, refcount) if pin and is_zero else try_grab_page(refcount, is_zero, pin)


def half(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    """The right word, and the addition all the same."""
    return try_grab_page(refcount, False, pin)


def modern(refcount: int, is_zero: bool, pin: bool) -> tuple[int, int]:
    """An error number, as later releases return it."""
    return try_grab_page(refcount, is_zero, pin) if refcount > 0 else (-errno.ENOMEM, refcount)


def loud(refcount: int, is_zero: bool, pin: bool) -> tuple[int, int]:
    """Other numbers that C reads as true."""
    grabbed, after = try_grab_page(refcount, is_zero, pin)
    return 17 * grabbed, after


def unguarded(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    return True, wrap(refcount + (1024 * (not is_zero) if pin else 1))


def endless(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    if refcount <= 0:
        return False, refcount
    return True, refcount + (1024 * (not is_zero) if pin else 1)


def light(refcount: int, is_zero: bool, pin: bool) -> tuple[bool, int]:
    if refcount <= 0:
        return False, refcount
    return True, refcount if pin and is_zero else wrap(refcount + 1)


Grab = Callable[[int, bool, bool], tuple[int, int]]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (copied, "This is the backport of Linux 6.1.130"),
        (generous, "the-patch-covers-references"),
        (hasty, "the guard comes first"),
        (half, "adds all the same"),
        (modern, "-ENOMEM would say that the page was grabbed"),
        (unguarded, "overflow-wraps-to-zero-and-frees"),
        (endless, "a-counter-has-64-bits"),
        (light, "pins-and-references-are-the-same"),
    ],
)
def test_a_wrong_backport_is_known_however_it_is_written(function: Grab, told: str) -> None:
    reply = lab.check("backport", function)
    assert reply.right is False
    assert told in reply.text


def test_the_first_part_is_read_as_c_reads_it() -> None:
    assert lab.check("backport", loud).right


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("backport", copied)
    assert "`try_grab_page(refcount=1, is_zero=True, pin=True)`" in reply.text
    assert "expected (True, 1), came (0, 1)" in reply.text
    assert "zero page" in reply.details
    assert "not counted" in reply.details
    assert len(reply.details.splitlines()) == 2


def test_the_backport_has_the_model_on_its_side_in_every_state() -> None:
    differ = [state for state in grab().states if try_grab_page(*state) != grab().model(*state)]
    assert differ == []


def test_the_states_are_as_many_as_the_lesson_says_and_show_both_ends() -> None:
    states = grab().states
    assert len(set(states)) == len(states) == 80
    after = {
        (state[1:], try_grab_page(*state)[0], try_grab_page(*state)[1] > 0) for state in states
    }
    for is_zero in (True, False):
        for pin in (True, False):
            assert ((is_zero, pin), False, False) in after
            assert ((is_zero, pin), True, True) in after
            assert (is_zero and pin) or ((is_zero, pin), True, False) in after
