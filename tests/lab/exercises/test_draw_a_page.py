"""The exercises of lesson 01: right where the model is, and every seed a question of its own."""

from collections.abc import Callable

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Number, Program, misconceptions
from pinlab.lab.exercises.draw_a_page import LESSON
from pinlab.lab.problems import FIXED, SEEDED, exercise
from tests.lab.exercises.solved import RIGHT, mistaken
from tests.lab.exercises.solved.draw_a_page import frames, impossible, page_fault, trace, written

SEEDS = range(50)
MINE = [id for id in SEEDED if exercise(id, 0).lesson == LESSON]


@pytest.mark.parametrize(
    "idea",
    [
        "64-pages-64-frames",
        "every-process-has-its-own-zero-page",
        "direct-io-copies-first",
        "a-disk-read-reads-memory",
    ],
)
def test_each_misconception_of_the_lesson_is_met(idea: str) -> None:
    ids = [id for id in (*FIXED, *SEEDED) if exercise(id, 0).lesson == LESSON]
    met = {found for id in ids for _, found in mistaken(exercise(id, 0))}
    assert idea in met & set(misconceptions())


def test_two_processes_share_the_zero_page_in_the_model_and_writes_leave_it() -> None:
    kernel = Kernel("6.18")
    first, second = kernel.new_mm("first"), kernel.new_mm("second")
    one, other = first.mmap(64 * PAGE_SIZE), second.mmap(64 * PAGE_SIZE)
    first.read(one, 64 * PAGE_SIZE)
    second.read(other, 64 * PAGE_SIZE)
    assert first.page_at(one) is second.page_at(other + 63 * PAGE_SIZE) is kernel.zero_page
    for page in (0, 9, 63):
        first.write(one + page * PAGE_SIZE, b"\0")
    mapped = {first.page_at(one + page * PAGE_SIZE) for page in range(64)}
    assert lab.check("five-questions", open_but(written=len(mapped))).right is not False


def open_but(**given: int) -> dict[str, int | None]:
    """The five questions with some answers."""
    five = RIGHT["five-questions"]
    assert isinstance(five, dict)
    return {**dict.fromkeys(five), **given}


def test_a_transfer_from_disk_brings_a_frame_for_each_page() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(64 * PAGE_SIZE)
    mm.read(addr, 64 * PAGE_SIZE)
    request = kernel.submit_dio_read(mm, addr, 64)
    assert kernel.zero_page not in request.pages
    assert lab.check("five-questions", open_but(from_disk=len(set(request.pages)))).right is None


def test_a_wrong_number_of_five_is_told_its_idea_beside_right_ones() -> None:
    reply = lab.check("five-questions", open_but(read=1, both=2, copied=64 * PAGE_SIZE))
    assert (reply.right, reply.misconception) == (False, "every-process-has-its-own-zero-page")
    assert "- read: 1 is right." in reply.text
    assert "direct-io-copies-first" in reply.text


