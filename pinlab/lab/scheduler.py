"""The scheduler: the reader says whose step is next, and sees the state graph and the map grow.

The states are the explorer's and the machine is the model's; a panel sends the presses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import ipywidgets

from pinlab.explore import NO, OPEN, YES, Graph, explore, litmus
from pinlab.explore.search import Schedule
from pinlab.explore.world import World
from pinlab.lab.exhibit import Exhibit
from pinlab.lab.map import draw as draw_map_of
from pinlab.lab.map_words import changes
from pinlab.lab.panel import ButtonPanel, Face, button, row
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.snapshot import Snapshot, snapshot
from pinlab.lab.states import TOLD, WIDTH, Asked, asked, draw, sentence
from pinlab.lab.svg import Piece, document, stacked
from pinlab.lab.text import listed
from pinlab.model.arguments import instance, one_of, several
from pinlab.model.kernel import Kernel

BETWEEN = 6
"""What is left free between two graphs."""

UNKNOWN = {**TOLD, OPEN: "you have seen no end yet"}
"""What the shapes say where all orders end alike, until an end was seen."""

SHOWN = "All states on each release:"
"""What the words below the exhibit are about."""


@dataclass(frozen=True)
class Way:
    """The steps so far in words, and the machine before the first and after each of them.

    ahead: for each actor its next step, and why it cannot be done now, "" if it can.
    """

    steps: tuple[str, ...]
    maps: tuple[Snapshot, ...]
    ahead: dict[str, tuple[str, str]]

    def map(self) -> Piece:
        """Return the map now, with what the last step has changed."""
        done = len(self.steps)
        words = f"After step {done}: {self.steps[-1]}" if done else "Before the first step"
        return draw_map_of(self.maps[-1], self.maps[-2] if done else None, words)


def walked(what: Asked, schedule: Schedule) -> Way:
    """Return what the actors of a schedule do to a machine."""
    world = World(what.scenario, Kernel(what.release))
    steps: list[str] = []
    maps = [snapshot(world.kernel)]
    for actor in schedule:
        told = len(world.kernel.trace)
        steps.append(str(world.go(actor)))
        maps.append(snapshot(world.kernel, world.kernel.trace[told:]))
    ahead = {actor: _ahead(world, actor) for actor in what.scenario.programs}
    return Way(tuple(steps), tuple(maps), ahead)


def _ahead(world: World, actor: str) -> tuple[str, str]:
    awaited = world.awaits(actor)
    if awaited == "":
        return f"{actor}: nothing", "has nothing left to do"
    waits = f"has to wait {awaited.removeprefix(actor).strip()}" if awaited else ""
    return str(world.next_step(actor)), waits


@dataclass
class Tried:
    """What was tried on one release: the order so far, and all steps that were ever done.

    tries: how many orders were begun, or gone on with after a step back; won: the first of them
    with a yes, 0 if there is none; over: whether one has come to its end.
    """

    what: Asked
    graph: Graph
    schedule: Schedule = ()
    seen: set[tuple[int, int]] = field(default_factory=set)
    tries: int = 0
    won: int = 0
    over: bool = False
    _another: bool = True

    @property
    def at(self) -> int:
        """The number of the state."""
        return self.graph.way(self.schedule)[-1]

    @property
    def answer(self) -> str:
        """Whether the answer is certain here."""
        return self.known().nodes[self.at].answer

    @property
    def alike(self) -> bool:
        """Whether all orders end alike."""
        return self.graph.nodes[0].answer != OPEN

    @property
    def unknown(self) -> bool:
        """Whether all orders end alike, and no end was seen yet."""
        return self.alike and not self.over

    def known(self) -> Graph:
        """Return the graph; what would tell that all orders end alike is open till an end."""
        if not self.unknown:
            return self.graph
        return Graph(tuple(n._replace(answer=OPEN) for n in self.graph.nodes), self.graph.edges)

    def way(self) -> Way:
        """Return the order so far."""
        return walked(self.what, self.schedule)

    def score(self) -> str:
        """Return how many tries there were, or which of them was the one."""
        if self.won:
            return f"done in try {self.won}"
        return f"{self.tries} {'try' if self.tries == 1 else 'tries'}"

    def go(self, actor: str) -> None:
        """Do an actor's next step."""
        self.tries += self._another
        self._another = False
        self.schedule = (*self.schedule, actor)
        self.seen |= set(pairwise(self.graph.way(self.schedule)))
        self.over = self.over or self.graph.nodes[self.at].end is not None
        if self.answer == YES and not self.won:
            self.won = self.tries

    def back(self, steps: int) -> None:
        """Take back the last steps: what is done then is another try."""
        self.schedule = self.schedule[: max(len(self.schedule) - steps, 0)]
        self._another = True


