"""The explorer, against an enumeration of every order that merges nothing."""

import gc
import tracemalloc
from collections.abc import Iterator
from math import comb, factorial

import pytest

from pinlab import Kernel
from pinlab.explore import ALWAYS, NEVER, SOMETIMES, Exploration, Scenario, explore, trace
from pinlab.explore import explorer as explorer_module
from pinlab.explore import world as world_module
from tests.explore import brute

RACE = Scenario(
    {"x": "A"},
    {
        "parent": ["submit_dio_read r x", "fork child", "write x+8 P"],
        "device": ["device_write r D", "complete r"],
    },
)
TWO_CHILDREN = Scenario(
    {"x": "A"},
    {
        "parent": ["get_user_pages h x", "fork first", "fork second", "write x P", "wait first"],
        "first": ["write x F", "exit"],
        "second": ["read x v"],
        "device": ["device_read h w", "put_page h"],
    },
)
THREADS = Scenario(
    {"x": "A"},
    {
        "parent": ["fork child split", "write x+8 P"],
        "parent/2": ["pin_user_pages_fast h x write split"],
        "device": ["device_write h D", "unpin_user_page h"],
    },
)


def independent(*lengths: int) -> Scenario:
    """Devices that do nothing to each other."""
    programs = {f"d{i}": [f"signal s{i}x{j}" for j in range(n)] for i, n in enumerate(lengths)}
    return Scenario({}, programs)


@pytest.mark.parametrize("release", ["5.7", "5.9", "5.11", "5.14", "5.19", "6.5"])
@pytest.mark.parametrize("scenario", [RACE, TWO_CHILDREN, THREADS])
def test_merging_loses_nothing(scenario: Scenario, release: str) -> None:
    orders = list(brute.ends(scenario, release))
    found = explore(scenario, release)
    assert found.runs == len(orders)
    assert found.states <= sum(len(schedule) for schedule, _ in orders) + 1
    shortest: dict[tuple[tuple[str, str], ...], int] = {}
    for schedule, left in orders:
        outcome = tuple(sorted(left.items()))
        shortest[outcome] = min(len(schedule), shortest.get(outcome, len(schedule)))
    assert {outcome: len(way) for outcome, way in found.outcomes.items()} == shortest
    for outcome, way in found.outcomes.items():
        assert (way, dict(outcome)) in orders


@pytest.mark.parametrize("lengths", [(1,), (3, 2), (2, 2, 2), (5, 4, 1)])
def test_actors_that_do_not_meet_are_a_matter_of_combinations(lengths: tuple[int, ...]) -> None:
    found = explore(independent(*lengths), "6.5")
    orders, states = factorial(sum(lengths)), 1
    for length in lengths:
        orders //= factorial(length)
        states *= length + 1
    assert (found.runs, found.states) == (orders, states)
    assert list(found.outcomes) == [()]


def test_the_same_scenario_gives_the_same_again() -> None:
    first, again = (explore(TWO_CHILDREN, "5.9", graph=True) for _ in range(2))
    assert vars(first) == vars(again)
    assert list(first.outcomes.items()) == list(again.outcomes.items())


def test_verdict_and_witness() -> None:
    lost = "parent:x = A"
    old, new = explore(RACE, "6.4"), explore(RACE, "6.5")
    assert (old.verdict(lost), new.verdict(lost)) == (SOMETIMES, NEVER)
    assert new.verdict("parent:x = D") == ALWAYS
    assert old.verdict(lambda left: left["parent:x"] == "A") == SOMETIMES
    way = old.witness(lost)
    assert way is not None
    assert way.index("device") > 2  # after the parent's write
    assert new.witness(lost) is None


def test_it_prints_as_numbers_and_one_shortest_way_to_each_outcome() -> None:
    expected = """\
Linux 6.4: 12 states, 6 orders, 2 outcomes
  child:x = D, parent:x = A  by parent parent parent device device
  child:x = D, parent:x = D  by parent parent device parent device"""
    found = explore(RACE, "6.4")
    assert str(found) == repr(found) == expected
    nothing = explore(Scenario({"x": "zero"}, {"parent": ["exit"]}))
    assert str(nothing).endswith("2 states, 1 order, 1 outcome\n  nothing watched  by parent")
    never_touched = explore(Scenario({"x": "zero"}, {}))
    assert str(never_touched).endswith("  parent:x = zero  by ")


def test_rules_can_be_overridden() -> None:
    assert explore(RACE, "6.4", {"dio_hold": "pin"}).verdict("parent:x = A") == NEVER


