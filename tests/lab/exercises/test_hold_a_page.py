"""The exercises of lesson 02: right where the model is, and every seed a question of its own."""

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Numbers, Program, Selection
from pinlab.lab.exercises.hold_a_page import FIXED, SEEDED
from pinlab.lab.problems import exercise
from tests.lab.exercises.solved import mistaken
from tests.lab.exercises.solved.hold_a_page import (
    bugs,
    freed_in,
    holders,
    numbers,
    refcount,
    trace,
    unmap,
    zero_page,
)

SEEDS = range(50)
IDEAS = {
    "refcount-counts-processes",
    "mapping-the-zero-page-counts",
    "a-reference-freezes-the-content",
    "put-frees",
    "munmap-frees-the-frame",
}
"""The ideas that lesson 02 was written against."""

ANSWERS = {
    "zero-page-mapped": zero_page,
    "refcount-after": refcount,
    "when-freed": freed_in,
    "who-still-holds": holders,
    "two-bugs": bugs,
}


def test_the_device_writes_into_the_frame_that_the_model_keeps() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"old")
    frame = mm.page_at(addr)
    request = kernel.submit_dio_read(mm, addr, 1)
    mm.munmap(addr, PAGE_SIZE)
    request.device_write(b"new")
    assert frame is not None
    assert frame.device_read(3) == b"new"
    assert lab.check("where-it-writes", "the same frame").right


def test_the_third_put_frees_in_the_model() -> None:
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    kernel.get_page(folio.page(0))
    kernel.get_page(folio.page(0))
    freed = []
    for _ in range(3):
        kernel.put_page(folio.page(0))
        freed.append(folio.freed)
    assert lab.check("which-put-frees", freed.index(True) + 1).right


def test_what_is_written_last_goes_to_disk_in_the_model() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"old")
    requests = [kernel.submit_dio_write(mm, addr, 1)]
    mm.write(addr, b"new")
    requests.append(kernel.submit_dio_write(mm, addr, 1))
    sent = [request.device_read(3).decode() for request in requests]
    assert lab.check("what-goes-to-disk", ", ".join(sent)).right


