"""The slider over the readers of two builds."""

from __future__ import annotations

from pinlab.lab.callers import WITHOUT_FIX
from pinlab.lab.figures.cliff import MOST_READERS, recorded_readers
from pinlab.lab.figures.kept import Kept
from pinlab.lab.figures.two_builds import TwoBuilds, sentence, two_builds_filmstrip
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage, image


def two_builds(readers: int = 0) -> Exhibit:
    """Return a slider over readers that hold 1024 pins each, on two builds that differ in a patch.

    The refcount of the zero page, recorded and predicted, without its three tests and with them.
    It begins at `readers` and stops where something was recorded; the number box takes any number.
    Raises TypeError or ValueError for what is no number of readers up to 2052.
    """
    drawn = TwoBuilds()
    kept = Kept(drawn.figure, drawn.moving)

    def draw(readers: int) -> None:
        drawn.draw(readers)
        stage.show(kept.png(), sentence(readers))

    stops = sorted(recorded_readers(WITHOUT_FIX))
    dial = Dial("readers", readers, stops, draw, high=MOST_READERS)
    stage = Stage(dial.widget, picture=image(kept))
    draw(dial.value)
    return Exhibit(stage.widget, two_builds_filmstrip())
