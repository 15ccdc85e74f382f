"""Three rules in all combinations: which scenarios each set of them saves."""

from __future__ import annotations

from collections.abc import Mapping

import pandas

from pinlab.explore.rescue import PINNED, RULES, all_sets, saved
from pinlab.lab.figures.verdicts import LETTERS, MARGIN, SOME, TALL, cell
from pinlab.lab.palette import EDGE
from pinlab.lab.picture import Drawing
from pinlab.lab.svg import document, text

LEFT, CELL, GAP = 262, 58, 10
SAVED, LOST = "saved", "lost"

TITLES: Mapping[str, str] = {
    "copy": "fork copies pinned pages",
    "unshare": "a read-only pin unshares",
    "reuse": "exclusive is reused uncounted",
}

Rules = frozenset[str]


def draw_rule_sets() -> Drawing:
    """Draw which scenarios each set of the three rules saves: a column for each set.

    Saved: in no order does the holder of the pin lose anything, or read what is stale.
    """
    sets = all_sets()
    top = MARGIN + TALL * len(RULES) + GAP
    drawn = [SOME]
    for n, name in enumerate(RULES):
        y = MARGIN + TALL * n
        drawn.append(text(MARGIN, y + 16, f"{name}: {TITLES[name]}", size=LETTERS))
        drawn += [_switch(LEFT + CELL * k, y, on=name in rules) for k, rules in enumerate(sets)]
    for n, test in enumerate(PINNED):
        y = top + TALL * n
        drawn.append(text(MARGIN, y + 16, test, size=LETTERS))
        drawn += [_cell(LEFT + CELL * k, y, test, rules) for k, rules in enumerate(sets)]
    twin = "\n".join(f"{named(rules)}: {_told(rules)}." for rules in sets)
    width, height = LEFT + CELL * len(sets) + MARGIN, top + TALL * len(PINNED) + MARGIN
    svg = document(width, height, "".join(drawn), twin)
    return Drawing(svg, f"Sets of rules and what they save. {twin}", twin, _table(sets))


def named(rules: Rules) -> str:
    """Return a set of rules as it is told: copy + reuse."""
    return " + ".join(name for name in RULES if name in rules) or "none"


def _told(rules: Rules) -> str:
    return f"saves {len(saved(rules))} of {len(PINNED)}"


def _table(sets: list[Rules]) -> pandas.DataFrame:
    rows = {test: [SAVED if test in saved(rules) else LOST for rules in sets] for test in PINNED}
    return pandas.DataFrame.from_dict(rows, orient="index", columns=list(map(named, sets)))


def _switch(x: float, y: float, *, on: bool) -> str:
    """A rule that is on or off in a set."""
    mark = text(x + CELL / 2, y + 16, "on" if on else "–", size=LETTERS, anchor="middle",
                weight="bold" if on else "normal")  # fmt: skip
    return (
        f'<rect x="{x + 3:g}" y="{y + 2:g}" width="{CELL - 6}" height="{TALL - 4}" rx="9" '
        f'fill="none" stroke="{EDGE}" stroke-width="{2 if on else 0.4}"/>{mark}'
    )


def _cell(x: float, y: float, test: str, rules: Rules) -> str:
    if test in saved(rules):
        return cell(x, y, CELL, SAVED, "white")
    return cell(x, y, CELL, LOST, "url(#some)")
