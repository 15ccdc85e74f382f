"""Rescue: three rules of fork and copy-on-write, and which of a device's data each set saves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import combinations
from types import MappingProxyType

from pinlab.explore.litmus import load, whole_verdict
from pinlab.explore.search import NEVER
from pinlab.model.arguments import shown

RELEASE = "6.5"
"""Whose rules hold besides."""

RULES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "copy": ("fork_copies", "never", "exclusive_and_maybe_pinned"),
        "unshare": ("pin_unshares", "never", "shared_page"),
        "reuse": ("write_fault_reuses", "held_once", "exclusive_or_held_once"),
    }
)
"""Each rule by a word, what the model calls it, and its values switched off and on.

copy: fork copies for the child what its process may have pinned (5.9). unshare: a read-only pin
makes a shared page exclusive first (5.19). reuse: a write to an exclusive page keeps the frame
without counting (5.19); switched off, only if it is held once, as from 5.9 to 5.18.
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


def all_sets() -> list[frozenset[str]]:
    """Return all sets of the three rules, smallest first."""
    sizes = range(len(RULES) + 1)
    return [frozenset(chosen) for size in sizes for chosen in combinations(RULES, size)]


def overrides(rules: Collection[str]) -> dict[str, object]:
    """Return the model's rules with these on, the others off; ValueError for what is none."""
    for name in rules:
        if name not in RULES:
            raise ValueError(f"rule is {shown(name)}: there are {', '.join(RULES)}")
    return {rule: on if name in rules else off for name, (rule, off, on) in RULES.items()}


@cache
def saved(rules: frozenset[str]) -> frozenset[str]:
    """Return the tests of PINNED in which nothing is lost or stale in any order with these rules.

    Interrupt stops it; raises as `overrides`.
    """
    rest = overrides(rules)
    return frozenset(t for t in PINNED if whole_verdict(load(t), RELEASE, rest) == NEVER)
