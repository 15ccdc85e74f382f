"""Which rules save which scenarios; the answers are worked out by hand from the kernel's source."""

import pytest

from pinlab import Kernel
from pinlab.explore import litmus
from pinlab.explore.litmus import rescue

COPIES, UNSHARES, REUSED = litmus.RULES

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


def test_a_scenario_is_saved_by_the_rules_it_needs_and_by_no_fewer() -> None:
    table = litmus.rescued()
    assert list(table.index) == list(litmus.PINNED)
    assert set(NEEDED) == set(litmus.PINNED)
    assert len(table.columns) == 8
    for name in table.index:
        for column in table.columns:
            chosen = set() if column == "none" else set(column.split(" + "))
            assert table.loc[name, column] == (chosen >= NEEDED[name]), (name, column)


def test_no_rule_is_one_too_many() -> None:
    assert litmus.smallest() == [(COPIES, UNSHARES, REUSED)]


def test_the_smallest_set_of_some() -> None:
    assert litmus.smallest(["pin+write-protect+write"]) == [(REUSED,)]
    assert litmus.smallest(["pin+fork+parent-writes", "pin+write-protect+write"]) == [
        (COPIES, REUSED)
    ]
    assert litmus.smallest([]) == [()]
    with pytest.raises(ValueError, match="a test in tests is 'nobody': allowed are pin"):
        litmus.smallest(["nobody"])


def test_a_release_saves_what_its_rules_do() -> None:
    """5.9 has the first rule, 5.19 all three."""
    table = litmus.rescued()
    for release, column in (("5.9", COPIES), ("5.19", " + ".join(litmus.RULES))):
        saved = {name: litmus.run(name, release).verdict == "Never" for name in litmus.PINNED}
        assert saved == dict(table[column]), release


def test_the_values_are_those_of_releases() -> None:
    off, on = Kernel("5.18").rules, Kernel("6.5").rules
    for name, (rule, low, high) in litmus.RULES.items():
        assert high == getattr(on, rule)
        assert low == getattr(off, rule) or name == COPIES
    assert Kernel("5.8").rules.fork_copies == "never"
    assert rescue.overrides([UNSHARES]) == {
        "fork_copies": "never", "pin_unshares": "shared_page", "write_fault_reuses": "held_once"
    }  # fmt: skip
