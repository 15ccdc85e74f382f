"""The switches for the patch's tests, and the rounds that are made with them."""

from __future__ import annotations

import ipywidgets
from matplotlib.figure import Figure

from pinlab.lab.figures.kept import Kept
from pinlab.lab.figures.rounds import MOST_ROUNDS, Rounds, rounds_filmstrip, sentence
from pinlab.lab.rounds import TESTS, Switches
from pinlab.lab.widgets.controls import STYLE, Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.arguments import instance

APART, TOGETHER = "one after another", "held together, then released"


def patch_switches(
    *, slow: bool = True, fast: bool = True, release: bool = True, rounds: int = MOST_ROUNDS
) -> Exhibit:
    """Return a switch for each test of the patch: what do some rounds leave in the refcount?

    A round is one pin of the zero page and its release on Linux 6.5, with the tests that are
    switched on; a toggle sets whether the pins come one after another or are held together. They
    begin with these values. Raises TypeError for what is no bool or whole number, ValueError for
    rounds beyond 1 to 100.
    """

    def draw(_: object = None) -> None:
        switches = Switches(**{test: bool(box.value) for test, box in boxes.items()})
        together = order.value == TOGETHER
        drawn.draw(switches, number.value, together=together)
        stage.show(kept.png(), sentence(switches, number.value, together=together))

    begin = {"slow": slow, "fast": fast, "release": release}
    order = ipywidgets.ToggleButtons(options=[APART, TOGETHER], style={"button_width": "auto"})
    boxes = {
        test: ipywidgets.Checkbox(
            instance(test, begin[test], bool), description=f"{test}: {place}", indent=False,
            style=STYLE, layout=ipywidgets.Layout(width="17em"),
        )
        for test, place in TESTS.items()
    }  # fmt: skip
    number = Dial("rounds", rounds, range(1, MOST_ROUNDS + 1), draw)
    for control in (order, *boxes.values()):
        control.observe(draw, "value")
    figure = Figure(figsize=(7.2, 3.5), layout="constrained")
    panel = figure.subplots()
    panel.set(xlabel="calls", ylabel="refcount of the zero page")
    drawn = Rounds(panel, MOST_ROUNDS, bent=True)
    drawn.draw(Switches(**begin), MOST_ROUNDS, together=False)
    kept = Kept(figure, drawn.moving)
    switches = ipywidgets.HBox([*boxes.values()], layout=ipywidgets.Layout(flex_flow="row wrap"))
    stage = Stage(order, switches, number.widget)
    draw()
    return Exhibit(stage.widget, rounds_filmstrip())
