"""The explorer: every order in which the steps of a scenario can be done, on the real model.

Depth first, with the actors in the order of the scenario, so that the same scenario gives the
same numbers for ever. The first branch goes on with the world as it is, the others with copies.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from pinlab.explore.copies import Saved
from pinlab.explore.graph import Edge, Graph, Outcome, Schedule
from pinlab.explore.program import BROKEN, HUGE, Scenario, Step, place
from pinlab.explore.question import (
    FREED,
    REMARKS,
    WAITING,
    Ask,
    Left,
    Question,
    asked,
    spelled,
)
from pinlab.explore.world import World
from pinlab.model.arguments import function, instance, mapping, several, shown, whole
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST

NEVER, SOMETIMES, ALWAYS = "Never", "Sometimes", "Always"
MOST_STATES = 5000
"""By default: some 4 seconds of a processor, or 8 where invariants are looked at as well."""

PAGES = 12
"""Of all processes together, with which a state counts once; with more it takes longer."""

HUGE_PAGES = 16
"""What a 2 MiB folio counts as: there may be an object for each of its pages."""

BAR_FROM = 2000
REPORT_EVERY = 1000

Key = TypeVar("Key")

Pages = tuple[tuple[str, bytes], ...]
"""The pages that processes still have at an end, by name (`parent:x`)."""


@dataclass(repr=False)
class Exploration:
    """What came out of trying every order.

    release; scenario; states: distinct ones; runs: orders from beginning to end, 0 if not
    complete; outcomes: each with one of the shortest schedules that lead to it; complete: whether
    all states were visited; graph: None if it was not asked for.

    Who still waits at an end, and for what, stands in its outcome under "still waiting"; a step
    that used a freed folio ends its order, and stands under "used after it was freed".
    """

    release: str
    scenario: Scenario
    states: int = 0
    runs: int = 0
    outcomes: dict[Outcome, Schedule] = field(default_factory=dict)
    complete: bool = True
    graph: Graph | None = None
    _ends: dict[tuple[Outcome, Pages], Schedule] = field(default_factory=dict)

    def verdict(self, question: Ask) -> str:
        """Return whether the question holds at the end of no order, some or all of them.

        It may ask for any byte, watched or not. Raises ValueError for a name or a value that the
        scenario cannot have, TypeError for a function that returns no bool, RuntimeError if it was
        interrupted before the answer is known.
        """
        answers = {holds for holds, _ in self._answers(question)}
        if answers == {True, False}:
            return SOMETIMES
        if not self.complete:
            raise RuntimeError(f"interrupted after {self.states} states: nobody knows yet")
        return ALWAYS if answers == {True} else NEVER

    def witness(self, question: Ask) -> Schedule | None:
        """Return a shortest schedule at whose end the question holds, None if there is none.

        Raises ValueError and TypeError as `verdict`.
        """
        found = [schedule for holds, schedule in self._answers(question) if holds]
        return min(found, key=len, default=None)

    def _answers(self, question: Ask) -> Iterator[tuple[bool, Schedule]]:
        answer = asked(question)
        if isinstance(answer, Question):
            answer.check(self.scenario)
            self._require_memory(answer)
        for (outcome, pages), schedule in self._ends.items():
            yield answer(Left(self.scenario, dict(outcome), dict(pages))), schedule

    def _require_memory(self, question: Question) -> None:
        """Raise ValueError for memory that is gone at each end: nothing is equal to that."""
        if self.remarks or not self.complete:
            return  # who waits might have forked whose memory it is
        there = {name for _, pages in self._ends for name, _ in pages}
        for term in question.terms:
            if term.actor and f"{term.actor}:{place(term.place)[0]}" not in there:
                raise ValueError(f"{term.name} is gone at each end, by exit or munmap")

    @property
    def remarks(self) -> tuple[str, ...]:
        """Who still waits at some end, for what, and which steps use what was freed."""
        found = (f"{n}: {told}" for o in self.outcomes for n, told in o if n in REMARKS)
        return tuple(sorted(set(found)))

    def require_complete(self) -> Exploration:
        """Return it; KeyboardInterrupt if it was interrupted, for who needs all of it."""
        if not self.complete:
            raise KeyboardInterrupt(f"interrupted after {self.states} states")
        return self

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
    with the number of states after every 1000; without it, from 2000 on a bar goes to stderr.
    Interrupt returns what was found. Raises RuntimeError when there are more than `most_states`
    (less of them where all processes together have more than 12 pages: each takes longer), and
    with step and schedule for a step that is an error of the caller in some order.

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
    mapping("rules", rules)
    search = _Search(scenario, release, rules, whole("most_states", most_states, 1), check)
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
        self.found = Exploration(release, scenario)
        self.report: Callable[[int], None]
        self._scenario, self._release, self._rules = scenario, release, rules
        each = (HUGE_PAGES if fill == HUGE else 1 for fill in scenario.memory.values())
        pages = sum(each) * len(scenario.processes)
        self._most, self._check = max(1, most * PAGES // max(PAGES, pages)), check
        # States by number, and how many ways lead from each to an end. Their parts go by numbers,
        # too, as the same parts come again and again.
        self._places: dict[Hashable, int] = {}
        self.runs: list[int] = []
        self._parts: dict[Hashable, int] = {}
        self._contents: dict[bytes, bytes] = {}  # each kept once

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
            step = _go(there, actor, schedule)
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
        pages = {
            f"{actor}:{page}": self._contents.setdefault(data, data)
            for actor in self._scenario.processes
            for page in self._scenario.memory
            if (data := world.frame(actor, page)) is not None
        }
        outcome = tuple(sorted(self._left(world).items()))
        _keep_shortest(self.found.outcomes, outcome, schedule)
        _keep_shortest(self.found._ends, (outcome, tuple(pages.items())), schedule)
        if self.found.graph is not None:
            self.found.graph.ends[place] = Left(self._scenario, dict(outcome), pages)

    def _left(self, world: World) -> dict[str, str]:
        """Return what a world shows at its end: pages, every value read, and what went wrong."""
        seen = {
            f"{actor}:{where}": letter
            for actor in self._scenario.processes
            for where in self._scenario.places
            if (letter := world.peek(actor, where)) is not None
        }
        wrong = {
            BROKEN: " ".join(sorted(world.broken)),
            FREED: world.freed,
            WAITING: "" if world.freed else "; ".join(world.waiting()),
        }
        return seen | world.values | {name: told for name, told in wrong.items() if told}


def _keep_shortest(ways: dict[Key, Schedule], key: Key, schedule: Schedule) -> None:
    if key not in ways or len(schedule) < len(ways[key]):
        ways[key] = schedule


def _go(world: World, actor: str, schedule: Schedule) -> Step:
    """Do a step; RuntimeError with step and schedule for one that the model refuses."""
    step = world.next_step(actor)
    try:
        return world.go(actor)
    except (RuntimeError, ValueError) as error:
        after = " ".join(schedule) or "nothing"
        raise RuntimeError(f"{step}, after {after}: {error}") from error


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
    world = World(
        instance("scenario", scenario, Scenario), Kernel(release, **mapping("rules", rules))
    )
    steps: list[Step] = []
    for n, actor in enumerate(several("schedule", schedule, str)):
        if actor not in (ready := world.ready()):
            raise ValueError(f"schedule: {shown(actor)} cannot go on after {n} moves, only {ready}")
        steps.append(_go(world, actor, schedule[:n]))
    ended = [f"({FREED})"] if world.freed else []
    return "\n".join([*map(str, steps), *ended, "", str(world.kernel.trace)])
