"""The concept map: the terms of the lessons, and the words by which one leads to another.

What is drawn is data/concepts.csv, with the lessons of data/glossary.csv. Each lesson has a part of
its own, with the arrows that can be read once its words are known; so the map grows by a part with
each lesson, and no part does. In a part a term stands in a row below all that lead to it, and the
words of an arrow have a place in the row above the term that they lead to. So no words can lie on
others, whatever is added to the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, groupby, pairwise
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.lab import svg
from pinlab.lab.figures.layers import ordered, placed, ranks
from pinlab.lab.palette import EDGE, ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.lab.problems import LESSONS
from pinlab.text_files import table

WIDTH, COLUMN, MARGIN = 800, 388, 2
APART, BETWEEN = 14, 16
"""Room between neighbours in a row, and between rows."""

TERM, WORDS = 14, 12
"""Sizes of letters."""

BOX, TAG, PAD, LINE, NARROW = 30, 24, 8, 14, 92
"""Of a box its height, the part with the lesson and the room around the term; of an arrow's words
the height of a line, and how wide one becomes."""


TITLE, HEADING = 13, 34
"""Size of letters of a part's title, and the room for it."""

MOST = 3
"""Terms in a row: so many have room beside the lines that go past them."""

STRAIGHT = 4
"""How much more the parts of an arrow keep below each other than boxes below what leads to them."""


@dataclass(frozen=True)
class Arrow:
    """One row of data/concepts.csv: a term, words, and the term that they lead to."""

    source: str
    words: str
    target: str

    def __str__(self) -> str:
        return f"{self.source} {self.words} {self.target}"


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


def arrows() -> list[Arrow]:
    """Return the rows of data/concepts.csv."""
    columns = ("from", "words", "to")
    return table(DATA / "concepts.csv", columns, lambda row: Arrow(*row.values()))


def lessons() -> dict[str, str]:
    """Return the lesson that uses each term first, from data/glossary.csv."""
    columns = ("term", "also", "definition", "source", "lesson")
    rows = table(DATA / "glossary.csv", columns, dict, unique=["term"])
    return {row["term"]: row["lesson"] for row in rows}


def concept_map() -> Drawing:
    """Draw the terms of all lessons and what leads from one to another, with links in words."""
    return draw(arrows(), lessons(), {each.name for each in LESSONS})


def draw(rows: Sequence[Arrow], lesson_of: Mapping[str, str], there: Collection[str]) -> Drawing:
    """Draw arrows between terms; the box of a term is dashed if its lesson is not `there`.

    Raises ValueError for arrows of one lesson in a circle, or for more in a row than there is room
    for.
    """
    parts = {lesson: _plan(some) for lesson, some in _by_lesson(rows, lesson_of)}
    drawn, height = "", 0.0
    for left, column in zip((0, WIDTH - COLUMN), _columns(parts), strict=True):
        top = 0.0
        for lesson in column:
            places, ways, high = parts[lesson]
            placed_here = {spot: place.moved(left, top) for spot, place in places.items()}
            drawn += svg.text(left + MARGIN, top + TITLE, f"Lesson {lesson[:2]}", size=TITLE)
            drawn += "".join(_line(way, placed_here) for way in ways)
            drawn += "".join(_spot(*at, lesson, lesson_of, there) for at in placed_here.items())
            top += high + APART
        height = max(height, top)
    terms = sorted(
        dict.fromkeys(term for row in rows for term in (row.source, row.target)),
        key=lambda term: lesson_of[term],
    )
    alt = (
        f"{len(terms)} terms in boxes, each with the number of its lesson, and {len(rows)} arrows "
        f"with words from one term to another, lesson by lesson. First comes {terms[0]}, last "
        f"{terms[-1]}."
    )
    twin = "\n".join(_in_words(term, rows, lesson_of[term], there) for term in terms)
    return Drawing(svg.document(WIDTH, height, HEAD + drawn, alt), alt, twin, linked=True)


def _columns(parts: Mapping[str, Part]) -> tuple[list[str], list[str]]:
    """The lessons in two columns, down the left one first, of about the same height."""
    names, heights = list(parts), [high for *_, high in parts.values()]
    cut = min(range(len(names) + 1), key=lambda n: max(sum(heights[:n]), sum(heights[n:])))
    return names[:cut], names[cut:]


def _by_lesson(
    rows: Iterable[Arrow], lesson_of: Mapping[str, str]
) -> Iterator[tuple[str, Sequence[Arrow]]]:
    """The lessons in order, each with the arrows whose later term is its own."""

    def later(row: Arrow) -> str:
        return max(lesson_of[row.source], lesson_of[row.target])

    for lesson, arrows_of_it in groupby(sorted(rows, key=later), later):
        yield lesson, list(arrows_of_it)


