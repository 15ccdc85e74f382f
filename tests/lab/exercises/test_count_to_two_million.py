"""The exercises of lesson 04: right where the model is, and every seed a question of its own."""

import errno
import re
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest

from pinlab import FOLL_GET, FOLL_PIN, PAGE_SIZE, Kernel, lab
from pinlab.lab.callers import refused
from pinlab.lab.exercise import Program
from pinlab.lab.problems import exercise
from pinlab.machine.limits import limits
from pinlab.model.ends import ENDS, climb_and_return
from tests.lab.exercises.solved import RIGHT
from tests.lab.exercises.solved.count_to_two_million import (
    leaking,
    pins_held,
    refcount_in_flight,
    trace,
)

SEEDS = range(50)


def feared() -> Kernel:
    return Kernel("6.5", zero_page_pins="counted")


def is_refused(kernel: Kernel, flags: int) -> bool:
    """Whether one more hold of the zero page is refused, as ENOMEM."""
    try:
        kernel.try_grab_folio(kernel.zero_page.folio, 1, flags)
    except OSError as error:
        return error.errno == errno.ENOMEM
    return False


@pytest.mark.parametrize(
    ("flags", "kind"), [(FOLL_PIN, "too many"), (FOLL_GET, "not too many")], ids=["pins", "gets"]
)
def test_two_to_the_21_pins_are_too_many_and_references_are_not(flags: int, kind: str) -> None:
    kernel = feared()
    kernel.try_grab_folio(kernel.zero_page.folio, 2**21, flags)
    assert (kernel.zero_page.refcount < 0) == (kind == "too many")


def last_pin_in_the_model(references: int) -> int:
    kernel = feared()
    zero = kernel.zero_page.folio
    if references:
        kernel.try_grab_folio(zero, references, FOLL_GET)
    number = 2**21 - 20
    kernel.try_grab_folio(zero, number, FOLL_PIN)
    while not is_refused(kernel, FOLL_PIN):
        number += 1
    return number


@pytest.mark.parametrize(("id", "references"), [("last-pin", 0), ("references-first", 2047)])
def test_the_last_pin_succeeds_in_the_model_and_the_next_does_not(id: str, references: int) -> None:
    assert lab.check(id, last_pin_in_the_model(references)).right


def asked(id: str, seed: int, pattern: str) -> list[int]:
    """The numbers that a question has in these places; 0 for one that it leaves out."""
    found = re.search(pattern, exercise(id, seed).question)
    assert found is not None
    return [int(number or 0) for number in found.groups()]


@pytest.mark.parametrize("seed", SEEDS)
def test_references_cost_as_many_pins_in_the_model_as_with_every_seed(seed: int) -> None:
    extra, start = asked("references-first", seed, r"(\d+) extra .* its refcount is (\d+)\.")
    assert start == extra + 1
    assert lab.check("references-first", last_pin_in_the_model(extra), seed).right


def test_what_it_reads_and_the_digits_that_change_are_those_of_the_model() -> None:
    kernel = feared()
    zero = kernel.zero_page.folio
    kernel.try_grab_folio(zero, 2**21 - 1, FOLL_PIN)
    before = format(zero.refcount % 2**32, "032b")
    kernel.try_grab_folio(zero, 1, FOLL_PIN)
    after = format(zero.refcount % 2**32, "032b")
    assert lab.check("what-it-reads", str(zero.refcount)).right
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    assert lab.check("digits-that-change", changed).right


@pytest.mark.parametrize("seed", SEEDS)
def test_writes_one_after_another_reach_in_the_model_what_the_exercise_says(seed: int) -> None:
    (pages,) = asked("one-after-another", seed, r"direct writes of (\d+) never-written pages")
    kernel = feared()
    mm = kernel.new_mm()
    addr = mm.mmap(pages * PAGE_SIZE)
    for _ in range(3):
        kernel.submit_dio_write(mm, addr, pages).complete()
    highest = max(event.refcount_after for event in kernel.trace)
    assert lab.check("one-after-another", highest, seed).right


def test_the_first_refused_reader_is_that_of_the_model() -> None:
    kernel = Kernel("6.1.192", zero_page_pins="counted")
    mm = kernel.new_mm()
    addr = mm.mmap(1024 * PAGE_SIZE)
    served = 0
    with suppress(OSError):
        while True:
            mm.pin_user_pages(addr, 1024)
            served += 1
    assert is_refused(kernel, FOLL_PIN)
    assert lab.check("first-refused-reader", served + 1).right


@pytest.mark.parametrize("seed", SEEDS)
def test_reader_after_reader_takes_the_refcount_past_its_end(seed: int) -> None:
    before, pins = asked(
        "first-refused-reader", seed, r"(?:Others hold (\d+) .*)?and so holds (\d+) pins"
    )
    refcount, reader = 1 + 1024 * before, 1
    while refcount < 2**31:
        refcount += 1024 * pins
        reader += 1
    assert lab.check("first-refused-reader", reader, seed).right


