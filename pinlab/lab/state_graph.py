"""The states of a scenario and the steps between them, each state once however it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pinlab.explore import Scenario
from pinlab.explore.explorer import Question, Schedule, outcome_of
from pinlab.explore.world import State, World
from pinlab.model.kernel import Kernel

MOST_STATES = 40
"""How many states a picture has room for."""

YES, NO, OPEN = "yes", "no", "open"
"""How the question will be answered at the end: that is certain, or it depends on the way."""


@dataclass(frozen=True)
class Node:
    """A state: its number, and how many steps have led to it.

    `end` is what is left there, None if a step can still be done; `answer` is one of the above.
    """

    number: int
    depth: int
    end: Mapping[str, str] | None
    answer: str


@dataclass(frozen=True)
class Edge:
    """A step from one state to another, by their numbers."""

    start: int
    stop: int
    actor: str
    step: str


@dataclass(frozen=True)
class StateGraph:
    """All states, by number, in the order in which they are met with fewest steps first."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def _after(self) -> dict[tuple[int, str], int]:
        return {(edge.start, edge.actor): edge.stop for edge in self.edges}

    def way(self, schedule: Schedule) -> list[int]:
        """Return the states on the way of a schedule, with the first."""
        numbers = [0]
        for actor in schedule:
            numbers.append(self._after[numbers[-1], actor])
        return numbers


def state_graph(
    scenario: Scenario, release: str, question: Question, *, most: int = MOST_STATES
) -> StateGraph:
    """Return the states of a scenario on a release, with how each answers the question.

    Raises ValueError if there are more than `most`.
    """
    first = led(scenario, (), release)
    numbers: dict[State, int] = {first.state(): 0}
    ways: list[Schedule] = [()]
    ends: list[Mapping[str, str] | None] = []
    edges: list[Edge] = []
    for number, way in enumerate(ways):
        world = led(scenario, way, release)
        ready = world.ready()
        ends.append(None if ready else outcome_of(world, scenario))
        for actor in ready:
            there = led(scenario, way, release)
            step = there.go(actor)
            state = there.state()
            if state not in numbers:
                numbers[state] = len(ways)
                ways.append((*way, actor))
            if len(ways) > most:
                raise ValueError(f"scenario has more than {most} states: take steps out")
            edges.append(Edge(number, numbers[state], actor, str(step).partition(": ")[2]))
    answers = _answers(ends, edges, question)
    nodes = (Node(n, len(ways[n]), end, answers[n]) for n, end in enumerate(ends))
    return StateGraph(tuple(nodes), tuple(edges))


def led(scenario: Scenario, schedule: Schedule, release: str) -> World:
    """Return a fresh world after a schedule."""
    world = World(scenario, Kernel(release))
    for actor in schedule:
        world.go(actor)
    return world


def _answers(
    ends: list[Mapping[str, str] | None], edges: list[Edge], question: Question
) -> dict[int, str]:
    """How each state answers, the last ones first: a step leads to a later number."""
    after: dict[int, list[int]] = {n: [] for n in range(len(ends))}
    for edge in edges:
        after[edge.start].append(edge.stop)
    answers: dict[int, str] = {}
    for number in reversed(range(len(ends))):
        end = ends[number]
        if end is not None:
            answers[number] = YES if question(end) else NO
        else:
            found = {answers[stop] for stop in after[number]}
            answers[number] = found.pop() if len(found) == 1 else OPEN
    return answers
