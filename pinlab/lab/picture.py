"""A picture with everything a reader without eyes or without Python needs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATIC_DPI = 144
MOVING_DPI = 96
"""Dots per inch: a stored picture is sharp on any screen, one under a slider is quick."""


def png(figure: Figure, dpi: int = STATIC_DPI) -> bytes:
    """Return a figure as PNG, the same bytes every time it is drawn with the same software."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def width(figure: Figure) -> int:
    """Return how wide a figure is shown, in pixels of the page."""
    return int(figure.get_figwidth() * MOVING_DPI)


@dataclass(frozen=True)
class Picture:
    """A figure, its alt text, and its text twin: the same numbers from the same state.

    In a notebook it shows the picture, and the twin as plain text below it.
    """

    figure: Figure
    alt: str
    twin: str

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(
            {"image/png": png(self.figure), "text/plain": self.alt},
            metadata={"image/png": {"alt": self.alt, "width": width(self.figure)}},
            raw=True,
        )
        print(self.twin)

    def __str__(self) -> str:
        return self.twin
