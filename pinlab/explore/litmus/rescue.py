"""Rescue: three rules of fork and copy-on-write, and which of a device's data each saves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from pinlab.explore.litmus.file import load
from pinlab.explore.litmus.observation import whole_verdict
from pinlab.explore.search import NEVER
from pinlab.model.arguments import one_of, several

if TYPE_CHECKING:
    import pandas

RULES: Mapping[str, tuple[str, str, str]] = {
    "fork copies": ("fork_copies", "never", "exclusive_and_maybe_pinned"),
    "pin unshares": ("pin_unshares", "never", "shared_page"),
    "exclusive is reused": ("write_fault_reuses", "held_once", "exclusive_or_held_once"),
}
"""Name of each rule, what the model calls it, and its values switched off and on.

Fork copies for the child what its process may have pinned (5.9); a read-only pin makes a shared
page exclusive first (5.19); a write to an exclusive page keeps the frame without counting (5.19).
Switched off, a write keeps the frame only if it is held once, as from 5.9 to 5.18.
"""

PINNED = (
    "pin+fork+parent-writes",
    "pin+write-protect+write",
    "pin+write-protect+fork+write",
    "pin-to-disk+fork+write",
    "readonly-pin-of-protected-page",
    "readonly-pin-of-shared-page",
    "readonly-pin-of-once-shared-page",
    "readonly-pin-of-shared-page+fork+write",
)
"""Tests in which a device works under a pin: its data are lost, or what it reads is stale."""

ON = "6.5"
"""The release whose other rules hold."""


def sets_of_rules() -> list[tuple[str, ...]]:
    """Return the eight sets of rules, the smaller first."""
    return [chosen for size in range(len(RULES) + 1) for chosen in combinations(RULES, size)]


def overrides(chosen: Iterable[str]) -> dict[str, object]:
    """Return the rules of the model with those switched on and the others off."""
    on = set(chosen)
    return {rule: high if name in on else low for name, (rule, low, high) in RULES.items()}


def rescued() -> pandas.DataFrame:
    """Return which sets of rules save which tests of PINNED, in all orders: True or False.

    A row for each test; a column for each set, its rules joined by " + ", "none" for the empty one.
    """
    import pandas

    columns = {
        " + ".join(chosen) or "none": [
            whole_verdict(load(name), ON, overrides(chosen)) == NEVER for name in PINNED
        ]
        for chosen in sets_of_rules()
    }
    return pandas.DataFrame(columns, index=pandas.Index(PINNED, name="test"))


def smallest(tests: Sequence[str] = PINNED) -> list[tuple[str, ...]]:
    """Return the sets of rules that save all those tests and lose one if any rule is left out."""
    asked = [one_of("a test in tests", test, PINNED) for test in several("tests", tests, str)]
    saved = rescued().loc[asked].all()
    saving = [set(c) for c in sets_of_rules() if saved[" + ".join(c) or "none"]]
    least = [c for c in saving if not any(other < c for other in saving)]
    return [tuple(name for name in RULES if name in chosen) for chosen in least]
