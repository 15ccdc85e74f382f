"""The search: every state that can be reached, and every step between two of them.

`explore` has it try every order in which the steps of a scenario can be done, on the real model.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from pinlab.explore.orders import Orders, Position, do
from pinlab.explore.question import FREED, REMARKS, WAITING, Ask, Left, Question, asked, spelled
from pinlab.explore.scenario import HUGE, Scenario
from pinlab.explore.verbs import Step, letter, place
from pinlab.explore.world import World
from pinlab.model.arguments import function, instance, mapping, one_of, several, shown, whole
from pinlab.model.folio import Folio
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST

NEVER, SOMETIMES, ALWAYS = "Never", "Sometimes", "Always"

YES, NO, OPEN = "yes", "no", "open"
"""How a question will be answered at the end: that is certain, or it depends on the way."""

MOST_STATES = 5000
"""By default: less than a second of a processor."""

PAGES = 12
"""Of all processes together, with which a state counts once; with more it takes longer."""

HUGE_PAGES = 16
"""What a 2 MiB folio counts as: there may be an object for each of its pages."""

Outcome = tuple[tuple[str, str], ...]
"""What is left at the end: pairs of a name and a letter (or a word), sorted."""

Schedule = tuple[str, ...]
"""The actors in the order of their moves; a step that is split has several."""

S = TypeVar("S")
L = TypeVar("L")


class Found(Generic[S, L]):
    """What a search has found.

    states: in the order in which they were met, 0 is the beginning; edges: from one state by a step
    to another, by their numbers.
    """

    def __init__(self) -> None:
        self.states: list[S] = []
        self.edges: list[tuple[int, L, int]] = []
        self._firsts: list[int] = []

    def way(self, state: int) -> list[L]:
        """Return the steps that first led to a state."""
        steps: list[L] = []
        while state:
            state, step, _ = self.edges[self._firsts[state]]
            steps.append(step)
        return steps[::-1]

    def search(
        self,
        start: S,
        following: Callable[[int, S], Iterable[tuple[L, S]]],
        key: Callable[[S], Hashable] = lambda state: state,
        *,
        deep: bool = False,
    ) -> None:
        """Find every state; `following` tells which step leads from one to which other.

        key: what makes two states one. deep: depth first, so that some ends are known when it is
        interrupted; else breadth first, so that each way is a shortest one.
        """
        numbers: dict[Hashable, int] = {}
        frontier: deque[tuple[int, L | None, S]] = deque([(0, None, start)])
        take = frontier.pop if deep else frontier.popleft
        while frontier:
            before, step, state = take()
            number = numbers.setdefault(key(state), len(self.states))
            if step is not None:
                self.edges.append((before, step, number))
            if number == len(self.states):
                self.states.append(state)
                self._firsts.append(len(self.edges) - 1)
                more = [(number, step, after) for step, after in following(number, state)]
                frontier.extend(reversed(more) if deep else more)


class Edge(NamedTuple):
    """`actor` does `step` (or a part of it) in the state `start`, which leads to `end`."""

    start: int
    end: int
    actor: str
    step: str


class Node(NamedTuple):
    """A state: its number, the moves that first led there, and what was seen in each folio of it.

    end: what is left there, None if a step can still be done; runs: the orders that lead there, 0
    if not all were tried; answer: to what was asked.
    """

    number: int
    schedule: Schedule
    seen: tuple[Any, ...]
    end: Left | None
    runs: int
    answer: str = OPEN

    @property
    def depth(self) -> int:
        """How many moves lead to it."""
        return len(self.schedule)


@dataclass(frozen=True)
class Graph:
    """All states by number, those with fewer moves first, and all steps between two of them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def _after(self) -> dict[int, dict[str, int]]:
        after: dict[int, dict[str, int]] = {node.number: {} for node in self.nodes}
        for edge in self.edges:
            after[edge.start][edge.actor] = edge.end
        return after

    def way(self, schedule: Schedule) -> list[int]:
        """Return the states on the way of a schedule, with the first.

        Raises TypeError for what is no schedule, ValueError for an actor who cannot go on.
        """
        states = [0]
        for actor in several("schedule", schedule, str):
            after = self._after[states[-1]]
            states.append(after[one_of("actor in schedule", actor, after)])
        return states

    def asked(self, question: Ask) -> Graph:
        """Return it with the answers: yes or no where that is certain, else open.

        Raises as `Exploration.verdict`.
        """
        answer = asked(question)
        answers: dict[int, str] = {}
        for node in reversed(self.nodes):
            if node.end is not None:
                answers[node.number] = YES if answer(node.end) else NO
            else:
                found = {answers[end] for end in self._after[node.number].values()}
                answers[node.number] = found.pop() if len(found) == 1 else OPEN
        return Graph(tuple(n._replace(answer=answers[n.number]) for n in self.nodes), self.edges)


