"""A grid: rows with a name, columns with a head, and a word or a value in each cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pinlab.lab.palette import EDGE, ZERO_PAGE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import fitted, measured, text
from pinlab.table import Table

LETTERS = 12
FAINT = "#666666"

SOME = (
    '<defs><pattern id="some" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="white"/>'
    f'<path d="M0 7 L7 0" stroke="{EDGE}" stroke-width="2" stroke-opacity="0.6"/>'
    "</pattern></defs>"
)
NO, PARTLY, ALL, IDLE = "white", "url(#some)", "#444444", ZERO_PAGE
"""The worse, the darker: white, lines across (of which `SOME` has to be told first), dark; and what
counts for nothing.
"""

LINE = 15
"""From a line of a name to the next."""


@dataclass(frozen=True)
class Grid:
    """Where the cells are: `left` of them stand the names of the rows, above them is the `head`.

    cell, tall: the size of one. margin: at the edges, and before the names.
    """

    left: float
    cell: float
    head: float
    tall: float = 24
    margin: float = 12

    def x(self, column: int) -> float:
        """Return the left edge of a column."""
        return self.left + self.cell * column

    def middle(self, column: int) -> float:
        """Return the middle of a column."""
        return self.x(column) + self.cell / 2

    def y(self, row: int) -> float:
        """Return the upper edge of a row."""
        return self.head + self.tall * row

    def with_room_for(self, name: str, size: int, y: float) -> Grid:
        """Return the same from y on, with rows as high as a name of several lines."""
        lines = fitted(name, self.left - 2 * self.margin, size)
        return replace(self, head=y, tall=LINE * len(lines) + 9)

    def heading(
        self, column: int, words: str, up: float = 12, size: int = 13, weight: str = "bold"
    ) -> str:
        """Return the head of a column in lines that fit; the last stands `up` from the cells."""
        lines = fitted(words, self.cell - 4, size)
        last = len(lines) - 1
        return "".join(
            text(
                self.middle(column), self.head - up - (size + 3) * (last - n), line,
                size=size, weight=weight, anchor="middle",
            )
            for n, line in enumerate(lines)
        )  # fmt: skip

    def headings(self, words: Iterable[str], up: float = 12, size: int = 13) -> str:
        """Return the heads of all columns."""
        return "".join(self.heading(n, each, up, size) for n, each in enumerate(words))

    def row(
        self, row: int, name: str, words: Sequence[str], fill: Mapping[str, str],
        size: int = LETTERS - 1,
    ) -> str:  # fmt: skip
        """Return a row: its name, and a cell for each of the words with the fill that it has."""
        lines = fitted(name, self.left - 2 * self.margin, size)
        told = [
            text(self.margin, self.y(row) + 16 + LINE * n, line, size=size)
            for n, line in enumerate(lines)
        ]
        cells = [self.words(n, row, word, fill[word]) for n, word in enumerate(words)]
        return "".join([*told, *cells])

    def words(self, column: int, row: int, words: str, fill: str) -> str:
        """Return a cell with its words on white ground, or white words where it is all coloured."""
        x, y, middle = self.x(column), self.y(row), self.middle(column)
        line = y + self.tall / 2 + 4
        box = (
            f'<rect class="cell" x="{x:g}" y="{y:g}" width="{self.cell:g}" '
            f'height="{self.tall:g}" fill="{fill}" stroke="{EDGE}" stroke-width="0.6"/>'
        )
        ground = measured(words, LETTERS - 2) + 4
        if fill == PARTLY:
            box += (
                f'<rect x="{middle - ground / 2:.1f}" y="{line - 10:g}" width="{ground:.1f}" '
                'height="13" fill="white"/>'
            )
        ink = {ALL: "white", IDLE: FAINT}.get(fill, EDGE)
        return box + text(middle, line, words, size=LETTERS - 2, fill=ink, anchor="middle")

    def edge(self, column: int, row: int, width: float, kind: str = "") -> str:
        """Return a thick left edge of a cell; `kind` is what its class says that it means."""
        named = f'class="{kind}" ' if kind else ""
        place = f"M{self.x(column):g} {self.y(row):g}v{self.tall:g}"
        return f'<path {named}d="{place}" stroke="{EDGE}" stroke-width="{width:g}"/>'

    def drawing(
        self, columns: int, rows: int, drawn: Iterable[str], about: str, twin: Iterable[str],
        table: Table | None = None,
    ) -> Drawing:  # fmt: skip
        """Return the whole, as `picture.drawing` does."""
        size = self.x(columns) + self.margin, self.y(rows) + self.margin
        return drawing(*size, drawn, about, twin, table)
