"""Scenes on several releases: what is said of a step, and the few that are stored."""

import xml.etree.ElementTree as ET

import pytest

from pinlab import Kernel
from pinlab.lab.figures.fork_scenes import (
    LONGEST,
    SHOWN,
    reached,
    scene_filmstrip,
    sentence,
    walked,
)
from pinlab.lab.scenes import SCENES, fork_story
from pinlab.lab.walk import walk

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_walked_once_with_its_letters(scene: str) -> None:
    way = walked(scene, "6.5")
    assert way is walked(scene, "6.5")
    assert way.states == walk(fork_story(scene), Kernel("6.5"), 8).states
    assert len(way.steps) <= LONGEST


def test_beyond_its_end_a_scene_stays_at_its_last_step() -> None:
    assert [reached("nobody writes", "6.4", step) for step in (0, 5, 6, 7)] == [0, 5, 5, 5]
    assert sentence("nobody writes", "6.4", 7) == sentence("nobody writes", "6.4", 5)


def test_a_sentence_names_the_release_and_what_has_changed() -> None:
    assert sentence("parent writes", "6.4", 4) == (
        "Linux 6.4. Step 4 of 6: The parent writes p into the last of the eight bytes. "
        "Frame 2: refcount 3 to 2. Frame 3 is new, with refcount 1. "
        "Frame 3 begins with AAAAAAAp. parent: page 0 points to frame 3, writable."
    )
    assert sentence("parent writes", "6.5", 4) == (
        "Linux 6.5. Step 4 of 6: The parent writes p into the last of the eight bytes. "
        "No counter changes. Frame 2 begins with AAAAAAAp."
    )


def test_the_filmstrip_shows_where_the_data_is_in_each() -> None:
    strip = scene_filmstrip()
    lines = strip.twin.split("\n")
    assert len(lines) == len(SHOWN) == 4
    for line, (scene, release) in zip(lines, SHOWN, strict=True):
        assert line.startswith(f"{scene}, Linux {release}. Step ")
        assert "The device writes DDDD. parent: page 0 points to frame" in line
    drawn = [str(one.text) for one in ET.fromstring(strip.svg).iter(f"{SVG}text")]
    assert [words for words in drawn if words.startswith("DDDD")] == [
        "DDDDAAAA", "DDDDAAAp", "DDDDAAAp", "DDDDAAAA",
    ]  # fmt: skip
