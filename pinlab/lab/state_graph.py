"""The states of a scenario as a picture needs them: by the number of steps, and what is certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pinlab.explore import Graph, Question, Scenario, explore
from pinlab.explore.search import Schedule

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
    """All states by number, those with fewer steps first, and all steps between them."""

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

    Raises RuntimeError if there are more than `most`.
    """
    graph = explore(scenario, release, most_states=most).require_complete().graph
    order = range(len(graph.schedules))
    answers = _answers(graph, question, order)
    nodes = tuple(
        Node(
            state,
            len(graph.schedules[state]),
            graph.ends.get(state),
            answers[state],
        )
        for state in order
    )
    edges = (Edge(e.start, e.end, e.actor, e.step) for e in graph.edges)
    return StateGraph(nodes, tuple(edges))


def _answers(graph: Graph, question: Question, order: Sequence[int]) -> dict[int, str]:
    """How each state answers, those with the most steps first."""
    after: dict[int, list[int]] = {state: [] for state in order}
    for edge in graph.edges:
        after[edge.start].append(edge.end)
    answers: dict[int, str] = {}
    for state in reversed(order):
        if state in graph.ends:
            answers[state] = YES if question(graph.ends[state]) else NO
        else:
            found = {answers[following] for following in after[state]}
            answers[state] = found.pop() if len(found) == 1 else OPEN
    return answers