def test_three_kernels_read_in_the_model_what_the_exercise_says() -> None:
    numbers = {name: refcount_in_flight(name) for name in ("6.4", "6.5", "feared")}
    assert lab.check("three-kernels", numbers).right


def test_who_is_refused_is_as_recorded() -> None:
    assert lab.check("who-is-refused", refused()).right


def test_the_ends_at_which_a_counter_reads_1_again() -> None:
    assert {end for end in ENDS if climb_and_return(end, 200, 8)[-1].value == 1} == {
        "wrap", "refuse", "exempt",
    }  # fmt: skip
    assert lab.check("five-ends", {"wrap", "refuse", "exempt"}).right


def test_full_queues_go_by_the_limit_that_the_figure_draws() -> None:
    depth = next(limit.value for limit in limits() if limit.id == "queue-scheduler")
    assert depth is not None
    assert lab.check("full-queues", 2**21 // (64 * depth)).right


def test_the_wrong_answers_of_releases_are_counts_of_the_model() -> None:
    rules = [Kernel(release).rules for release in Kernel.releases()]
    pinning = sum(rule.dio_hold == "pin" for rule in rules)
    counting = sum(rule.zero_page_grab == "counted" for rule in rules)
    listed = [answer for answer, _ in exercise("feared-releases").mistakes()]
    assert listed == [pinning, counting, 1]


def test_the_most_at_once_is_what_a_walk_through_the_trace_finds() -> None:
    found = {seed: lab.check("most-at-once", max(pins_held(seed)), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


def test_the_most_at_once_is_more_than_one_write_and_less_than_all() -> None:
    for seed in SEEDS:
        sizes = [event.pages for event in trace("most-at-once", seed) if event.operation == "pin"]
        assert len(sizes) == 4, seed
        assert max(sizes) < max(pins_held(seed)) < sum(sizes), seed


def test_the_sum_of_all_writes_is_an_idea_with_every_seed() -> None:
    ideas = set()
    for seed in SEEDS:
        sizes = [event.pages for event in trace("most-at-once", seed) if event.operation == "pin"]
        ideas.add(lab.check("most-at-once", sum(sizes), seed).misconception)
    assert ideas == {"writes-add-up-after-they-finish"}


def test_one_request_leaks_and_it_is_the_one_to_find() -> None:
    assert {seed: len(leaking(seed)) for seed in SEEDS} == dict.fromkeys(SEEDS, 1)
    found = {seed: lab.check("find-the-leak", leaking(seed)[0], seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


def test_a_request_that_does_not_leak_is_shown_where_it_gives_its_pins_back() -> None:
    for seed in SEEDS:
        events = [e for e in trace("find-the-leak", seed) if e.operation == "unpin"]
        assert len(events) == 5
        for event in events:
            number = int(event.actor.split()[-1])
            reply = lab.check("find-the-leak", number, seed)
            assert reply.right is False
            assert f"DIO {number} gives its pins back in step {event.step}." in reply.text


@pytest.mark.parametrize(("id", "at_least"), [("most-at-once", 45), ("find-the-leak", 50)])
def test_other_seeds_give_other_traces(id: str, at_least: int) -> None:
    assert len({str(lab.given(id, seed)) for seed in SEEDS}) >= at_least


def test_the_answer_cannot_be_known_without_the_trace() -> None:
    assert len({max(pins_held(seed)) for seed in SEEDS}) >= 5
    assert {leaking(seed)[0] for seed in SEEDS} == {1, 2, 3, 4, 5, 6}


MOST_AT_ONCE_1 = """\
step  actor          operation   page       pages       refcount  acquired  released  note
   0  parent         read fault  zero page      4              1         0         0
   1  parent, DIO 1  pin         zero page      4      1 -> 4097         4         0
   2  parent         read fault  zero page      2           4097         4         0
   3  parent, DIO 2  pin         zero page      2   4097 -> 6145         6         0
   4  parent, DIO 2  unpin       zero page      2   6145 -> 4097         6         2
   5  parent         read fault  zero page     16           4097         6         2
   6  parent, DIO 3  pin         zero page     16  4097 -> 20481        22         2
   7  parent, DIO 3  unpin       zero page     16  20481 -> 4097        22        18
   8  parent         read fault  zero page      8           4097        22        18
   9  parent, DIO 4  pin         zero page      8  4097 -> 12289        30        18"""

FIND_THE_LEAK_1 = """\
step  actor          operation   page       pages        refcount  acquired  released  note
   0  parent         read fault  zero page      4               1         0         0
   1  parent, DIO 1  pin         zero page      4       1 -> 4097         4         0
   2  parent         read fault  zero page      8            4097         4         0
   3  parent, DIO 2  pin         zero page      8   4097 -> 12289        12         0
   4  parent         read fault  zero page     16           12289        12         0
   5  parent, DIO 3  pin         zero page     16  12289 -> 28673        28         0
   6  parent         read fault  zero page      2           28673        28         0
   7  parent, DIO 4  pin         zero page      2  28673 -> 30721        30         0
   8  parent         read fault  zero page     32           30721        30         0
   9  parent, DIO 5  pin         zero page     32  30721 -> 63489        62         0
  10  parent         read fault  zero page      1           63489        62         0
  11  parent, DIO 6  pin         zero page      1  63489 -> 64513        63         0
  12  parent, DIO 3  unpin       zero page     16  64513 -> 48129        63        16
  13  parent, DIO 1  unpin       zero page      4  48129 -> 44033        63        20
  14  parent, DIO 2  unpin       zero page      8  44033 -> 35841        63        28
  15  parent, DIO 6  unpin       zero page      1  35841 -> 34817        63        29
  16  parent, DIO 4  unpin       zero page      2  34817 -> 32769        63        31"""


@pytest.mark.parametrize(
    ("id", "text"), [("most-at-once", MOST_AT_ONCE_1), ("find-the-leak", FIND_THE_LEAK_1)]
)
def test_this_is_the_trace_of_seed_1_for_ever(id: str, text: str) -> None:
    assert str(lab.given(id, seed=1)) == text


def grab() -> Program:
    found = exercise("try-grab", 0)
    assert isinstance(found, Program)
    return found


Grab = Callable[[int, int], tuple[int, int]]
try_grab = cast(Grab, RIGHT["try-grab"])


def looks_too_late(refcount: int, refs: int) -> tuple[int, int]:
    if refcount <= 0 or refcount + 1024 * refs >= 2**31:
        return -12, refcount
    return 0, refcount + 1024 * refs


def never_refuses(refcount: int, refs: int) -> tuple[int, int]:
    after = (refcount + 1024 * refs) % 2**32
    return 0, after - 2**32 * (after >= 2**31)


def never_wraps(refcount: int, refs: int) -> tuple[int, int]:
    return (0, refcount + (refs << 10)) if refcount > 0 else (-12, refcount)


def adds_one_each(refcount: int, refs: int) -> tuple[int, int]:
    if refcount < 1:
        return -errno.ENOMEM, refcount
    after = refcount + refs
    return 0, after - 2**32 if after > 2**31 - 1 else after


def grabs_at_zero(refcount: int, refs: int) -> tuple[int, int]:
    return (0, 1024 * refs) if refcount == 0 else try_grab(refcount, refs)


@pytest.mark.parametrize(
    ("function", "idea"),
    [
        (looks_too_late, "the-last-pin-fails"),
        (never_refuses, "overflow-wraps-to-zero-and-frees"),
        (never_wraps, "a-counter-has-64-bits"),
        (adds_one_each, "pins-and-references-are-the-same"),
        (grabs_at_zero, None),
    ],
)
def test_a_wrong_grab_is_known_however_it_is_written(function: Grab, idea: str | None) -> None:
    reply = lab.check("try-grab", function)
    assert (reply.right, reply.misconception) == (False, idea)


def test_a_grab_at_zero_is_told_that_the_page_is_being_freed() -> None:
    assert "is being freed" in lab.check("try-grab", grabs_at_zero).text


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("try-grab", never_wraps)
    assert "`try_grab(refcount=2147483647, refs=1)`" in reply.text
    assert "expected (0, -2147482625), came (0, 2147484671)" in reply.text
    assert "2147483647 -> -2147482625" in reply.details


def test_the_states_of_the_grab_are_as_many_as_the_lesson_says_and_all_different() -> None:
    assert len(set(grab().states)) == len(grab().states) == 75


@pytest.mark.parametrize("refs", [1, 64, 512])
def test_the_states_of_the_grab_include_both_sides_of_the_edge(refs: int) -> None:
    after = {try_grab(refcount, n)[1] > 0 for refcount, n in grab().states if n == refs}
    assert after == {True, False}


def test_another_wrong_grab_is_told_the_state_and_no_idea() -> None:
    reply = lab.check("try-grab", lambda refcount, refs: (0, 0))
    assert (reply.right, reply.misconception) == (False, None)
    assert "`try_grab(refcount=1, refs=1)`: expected (0, 1025), came (0, 0)" in reply.text


def test_a_grab_that_raises_is_told_so() -> None:
    def raises(refcount: int, refs: int) -> tuple[int, int]:
        raise OSError(errno.ENOMEM, "no room")

    reply = lab.check("try-grab", raises)
    assert reply.right is False
    assert "`try_grab(refcount=1, refs=1)` raised OSError: [Errno 12] no room" in reply.text
    assert "1 -> 1025" in reply.details
