"""The selftest's rows: which the model plays, and what they come to."""

from pinlab.explore import litmus
from pinlab.explore.litmus.conformance import rows


def test_a_row_is_played_or_says_why_not() -> None:
    for row in rows():
        assert bool(row.litmus) != bool(row.outside), row
        assert row.promise
        assert row.pin in ("", "fast")
        if row.litmus:
            assert row.litmus in litmus.names()


def test_every_row_of_the_selftest_is_there_once() -> None:
    numbers = [row.row for row in rows() if row.row.isdecimal()]
    assert numbers == [str(number) for number in range(1, 22)]
    assert len({row.row for row in rows()}) == len(rows())


def test_current_releases_keep_every_promise() -> None:
    table = litmus.conformance(["6.2", "6.18"])
    played = table[table["outside"] == ""]
    assert len(played) == 15
    for release in ("6.2", "6.18"):
        assert set(played[release]) == {"PASS"}
        assert set(table[table["outside"] != ""][release]) == {""}


def test_what_was_not_promised_yet_is_an_expected_failure() -> None:
    table = litmus.conformance()
    assert list(table.columns) == ["test", "promise", "litmus", *litmus.ERAS, "outside"]
    broken = {era: set(table.index[table[era] == "XFAIL"]) for era in litmus.ERAS}
    assert broken == {
        "5.7": {"3", "5", "6", "8", "9", "10", "20", "21"},
        "5.8": {"5", "8"},
        "5.9": {"7", "9", "10", "11", "12", "13", "14", "20", "21"},
        "5.11": {"7", "9", "10", "11", "12", "13", "14", "20", "21"},
        "5.19": {"20", "21"},
        "6.2": set(),
        "6.5": set(),
    }
    assert not (table[list(litmus.ERAS)] == "FAIL").to_numpy().any()


def test_what_was_promised_and_is_broken_is_a_failure() -> None:
    table = litmus.conformance(["6.5"], {"pin_unshares": "never"})
    assert set(table.index[table["6.5"] == "FAIL"]) == {"9", "10", "11", "12"}
    assert not (table["6.5"] == "XFAIL").any()


def test_gup_fast_rows_pin_with_gup_fast() -> None:
    fast = next(row for row in rows() if row.row == "10").played()
    steps = [step.verb for step in fast.scenario.steps["parent"]]
    assert "pin_user_pages_fast" in steps
    assert "pin_user_pages" not in steps
    assert fast.expected == litmus.load("readonly-pin-of-shared-page").expected
