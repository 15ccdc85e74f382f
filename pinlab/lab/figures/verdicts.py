"""Verdicts as a heat map: a row for each litmus test, a column for each release."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pinlab.explore import ALWAYS, NEVER, SOMETIMES, litmus
from pinlab.lab.palette import EDGE, OVERFLOW
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import plural
from pinlab.lab.svg import document, measured, text
from pinlab.model.arguments import several

ORDER = (NEVER, SOMETIMES, ALWAYS)
LEFT, CELL, TALL, HEAD, MARGIN, LETTERS = 256, 70, 24, 40, 12, 12

SOME = (
    '<defs><pattern id="some" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="white"/>'
    f'<path d="M0 7 L7 0" stroke="{OVERFLOW}" stroke-width="2.2" stroke-opacity="0.75"/>'
    "</pattern></defs>"
)
FILL = {NEVER: "white", SOMETIMES: "url(#some)", ALWAYS: OVERFLOW}
"""The more yes, the more colour; Sometimes has lines across."""


def draw_verdicts(releases: Sequence[str] = litmus.ERAS) -> Drawing:
    """Draw the verdict of every litmus test on some releases, by default those that begin eras.

    Tests with the same verdicts stand together; a thick edge at the left says that a verdict is
    not what it was on the release before. Raises ValueError for a release that is none.

    >>> draw_verdicts(("5.8", "5.9")).table.loc["dio-read+fork+child-exits"].tolist()
    ['Never', 'Sometimes']
    """
    releases = several("releases", releases, str)
    table = litmus.table(releases)
    rows = {str(name): [str(verdict) for verdict in row] for name, row in table.T.items()}
    names = sorted(rows, key=lambda name: ([ORDER.index(v) for v in rows[name]], name))
    width, height = LEFT + CELL * len(releases) + MARGIN, HEAD + TALL * len(names) + MARGIN
    heads = [
        text(
            LEFT + CELL * n + CELL / 2, HEAD - 12, release, size=13, weight="bold", anchor="middle"
        )
        for n, release in enumerate(releases)
    ]
    drawn = [
        SOME, text(MARGIN, HEAD - 12, "test, and Linux", size=LETTERS), *heads,
        *(_row(HEAD + TALL * n, name, rows[name]) for n, name in enumerate(names)),
    ]  # fmt: skip
    twin = "\n".join(_sentences(list(releases), {name: rows[name] for name in names}))
    svg = document(width, height, "".join(drawn), twin)
    return Drawing(svg, f"A heat map of tests and releases. {twin}", twin, table.loc[names])


def _row(y: float, name: str, verdicts: Sequence[str]) -> str:
    cells = (cell(LEFT + CELL * n, y, CELL, verdict) for n, verdict in enumerate(verdicts))
    changes = (
        f'<path class="change" d="M{LEFT + CELL * n} {y:g}v{TALL}" stroke="{EDGE}" '
        'stroke-width="4"/>'
        for n, (before, after) in enumerate(pairwise(verdicts), start=1)
        if before != after
    )
    return text(MARGIN, y + 16, name, size=LETTERS - 1) + "".join([*cells, *changes])


def cell(x: float, y: float, wide: float, words: str, fill: str = "") -> str:
    """Return a cell with its words on white ground, or white words where it is all coloured."""
    fill = fill or FILL[words]
    box = (
        f'<rect class="cell" x="{x:g}" y="{y:g}" width="{wide:g}" height="{TALL}" fill="{fill}" '
        f'stroke="{EDGE}" stroke-width="0.6"/>'
    )
    ground = measured(words, LETTERS - 2) + 4
    middle = x + wide / 2
    if fill.startswith("url"):
        box += (
            f'<rect x="{middle - ground / 2:.1f}" y="{y + 6:g}" width="{ground:.1f}" height="13" '
            'fill="white"/>'
        )
    ink = "white" if fill == OVERFLOW else EDGE
    return box + text(middle, y + 16, words, size=LETTERS - 2, fill=ink, anchor="middle")


def _sentences(releases: Sequence[str], rows: dict[str, list[str]]) -> list[str]:
    """How many of each verdict there are on each release, and how many have changed."""
    told = []
    for n, release in enumerate(releases):
        found = [row[n] for row in rows.values()]
        counts = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in ORDER)
        moved = sum(row[n] != row[n - 1] for row in rows.values()) if n else 0
        since = f"; {moved} {plural(moved, 'test')} changed since {releases[n - 1]}" if n else ""
        told.append(f"Linux {release}: {counts}{since}.")
    return told
