"""The toggle and sliders over writes that are held together, or not."""

from __future__ import annotations

import ipywidgets
from matplotlib.figure import Figure

from pinlab.lab.figures.held import HeldTogether, held_filmstrip, sentence
from pinlab.lab.figures.kept import Kept
from pinlab.lab.widgets.controls import Dial, powers
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.lab.writes import BITS, PAGES, WRITES, Writes
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS

TOGETHER, APART = "together", "one after another"


def held_together(
    writes: int = WRITES, pages: int = PAGES, bias: int = GUP_PIN_COUNTING_BIAS, bits: int = BITS
) -> Exhibit:
    """Return a toggle (together, one after another) and sliders: what does the refcount reach?

    The sliders set the writes in flight, the pages of each, what a hold adds, and the counter's
    width; they begin with these numbers, by default the mail's. Raises TypeError or ValueError
    for a number that is beyond the end of its slider.
    """

    def draw(_: object = None) -> None:
        together = when.value == TOGETHER
        now = Writes(number.value, size.value, added.value, width.value, together=together)
        held.draw(now)
        stage.show(kept.png(), sentence(now))

    when = ipywidgets.ToggleButtons(options=[TOGETHER, APART], description="writes")
    when.observe(draw, "value")
    number = Dial("writes in flight", writes, powers(0, 16), draw, argument="writes")
    size = Dial("pages of each write", pages, powers(0, 9), draw, argument="pages")
    added = Dial("added by each hold", bias, powers(0, 12), draw, argument="bias")
    width = Dial("bits of the counter", bits, powers(4, 6), draw, argument="bits")
    figure = Figure(figsize=(7.2, 3.5), layout="constrained")
    panel = figure.subplots()
    panel.set_ylabel("refcount of the zero page")
    held = HeldTogether(panel, Writes(writes, pages, bias, bits))
    kept = Kept(figure, held.moving)
    rows = (dial.widget for dial in (number, size, added, width))
    stage = Stage(when, *rows)
    draw()
    return Exhibit(stage.widget, held_filmstrip())
