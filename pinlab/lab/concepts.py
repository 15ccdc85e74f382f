"""The concept map: the terms of the lessons, and the words by which one leads to another.

What is drawn is data/concepts.csv, with the lessons of data/glossary.csv. Each lesson has a part of
its own, with the arrows that can be read once its words are known. In a part a term stands in a row
below all that lead to it, and the words of an arrow have a place in the row above the term that
they lead to. So no words can lie on others, whatever is added to the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, groupby, pairwise
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.lab import svg
from pinlab.lab.layers import ordered, placed, ranks
from pinlab.lab.palette import EDGE, ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.model.arguments import one_of
from pinlab.text_files import table

WIDTH, MARGIN = 520, 2
APART, BETWEEN, PARTS = 14, 16, 20
"""Room between neighbours in a row, between rows, and between parts."""

TITLE, TERM, WORDS = 13, 14, 12
"""Sizes of letters."""

HEADING, BOX, TAG, PAD, LINE, NARROW = 34, 30, 24, 8, 14, 92
"""Room for a part's title; of a box its height, the part with the lesson and the room around the
term; of an arrow's words the height of a line, and how wide one becomes."""

MOST = 4
"""Terms in a row: so many have room beside the lines that go past them."""

STRAIGHT = 4
"""How much more the parts of an arrow keep below each other than boxes below what leads to them."""

HEAD = (
    '<defs><marker id="next-term" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
    f'markerHeight="8" orient="90"><path d="M0 0 L8 4 L0 8 Z" fill="{EDGE}"/></marker></defs>'
)


class Arrow(NamedTuple):
    """One row of data/concepts.csv: a term, words, and the term that they lead to."""

    source: str
    words: str
    target: str


@dataclass(frozen=True, eq=False)
class Spot:
    """A place in a row: a term in its box, the words of an arrow, or a bend of one (neither)."""

    term: str = ""
    lines: Sequence[str] = ()

    @property
    def width(self) -> float:
        """How wide it is, in pixels."""
        if self.term:
            return TAG + 2 * PAD + svg.measured(self.term, TERM, bold=True)
        return max((svg.measured(line, WORDS) for line in self.lines), default=0)

    @property
    def height(self) -> float:
        """How high it is, in pixels."""
        return BOX if self.term else LINE * len(self.lines)


class Place(NamedTuple):
    """Where a spot is: its middle from the left, its row's top and height, and its own edges."""

    x: float
    top: float
    high: float
    above: float
    below: float


def arrows() -> list[Arrow]:
    """Return the rows of data/concepts.csv."""
    columns = ("from", "words", "to")
    return table(DATA / "concepts.csv", columns, lambda row: Arrow(*row.values()))


def lessons() -> dict[str, str]:
    """Return the lesson that uses each term first, from data/glossary.csv."""
    columns = ("term", "also", "definition", "source", "lesson")
    rows = table(DATA / "glossary.csv", columns, dict, unique=["term"])
    return {row["term"]: row["lesson"] for row in rows}


def concept_map(lesson: str = "") -> Drawing:
    """Draw the terms of a lesson and what leads from one to another, with links in words.

    lesson: its two digits; "" for all lessons, one below the other. Raises ValueError for a lesson
    without a part.
    """
    lesson_of = lessons()

    def later(arrow: Arrow) -> str:
        return max(lesson_of[arrow.source], lesson_of[arrow.target])[:2]

    parts = {part: list(some) for part, some in groupby(sorted(arrows(), key=later), later)}
    if lesson != "":
        parts = {one_of("lesson", lesson, parts): parts[lesson]}
    return draw(parts, lesson_of)


def draw(parts: Mapping[str, Sequence[Arrow]], lesson_of: Mapping[str, str]) -> Drawing:
    """Draw parts by their lessons' two digits, one below the other.

    Raises ValueError for arrows of a part in a circle, or for more in a row than there is room for.
    """
    drawn = svg.stacked((_part(*part, lesson_of) for part in parts.items()), PARTS)
    rows = [row for some in parts.values() for row in some]
    ends = dict.fromkeys(term for row in rows for term in (row.source, row.target))
    terms = sorted(ends, key=lesson_of.__getitem__)
    alt = (
        f"{len(terms)} terms in boxes, each with the number of its lesson, and {len(rows)} arrows "
        f"with words from one term to another. First comes {terms[0]}, last {terms[-1]}."
    )
    twin = "\n".join(_in_words(term, rows, lesson_of[term]) for term in terms)
    whole = svg.document(WIDTH, drawn.height - PARTS, HEAD + drawn.svg, alt)
    return Drawing(whole, alt, twin, linked=True)


