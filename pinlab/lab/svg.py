"""SVG: the few pieces that the diagrams are made of, as text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from pinlab.data_folder import DATA
from pinlab.lab.palette import EDGE, PIN
from pinlab.text_files import table

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

WIDTHS = DATA / "letter_widths.csv"
"""Letters of DejaVu Sans, so that a drawing needs no matplotlib; a test holds them to its font."""

LARGE = 100
"""The size in which letters are measured."""

BOX = 60.0
"""How wide the box is that stands for what a font lacks."""

MOST_LINES = 6
"""As many lines as a label in a figure has room for."""


PINNED = "url(#pin)"
"""What fills the shape of a pin: its colour, with thin lines across."""

HATCH = (
    '<defs><pattern id="pin" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" fill="{PIN}"/>'
    f'<path d="M0 6 L6 0" stroke="{EDGE}" stroke-width="0.5" stroke-opacity="0.4"/>'
    "</pattern></defs>"
)


NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Letters that no XML may have (XML 1.0, 2.2, Char); with one of them a picture is not shown."""


def escaped(words: str) -> str:
    """Return words as they stand in XML, without their meaning for it."""
    return escape(NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", words))


def document(width: float, height: float, drawn: str, label: str) -> str:
    """Return a whole SVG, on white, that says itself what it shows."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" style="max-width:100%;height:auto" '
        f'font-family="sans-serif" role="img" aria-label="{escaped(label)}">'
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>{HATCH}{drawn}</svg>'
    )


class Piece(NamedTuple):
    """SVG from the origin on, and how high it is."""

    svg: str
    height: float


def moved(x: float, y: float, drawn: str) -> str:
    """Return SVG that stands elsewhere than it was drawn."""
    return f'<g transform="translate({x:g} {y:g})">{drawn}</g>'


def stacked(pieces: Iterable[Piece], apart: float) -> Piece:
    """Return pieces one below the other, with room below each."""
    drawn, y = "", 0.0
    for piece in pieces:
        drawn += moved(0, y, piece.svg)
        y += piece.height + apart
    return Piece(drawn, y)


def text(
    x: float, y: float, words: str,
    *, size: int, fill: str = EDGE, weight: str = "normal", anchor: str = "start", halo: str = "",
) -> str:  # fmt: skip
    """Return a line of text that stands on y, with a rim of colour `halo` where lines cross it."""
    rim = f' stroke="{halo}" stroke-width="3" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{fill}" font-weight="{weight}" '
        f'text-anchor="{anchor}"{rim}>{escaped(words)}</text>'
    )


def edge(width: float = 1, colour: str = EDGE, *, dashed: bool = False, faint: bool = False) -> str:
    """Return the edge of a shape, as attributes."""
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    opacity = ' stroke-opacity="0.45"' if faint else ""
    return f'stroke="{colour}" stroke-width="{width:g}"{dashes}{opacity}'


THIN, THICK, HAIR = edge(), edge(3), edge(0.4)


def rect(
    x: float, y: float, width: float, height: float,
    *, fill: str = "white", edge: str = THIN, round: int = 2,
) -> str:  # fmt: skip
    """Return a box."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round}" '
        f'fill="{fill}" {edge}/>'
    )


def measured(words: str, size: int, *, bold: bool = False) -> float:
    """Return how wide a line is in DejaVu Sans, a wide one of the fonts that a browser may take."""
    widths = _widths()
    return sum(widths.get(letter, (BOX, BOX))[bold] for letter in words) * size / LARGE


@cache
def _widths() -> dict[str, tuple[float, float]]:
    """By letter, how wide it is, and how wide in bold."""
    return dict(
        table(
            WIDTHS,
            ("code", "regular", "bold"),
            lambda row: (chr(int(row["code"], 16)), (float(row["regular"]), float(row["bold"]))),
        )
    )


def label(words: str, columns: int = 34) -> str:
    """Return somebody's words as matplotlib draws them letter by letter, in a few short lines.

    There $ begins mathematics, which may be none, and what a font lacks is warned of.
    """
    lines = wrap(words, columns, max_lines=MOST_LINES, placeholder=" ...")
    return "\n".join(map(_drawn, lines)).replace("$", r"\$")


def _drawn(line: str) -> str:
    """A line with a sign for each letter that the font lacks."""
    known = _matplotlib_font().get_char_index
    return "".join(one if known(ord(one)) else "\N{REPLACEMENT CHARACTER}" for one in line)


@cache
def _matplotlib_font() -> FT2Font:
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font  # here alone, since a drawing needs no matplotlib

    return FT2Font(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))


def fitted(words: str, width: float, size: int, *, bold: bool = False) -> list[str]:
    """Return words as lines that are no wider than `width`, if no single word is.

    A space that does not break (U+00A0) keeps words together.

    >>> fitted("writes memory (from disk)", 120, 12)
    ['writes memory', '(from disk)']
    """
    lines: list[str] = []
    for word in filter(None, words.split(" ")):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measured(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
