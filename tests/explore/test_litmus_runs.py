"""The shipped tests: what they expect, what comes out, and how many states that takes."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from pinlab import Kernel
from pinlab.explore import litmus, rescue
from tests.explore import brute
from tests.explore import litmus_counts as counts

STABLE = ["5.6.4", "5.7.14", "5.9.1", "5.10.262", "6.1.192", "6.4.6", "6.12.117", "6.18.13"]
RELEASES = [*Kernel.releases(), *STABLE, "7.3.4"]


WAITS = {"longterm-pin-of-zero-page": "parent", "zero-page-to-disk+write": "device"}
"""Who waits at some end, where a pin of the zero page is refused."""


@pytest.mark.parametrize("name", litmus.names())
def test_every_release_does_what_the_file_expects(name: str) -> None:
    test = litmus.load(name)
    for release in RELEASES:
        expected, found = test.expect(release), litmus.run(name, release)
        assert found.verdict == expected.verdict, (release, expected.source)
        refused = Kernel(release).rules.zero_page_grab == "refused" and name in WAITS
        waits = (f"still waiting: {WAITS[name]} for h, which is ENOMEM",) if refused else ()
        assert found.remarks == waits, release


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


def test_every_line_of_a_file_changes_the_verdict_or_its_reason() -> None:
    for name in litmus.names():
        for before, after in pairwise(litmus.load(name).expected):
            assert before[1:] != after[1:], name


def test_the_table_has_a_row_for_each_test_and_a_column_for_each_era(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = litmus.names()[::8]
    monkeypatch.setattr(litmus, "names", lambda: some)
    table = litmus.table()
    assert (list(table.index), list(table.columns)) == (some, list(litmus.ERAS))
    for name in some:
        assert list(table.rows()[name]) == [
            litmus.load(name).expect(era).verdict for era in litmus.ERAS
        ]
    with pytest.raises(TypeError, match=r"is '6\.5': it has to be a sequence of str"):
        litmus.table("6.5")


def test_each_era_differs_from_the_one_before_and_releases_from_none_of_them() -> None:
    mainline = [release for release in Kernel.releases() if release.count(".") == 1]
    tests = list(map(litmus.load, litmus.names()))
    expected = {r: [test.expect(r).verdict for test in tests] for r in mainline}
    changed = [now for before, now in pairwise(mainline) if expected[before] != expected[now]]
    assert (mainline[0], *changed) == ("5.6", *litmus.ERAS[1:])


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


def test_an_interrupted_test_says_so(interrupt: Callable[[int], None]) -> None:
    name = "fast-pin+fork-in-halves"
    whole = litmus.run(name, "5.9")
    assert (whole.complete, whole.require_complete()) == (True, whole)
    interrupt(44)
    seen = litmus.run(name, "5.9")
    assert not seen.complete
    assert f"{name} on Linux 5.9: Sometimes ({seen.states} states, interrupted, " in str(seen)
    with pytest.raises(KeyboardInterrupt, match=f"interrupted after {seen.states} states"):
        seen.require_complete()
    interrupt(2)
    with pytest.raises(RuntimeError, match="interrupted after 1 states: nobody knows yet"):
        litmus.run(name, "5.9")


@pytest.mark.parametrize("nth", [2, 20])
@pytest.mark.parametrize(
    "everything", [litmus.table, lambda: rescue.saved(frozenset(rescue.RULES))]
)
def test_whoever_needs_all_orders_stops_when_interrupted(
    everything: Callable[[], object], nth: int, interrupt: Callable[[int], None]
) -> None:
    rescue.saved.cache_clear()
    interrupt(nth)
    with pytest.raises(KeyboardInterrupt, match="interrupted after"):
        everything()


def test_who_still_waits_is_in_the_verdict() -> None:
    text = """\
stuck
"The device ends before it writes."
memory
    x = A
parent
    submit_dio_read r x
device
    complete r
    device_write r D
exists parent:x = D
5.6 Never a guess
"""
    assert str(litmus.run(litmus.parse(text), "6.5")) == (
        "stuck on Linux 6.5: Never (3 states, 1 orders, 1 outcomes)\n"
        "at some ends still waiting: device for r, which is over"
    )


def test_rules_and_limit_can_be_chosen() -> None:
    name = "dio-read+fork+parent-writes"
    assert litmus.run(name, "6.4", {"dio_hold": "pin"}).verdict == "Never"
    with pytest.raises(RuntimeError, match="more than 11 states: allow more with most_states="):
        litmus.run(name, "6.4", most_states=11)
    with pytest.raises(ValueError, match="dio_hold is 'glue'"):
        litmus.run(name, "6.4", {"dio_hold": "glue"})
    with pytest.raises(ValueError, match=r"begins with 5\.6"):
        litmus.run(name, "5.5")
