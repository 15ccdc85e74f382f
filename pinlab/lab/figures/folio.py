"""Folios: some pages of a folio are pinned in one call, and what that adds to which counter.

Every number is read off a folio of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pinlab.lab.palette import EDGE, REFERENCE
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import digits, plural, power
from pinlab.lab.svg import PINNED, document, text
from pinlab.model.arguments import instance, whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, last_grab
from pinlab.model.folio import MAX_ORDER
from pinlab.model.gup import FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST, rules_for

MOST_PAGES = 1 << MAX_ORDER

WIDTH, HEIGHT, MARGIN = 388, 198, 10
"""Of one folio with its counters."""

VERDICT = 48
"""The height of the lines below it that say how it can be told and where it ends."""

FIELD, LARGEST_PAGE = 128, 40
"""The side of the square that has the largest folio, and of a page in the smallest."""

BOX, TALL, STRIPE = 210, 46, 10
"""A counter: its box, and the stripe at its left side that says what it counts."""


@dataclass(frozen=True)
class Pinned:
    """A fresh folio of which some pages are pinned in one call.

    release: as for a Kernel. order: 0 to 10. wanted: pages to pin, 1 to 1024; where the folio has
    fewer, all of it is pinned. Raises TypeError or ValueError for others.

    >>> Pinned("6.18", order=9, wanted=64).refcount, Pinned("6.18", order=0).refcount
    ((1, 65), (1, 1025))
    """

    release: str = NEWEST
    order: int = 0
    wanted: int = 1

    def __post_init__(self) -> None:
        whole("order", self.order, 0, MAX_ORDER)
        whole("pages", self.wanted, 1, MOST_PAGES)
        rules_for(self.release)

    @property
    def pages(self) -> int:
        """Pages of this folio that are pinned."""
        return min(self.wanted, 1 << self.order)

    @cached_property
    def _states(self) -> list[tuple[int, int | None, bool]]:
        """Refcount, pincount and the kernel's guess, before the pin and after it."""
        kernel = Kernel(self.release)
        folio = kernel.alloc_folio(self.order)
        states = [(folio.refcount, folio.pincount, kernel.folio_maybe_dma_pinned(folio))]
        kernel.try_grab_folio(folio, self.pages, FOLL_PIN)
        states.append((folio.refcount, folio.pincount, kernel.folio_maybe_dma_pinned(folio)))
        return states

    @property
    def refcount(self) -> tuple[int, int]:
        """The refcount before and after."""
        (before, _, _), (after, _, _) = self._states
        return before, after

    @property
    def pincount(self) -> tuple[int, int] | None:
        """The pincount before and after, None where the folio has none."""
        (_, before, _), (_, after, _) = self._states
        return None if before is None or after is None else (before, after)

    @property
    def each(self) -> int:
        """What the pin of one page adds to the refcount."""
        before, after = self.refcount
        return (after - before) // self.pages

    @property
    def last(self) -> int:
        """The number of the last pin that succeeds if they are taken one page at a time."""
        return last_grab(self.refcount[0], self.each)

    @property
    def verdict(self) -> str:
        """Whether the kernel can tell that the folio is pinned."""
        if self.pincount is not None:
            return "certainly: the pincount is above 0"
        if self._states[-1][2]:
            return f"maybe: the refcount is {GUP_PIN_COUNTING_BIAS} or more"
        return "no telling: a pin is a reference here"


def draw_folios(
    *orders: int, pages: int = 1, release: str = NEWEST, verdicts: bool = False
) -> Drawing:
    """Draw fresh folios of some orders side by side, after `pages` pages of each were pinned.

    orders: 0 to 10. pages: 1 to 1024, in one call; of a smaller folio all pages are pinned.
    release: as for a Kernel. verdicts: say below each whether the kernel can tell that it is
    pinned, and which pin is the last to succeed. Raises TypeError or ValueError for others, or
    without an order.
    """
    if not orders:
        raise ValueError("there are no orders: draw_folios() draws at least one folio")
    instance("verdicts", verdicts, bool)
    return folios(*(Pinned(release, order, pages) for order in orders), verdicts=verdicts)


