"""The exercises of lesson 03: right where the model is, and every seed a question of its own."""

from itertools import pairwise

import pytest

from pinlab import FOLL_GET, PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Number, Numbers, Program
from pinlab.lab.exercises.pin_a_page import SEEDED
from pinlab.lab.mapped_once import looks_pinned, mapped_once
from pinlab.lab.problems import EXERCISES, exercise
from tests.lab.exercises.solved.pin_a_page import (
    false_positive,
    maybe_dma_pinned,
    pins_left,
    refcounts,
    split,
    trace,
    wrong_releases,
)

SEEDS = range(50)
LESSON = "03_pin_a_page"
IDEAS = {
    "pin-is-a-bit",
    "pinned-is-mlocked",
    "pinned-means-refcount-above-one",
    "1024-is-the-limit",
    "maybe-means-certainly",
    "unpin-is-put",
    "a-pin-locks-the-page",
}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    here = [exercise(id, 0) for id in EXERCISES if exercise(id, 0).lesson == LESSON]
    met = {idea for found in here for _, idea in found.mistakes()}
    assert met >= IDEAS


def test_on_5_6_a_pin_and_a_reference_leave_the_same_number() -> None:
    assert mapped_once(pins=1, release="5.6").refcount == 2
    assert mapped_once(references=1, release="5.6").refcount == 2
    assert lab.check("one-number", "cannot be told").right


def test_three_pins_and_two_references_in_the_model() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    for _ in range(2):
        mm.get_user_pages(addr, 1)
    for _ in range(3):
        mm.pin_user_pages(addr, 1)
    assert lab.check("three-pins", kernel.folios[-1].refcount).right


@pytest.mark.parametrize("pins", [0, 1, 2])
def test_2050_can_be_0_1_or_2_pins_and_looks_alike(pins: int) -> None:
    folio = mapped_once(pins, 2050 - 1 - 1024 * pins)
    assert folio.refcount == 2050
    assert folio.kernel.folio_maybe_dma_pinned(folio)


def test_one_more_reference_is_one_more() -> None:
    folio = mapped_once(references=1023)
    folio.kernel.try_grab_folio(folio, 1, FOLL_GET)
    assert lab.check("one-more", folio.refcount).right


def test_fork_asks_with_its_own_reference() -> None:
    folio = mapped_once(references=1021)
    for extra in (1021, 1022):
        folio.kernel.get_page(folio.page(0))  # fork's own
        guess = folio.kernel.folio_maybe_dma_pinned(folio)
        folio.kernel.put_page(folio.page(0))
        assert guess == lab.check("fork-asks", extra).right
        folio.kernel.try_grab_folio(folio, 1, FOLL_GET)


def test_a_put_in_the_place_of_an_unpin_leaves_1023_and_check_finds_it() -> None:
    folio = mapped_once(pins=1)
    folio.kernel.put_page(folio.page(0))
    assert lab.check("put-for-unpin", folio.refcount).right
    assert folio.refcount - 1 == 1023
    with pytest.raises(AssertionError, match="every-release-had-a-hold"):
        folio.kernel.check()


def test_what_still_works_does_in_the_model() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    (page,) = mm.pin_user_pages(addr, 1)
    mm.write(addr, b"y")
    page.device_write(b"z", 1)
    assert mm.read(addr, 2) == b"yz"
    mm.pin_user_pages(addr, 1)
    mm.munmap(addr, PAGE_SIZE)
    assert not page.folio.freed
    kernel.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_has_the_answer_that_its_question_asks_for(seed: int) -> None:
    assert lab.check("false-positive", false_positive(seed), seed).right
    assert lab.check("split-a-refcount", split(seed), seed).right
    assert lab.check("pins-left", pins_left(seed), seed).right
    (step,) = wrong_releases(seed)
    assert lab.check("wrong-release", step, seed).right