class Place(NamedTuple):
    """Where a spot is: its middle from the left, and its row's top and height."""

    x: float
    top: float
    high: float

    def above(self, spot: Spot) -> float:
        """Where the spot begins, in the middle of its row; a bend goes all through the row."""
        return self.top + (self.high - spot.height) / 2 if spot.height else self.top

    def below(self, spot: Spot) -> float:
        """Where the spot ends, or a bend begins."""
        return self.above(spot) + spot.height

    def moved(self, right: float, down: float) -> Place:
        """Return the same place in a part that stands further right and down."""
        return Place(self.x + right, self.top + down, self.high)


Places = dict[Spot, Place]
Ways = list[list[Spot]]
Part = tuple[Places, Ways, float]


def _plan(arrows: Sequence[Arrow]) -> Part:
    """Where every spot of a part is, each arrow's way over them, and how high the part is."""
    rank = ranks([(arrow.source, arrow.target) for arrow in arrows], MOST)
    rows: list[list[Spot]] = [[] for _ in range(2 * max(rank.values()) + 1)]
    boxes = {term: Spot(term) for term in rank}
    for term, box in boxes.items():
        rows[2 * rank[term]].append(box)
    ways: Ways = []
    for arrow in arrows:
        between = rows[2 * rank[arrow.source] + 1 : 2 * rank[arrow.target]]
        words = Spot(lines=svg.fitted(arrow.words, NARROW, WORDS))
        inner = [*(Spot() for _ in between[1:]), words]
        for row, spot in zip(between, inner, strict=True):
            row.append(spot)
        ways.append([boxes[arrow.source], *inner, boxes[arrow.target]])
    joined = [pair for way in ways for pair in pairwise(way)]
    rows = ordered(rows, joined)
    straight = [pair for way in ways for pair in combinations(way[1:-1], 2)] * STRAIGHT
    widths = {spot: spot.width for row in rows for spot in row}
    middles = placed(rows, [*joined, *straight], widths, APART, COLUMN - 2 * MARGIN)
    heights = [max(spot.height for spot in row) for row in rows]
    *tops, end = accumulate((h + BETWEEN for h in heights), initial=HEADING)
    places = {
        spot: Place(MARGIN + middles[spot], top, high)
        for row, top, high in zip(rows, tops, heights, strict=True)
        for spot in row
    }
    return places, ways, end - BETWEEN + MARGIN


HEAD = (
    '<defs><marker id="next-term" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
    f'markerHeight="8" orient="90"><path d="M0 0 L8 4 L0 8 Z" fill="{EDGE}"/></marker></defs>'
)


def _line(way: Sequence[Spot], places: Places) -> str:
    """The line of an arrow: from its term to its words, and from those on to the next term.

    It goes straight down through a row and bends between rows, where nothing else stands.
    """
    drawn = ""
    for above, below in pairwise(way):
        start, end = places[above], places[below]
        (x, y), (to_x, to_y) = (start.x, start.top + start.high), (end.x, end.top)
        half = (y + to_y) / 2
        head = ' marker-end="url(#next-term)"' if below.term else ""
        drawn += (
            f'<path d="M{x:.1f} {start.below(above):.1f} V{y:.1f} '
            f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f} "
            f'V{end.above(below):.1f}" fill="none" stroke="{EDGE}"{head}/>'
        )
    return drawn


def _spot(
    spot: Spot, place: Place, part: str, lesson_of: Mapping[str, str], there: Collection[str]
) -> str:
    """A term in its box, with a filled number in the part of its own lesson, or words."""
    x, y = place.x, place.above(spot)
    if not spot.term:
        return "".join(
            svg.text(round(x, 1), round(y + LINE * n - 3, 1), line, size=WORDS, anchor="middle")
            for n, line in enumerate(spot.lines, start=1)
        )
    lesson, left, base = lesson_of[spot.term], round(x - spot.width / 2, 1), y + BOX / 2 + 5
    dashes = "" if lesson in there else ' stroke-dasharray="5 3"'
    own = lesson == part
    tag = f'<rect x="{left:g}" y="{y:g}" width="{TAG}" height="{BOX}" fill="{ZERO_PAGE}"/>'
    return (
        (tag if own else "")
        + f'<rect x="{left:g}" y="{y:g}" width="{spot.width:.1f}" height="{BOX}" fill="none" '
        f'stroke="{EDGE}"{dashes}/>'
        + svg.text(left + TAG / 2, base, lesson[:2], size=WORDS, anchor="middle")
        + svg.text(left + TAG + PAD, base, spot.term, size=TERM, weight="bold" if own else "normal")
    )


def _in_words(term: str, rows: Iterable[Arrow], lesson: str, there: Collection[str]) -> str:
    """A term, its lesson, and what it leads to; for one that ends a way, what leads to it."""
    cell = re.sub(r"[^a-z0-9]+", "-", term.lower())
    named = f"lesson {lesson[:2]}"
    link = f"[{named}]({lesson}.ipynb)" if lesson in there else f"{named}, to come"
    on = [f"{row.words} {row.target}" for row in rows if row.source == term]
    here = on or [str(row) for row in rows if row.target == term]
    return f"- [{term}](glossary.ipynb#cell-id={cell}) ({link}): {'; '.join(here)}."
