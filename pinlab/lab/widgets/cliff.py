"""The slider along the cliff, and whatever else is drawn over numbers of readers."""

from __future__ import annotations

from collections.abc import Callable

from pinlab.lab.callers import WITHOUT_FIX
from pinlab.lab.figures.cliff import MOST_READERS, Cliff, cliff, recorded_readers, sentence
from pinlab.lab.figures.kept import Kept
from pinlab.lab.figures.two_builds import TwoBuilds
from pinlab.lab.picture import Picture
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.arguments import whole


def walk_the_cliff(readers: int = 2047) -> Exhibit:
    """Return a slider over the readers that hold 1024 pins each: modelled and recorded refcount.

    It begins at `readers` and stops where something was recorded; the number box takes any number.
    Raises TypeError or ValueError for what is no number of readers up to 2052.
    """
    whole("readers", readers, 0, MOST_READERS)
    return over_readers(Cliff(), sentence, cliff, readers)


def over_readers(
    drawn: Cliff | TwoBuilds,
    sentence: Callable[[int], str],
    filmstrip: Callable[[], Picture],
    readers: int,
) -> Exhibit:
    """Return a slider over numbers of readers that moves what is drawn, and its sentence.

    Raises TypeError or ValueError for a first number that is none up to 2052.
    """
    kept = Kept(drawn.figure, drawn.moving)

    def draw(readers: int) -> None:
        drawn.draw(readers)
        stage.show(kept.png(), sentence(readers))

    stops = sorted(recorded_readers(WITHOUT_FIX))
    dial = Dial("readers", readers, stops, draw, high=MOST_READERS)
    stage = Stage(dial.widget)
    draw(dial.value)
    return Exhibit(stage.widget, filmstrip())