class Scheduler:
    """The tries on all releases, and what is shown of the one that is chosen."""

    def __init__(self, releases: dict[str, Tried], release: str, goal: str) -> None:
        self._releases, self._release, self._goal = releases, release, goal

    @property
    def _tried(self) -> Tried:
        return self._releases[self._release]

    def answer(self, press: str) -> Face:
        """Return what is shown after a press: `linux 5.9`, `go parent`, `back` or `again`."""
        verb, _, what = press.partition(" ")
        tried, refused = self._tried, ""
        if verb == "linux":
            self._release = what
        elif verb == "go":
            _, refused = tried.way().ahead[what]
            if refused:
                refused = f"The {what} {refused}."
            else:
                tried.go(what)
        elif verb:
            tried.back(1 if verb == "back" else len(tried.schedule))
        return self._face(refused)

    def _face(self, refused: str) -> Face:
        tried = self._tried
        way = tried.way()
        told = UNKNOWN if tried.unknown else TOLD
        graph = draw(tried.what, tried.known(), tried.schedule, tried.at, tried.seen, told)
        return Face(
            f"{self._task()}{self._buttons(way)}{_svg(graph, 'The states so far')}",
            refused or self._sentence(way),
            _svg(way.map(), "The machine now"),
        )

    def _task(self) -> str:
        task = f"Your task: find an order of the steps in which {self._goal}."
        scores = [f"Linux {name}: {one.score()}" for name, one in self._releases.items()]
        return f"<p><b>{escape(task)}</b><br>{escape(', '.join(scores))}.</p>"

    def _buttons(self, way: Way) -> str:
        releases = [
            button(f"linux {name}", name, aria_pressed=str(name == self._release).lower())
            for name in self._releases
        ]
        steps = [
            button(
                f"go {actor}", step, class_="slot", aria_disabled=str(bool(why)).lower(), title=why
            )
            for actor, (step, why) in way.ahead.items()
        ]
        moves = [button("back", "Back"), button("again", "Start again")]
        return row("Linux", *releases) + row("Next step:", *steps) + row(*moves)

    def _sentence(self, way: Way) -> str:
        """What the last step did, and whether it is certain what will be."""
        done, tried = len(way.steps), self._tried
        if not done:
            return f"Linux {self._release}, before the first step. Whose step is first?"
        told = [f"Step {done}, {way.steps[-1]}.", *changes(way.maps[-2], way.maps[-1])]
        never = f"No order leads there on Linux {self._release}."
        certain = {
            YES: f"It is certain now: {self._goal}.",
            NO: never if tried.alike else "From here no order leads there any more.",
            OPEN: "You have seen no end yet." if tried.unknown else "It is still open.",
        }
        told.append(certain[tried.answer])
        if tried.graph.nodes[tried.at].end is not None:
            told.append("No step is left.")
            if tried.alike:
                runs = explore(tried.what.scenario, self._release).runs
                told.append(f"All {runs} orders end like this.")
        if tried.answer == YES and (others := [r for r in self._releases if r != self._release]):
            told.append(f"What comes of it on {listed(others)}?")
        return " ".join(told)


def _svg(piece: Piece, label: str) -> str:
    return document(WIDTH, piece.height, piece.svg, label)


def walk_the_states(
    name: str, releases: Sequence[str] = (), release: str = "", goal: str = ""
) -> Exhibit:
    """Return buttons for the next step of each actor of a litmus test, its graph, and the map.

    It begins on `release`, by default the first with a yes. releases: by default those that the
    test speaks of. goal: what a yes means, in words; else it is the test's own question. What is
    stored shows the whole graph on each release. Raises ValueError for an unknown name or release,
    or one that is not among the releases.
    """
    spoken = [".".join(map(str, one.version)) for one in litmus.load(name).expected]
    each = [asked(name, one) for one in several("releases", releases, str) or spoken]
    tried = {what.release: Tried(what, what.graph()) for what in each}
    losing = [what.release for what in each if what.witness() is not None]
    first = (losing or [*tried])[0]
    begun = one_of("release", release, tried) if release != "" else first
    goal = instance("goal", goal, str) or str(each[0].exists)
    panel = ButtonPanel(Scheduler(tried, begun, goal).answer)
    return Exhibit(ipywidgets.VBox([panel]), _film([*tried.values()]), SHOWN)


def _film(tried: Sequence[Tried]) -> Drawing:
    """The whole graph of each release, with a shortest way to a yes."""
    found = [(one.what, one.graph, one.what.witness()) for one in tried]
    scene = stacked((draw(*one) for one in found), BETWEEN)
    about = "Graphs of states."
    return drawing(WIDTH, scene.height, [scene.svg], about, [sentence(*one) for one in found])
