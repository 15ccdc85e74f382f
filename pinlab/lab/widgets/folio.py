"""The controls over a folio: its order, the pages pinned, the release."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.figures.folio import MOST_PAGES, Pinned, folio_filmstrip, folios
from pinlab.lab.widgets.controls import Dial, powers
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.arguments import one_of
from pinlab.model.folio import MAX_ORDER

RELEASES = ("5.6", "5.7", "5.17", "5.18", "6.18")
"""The first of the model, those on both sides of each change, and the newest."""


def pin_a_folio(order: int = 0, pages: int = 1, release: str = RELEASES[-1]) -> Exhibit:
    """Return controls over a fresh folio of which some pages are pinned: its counters, in words.

    The sliders set the order and the pages, and begin with these; the buttons set the release.
    Raises TypeError or ValueError for an order beyond 10, more than 1024 pages, or a release that
    has no button.
    """
    one_of("release", release, RELEASES)

    def draw(_: object = None) -> None:
        drawing = folios(Pinned(which.value, size.value, pinned.value))
        stage.show(drawing.svg, drawing.twin)

    which = ipywidgets.ToggleButtons(options=RELEASES, value=release, description="Linux")
    which.style.button_width = "5em"
    which.observe(draw, "value")
    size = Dial("order", order, range(MAX_ORDER + 1), draw)
    pinned = Dial(
        "pages pinned", pages, powers(0, MAX_ORDER), draw, high=MOST_PAGES, argument="pages"
    )
    stage = Stage(which, size.widget, pinned.widget)
    draw()
    return Exhibit(stage.widget, folio_filmstrip())