def test_the_frames_in_a_trace_are_its_names() -> None:
    found = {seed: lab.check("frames-in-the-trace", frames(seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


def test_a_trace_has_both_processes_a_pin_and_a_page_that_stays_with_the_zero_page() -> None:
    for seed in SEEDS:
        events = list(trace(seed))
        assert {event.actor.split(",")[0] for event in events} == {"first", "second"}
        assert any(event.operation == "pin" for event in events)
        read = sum(event.pages for event in events if event.operation == "read fault")
        assert read > sum(event.operation == "write fault" for event in events)


def test_the_number_of_a_frame_does_not_give_the_answer_away() -> None:
    lasts = {seed: max(int("".join(filter(str.isdigit, e.page)) or 0) for e in trace(seed))
             for seed in SEEDS}  # fmt: skip
    assert all(lasts[seed] > frames(seed) for seed in SEEDS)


def test_the_own_frames_are_the_pages_that_the_bytes_lie_in() -> None:
    found = {seed: lab.check("own-frames", len(written(seed)), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


def test_both_processes_write_into_a_page_of_the_same_number() -> None:
    for seed in SEEDS:
        pages = {
            name: {p for who, p in written(seed) if who == name} for name in ("first", "second")
        }
        assert pages["first"] & pages["second"], seed


def test_exactly_one_entry_cannot_be() -> None:
    assert {seed: len(impossible(seed)) for seed in SEEDS} == dict.fromkeys(SEEDS, 1)
    found = {seed: lab.check("entry-that-cannot-be", impossible(seed)[0], seed).right
             for seed in SEEDS}  # fmt: skip
    assert found == dict.fromkeys(SEEDS, True)


def test_the_other_entries_are_told_what_made_them() -> None:
    for seed in SEEDS:
        for page in set(range(8)) - set(impossible(seed)):
            reply = lab.check("entry-that-cannot-be", page, seed)
            assert reply.right is False
            assert f"Page {page} is as it should be: " in reply.text


@pytest.mark.parametrize("id", MINE)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    exercises = {seed: exercise(id, seed) for seed in SEEDS}
    assert [s for s, e in exercises.items() if isinstance(e, Number) and e.right in e.wrong] == []


@pytest.mark.parametrize("id", MINE)
def test_a_question_stands_alone(id: str) -> None:
    questions = [exercise(id, seed).question for seed in SEEDS]
    assert all("Linux 6.18" in question and "?" in question for question in questions)


@pytest.mark.parametrize("id", MINE)
def test_the_same_seed_gives_the_same_problem_and_others_give_others(id: str) -> None:
    def problem(seed: int) -> str:
        made = SEEDED[id](seed)
        return f"{made.question}\n{made.given}"

    assert problem(5) == problem(5)
    assert len({problem(seed) for seed in SEEDS}) >= 45


@pytest.mark.parametrize("id", MINE)
def test_the_answer_cannot_be_known_without_the_problem(id: str) -> None:
    rights = {made.right for seed in SEEDS if isinstance(made := exercise(id, seed), Number)}
    assert len(rights) >= 3


FRAMES_1 = """\
step  actor         operation    page       pages  refcount  acquired  released  note
   6  first         read fault   zero page      7         1         0         0
   7  second        read fault   zero page      5         1         0         0
   8  first         write fault  frame 8        1    0 -> 1         0         0
   9  first         write fault  frame 9        1    0 -> 1         0         0
  10  first, DIO 1  pin          zero page      4         1         0         0  not counted
  11  first         write fault  frame 10       1    0 -> 1         0         0
  12  first         write fault  frame 11       1    0 -> 1         0         0"""

OWN_FRAMES_1 = """\
| process | from byte | bytes |
|---|---|---|
| first | 0 | 8 |
| first | 12290 | 1 |
| first | 16383 | 1 |
| first | 24574 | 2 |
| second | 40 | 8 |
| second | 4165 | 1 |
| second | 8191 | 1 |
| second | 12285 | 5 |
"""

ENTRY_1 = """\
1. the program writes a byte into page 6
2. the program reads pages 5 to 7
3. the program writes a byte into page 1
4. direct I/O from disk fills pages 4 to 5
5. direct I/O to disk takes pages 2 to 3

page  its entry points to
   0  - (empty)
   1  frame 3
   2  the zero page
   3  - (empty)
   4  frame 4
   5  frame 5
   6  frame 2
   7  the zero page"""


@pytest.mark.parametrize(
    ("id", "text"),
    [
        ("frames-in-the-trace", FRAMES_1),
        ("own-frames", OWN_FRAMES_1),
        ("entry-that-cannot-be", ENTRY_1),
    ],
)
def test_this_is_the_problem_of_seed_1_for_ever(id: str, text: str) -> None:
    assert text in str(lab.given(id, seed=1))


def fault() -> Program:
    found = exercise("page-fault", 0)
    assert isinstance(found, Program)
    return found


def test_the_fault_has_the_model_on_its_side_in_every_state() -> None:
    assert [s for s in fault().states if page_fault(*s) != fault().model(*s)] == []


def test_the_states_are_as_many_as_the_lesson_says_and_all_different() -> None:
    assert len(set(fault().states)) == len(fault().states) == 64


def test_the_states_have_every_kind_of_entry_read_and_written() -> None:
    kinds = {(min(entry, 2), write) for entry, write, _ in fault().states}
    assert kinds == {(kind, write) for kind in range(3) for write in range(2)}


Fault = Callable[[int, int, int], tuple[int, int]]


def own_zero_pages(entry: int, write: int, free: int) -> tuple[int, int]:
    return (entry, free) if entry >= 2 else (free, free + 1) if entry == 0 or write else (1, free)


def copies_always(entry: int, write: int, free: int) -> tuple[int, int]:
    if not write:
        return max(entry, 1), free
    return free, free + 1


@pytest.mark.parametrize(
    ("function", "idea"), [(own_zero_pages, "64-pages-64-frames"), (copies_always, None)]
)
def test_a_wrong_fault_is_known_however_it_is_written(function: Fault, idea: str | None) -> None:
    reply = lab.check("page-fault", function)
    assert (reply.right, reply.misconception) == (False, idea)


def test_a_frame_on_every_write_is_told_that_the_first_write_brought_one() -> None:
    reply = lab.check("page-fault", copies_always)
    assert "the next one finds it there" in reply.text
    assert "`page_fault(entry=2, write=1, free=3)`: expected (2, 3), came (3, 4)" in reply.text
    assert reply.details == "Nothing happens: the entry allows this access."


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("page-fault", own_zero_pages)
    assert "`page_fault(entry=0, write=0, free=2)`: expected (1, 2), came (2, 3)" in reply.text
    assert "read fault" in reply.details


def test_along_a_sequence_of_accesses_it_ends_where_the_model_ends() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(8 * PAGE_SIZE)
    entries, free = [0] * 8, 2
    for page, write in [(0, 0), (3, 1), (0, 1), (5, 0), (3, 0), (0, 1), (7, 1), (5, 1), (6, 0)]:
        entries[page], free = page_fault(entries[page], write, free)
        if write:
            mm.write(addr + page * PAGE_SIZE, b"x")
        else:
            mm.read(addr + page * PAGE_SIZE, 1)
    pages = [mm.page_at(addr + page * PAGE_SIZE) for page in range(8)]
    assert entries == [page.folio.pfn if page else 0 for page in pages]
