"""Widgets: built by factory functions, usable with the keyboard, with the result in words.

Each one is shown with something that needs no widget: a filmstrip, or plain text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import ipywidgets

from pinlab.lab.figures import TouchedPages, touched_filmstrip
from pinlab.lab.picture import MOVING_DPI, Picture, png, width
from pinlab.machine import Answer, Progress, Run
from pinlab.machine.buffers import PAGES
from pinlab.model.arguments import instance, whole


@dataclass(frozen=True)
class Exhibit:
    """A widget, and the picture of a few of its positions for readers without widgets."""

    widget: ipywidgets.Widget
    filmstrip: Picture

    def _ipython_display_(self) -> None:
        show(self.widget, "In JupyterLab a slider stands here; some of its positions are below.")
        self.filmstrip._ipython_display_()


def show(widget: ipywidgets.Widget, otherwise: str) -> None:
    """Display a widget, with words for a front end that has none."""
    from IPython.display import display

    bundle = widget._repr_mimebundle_()
    display(bundle | {"text/plain": otherwise}, raw=True)


def slider(label: str, value: int, highest: int, changed: Callable[[int], None]) -> ipywidgets.HBox:
    """Return a slider from 0 to `highest` with a number box; either one calls `changed`."""
    style = {"description_width": "initial"}
    bar = ipywidgets.IntSlider(
        value, 0, highest, description=label, style=style, readout=False,
        layout=ipywidgets.Layout(width="28em"),
    )  # fmt: skip
    box = ipywidgets.BoundedIntText(
        value, 0, highest, description=f"{label} as a number", style=style,
        layout=ipywidgets.Layout(width="14em"),
    )  # fmt: skip
    ipywidgets.link((bar, "value"), (box, "value"))
    bar.observe(lambda change: changed(change["new"]), "value")
    return ipywidgets.HBox([bar, box])


def status(sentence: str) -> str:
    """Return a sentence as HTML that a screen reader announces when it changes."""
    return f'<p role="status">{escape(sentence)}</p>'


def touched_pages(measured: Answer, k: int = 8) -> Exhibit:
    """Return a slider over the written pages of a buffer: its frames, its pins, in words.

    `measured` is the answer to a question about numbers of touched pages, as
    `machine.ask(0, 1, 2, 8, 32, 64, writes=100)`; the slider begins at `k`.
    Raises TypeError for what is no Answer or no k, ValueError for an empty answer or a k beyond 64.
    """
    k = whole("k", k, 0, PAGES)
    figure = TouchedPages(measured)
    picture = ipywidgets.Image(format="png", width=width(figure.figure))
    words = ipywidgets.HTML()

    def draw(k: int) -> None:
        figure.draw(k)
        picture.value = png(figure.figure, MOVING_DPI)
        words.value = status(figure.sentence(k))

    draw(k)
    return Exhibit(
        ipywidgets.VBox([slider("k", k, PAGES, draw), words, picture]), touched_filmstrip(measured)
    )


class Watch:
    """A run beside the notebook: how far it is, a button that stops it, and its answer."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.bar = ipywidgets.IntProgress(0, 0, run.progress.total, description="writes")
        self.button = ipywidgets.Button(description="Stop", icon="stop")
        self.button.on_click(lambda _: self.stop())
        self.words = ipywidgets.HTML(status("Starting."))
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
            self.words.value = status(f"{error}.")
        else:
            self.words.value = f'<pre role="status">{escape(answer.table())}</pre>'
        self.button.disabled = True

    def _report(self, progress: Progress) -> None:
        self.bar.value = progress.done
        self.words.value = status(f"{progress.done} of {progress.total} writes.")

    def _ipython_display_(self) -> None:
        show(self.widget, f"A run of {self.run.progress.total} writes; wait() returns its answer.")


def watch(run: Run) -> Watch:
    """Show a run that was started with `machine.start`, while the notebook stays free.

    Raises TypeError for anything else.
    """
    return Watch(instance("run", run, Run))
