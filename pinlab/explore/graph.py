"""The graph of an exploration: its states, and which step of whom leads from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pinlab.explore.question import Ask, Left, asked
from pinlab.model.arguments import whole

Outcome = tuple[tuple[str, str], ...]
"""What is left at the end: pairs of a name and a letter (or a word), sorted."""

Schedule = tuple[str, ...]
"""The actors in the order of their moves; a step that is split has several."""


class Edge(NamedTuple):
    """`actor` does `step` (or a part of it) in the state `start`, which leads to `end`."""

    start: int
    end: int
    actor: str
    step: str


@dataclass
class Graph:
    """States are numbered in the order in which they were met; 0 is the beginning.

    schedules: for each state the moves that led there first, as many as for any other way.
    edges: all of them. ends: what is left in each state in which nobody can go on.
    """

    schedules: list[Schedule] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    ends: dict[int, Left] = field(default_factory=dict)

    def depth(self, state: int) -> int:
        """Return how many moves lead to a state."""
        return len(self.schedules[whole("state", state, 0, len(self.schedules) - 1)])

    def satisfying(self, question: Ask) -> list[int]:
        """Return the ends at which the question holds; raises as `Exploration.verdict`."""
        answer = asked(question)
        return [state for state, left in self.ends.items() if answer(left)]
