"""Lenses: one page under the senses of "pinned", each of them lit or dark.

Who says yes is worked out by `pinlab.words.senses` from a page of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pinlab.lab.held_page import HeldPage
from pinlab.lab.palette import EDGE, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import LARGE, digits
from pinlab.lab.svg import PINNED, document, fitted, text
from pinlab.model.folio import Page
from pinlab.words.senses import SENSES, Senses, senses

WIDTH, MARGIN = 776, 10
LENS, RADIUS, COLUMNS, TALL = 248, 26, 3, 112
"""The place of a lens: its width, the radius of the glass, how many in a row, its height."""

HEAD = 64
"""The height of the lines above the lenses that say what the page is and what its counters read."""

LABELS, ROW, SMALL = 330, 44, 15
"""Of a strip: the width of the words at the left, the height of a row, the radius of a lens."""


@dataclass(frozen=True)
class Held(HeldPage):
    """A page that is held, under the senses; HeldPage and `senses(held.page)` say the same."""

    @cached_property
    def senses(self) -> Senses:
        """Which senses hold."""
        return senses(self.page)


def draw_lenses(page: Page) -> Drawing:
    """Draw a page under six lenses, one for each sense of "pinned"; TypeError for anything else."""
    return lenses(senses(page), page.name)


def lenses(found: Senses, name: str) -> Drawing:
    """Draw the lenses of a page that is called `name`."""
    page = found.page
    twin = _sentence(found, name)
    head = text(MARGIN, 22, f"Linux {page.folio.kernel.release}: {name}", size=15, weight="bold")
    head += text(MARGIN, 46, _counters(page), size=14)
    drawn = "".join(
        _lens(n % COLUMNS * LENS + MARGIN, HEAD + n // COLUMNS * TALL, sense, holds)
        for n, (sense, holds) in enumerate(found.items())
    )
    height = HEAD + -(-len(found) // COLUMNS) * TALL
    alt = f"A page under {len(found)} lenses, each lit (yes) or dark (no). {twin}"
    return Drawing(document(WIDTH, height, head + drawn, twin), alt, twin)


def strip(*drawn: Held) -> Drawing:
    """Draw several pages, one in a row, each with its lenses beside it."""
    twin = "\n".join(_sentence(held.senses, held.words) for held in drawn)
    column = (WIDTH - LABELS) / len(SENSES)
    middles = [LABELS + column * (n + 0.5) for n in range(len(SENSES))]
    heads = "".join(
        text(x, 16 + 15 * line, words.replace("- ", "-"), size=12, anchor="middle")
        for x, sense in zip(middles, SENSES, strict=True)
        for line, words in enumerate(fitted(sense.replace("-", "- "), column, 12))
    )
    rows = []
    for n, held in enumerate(drawn):
        y = HEAD + n * ROW + ROW // 2
        rows.append(text(MARGIN, y - 3, f"Linux {held.release}, {held.words}", size=12))
        rows.append(text(MARGIN, y + 13, _counters(held.page), size=12))
        rows += [
            _glass(x, y, SMALL, holds=holds, size=10)
            for x, holds in zip(middles, held.senses.values(), strict=True)
        ]
    alt = f"{len(drawn)} pages in rows, and for each sense a lens that is lit or dark. {twin}"
    height = HEAD + len(drawn) * ROW
    return Drawing(document(WIDTH, height, heads + "".join(rows), twin), alt, twin)


def lenses_filmstrip() -> Drawing:
    """Draw what the controls change, one after the other."""
    return strip(
        Held(), Held(references=1), Held(references=1023), Held(pins=1), Held(order=9, pins=1),
        Held(release="5.6", order=9, pins=1), Held(mlocked=True), Held(registered=True),
    )  # fmt: skip


def _counters(page: Page) -> str:
    apart = "no pincount" if page.pincount is None else f"pincount {_number(page.pincount)}"
    return f"refcount {_number(page.refcount)}, {apart}"


def _number(number: int) -> str:
    """In digits, and as a power where that is the quicker way to read it."""
    return digits(number) if abs(number) >= 1 << LARGE else str(number)


def _sentence(found: Senses, name: str) -> str:
    page, no = found.page, len(found.dark)
    yes = ", ".join(found.lit) or "nobody"
    others = {0: "nobody", len(found): f"all {no}"}.get(no, f"the other {no}")
    return (
        f"Linux {page.folio.kernel.release}, {name}: {_counters(page)}. "
        f"Pinned? Yes: {yes}. No: {others}."
    )


def _lens(x: float, y: float, sense: str, holds: bool) -> str:
    """One lens: the glass at the left, what it asks at the right."""
    left = x + 2 * RADIUS + 12
    lines = fitted(SENSES[sense].words, LENS - 2 * RADIUS - 22, 13)
    words = "".join(text(left, y + 40 + 17 * n, line, size=13) for n, line in enumerate(lines))
    handle = f'<path d="M{x + 10:g} {y + 62:g}l-8 14" stroke="{EDGE}" stroke-width="5"/>'
    return (
        handle
        + _glass(x + RADIUS + 2, y + 42, RADIUS, holds=holds, size=15)
        + text(left, y + 20, sense, size=14, weight="bold", fill=REFERENCE)
        + words
    )


def _glass(x: float, y: float, radius: int, *, holds: bool, size: int) -> str:
    """A lens that says yes with a thick rim on the pins' ground, or no on the zero page's."""
    fill, rim = (PINNED, 3) if holds else (ZERO_PAGE, 1)
    dashes = "" if holds else ' stroke-dasharray="4 3"'
    word = text(
        x, y + size / 3, "yes" if holds else "no", size=size, anchor="middle",
        weight="bold" if holds else "normal",
    )  # fmt: skip
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius}" fill="{fill}" stroke="{EDGE}" '
        f'stroke-width="{rim}"{dashes}/>'
        + (f'<circle cx="{x:g}" cy="{y:g}" r="{radius - 4}" fill="white"/>' if holds else "")
        + word
    )
