"""The menu of scenes, the releases, and the slider over the steps: who keeps the frame."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.figures.fork_scenes import LONGEST, reached, scene_filmstrip, sentence, walked
from pinlab.lab.scenes import RELEASES, SCENES
from pinlab.lab.walk import before_and_after
from pinlab.lab.widgets.controls import STYLE, Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.arguments import one_of


def fork_scene(scene: str = "parent writes", release: str = "6.4", at: int = 4) -> Exhibit:
    """Return a menu of scenes, buttons for releases and a slider over the steps, with the map.

    They begin with these values; step 0 is before the first, and a scene with fewer steps than the
    slider stays at its end. Raises ValueError for an unknown scene, a release without a button or
    a step that is not there, TypeError for what is no number.
    """
    one_of("scene", scene, SCENES)
    one_of("release", release, RELEASES)

    def draw(_: object = None) -> None:
        now = which.value, linux.value
        step = reached(*now, dial.value)
        stage.show(before_and_after(walked(*now), step), sentence(*now, step))

    which = ipywidgets.Dropdown(options=list(SCENES), value=scene, description="scene", style=STYLE)
    linux = ipywidgets.ToggleButtons(options=list(RELEASES), value=release, description="Linux")
    linux.style.button_width = "4em"
    for control in (which, linux):
        control.observe(draw, "value")
    dial = Dial("step", at, range(LONGEST + 1), draw, argument="at")
    stage = Stage(which, linux, dial.widget)
    draw()
    return Exhibit(stage.widget, scene_filmstrip())