@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_has_the_answer_that_is_worked_out_from_what_it_hands_out(id: str) -> None:
    found = {seed: lab.check(id, ANSWERS[id](seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        replies = [lab.check(id, answer, seed) for answer, _ in mistaken(exercise(id, seed))]
        assert [reply.right for reply in replies] == [False] * len(replies), seed


@pytest.mark.parametrize("id", SEEDED)
def test_a_question_stands_alone_and_names_its_release(id: str) -> None:
    for seed in SEEDS:
        question = exercise(id, seed).question
        assert question.startswith("On Linux 6.4"), seed
        assert question.count("**") == 2, seed


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_question(id: str) -> None:
    one, other = SEEDED[id](5), SEEDED[id](5)
    assert (one.question, str(one.given)) == (other.question, str(other.given))


@pytest.mark.parametrize("id", SEEDED)
def test_other_seeds_give_other_questions(id: str) -> None:
    assert len({str(lab.given(id, seed)) for seed in SEEDS}) >= 25


@pytest.mark.parametrize("id", SEEDED)
def test_the_answer_cannot_be_known_without_the_question(id: str) -> None:
    assert len({str(exercise(id, seed).solution()) for seed in SEEDS}) >= 5


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    here = [exercise(id, 0) for id in (*FIXED, *SEEDED)]
    assert {idea for found in here for _, idea in found.mistakes()} >= IDEAS


def test_one_process_is_told_that_it_can_hold_a_frame_often() -> None:
    ideas = {lab.check("refcount-after", 1, seed).misconception for seed in SEEDS}
    assert ideas == {"refcount-counts-processes"}


def test_the_mappings_of_the_zero_page_are_an_idea_with_every_seed() -> None:
    for seed in SEEDS:
        processes, pages, gets, start = numbers("zero-page-mapped", seed)
        reply = lab.check("zero-page-mapped", start + processes * pages + gets, seed)
        assert reply.misconception == "mapping-the-zero-page-counts", seed


def steps(seed: int) -> list[str]:
    return str(lab.given("when-freed", seed)).splitlines()


def step_of(words: str, seed: int) -> int:
    return next(n for n, line in enumerate(steps(seed), start=1) if words in line)


def test_unmapping_is_an_idea_wherever_it_does_not_free() -> None:
    early = [seed for seed in SEEDS if step_of("unmaps page A", seed) < freed_in(seed)]
    assert len(early) >= 25
    for seed in early:
        reply = lab.check("when-freed", step_of("unmaps page A", seed), seed)
        assert reply.misconception == "munmap-frees-the-frame", seed


def test_the_frame_is_not_always_freed_in_the_last_step() -> None:
    assert freed_in(0) < len(steps(0))
    assert sum(freed_in(seed) < len(steps(seed)) for seed in SEEDS) >= 20


def test_somebody_holds_the_frame_to_the_end_and_not_everybody() -> None:
    for seed in SEEDS:
        found = exercise("who-still-holds", seed)
        assert isinstance(found, Selection)
        assert set() < holders(seed) < set(found.options), seed


def test_the_mapping_is_sometimes_among_them() -> None:
    assert {"mapping" in holders(seed) for seed in SEEDS} == {True, False}


def test_the_last_refcount_is_the_number_of_holders() -> None:
    for seed in SEEDS:
        *_, last = (e for e in trace("who-still-holds", seed) if e.page == "frame 2")
        assert last.refcount_after == len(holders(seed)), seed


def test_who_has_put_is_told_where() -> None:
    reply = lab.check("who-still-holds", {*holders(0), "DIO 4"})
    assert "DIO 4 puts its reference in step 8." in reply.text


def test_the_two_bugs_hide_each_other_in_the_refcount() -> None:
    for seed in SEEDS:
        counters = [event.refcount_after for event in trace("two-bugs", seed)]
        assert counters[-1] == 1, seed
        assert min(counters) > 0, seed


def test_the_two_bugs_are_not_those_of_one_request() -> None:
    for seed in SEEDS:
        found = exercise("two-bugs", seed)
        assert isinstance(found, Numbers)
        assert found.parts["leaks"][0] != found.parts["puts twice"][0], seed


def test_a_request_without_a_bug_is_shown_where_it_puts() -> None:
    for seed in SEEDS:
        puts = [e for e in trace("two-bugs", seed) if e.operation == "put"]
        for event in puts:
            number = int(event.actor.split()[-1])
            reply = lab.check("two-bugs", {"leaks": number, "puts twice": None}, seed)
            assert reply.right is False
            assert f"step {event.step}" in reply.text


WHEN_FREED_1 = """\
 1. The program writes to page A and to page B.
 2. DIO 1 for page B is submitted.
 3. DIO 2 for page A is submitted.
 4. DIO 3 for page A is submitted.
 5. DIO 4 for page B is submitted.
 6. DIO 4 completes.
 7. The program unmaps page B.
 8. DIO 2 completes.
 9. DIO 3 completes.
10. The program unmaps page A.
11. DIO 1 completes."""

TWO_BUGS_1 = """\
step  actor          operation    page     pages  refcount  acquired  released  note
   0  parent         write fault  frame 2      1    0 -> 1         0         0
   1  parent, DIO 1  get, fast    frame 2      1    1 -> 2         0         0
   2  parent, DIO 2  get, fast    frame 2      1    2 -> 3         0         0
   3  parent, DIO 3  get, fast    frame 2      1    3 -> 4         0         0
   4  parent, DIO 4  get, fast    frame 2      1    4 -> 5         0         0
   5  parent, DIO 5  get, fast    frame 2      1    5 -> 6         0         0
   6  parent, DIO 6  get, fast    frame 2      1    6 -> 7         0         0
   7  parent, DIO 4  put          frame 2      1    7 -> 6         0         0
   8  parent, DIO 2  put          frame 2      1    6 -> 5         0         0
   9  parent, DIO 1  put          frame 2      1    5 -> 4         0         0
  10  parent, DIO 2  put          frame 2      1    4 -> 3         0         0
  11  parent, DIO 5  put          frame 2      1    3 -> 2         0         0
  12  parent, DIO 3  put          frame 2      1    2 -> 1         0         0"""


@pytest.mark.parametrize(("id", "text"), [("when-freed", WHEN_FREED_1), ("two-bugs", TWO_BUGS_1)])
def test_this_is_what_seed_1_hands_out_for_ever(id: str, text: str) -> None:
    assert str(lab.given(id, seed=1)) == text


def program() -> Program:
    found = exercise("unmap", 0)
    assert isinstance(found, Program)
    return found


def test_the_unmapping_has_the_model_on_its_side_in_every_state() -> None:
    assert [s for s in program().states if unmap(*s) != program().model(*s)] == []


def test_the_states_are_as_many_as_the_lesson_says_and_all_different() -> None:
    assert len(set(program().states)) == len(program().states) == 38


def test_the_states_include_both_pages_and_both_ends() -> None:
    assert {unmap(*state)[1] for state in program().states if not state[1]} == {True, False}
    assert {state[1] for state in program().states} == {True, False}


@pytest.mark.parametrize(
    ("function", "idea"),
    [
        (lambda refcount, zero: (refcount - (not zero), not zero), "munmap-frees-the-frame"),
        (lambda refcount, zero: (refcount * zero, not zero), "put-frees"),
        (lambda refcount, zero: (refcount - 1, refcount - 1 == 0), "mapping-the-zero-page-counts"),
        (
            lambda refcount, zero: (refcount - 1, refcount == 1 and not zero),
            "mapping-the-zero-page-counts",
        ),
    ],
)
def test_a_wrong_unmapping_is_known_however_it_is_written(function: object, idea: str) -> None:
    reply = lab.check("unmap", function)
    assert (reply.right, reply.misconception) == (False, idea)


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("unmap", lambda refcount, zero: (refcount - 1, False))
    assert "`unmap(refcount=2, is_zero_page=True)`: expected (2, False)" in reply.text
    assert "unmap" in reply.details
    assert "zero page" in reply.details
