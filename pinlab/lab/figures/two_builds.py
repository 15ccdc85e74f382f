"""Two builds: one source and one configuration, but for the three tests for the zero page.

What readers who hold 1024 pins each did to its refcount on either, recorded and predicted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pinlab.lab.callers import KERNEL, WITH_FIX, WITHOUT_FIX
from pinlab.lab.figures.cliff import (
    MOST_READERS,
    PINS_PER_READER,
    modelled_readers,
    recorded_readers,
)
from pinlab.lab.palette import EDGE, OVERFLOW, PIN, ZERO_PAGE
from pinlab.lab.picture import Picture
from pinlab.lab.powers import digits, plural

if TYPE_CHECKING:
    import pandas
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

PANELS = (
    (WITHOUT_FIX, "without the three tests", "o", PIN),
    (WITH_FIX, "with the three tests", "D", ZERO_PAGE),
)
"""The builds from left to right, in words, and how the recorded points of each look."""

END = 2**31


class TwoBuilds:
    """A panel for each build: the prediction as a line, what was recorded as points.

    A square in each marks a number of readers; what changes with it is in `moving`.
    """

    def __init__(self) -> None:
        self.figure = Figure(figsize=(8.4, 3.9), layout="constrained")
        self._panels = self.figure.subplots(1, 2, sharey=True)
        for panel, (build, _, marker, colour) in zip(self._panels, PANELS, strict=True):
            _axes(panel)
            _line(panel, build)
            _points(panel, build, marker, colour)
            panel.legend(loc="lower left", frameon=False, fontsize=9)
        self._panels[0].set_ylabel("refcount of the zero page")
        self._titles = [panel.set_title(" ", fontsize=10) for panel in self._panels]
        self._marks = [
            panel.plot([], [], "s", ms=15, mfc="none", mec=EDGE, mew=1.6)[0]
            for panel in self._panels
        ]
        self.moving: list[Artist] = [*self._titles, *self._marks]

    def draw(self, readers: int) -> None:
        """Mark what is predicted with that many readers, in both panels."""
        for (build, words, *_), title, mark in zip(PANELS, self._titles, self._marks, strict=True):
            refcount = modelled_readers(build)[readers].refcount
            mark.set_data([readers], [refcount])
            title.set_text(f"{KERNEL} {words}\n{readers} {plural(readers, 'reader')}: {refcount}")


def _axes(panel: Axes) -> None:
    panel.set(xlim=(-90, MOST_READERS + 90), ylim=(-1.12 * END, 1.12 * END))
    panel.set_xticks([0, 512, 1024, 1536, 2048])
    panel.set_yticks([-END, -END / 2, 0, END / 2, END], ["-2^31", "-2^30", "0", "2^30", "2^31"])
    panel.axhspan(-1.12 * END, 0, color=OVERFLOW, alpha=0.08, lw=0)
    panel.axhline(0, color=EDGE, lw=0.8)
    panel.set_xlabel("readers, 1024 pins wanted by each")
    panel.spines[["top", "right"]].set_visible(False)


def _line(panel: Axes, build: str) -> None:
    """Predicted: whole up to the fall if there is one, dashed from there on."""
    predicted = [held.refcount for held in modelled_readers(build)]
    fall = next((n for n, refcount in enumerate(predicted) if refcount < 0), len(predicted))
    panel.plot(range(fall), predicted[:fall], color=EDGE, label="predicted")
    below = range(fall - 1, len(predicted))
    if fall < len(predicted):
        panel.plot(below, [predicted[n] for n in below], color=OVERFLOW, lw=2, ls=(0, (4, 2)))


def _points(panel: Axes, build: str, marker: str, colour: str) -> None:
    recorded = recorded_readers(build)
    panel.plot(
        list(recorded), [held.refcount for held in recorded.values()],
        marker, ms=7, mfc=colour, mec=EDGE, ls="", label="recorded",
    )  # fmt: skip


def sentence(readers: int) -> str:
    """Return what both builds do with that many readers, predicted and recorded."""
    wanted = readers * PINS_PER_READER
    who = "1 reader wants" if readers == 1 else f"{readers} readers want"
    words = [f"{who} {digits(wanted)} pins."]
    for build, name, *_ in PANELS:
        model, real = modelled_readers(build)[readers], recorded_readers(build).get(readers)
        seen = "not recorded" if real is None else f"recorded {real.refcount}"
        words.append(
            f"{name.capitalize()}: {digits(model.pins)} held, "
            f"refcount predicted {digits(model.refcount)}, {seen}."
        )
    return " ".join(words)


def two_builds_filmstrip() -> Picture:
    """Draw both builds from no reader to the last, with the mark at the first below zero."""
    drawn = TwoBuilds()
    without, with_fix = modelled_readers(WITHOUT_FIX), modelled_readers(WITH_FIX)
    fall = next(n for n, held in enumerate(without) if held.refcount < 0)
    drawn.draw(fall)
    alt = (
        f"Two panels, the refcount of the zero page over 0 to {MOST_READERS} readers on two builds "
        f"of Linux {KERNEL}. Left, without the three tests: a straight climb to "
        f"{without[fall - 1].refcount} with {fall - 1} readers, a fall to {without[fall].refcount} "
        f"with {fall}, then level. Right, with them: level at {with_fix[-1].refcount}. All "
        "recorded points lie on the predicted lines."
    )
    twin = f"Refcount of the zero page on Linux {KERNEL}, without and with the three tests:"
    return Picture(drawn.figure, alt, twin, _table())


def _table() -> pandas.DataFrame:
    """All numbers of readers that were recorded on both builds."""
    import pandas

    both = [n for n in recorded_readers(WITHOUT_FIX) if n in recorded_readers(WITH_FIX)]
    columns: dict[str, list[int]] = {"pins wanted": [n * PINS_PER_READER for n in both]}
    for build, words, *_ in PANELS:
        short = words.split()[0]
        columns[f"{short}: predicted"] = [modelled_readers(build)[n].refcount for n in both]
        columns[f"{short}: recorded"] = [recorded_readers(build)[n].refcount for n in both]
    return pandas.DataFrame(columns, index=pandas.Index(both, name="readers"))
