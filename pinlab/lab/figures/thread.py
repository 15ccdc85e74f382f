"""The thread as a tree: each turn below the one that it answers, with its claim and its verdict."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pinlab.lab.palette import EDGE, OVERFLOW, PIN, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import plural
from pinlab.lab.svg import document, fitted, text
from pinlab.words.thread import (
    AFTER,
    BEFORE,
    MAIL,
    NO_CLAIM,
    PARTS,
    RIGHT,
    VERDICTS,
    WITH_A_CONDITION,
    WRONG,
    Turn,
    turns,
)

WIDTH, MARGIN, LETTERS, LINE, GAP = 800, 8, 12, 15, 7
SPEAKER, TREE, VERDICT = 34, 118, 636
"""Where the columns begin: the speaker, the claims (each further in than what it answers), and the
verdict. The number stands at the margin."""
STEP = 16
"""How much further in an answer stands."""

TITLES: Mapping[str, str] = {BEFORE: "Before the mail", MAIL: "The mail", AFTER: "After it"}


class Row(NamedTuple):
    """A turn where it stands: how far in, its lines, and where its first line is from the top."""

    turn: Turn
    depth: int
    lines: Sequence[str]
    y: float

    @property
    def x(self) -> float:
        """Where the claim begins."""
        return TREE + STEP * self.depth

    @property
    def bottom(self) -> float:
        """Where the last line stands."""
        return self.y + LINE * (len(self.lines) - 1)


def draw_thread(part: str = "") -> Drawing:
    """Draw the turns of one part ("before", "mail" or "after"), or of all, with their verdicts.

    Raises ValueError for another part.
    """
    chosen = turns(part)
    told = "\n".join([counted(chosen), *map(in_words, chosen)])
    alt = f"A tree of {len(chosen)} turns, each below the one that it answers. {counted(chosen)}"
    drawn = tree(chosen, {turn.number: turn.verdict for turn in chosen})
    return Drawing(drawn, alt, told, linked=True)


def counted(chosen: Collection[Turn]) -> str:
    """Say how many turns there are of each verdict."""
    found = [turn.verdict for turn in chosen]
    each = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in VERDICTS)
    return f"{len(found)} {plural(len(found), 'turn')}: {each}."


def in_words(turn: Turn) -> str:
    """Return a turn as a line of Markdown, with a link to the cell that settles it."""
    answered = f" to {turn.answers}" if turn.answers else ""
    condition = f": {turn.condition}" if turn.condition else "."
    return (
        f"- {turn.number}, {turn.surname}{answered}: {turn.claim}. "
        f"[{turn.verdict.capitalize()}]({turn.notebook}.ipynb#cell-id={turn.cell}){condition}"
    )


def tree(
    chosen: Sequence[Turn],
    judged: Mapping[int, str] = MappingProxyType({}),
    at: int | None = None,
) -> str:
    """Return turns as SVG, with the verdicts in `judged` by number, and a frame around one."""
    drawn, y = "", float(MARGIN)
    for part in PARTS:
        members = [turn for turn in chosen if turn.part == part]
        if members:
            rows = list(_rows(members, y + 2 * LINE + GAP))
            drawn += _heading(part, members, y + LINE) + _branches(rows)
            drawn += "".join(_row(row, judged.get(row.turn.number), at) for row in rows)
            y = rows[-1].bottom + LINE
    return document(WIDTH, y, drawn, "; ".join(_said(turn, judged) for turn in chosen))


def _said(turn: Turn, judged: Mapping[int, str]) -> str:
    verdict = f" ({judged[turn.number]})" if turn.number in judged else ""
    return f"{turn.number}, {turn.surname}: {turn.claim}{verdict}"


def _rows(members: Sequence[Turn], y: float) -> Iterator[Row]:
    """The turns of a part from the top on; what answers a turn of another part begins at the left.

    The words of a claim go on in a second line if there is no room beside the verdict.
    """
    depth: dict[int, int] = {}
    for turn in members:
        depth[turn.number] = depth.get(turn.answers or 0, -1) + 1
        room = VERDICT - GAP - TREE - STEP * depth[turn.number]
        row = Row(turn, depth[turn.number], fitted(_claim(turn, members), room, LETTERS), y)
        yield row
        y = row.bottom + LINE + GAP


def _claim(turn: Turn, members: Iterable[Turn]) -> str:
    here = {member.number for member in members}
    elsewhere = turn.answers is not None and turn.answers not in here
    return f"{turn.claim} (to\N{NO-BREAK SPACE}{turn.answers})" if elsewhere else turn.claim


def _heading(part: str, members: Sequence[Turn], y: float) -> str:
    days = sorted({turn.date.date() for turn in members})
    dates = " to ".join(dict.fromkeys(f"{day.day} {day:%B}" for day in (days[0], days[-1])))
    return (
        text(MARGIN, y, f"{TITLES[part]}, {dates} {days[-1]:%Y}", size=13, weight="bold")
        + f'<path d="M{MARGIN} {y + 5:g}H{WIDTH - MARGIN}" stroke="{EDGE}" stroke-width="0.6"/>'
    )


def _branches(rows: Sequence[Row]) -> str:
    """A line from each turn down to those that answer it."""
    where = {row.turn.number: row for row in rows}
    drawn = ""
    for row in rows:
        if above := where.get(row.turn.answers or 0):
            drawn += (
                f'<path class="branch" d="M{above.x + 3:g} {above.bottom + 4:g}V{row.y - 4:g}'
                f'H{row.x - 3:g}" fill="none" stroke="{EDGE}" stroke-opacity="0.55"/>'
            )
    return drawn


def _row(row: Row, verdict: str | None, at: int | None) -> str:
    turn = row.turn
    frame = (
        f'<rect class="here" x="2" y="{row.y - LINE:g}" width="{WIDTH - 4}" '
        f'height="{row.bottom - row.y + LINE + GAP - 1:g}" fill="{ZERO_PAGE}" fill-opacity="0.45" '
        f'stroke="{EDGE}" stroke-width="2"/>'
    )
    lines = "".join(
        text(row.x, row.y + LINE * n, line, size=LETTERS) for n, line in enumerate(row.lines)
    )
    return (
        (frame if turn.number == at else "")
        + text(SPEAKER - 8, row.y, str(turn.number), size=LETTERS, weight="bold", anchor="end")
        + text(SPEAKER, row.y, turn.surname, size=LETTERS)
        + lines
        + (_verdict(row.y, verdict) if verdict else "")
    )


def _verdict(y: float, verdict: str) -> str:
    """A disc, half a disc, a cross or a ring, and the verdict in words."""
    x, middle = VERDICT + 6, y - 4
    marks = {
        RIGHT: f'<circle cx="{x}" cy="{middle:g}" r="5.5" fill="{REFERENCE}"/>',
        WITH_A_CONDITION: f'<circle cx="{x}" cy="{middle:g}" r="5.5" fill="white" '
        f'stroke="{EDGE}"/><path d="M{x} {middle - 5.5:g}a5.5 5.5 0 0 0 0 11z" fill="{PIN}" '
        f'stroke="{EDGE}"/>',
        WRONG: f'<path d="M{x - 5} {middle - 5:g}l10 10m0 -10l-10 10" stroke="{OVERFLOW}" '
        'stroke-width="2.5"/>',
        NO_CLAIM: f'<circle cx="{x}" cy="{middle:g}" r="5.5" fill="white" stroke="{EDGE}"/>',
    }
    return marks[verdict] + text(VERDICT + 17, y, verdict, size=LETTERS)
