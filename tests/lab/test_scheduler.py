"""The scheduler: what is pressed is done, only what was done is drawn, and tries are counted."""

import re
import xml.etree.ElementTree as ET
from html import unescape
from typing import Any

import pytest

from pinlab import lab
from pinlab.explore import litmus
from pinlab.lab.panel import ButtonPanel
from pinlab.lab.scheduler import SHOWN
from pinlab.lab.states import asked
from tests.lab.test_states import EXITS, SMALL, SVG, middles, named

GOAL = "the disk's bytes are lost"
LOSES = ("parent", "parent", "child", "parent", "parent")
KEEPS = ("parent", "device")


class Played:
    """The scheduler as a reader meets it: its buttons, its score, its graph, and what it says."""

    def __init__(self, *presses: str, name: str = EXITS, **arguments: Any) -> None:  # noqa: ANN401
        self.exhibit = lab.walk_the_states(name, **arguments)
        (self.panel,) = self.exhibit.widget.children
        assert isinstance(self.panel, ButtonPanel)
        self.press(*presses)

    def press(self, *presses: str) -> "Played":
        """Press each of these: actors, or other buttons."""
        for press in presses:
            assert f"data-press={press!r}".replace("'", '"') in self.panel.above
            self.panel.press(press)
        return self

    def go(self, *actors: str) -> "Played":
        """Press for steps of actors."""
        return self.press(*(f"go {actor}" for actor in actors))

    @property
    def said(self) -> str:
        return str(self.panel.said)

    @property
    def above(self) -> str:
        """What stands above the graph, without markup."""
        return unescape(re.sub("<[^>]+>", " ", self.panel.above.partition("<svg")[0]))

    @property
    def graph(self) -> ET.Element:
        return ET.fromstring("<svg" + self.panel.above.partition("<svg")[2])

    def drawn(self) -> tuple[int, int]:
        """How many states and steps of the graph are drawn; the legend has three lines."""
        return len(middles(self.graph)), len(named(self.graph, "step")) - 3

    def off(self) -> list[str]:
        """The buttons that say that they do nothing."""
        return re.findall(r'data-press="([^"]*)"[^>]* aria-disabled="true"', self.panel.above)


def test_it_opens_where_something_can_be_lost_with_nothing_done() -> None:
    played = Played(goal=GOAL)
    assert 'data-press="linux 5.9" aria-pressed="true"' in played.panel.above
    assert f"find an order of the steps in which {GOAL}." in played.above
    assert "Linux 5.6: 0 tries, Linux 5.9: 0 tries, Linux 6.5: 0 tries." in played.above
    assert played.drawn() == (1, 0)
    assert played.off() == ["go child", "go device"]
    assert "parent: submit_dio_read r x" in played.above
    assert "exists parent:x = A" in ET.tostring(played.graph, encoding="unicode")
    assert "in which parent:x = A" in Played().above


def test_a_press_does_the_step_draws_one_edge_and_moves_the_map() -> None:
    played = Played()
    before = played.panel.below
    played.go("parent")
    assert played.said.startswith("Step 1, parent: submit_dio_read r x. Frame 2: refcount 1 to 2.")
    assert played.said.endswith("It is still open.")
    assert played.drawn() == (2, 1)
    assert played.panel.below != before
    assert ET.fromstring(played.panel.below).tag == f"{SVG}svg"
    assert played.off() == ["go child"]


def test_what_is_drawn_stands_where_the_whole_graph_has_it() -> None:
    whole = middles(ET.fromstring(lab.draw_states(EXITS, "5.9").svg))
    assert set(middles(Played().go(*LOSES).graph)) < set(whole)


def test_it_says_when_it_is_lost_and_in_which_try() -> None:
    played = Played(goal=GOAL).go(*KEEPS)
    assert played.said.endswith("From here no order leads there any more.")
    played.press("again").go(*LOSES[:-1])
    assert played.said.endswith("It is still open.")
    played.go(LOSES[-1])
    assert f"It is certain now: {GOAL}. What comes of it on 5.6 and 6.5?" in played.said
    assert "Linux 5.9: done in try 2" in played.above
    assert played.drawn() == (7, 6)
    assert len(named(played.graph, "way")) == len(LOSES)


