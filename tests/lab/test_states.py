"""The state graph: every state and step is drawn, nothing overlaps, and the words say the same."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

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
def test_every_state_has_a_node_and_every_step_a_line(name: str, release: str) -> None:
    svg = root(name, release)
    found = explore(litmus.load(name).scenario, release)
    graph = asked(name, release).graph()
    assert len(middles(svg)) == len(graph.nodes) == found.states
    actors = len(litmus.load(name).scenario.programs)
    assert len(named(svg, "step")) == len(graph.edges) + actors


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_the_graph_has_as_many_ways_as_there_are_orders(name: str, release: str) -> None:
    graph = asked(name, release).graph()
    ways = dict.fromkeys(range(len(graph.nodes)), 0)
    ways[0] = 1
    for edge in sorted(graph.edges, key=lambda edge: edge.start):
        ways[edge.stop] += ways[edge.start]
    ends = [node.number for node in graph.nodes if node.end is not None]
    runs = explore(litmus.load(name).scenario, release).runs
    assert sum(ways[end] for end in ends) == runs


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_nodes_do_not_touch_and_nothing_is_cut_off(name: str, release: str) -> None:
    svg = root(name, release)
    for (x, y), (u, v) in combinations(middles(svg), 2):
        assert max(abs(x - u), abs(y - v)) > SIDE + 12
    height = float(svg.attrib["height"])
    for x, y in middles(svg):
        assert SIDE / 2 + 5 < x < WIDTH - SIDE
        assert SIDE < y < height - SIDE
    for one in svg.iter(f"{SVG}text"):
        if one.get("text-anchor") == "start":
            bold = one.get("font-weight") == "bold"
            wide = measured(str(one.text), int(one.attrib["font-size"]), bold=bold)
            assert float(one.attrib["x"]) + wide <= WIDTH


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_lines_go_one_column_to_the_right(name: str, release: str) -> None:
    for edge in asked(name, release).graph().edges:
        nodes = asked(name, release).graph().nodes
        assert nodes[edge.stop].depth == nodes[edge.start].depth + 1


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_an_answer_is_certain_if_all_ends_from_there_agree(name: str, release: str) -> None:
    what = asked(name, release)
    graph = what.graph()
    question = what.exists
    reach: dict[int, set[bool]] = {}
    for node in reversed(graph.nodes):
        after = [edge.stop for edge in graph.edges if edge.start == node.number]
        reach[node.number] = set().union(*(reach[n] for n in after))
        if node.end is not None:
            reach[node.number] = {question(node.end)}
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


def test_without_a_yes_no_way_is_drawn() -> None:
    assert named(root(EXITS, "6.5"), "way") == []
    assert "No way leads to a yes." in lab.draw_states(EXITS, "6.5").twin


def test_the_scene_of_the_lesson_meets_in_one_state_and_falls_in_another() -> None:
    drawing = lab.draw_states(SCENE, "6.4", LOST)
    assert drawing.table is not None
    assert "8 states, 8 steps between them, 2 ends, 1 with the answer yes" in drawing.twin
    to_5 = [cell for row in drawing.table.to_numpy() for cell in row if str(cell).endswith("to 5")]
    assert sorted(to_5) == ["device_write r D: to 5", "fork child: to 5"]
    assert drawing.table.loc[[2, 4], "answer"].tolist() == ["still open", "yes is certain"]


def test_an_actor_is_told_by_its_dashes() -> None:
    svg = root(EXITS, "5.9")
    dashes = [one.get("stroke-dasharray") for one in named(svg, "step")]
    assert set(dashes) == {None, "7 4", "1.5 3.5"}
    assert {one.get("stroke") for one in named(svg, "step")} == {EDGE}


def test_answers_differ_in_shape() -> None:
    svg = root(EXITS, "5.9")
    assert {one.tag for one in named(svg, "yes")} == {f"{SVG}rect"}
    assert {one.get("stroke-dasharray") for one in named(svg, "open")} == {"3 2"}
    assert {one.get("stroke-dasharray") for one in named(svg, "no")} == {None}


@pytest.mark.parametrize(("name", "release"), SMALL)
def test_the_table_has_a_row_for_each_state_and_all_its_steps(name: str, release: str) -> None:
    graph, table = asked(name, release).graph(), lab.draw_states(name, release).table
    assert table is not None
    assert table.index.tolist() == list(range(len(graph.nodes)))
    cells = {(n, str(cell)) for n, row in zip(table.index, table.to_numpy(), strict=True)
             for cell in row}  # fmt: skip
    assert {(edge.start, f"{edge.step}: to {edge.stop}") for edge in graph.edges} <= cells


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
    assert drawing.table["left at the end"].tolist() == [told]


def test_a_byte_that_nobody_watches_can_be_asked_for_and_one_that_is_not_there_cannot() -> None:
    assert "2 ends, 2 with the answer yes" in lab.draw_states(SCENE, "6.4", "parent:x+8 = P").twin
    with pytest.raises(ValueError, match="there is no process 'parnet', only parent, child"):
        lab.draw_states(SCENE, "6.4", "parnet:x = P")


def test_what_cannot_be_drawn_is_named() -> None:
    reads = tuple(f"read x v{n}" for n in range(8))
    large = Scenario({"x": "A"}, {"parent": ("fork child", *reads), "child": ("read x c",) * 1 +
                                  tuple(f"read x c{n}" for n in range(6))})  # fmt: skip
    with pytest.raises(RuntimeError, match="more than 40 states"):
        lab.draw_states(large, "6.5", LOST)
    with pytest.raises(ValueError, match="scenario is 'no-such-test'"):
        lab.draw_states("no-such-test", "6.5")
    with pytest.raises(ValueError, match="exists is empty"):
        lab.draw_states(SCENE, "6.5")
    with pytest.raises(TypeError, match="scenario is 3"):
        lab.draw_states(3, "6.5")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"release is '5\.5'"):
        lab.draw_states(EXITS, "5.5")
