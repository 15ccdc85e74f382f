"""The exercises of lesson 06: right where the model is, and every seed a question of its own."""

import errno
from collections.abc import Callable

import pytest

from pinlab import FOLL_GET, FOLL_PIN, PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Number, Numbers, Program, Selection
from pinlab.lab.exercises.count_pins_apart import FIXED, SEEDED
from pinlab.lab.problems import exercise
from tests.lab.exercises.solved.count_pins_apart import (
    counters,
    grab,
    left,
    orders,
    trace,
    wrong_releases,
)

SEEDS = range(50)
IDEAS = {
    "every-pin-adds-1024",
    "large-folios-overflow-at-2^21",
    "the-huge-zero-page-is-exempt",
    "each-subpage-has-its-own-count",
}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    found = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert found >= IDEAS


def test_one_madvise_is_what_the_model_counts_in_all_writes() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(64 * PAGE_SIZE, order=9)
    mm.read(addr, 1)
    for _ in range(100):
        kernel.submit_dio_write(mm, addr, 64).complete()
    assert lab.check("one-madvise", kernel.vmstat["nr_foll_pin_acquired"]).right


def test_page_7_shows_in_the_model_what_the_exercise_says() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE, order=9)
    mm.write(addr, b"x")
    for page in (0, 511):
        mm.pin_user_pages(addr + page * PAGE_SIZE, 1)
    seen = mm.page_at(addr + 7 * PAGE_SIZE)
    assert seen is not None
    assert lab.check("page-7", {"refcount": seen.refcount, "pincount": seen.pincount}).right


@pytest.mark.parametrize(("release", "order"), [("6.18", 0), ("6.18", 9), ("5.17", 1), ("5.7", 2)])
def test_who_looks_pinned_is_whom_the_model_takes_for_pinned(release: str, order: int) -> None:
    kernel = Kernel(release)
    folio = kernel.alloc_folio(order)
    kernel.try_grab_folio(folio, 1023, FOLL_GET)
    asked = exercise("maybe-pinned")
    assert isinstance(asked, Selection)
    looks_pinned = f"order {order} on Linux {release}" in asked.right
    assert kernel.folio_maybe_dma_pinned(folio) == looks_pinned


def test_the_last_pin_of_a_large_folio_succeeds_in_the_model_and_the_next_does_not() -> None:
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio(9)
    kernel.try_grab_folio(folio, 2**31 - 2, FOLL_PIN)
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        kernel.try_grab_folio(folio, 1, FOLL_PIN)
    assert caught.value.errno == errno.ENOMEM
    assert folio.pincount is not None
    assert lab.check("folio-limit", folio.pincount).right


