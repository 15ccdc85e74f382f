"""The right answers of lesson 02, worked out by hand or by walking through what is handed out."""

import re
from collections import Counter

from pinlab import lab
from pinlab.model.trace import Trace

GAINS = {"write fault": 1, "get, fast": 1, "put": -1, "unmap": -1}


def unmap(refcount: int, is_zero_page: int) -> tuple[int, bool]:
    """What unmapping one page does to its frame's refcount, and whether the frame is freed."""
    if is_zero_page:
        return refcount, False
    return refcount - 1, refcount - 1 == 0


def trace(id: str, seed: int) -> Trace:
    """The trace that an exercise hands out."""
    given = lab.given(id, seed)
    assert isinstance(given, Trace)
    return given


def numbers(id: str, seed: int) -> list[int]:
    """The whole numbers in a question, the release's left out."""
    return [int(n) for n in re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", str(lab.given(id, seed)))]


def holders(seed: int) -> set[str]:
    """Who holds frame 2 at the end of the trace of `who-still-holds`."""
    left: Counter[str] = Counter()
    for event in trace("who-still-holds", seed):
        if event.page == "frame 2":
            name = event.actor.removeprefix("parent").removeprefix(", ") or "mapping"
            left[name] += GAINS[event.operation]
    return {name for name, holds in left.items() if holds}


def bugs(seed: int) -> dict[str, int]:
    """Which request of `two-bugs` has a hold left, and which has given back too many."""
    left: Counter[str] = Counter()
    for event in trace("two-bugs", seed):
        left[event.actor] += GAINS[event.operation]
    del left["parent"]
    number = {holds: int(actor.split()[-1]) for actor, holds in left.items() if holds}
    return {"leaks": number[1], "puts twice": number[-1]}


def freed_in(seed: int) -> int:
    """The step of `when-freed` in which nobody is left at page A."""
    lines = str(lab.given("when-freed", seed)).splitlines()
    requests = {words[1]: words[4] for words in map(_words, lines) if words[-1] == "submitted"}
    left = {"mapping"} | {number for number, page in requests.items() if page == "A"}
    for step, words in enumerate(map(_words, lines), start=1):
        if words[-1] == "completes":
            left.discard(words[1])
        elif words[-3:] == ["unmaps", "page", "A"]:
            left.discard("mapping")
        if not left:
            return step
    raise AssertionError(f"seed {seed}: page A is held to the end")


def _words(line: str) -> list[str]:
    return re.sub(r"^ *\d+\. |\.", "", line).split()


def refcount(seed: int) -> int:
    """The refcount that `refcount-after` asks for."""
    _, gets, puts, submitted, completed = numbers("refcount-after", seed)
    return 1 + gets - puts + submitted - completed


def zero_page(seed: int) -> int:
    """The refcount that `zero-page-mapped` asks for: a start, and what GUP adds."""
    _, _, gets, start = numbers("zero-page-mapped", seed)
    return start + gets


RIGHT: dict[str, object] = {
    "where-it-writes": "the same frame",
    "which-put-frees": 1 + 2,
    "what-goes-to-disk": "new, new",
    "unmap": unmap,
    "zero-page-mapped": zero_page(seed=0),
    "refcount-after": refcount(seed=0),
    "when-freed": freed_in(seed=0),
    "who-still-holds": holders(seed=0),
    "two-bugs": bugs(seed=0),
}
