"""Five ends of a counter, each in a counter of 8 bits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pinlab.lab.palette import EDGE, OVERFLOW, REFERENCE
from pinlab.lab.picture import Picture
from pinlab.model.ends import ABORTED, ENDS, IGNORED, OK, Step, climb, climb_and_return

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

BITS, START = 8, 1
GETS = 2**BITS + 2**4
"""Enough to take a counter of 8 bits once around."""

GIVEN_BACK = 2**BITS - 56
"""Gets after which everything is given back: past the largest value, before once around."""


def five_ends() -> Picture:
    """Draw what each of the five does while references are taken, one after another."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, len(ENDS), sharey=True)
    for panel, end in zip(panels, ENDS, strict=True):
        _panel(panel, end)
    panels[0].set_ylabel(f"counter of {BITS} bits")
    turns = "; ".join(f"{end}: {_in_words(end)}" for end in ENDS)
    alt = f"Five small plots of a counter of {BITS} bits over the references taken. {turns}."
    twin = f"Counters of {BITS} bits that begin at {START}, while {GETS} references are wanted:"
    return Picture(figure, alt, twin, _table())


@cache
def _steps(end: str) -> list[Step]:
    """What is drawn, told in words and put into the table."""
    return climb(end, GETS, BITS, START)


def _in_words(end: str) -> str:
    steps = _steps(end)
    number, event = _turn(steps)
    top = max(step.value for step in steps)
    return f"up to {top}, {event} from number {number} on, {steps[-1].value} at last"


def _panel(panel: Axes, end: str) -> None:
    steps = _steps(end)
    values = [START, *(step.value for step in steps)]
    number, event = _turn(steps)
    panel.axhspan(-(2 ** (BITS - 1)) - 12, 0, color=OVERFLOW, alpha=0.08, lw=0)
    panel.axhline(0, color=EDGE, lw=0.8)
    panel.plot(range(len(values)), values, color=REFERENCE, lw=2)
    if event != IGNORED:
        panel.plot([number], [values[number]], "X", ms=11, mfc=OVERFLOW, mec=EDGE)
    panel.set_xlabel(f"references\n{event}: no. {number}", fontsize=9)
    panel.set(xlim=(0, GETS), ylim=(-(2 ** (BITS - 1)) - 12, 2 ** (BITS - 1) + 24), title=end)
    panel.set_xticks([0, 2 ** (BITS - 1), 2**BITS])
    panel.set_yticks([-128, -64, 0, 64, 127])
    panel.spines[["top", "right"]].set_visible(False)


def _turn(steps: list[Step]) -> tuple[int, str]:
    """The number of the first get that is not an ordinary one, and what becomes of it."""
    return next((n, step.event) for n, step in enumerate(steps, start=1) if step.event != OK)


def _table() -> pandas.DataFrame:
    import pandas

    columns = ("end", "what happens", "from number", "at last", f"after {GIVEN_BACK} came and left")
    return pandas.DataFrame([_row(end) for end in ENDS], columns=list(columns)).set_index("end")


def _row(end: str) -> tuple[str, str, int, int, str]:
    steps = _steps(end)
    number, event = _turn(steps)
    left = climb_and_return(end, GIVEN_BACK, BITS, START)[-1]
    after = "no program left" if left.event == ABORTED else str(left.value)
    return end, event, number, steps[-1].value, after
