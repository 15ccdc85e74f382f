"""Sets of rules: three rules of later releases, each switched on or off, and what they save."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import combinations

from pinlab.explore.litmus import PINNED, rescue, rescued
from pinlab.model.arguments import shown

RELEASE = rescue.ON
"""Whose rules hold besides."""

RULES: Mapping[str, str] = {
    "copy": "fork copies",
    "unshare": "pin unshares",
    "reuse": "exclusive is reused",
}
"""The rules by a word each, and what the explorer calls them."""

TITLES: Mapping[str, str] = {
    "copy": "fork copies pinned pages",
    "unshare": "a read-only pin unshares",
    "reuse": "exclusive is reused uncounted",
}

Rules = frozenset[str]


def all_sets() -> list[Rules]:
    """Return all sets of the three rules, smallest first."""
    sizes = range(len(RULES) + 1)
    return [frozenset(chosen) for size in sizes for chosen in combinations(RULES, size)]


def overrides(rules: Collection[str]) -> dict[str, object]:
    """Return a set of rules as the model's rules; ValueError for one that is none of them."""
    for name in rules:
        if name not in RULES:
            raise ValueError(f"rule is {shown(name)}: there are {', '.join(RULES)}")
    return rescue.overrides(RULES[name] for name in rules)


@cache
def _saved() -> Mapping[Rules, frozenset[str]]:
    short = {name: word for word, name in RULES.items()}
    return {
        frozenset(short[name] for name in str(column).split(" + ") if name in short): frozenset(
            str(test) for test, saved in tests.items() if saved
        )
        for column, tests in rescued().to_dict().items()
    }


def saved(rules: Rules) -> frozenset[str]:
    """Return the scenarios with a pin in which nothing is lost or stale with these rules."""
    return _saved()[rules]


def smallest() -> list[Rules]:
    """Return the smallest sets that save all scenarios."""
    whole = [rules for rules in all_sets() if saved(rules) == frozenset(PINNED)]
    return [rules for rules in whole if len(rules) == len(whole[0])]
