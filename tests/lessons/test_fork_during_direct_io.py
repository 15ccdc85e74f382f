"""The exercises of lesson 07: right where the model is, and every seed a question of its own."""

import re

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Number, Program
from pinlab.lab.problems import exercise
from pinlab.lab.scenes import BEGIN, SCENES, Cast, outcome
from pinlab.model.trace import Event, Trace


def version(release: str) -> tuple[int, ...]:
    """5.9 comes before 5.10."""
    return tuple(map(int, release.split(".")))


def asked(id: str, seed: int) -> str:
    """The question of an exercise."""
    return exercise(id, seed).question


def who_sees_what(seed: int) -> str:
    """By the rules of the release that the question names, without the model."""
    told = asked("who-sees-what", seed)
    release = version(re.findall(r"Linux ([\d.]+)\. ", told)[0])
    old, new = (
        re.findall(r"\b([A-Z])\1{7} in", told)[0],
        re.findall(r"writes ([A-Z])\1{3} ", told)[0],
    )
    pinned = "io_uring" in told or release >= (6, 5)
    parent_writes = "the parent writes" in told or "after it the parent" in told
    child_writes = "the child writes" in told
    if pinned and release >= (5, 9):
        return f"parent {new}, child {old}"
    if parent_writes and child_writes:
        return f"parent {new if release < (5, 9) else old}, child {old}"
    parent = old if parent_writes else new
    child = old if child_writes else new
    return f"parent {parent}, child {child}"


def frames_in_the_end(seed: int) -> int:
    """The pages, and one more for each that anybody has written to."""
    told = asked("frames-in-the-end", seed).replace("6.18", "")
    pages, parent, child, both = map(int, re.findall(r"\d+", told))
    return pages + len({*range(parent), *range(parent - both, parent - both + child)})


def trace(id: str, seed: int) -> Trace:
    """The trace that an exercise hands out."""
    given = lab.given(id, seed)
    assert isinstance(given, Trace)
    return given


def held(events: Trace) -> str:
    """The frame of the first request."""
    return next(event.page for event in events if "DIO 1" in event.actor)


def moved(events: Trace, actor: str, operation: str, frame: str) -> list[Event]:
    """What somebody did to leave a frame."""
    wanted = (actor, operation, f"of {frame}")
    return [event for event in events if (event.actor, event.operation, event.note) == wanted]


def whose_frame(seed: int) -> dict[str, int]:
    """The device stays; parent and child follow their copies of the held frame."""
    events = trace("whose-frame", seed)
    frame = held(events)
    ends = {"parent": frame, "child": frame, "device": frame}
    for actor, operation in (("child", "fork copy"), ("parent", "copy"), ("child", "copy")):
        for event in moved(events, actor, operation, ends[actor]):
            ends[actor] = event.page
    return {name: int(page.removeprefix("frame ")) for name, page in ends.items()}


def losing_steps(seed: int) -> list[int]:
    """The parent's copies of the held frame."""
    events = trace("losing-step", seed)
    return [event.step for event in moved(events, "parent", "copy", held(events))]


def which_era(seed: int) -> str:
    """A pin, or else what the parent's writes to the two held frames do."""
    events = trace("which-era", seed)
    if any(event.operation.startswith("pin") for event in events):
        return "6.5"
    protected = next(event.page for event in events if event.operation == "write-protect")
    if moved(events, "parent", "copy", protected):
        return "5.9"
    return "5.19" if any(event.operation == "copy" for event in events) else "5.7"


RIGHT: dict[str, object] = {
    "where-it-went": "in the child's memory",
    "frames-at-fork": 64,
    "who-moves": "the parent",
    "child-exits": "AAAAAAAp",
    "what-it-takes": {"fork", "parent writes"},
    "pinned-page": "parent D, child A",
    "refcount-at-the-write": 1 + 1,
    "to-disk": "CCCCCCCC",
    "who-sees-what": who_sees_what(seed=0),
    "frames-in-the-end": frames_in_the_end(seed=0),
    "whose-frame": whose_frame(seed=0),
    "losing-step": losing_steps(seed=0)[0],
    "which-era": which_era(seed=0),
}

SEEDS = range(50)
IDEAS = {
    "fork-copies-memory",
    "the-parent-keeps-the-original",
    "the-child-has-to-write-for-trouble",
    "child-exit-undoes-fork",
    "different-bytes-do-not-interfere",
    "pinning-is-what-screws-you",
}
"""The ideas that the lesson was written against."""


def seen(scene: str, release: str) -> str:
    """What parent and child read in byte 0 at the end of a scene, in the model."""
    end = outcome(scene, Kernel(release))
    return f"parent {end.parent}, child {end.child}"


def test_the_scenes_end_in_the_model_as_the_exercises_say() -> None:
    assert lab.check("pinned-page", seen("parent writes", "6.5")).right
    assert seen("parent writes", "6.4") == "parent A, child D"
    assert lab.check("where-it-went", "in the child's memory").right
    first = outcome("child exits, parent writes", Kernel("6.4")).parent
    assert lab.check("child-exits", first * 4 + "AAAp").right
    device = outcome("to disk, parent and child write", Kernel("5.7")).device
    assert lab.check("to-disk", device * 8).right
    lost = {scene for scene in SCENES if outcome(scene, Kernel("6.4")).parent == "A"}
    assert lost >= {"parent writes", "child exits, parent writes"}
    assert lost.isdisjoint({"nobody writes", "child writes", "no fork, parent writes"})
    assert lab.check("what-it-takes", {"fork", "parent writes"}).right


def test_frames_and_refcounts_are_those_of_the_model() -> None:
    kernel = Kernel("6.4")
    parent = kernel.new_mm()
    addr = parent.mmap(64 * PAGE_SIZE)
    parent.write(addr, b"A" * 64 * PAGE_SIZE)
    child = parent.fork()
    used = {mm.page_at(addr + n * PAGE_SIZE) for mm in (parent, child) for n in range(64)}
    assert lab.check("frames-at-fork", len(used)).right
    frame = child.page_at(addr)
    parent.write(addr, b"p")
    assert child.page_at(addr) is frame is not parent.page_at(addr)
    assert lab.check("who-moves", "the parent").right
    cast = Cast(Kernel("5.9"))
    for step in (*BEGIN, Cast.fork, Cast.child_exits):
        step(cast)
    page = cast.parent.page_at(cast.addr)
    assert page is not None
    assert lab.check("refcount-at-the-write", page.refcount).right


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    here = [exercise(id) for id in RIGHT]
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


def test_the_rule_to_write_is_held_against_many_states() -> None:
    found = exercise("reuses", 0)
    assert isinstance(found, Program)
    assert len(set(found.states)) == 60


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


def test_every_step_that_does_not_lose_the_data_is_told_why() -> None:
    for seed in SEEDS:
        right, steps = losing_steps(seed)[0], range(len(trace("losing-step", seed)))
        replies = {n: lab.check("losing-step", n, seed).text for n in steps if n != right}
        untold = [n for n, text in replies.items() if f"the model gives {right}. A hint" in text]
        assert not untold
