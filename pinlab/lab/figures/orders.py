"""Orders: what the pin of one page adds to which counter, by the folio's order and the release."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from pinlab.lab.figures.folio import Pinned
from pinlab.lab.palette import EDGE, REFERENCE
from pinlab.lab.picture import Drawing
from pinlab.lab.svg import PINNED, document, text
from pinlab.model.folio import MAX_ORDER
from pinlab.model.kernel import Kernel

ORDERS = range(MAX_ORDER + 1)

CELL, GAP, TALL, LEFT, HEAD, FOOT, MARGIN = 58, 5, 44, 96, 52, 30, 8
WIDTH = LEFT + CELL * len(ORDERS) + MARGIN


class Way(NamedTuple):
    """What one page's pin adds: to the refcount, and to a pincount if there is one."""

    refcount: int
    pincount: int | None

    def __str__(self) -> str:
        apart = "" if self.pincount is None else f" and +{self.pincount} to the pincount"
        return f"+{self.refcount} to the refcount{apart}"


def way(release: str, order: int) -> Way:
    """Return what the pin of one page of a folio adds, in the model of that release."""
    pinned = Pinned(release, order)
    return Way(pinned.each, None if pinned.pincount is None else pinned.pincount[1])


def eras() -> dict[str, tuple[Way, ...]]:
    """Return the ways by order, under each release that changed them, oldest first."""
    mainline = [release for release in Kernel.releases() if release.count(".") == 1]
    ways = [(release, tuple(way(release, order) for order in ORDERS)) for release in mainline]
    return {next(group)[0]: counted for counted, group in groupby(ways, key=lambda entry: entry[1])}


def pins_by_order() -> Drawing:
    """Draw what the pin of one page adds: a row for each release that changed it, by order."""
    rows = eras()
    height = HEAD + TALL * len(rows) + FOOT
    twin = "\n".join(_sentence(release, ways) for release, ways in rows.items())
    drawn = "".join(
        _row(HEAD + TALL * n, release, ways) for n, (release, ways) in enumerate(rows.items())
    )
    foot = text(LEFT, height - 10, "two numbers: refcount, then pincount", size=13)
    svg = document(WIDTH, height, _heads() + drawn + foot, twin)
    return Drawing(svg, f"A grid of releases and orders. {twin}", twin)


def _sentence(release: str, ways: tuple[Way, ...]) -> str:
    """The row in words, equal neighbours together."""
    runs = [(counted, [n for n, _ in run]) for counted, run in groupby(enumerate(ways), _second)]
    told = [f"{_range(orders)} {counted}" for counted, orders in runs]
    return f"From Linux {release} on the pin of one page adds: {'; '.join(told)}."


def _second(numbered: tuple[int, Way]) -> Way:
    return numbered[1]


def _range(orders: list[int]) -> str:
    if len(orders) == 1:
        return f"in order {orders[0]}"
    return f"in orders {orders[0]} to {orders[-1]}"


def _heads() -> str:
    names = text(MARGIN, 20, "order", size=13) + text(MARGIN, 40, "pages", size=13)
    return names + "".join(
        text(_middle(order), 20, str(order), size=14, weight="bold", anchor="middle")
        + text(_middle(order), 40, str(1 << order), size=13, anchor="middle")
        for order in ORDERS
    )


def _middle(order: int) -> float:
    return LEFT + CELL * order + (CELL - GAP) / 2


def _row(y: int, release: str, ways: tuple[Way, ...]) -> str:
    head = text(MARGIN, y + 27, f"from {release}", size=14, weight="bold")
    return head + "".join(_cell(LEFT + CELL * order, y, ways[order]) for order in ORDERS)


def _cell(x: int, y: int, counted: Way) -> str:
    """One number in a box, or two side by side: the colours are those of the counters."""
    wide = CELL - GAP
    if counted.pincount is None:
        fill = REFERENCE if counted.refcount == 1 else PINNED
        return _box(x, y, wide, counted.refcount, fill)
    left = _box(x, y, wide / 2, counted.refcount, REFERENCE)
    return left + _box(x + wide / 2, y, wide / 2, counted.pincount, PINNED)


def _box(x: float, y: int, width: float, added: int, fill: str) -> str:
    ink = "white" if fill == REFERENCE else "black"
    words = text(x + width / 2, y + 27, f"+{added}", size=14, fill=ink, anchor="middle")
    return (
        f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{TALL - GAP}" fill="{fill}" '
        f'stroke="{EDGE}"/>{words}'
    )