def test_the_state_limit_is_exact_and_says_what_to_do() -> None:
    assert explore(RACE, "6.4", most_states=12).states == 12
    with pytest.raises(RuntimeError, match="more than 11 states: allow more with most_states="):
        explore(RACE, "6.4", most_states=11)
    with pytest.raises(ValueError, match="most_states is 0"):
        explore(RACE, "6.4", most_states=0)


@pytest.fixture
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_module, "REPORT_EVERY", 5)
    monkeypatch.setattr(explorer_module, "BAR_FROM", 10)


@pytest.mark.usefixtures("little_patience")
def test_a_bar_grows_on_stderr_once_there_is_something_to_wait_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explore(RACE, "6.4", most_states=20)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "\r[##########          ] 10 states, at most 20\n")
    explore(independent(2, 2), "6.4")  # 9 states
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("little_patience")
def test_a_report_function_takes_the_place_of_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    reported: list[int] = []
    explore(RACE, "6.4", report=reported.append)
    assert reported == [5, 10]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("little_patience")
def test_interrupt_returns_what_was_found() -> None:
    def stop(states: int) -> None:
        if states == 10:
            raise KeyboardInterrupt

    found = explore(RACE, "6.4", report=stop)
    assert (found.complete, found.states, found.runs) == (False, 10, 0)
    assert "10 states, interrupted, 2 outcomes" in str(found)
    assert found.verdict("parent:x = A") == SOMETIMES  # both were seen
    with pytest.raises(RuntimeError, match="interrupted after 10 states: nobody knows yet"):
        found.verdict("child:x = D")
    with pytest.raises(RuntimeError, match="interrupted after 0 states"):
        Exploration("6.4", complete=False).verdict("v = A")


def test_an_error_of_the_model_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(world: object, step: object) -> None:
        raise RuntimeError("the frame was freed")

    monkeypatch.setitem(world_module.DO, "write", fail)
    with pytest.raises(RuntimeError, match="was freed"):
        explore(RACE, "6.4")


SEEN_BY_CHILD = Scenario(
    {"x": "A"},
    {
        "parent": ["submit_dio_read r x", "fork child"],
        "child": ["read x v"],
        "device": ["device_write r D"],
    },
)


@pytest.mark.parametrize("check", [False, True])
def test_broken_invariants_are_outcomes_where_they_are_looked_for(check: bool) -> None:
    """With pins that are mere references fork cannot tell them, and shares what is pinned."""
    found = explore(SEEN_BY_CHILD, "6.5", {"pin_bias": "1"}, check=check)
    assert found.verdict(lambda left: "broken" in left) == (ALWAYS if check else NEVER)
    intact = explore(SEEN_BY_CHILD, "6.5", check=check)
    assert intact.verdict(lambda left: "broken" in left) == NEVER


def test_a_leak_is_told_apart_from_the_same_bytes_lawfully_had() -> None:
    """The device delivers before fork or after it; both times everybody sees D."""
    found = explore(SEEN_BY_CHILD, "6.5", {"pin_bias": "1"}, check=True)
    leaks = {
        (dict(outcome)["v"], "no-foreign-bytes" in dict(outcome).get("broken", ""))
        for outcome in found.outcomes
    }
    assert leaks == {("A", False), ("D", False), ("D", True)}


def test_the_trace_of_a_schedule() -> None:
    text = trace(RACE, ("parent", "parent"), "6.4")
    assert text.splitlines()[:3] == ["parent: submit_dio_read r x", "parent: fork child", ""]
    assert "parent, DIO 1" in text
    with pytest.raises(ValueError, match=r"'device' cannot go on after 0 moves, only \['parent'\]"):
        trace(RACE, ("device",))


def peak(scenario: Scenario) -> tuple[int, int]:
    gc.collect()
    tracemalloc.start()
    states = explore(scenario, "6.5").states
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return states, used


def test_memory_is_linear_in_states() -> None:
    scenarios = [independent(5, 5, 5), independent(9, 9, 9)]
    (few, little), (many, much) = map(peak, scenarios)
    assert (few, many) == (6**3, 10**3)
    assert much / many < 1.5 * little / few
    assert much / many < 4096  # no state keeps a page


def all_orders(*lengths: int) -> Iterator[int]:
    left = sum(lengths)
    for length in lengths:
        yield comb(left, length)
        left -= length


def test_millions_of_orders_are_counted_without_being_walked() -> None:
    found = explore(independent(9, 9, 9), "6.5")
    expected = 1
    for ways in all_orders(9, 9, 9):
        expected *= ways
    assert found.runs == expected > 10**11


def test_the_default_release_is_the_newest() -> None:
    assert explore(RACE).release == Kernel().release
