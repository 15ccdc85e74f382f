"""Sets of rules: three rules of later releases, each switched on or off, and what they save."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import combinations

from pinlab.explore import ALWAYS, NEVER, litmus

RELEASE = "6.5"
"""Whose rules hold besides; its direct I/O takes pins."""

RULES: Mapping[str, tuple[str, str, str]] = {
    "copy": ("fork_copies", "never", "exclusive_and_maybe_pinned"),
    "unshare": ("pin_unshares", "never", "shared_page"),
    "reuse": ("write_fault_reuses", "held_once", "exclusive_or_held_once"),
}
"""Each with the model's rule, and its value where it is off and on."""

TITLES: Mapping[str, str] = {
    "copy": "fork copies pinned pages",
    "unshare": "a read-only pin unshares",
    "reuse": "exclusive is reused uncounted",
}

PROMISED: Mapping[str, str] = {
    "pin+fork+parent-writes": NEVER,
    "dio-read+fork+child-exits": NEVER,
    "pin+write-protect+write": NEVER,
    "readonly-pin-of-shared-page": ALWAYS,
}
"""Scenarios with a pin, and the verdict that its holder relies on."""

Rules = frozenset[str]


def all_sets() -> list[Rules]:
    """Return all sets of the three rules, smallest first."""
    sizes = range(len(RULES) + 1)
    return [frozenset(chosen) for size in sizes for chosen in combinations(RULES, size)]


def overrides(rules: Collection[str]) -> dict[str, str]:
    """Return a set of rules as keywords of a Kernel; ValueError for a rule that is none."""
    for name in rules:
        if name not in RULES:
            raise ValueError(f"rule is {name!r}: there are {', '.join(RULES)}")
    return {rule: on if name in rules else off for name, (rule, off, on) in RULES.items()}


@cache
def verdict(test: str, rules: Rules) -> str:
    """Return the verdict of a test where these of the three rules are on."""
    return litmus.run(test, RELEASE, **overrides(rules)).verdict


def saved(rules: Rules) -> frozenset[str]:
    """Return the scenarios whose verdict is the one relied on."""
    return frozenset(test for test, wanted in PROMISED.items() if verdict(test, rules) == wanted)


def smallest() -> list[Rules]:
    """Return the smallest sets that save all scenarios."""
    whole = [rules for rules in all_sets() if len(saved(rules)) == len(PROMISED)]
    return [rules for rules in whole if len(rules) == len(whole[0])]
