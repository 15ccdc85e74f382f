"""Scenes of fork on several releases: the steps of one on one release, and a few as a filmstrip."""

from __future__ import annotations

from functools import cache

from pinlab.lab.map import NARROW, Panel, sheet
from pinlab.lab.picture import Drawing
from pinlab.lab.scenes import LETTERS, SCENES, fork_story
from pinlab.lab.walk import Walk, walk
from pinlab.model.kernel import Kernel

SHOWN = (
    ("parent writes", "6.4"),
    ("parent writes", "6.5"),
    ("child exits, parent writes", "5.7"),
    ("child exits, parent writes", "5.9"),
)
"""What the filmstrip shows: each when the device has written."""

LONGEST = max(map(len, SCENES.values()))


@cache
def walked(scene: str, release: str) -> Walk:
    """Return the steps of a scene on a release; ValueError for an unknown one."""
    return walk(fork_story(scene), Kernel(release), LETTERS)


def reached(scene: str, release: str, step: int) -> int:
    """Return the step that is shown: the last one where a scene has fewer."""
    return min(step, len(walked(scene, release).steps))


def sentence(scene: str, release: str, step: int) -> str:
    """Return what a step of a scene says and changes on a release."""
    told = walked(scene, release).sentence(reached(scene, release, step))
    return f"Linux {release}. {told}"


def scene_filmstrip() -> Drawing:
    """Draw four scenes after the device has written, two abreast."""
    panels = []
    for scene, release in SHOWN:
        way = walked(scene, release)
        step = len(way.steps) - 1
        words = f"{scene}, Linux {release}"
        said = f"{words}. {way.told(step)}"
        panels.append(Panel(way.state(step), words, said, way.state(step - 1)))
    return sheet(panels, NARROW, abreast=2)
