"""The right answers of lesson 07, worked out by hand or from what an exercise hands out."""

import re

from pinlab import lab
from pinlab.lab.problems import exercise
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
