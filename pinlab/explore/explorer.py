"""The explorer: every order in which the steps of a scenario can be done, on the real model.

Depth first, with the actors in the order of the scenario, so that the same scenario gives the
same numbers for ever. The first branch goes on with the world as it is, the others with copies.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pinlab.explore.copies import Saved
from pinlab.explore.graph import Edge, Graph, Outcome, Schedule
from pinlab.explore.program import Scenario, Step
from pinlab.explore.question import Question, spelled
from pinlab.explore.world import World
from pinlab.model.arguments import function, instance, mapping, several, shown, whole
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST

NEVER, SOMETIMES, ALWAYS = "Never", "Sometimes", "Always"
MOST_STATES = 200_000
BAR_FROM = 10_000
REPORT_EVERY = 1000

BROKEN = "broken"
"""The name in an outcome under which broken invariants stand."""

Ask = str | Callable[[Mapping[str, str]], bool]
"""A question: its text (`parent:x = A and v != P`), or a function of what is left."""


@dataclass(repr=False)
class Exploration:
    """What came out of trying every order.

    release; states: distinct ones; runs: orders from beginning to end, 0 if not complete;
    outcomes: each with one of the shortest schedules that lead to it; complete: whether all states
    were visited; graph: None if it was not asked for.
    """

    release: str
    states: int = 0
    runs: int = 0
    outcomes: dict[Outcome, Schedule] = field(default_factory=dict)
    complete: bool = True
    graph: Graph | None = None

    def verdict(self, question: Ask) -> str:
        """Return whether the question holds at the end of no order, some or all of them.

        Raises RuntimeError if it was interrupted before that is known.
        """
        asked = _asked(question)
        answers = {asked(dict(outcome)) for outcome in self.outcomes}
        if answers == {True, False}:
            return SOMETIMES
        if not self.complete:
            raise RuntimeError(f"interrupted after {self.states} states: nobody knows yet")
        return ALWAYS if answers == {True} else NEVER

    def witness(self, question: Ask) -> Schedule | None:
        """Return a shortest schedule at whose end the question holds, None if there is none."""
        asked = _asked(question)
        found = [s for outcome, s in self.outcomes.items() if asked(dict(outcome))]
        return min(found, key=len, default=None)

    def __str__(self) -> str:
        """Return the numbers, then a line for each outcome: what is left, and a shortest way."""
        runs = _many(self.runs, "order") if self.complete else "interrupted"
        states, outcomes = _many(self.states, "state"), _many(len(self.outcomes), "outcome")
        head = f"Linux {self.release}: {states}, {runs}, {outcomes}"
        ends = {_shown(outcome): " ".join(s) for outcome, s in sorted(self.outcomes.items())}
        width = max(map(len, ends), default=0)
        return "\n".join([head, *(f"  {left:{width}}  by {way}" for left, way in ends.items())])

    __repr__ = __str__


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _asked(question: Ask) -> Callable[[Mapping[str, str]], bool]:
    return Question(question) if isinstance(question, str) else function("question", question)


def _shown(outcome: Outcome) -> str:
    return ", ".join(f"{name} = {spelled(value)}" for name, value in outcome) or "nothing watched"


def explore(
    scenario: Scenario,
    release: str = NEWEST,
    rules: Mapping[str, object] = MappingProxyType({}),
    *,
    most_states: int = MOST_STATES,
    report: Callable[[int], None] | None = None,
    check: bool = False,
    graph: bool = False,
) -> Exploration:
    """Try every order of a scenario's steps on that release's rules, some of them overridden.

    check: look after each move whether the model's invariants hold; outcomes name those that did
    not under "broken". graph: keep the states and what leads from one to the next. report: called
    with the number of states after every 1000; without it, from 10 000 on a bar goes to stderr.
    Interrupt returns what was found. Raises RuntimeError when there are more than `most_states`.

    >>> race = Scenario({"x": "A"}, {"parent": ["fork child", "write x P"], "child": ["read x v"]})
    >>> explore(race, "6.5")
    Linux 6.5: 5 states, 2 orders, 1 outcome
      child:x = A, parent:x = P, v = A  by parent parent child
    """
    instance("scenario", scenario, Scenario)
    for name, switch in (("check", check), ("graph", graph)):
        instance(name, switch, bool)
    if report is not None:
        function("report", report)
    search = _Search(
        scenario, release, mapping("rules", rules), whole("most_states", most_states, 1), check
    )
    bar = _Bar(most_states)
    search.report = report or bar.show
    search.found.graph = Graph() if graph else None
    try:
        search.visit(search.led(()), ())
        search.found.runs = search.runs[0]
        if search.found.graph is not None:
            search.found.graph.edges.sort()
    except KeyboardInterrupt:
        search.found.complete = False
    finally:
        bar.close()
    return search.found


class _Search:
    def __init__(
        self, scenario: Scenario, release: str, rules: Mapping[str, object], most: int, check: bool
    ) -> None:
        self.found = Exploration(release)
        self.report: Callable[[int], None]
        self._scenario, self._release, self._rules = scenario, release, rules
        self._most, self._check = most, check
        # States by number, and how many ways lead from each to an end. Their parts go by numbers,
        # too, as the same parts come again and again.
        self._places: dict[Hashable, int] = {}
        self.runs: list[int] = []
        self._parts: dict[Hashable, int] = {}

    def led(self, schedule: Schedule) -> World:
        """Return a fresh world after a schedule."""
        world = World(self._scenario, Kernel(self._release, **self._rules), check=self._check)
        for actor in schedule:
            world.go(actor)
        return world

    def visit(self, world: World, schedule: Schedule) -> int:
        """Return the number of a world's state, after a visit to it and what follows if new."""
        place = self._places.setdefault(world.state(self._number), len(self._places))
        if place < self.found.states:
            return place
        self._enter(schedule)
        ready = world.ready()
        saved = Saved(world) if len(ready) > 1 else None
        for nth, actor in enumerate(ready):
            there = world if not nth else saved.world() if saved else self.led(schedule)
            step = there.go(actor)
            end = self.visit(there, (*schedule, actor))
            self.runs[place] += self.runs[end]
            if self.found.graph is not None:
                self.found.graph.edges.append(Edge(place, end, actor, step.line))
        if not ready:
            self.runs[place] = 1
            self._end(world, schedule, place)
        return place

    def _number(self, part: Hashable) -> int:
        return self._parts.setdefault(part, len(self._parts))

    def _enter(self, schedule: Schedule) -> None:
        """Count a new state."""
        if self.found.states == self._most:
            raise RuntimeError(
                f"more than {self._most} states: allow more with most_states=, or leave steps out"
            )
        self.found.states += 1
        self.runs.append(0)
        if self.found.graph is not None:
            self.found.graph.schedules.append(schedule)
        if self.found.states % REPORT_EVERY == 0:
            self.report(self.found.states)

    def _end(self, world: World, schedule: Schedule, place: int) -> None:
        outcome = tuple(sorted(self._left(world).items()))
        shortest = self.found.outcomes.get(outcome)
        if shortest is None or len(schedule) < len(shortest):
            self.found.outcomes[outcome] = schedule
        if self.found.graph is not None:
            self.found.graph.ends[place] = outcome

    def _left(self, world: World) -> dict[str, str]:
        """Return what a world shows at its end: pages, every value read, and what broke."""
        seen = {
            f"{actor}:{where}": letter
            for actor in self._scenario.processes
            for where in self._scenario.places
            if (letter := world.peek(actor, where)) is not None
        }
        broken = {BROKEN: " ".join(sorted(world.broken))} if world.broken else {}
        return seen | world.values | broken


class _Bar:
    """A line on stderr that grows, once there is something to wait for."""

    def __init__(self, most: int) -> None:
        self._most, self._shown = most, False

    def show(self, states: int) -> None:
        if states >= BAR_FROM:
            filled = "#" * (20 * states // self._most)
            text = f"\r[{filled:20}] {states} states, at most {self._most}"
            print(text, end="", file=sys.stderr, flush=True)
            self._shown = True

    def close(self) -> None:
        if self._shown:
            print(file=sys.stderr)


def trace(
    scenario: Scenario,
    schedule: Schedule,
    release: str = NEWEST,
    rules: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """Return a schedule step by step, and the machine's trace of it.

    Raises ValueError for an actor that cannot go on there.
    """
    instance("scenario", scenario, Scenario)
    world = World(scenario, Kernel(release, **mapping("rules", rules)))
    steps: list[Step] = []
    for actor in several("schedule", schedule, str):
        if actor not in (ready := world.ready()):
            raise ValueError(
                f"schedule: {shown(actor)} cannot go on after {len(steps)} moves, only {ready}"
            )
        steps.append(world.go(actor))
    return "\n".join([*map(str, steps), "", str(world.kernel.trace)])
