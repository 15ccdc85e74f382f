"""The walk through the states of a litmus test."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import lab
from pinlab.explore import explore, litmus
from pinlab.lab.states import picture, ways
from tests.lab.widgets.parts import Parts

EXITS = "dio-read+fork+child-exits"


def parts(*releases: str) -> Parts:
    return Parts(lab.walk_the_states(EXITS, releases))


def test_it_begins_before_the_first_step_and_gives_nothing_away() -> None:
    assert parts().rows[0].box.value == 0
    assert "Frame" not in parts().sentence


def test_the_buttons_are_the_releases_that_the_test_speaks_of() -> None:
    assert list(parts().toggle.options) == ["5.6", "5.9", "6.5"]
    assert list(parts("6.4", "6.12").toggle.options) == ["6.4", "6.12"]


@pytest.mark.parametrize("release", ["5.6", "5.9", "6.5"])
@pytest.mark.parametrize("step", range(8))
def test_picture_and_sentence_are_those_of_what_is_set(release: str, step: int) -> None:
    shown = parts()
    shown.toggle.value = release
    shown.rows[0].box.value = step
    way = ways(EXITS)[release]
    assert (shown.picture, shown.sentence) == (picture(way, step), way.sentence(step))
    rings = [one for one in ET.fromstring(str(shown.picture)).iter() if one.get("class") == "here"]
    assert len(rings) == 1


def test_the_order_is_the_same_on_all_releases() -> None:
    assert len({way.schedule for way in ways(EXITS).values()}) == 1
    assert len({way.steps for way in ways(EXITS).values()}) == 1


def test_it_is_too_late_after_the_parents_write_and_only_on_5_9() -> None:
    told = {}
    for release, way in ways(EXITS).items():
        told[release] = [step for step in range(8) if "yes is certain" in way.sentence(step)]
    assert told == {"5.6": [], "5.9": [5, 6, 7], "6.5": []}
    assert ways(EXITS)["5.9"].steps[4] == "parent: write x+8 P"


def test_the_parent_is_with_the_device_where_it_is_not_too_late() -> None:
    ends = {r: way.maps[-1].processes[0].areas[0].entries for r, way in ways(EXITS).items()}
    before = {r: way.maps[4].processes[0].areas[0].entries for r, way in ways(EXITS).items()}
    assert {release: ends[release] == before[release] for release in ends} == {
        "5.6": True, "5.9": False, "6.5": True,
    }  # fmt: skip


SMALL = [name for name in litmus.names() if explore(litmus.load(name).scenario).states <= 40]


@pytest.mark.parametrize("name", SMALL)
def test_every_test_can_be_walked(name: str) -> None:
    shown = Parts(lab.walk_the_states(name))
    for release in shown.toggle.options:
        shown.toggle.value = release
        shown.rows[0].box.value = shown.rows[0].box.max
        assert ET.fromstring(str(shown.picture)).tag.endswith("svg")


def test_the_filmstrip_shows_the_step_at_which_it_is_too_late_on_each_release() -> None:
    twin = lab.walk_the_states(EXITS).filmstrip.twin
    assert twin.count("step 5 of 7, parent: write x+8 P.") == 3
    assert twin.count("yes is certain") == 1


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("no-such-test",), ValueError, "name of a test is 'no-such-test'"),
        ((EXITS, ["5.5"]), ValueError, r"release is '5\.5'"),
        ((EXITS, (), 8), ValueError, "at is 8"),
        ((EXITS, (), "1"), TypeError, "at is '1'"),
        (("pin+fork+parent-writes", "6.5"), TypeError, r"releases is '6\.5': it has to be"),
    ],
)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.walk_the_states(*arguments)
