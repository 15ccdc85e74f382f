"""The player: pictures of the steps of a story, played or gone through one by one."""

from __future__ import annotations

from typing import TypedDict

import anywidget
from traitlets import Int, List

from pinlab.lab.exhibit import CSS_CLASS
from pinlab.lab.panel import JS


class PlayedStep(TypedDict):
    """What is shown of a step: its map as SVG, its words, its code, and its lines of the trace."""

    svg: str
    words: str
    code: str
    trace: str


class Player(anywidget.AnyWidget):
    """Plays `steps`, of which the first is before the story; `at` is the one that is shown.

    All of them are sent at once, so that a page without a kernel can play them, too.
    """

    _esm = JS / "player.js"
    _css = JS / "pointed.css"
    steps: List[PlayedStep] = List().tag(sync=True)
    at = Int().tag(sync=True)

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.add_class(CSS_CLASS)

    @property
    def last(self) -> int:
        """The number of the last step."""
        return len(self.steps) - 1

    def load(self, steps: list[PlayedStep]) -> None:
        """Take another story, at the same step or, if it is shorter, at its end."""
        with self.hold_sync():
            self.at = min(self.at, len(steps) - 1)
            self.steps = steps
