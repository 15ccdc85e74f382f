"""The state graph: every state of a scenario, each step between two of them, and one way through.

Columns by the number of steps done. A node says whether the answer to the question is certain
there, by its shape as well as by its colour; an edge says whose step it is, by its dashes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pinlab.explore import NO, OPEN, YES, Edge, Graph, Node, Question, Scenario, explore, litmus
from pinlab.explore.question import REMARKS, spelled
from pinlab.explore.search import Schedule
from pinlab.lab.layers import ordered, placed
from pinlab.lab.palette import EDGE, OVERFLOW
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import Piece, fitted, measured, text
from pinlab.lab.text import many
from pinlab.model.arguments import instance, one_of, shown
from pinlab.model.rules import parse_release
from pinlab.table import Table

WIDTH, MARGIN, TOP, FOOT = 760, 20, 74, 66
SIDE = 24
"""The side of a node, or its diameter."""

MOST_STATES = 40
"""How many states a picture has room for."""

APART = 30
"""The least distance of two nodes of a column."""

ROOM = 128
"""What is left at the right for the words at an end."""

LETTERS = 11
DASHES = ("", "7 4", "1.5 3.5")
"""How the lines of the first, second and third actor are dashed."""

TOLD = {YES: "yes is certain", NO: "no is certain", OPEN: "still open"}


@dataclass(frozen=True)
class Asked:
    """A scenario with a question, on one release; `name` is what it is called."""

    name: str
    scenario: Scenario
    exists: Question
    release: str

    def graph(self) -> Graph:
        """Return its states."""
        found = explore(self.scenario, self.release, most_states=MOST_STATES)
        return found.require_complete().graph.asked(self.exists)

    def witness(self) -> Schedule | None:
        """Return a shortest schedule to a yes, None if there is none."""
        return explore(self.scenario, self.release).require_complete().witness(self.exists)


def asked(scenario: Scenario | str, release: str, exists: str = "") -> Asked:
    """Return a scenario with its question, or a litmus test by its name with its own question."""
    instance("exists", exists, str)
    parse_release(release)
    if isinstance(scenario, str):
        test = litmus.load(one_of("scenario", scenario, litmus.names()))
        asks = _question(exists) if exists else test.exists
        return Asked(test.name, test.scenario, asks, release)
    if not isinstance(scenario, Scenario):
        raise TypeError(f"scenario is {shown(scenario)}: it has to be a Scenario or a test's name")
    if not exists:
        raise ValueError("exists is empty: a scenario needs a question, such as 'parent:x = A'")
    return Asked("Scenario", scenario, _question(exists), release)


def _question(exists: str) -> Question:
    try:
        return Question(exists)
    except ValueError as error:
        raise ValueError(f"exists: {error}") from None


def draw_states(scenario: Scenario | str, release: str, exists: str = "") -> Drawing:
    """Draw every state of a scenario and every step, with a shortest way to a yes in colour.

    scenario: a Scenario, with its question in `exists`, or the name of a litmus test.
    Raises RuntimeError for more than 40 states, ValueError for an unknown name or no question.
    """
    what = asked(scenario, release, exists)
    graph, way = what.graph(), what.witness()
    twin = sentence(what, graph, way)
    scene = draw(what, graph, way)
    about, table = "A graph of states.", states_table(graph)
    return drawing(WIDTH, scene.height, [scene.svg], about, [twin], table)


def sentence(what: Asked, graph: Graph, way: Schedule | None) -> str:
    """Return what the graph shows in words."""
    count = {answer: sum(n.answer == answer for n in graph.nodes) for answer in TOLD}
    ends = [node for node in graph.nodes if node.end is not None]
    yes = sum(node.answer == YES for node in ends)
    told = (
        f"{what.name} on Linux {what.release}, exists {what.exists}: {len(graph.nodes)} states, "
        f"{len(graph.edges)} steps between them, {many(len(ends), 'end')}, "
        f"{yes} with the answer yes. In {many(count[OPEN], 'state')} it is still open."
    )
    if way is None:
        return f"{told} No way leads to a yes."
    states = graph.way(way)
    return f"{told} A shortest way to a yes: {', '.join(map(str, states))}."


def states_table(graph: Graph) -> Table:
    """Return the graph as a table: a row for each state, with where each actor's step leads."""
    rows: dict[int, dict[str, object]] = {
        node.number: {"steps done": node.depth, "answer": TOLD[node.answer]} for node in graph.nodes
    }
    for edge in graph.edges:
        rows[edge.start][edge.actor] = f"{edge.step}: to {edge.end}"
    for node in graph.nodes:
        if node.end is not None:
            rows[node.number]["left at the end"] = ", ".join(left(node))
    actors = sorted({edge.actor for edge in graph.edges})
    columns = ["steps done", "answer", *actors, "left at the end"]
    cells = {head: [row.get(head, "") for row in rows.values()] for head in columns}
    return Table(cells, [*rows], "state")