@pytest.mark.parametrize("id", SEEDED)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_question_stands_alone_and_names_its_kernel(id: str, seed: int) -> None:
    found = exercise(id, seed)
    assert found.question.startswith("Linux 6.18. ")
    assert found.question.endswith("?**")


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        found = exercise(id, seed)
        if isinstance(found, Numbers):
            assert all(right not in wrong for right, wrong in found.parts.values()), seed
        else:
            assert isinstance(found, Number)
            assert found.right not in found.wrong, seed


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_question_and_others_others(id: str) -> None:
    first, second = SEEDED[id](5), SEEDED[id](5)
    assert (first.question, str(first.given)) == (second.question, str(second.given))
    assert len({f"{exercise(id, n).question}{exercise(id, n).given}" for n in SEEDS}) >= 45


def test_seed_0_of_the_false_positive_is_the_page_that_is_mapped_once() -> None:
    assert "is mapped once" in exercise("false-positive", 0).question
    assert all("page tables" in exercise("false-positive", seed).question for seed in range(1, 50))


def test_the_last_refcount_alone_misleads_with_every_seed() -> None:
    for seed in SEEDS:
        naive = refcounts(seed)[-1] // 1024
        assert naive > pins_left(seed) > 0
        assert lab.check("pins-left", naive, seed).misconception == "maybe-means-certainly"


def test_steps_are_either_whole_pins_or_few_references() -> None:
    for seed in SEEDS:
        numbers = refcounts(seed)
        assert numbers[0] == 1
        assert len(numbers) == 8
        for before, after in pairwise(numbers):
            step = abs(after - before)
            assert (step % 1024 == 0) != (step < 1000)


def test_a_wrong_release_is_now_a_put_and_now_an_unpin() -> None:
    kinds = set()
    for seed in SEEDS:
        (step,) = wrong_releases(seed)
        kinds |= {event.operation for event in trace(seed) if event.step == step}
    assert kinds == {"put", "unpin"}


def test_nobody_is_refused_and_nothing_is_freed_on_the_way() -> None:
    for seed in SEEDS:
        events = list(trace(seed))
        assert len(events) == 12
        assert {event.note for event in events} == {""}
        assert events[-1].refcount_after in (1 + 1023, 1 - 1023)


def test_every_holder_is_explained_where_it_releases() -> None:
    for seed in SEEDS:
        found = exercise("wrong-release", seed)
        assert isinstance(found, Number)
        releases = {e.step for e in trace(seed) if e.operation in ("put", "unpin")}
        assert set(found.wrong) | {found.right} == releases


def test_the_guess_to_write_is_that_of_the_model_in_many_states() -> None:
    found = exercise("maybe-dma-pinned", 0)
    assert isinstance(found, Program)
    assert len(set(found.states)) >= 60
    for (refcount,) in found.states:
        folio = Kernel("6.18").alloc_folio()
        folio.refcount = refcount
        assert folio.kernel.folio_maybe_dma_pinned(folio) == maybe_dma_pinned(refcount)
        assert looks_pinned(refcount) == maybe_dma_pinned(refcount)


@pytest.mark.parametrize(
    ("source", "idea", "state"),
    [
        ("refcount > 1", "pinned-means-refcount-above-one", "refcount=2"),
        ("bool(refcount & 1024)", "pin-is-a-bit", "refcount=2048"),
        ("refcount >= 1024", None, "refcount=-1"),
        ("refcount % 2**32 > 1024", None, "refcount=1024"),
    ],
)
def test_a_wrong_guess_is_told_its_idea_and_the_first_state(
    source: str, idea: str | None, state: str
) -> None:
    reply = lab.check("maybe-dma-pinned", eval(f"lambda refcount: {source}"))
    assert (reply.right, reply.misconception) == (False, idea)
    assert f"`maybe_dma_pinned({state})`" in reply.text
    assert "(unsigned int)" in reply.details


def test_whole_numbers_for_true_and_false_will_do() -> None:
    assert lab.check("maybe-dma-pinned", lambda refcount: int(maybe_dma_pinned(refcount))).right