class Exploration:
    """What came out of trying every order.

    release; scenario; complete: whether all states were visited; states: distinct ones; runs:
    orders from beginning to end; outcomes: each with one of the shortest schedules that lead to
    it; graph.

    Who still waits at an end, and for what, stands in its outcome under "still waiting"; a step
    that used a freed folio ends its order, and stands under "used after it was freed".
    """

    def __init__(self, release: str, scenario: Scenario, orders: Orders, most_states: int) -> None:
        self.release, self.scenario = release, scenario
        self.complete = True
        self._orders, self._most = orders, most_states
        self._found = Found[Position, int]()
        self._waiting: dict[int, str] = {}
        try:
            self._found.search(orders.start(), self._after, deep=True)
        except KeyboardInterrupt:
            self.complete = False

    def _after(self, number: int, state: Position) -> list[tuple[int, Position]]:
        if number == self._most:
            raise RuntimeError(
                f"more than {number} states: allow more with most_states=, or leave steps out"
            )
        after, waiting = self._orders.after(state, lambda: self._schedule(number))
        if not after:
            self._waiting[number] = waiting
        return after

    @cached_property
    def runs(self) -> int:
        """How many orders there are from beginning to end, 0 if not complete."""
        return sum(self._runs_to[end] for end in self._waiting)

    @cached_property
    def _runs_to(self) -> list[int]:
        """The orders that lead to each state, counted from those with fewer moves on."""
        if not self.complete:
            return [0] * self.states
        runs = [1] + [0] * (self.states - 1)
        states = self._found.states
        for start, _, end in sorted(self._found.edges, key=lambda edge: states[edge[0]].moves):
            runs[end] += runs[start]
        return runs

    def _schedule(self, number: int) -> Schedule:
        return tuple(self._orders.actors[actor] for actor in self._found.way(number))

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self._found.states)

    @cached_property
    def _ends(self) -> tuple[tuple[Left, Schedule], ...]:
        """What is left at each end, with a shortest schedule; those with fewer moves first."""
        ends: dict[Hashable, tuple[Left, Schedule]] = {}
        for number in sorted(self._waiting, key=lambda end: self._found.states[end].moves):
            left = self._left(number)
            key = tuple(left.items()), tuple(left.pages.items())
            if key not in ends:
                ends[key] = left, self._schedule(number)
        return tuple(ends.values())

    def _left(self, number: int) -> Left:
        """Return what is left at an end: pages, every value read, and what went wrong."""
        values, freed, pages = self._orders.left(self._found.states[number])
        shown = {
            f"{process}:{where}": letter(pages[f"{process}:{page}"][offset : offset + 1])
            for process in self.scenario.processes
            for where in self.scenario.places
            for page, offset in [place(where)]
            if f"{process}:{page}" in pages
        }
        wrong = {FREED: freed, WAITING: self._waiting[number]}
        shown |= values | {name: told for name, told in wrong.items() if told}
        return Left(self.scenario, dict(sorted(shown.items())), pages)

    @cached_property
    def outcomes(self) -> dict[Outcome, Schedule]:
        """What can be left, each with a shortest schedule that leads to it."""
        outcomes: dict[Outcome, Schedule] = {}
        for left, schedule in self._ends:
            outcomes.setdefault(tuple(left.items()), schedule)
        return outcomes

    @cached_property
    def graph(self) -> Graph:
        """The states, by how many moves lead to them, and all steps between two of them."""
        states = self._found.states
        order = sorted(range(len(states)), key=lambda number: states[number].moves)
        numbers = {number: n for n, number in enumerate(order)}
        nodes, edges = [], []
        for n, number in enumerate(order):
            end = self._left(number) if number in self._waiting else None
            seen = self._orders.seen(states[number])
            nodes.append(Node(n, self._schedule(number), seen, end, self._runs_to[number]))
        for start, nth, after in self._found.edges:
            actor = self._orders.actors[nth]
            step = self.scenario.steps[actor][states[start].done[nth]]
            edges.append(Edge(numbers[start], numbers[after], actor, step.line))
        return Graph(tuple(nodes), tuple(sorted(edges)))

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
        return next(iter(found), None)

    def _answers(self, question: Ask) -> Iterator[tuple[bool, Schedule]]:
        answer = asked(question)
        if isinstance(answer, Question):
            answer.check(self.scenario)
            self._require_memory(answer)
        for left, schedule in self._ends:
            yield answer(left), schedule

    def _require_memory(self, question: Question) -> None:
        """Raise ValueError for memory that is gone at each end: nothing is equal to that."""
        if self.remarks or not self.complete:
            return  # who waits might have forked whose memory it is
        there = {name for left, _ in self._ends for name in left.pages}
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
    seen: Callable[[Folio], Hashable] = bool,
) -> Exploration:
    """Try every order of a scenario's steps on that release's rules, some of them overridden.

    seen: what to look for in each folio of each state; it stands in the graph. Interrupt returns
    what was found. Raises RuntimeError when there are more than `most_states` (less of them where
    all processes together have more than 12 pages: each takes longer), and with step and schedule
    for a step that is an error of the caller in some order.

    >>> race = Scenario({"x": "A"}, {"parent": ["fork child", "write x P"], "child": ["read x v"]})
    >>> explore(race, "6.5")
    Linux 6.5: 5 states, 2 orders, 1 outcome
      child:x = A, parent:x = P, v = A  by parent parent child
    """
    instance("scenario", scenario, Scenario)
    kernel = partial(Kernel, release, **mapping("rules", rules))
    most = whole("most_states", most_states, 1)
    each = (HUGE_PAGES if fill == HUGE else 1 for fill in scenario.memory.values())
    pages = sum(each) * len(scenario.processes)
    orders = Orders(scenario, lambda: World(scenario, kernel()), function("seen", seen))
    return Exploration(release, scenario, orders, max(1, most * PAGES // max(PAGES, pages)))


def trace(
    scenario: Scenario,
    schedule: Schedule,
    release: str = NEWEST,
    rules: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """Return a schedule step by step, and the machine's trace of it.

    Raises ValueError for an actor that cannot go on there.
    """
    kernel = Kernel(release, **mapping("rules", rules))
    world = World(instance("scenario", scenario, Scenario), kernel)
    steps: list[Step] = []
    for n, actor in enumerate(several("schedule", schedule, str)):
        if actor not in (ready := world.ready()):
            raise ValueError(f"schedule: {shown(actor)} cannot go on after {n} moves, only {ready}")
        steps.append(do(world, actor, schedule[:n]))
    ended = [f"({FREED})"] if world.freed else []
    return "\n".join([*map(str, steps), *ended, "", str(world.kernel.trace)])
