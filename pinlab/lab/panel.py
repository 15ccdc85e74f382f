"""A panel: buttons and pictures as HTML, drawn anew in Python whenever a button is pressed.

Its few lines of JavaScript know nothing of what is shown: they send presses, put in the answer,
keep the focus where it was, and repeat what is held down.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import NamedTuple

import anywidget
from traitlets import Int, Unicode

JS = Path(__file__).parent / "js"


class Face(NamedTuple):
    """What a panel shows: HTML, below it a sentence that is announced, and HTML below that."""

    above: str
    said: str = ""
    below: str = ""


class ButtonPanel(anywidget.AnyWidget):
    """Buttons and pictures; `answer` gets what a pressed button stands for, and "" at first.

    >>> panel = ButtonPanel(lambda press: Face(button("pin", "Pin a page"), f"Pressed: {press}"))
    >>> panel.press("pin")
    >>> panel.said
    'Pressed: pin'
    """

    _esm = JS / "panel.js"
    _css = JS / "panel.css"
    above, said, below = (Unicode().tag(sync=True) for _ in range(3))
    turn = Int().tag(sync=True)

    def __init__(self, answer: Callable[[str], Face]) -> None:
        super().__init__()
        self._answer = answer
        self.on_msg(lambda _widget, sent, _buffers: self.press(sent["press"]))
        self.press("")

    def press(self, press: str) -> None:
        """Show the answer to a press, all of it at once."""
        with self.hold_sync():
            self.above, self.said, self.below = self._answer(press)
            self.turn += 1


def button(press: str, words: str, **attributes: str) -> str:
    """Return a button as HTML; attributes are spelled `aria_pressed`, `class_`."""
    more = "".join(
        f' {name.strip("_").replace("_", "-")}="{escape(it)}"' for name, it in attributes.items()
    )
    return f'<button type="button" data-press="{escape(press)}"{more}>{escape(words)}</button>'


def row(*parts: str) -> str:
    """Return buttons and words side by side."""
    return f'<div class="row">{"".join(parts)}</div>'
