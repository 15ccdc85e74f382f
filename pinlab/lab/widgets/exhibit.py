"""An exhibit: a widget, and beside it what a reader without widgets sees."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import ipywidgets

from pinlab.lab.figures.kept import Kept
from pinlab.lab.picture import MOVES, Shown, width

CSS_CLASS = "pinlab-exhibit"
"""What the outermost box of every exhibit is called in the page."""


@dataclass(frozen=True)
class Exhibit:
    """A widget, and the picture of a few of its positions for readers without widgets.

    A front end shows the widget if it can, else the picture; the picture's twin stands below
    either of them, and `moves` above it says what it is about.
    """

    widget: ipywidgets.Widget
    filmstrip: Shown
    moves: str = MOVES

    def _ipython_display_(self) -> None:
        self.filmstrip.show(self.widget._repr_mimebundle_(), self.moves)

    def __str__(self) -> str:
        return str(self.filmstrip)


def status(sentence: str) -> str:
    """Return a sentence, or lines, as HTML that a screen reader announces when it changes."""
    lines = escape(sentence).replace("\n", "<br>")
    return f'<p role="status">{lines}</p>'


class Stage:
    """Controls, the sentence that is announced, and below them the picture."""

    def __init__(self, *controls: ipywidgets.Widget, picture: ipywidgets.Widget) -> None:
        self._words = ipywidgets.HTML()
        self._picture = picture
        self.widget = ipywidgets.VBox([*controls, self._words, picture])
        self.widget.add_class(CSS_CLASS)

    def show(self, content: bytes | str, sentence: str) -> None:
        """Show a picture (PNG or SVG), and say what it shows."""
        self._picture.value = content
        self._words.value = status(sentence)


def image(kept: Kept) -> ipywidgets.Image:
    """Return the place for pictures of a kept figure."""
    return ipywidgets.Image(format="png", width=width(kept.figure))
