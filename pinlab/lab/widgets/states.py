"""The releases and the steps of one order: the graph of all states, and the map on the way."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets

from pinlab.lab.figures.way import picture, way_filmstrip, ways
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage


def walk_the_states(name: str, releases: Sequence[str] = (), at: int = 0) -> Exhibit:
    """Return buttons for releases and a slider over the steps of one order of a litmus test.

    The order is a shortest one to a yes on the first release that has one; the same is kept on
    the others. The slider begins at step `at`; 0 is before the first. releases: by default those
    that the test speaks of. Raises ValueError for an unknown name or release or a step that is
    not there, TypeError for what is no number.
    """
    walked = ways(name, releases)

    def draw(_: object = None) -> None:
        way = walked[which.value]
        step = min(dial.value, way.last)
        stage.show(picture(way, step), way.sentence(step))

    which = ipywidgets.ToggleButtons(options=list(walked), description="Linux")
    which.style.button_width = "5em"
    which.observe(draw, "value")
    dial = Dial(
        "step", at, range(max(way.last for way in walked.values()) + 1), draw, argument="at"
    )
    stage = Stage(which, dial.widget)
    draw()
    return Exhibit(stage.widget, way_filmstrip(walked))