def test_pin_pages_is_right_with_every_seed() -> None:
    found = {seed: lab.check("pin-pages", counters(seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


def test_pin_pages_is_asked_of_folios_with_and_without_a_pincount() -> None:
    answers = [counters(seed) for seed in SEEDS]
    assert len({tuple(answer.values()) for answer in answers}) >= 10
    assert {answer["pincount"] > 0 for answer in answers} == {True, False}


def test_1024_for_each_page_is_an_idea_wherever_there_is_a_pincount() -> None:
    ideas = set()
    for seed in SEEDS:
        answer = counters(seed)
        if answer["pincount"]:
            wrong = answer | {"refcount": 1 + 1024 * answer["pincount"]}
            ideas.add(lab.check("pin-pages", wrong, seed).misconception)
    assert ideas == {"every-pin-adds-1024"}


def test_orders_apart_is_right_with_every_seed() -> None:
    found = {seed: lab.check("orders-apart", orders(seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)
    assert len({frozenset(orders(seed)) for seed in SEEDS}) >= 10


def test_orders_apart_is_asked_of_all_three_rules() -> None:
    ones = {(not orders(seed), "1" in orders(seed)) for seed in SEEDS}
    assert ones == {(True, False), (False, False), (False, True)}


def test_two_counters_is_right_with_every_seed() -> None:
    found = {seed: lab.check("two-counters", left(seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)
    assert len({tuple(left(seed).values()) for seed in SEEDS}) >= 30


def test_two_counters_has_both_kinds_left_and_one_call_undone() -> None:
    for seed in SEEDS:
        assert min(left(seed).values()) > 0
        assert [event.operation for event in trace("two-counters", seed)].count("unpin") == 1


def test_one_release_of_the_wrong_kind_and_it_is_the_one_to_find() -> None:
    assert {seed: len(wrong_releases(seed)) for seed in SEEDS} == dict.fromkeys(SEEDS, 1)
    found = {seed: lab.check("find-the-put", wrong_releases(seed)[0], seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)
    assert len({wrong_releases(seed)[0] for seed in SEEDS}) == 5


def test_a_put_for_an_unpin_hides_in_the_refcount_and_shows_in_the_pincount() -> None:
    for seed in SEEDS:
        events = trace("find-the-put", seed)
        (step,) = wrong_releases(seed)
        assert events[-1].refcount_after == 1
        assert events[-1].pincount_after == events[step].pages


def test_a_release_of_the_right_kind_is_told_what_was_taken() -> None:
    for seed in SEEDS:
        releases = [e for e in trace("find-the-put", seed) if e.operation in ("unpin", "put")]
        for event in releases:
            if event.step not in wrong_releases(seed):
                kind = {"unpin": "pins", "put": "references"}[event.operation]
                reply = lab.check("find-the-put", event.step, seed)
                assert reply.right is False
                assert (
                    f"{event.actor} took {event.pages} {kind}, and {event.operation}s" in reply.text
                )


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        match exercise(id, seed):
            case Number(right=right, wrong=wrong):
                assert right not in wrong
            case Numbers(parts=parts):
                assert not [name for name, (right, wrong) in parts.items() if right in wrong]
            case Selection(right=chosen, wrong=others):
                assert chosen not in others
            case other:
                raise AssertionError(other)


@pytest.mark.parametrize("id", SEEDED)
def test_a_question_stands_alone_and_names_its_release(id: str) -> None:
    for seed in SEEDS:
        question = exercise(id, seed).question
        assert "Linux " in question
        assert question.endswith((".", "?", "?**"))


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_problem(id: str) -> None:
    again = SEEDED[id](5)
    assert (again.question, str(again.given)) == (
        exercise(id, 5).question,
        str(exercise(id, 5).given),
    )


Grab = Callable[[int, int | None, int], tuple[int, int, int | None]]


def grabber() -> Program:
    found = exercise("grab-a-folio")
    assert isinstance(found, Program)
    return found


def wrapped(number: int) -> int:
    return (number + 2**31) % 2**32 - 2**31


def adds_1024_to_both(
    refcount: int, pincount: int | None, refs: int
) -> tuple[int, int, int | None]:
    if refcount < 1:
        return -12, refcount, pincount
    return 0, wrapped(refcount + (refs << 10)), pincount if pincount is None else pincount + refs


def trusts_the_truth_of_0(
    refcount: int, pincount: int | None, refs: int
) -> tuple[int, int, int | None]:
    return grab(refcount, pincount, refs) if pincount else (
        (-12, refcount, pincount) if refcount <= 0
        else (0, wrapped(refcount + 1024 * refs), pincount)
    )  # fmt: skip


def is_afraid_of_two_million(
    refcount: int, pincount: int | None, refs: int
) -> tuple[int, int, int | None]:
    full = pincount is not None and pincount + refs > 1 << 21
    return (-errno.ENOMEM, refcount, pincount) if full else grab(refcount, pincount, refs)


def counts_calls(refcount: int, pincount: int | None, refs: int) -> tuple[int, int, int | None]:
    return grab(refcount, pincount, 1)


def keeps_to_the_pincount(
    refcount: int, pincount: int | None, refs: int
) -> tuple[int, int, int | None]:
    error, after, apart = grab(refcount, pincount, refs)
    return error, after if pincount is None else refcount, apart


@pytest.mark.parametrize(
    ("function", "idea"),
    [
        (adds_1024_to_both, "every-pin-adds-1024"),
        (is_afraid_of_two_million, "large-folios-overflow-at-2^21"),
        (counts_calls, None),
        (trusts_the_truth_of_0, None),
        (keeps_to_the_pincount, None),
    ],
)
def test_a_wrong_grab_is_known_however_it_is_written(function: Grab, idea: str | None) -> None:
    reply = lab.check("grab-a-folio", function)
    assert (reply.right, reply.misconception) == (False, idea)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (trusts_the_truth_of_0, "A pincount of 0 is a pincount"),
        (keeps_to_the_pincount, "else the folio could be freed under the pin"),
    ],
)
def test_a_slip_is_told_what_holds(function: Grab, words: str) -> None:
    assert words in lab.check("grab-a-folio", function).text


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("grab-a-folio", adds_1024_to_both)
    assert "`grab(refcount=1, pincount=0, refs=1)`: expected (0, 2, 1)" in reply.text
    assert "came (0, 1025, 1)" in reply.text
    assert "1 -> 2" in reply.details
    assert "0 -> 1" in reply.details


def test_the_grab_has_the_model_on_its_side_in_every_state() -> None:
    differ = [state for state in grabber().states if grab(*state) != grabber().model(*state)]
    assert differ == []


def test_the_states_are_as_many_as_the_lesson_says_and_all_different() -> None:
    assert len(set(grabber().states)) == len(grabber().states) == 90


@pytest.mark.parametrize("apart", [True, False])
def test_the_states_include_both_sides_of_the_end_and_refusals(apart: bool) -> None:
    ours = [state for state in grabber().states if (state[1] is not None) == apart]
    after = {(grab(*state)[0], grab(*state)[1] > 0) for state in ours}
    assert after == {(0, True), (0, False), (-errno.ENOMEM, False)}


def test_a_pin_of_the_grabbed_folio_is_a_pin_in_the_model() -> None:
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio(9)
    kernel.try_grab_folio(folio, 64, FOLL_PIN)
    assert grab(1, 0, 64) == (0, folio.refcount, folio.pincount)


TWO_COUNTERS_1 = """\
step  actor   operation    page       pages    refcount  pincount  acquired  released  note
   0  parent  write fault  frame 512    512      0 -> 1         0         0         0
   1  parent  pin          frame 512      5      1 -> 6    0 -> 5         5         0
   2  parent  get          frame 512     64     6 -> 70         5         5         0
   3  parent  get          frame 512     40   70 -> 110         5         5         0
   4  parent  pin          frame 512     12  110 -> 122   5 -> 17        17         0
   5  parent  pin          frame 512     20  122 -> 142  17 -> 37        37         0
   6  kernel  unpin        frame 512     12  142 -> 130  37 -> 25        37        12"""
FIND_THE_PUT_1 = """\
step  actor  operation   page             pages  refcount  pincount  acquired  released  note
   0  A      read fault  huge zero folio    512         1         0         0         0
   1  A      pin         huge zero folio      8    1 -> 9    0 -> 8         8         0
   2  B      read fault  huge zero folio    512         9         8         8         0
   3  B      pin         huge zero folio     13   9 -> 22   8 -> 21        21         0
   4  C      read fault  huge zero folio    512        22        21        21         0
   5  C      get         huge zero folio      5  22 -> 27        21        21         0
   6  D      read fault  huge zero folio    512        27        21        21         0
   7  D      get         huge zero folio      3  27 -> 30        21        21         0
   8  E      read fault  huge zero folio    512        30        21        21         0
   9  E      pin         huge zero folio     21  30 -> 51  21 -> 42        42         0
  10  E      put         huge zero folio     21  51 -> 30        42        42         0
  11  B      unpin       huge zero folio     13  30 -> 17  42 -> 29        42        13
  12  D      put         huge zero folio      3  17 -> 14        29        42        13
  13  A      unpin       huge zero folio      8   14 -> 6  29 -> 21        42        21
  14  C      put         huge zero folio      5    6 -> 1        21        42        21"""


@pytest.mark.parametrize(
    ("id", "text"), [("two-counters", TWO_COUNTERS_1), ("find-the-put", FIND_THE_PUT_1)]
)
def test_this_is_the_trace_of_seed_1_for_ever(id: str, text: str) -> None:
    assert str(lab.given(id, seed=1)) == text