def left(node: Node) -> list[str]:
    """Return what is left at an end, a line for each."""
    return [f"{name} = {spelled(letter)}" for name, letter in sorted((node.end or {}).items())]


def draw(
    what: Asked, graph: Graph, way: Schedule | None,
    at: int | None = None, seen: Collection[tuple[int, int]] | None = None,
    told: Mapping[str, str] = TOLD,
) -> Piece:  # fmt: skip
    """Return the graph from the origin on; `way` is drawn thick, the state `at` has a ring.

    Of a graph that is `seen` in part, its start and these edges are drawn where they always stand.
    `told` is what each shape says.
    """
    places, wide, high = _placed(graph)
    height = TOP + high + FOOT
    through = [] if way is None else graph.way(way)
    on_way = set(pairwise(through))
    ground = OVERFLOW if through and graph.nodes[through[-1]].answer == YES else EDGE
    actors = list(what.scenario.programs)
    who = {actor: n for n, actor in enumerate(actors)}
    edges = [e for e in graph.edges if seen is None or (e.start, e.end) in seen]
    met = {0, *(e.end for e in edges)}
    nodes = [node for node in graph.nodes if node.number in met]
    chips = [(e, words) for e, words in _words(graph.edges, wide) if e in edges]
    drawn = [
        text(MARGIN, 18, f"{what.name} on Linux {what.release}", size=13, weight="bold"),
        text(MARGIN, 36, f"exists {what.exists}", size=13),
        *_heads(places),
        *(_ground(e, places, ground) for e in edges if (e.start, e.end) in on_way),
        *(_line(_path(e, places), who[e.actor]) for e in edges),
        *(_chip(e, places, words) for e, words in chips),
        *(_node(node, places, ring=node.number == at) for node in nodes),
        *(_end(node, places) for node in nodes if node.end is not None),
        *_legend(actors, height - FOOT + 22, told),
    ]
    return Piece("".join(drawn), height)


Places = Mapping[int, tuple[float, float]]


def _placed(graph: Graph) -> tuple[Places, float, float]:
    """The middle of each node, the distance of two columns, and the height of the longest."""
    last = max(node.depth for node in graph.nodes)
    columns: list[list[int]] = [[] for _ in range(last + 1)]
    for node in graph.nodes:  # all ends stand in the last column
        columns[node.depth if node.end is None else last].append(node.number)
    most = max(map(len, columns))
    high = most * SIDE + (most - 1) * APART
    wide = (WIDTH - 2 * MARGIN - SIDE - ROOM) / max(1, last)
    joined = [(edge.start, edge.end) for edge in graph.edges]
    columns = ordered(columns, joined)
    sizes = {node.number: float(SIDE) for node in graph.nodes}
    down = placed(columns, joined, sizes, APART, high)
    places = {
        number: (MARGIN + SIDE / 2 + n * wide, TOP + down[number])
        for n, column in enumerate(columns)
        for number in column
    }
    return places, wide, high


def _heads(places: Places) -> list[str]:
    """The number of steps above each column."""
    xs = sorted({x for x, _ in places.values()})
    heads = [text(x, TOP - 16, str(n), size=LETTERS, anchor="middle") for n, x in enumerate(xs)]
    return [*heads, text(xs[-1] + SIDE, TOP - 16, "steps done", size=LETTERS)]


def _words(edges: Sequence[Edge], column: float) -> list[tuple[Edge, str]]:
    """What each edge says: its step, if there is room for all, else the letter of its actor."""
    verbs = [edge.step.partition(" ")[0] for edge in edges]
    if max((measured(verb, LETTERS) for verb in verbs), default=0) < column - SIDE - 12:
        return list(zip(edges, verbs, strict=True))
    return [(edge, _letter(edge.actor)) for edge in edges]


