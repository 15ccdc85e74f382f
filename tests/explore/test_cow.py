"""The promises that the kernel's own selftest cow.c holds a kernel to, played by litmus tests."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pinlab.explore import NEVER, explore, litmus
from pinlab.text_files import table

COLUMNS = ("row", "test", "promise", "litmus", "pin", "outside")
ROWS = {row["row"]: row for row in table(litmus.FOLDER / "cow.csv", COLUMNS, dict, unique=["row"])}
PLAYED = {number: row for number, row in ROWS.items() if not row["outside"]}
BROKEN = {
    "5.7": {"3", "5", "6", "8", "9", "10", "20", "21"},
    "5.8": {"5", "8"},
    "5.9": {"7", "9", "10", "11", "12", "13", "14", "20", "21"},
    "5.11": {"7", "9", "10", "11", "12", "13", "14", "20", "21"},
    "5.19": {"20", "21"},
    "6.2": set(),
    "6.5": set(),
    "6.18": set(),
}
"""By release the rows that nobody had promised yet."""


def broken(release: str, rules: Mapping[str, object], *, expected: bool) -> set[str]:
    """The rows that are not kept in every order, as their file expects of the release or not."""
    found = set()
    for number, row in PLAYED.items():
        test = litmus.load(row["litmus"])
        scenario = test.scenario
        if row["pin"] == "fast":
            programs = {
                actor: [line.replace("pin_user_pages ", "pin_user_pages_fast ") for line in lines]
                for actor, lines in scenario.programs.items()
            }
            assert programs != scenario.programs
            scenario = replace(scenario, programs=programs)
        lost = explore(scenario, release, rules).verdict(test.exists) != NEVER
        if lost and (test.expect(release).verdict != NEVER) == expected:
            found.add(number)
    return found


def test_every_row_of_the_selftest_is_played_or_says_why_not() -> None:
    assert [number for number in ROWS if number.isdecimal()] == [str(n) for n in range(1, 22)]
    assert len(PLAYED) == 15
    for row in ROWS.values():
        assert bool(row["litmus"]) != bool(row["outside"]), row
        assert row["promise"]
        assert row["pin"] in ("", "fast")


@pytest.mark.parametrize("release", BROKEN)
def test_a_promise_is_kept_since_it_was_made(release: str) -> None:
    assert broken(release, {}, expected=True) == BROKEN[release]
    assert broken(release, {}, expected=False) == set()


def test_a_promise_that_is_broken_is_seen() -> None:
    rules = {"pin_unshares": "never"}
    assert broken("6.5", rules, expected=False) == {"9", "10", "11", "12"}
