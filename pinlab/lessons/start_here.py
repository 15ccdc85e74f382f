"""Lesson 00, start here: pins of a buffer by the pages that were written, and a run to watch."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import ipywidgets

from pinlab.lab.answers import (
    MOST_PANELS,
    accesses,
    asked,
    by_buffer,
    find,
    in_the_model,
    meanwhile,
    pins_told,
    require_some,
    ticks,
    top_of,
)
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, Steady, exhibit, lines, moving
from pinlab.lab.palette import EDGE, OTHERS, OVERFLOW, PIN, PIN_HATCH, YOURS, ZERO_PAGE
from pinlab.lab.picture import Picture, blank
from pinlab.lab.svg import label
from pinlab.lab.task import Trial, parts
from pinlab.lab.text import listed, many
from pinlab.machine import Answer, Progress, Run
from pinlab.machine.buffers import PAGES
from pinlab.machine.measured import Measurement
from pinlab.machine.predictions.calls import buffer_in
from pinlab.model.arguments import instance, sequence, whole
from pinlab.model.counter import INT_MAX, INT_MIN
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.gup import ACQUIRED
from pinlab.model.kernel import Kernel
from pinlab.table import Table

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 8
MOST_SAID = 2**40
"""Where a guess at a refcount is still drawn."""


def pins_by_pages_written(measured: Answer, k: int = 8) -> Exhibit:
    """Return a slider over the written pages of a buffer: its frames, its pins, in words.

    `measured` is the answer to a question about numbers of touched pages, as
    `machine.ask(0, 1, 2, 8, 32, 64, writes=100)`; the slider begins at `k`.
    Raises TypeError for what is no Answer or no k, ValueError for an empty answer or a k beyond 64.
    """
    dial = Dial("k", k, range(PAGES + 1))
    filmstrip = touched_pages(measured)
    predicted = for_each_k(measured)
    draw = moving(
        lambda: TouchedPages(measured, predicted), partial(touched_in_words, measured, predicted)
    )
    return exhibit(draw, dial, filmstrip=filmstrip)


def for_each_k(measured: Answer) -> Answer:
    """Return what the model says of 0 to 64 pages that were written."""
    return in_the_model(asked(measured, range(PAGES + 1)))


class TouchedPages:
    """A buffer of 64 pages of which the first k were written, and the pins that writes of it take.

    Artists are kept and changed (`draw`); those that change are in `moving`.
    """

    def __init__(self, measured: Answer, predicted: Answer) -> None:
        self.predicted = predicted
        self.figure = blank(8.4, 3.4)
        buffer, line = self.figure.subplots(1, 2, width_ratios=[1, 1.5])
        self._buffer = PageGrid(buffer)
        _pin_line(line, measured, predicted)
        (self._marker,) = line.plot([], [], "s", ms=14, mfc="none", mec=EDGE, mew=1.5)
        self.moving = [*self._buffer.moving, self._marker]
        self.draw(PAGES)

    def draw(self, k: int) -> None:
        """Show the buffer with k written pages, and mark its pins on the line."""
        self._buffer.draw(k)
        self._marker.set_data([k], [self.predicted[k].acquired])


def touched_in_words(measured: Answer, predicted: Answer, k: int) -> str:
    """Return what the picture shows for k, and what was measured if it was."""
    prediction = predicted[k]
    own = "1 page has a frame of its own" if k == 1 else f"{k} pages have a frame of their own"
    zero = "1 is the zero page" if k == PAGES - 1 else f"{PAGES - k} are the zero page"
    times = f"{prediction.writes} {accesses(prediction)}"
    told = f"k = {k}: {own}, {zero}. {times} take {prediction.acquired} pins in the model"
    found = find(measured, k)
    if found is None:
        return f"{told}."
    others = "" if found.agreed else ": others' pins are in it"
    who = "your kernel" if measured.live else f"the {measured.label.split(',')[0]}"
    return f"{told}, {pins_told(found)} in {who}{others}."


def touched_pages(measured: Answer, positions: Sequence[int] = (1, 8, 64)) -> Picture:
    """Draw the slider's picture for a few k at once, and every measured point on the line.

    Raises TypeError for what is no Answer or no k, ValueError for an empty answer, a k beyond 64,
    and too many of them.
    """
    _require_numbers(measured)
    positions = [
        whole("k in positions", k, 0, PAGES)
        for k in sequence("positions", positions, "pages", MOST_PANELS)
    ]
    if not positions:
        raise ValueError("positions is empty: name at least one k")
    predicted = in_the_model(measured)

    def draw() -> Figure:
        figure = blank(8.4, 2.9)
        wide = [*(1 for _ in positions), 2]
        *grids, line = figure.subplots(1, len(wide), width_ratios=wide)
        for panel, k in zip(grids, positions, strict=True):
            PageGrid(panel).draw(k)
        _pin_line(line, measured, predicted)
        return figure

    alt = (
        f"A buffer of 64 pages with {', '.join(map(str, positions))} of them written, and a line: "
        f"pins over written pages k. {measured.label}: {by_buffer(measured)}."
    )
    twin = (
        f"Pins of {measured[0].writes} {accesses(measured[0])} of {PAGES} pages, k of them "
        f"written before. Measured: {measured.label}."
    )
    twin = "\n".join([twin, measured.note]) if measured.noisy else twin
    return Picture(draw, alt, twin, _touched_table(measured, predicted))


def _require_numbers(measured: Answer) -> None:
    """Raise as `require_some`, and ValueError if it is about buffers that have a name."""
    require_some(measured, "draw", "measured")
    names = [m.buffer for m in measured if isinstance(m.buffer, str)]
    if names:
        raise ValueError(f"measured is about {names}: ask for numbers of pages, as in ask(0, 8)")


def _touched_table(measured: Answer, predicted: Answer) -> Table:
    columns: dict[str, list[int | str]] = {
        "measured": [m.acquired if m.agreed else pins_told(m) for m in measured],
        f"model, Linux {predicted.kernel}": [p.acquired for p in predicted],
    }
    return Table(columns, [m.touched for m in measured], "k")


class PageGrid:
    """The 64 pages of a buffer as squares; written ones have a frame of their own."""

    def __init__(self, panel: Axes) -> None:
        from matplotlib.patches import Rectangle

        self._panel = panel
        self._squares = [Rectangle((i % COLUMNS, i // COLUMNS), 0.84, 0.84) for i in range(PAGES)]
        for square in self._squares:
            panel.add_patch(square)
        panel.set(xlim=(-0.2, COLUMNS), ylim=(PAGES // COLUMNS, -0.2), aspect="equal")
        panel.set_xticks([])
        panel.set_yticks([])
        panel.spines[:].set_visible(False)
        self.moving: list[Artist] = [*self._squares, panel.xaxis]

    def draw(self, k: int) -> None:
        """Show the first k pages as written."""
        for i, square in enumerate(self._squares):
            own = i < k
            square.set(
                facecolor=PIN if own else ZERO_PAGE, edgecolor=EDGE, linewidth=0.8,
                hatch=PIN_HATCH if own else None, linestyle="-" if own else "--",
            )  # fmt: skip
        self._panel.set_xlabel(f"k = {k}\n{many(k, 'own frame')},\n{PAGES - k} × zero page")


def _pin_line(panel: Axes, measured: Answer, predicted: Answer) -> None:
    """Pins over written pages: the model as a line, what was measured as points on it."""
    panel.plot(*_points(predicted), color=EDGE, label=label(predicted.label))
    own = [m for m in measured if m.agreed]
    spoilt = [m for m in measured if not m.agreed]
    if own:
        words = label(measured.label)
        panel.plot(*_points(own), "o", ms=8, mfc=PIN, mec=EDGE, ls="", label=words)
    if spoilt:
        words = label(f"{measured.label}, with others' pins")
        panel.plot(*_points(spoilt), "X", ms=8, mfc=OTHERS, mec=EDGE, ls="", label=words)
    highest = max(top_of(measured), top_of(predicted))
    panel.set_title("\n".join(meanwhile(measured)), fontsize=10)
    panel.set_yticks(ticks(measured, highest))
    panel.set(xlim=(-3, PAGES + 3), ylim=(-0.04 * highest, (1.6 if spoilt else 1.35) * highest))
    panel.set_xlabel("k, pages written before")
    panel.set_ylabel(f"pins of {measured[0].writes} {accesses(measured[0])}")
    panel.set_xticks([0, 8, 16, 32, 64])
    panel.legend(loc="upper left", frameon=False, fontsize=9)
    panel.spines[["top", "right"]].set_visible(False)


def _points(measurements: Iterable[Measurement]) -> tuple[list[int], list[int]]:
    found = [(m.touched, m.acquired) for m in measurements]
    return [k for k, _ in found], [pins for _, pins in found]


def growth(refcounts: Iterable[int], said: int | None = None) -> Picture:
    """Draw a refcount after each of some writes that all stay in flight, and what was `said`.

    Raises TypeError for what are no numbers, ValueError for none and for a guess beyond 2^40.
    """
    grown = [whole("a number in refcounts", each) for each in sequence("refcounts", refcounts)]
    if not grown:
        raise ValueError("refcounts is empty: there has to be at least one")
    writes, last = len(grown), grown[-1]
    if said is not None:
        whole("said", said, -MOST_SAID, MOST_SAID)

    def draw() -> Figure:
        figure = blank(6.4, 3.2)
        panel = figure.subplots()
        panel.plot(range(1, writes + 1), grown, color=OVERFLOW, lw=2)
        panel.plot([writes], [last], "o", color=OVERFLOW)
        panel.annotate(
            str(last), (writes, last), (-8, -4),
            textcoords="offset points", ha="right", weight="bold",
        )  # fmt: skip
        if said is not None and said != last:
            panel.plot([0, writes], [said] * 2, color=YOURS, ls=":", lw=2)
            panel.text(writes / 2, said, f"you said {said}", ha="center", va="bottom")
        ends = {INT_MAX: "2³¹ - 1", 0: "0", INT_MIN: "-2³¹"}
        panel.set_yticks([*ends], [*ends.values()])
        panel.set_xticks([0, writes // 2, writes])
        panel.set(xlabel="writes of 64 pages in flight", ylabel="refcount of the zero page")
        panel.margins(y=0.12)  # room for what was said above the highest
        panel.spines[["top", "right"]].set_visible(False)
        return figure

    guess = "" if said is None else f"You said {said}. "
    ends_at = f"With {writes} writes in flight the refcount is {last}"
    twin = f"{guess}{ends_at}; the highest was {max(grown)}."
    return Picture(draw, f"A line: a refcount over writes in flight. {twin}", twin)


class Watch:
    """A run beside the notebook: how far it is, a button that stops it, and its answer."""

    def __init__(self, run: Run[Answer]) -> None:
        self.run = run
        self.bar = ipywidgets.IntProgress(0, 0, run.progress.total, description="writes")
        self.button = ipywidgets.Button(description="Stop", icon="stop")
        self.button.on_click(lambda _: self.stop())
        self.words = Steady(value=lines("Starting."), role="status")
        self.widget = ipywidgets.VBox([ipywidgets.HBox([self.bar, self.button]), self.words])
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End the run; what was measured until then is dropped."""
        self.run.stop()

    def _follow(self) -> None:
        try:
            answer = self.run.wait(report=self._report)
        except (OSError, RuntimeError) as error:  # a write failed, or somebody stopped it
            self.words.value = lines(f"{error}.")
        else:
            self.words.value = f"<pre>{escape(answer.table())}</pre>"
        self.button.disabled = True

    def _report(self, progress: Progress) -> None:
        self.bar.value = progress.done
        self.words.value = lines(f"{progress.done} of {progress.total} writes.")

    def _ipython_display_(self) -> None:
        from IPython.display import display

        words = f"A run of {self.run.progress.total} writes; wait() returns its answer."
        display(self.widget._repr_mimebundle_() | {"text/plain": words}, raw=True)


