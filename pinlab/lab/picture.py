"""Pictures with everything a reader without eyes or without Python needs beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING

from pinlab.model.arguments import instance, mapping

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

STATIC_DPI = 144
MOVING_DPI = 96
"""Dots per inch: a stored picture is sharp on any screen, one under a slider is quick."""

COLUMNS = 96
"""Characters that a printed page of a notebook has room for in a line."""

MOVES = "Some positions of the sliders, in words:"


def png(figure: Figure, dpi: int = STATIC_DPI) -> bytes:
    """Return a figure as PNG, the same bytes every time it is drawn with the same software."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def width(figure: Figure) -> int:
    """Return how wide a figure is shown, in pixels of the page."""
    return int(figure.get_figwidth() * MOVING_DPI)


class Shown(ABC):
    """What is shown: a picture with alt text, and below it the same in words and as a table.

    `twin` has a sentence or more in each line; `table` is for what is read better in columns.
    """

    alt: str
    twin: str
    table: DataFrame | None

    @abstractmethod
    def bundle(self) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
        """Return the picture by MIME type, and the metadata of each type."""

    def show(self, live: Mapping[str, object] = MappingProxyType({}), moves: str = MOVES) -> None:
        """Display the picture, or `live` in a front end that can show that, and the words.

        `moves` says what the words are about where they stand below something live.
        """
        from IPython.display import display

        mapping("live", live)
        instance("moves", moves, str)
        data, metadata = self.bundle()
        display({**live, **data, "text/plain": self.alt}, metadata=metadata, raw=True)
        lines = [*([moves] if live else []), *self.twin.split("\n")]
        words = {"text/plain": fitted("\n".join(lines)), "text/markdown": "\n\n".join(lines)}
        display(words, raw=True)
        if self.table is not None:
            display(self.table)

    def _ipython_display_(self) -> None:
        self.show()

    def __str__(self) -> str:
        table = "" if self.table is None else f"\n{self.table.to_string()}"
        return fitted(self.twin) + table


@dataclass(frozen=True, eq=False)
class Picture(Shown):
    """A figure, its alt text, and its text twin: the same numbers from the same state."""

    figure: Figure
    alt: str
    twin: str
    table: DataFrame | None = None

    def bundle(self) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
        """Return the figure as PNG."""
        shown = {"alt": self.alt, "width": width(self.figure)}
        return {"image/png": png(self.figure)}, {"image/png": shown}


@dataclass(frozen=True, eq=False)
class Drawing(Shown):
    """A diagram as SVG source, its alt text and its text twin."""

    svg: str
    alt: str
    twin: str
    table: DataFrame | None = None

    def bundle(self) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
        """Return the diagram as SVG."""
        return {"image/svg+xml": self.svg}, {"image/svg+xml": {"alt": self.alt}}


def fitted(text: str) -> str:
    """Return a text with its long lines broken between words."""
    return "\n".join(fill(line, COLUMNS) for line in text.split("\n"))