def _letter(actor: str) -> str:
    """The first letter of an actor, with the number of a thread: p2 for parent/2."""
    name, _, thread = actor.partition("/")
    return f"{name[:1]}{thread}"


def _path(edge: Edge, places: Places) -> str:
    """From the right side of one node to the left side of the next."""
    (x0, y0), (x1, y1) = places[edge.start], places[edge.end]
    return f"M{x0 + SIDE / 2:.1f} {y0:.1f}L{x1 - SIDE / 2:.1f} {y1:.1f}"


def _ground(edge: Edge, places: Places, colour: str) -> str:
    """What lies under a step of the way that is shown: thick, and grey if it leads to no yes."""
    opacity = 0.5 if colour == OVERFLOW else 0.2
    return (
        f'<path class="way" d="{_path(edge, places)}" stroke="{colour}" stroke-width="8" '
        f'stroke-opacity="{opacity}" fill="none"/>'
    )


def _chip(edge: Edge, places: Places, words: str) -> str:
    """What an edge says, a little before its middle: where edges cross, words would, too."""
    (x0, y0), (x1, y1) = places[edge.start], places[edge.end]
    x, y = round(x0 + (x1 - x0) * 0.45, 1), round(y0 + (y1 - y0) * 0.45, 1)
    wide = measured(words, LETTERS) + 4
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.1f}" height="15" '
        'fill="white" fill-opacity="0.9"/>' + text(x, y + 4, words, size=LETTERS, anchor="middle")
    )


def _node(node: Node, places: Places, *, ring: bool) -> str:
    """A state with its number, and a ring around the one that is looked at."""
    x, y = places[node.number]
    around = (
        f'<circle class="here" cx="{x:.1f}" cy="{y:.1f}" r="{SIDE / 2 + 5:g}" fill="none" '
        f'stroke="{EDGE}" stroke-width="3"/>'
    ) * ring
    ink = "white" if node.answer == YES else EDGE
    number = text(
        round(x, 1), round(y + 4, 1), str(node.number), size=LETTERS, fill=ink, anchor="middle"
    )
    return around + _shape(node.answer, x, y) + number


def _shape(answer: str, x: float, y: float) -> str:
    """A filled square where yes is certain, a circle where no is, a broken one while open."""
    half = SIDE / 2
    if answer == YES:
        return (
            f'<rect class="yes" x="{x - half:.1f}" y="{y - half:.1f}" width="{SIDE}" '
            f'height="{SIDE}" fill="{OVERFLOW}" stroke="{EDGE}"/>'
        )
    dashes = ' stroke-dasharray="3 2"' if answer == OPEN else ""
    return (
        f'<circle class="{answer}" cx="{x:.1f}" cy="{y:.1f}" r="{half:g}" fill="white" '
        f'stroke="{EDGE}" stroke-width="1.4"{dashes}/>'
    )


def _end(node: Node, places: Places) -> str:
    x, y = places[node.number]
    # Who waits for what takes more room than there is; the table has it.
    short = [next((n for n in REMARKS if told.startswith(n)), told) for told in left(node)]
    lines = fitted(", ".join(line.replace(" ", "\u00a0") for line in short), ROOM, LETTERS)
    top = y + 4 - (len(lines) - 1) * 6.5
    return "".join(
        text(round(x + SIDE / 2 + 8, 1), round(top + 13 * n, 1), line, size=LETTERS)
        for n, line in enumerate(lines)
    )


def _legend(actors: Sequence[str], y: float, told: Mapping[str, str]) -> list[str]:
    """Below: whose dashes are whose, and what the shapes say."""
    drawn, x = [], float(MARGIN)
    for n, actor in enumerate(actors):
        words = f"{_letter(actor)}: a step of {actor}"
        drawn += [_line(f"M{x:.1f} {y - 4:.1f}h34", n), text(x + 40, y, words, size=LETTERS)]
        x = round(x + 58 + measured(words, LETTERS), 1)
    x, y = float(MARGIN), y + 26
    for answer in (OPEN, NO, YES):
        drawn += [_shape(answer, x + 12, y - 4), text(x + 30, y, told[answer], size=LETTERS)]
        x = round(x + 48 + measured(told[answer], LETTERS), 1)
    return drawn


def _line(path: str, actor: int) -> str:
    """A line with the dashes of the first, second or third actor."""
    dashes = DASHES[actor % len(DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="step" d="{path}" stroke="{EDGE}" stroke-width="1.4"{dashed} fill="none"/>'