def watch(run: Run[Answer]) -> Watch:
    """Show a run that was started with `machine.start`, while the notebook stays free.

    Raises TypeError for anything else.
    """
    return Watch(instance("run", run, Run))


TIMES = (10, 20, 25, 50, 200)
"""How often a buffer may go to disk in a question that is drawn."""


def three_buffers(draw: Draw) -> Drawn:
    """Draw how many pages of a buffer have zeros, and how often each buffer goes to disk."""
    writes, zeros = (draw.one(TIMES), draw.one(range(8, 57))) if draw.seed else (100, PAGES)
    return {
        "writes": writes,
        "zeros": zeros,
        "which": "every page" if zeros == PAGES else f"each of the first {zeros} pages",
        "full": _pins(writes, range(PAGES)),
        "some": _pins(writes, range(zeros)),
    }


def one_byte(draw: Draw) -> Drawn:
    """Draw how many pages get a byte."""
    k, writes = (draw.one(range(2, 63)), draw.one(TIMES)) if draw.seed else (1, 100)
    return {
        "writes": writes,
        "k": k,
        "which": "one page" if k == 1 else f"each of {k} pages",
        "pins": _pins(writes, range(k)),
        "others": writes * (PAGES - k),
    }


def bytes_and_writes(draw: Draw) -> Drawn:
    """Draw a few pages that get a byte, some of them twice."""
    written, writes = [0, 5, 5], 1000
    if draw.seed:
        different = draw.shuffled(range(PAGES))[: draw.one((2, 3, 4))]
        again = [draw.one(different) for _ in range(draw.one((1, 2)))]
        written, writes = draw.shuffled(different + again), draw.one(TIMES)
    return {
        "writes": writes,
        "places": listed(map(str, written)),
        "pins": _pins(writes, written),
        "by_bytes": writes * len(written),
        "frames": len(set(written)),
    }


