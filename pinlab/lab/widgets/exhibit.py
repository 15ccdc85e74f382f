"""The stage of the exhibits that are not yet made by `pinlab.lab.exhibit`."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.exhibit import CSS_CLASS, Exhibit, status
from pinlab.lab.picture import image

__all__ = ["CSS_CLASS", "Exhibit", "Stage", "status"]


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
