"""The state graph: every state and step is drawn, nothing overlaps, and the words say the same."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from typing import Any

import pytest

from pinlab import lab
from pinlab.explore import Scenario, explore, litmus
from pinlab.lab.palette import EDGE, OVERFLOW
from pinlab.lab.states import SIDE, WIDTH, asked
from pinlab.lab.svg import measured

SVG = "{http://www.w3.org/2000/svg}"
SCENE = Scenario(
    memory={"x": "A"},
    programs={
        "parent": ("submit_dio_read r x", "fork child", "write x+8 P"),
        "device": ("device_write r D",),
    },
)
LOST = "parent:x = A"
EXITS = "dio-read+fork+child-exits"
SMALL = [
    (name, release)
    for name in litmus.names()
    for release in ("5.7", "5.9", "6.5")
    if explore(litmus.load(name).scenario, release).states <= 40
]


def root(name: str, release: str) -> ET.Element:
    return ET.fromstring(lab.draw_states(name, release).svg)


def named(svg: ET.Element, kind: str) -> list[ET.Element]:
    return [one for one in svg.iter() if one.get("class") == kind]


def middles(svg: ET.Element) -> list[tuple[float, float]]:
    """Where the nodes of the graph are; those of the legend are the last of their kind."""
    found = []
    for kind in ("open", "no", "yes"):
        for one in named(svg, kind)[:-1]:
            half = SIDE / 2 if kind == "yes" else 0
            x, y = (one.get("cx") or one.get("x"), one.get("cy") or one.get("y"))
            found.append((float(str(x)) + half, float(str(y)) + half))
    return found


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_every_state_is_drawn_once_with_its_steps_and_nothing_touches(
    name: str, release: str
) -> None:
    test, graph = litmus.load(name), asked(name, release).graph()
    drawing = lab.draw_states(name, release)
    svg, table = ET.fromstring(drawing.svg), drawing.table
    assert len(middles(svg)) == len(graph.nodes) == explore(test.scenario, release).states
    assert len(named(svg, "step")) == len(graph.edges) + len(test.scenario.programs)
    height = float(svg.attrib["height"])
    for (x, y), (u, v) in combinations(middles(svg), 2):
        assert max(abs(x - u), abs(y - v)) > SIDE + 12
    for x, y in middles(svg):
        assert SIDE / 2 + 5 < x < WIDTH - SIDE
        assert SIDE < y < height - SIDE
    for one in svg.iter(f"{SVG}text"):
        if one.get("text-anchor") == "start":
            bold = one.get("font-weight") == "bold"
            wide = measured(str(one.text), int(one.attrib["font-size"]), bold=bold)
            assert float(one.attrib["x"]) + wide <= WIDTH
    assert table is not None
    assert list(table.index) == list(range(len(graph.nodes)))
    cells = {(n, str(cell)) for n, row in table.rows().items() for cell in row}
    assert {(edge.start, f"{edge.step}: to {edge.end}") for edge in graph.edges} <= cells


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_the_graph_has_all_orders_and_an_answer_is_certain_if_all_ends_agree(
    name: str, release: str
) -> None:
    what = asked(name, release)
    graph = what.graph()
    ways = dict.fromkeys(range(len(graph.nodes)), 0) | {0: 1}
    for edge in sorted(graph.edges, key=lambda edge: edge.start):
        assert graph.nodes[edge.end].depth == graph.nodes[edge.start].depth + 1
        ways[edge.end] += ways[edge.start]
    runs = explore(what.scenario, release).runs
    assert sum(ways[node.number] for node in graph.nodes if node.end is not None) == runs
    reach: dict[int, set[bool]] = {}
    for node in reversed(graph.nodes):
        after = [edge.end for edge in graph.edges if edge.start == node.number]
        reach[node.number] = set().union(*(reach[n] for n in after))
        if node.end is not None:
            reach[node.number] = {what.exists(node.end)}
        told = {(True,): "yes", (False,): "no", (False, True): "open"}
        assert node.answer == told[tuple(sorted(reach[node.number]))]


def test_the_way_to_a_yes_is_thick_and_coloured() -> None:
    svg = root(EXITS, "5.9")
    ways = named(svg, "way")
    assert {one.get("stroke") for one in ways} == {OVERFLOW}
    assert {float(one.attrib["stroke-width"]) for one in ways} == {8}
    assert len(ways) == 7
    lines = [re.findall(r"[\d.]+", one.attrib["d"]) for one in ways]
    assert all(one[3] == other[1] for one, other in pairwise(lines))
    assert named(root(EXITS, "6.5"), "way") == []
    assert "No way leads to a yes." in lab.draw_states(EXITS, "6.5").twin


def test_the_scene_of_the_lesson_meets_in_one_state_and_falls_in_another() -> None:
    drawing = lab.draw_states(SCENE, "6.4", LOST)
    assert drawing.table is not None
    assert "8 states, 8 steps between them, 2 ends, 1 with the answer yes" in drawing.twin
    rows = drawing.table.rows()
    to_5 = [cell for row in rows.values() for cell in row if str(cell).endswith("to 5")]
    assert sorted(to_5) == ["device_write r D: to 5", "fork child: to 5"]
    assert (rows[2][1], rows[4][1]) == ("still open", "yes is certain")


def test_actors_differ_in_dashes_and_answers_in_shape() -> None:
    svg = root(EXITS, "5.9")
    dashes = [one.get("stroke-dasharray") for one in named(svg, "step")]
    assert set(dashes) == {None, "7 4", "1.5 3.5"}
    assert {one.get("stroke") for one in named(svg, "step")} == {EDGE}
    assert {one.tag for one in named(svg, "yes")} == {f"{SVG}rect"}
    assert {one.get("stroke-dasharray") for one in named(svg, "open")} == {"3 2"}
    assert {one.get("stroke-dasharray") for one in named(svg, "no")} == {None}


def test_the_drawing_says_itself_what_it_shows() -> None:
    drawing = lab.draw_states(SCENE, "6.4", LOST)
    svg = ET.fromstring(drawing.svg)
    assert str(svg.get("aria-label")).split() == drawing.twin.split()
    assert drawing.twin in drawing.alt
    assert lab.draw_states(SCENE, "6.4", LOST).svg == drawing.svg


def test_who_waits_at_an_end_is_in_the_table_and_that_somebody_does_in_the_picture() -> None:
    stuck = Scenario({"x": "A"}, {"parent": ("await s", "write x P")} | {"device": ("await t",)}
                     | {"other": ("await s", "signal t", "signal s")})  # fmt: skip
    drawing = lab.draw_states(stuck, "6.5", "parent:x = P")
    assert "waiting" in drawing.svg
    assert "for s; device" not in drawing.svg
    assert drawing.table is not None
    told = "parent:x = A, still waiting = parent for s; device for t; other for s"
    assert drawing.table["left at the end"] == [told]


def test_a_byte_that_nobody_watches_can_be_asked_for_and_one_that_is_not_there_cannot() -> None:
    assert "2 ends, 2 with the answer yes" in lab.draw_states(SCENE, "6.4", "parent:x+8 = P").twin
    with pytest.raises(ValueError, match="there is no process 'parnet', only parent, child"):
        lab.draw_states(SCENE, "6.4", "parnet:x = P")


LARGE = Scenario(
    {"x": "A"},
    {
        "parent": ("fork child", *(f"read x v{n}" for n in range(8))),
        "child": ("read x c", *(f"read x c{n}" for n in range(6))),
    },
)


@pytest.mark.parametrize(
    ("make", "arguments", "error", "words"),
    [
        (lab.draw_states, (LARGE, "6.5", LOST), RuntimeError, "more than 40 states"),
        (lab.draw_states, ("no-such-test", "6.5"), ValueError, "scenario is 'no-such-test'"),
        (lab.draw_states, (SCENE, "6.5"), ValueError, "exists is empty"),
        (lab.draw_states, (3, "6.5"), TypeError, "scenario is 3"),
        (lab.draw_states, (EXITS, "5.5"), ValueError, r"release is '5\.5'"),
    ],
)
def test_bad_arguments_are_named(
    make: Any, arguments: tuple[Any, ...], error: type[Exception], words: str  # noqa: ANN401
) -> None:  # fmt: skip
    with pytest.raises(error, match=words):
        make(*arguments)
