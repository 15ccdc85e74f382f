"""A way through a state graph: after each step, where one is in the graph, and the map there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pinlab.explore import litmus
from pinlab.explore.search import Schedule
from pinlab.explore.world import World
from pinlab.lab.figures.map import Scene
from pinlab.lab.figures.map import draw as draw_scene
from pinlab.lab.figures.map_words import changes, in_words
from pinlab.lab.figures.stacks import group
from pinlab.lab.figures.states import TOLD, WIDTH, Asked, asked, draw, sentence
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import Snapshot, snapshot
from pinlab.lab.state_graph import YES, StateGraph
from pinlab.lab.svg import document
from pinlab.model.arguments import several
from pinlab.model.kernel import Kernel

BETWEEN = 6
"""What is left free between a graph and a map."""


@dataclass(frozen=True)
class Way:
    """A scenario on a release, an order of its steps, and the machine after each of them."""

    what: Asked
    graph: StateGraph
    schedule: Schedule
    steps: tuple[str, ...]
    maps: tuple[Snapshot, ...]

    @property
    def last(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    def sentence(self, step: int) -> str:
        """Return what a step did, whether the answer is certain after it, and what changed."""
        moved = changes(self.maps[step - 1], self.maps[step]) if step else ()
        return " ".join([self._where(step), *moved])

    def _where(self, step: int) -> str:
        node = self.graph.nodes[self.graph.way(self.schedule)[step]]
        did = f"step {step} of {self.last}, {self.steps[step - 1]}" if step else "before step 1"
        return f"Linux {self.what.release}, {did}. State {node.number}: {TOLD[node.answer]}."

    def scenes(self, step: int) -> list[Scene]:
        """Return the graph with a ring around the state, and the map of that state."""
        number = self.graph.way(self.schedule)[step]
        before = self.maps[step - 1] if step else None
        words = f"After step {step}: {self.steps[step - 1]}" if step else "Before the first step"
        graph = draw(self.what, self.graph, self.schedule, number)
        return [graph, draw_scene(self.maps[step], before, words)]

    def words(self, step: int) -> list[str]:
        """Return the graph, a step and the map after it in words."""
        state = self.maps[step]
        told = [self._where(step), *in_words(state, group(state))]
        return [sentence(self.what, self.graph, self.what.witness()), " ".join(told)]

    def turn(self) -> int:
        """Return after how many steps yes is certain, or how many there are."""
        numbers = self.graph.way(self.schedule)
        certain = (n for n, at in enumerate(numbers) if self.graph.nodes[at].answer == YES)
        return next(certain, self.last)


def ways(name: str, releases: Sequence[str] = ()) -> dict[str, Way]:
    """Return one order of a litmus test's steps on some releases, by default those it speaks of.

    It is a shortest order to a yes on the first of them that has one, kept as far as it goes.
    Raises ValueError for an unknown name or release.
    """
    spoken = [".".join(map(str, one.version)) for one in litmus.load(name).expected]
    known = several("releases", releases, str) or spoken
    each = [asked(name, release) for release in known]
    wished = next((found for what in each if (found := what.witness()) is not None), ())
    return {what.release: _way(what, wished) for what in each}


def _way(what: Asked, wished: Schedule) -> Way:
    world = World(what.scenario, Kernel(what.release))
    schedule: list[str] = []
    steps: list[str] = []
    maps = [snapshot(world.kernel)]
    for actor in _kept(world, wished):
        told = len(world.kernel.trace)
        steps.append(str(world.go(actor)))
        schedule.append(actor)
        maps.append(snapshot(world.kernel, world.kernel.trace[told:]))
    return Way(what, what.graph(), tuple(schedule), tuple(steps), tuple(maps))


def _kept(world: World, wished: Schedule) -> Iterator[str]:
    """The actors of a schedule, without those who have to wait, and what is left after it."""
    for actor in wished:
        if actor in world.ready():
            yield actor
    while ready := world.ready():
        yield ready[0]


def picture(way: Way, step: int) -> str:
    """Return the graph with the map below it, as SVG."""
    return _below(way.scenes(step), way.sentence(step))


def way_filmstrip(ways: Mapping[str, Way]) -> Drawing:
    """Draw the same step on each release: that after which a yes is certain on one of them."""
    step = min(way.turn() for way in ways.values())
    scenes = [scene for way in ways.values() for scene in way.scenes(step)]
    twin = "\n".join(line for way in ways.values() for line in way.words(step))
    return Drawing(_below(scenes, twin), f"Graphs of states, each with a map. {twin}", twin)


def _below(scenes: Sequence[Scene], label: str) -> str:
    """Return scenes one below the other."""
    *tops, height = accumulate((scene.height + BETWEEN for scene in scenes), initial=0)
    drawn = (
        f'<g transform="translate(0 {top:g})">{scene.svg}</g>'
        for top, scene in zip(tops, scenes, strict=True)
    )
    return document(WIDTH, height, "".join(drawn), label)