def folios(*drawn: Pinned, verdicts: bool = True) -> Drawing:
    """Draw folios with their counters, two in a row."""
    columns = min(len(drawn), 2)
    tall = HEIGHT + VERDICT * verdicts
    width, height = columns * WIDTH, -(-len(drawn) // columns) * tall
    cards, lines = [], []
    for n, pinned in enumerate(drawn):
        x, y = n % columns * WIDTH, n // columns * tall
        cards.append(_card(x, y, pinned) + (_verdict(x, y + HEIGHT, pinned) if verdicts else ""))
        lines.append(sentence(pinned) if verdicts else counted(pinned))
    twin = "\n".join(lines)
    svg = document(width, height, "".join(cards), twin)
    return Drawing(svg, f"Folios as fields of pages, with their counters. {twin}", twin)


def folio_filmstrip() -> Drawing:
    """Draw what the controls change: the order, the pages, the release."""
    return folios(
        Pinned("6.18", 0), Pinned("6.18", 9), Pinned("6.18", 9, 64), Pinned("5.6", 9, 64),
        Pinned("5.17", 1), Pinned("5.18", 1),
    )  # fmt: skip


def counted(pinned: Pinned) -> str:
    """Return what becomes of the counters."""
    apart = "no pincount" if pinned.pincount is None else f"pincount {_change(pinned.pincount)}"
    return f"{_which(pinned)}, {_how_many(pinned)}: refcount {_change(pinned.refcount)}, {apart}."


def sentence(pinned: Pinned) -> str:
    """Return what becomes of the counters, whether the kernel can tell, and where it ends."""
    return (
        f"{counted(pinned)} Is it pinned? {pinned.verdict[0].upper()}{pinned.verdict[1:]}. Taken "
        f"one at a time, pin {digits(pinned.last)} is the last to succeed."
    )


def _which(pinned: Pinned) -> str:
    pages = 1 << pinned.order
    return f"Linux {pinned.release}, order {pinned.order}, {pages} {plural(pages, 'page')}"


def _how_many(pinned: Pinned) -> str:
    wanted = f" ({pinned.wanted} wanted)" if pinned.wanted != pinned.pages else ""
    return f"{pinned.pages} pinned{wanted}"


def _change(counter: tuple[int, int]) -> str:
    before, after = counter
    return f"{before} → {after} (+{after - before})"


def _card(x: int, y: int, pinned: Pinned) -> str:
    """One folio: its pages at the left, its counters at the right."""
    left, right = x + MARGIN, x + 2 * MARGIN + FIELD
    together = [REFERENCE, PINNED] if pinned.pincount is None else [REFERENCE]
    return (
        text(left, y + 22, _which(pinned), size=14, weight="bold")
        + text(left, y + 42, _how_many(pinned), size=14)
        + _field(left, y + 58, pinned)
        + _counter(right, y + 58, "refcount", pinned.refcount, together)
        + _counter(right, y + 128, "pincount", pinned.pincount, [PINNED])
    )


def _verdict(x: int, y: int, pinned: Pinned) -> str:
    told = text(x + MARGIN, y + 14, f"pinned? {pinned.verdict}", size=14)
    return told + text(x + MARGIN, y + 34, f"last pin to succeed: {power(pinned.last)}", size=14)


def _field(x: int, y: int, pinned: Pinned) -> str:
    """The pages as a field of squares, row by row; those that are pinned are hatched."""
    columns = 1 << (pinned.order + 1) // 2
    rows = (1 << pinned.order) // columns
    side = min(LARGEST_PAGE, FIELD // columns)
    full, rest = divmod(pinned.pages, columns)
    filled = _rect(x, y, columns * side, full * side, PINNED)
    filled += _rect(x, y + full * side, rest * side, side, PINNED)
    lines = "".join(f"M{x + n * side} {y}v{rows * side}" for n in range(columns + 1))
    lines += "".join(f"M{x} {y + n * side}h{columns * side}" for n in range(rows + 1))
    return (
        f'{filled}<path d="{lines}" fill="none" stroke="{EDGE}" '
        f'stroke-width="{0.5 if side < FIELD // 8 else 1}"/>'
    )


def _rect(x: int, y: int, width: int, height: int, fill: str) -> str:
    if not width or not height:
        return ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>'


def _counter(
    x: int, y: int, name: str, counter: tuple[int, int] | None, kinds: Sequence[str]
) -> str:
    """A counter in its box; the stripe has the colours of the kinds that are added up in it."""
    frame = f'<rect x="{x}" y="{y}" width="{BOX}" height="{TALL}" fill="none" stroke="{EDGE}"'
    if counter is None:
        words = text(x + 2 * STRIPE, y + 29, f"no {name}", size=14)
        return f'{frame} stroke-dasharray="4 4"/>{words}'
    before, after = counter
    part = TALL // len(kinds)
    stripe = "".join(_rect(x, y + n * part, STRIPE, part, kind) for n, kind in enumerate(kinds))
    return (
        f"{stripe}{frame}/>"
        + text(x + 2 * STRIPE, y + 17, name, size=13)
        + text(x + 2 * STRIPE, y + 37, f"{before} → {after}", size=17, weight="bold")
        + text(x + BOX - 8, y + 37, f"+{after - before}", size=17, anchor="end")
    )
