"""The slider over the written pages of a buffer."""

from __future__ import annotations

from pinlab.lab.figures.buffers import TouchedPages, touched_filmstrip
from pinlab.lab.figures.kept import Kept
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.machine import Answer
from pinlab.machine.buffers import PAGES
from pinlab.model.arguments import whole


def touched_pages(measured: Answer, k: int = 8) -> Exhibit:
    """Return a slider over the written pages of a buffer: its frames, its pins, in words.

    `measured` is the answer to a question about numbers of touched pages, as
    `machine.ask(0, 1, 2, 8, 32, 64, writes=100)`; the slider begins at `k`.
    Raises TypeError for what is no Answer or no k, ValueError for an empty answer or a k beyond 64.
    """
    k = whole("k", k, 0, PAGES)
    touched = TouchedPages(measured)
    kept = Kept(touched.figure, touched.moving)

    def draw(k: int) -> None:
        touched.draw(k)
        stage.show(kept.png(), touched.sentence(k))

    dial = Dial("k", k, range(PAGES + 1), draw)
    stage = Stage(dial.widget)
    draw(k)
    return Exhibit(stage.widget, touched_filmstrip(measured))