def _pins(writes: int, written: Iterable[int]) -> int:
    """The pins of that many writes to disk, in the newest model, by written pages."""
    kernel = Kernel()
    mm, addr = buffer_in(kernel, written)
    for _ in range(writes):
        kernel.submit_dio_write(mm, addr, PAGES).complete()
    return kernel.vmstat["nr_foll_pin_acquired"]


# The open task.

PINS_WANTED = 3000
MOST_TIMES = 200
"""Writes of one experiment here: so the pages have to be thought about, too."""


def three_thousand_pins(mine: object) -> Trial:
    """Try a buffer and its writes on Linux 6.18: how many pins they take, and of how many pages."""
    nr_pages, written, writes = parts(mine, "pages", "written", "writes")
    size = whole("pages", nr_pages, 1, PAGES) * PAGE_SIZE
    kernel = Kernel("6.18")
    mm = kernel.new_mm("program")
    addr = mm.mmap(size)
    places = sequence("written", written, "numbers of bytes")
    for byte in places:
        mm.write(addr + whole("a byte in written", byte, 0, size - 1), b"x")
    own = len({entry.page for entry in mm.mapped()})
    for _ in range(times := whole("writes", writes, 1, MOST_TIMES)):
        kernel.submit_dio_write(mm, addr, nr_pages).complete()
    pins = kernel.vmstat[ACQUIRED]
    did = (
        f"{many(len(places), 'byte')} in {own} of {many(nr_pages, 'page')}, "
        f"then {many(times, 'write')}."
    )
    return Trial(did, kernel.trace).checked(
        {"pins": pins == PINS_WANTED, "half": 2 * own < nr_pages},
        pins=many(pins, "pin"), written=own, pages=nr_pages,
    )  # fmt: skip
