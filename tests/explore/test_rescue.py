"""Which rules save which scenarios; the answers are worked out by hand from the kernel's source."""

import pytest

from pinlab import Kernel
from pinlab.explore import litmus, rescue

COPIES, UNSHARES, REUSED = rescue.RULES

# Which rules a scenario needs, all of them and no other.
NEEDED = {
    # The child has the copy, and the parent's entry stays writable: no fault at all.
    "pin+fork+parent-writes": {COPIES},
    "pin-to-disk+fork+write": {COPIES},
    # A fault at a read-only entry: 1 + 1024 holders, so only exclusiveness tells.
    "pin+write-protect+write": {REUSED},
    "readonly-pin-of-protected-page": {REUSED},
    # Both.
    "pin+write-protect+fork+write": {COPIES, REUSED},
    # Unsharing gives a frame of one's own; the entry stays read-only, so the write faults again.
    "readonly-pin-of-shared-page": {UNSHARES, REUSED},
    "readonly-pin-of-once-shared-page": {UNSHARES, REUSED},
    "readonly-pin-of-shared-page+fork+write": {COPIES, UNSHARES, REUSED},
}


@pytest.mark.parametrize("rules", [*map(sorted, rescue.all_sets())], ids=" ".join)
def test_a_scenario_is_saved_by_the_rules_it_needs_and_by_no_fewer(rules: list[str]) -> None:
    assert (len(set(rescue.all_sets())), set(NEEDED)) == (8, set(rescue.PINNED))
    assert rescue.saved(frozenset(rules)) == {
        name for name, needed in NEEDED.items() if needed <= set(rules)
    }


def test_a_release_saves_what_its_rules_do() -> None:
    """5.9 has the first rule, 5.19 all three."""
    for release, rules in (("5.9", {COPIES}), ("5.19", rescue.RULES)):
        saved = {name for name in rescue.PINNED if litmus.run(name, release).verdict == "Never"}
        assert saved == rescue.saved(frozenset(rules)), release


def test_the_values_are_those_of_releases() -> None:
    off, on = Kernel("5.18").rules, Kernel("6.5").rules
    for name, (rule, low, high) in rescue.RULES.items():
        assert high == getattr(on, rule)
        assert low == getattr(off, rule) or name == COPIES
    assert Kernel("5.8").rules.fork_copies == "never"
    with pytest.raises(ValueError, match="rule is 'lend': there are copy, unshare, reuse"):
        rescue.overrides(["lend"])
