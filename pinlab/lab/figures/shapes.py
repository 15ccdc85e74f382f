"""Shapes of the map: boxes, tags and arrows, each as a piece of SVG."""

from __future__ import annotations

from pinlab.lab.palette import EDGE, REFERENCE
from pinlab.lab.svg import PINNED


def rect(
    x: float, y: float, width: float, height: float,
    *, fill: str = "white", colour: str = EDGE, thick: bool = False, faint: bool = False,
    dashed: bool = False, hair: bool = False, round: int = 2,
) -> str:  # fmt: skip
    """Return a box; its edge may be thick, faint, dashed or as thin as a hair."""
    stroke = 3 if thick else 0.4 if hair else 1
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    opacity = ' stroke-opacity="0.45"' if faint else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'rx="{0 if hair else round}" fill="{fill}" stroke="{colour}" '
        f'stroke-width="{stroke}"{dashes}{opacity}/>'
    )


def cross(x: float, y: float, width: float, height: float) -> str:
    """Return two faint lines across what is no longer there."""
    return (
        f'<path d="M{x:g} {y:g} l{width:g} {height:g} '
        f'M{x:g} {y + height:g} l{width:g} {-height:g}" '
        f'stroke="{EDGE}" stroke-opacity="0.35" fill="none"/>'
    )


def luggage(x: float, y: float, width: float, height: float, colour: str, *, thick: bool) -> str:
    """Return a tag: a label with a pointed end and a hole for the string."""
    middle = y + height / 2
    return (
        f'<path class="tag" d="M{x + 9:g} {y:g} H{x + width:g} V{y + height:g} H{x + 9:g} '
        f"L{x:g} {middle + 4:g} "
        f'V{middle - 4:g} Z" fill="white" stroke="{colour}" stroke-width="{3 if thick else 1}" '
        f'stroke-linejoin="round"/>'
        f'<circle cx="{x + 7:g}" cy="{middle:g}" r="2" fill="none" stroke="{colour}"/>'
    )


def chip(x: float, y: float, kind: str) -> str:
    """Return the sign of a kind of hold, as its arrow has it."""
    fill = {"reference": REFERENCE, "pin": PINNED}.get(kind, "white")
    return rect(x, y, 10, 10, fill=fill, dashed=kind not in ("reference", "pin"))


def curve(x0: float, y0: float, x1: float, y1: float) -> str:
    """Return the path of a line that leaves and arrives level."""
    bend = (x1 - x0) / 2
    return f"M{x0:g} {y0:g}C{x0 + bend:g} {y0:g} {x1 - bend:g} {y1:g} {x1:g} {y1:g}"


def head(x: float, y: float, to: int, colour: str, large: int = 4) -> str:
    """Return the head of an arrow that ends at x, pointing right (1) or left (-1)."""
    back = x - to * 2 * large
    return (
        f'<path d="M{x:g} {y:g}L{back:g} {y - large:g}V{y + large:g}Z" fill="{colour}" '
        f'stroke="{EDGE}" stroke-width="0.7"/>'
    )