def test_a_step_back_is_another_try_and_what_was_seen_stays() -> None:
    played = Played().go(*KEEPS).press("back")
    assert (played.drawn(), played.said[:6]) == ((3, 2), "Step 1")
    assert "5.9: 1 try," in played.above
    played.go("parent")
    assert "5.9: 2 tries," in played.above
    assert played.drawn() == (4, 3)
    played.press("again", "back")
    assert "before the first step" in played.said
    assert played.drawn() == (4, 3)


def test_who_waits_stays_where_they_are_and_is_told_why() -> None:
    played = Played().press("go child")
    assert played.said == "The child has to wait to be forked."
    assert played.drawn() == (1, 0)
    played.press("go device")
    assert played.said == "The device has to wait for r."
    for press in ("parent", "parent", "child", "child"):
        played.go(press)
    assert played.said == "The child has nothing left to do."
    assert "0 tries, Linux 5.9: 1 try" in played.above


def test_on_a_release_that_loses_nothing_that_is_told_at_the_end_and_not_before() -> None:
    played = Played().press("linux 6.5").go(*LOSES, "device")
    assert played.said.endswith("You have seen no end yet.")
    assert "you have seen no end yet" in ET.tostring(played.graph, encoding="unicode")
    assert len(named(played.graph, "no")) == 1  # the legend's
    played.go("device")
    assert "No order leads there on Linux 6.5. No step is left." in played.said
    assert played.said.endswith("All 15 orders end like this.")
    assert len(named(played.graph, "open")) == 1
    assert "still open" in ET.tostring(played.graph, encoding="unicode")
    assert "No order leads there on Linux 6.5." in played.press("again").go("parent").said
    assert played.press("linux 5.9").drawn() == (1, 0)
    assert played.press("linux 6.5").drawn() == (8, 7)


@pytest.mark.parametrize("name", [name for name, release in SMALL if release == "6.5"])
def test_every_test_can_be_walked_to_an_end(name: str) -> None:
    played = Played(name=name, releases=("6.5",))
    actors = litmus.load(name).scenario.programs
    while left := [f"go {actor}" for actor in actors if f"go {actor}" not in played.off()]:
        played.press(left[-1])
    assert "No step is left." in played.said


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"name": "no-such-test"}, ValueError, "name of a test is 'no-such-test'"),
        ({"releases": ["5.5"]}, ValueError, r"release is '5\.5'"),
        ({"releases": "6.5"}, TypeError, r"releases is '6\.5': it has to be"),
        ({"release": "6.4"}, ValueError, r"release is '6\.4'"),
        ({"goal": 3}, TypeError, "goal is 3"),
    ],
)
def test_bad_arguments_are_named(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.walk_the_states(**{"name": EXITS} | arguments)


# What is stored.


def test_the_filmstrip_has_the_whole_graph_of_each_release_and_the_way_to_the_yes() -> None:
    exhibit = lab.walk_the_states(EXITS)
    graphs = [asked(EXITS, release).graph() for release in ("5.6", "5.9", "6.5")]
    assert exhibit.moves == SHOWN
    twin = exhibit.filmstrip.twin.split("\n")
    for graph, told in zip(graphs, twin, strict=True):
        assert f"{len(graph.nodes)} states" in told
    assert ["A shortest way to a yes" in told for told in twin] == [False, True, False]
    svg = ET.fromstring(exhibit.filmstrip.svg)  # type: ignore[attr-defined]
    shapes = [one for kind in ("open", "no", "yes") for one in named(svg, kind)]
    assert len(shapes) == sum(len(graph.nodes) + 3 for graph in graphs)
    assert len(named(svg, "way")) == 7
