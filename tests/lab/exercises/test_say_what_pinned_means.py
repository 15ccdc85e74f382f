"""The exercises of lesson 09: right where the model is, and every seed a sound question."""

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Choice, Numbers, Program, Selection
from pinlab.lab.exercises.say_what_pinned_means import COUNTERS, FIXED, SEEDED, told_by
from pinlab.lab.problems import exercise
from pinlab.words import senses
from tests.lab.exercises.solved.say_what_pinned_means import (
    left,
    meant,
    numbers,
    telling,
    told,
    true_in,
    wrong_names,
)

SEEDS = range(50)
IDEAS = {"one-word-one-meaning", "dma-pinned-means-dma", "vmpin-counts-pins"}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    found = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert found >= IDEAS


def test_the_six_answers_are_those_of_the_model() -> None:
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    mm.mlock(addr, PAGE_SIZE)
    (page,) = mm.get_user_pages(addr, 1)
    assert lab.check("six-answers", set(senses(page).lit)).right


@pytest.mark.parametrize("seed", SEEDS)
def test_the_right_answers_by_another_way(seed: int) -> None:
    assert lab.check("vmpin", numbers(seed), seed).right
    assert lab.check("true-under", true_in(seed), seed).right
    assert lab.check("read-the-trace", left(seed), seed).right
    assert lab.check("mark-the-word", meant(seed), seed).right
    assert lab.check("new-name", wrong_names(seed), seed).right
    (page,) = telling(seed)
    assert lab.check("tell-apart", page, seed).right


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_is_a_sound_question(id: str, seed: int) -> None:
    found = exercise(id, seed)
    assert found.question
    match found:
        case Choice(right=right, wrong=wrong):
            assert right not in wrong
            assert len(wrong) > 1
        case Selection(right=selected, wrong=others, options=options):
            assert selected not in others
            assert selected <= set(options)
        case Numbers(parts=parts):
            assert all(number not in ideas and ideas for number, ideas in parts.values())
        case _:
            raise AssertionError(f"{id} is of a new kind")


@pytest.mark.parametrize("id", SEEDED)
def test_seeds_give_many_questions(id: str) -> None:
    questions = {exercise(id, seed).question + str(exercise(id, seed).given) for seed in SEEDS}
    assert len(questions) > 15


def test_every_sense_and_every_verdict_comes_up() -> None:
    assert len({frozenset(wrong_names(seed)) for seed in SEEDS}) > 5
    assert len({exercise("mark-the-word", seed).solution() for seed in SEEDS}) > 5
    assert len({frozenset(true_in(seed)) for seed in SEEDS}) > 5
    assert "none of these" in {exercise("tell-apart", seed).solution() for seed in SEEDS}


@pytest.mark.parametrize("state", COUNTERS)
def test_what_the_counters_tell(state: tuple[int, int | None, int]) -> None:
    assert told_by(*state) == told(*state)


def test_the_states_are_those_of_pages_that_can_be() -> None:
    assert all(refcount >= mappings + (pins or 0) for refcount, pins, mappings in COUNTERS)


def test_a_wrong_program_is_told_its_idea() -> None:
    found = exercise("told")
    assert isinstance(found, Program)
    for idea, function in found.wrong:
        reply = lab.check("told", function)
        assert reply.right is False
        assert (reply.misconception == idea) == (" " not in idea)
        assert "beyond the mappings" in reply.details


def test_a_device_is_not_taken_for_granted() -> None:
    assert lab.check("no-dma", set()).misconception == "dma-pinned-means-dma"
    assert lab.check("no-dma", {"CPU"}).misconception == "dma-pinned-means-dma"
    assert lab.check("no-dma", {"CPU", "ring", "vfio"}).misconception is None


def test_vmpin_is_not_taken_for_the_pins() -> None:
    right = numbers(seed=3)
    swapped = {"VmPin": 4 * right["pins"], "pins": right["VmPin"] // 4}
    assert lab.check("vmpin", swapped, 3).misconception == "vmpin-counts-pins"


def test_a_half_right_account_of_vmpin_is_told_which_half() -> None:
    """Of seed 0: buffers of 5 and 34 pages with one in both, 3 in flight, 8 mlocked."""
    both = str(lab.check("vmpin", {"VmPin": 4 * (5 + 34 + 3 + 8), "pins": 3}, 0))
    assert "Neither a request in flight nor mlock" in both
    assert "registered buffer are pinned as well" in both
    assert "and the request has pins, too" in str(
        lab.check("vmpin", {"VmPin": 0, "pins": 5 + 34 - 1}, 0)
    )
