"""An exhibit: a widget, and beside it what a reader without widgets sees."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import ipywidgets

from pinlab.lab.picture import MOVES, Shown, image

CSS_CLASS = "pinlab-exhibit"
"""What the outermost box of every exhibit is called in the page."""


@dataclass(frozen=True)
class Exhibit:
    """A widget, and the picture of a few of its positions for readers without widgets.

    A front end shows the widget if it can, else the picture; the picture's twin is folded below
    either of them, and `moves` above its words says what they are about.
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

    def __init__(self, *controls: ipywidgets.Widget) -> None:
        self._words, self._picture = ipywidgets.HTML(), ipywidgets.HTML()
        self.widget = ipywidgets.VBox([*controls, self._words, self._picture])
        self.widget.add_class(CSS_CLASS)

    def show(self, content: bytes | str, sentence: str) -> None:
        """Show a picture (PNG, or SVG with what stands below it), and say what it shows."""
        if isinstance(content, bytes):
            content = image(content, "image/png", sentence)
        self._picture.value = content
        self._words.value = status(sentence)
