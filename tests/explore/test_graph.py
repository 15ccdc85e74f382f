"""The graph of an exploration."""

import pytest

from pinlab import Kernel
from pinlab.explore import Edge, Question, Scenario, explore
from pinlab.explore.world import World
from tests.explore.brute import ends

RACE = Scenario(
    {"x": "A"},
    {
        "parent": ["submit_dio_read r x", "fork child split", "write x+8 P"],
        "device": ["device_write r D", "complete r"],
    },
)


def test_the_graph_is_there_only_when_asked_for() -> None:
    assert explore(RACE, "6.5").graph is None


def test_a_race_of_two_steps_by_hand() -> None:
    race = Scenario({"x": "A"}, {"parent": ["fork child", "write x P"], "child": ["read x v"]})
    graph = explore(race, "6.5", graph=True).graph
    assert graph is not None
    assert graph.edges == [
        Edge(0, 1, "parent", "fork child"),
        Edge(1, 2, "parent", "write x P"),
        Edge(1, 4, "child", "read x v"),
        Edge(2, 3, "child", "read x v"),
        Edge(4, 3, "parent", "write x P"),
    ]
    assert [graph.depth(state) for state in range(5)] == [0, 1, 2, 3, 2]
    assert list(graph.ends) == [3]


def test_every_state_is_where_its_schedule_and_its_edges_lead() -> None:
    found = explore(RACE, "6.5", graph=True)
    graph = found.graph
    assert graph is not None
    assert len(graph.schedules) == found.states == len(set(graph.schedules))
    for start, end, actor, step in graph.edges:
        assert graph.depth(end) == graph.depth(start) + 1
        world = World(RACE, Kernel("6.5"))
        for before in graph.schedules[start]:
            world.go(before)
        assert world.go(actor).line == step
        assert len(world.ready()) == sum(edge.start == end for edge in graph.edges)
    assert {edge.end for edge in graph.edges} == set(range(1, found.states))


def test_the_ends_are_those_of_all_orders_and_the_question_chooses_among_them() -> None:
    graph = explore(RACE, "6.5", graph=True).graph
    assert graph is not None
    expected = {tuple(sorted(left.items())) for _, left in ends(RACE, "6.5")}
    assert {tuple(sorted(left.items())) for left in graph.ends.values()} == expected
    chosen = graph.satisfying("child:x = D")
    assert 0 < len(chosen) < len(graph.ends)
    assert all(graph.ends[state]["child:x"] == "D" for state in chosen)
    assert chosen == graph.satisfying(Question("child:x = D"))
    assert graph.satisfying("parent:x+8 = P")  # which nobody watches
    with pytest.raises(ValueError, match="there is no process 'kid'"):
        graph.satisfying("kid:x = D")
