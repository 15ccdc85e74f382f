"""The slider over the last pins that fit into a refcount."""

from __future__ import annotations

from pinlab.lab.figures.odometer import Tries, odometer, odometer_filmstrip
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, R0, last_pin

LAST = last_pin(R0)
REFERENCES = (0, 1, 2, 511, 1022, 1023, 1024, 2047)


def count_pins(pins: int = LAST - 1, references: int = 0) -> Exhibit:
    """Return sliders over pins tried and extra references held: the refcount, digit by digit.

    They begin at `pins` and `references`. The slider stops at the last few pins that fit, the
    number box takes any number. Raises TypeError or ValueError for what is out of its range.
    """
    stops = (0, 1, 2, 3, *range(LAST - 3, LAST + 3))

    def draw(_: object = None) -> None:
        drawing = odometer(Tries(tried.value, extra.value))
        stage.show(drawing.svg, drawing.twin)

    tried = Dial("pins tried", pins, stops, draw, argument="pins")
    extra = Dial(
        "extra references",
        references,
        REFERENCES,
        draw,
        high=2 * GUP_PIN_COUNTING_BIAS,
        argument="references",
    )
    stage = Stage(tried.widget, extra.widget)
    draw()
    return Exhibit(stage.widget, odometer_filmstrip())
