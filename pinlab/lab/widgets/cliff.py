"""The slider along the cliff."""

from __future__ import annotations

from pinlab.lab.callers import WITHOUT_FIX
from pinlab.lab.figures.cliff import MOST_READERS, Cliff, cliff, recorded_readers, sentence
from pinlab.lab.figures.kept import Kept
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage, image


def walk_the_cliff(readers: int = 2047) -> Exhibit:
    """Return a slider over the readers that hold 1024 pins each: modelled and recorded refcount.

    It begins at `readers` and stops where something was recorded; the number box takes any number.
    Raises TypeError or ValueError for what is no number of readers up to 2052.
    """
    drawn = Cliff()
    kept = Kept(drawn.figure, drawn.moving)

    def draw(readers: int) -> None:
        drawn.draw(readers)
        stage.show(kept.png(), sentence(readers))

    stops = sorted(recorded_readers(WITHOUT_FIX))
    dial = Dial("readers", readers, stops, draw, high=MOST_READERS)
    stage = Stage(dial.widget, picture=image(kept))
    draw(dial.value)
    return Exhibit(stage.widget, cliff())
