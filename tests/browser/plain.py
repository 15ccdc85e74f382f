"""The plots of exhibits as a notebook draws them without pinlab.lab: a new figure for each move.

Measured against the exhibits by `make bench`.
"""

from textwrap import fill

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pinlab.lab.odometer import Tries
from pinlab.lab.palette import EDGE, OVERFLOW, PIN, REFERENCE
from pinlab.lessons.count_to_two_million import MOST_WRITES, InFlight, Writes
from pinlab.lessons.start_here import PageGrid, for_each_k
from pinlab.machine import Answer
from pinlab.machine.buffers import PAGES


def touched_pages(measured: Answer) -> None:
    """Show the slider of lesson 00 through `interact`; the model is asked once."""
    predicted = for_each_k(measured)

    def show(k: int) -> None:
        draw_touched_pages(measured, predicted, k)
        plt.show()

    ipywidgets.interact(show, k=ipywidgets.IntSlider(8, 0, PAGES))


def draw_touched_pages(measured: Answer, predicted: Answer, k: int) -> Figure:
    """Draw what TouchedPages shows for k, on a new figure."""
    figure, (buffer, line) = plt.subplots(
        1, 2, width_ratios=[1, 1.5], figsize=(8.4, 3.4), layout="constrained"
    )
    PageGrid(buffer).draw(k)
    line.plot(*points(predicted), color=EDGE, label=predicted.label)
    label = fill(measured.label, 34)
    line.plot(*points(measured), "o", ms=8, mfc=PIN, mec=EDGE, ls="", label=label)
    line.plot([k], [predicted[k].acquired], "s", ms=14, mfc="none", mec=EDGE, mew=1.5)
    highest = measured[0].writes * PAGES
    line.set_yticks([quarter * highest // 4 for quarter in range(5)])
    line.set(xlim=(-3, PAGES + 3), ylim=(-0.04 * highest, 1.35 * highest))
    line.set_xlabel("k, pages written before")
    line.set_ylabel(f"pins of {measured[0].writes} writes")
    line.set_xticks([0, 8, 16, 32, 64])
    line.legend(loc="upper left", frameon=False, fontsize=9)
    line.spines[["top", "right"]].set_visible(False)
    return figure


def refcount_in_flight() -> None:
    """Show the first slider of `count_to_two_million.refcount_in_flight` through `interact`."""

    def show(exponent: int) -> None:
        _, panel = plt.subplots(figsize=(7.2, 3.5), layout="constrained")
        InFlight(panel, Writes(writes=2**exponent))
        panel.set_ylabel("refcount of the zero page")
        plt.show()

    last = MOST_WRITES.bit_length() - 1
    ipywidgets.interact(show, exponent=ipywidgets.IntSlider(last - 1, 0, last))


def count_pins() -> None:
    """Show the first slider of `lab.odometer` through `interact`: the digits in matplotlib."""

    def show(pins: int) -> None:
        draw_digits(Tries(2**21 + pins))
        plt.show()

    ipywidgets.interact(show, pins=ipywidgets.IntSlider(-1, -4, 2))


def draw_digits(tries: Tries) -> Figure:
    """Draw what one row of the odometer shows, on a new figure."""
    figure, panel = plt.subplots(figsize=(7.4, 0.9), layout="constrained")
    for place, digit in enumerate(f"{tries.refcount % 2**32:032b}"):
        colour = OVERFLOW if place == 0 else PIN if place <= 21 else REFERENCE
        face = colour if digit == "1" else "white"
        panel.add_patch(Rectangle((place, 0), 0.9, 1, fc=face, ec=EDGE))
        panel.text(place + 0.45, 0.5, digit, ha="center", va="center")
    panel.set(xlim=(0, 32), ylim=(0, 1), title=f"pin {tries.pins}: refcount {tries.refcount}")
    panel.set_axis_off()
    return figure


def points(answer: Answer) -> tuple[list[int], list[int]]:
    """Written pages, and pins."""
    return [m.touched for m in answer], [m.acquired for m in answer]
