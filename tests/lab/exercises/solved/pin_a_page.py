"""The right answers of lesson 03, worked out by hand or from what an exercise hands out."""

import re
from itertools import pairwise
from typing import cast

from pinlab import lab
from pinlab.model.trace import Trace

RELEASE = {"get": "put", "pin": "unpin"}


def refcounts(seed: int) -> tuple[int, ...]:
    """The refcounts that `pins-left` hands out."""
    return cast("tuple[int, ...]", lab.given("pins-left", seed))


def pins_left(seed: int) -> int:
    """The sum of the steps that are whole multiples of 1024."""
    steps = [after - before for before, after in pairwise(refcounts(seed))]
    return sum(step // 1024 for step in steps if step % 1024 == 0)


def trace(seed: int) -> Trace:
    """The trace that `wrong-release` hands out."""
    given = lab.given("wrong-release", seed)
    assert isinstance(given, Trace)
    return given


def wrong_releases(seed: int) -> list[int]:
    """The steps in which somebody releases another kind than it took."""
    taken: dict[str, str] = {}
    found = []
    for event in trace(seed):
        if event.operation in RELEASE:
            taken[event.actor] = event.operation
        elif event.operation != RELEASE[taken[event.actor]]:
            found.append(event.step)
    return found


def numbers_in(id: str, seed: int) -> list[int]:
    """The numbers in the question of an exercise, without the release."""
    return [int(n) for n in re.findall(r"\d+", str(lab.given(id, seed)).replace("6.18", ""))]


def split(seed: int) -> dict[str, int]:
    """The refcount of the question, divided by 1024."""
    (refcount,) = numbers_in("split-a-refcount", seed)
    return {"pins": refcount // 1024, "references": refcount % 1024}


def false_positive(seed: int) -> int:
    """1024 less the mappings of the question; once is one."""
    mappings, *_ = [*numbers_in("false-positive", seed), 1]
    return 1024 - mappings


def maybe_dma_pinned(refcount: int) -> bool:
    """The guess of a single page, with the negative half written out."""
    return refcount < 0 or refcount >= 1024


RIGHT: dict[str, object] = {
    "one-number": "cannot be told",
    "encoding": {"table", "large step"},
    "three-pins": 1 + 2 + 3 * 1024,
    "what-it-tells": "0 to 2",
    "false-positive": 1023,
    "one-more": "1025",
    "fork-asks": 1022,
    "put-for-unpin": 1 + 1024 - 1,
    "still-works": {"program reads", "program writes", "device writes", "another pin", "unmap"},
    "mlocked": 0,
    "split-a-refcount": split(seed=0),
    "pins-left": pins_left(seed=0),
    "wrong-release": wrong_releases(seed=0)[0],
    "maybe-dma-pinned": maybe_dma_pinned,
}
