"""The sliders over pins and extra references, and what the kernel makes of their sum."""

from __future__ import annotations

from pinlab.lab.figures.guess import MOST_PINS, Held, guess, guess_filmstrip, sentence
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage

REFERENCES = (0, 1, 2, 3, 511, 1021, 1022, 1023, 1024, 1025, 2046, 2047, 2048, 3071, 3072, 4095,
              4096)  # fmt: skip


def guess_pins(pins: int = 1, references: int = 1) -> Exhibit:
    """Return sliders over pins and extra references: the refcount, and what it could be.

    They begin at `pins` (0 to 8) and `references` (0 to 4096). Raises TypeError or ValueError for
    what is out of its range.
    """

    def draw(_: object = None) -> None:
        held = Held(pinned.value, extra.value)
        stage.show(guess(held).svg, sentence(held))

    pinned = Dial("pins", pins, range(MOST_PINS + 1), draw)
    extra = Dial("extra references", references, REFERENCES, draw, argument="references")
    stage = Stage(pinned.widget, extra.widget)
    draw()
    return Exhibit(stage.widget, guess_filmstrip())
