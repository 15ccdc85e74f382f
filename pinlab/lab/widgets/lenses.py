"""The controls over a page: its order, how it is held, the release."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.figures.lenses import Held, lenses, lenses_filmstrip
from pinlab.lab.held_page import MOST
from pinlab.lab.widgets.controls import STYLE, Dial, powers
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.arguments import one_of

RELEASES = ("5.6", "5.7", "6.18")
"""The first of the model, the first with a bias and pincounts, and the newest."""

SIZES = (("4 KiB (order 0)", 0), ("2 MiB (order 9)", 9))

STOPS = (0, 1, 2, *powers(8, 9), 1022, 1023, 1024, 2048)
"""Where the sliders stop; the boxes take any number up to 2^21."""


def light_the_senses(
    references: int = 0,
    pins: int = 0,
    order: int = 0,
    release: str = RELEASES[-1],
    *,
    mlocked: bool = False,
    registered: bool = False,
) -> Exhibit:
    """Return controls over one page: each sense of "pinned" is lit or dark, and says so.

    The sliders set references and pins, the boxes whether it is mlocked or in a registered buffer,
    the menu its size, the buttons the release; all begin with these. Raises TypeError or ValueError
    for an order other than 0 and 9, more than 2^21 holds, or a release that has no button.
    """
    one_of("release", release, RELEASES)
    first = Held(release, order, references, pins, mlocked, registered)

    def draw(_: object = None) -> None:
        held = Held(which.value, size.value, taken.value, pinned.value, locked.value, lent.value)
        drawing = lenses(held.senses, held.words)
        stage.show(drawing.svg, drawing.twin)

    which = ipywidgets.ToggleButtons(options=RELEASES, value=release, description="Linux")
    which.style.button_width = "5em"
    locked = _switch("mlocked", first.mlocked)
    lent = _switch("in a registered buffer", first.registered)
    size = ipywidgets.Dropdown(options=SIZES, value=order, description="a page of", style=STYLE)
    for control in (size, which, locked, lent):
        control.observe(draw, "value")
    taken = Dial("references", references, STOPS, draw, high=MOST)
    pinned = Dial("pins", pins, STOPS, draw, high=MOST)
    switches = ipywidgets.HBox([locked, lent], layout=ipywidgets.Layout(flex_flow="row wrap"))
    stage = Stage(size, which, switches, taken.widget, pinned.widget)
    draw()
    return Exhibit(stage.widget, lenses_filmstrip())


def _switch(label: str, value: bool) -> ipywidgets.Checkbox:
    return ipywidgets.Checkbox(value, description=label, indent=False, style=STYLE)
