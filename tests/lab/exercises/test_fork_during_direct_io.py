"""The exercises of lesson 07: right where the model is, and every seed a question of its own."""

import re

import pytest

from pinlab import lab
from pinlab.lab.exercise import Choice, Number, Numbers, Program
from pinlab.lab.exercises.fork_during_direct_io import SEEDED
from pinlab.lab.problems import EXERCISES, exercise
from pinlab.model.trace import Trace
from tests.lab.exercises.solved.fork_during_direct_io import (
    frames_in_the_end,
    losing_steps,
    reuses,
    trace,
    which_era,
    who_sees_what,
    whose_frame,
)

SEEDS = range(50)
LESSON = "07_fork_during_direct_io"
IDEAS = {
    "fork-copies-memory",
    "the-parent-keeps-the-original",
    "the-child-has-to-write-for-trouble",
    "child-exit-undoes-fork",
    "different-bytes-do-not-interfere",
    "pinning-is-what-screws-you",
}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    here = [exercise(id, 0) for id in EXERCISES if exercise(id, 0).lesson == LESSON]
    met = {idea for found in here for _, idea in found.mistakes()}
    assert met >= IDEAS


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_has_the_answer_that_its_question_asks_for(seed: int) -> None:
    assert lab.check("who-sees-what", who_sees_what(seed), seed).right
    assert lab.check("frames-in-the-end", frames_in_the_end(seed), seed).right
    assert lab.check("whose-frame", whose_frame(seed), seed).right
    (step,) = losing_steps(seed)
    assert lab.check("losing-step", step, seed).right
    assert lab.check("which-era", which_era(seed), seed).right


@pytest.mark.parametrize("id", SEEDED)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_question_stands_alone_and_names_its_kernel(id: str, seed: int) -> None:
    found = exercise(id, seed)
    start = r"Linux \d\.\d+\. " if id != "which-era" else r"The trace is of Linux 5\.7, 5\.9, "
    assert re.match(start, found.question)
    assert "?**" in found.question


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        found = exercise(id, seed)
        if isinstance(found, Numbers):
            assert all(right not in wrong for right, wrong in found.parts.values()), seed
        else:
            assert isinstance(found, Number | Choice)
            assert found.right not in found.wrong, seed


@pytest.mark.parametrize("id", SEEDED)
def test_every_seed_has_wrong_answers_to_explain(id: str) -> None:
    assert min(len(list(exercise(id, seed).mistakes())) for seed in SEEDS) >= 3


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_question_and_others_others(id: str) -> None:
    first, second = SEEDED[id](5), SEEDED[id](5)
    assert (first.question, str(first.given)) == (second.question, str(second.given))
    assert len({f"{exercise(id, n).question}{exercise(id, n).given}" for n in SEEDS}) >= 25


def test_every_end_and_every_release_comes_up() -> None:
    ends, releases = set(), set()
    for seed in SEEDS:
        told = exercise("who-sees-what", seed).question
        old, _, new = re.findall(r"([A-Z])\1{3}", told)
        parent, child = re.findall(r"[A-Z]", str(exercise("who-sees-what", seed).solution()))
        ends.add(({old: "old", new: "new"}[parent], {old: "old", new: "new"}[child]))
        releases.add(str(exercise("which-era", seed).solution()))
    assert ends == {("new", "old"), ("old", "new"), ("new", "new"), ("old", "old")}
    assert releases == {"5.7", "5.9", "5.19", "6.5"}


def test_traces_have_another_copy_to_tell_apart_and_fit_on_a_screen() -> None:
    for id in ("whose-frame", "losing-step"):
        for seed in SEEDS:
            operations = [event.operation for event in trace(id, seed)]
            assert "copy" in operations
            assert len(operations) <= 25
    for seed in SEEDS:
        given = lab.given("which-era", seed)
        assert isinstance(given, Trace)
        assert len(given) <= 25


def test_a_step_that_only_looks_bad_is_told_why() -> None:
    for seed in SEEDS:
        events = trace("losing-step", seed)
        found = exercise("losing-step", seed)
        assert isinstance(found, Number)
        forks = [event.step for event in events if event.operation == "fork"]
        writes = [event.step for event in events if event.operation == "device write"]
        assert {*forks, *writes} <= set(found.wrong)


def test_the_rule_to_write_is_that_of_the_model_in_many_states() -> None:
    found = exercise("reuses", 0)
    assert isinstance(found, Program)
    assert len(set(found.states)) == 60
    for state in found.states:
        assert found.model(*state) == reuses(*state)


@pytest.mark.parametrize(
    ("source", "idea", "state"),
    [
        ("mapcount == 1", None, "era=1, mapcount=1, refcount=2, exclusive=0"),
        ("mapcount == 1 and refcount < 1024", "pinning-is-what-screws-you",
         "era=0, mapcount=1, refcount=1025, exclusive=0"),
        ("refcount == 1 or exclusive", None, "era=0, mapcount=1, refcount=2, exclusive=0"),
        ("(mapcount == 1, refcount == 1, exclusive == 1)[era]", None,
         "era=2, mapcount=1, refcount=1, exclusive=0"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told_its_idea_and_the_first_state(
    source: str, idea: str | None, state: str
) -> None:
    reply = lab.check("reuses", eval(f"lambda era, mapcount, refcount, exclusive: {source}"))
    assert (reply.right, reply.misconception) == (False, idea)
    assert f"`reuses({state})`" in reply.text
    assert "reuse" in reply.details or "copy" in reply.details


def test_a_page_that_is_not_exclusive_and_held_alone_is_kept_and_becomes_exclusive() -> None:
    assert lab.check("reuses", reuses).right
    assert not reuses(2, 1, 2, 0)
    assert reuses(2, 1, 1, 0)


def test_every_step_that_does_not_lose_the_data_is_told_why() -> None:
    for seed in SEEDS:
        right, steps = losing_steps(seed)[0], range(len(trace("losing-step", seed)))
        replies = {n: lab.check("losing-step", n, seed).text for n in steps if n != right}
        untold = [n for n, text in replies.items() if f"the model gives {right}. A hint" in text]
        assert not untold