def _part(lesson: str, arrows: Sequence[Arrow], lesson_of: Mapping[str, str]) -> svg.Piece:
    rank = ranks([(arrow.source, arrow.target) for arrow in arrows], MOST)
    rows: list[list[Spot]] = [[] for _ in range(2 * max(rank.values()) + 1)]
    boxes = {term: Spot(term) for term in rank}
    for term, box in boxes.items():
        rows[2 * rank[term]].append(box)
    ways: list[list[Spot]] = []
    for arrow in arrows:
        between = rows[2 * rank[arrow.source] + 1 : 2 * rank[arrow.target]]
        words = Spot(lines=svg.fitted(arrow.words, NARROW, WORDS))
        inner = [*(Spot() for _ in between[1:]), words]
        for row, spot in zip(between, inner, strict=True):
            row.append(spot)
        ways.append([boxes[arrow.source], *inner, boxes[arrow.target]])
    places = _places(rows, ways)
    drawn = svg.text(MARGIN, TITLE, f"Lesson {lesson}", size=TITLE)
    drawn += "".join(_line(above, below, places) for way in ways for above, below in pairwise(way))
    drawn += "".join(_spot(spot, place, lesson, lesson_of) for spot, place in places.items())
    bottom = max(place.top + place.high for place in places.values())
    return svg.Piece(drawn, bottom + MARGIN)


def _places(rows: list[list[Spot]], ways: Sequence[Sequence[Spot]]) -> dict[Spot, Place]:
    joined = [pair for way in ways for pair in pairwise(way)]
    rows = ordered(rows, joined)
    straight = [pair for way in ways for pair in combinations(way[1:-1], 2)] * STRAIGHT
    widths = {spot: spot.width for row in rows for spot in row}
    middles = placed(rows, [*joined, *straight], widths, APART, WIDTH - 2 * MARGIN)
    heights = [max(spot.height for spot in row) for row in rows]
    tops = accumulate((high + BETWEEN for high in heights), initial=HEADING)
    places = {}
    for row, top, high in zip(rows, tops, heights, strict=False):
        for spot in row:
            # A bend goes all through the row.
            above = top + (high - spot.height) / 2 if spot.height else top
            places[spot] = Place(MARGIN + middles[spot], top, high, above, above + spot.height)
    return places


def _line(above: Spot, below: Spot, places: Mapping[Spot, Place]) -> str:
    """A piece of an arrow: straight down through a row, a bend between rows, and straight again."""
    start, end = places[above], places[below]
    y, to_y = start.top + start.high, end.top
    half = (y + to_y) / 2
    head = ' marker-end="url(#next-term)"' if below.term else ""
    return (
        f'<path d="M{start.x:.1f} {start.below:.1f} V{y:.1f} '
        f"C{start.x:.1f} {half:.1f} {end.x:.1f} {half:.1f} {end.x:.1f} {to_y:.1f} "
        f'V{end.above:.1f}" fill="none" stroke="{EDGE}"{head}/>'
    )


def _spot(spot: Spot, place: Place, part: str, lesson_of: Mapping[str, str]) -> str:
    """A term in its box, with a filled number in the part of its own lesson, or words."""
    x, y = place.x, place.above
    if not spot.term:
        return "".join(
            svg.text(round(x, 1), round(y + LINE * n - 3, 1), line, size=WORDS, anchor="middle")
            for n, line in enumerate(spot.lines, start=1)
        )
    lesson, left, base = lesson_of[spot.term][:2], round(x - spot.width / 2, 1), y + BOX / 2 + 5
    own = lesson == part
    tag = f'<rect x="{left:g}" y="{y:g}" width="{TAG}" height="{BOX}" fill="{ZERO_PAGE}"/>'
    return (
        tag
        * own
        + f'<rect x="{left:g}" y="{y:g}" width="{spot.width:.1f}" height="{BOX}" fill="none" '
        f'stroke="{EDGE}"/>'
        + svg.text(left + TAG / 2, base, lesson, size=WORDS, anchor="middle")
        + svg.text(left + TAG + PAD, base, spot.term, size=TERM, weight="bold" if own else "normal")
    )


def _in_words(term: str, rows: Iterable[Arrow], lesson: str) -> str:
    """A term, its lesson, and what it leads to; for one that ends a way, what leads to it."""
    cell = re.sub(r"[^a-z0-9]+", "-", term.lower())
    on = [f"{row.words} {row.target}" for row in rows if row.source == term]
    here = on or [" ".join(row) for row in rows if row.target == term]
    links = f"[{term}](glossary.ipynb#cell-id={cell}) ([lesson {lesson[:2]}]({lesson}.ipynb))"
    return f"- {links}: {'; '.join(here)}."
