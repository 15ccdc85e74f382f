"""The explorer: every order in which the steps of a scenario can be done, on the real model.

Depth first, with the actors in the order of the scenario, so that the same scenario gives the
same numbers for ever. Worlds cannot be copied, so each one that is left is led there again from
the start; the first branch goes on with the world as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pinlab.explore.program import Scenario, Step
from pinlab.explore.world import State, World
from pinlab.model.arguments import whole
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST

NEVER, SOMETIMES, ALWAYS = "Never", "Sometimes", "Always"
MOST_STATES = 200_000
BAR_FROM = 10_000

Outcome = tuple[tuple[str, str], ...]
"""What is left at the end: pairs of a name and a letter (or a word), sorted."""

Question = Callable[[Mapping[str, str]], bool]
Schedule = tuple[str, ...]
"""The actors in the order of their steps."""


@dataclass
class Exploration:
    """What came out of trying every order.

    states: distinct ones; runs: orders from beginning to end; outcomes: each with one of the
    shortest schedules that lead to it; complete: whether all states were visited.
    """

    states: int = 0
    runs: int = 0
    outcomes: dict[Outcome, Schedule] = field(default_factory=dict)
    complete: bool = True

    def verdict(self, question: Question) -> str:
        """Return whether the question holds at the end of no order, some or all."""
        answers = {question(dict(outcome)) for outcome in self.outcomes}
        if answers == {True}:
            return ALWAYS
        return SOMETIMES if True in answers else NEVER

    def witness(self, question: Question) -> Schedule | None:
        """Return a shortest schedule at whose end the question holds, None if there is none."""
        found = [s for outcome, s in self.outcomes.items() if question(dict(outcome))]
        return min(found, key=len, default=None)


def explore(
    scenario: Scenario,
    release: str = NEWEST,
    rules: Mapping[str, object] = MappingProxyType({}),
    *,
    most_states: int = MOST_STATES,
    report: Callable[[int], None] | None = None,
) -> Exploration:
    """Try every order of a scenario's steps on that release's rules, some of them overridden.

    report is called with the number of states now and then; Interrupt returns what was found.
    Raises RuntimeError when there are more than `most_states`.
    """
    search = _Search(scenario, release, rules, whole("most_states", most_states, 1), report)
    try:
        search.visit(())
    except KeyboardInterrupt:
        search.found.complete = False
    return search.found


class _Search:
    def __init__(
        self, scenario: Scenario, release: str, rules: Mapping[str, object], most: int,
        report: Callable[[int], None] | None,
    ) -> None:  # fmt: skip
        self.found = Exploration()
        self._scenario, self._release, self._rules = scenario, release, rules
        self._most, self._report = most, report or _bar(most)
        self._runs: dict[State, int] = {}

    def visit(self, start: Schedule) -> None:
        world = self.led(start)
        self.found.runs = self._from(world, start)

    def led(self, schedule: Schedule) -> World:
        """Return a fresh world after a schedule."""
        world = World(self._scenario, Kernel(self._release, **self._rules))
        for actor in schedule:
            world.go(actor)
        return world

    def _from(self, world: World, schedule: Schedule) -> int:
        """Return how many ways there are from this world to an end, visiting what is new."""
        state = world.state()
        if state in self._runs:
            return self._runs[state]
        self._enter()
        ready = world.ready()
        if not ready:
            self._end(world, schedule)
        runs = 0 if ready else 1
        for place, actor in enumerate(ready):
            there = world if not place else self.led(schedule)
            there.go(actor)
            runs += self._from(there, (*schedule, actor))
        self._runs[state] = runs
        return runs

    def _enter(self) -> None:
        self.found.states += 1
        if self.found.states > self._most:
            raise RuntimeError(
                f"more than {self._most} states: allow more with most_states=, or take steps out"
            )
        if self.found.states % 1000 == 0:
            self._report(self.found.states)

    def _end(self, world: World, schedule: Schedule) -> None:
        outcome = tuple(sorted(outcome_of(world, self._scenario).items()))
        shortest = self.found.outcomes.get(outcome)
        if shortest is None or len(schedule) < len(shortest):
            self.found.outcomes[outcome] = schedule


def outcome_of(world: World, scenario: Scenario) -> dict[str, str]:
    """Return what a world shows at its end: each process's pages, and every value read."""
    seen = {
        f"{actor}:{page}": letter
        for actor in scenario.processes()
        for page in scenario.watched
        if (letter := world.peek(actor, page)) is not None
    }
    return seen | world.values


def _bar(most: int) -> Callable[[int], None]:
    def show(states: int) -> None:
        if states >= BAR_FROM:
            share = states / most
            bar = "#" * int(20 * share)
            print(f"\r[{bar:20}] {states} states", end="", file=sys.stderr, flush=True)

    return show


def trace(
    scenario: Scenario,
    schedule: Schedule,
    release: str,
    rules: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """Return a schedule step by step, and the machine's trace of it."""
    world = World(scenario, Kernel(release, **rules))
    steps: list[Step] = [world.go(actor) for actor in schedule]
    return "\n".join([*map(str, steps), "", str(world.kernel.trace)])
