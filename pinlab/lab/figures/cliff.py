"""The cliff: the refcount of the zero page against the pins wanted, modelled and recorded."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pinlab.lab.callers import KERNEL, WITH_FIX, WITHOUT_FIX
from pinlab.lab.palette import EDGE, OVERFLOW, PIN, ZERO_PAGE
from pinlab.lab.picture import Picture
from pinlab.lab.powers import digits
from pinlab.machine import boot, cases, recording
from pinlab.machine.predictions.holds import Held, climb
from pinlab.machine.predictions.process import PAGES_AT_ONCE
from pinlab.model.counter import refcount_with

if TYPE_CHECKING:
    import pandas
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

EXPERIMENT = "held_pins"
PINS_PER_READER = PAGES_AT_ONCE
MOST_READERS = 2052
"""Where the recording without the patch ends: four readers were refused."""


@cache
def recorded_readers(build: str) -> dict[int, Held]:
    """Return what was recorded, by the number of readers that wanted 1024 pins each."""
    found = {0: Held(_recorded("hold2056", build)["base_refcount"], 0)}
    for case in cases(KERNEL, EXPERIMENT, build):
        number = re.fullmatch(r"hold2056:threads=(\d+)", case)
        if number and int(number[1]) <= MOST_READERS:
            row = _recorded(case, build)
            found[int(number[1])] = Held(row["refcount"], row["vmstat_inflight"])
    return found


def _recorded(case: str, build: str) -> dict[str, int]:
    row = recording(KERNEL, EXPERIMENT, case, build)
    return {quantity: int(value) for quantity, value in row.items()}


@cache
def modelled_readers(build: str) -> tuple[Held, ...]:
    """Return what the model has with 0, 1, 2 ... readers of 1024 never-written pages each."""
    kernel = boot(KERNEL, build)
    return tuple(climb(kernel, readers) for readers in range(MOST_READERS + 1))


class Cliff:
    """The whole cliff and the last readers alone: the model as lines, the recordings as points.

    A square marks one place; what changes with it is in `moving`.
    """

    def __init__(self) -> None:
        self.figure = Figure(figsize=(8.4, 3.9), layout="constrained")
        whole, edge = panels = self.figure.subplots(1, 2, width_ratios=[2, 1], sharey=True)
        for panel in panels:
            _lines(panel)
            _points(panel)
            _axes(panel)
        whole.set_ylabel("refcount of the zero page")
        whole.legend(loc="lower left", frameon=False, fontsize=9)
        _zoom(edge)
        self._title = whole.set_title(" ", fontsize=10)
        self._marks = [_mark(panel) for panel in panels]
        self.moving: list[Artist] = [self._title, *self._marks]

    def draw(self, readers: int) -> None:
        """Mark what the model has with that many readers."""
        refcount = modelled_readers(WITHOUT_FIX)[readers].refcount
        self._title.set_text(f"without the patch, {readers} readers: {refcount}")
        for mark in self._marks:
            mark.set_data([readers * PINS_PER_READER], [refcount])


def _mark(panel: Axes) -> Line2D:
    (mark,) = panel.plot([], [], "s", ms=15, mfc="none", mec=EDGE, mew=1.6)
    return mark


def _zoom(panel: Axes) -> None:
    last = range(MOST_READERS - 6, MOST_READERS + 1, 2)
    panel.set_xlim((last[0] - 1.5) * PINS_PER_READER, (last[-1] + 0.5) * PINS_PER_READER)
    panel.set_xticks([n * PINS_PER_READER for n in last], [str(n) for n in last])
    panel.set_xlabel("the last readers, by number")


def _lines(panel: Axes) -> None:
    held = [(n * PINS_PER_READER, h.refcount) for n, h in enumerate(modelled_readers(WITHOUT_FIX))]
    fall = next(i for i, (_, refcount) in enumerate(held) if refcount < 0)
    pins = held[fall][0]
    up = [*held[:fall], (pins - 1, refcount_with(held[0][1], 0, pins - 1))]
    panel.plot(*zip(*up, strict=True), color=EDGE, label="model, without the patch")
    panel.plot(*zip(up[-1], *held[fall:], strict=True), color=OVERFLOW, lw=2, ls=(0, (4, 2)))
    flat = [h.refcount for h in modelled_readers(WITH_FIX)]
    panel.plot([n * PINS_PER_READER for n in range(len(flat))], flat,
               color=EDGE, lw=1, ls=":", label="model, with the patch")  # fmt: skip


def _points(panel: Axes) -> None:
    for build, colour, marker, words in (
        (WITHOUT_FIX, PIN, "o", "without"),
        (WITH_FIX, ZERO_PAGE, "D", "with"),
    ):
        readers = recorded_readers(build)
        panel.plot(
            [n * PINS_PER_READER for n in readers], [held.refcount for held in readers.values()],
            marker, ms=7, mfc=colour, mec=EDGE, ls="", label=f"Linux {KERNEL}, {words} the patch",
        )  # fmt: skip


def _axes(panel: Axes) -> None:
    panel.set_xticks([k << 19 for k in range(5)], ["0", "2^19", "2^20", "", "2^21"])
    panel.set_yticks([k << 30 for k in range(-2, 3)], ["-2^31", "-2^30", "0", "2^30", "2^31 - 1"])
    panel.set(xlim=(-(2**16), MOST_READERS * PINS_PER_READER + 2**16), ylim=(-2.4e9, 2.4e9))
    panel.axhspan(-2.4e9, 0, color=OVERFLOW, alpha=0.08, lw=0)
    panel.set_xlabel("pins wanted, 1024 by each reader")
    panel.spines[["top", "right"]].set_visible(False)


def sentence(readers: int) -> str:
    """Return what the model has with that many readers, and what was recorded if it was."""
    wanted = readers * PINS_PER_READER
    who = "1 reader wants" if readers == 1 else f"{readers} readers want"
    words = [f"{who} {digits(wanted)} pins."]
    for build, name in ((WITHOUT_FIX, "Without the patch"), (WITH_FIX, "With it")):
        model, real = modelled_readers(build)[readers], recorded_readers(build).get(readers)
        seen = "" if real is None else f", recorded {real.refcount}"
        words.append(
            f"{name} {digits(model.pins)} are held and the refcount is "
            f"{digits(model.refcount)}{seen}."
        )
    return " ".join(words)


def cliff() -> Picture:
    """Draw the whole cliff, and beside it the last readers alone."""
    climb = modelled_readers(WITHOUT_FIX)
    top = refcount_with(climb[0].refcount, 0, climb[-1].pins - 1)
    alt = (
        "Refcount over pins wanted, whole and for the last readers alone. Without the patch a "
        f"straight climb from {climb[0].refcount} to {top}, one step down to "
        f"{climb[-1].refcount} at {climb[-1].pins} pins, then level; with the patch level at "
        f"{modelled_readers(WITH_FIX)[-1].refcount}. The recorded points lie on both lines."
    )
    twin = f"Refcount of the zero page with readers of {PINS_PER_READER} pages, Linux {KERNEL}:"
    return Picture(Cliff().figure, alt, twin, _table())


def _table() -> pandas.DataFrame:
    """Recorded numbers of readers: the powers of two, and the last ones."""
    import pandas

    without, with_fix = recorded_readers(WITHOUT_FIX), recorded_readers(WITH_FIX)
    shown = [n for n in without if n in with_fix and (n & (n - 1) == 0 or n > MOST_READERS - 7)]
    columns = {
        "pins wanted": [n * PINS_PER_READER for n in shown],
        "model, without the patch": [modelled_readers(WITHOUT_FIX)[n].refcount for n in shown],
        "recorded": [without[n].refcount for n in shown],
        "model, with the patch": [modelled_readers(WITH_FIX)[n].refcount for n in shown],
        "recorded, with the patch": [with_fix[n].refcount for n in shown],
    }
    return pandas.DataFrame(columns, index=pandas.Index(shown, name="readers"))
