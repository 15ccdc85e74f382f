"""Apart: for each two senses, the shortest program after which one holds and the other does not.

The explorer visits every state that a process can bring a page into with the steps below: any of
them, each once, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from pinlab.explore.scenario import PARENT, Scenario
from pinlab.explore.search import Schedule, explore
from pinlab.explore.world import World
from pinlab.model.folio import Folio
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST
from pinlab.words.senses import SENSES

MEMORY: Mapping[str, str] = {
    "A": "a written page",
    "zero": "a page never touched",
    "huge": "a 2 MiB folio",
}
"""What the page x is at the start, and in words."""

STEPS = (
    "pin_user_pages p x",
    "get_user_pages g x",
    "get_user_pages many x times=1023",
    "mlock x",
    "register_buffer b x",
    "submit_dio_write r x",
    "exit",
)
"""What may be done to it: each by a thread of its own, so that every choice and order is tried."""


class Example(NamedTuple):
    """A state: what the page x was at the start (see MEMORY), the steps, and which folio it is."""

    memory: str
    steps: tuple[str, ...]
    folio: str

    def __str__(self) -> str:
        return f"{MEMORY[self.memory]}: {'; '.join(self.steps)}"


@dataclass(frozen=True, repr=False)
class Apart:
    """For each ordered pair of senses a shortest way to the first without the second.

    release; states: how many were looked at; found: (the sense that holds, the one that does not)
    to an Example, None where no state has the one without the other; patterns: each set of
    senses that holds somewhere, with an Example.
    """

    release: str
    states: int
    found: Mapping[tuple[str, str], Example | None]
    patterns: Mapping[frozenset[str], Example]

    @property
    def implied(self) -> list[tuple[str, str]]:
        """The pairs of which the first never holds without the second, in these states."""
        return [pair for pair, example in self.found.items() if example is None]

    def __str__(self) -> str:
        """Return a line for each ordered pair, and how far the search went."""
        return "\n".join([f"Linux {self.release}, {self.states} states", *self._lines()])

    def _lines(self) -> Iterator[str]:
        width = max(len(f"{yes}, not {no}") for yes, no in self.found)
        for (yes, no), example in self.found.items():
            yield f"  {f'{yes}, not {no}':{width}}  {example or 'in none of these states'}"

    __repr__ = __str__


def apart(release: str = NEWEST) -> Apart:
    """Search for the states that tell the senses of "pinned" apart in a release.

    A pair that is found nowhere is apart in none of *these* states; more steps, or more processes,
    might do it. Raises as `Kernel`.

    >>> found = apart()
    >>> print(found.found["unevictable", "foll-pin"])
    a written page: mlock x
    >>> ("pinned-vm", "foll-pin") in found.implied
    True
    """
    states, patterns = 0, dict[frozenset[str], Example]()
    for memory in MEMORY:
        graph = explore(_scenario(memory), release, seen=_lit).require_complete().graph
        states += len(graph.nodes)
        for node in graph.nodes:
            for lit in node.seen:
                if lit not in patterns or node.depth < len(patterns[lit].steps):
                    patterns[lit] = _example(memory, release, node.schedule, lit)
    found = {pair: _shortest(patterns, *pair) for pair in permutations(SENSES, 2)}
    return Apart(release, states, found, patterns)


def _lit(folio: Folio) -> frozenset[str]:
    """Return the senses that hold for a folio."""
    return frozenset(sense.id for sense in SENSES.values() if sense.holds(folio))


def _shortest(patterns: Mapping[frozenset[str], Example], yes: str, no: str) -> Example | None:
    fitting = [e for lit, e in patterns.items() if yes in lit and no not in lit]
    return min(fitting, key=lambda e: (len(e.steps), list(MEMORY).index(e.memory)), default=None)


def _scenario(memory: str) -> Scenario:
    names = [PARENT, *(f"{PARENT}/{n}" for n in range(2, len(STEPS) + 1))]
    return Scenario({"x": memory}, {n: [step] for n, step in zip(names, STEPS, strict=True)})


def _example(memory: str, release: str, schedule: Schedule, lit: frozenset[str]) -> Example:
    """Return the state after a schedule, with the first folio for which these senses hold."""
    world = World(_scenario(memory), Kernel(release))
    steps = tuple(world.go(actor).line for actor in schedule)
    folio = next(f for f in world.kernel.folios if not f.freed and _lit(f) == lit)
    return Example(memory, steps, folio.name)
