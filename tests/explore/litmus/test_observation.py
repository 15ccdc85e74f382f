"""The shipped tests: what they expect, what comes out, and how many states that takes."""

from itertools import pairwise
from time import perf_counter

import pytest

from pinlab import Kernel
from pinlab.explore import litmus
from tests.explore import brute
from tests.explore.litmus import counts

STABLE = ["5.6.4", "5.7.14", "5.9.1", "5.10.262", "6.1.192", "6.4.6", "6.12.117", "6.18.13"]
RELEASES = [*Kernel.releases(), *STABLE, "7.3.4"]


@pytest.mark.parametrize("name", litmus.names())
def test_every_release_does_what_the_file_expects(name: str) -> None:
    test = litmus.load(name)
    for release in RELEASES:
        expected = test.expect(release)
        assert litmus.run(name, release).verdict == expected.verdict, (release, expected.source)


@pytest.mark.parametrize("name", litmus.names())
def test_the_verdict_is_that_of_all_orders(name: str) -> None:
    """By trying every order in a machine of its own, without merging anything."""
    test = litmus.load(name)
    for release in litmus.ERAS:
        answers = [test.exists(left) for _, left in brute.ends(test.scenario, release)]
        observed = litmus.run(name, release)
        assert observed.runs == len(answers)
        verdict = "Always" if all(answers) else "Sometimes" if any(answers) else "Never"
        assert observed.verdict == verdict


def test_the_counts_are_frozen() -> None:
    assert counts.counted() == counts.frozen()


@pytest.mark.parametrize("name", litmus.names())
def test_every_test_is_decided_within_a_second(name: str) -> None:
    start = perf_counter()
    litmus.run(name, "6.5")
    assert perf_counter() - start < 1


def test_every_line_of_a_file_changes_the_verdict_or_its_reason() -> None:
    for name in litmus.names():
        for before, after in pairwise(litmus.load(name).expected):
            assert before[1:] != after[1:], name


def test_the_table_has_a_row_for_each_test_and_a_column_for_each_era() -> None:
    table = litmus.table()
    assert list(table.index) == litmus.names()
    assert list(table.columns) == list(litmus.ERAS)
    assert {"5.7", "5.9", "5.19", "6.5"} <= set(table.columns)
    assert set(table.to_numpy().ravel()) == {"Never", "Sometimes", "Always"}
    assert all(type(cell) is str for cell in table.to_numpy().ravel())
    assert table.loc["dio-read+fork+parent-writes", "6.5"] == "Never"
    assert table.loc["get+fork+parent-writes", "6.5"] == "Sometimes"
    assert list(litmus.table(["6.4"]).columns) == ["6.4"]


def test_each_era_differs_from_the_one_before_and_releases_from_none_of_them() -> None:
    mainline = [release for release in Kernel.releases() if release.count(".") == 1]
    table = litmus.table(mainline)
    era = table[litmus.ERAS[0]]
    assert list(table["5.6"]) == list(era)
    for release in mainline[1:]:
        if release in litmus.ERAS[1:]:
            assert list(table[release]) != list(era), release
            era = table[release]
        assert list(table[release]) == list(era), release


def test_an_observation_prints_its_numbers_and_the_witness() -> None:
    observed = litmus.run("dio-read+fork+parent-writes", "6.4")
    lines = str(observed).splitlines()
    assert lines[0] == (
        "dio-read+fork+parent-writes on Linux 6.4: Sometimes (12 states, 6 orders, 2 outcomes)"
    )
    assert repr(observed) == str(observed)
    assert observed.schedule == ("parent", "parent", "parent", "device", "device")
    assert lines[2:7] == [
        "parent: submit_dio_read r x",
        "parent: fork child",
        "parent: write x+8 P",
        "device: device_write r D",
        "device: complete r",
    ]
    assert "copy" in observed.witness
    never = litmus.run("dio-read+fork+parent-writes", "6.5")
    assert (never.schedule, never.witness) == (None, "")
    assert str(never).endswith("Never (18 states, 6 orders, 2 outcomes)")


def test_rules_can_be_overridden() -> None:
    name = "dio-read+fork+parent-writes"
    assert litmus.run(name, "6.4", {"dio_hold": "pin"}).verdict == "Never"
    with pytest.raises(ValueError, match="dio_hold is 'glue'"):
        litmus.run(name, "6.4", {"dio_hold": "glue"})
    with pytest.raises(ValueError, match=r"begins with 5\.6"):
        litmus.run(name, "5.5")
