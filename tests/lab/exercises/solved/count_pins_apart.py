"""The right answers of lesson 06, worked out by hand or read out of a trace or a question."""

import errno
import re

from pinlab import lab
from pinlab.model.trace import Trace


def trace(id: str, seed: int) -> Trace:
    """The trace that an exercise hands out."""
    given = lab.given(id, seed)
    assert isinstance(given, Trace)
    return given


def has_pincount(release: str, order: int) -> bool:
    """The rule for 64 bits as the lesson tells it, from the release's numbers."""
    major, minor = map(int, release.split("."))
    first = None if (major, minor) < (5, 7) else 2 if (major, minor) < (5, 18) else 1
    return first is not None and order >= first


def counters(seed: int) -> dict[str, int]:
    """What `pin-pages` asks for, from the words of its question."""
    words = str(lab.given("pin-pages", seed))
    found = re.search(r"Linux (\S+) .* of order (\d+) .* pins (\d+) page", words)
    assert found is not None
    release, order, pages = found[1], int(found[2]), int(found[3])
    if has_pincount(release, order):
        return {"refcount": 1 + pages, "pincount": pages}
    return {"refcount": 1 + pages * (1 if release == "5.6" else 1024), "pincount": 0}


def orders(seed: int) -> set[str]:
    """What `orders-apart` asks for, from the words of its question."""
    words = str(lab.given("orders-apart", seed))
    found = re.search(r"the orders ([\d, ]+) keep .* on Linux (\S+) with", words)
    assert found is not None
    return {order for order in found[1].split(", ") if has_pincount(found[2], int(order))}


def left(seed: int) -> dict[str, int]:
    """What `two-counters` asks for, by adding up the column `pages` of each kind."""
    signs = {"pin": ("pins", 1), "unpin": ("pins", -1), "get": ("extra references", 1)}
    found = {"pins": 0, "extra references": 0}
    for event in trace("two-counters", seed):
        if event.operation in signs:
            kind, sign = signs[event.operation]
            found[kind] += sign * event.pages
    return found


def wrong_releases(seed: int) -> list[int]:
    """The steps of `find-the-put` in which somebody releases another kind than they took."""
    took: dict[str, str] = {}
    found = []
    for event in trace("find-the-put", seed):
        if event.operation in ("pin", "get"):
            took[event.actor] = event.operation
        elif event.operation in ("unpin", "put"):
            fits = {"unpin": "pin", "put": "get"}[event.operation]
            if took[event.actor] != fits:
                found.append(event.step)
    return found


def grab(refcount: int, pincount: int | None, refs: int) -> tuple[int, int, int | None]:
    """The grab, with the wrap written out."""
    if refcount <= 0:
        return -errno.ENOMEM, refcount, pincount
    after = refcount + refs * (1024 if pincount is None else 1)
    after -= 2**32 * (after >= 2**31)
    return 0, after, None if pincount is None else pincount + refs


RIGHT: dict[str, object] = {
    "one-madvise": 100 * 64,
    "page-7": {"refcount": 1 + 2, "pincount": 2},
    "maybe-pinned": {"order 0 on Linux 6.18", "order 1 on Linux 5.17"},
    "folio-limit": 2**31 - 1,
    "two-zero-pages": {
        "refcount of the zero page": 1,
        "refcount of the huge zero folio": 1 + 64,
        "pincount of the huge zero folio": 64,
    },
    "grab-a-folio": grab,
    "pin-pages": counters(seed=0),
    "orders-apart": orders(seed=0),
    "two-counters": left(seed=0),
    "find-the-put": wrong_releases(seed=0)[0],
}
