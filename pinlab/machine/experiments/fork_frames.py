"""Which frames do parent and child have after fork, and after the parent wrote? For root.

The page is an io_uring fixed buffer meanwhile, or nobody holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from pinlab.machine import proc, syscalls
from pinlab.machine.child import Numbers, idle_child, in_child
from pinlab.machine.experiments.case import Case, Values
from pinlab.machine.fork_threshold import lone_page

NAMES = ("same_frame_after_fork", "parent_pfn_changed", "child_pfn_same_as_orig")

Hold = Callable[[memoryview], AbstractContextManager[None]]


def _fork(hold: Hold) -> Values:
    # In a process of its own, which has not pinned anything but the page itself.
    found = in_child(lambda: _parent(hold))
    return {name: int(number or 0) for name, number in zip(NAMES, found, strict=True)}


def _parent(hold: Hold) -> Numbers:
    with lone_page() as page, hold(page):
        before = proc.frames(page)
        with idle_child() as child:
            same = proc.frames(page, child) == before
            page[0] = 1
            changed = proc.frames(page) != before
            kept = proc.frames(page, child) == before
    return int(same), int(changed), int(kept)


@contextmanager
def _registered(page: memoryview) -> Iterator[None]:
    with syscalls.ring() as ring, syscalls.registered(ring, page):
        yield


CASES: Mapping[str, Case] = {
    "no_hold": partial(_fork, lambda page: nullcontext()),
    "io_uring": partial(_fork, _registered),
}
