"""Rounds: what the model does on the eight kernels, counted by hand."""

from itertools import product

import pytest

from pinlab import Kernel
from pinlab.lab.rounds import EVERY, OUTCOMES, TESTS, Run, Switches, outcome, run, times

OUTCOME_OF = {
    (False, False): "balanced",
    (False, True): "leaking",
    (True, False): "stuck",
    (True, True): "exempt",
}
"""By the slow test and the release's."""


def by_hand(switches: Switches, rounds: int, together: bool) -> list[int]:
    """The refcounts with the guard, the pin and the release written out."""
    refcount, held, seen = 1, 0, [1]
    for call in ["pin"] * rounds + ["unpin"] * rounds if together else ["pin", "unpin"] * rounds:
        if call == "pin" and refcount > 0:
            held += 1
            refcount += 0 if switches.slow else 1024
        elif call == "unpin":
            if not held:
                continue
            held -= 1
            refcount -= 0 if switches.release else 1024
        seen.append(refcount)
    return seen


def id_of(switches: Switches) -> str:
    return str(switches)


def test_there_are_eight_kernels_and_four_outcomes() -> None:
    assert len(set(EVERY)) == 8
    assert {outcome(switches) for switches in EVERY} == set(OUTCOMES)
    assert EVERY[0] == Switches()


@pytest.mark.parametrize("switches", EVERY, ids=id_of)
def test_the_outcome_depends_on_the_slow_test_and_on_that_of_the_release(
    switches: Switches,
) -> None:
    assert outcome(switches) == OUTCOME_OF[switches.slow, switches.release]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("rounds", [1, 2, 7, 100])
@pytest.mark.parametrize("switches", EVERY, ids=id_of)
def test_a_run_goes_as_by_hand(switches: Switches, rounds: int, together: bool) -> None:
    assert list(run(switches, rounds, together=together).refcounts) == by_hand(
        switches, rounds, together
    )


@pytest.mark.parametrize(("n", "together"), list(product((1, 3, 100), (False, True))))
def test_the_ends_are_the_closed_forms_of_the_lesson(n: int, together: bool) -> None:
    ends = {outcome(s): run(s, n, together=together).end for s in EVERY}
    stuck = 1 - 1024 * n if together else -1023
    assert ends == {"balanced": 1, "leaking": 1 + 1024 * n, "stuck": stuck, "exempt": 1}


def test_the_guard_stops_a_stuck_kernel_after_one_round_but_not_the_releases() -> None:
    stuck = Switches(release=False)
    apart, together = run(stuck, 100), run(stuck, 100, together=True)
    assert apart.refused == tuple(range(3, 102))
    assert together.refused == ()
    assert len(together.refcounts) == 1 + 200


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("switches", EVERY, ids=id_of)
def test_the_fast_test_is_never_reached_and_makes_no_difference(
    switches: Switches, together: bool
) -> None:
    made = run(switches, 20, together=together)
    other = Switches(switches.slow, not switches.fast, switches.release)
    assert made.reached["fast"] == 0
    assert made == run(other, 20, together=together)


@pytest.mark.parametrize("switches", EVERY, ids=id_of)
def test_the_slow_test_is_reached_by_each_pin_that_passes_the_guard(switches: Switches) -> None:
    made = run(switches, 20)
    assert set(made.reached) == set(TESTS)
    assert made.reached["slow"] == made.reached["release"] == 20 - len(made.refused)


def test_the_farthest_is_up_or_down() -> None:
    def of(*refcounts: int) -> int:
        return Run(1, refcounts, (), {}).farthest

    assert (of(1, 1025, 1), of(1, -1023, -1023), of(1, 1)) == (1025, -1023, 1)


@pytest.mark.parametrize(
    ("switches", "words"),
    [(Switches(), "slow, fast, release"), (Switches(False, True, False), "fast"),
     (Switches(False, False, False), "none")],
)  # fmt: skip
def test_switches_are_told_by_those_that_are_on(switches: Switches, words: str) -> None:
    assert str(switches) == words


def test_the_rules_are_those_of_the_release_for_the_whole_patch() -> None:
    assert Switches().kernel().rules == Kernel("6.5").rules
    assert Switches(False, False, False).rules() == {
        "zero_page_grab": "counted",
        "zero_page_grab_fast": "counted",
        "zero_page_unpin": "counted",
    }


@pytest.mark.parametrize(
    ("number", "words"), [(0, "never"), (1, "once"), (2, "2 times"), (100, "100 times")]
)
def test_how_often_in_words(number: int, words: str) -> None:
    assert times(number) == words
