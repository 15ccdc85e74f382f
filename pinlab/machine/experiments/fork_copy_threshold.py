"""From how many extra references on does fork copy a page for the child at once?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pinlab.machine import fork_threshold
from pinlab.machine.experiments.case import Case, Values
from pinlab.machine.fork_threshold import NEVER, Forked

REFERENCES = (0, 1, 1000, 1022, 1023, 1024)


def _with_references(extra: int, pinned: int) -> Values:
    forked = fork_threshold.with_references(extra, has_pinned=bool(pinned))
    return {"extra": extra, "has_pinned": pinned} | _of_child(forked)


def _with_fixed_buffer() -> Values:
    return {"extra": 0} | _of_child(fork_threshold.with_fixed_buffer())


def _of_child(forked: Forked) -> Values:
    own: Values = {} if forked.own_copy is None else {"child_has_own_copy": forked.own_copy}
    return own | {"child_Shared_Dirty_kB": forked.shared, "child_Private_Dirty_kB": forked.private}


def _unprivileged(extra: int, pinned: int) -> Values:
    found = _with_references(extra, pinned)
    found.pop("child_has_own_copy", None)
    return found


def _threshold(pinned: int) -> Values:
    def copies(extra: int) -> bool:
        return fork_threshold.with_references(extra, has_pinned=bool(pinned)).private > 0

    first = fork_threshold.first_that_copies(copies)
    return {"copies_from_extra": NEVER if first is None else first}


CASES: Mapping[str, Case] = {
    **{
        f"vmsplice_refs_{extra}_haspinned_{pinned}": partial(_with_references, extra, pinned)
        for pinned in (0, 1)
        for extra in REFERENCES
    },
    "really_pinned_iouring": _with_fixed_buffer,
    "unpriv_refs_1024_haspinned_1": partial(_unprivileged, 1024, 1),
    "unpriv_refs_0_haspinned_1": partial(_unprivileged, 0, 1),
    "unpriv_threshold_haspinned_0": partial(_threshold, 0),
    "unpriv_threshold_haspinned_1": partial(_threshold, 1),
}
