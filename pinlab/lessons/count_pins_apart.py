"""Lesson 06, count pins apart: folios with a refcount and a pincount, by order and release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from errno import ENOMEM
from functools import cached_property
from itertools import groupby, product
from operator import itemgetter
from typing import NamedTuple

from pinlab.lab.callers import WITH_FIX, WITHOUT_FIX
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, choice, exhibit
from pinlab.lab.palette import EDGE, REFERENCE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import PINNED, text
from pinlab.lab.task import Trial, parts
from pinlab.lab.text import digits, many, power, powers
from pinlab.machine import recording
from pinlab.machine.predictions.holds import PAGES_AT_ONCE
from pinlab.model.arguments import instance, whole
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    R0,
    last_grab,
    last_pin,
    wrap,
)
from pinlab.model.fault import PTRS_PER_PMD
from pinlab.model.folio import HPAGE_ORDER, MAX_ORDER, PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.rules import NEWEST, rules_for
from pinlab.table import Table

__all__ = ["folios", "huge_zero_readers", "pinned_folio", "pins_by_order"]

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
class PinnedFolio:
    """A fresh folio of which some pages are pinned in one call.

    release: as for a Kernel. order: 0 to 10. wanted: pages to pin, 1 to 1024; where the folio has
    fewer, all of it is pinned. Raises TypeError or ValueError for others.

    >>> PinnedFolio("6.18", order=9, wanted=64).refcount, PinnedFolio("6.18", order=0).refcount
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


def folios(*orders: int, pages: int = 1, release: str = NEWEST, verdicts: bool = False) -> Drawing:
    """Draw fresh folios of some orders side by side, after `pages` pages of each were pinned.

    orders: 0 to 10. pages: 1 to 1024, in one call; of a smaller folio all pages are pinned.
    release: as for a Kernel. verdicts: say below each whether the kernel can tell that it is
    pinned, and which pin is the last to succeed. Raises TypeError or ValueError for others, or
    without an order.
    """
    if not orders:
        raise ValueError("there are no orders: folios() draws at least one folio")
    instance("verdicts", verdicts, bool)
    return cards(*(PinnedFolio(release, order, pages) for order in orders), verdicts=verdicts)


def cards(*folios: PinnedFolio, verdicts: bool = True) -> Drawing:
    """Draw folios with their counters, two in a row."""
    columns = min(len(folios), 2)
    tall = HEIGHT + VERDICT * verdicts
    drawn = []
    for n, pinned in enumerate(folios):
        x, y = n % columns * WIDTH, n // columns * tall
        drawn.append(_card(x, y, pinned) + (_verdict(x, y + HEIGHT, pinned) if verdicts else ""))
    return drawing(
        columns * WIDTH, -(-len(folios) // columns) * tall, drawn,
        "Folios as fields of pages, with their counters.",
        [sentence(pinned) if verdicts else counted(pinned) for pinned in folios],
    )  # fmt: skip


def counted(pinned: PinnedFolio) -> str:
    """Return what becomes of the counters."""
    apart = "no pincount" if pinned.pincount is None else f"pincount {_change(pinned.pincount)}"
    return f"{_which(pinned)}, {_how_many(pinned)}: refcount {_change(pinned.refcount)}, {apart}."


def sentence(pinned: PinnedFolio) -> str:
    """Return what becomes of the counters, whether the kernel can tell, and where it ends."""
    return (
        f"{counted(pinned)} Is it pinned? {pinned.verdict[0].upper()}{pinned.verdict[1:]}. Taken "
        f"one at a time, pin {digits(pinned.last)} is the last to succeed."
    )


def _which(pinned: PinnedFolio) -> str:
    return f"Linux {pinned.release}, order {pinned.order}, {many(1 << pinned.order, 'page')}"


def _how_many(pinned: PinnedFolio) -> str:
    return f"{pinned.pages} pinned{', which is all' if pinned.wanted > pinned.pages else ''}"


def _change(counter: tuple[int, int]) -> str:
    before, after = counter
    return f"{before} → {after} (+{after - before})"


def _card(x: int, y: int, pinned: PinnedFolio) -> str:
    """One folio: its pages at the left, its counters at the right."""
    left, right = x + MARGIN, x + 2 * MARGIN + FIELD
    return (
        text(left, y + 22, _which(pinned), size=14, weight="bold")
        + text(left, y + 42, _how_many(pinned), size=14)
        + _field(left, y + 58, pinned)
        + _counter(right, y + 58, "refcount", pinned.refcount, [REFERENCE, PINNED])
        + _counter(right, y + 128, "pincount", pinned.pincount, [PINNED])
    )


def _verdict(x: int, y: int, pinned: PinnedFolio) -> str:
    told = text(x + MARGIN, y + 14, f"pinned? {pinned.verdict}", size=14)
    return told + text(x + MARGIN, y + 34, f"last pin to succeed: {power(pinned.last)}", size=14)


def _field(x: int, y: int, pinned: PinnedFolio) -> str:
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


RELEASES = ("5.6", "5.7", "5.17", "5.18", "6.18")
"""The first of the model, those on both sides of each change, and the newest."""


def pinned_folio(order: int = 9, pages: int = 64, release: str = RELEASES[-1]) -> Exhibit:
    """Return controls over a fresh folio of which some pages are pinned: its counters, in words.

    The sliders set the order and the pages, and begin with these; the buttons set the release.
    Raises TypeError or ValueError for an order beyond 10, more than 1024 pages, or a release that
    has no button.
    """
    return exhibit(
        lambda release, order, pages: cards(PinnedFolio(release, order, pages)),
        choice("Linux", RELEASES, release, argument="release"),
        Dial("order", order, range(MAX_ORDER + 1)),
        Dial("pages pinned", pages, powers(0, MAX_ORDER), high=MOST_PAGES, argument="pages"),
        filmstrip=cards(
            PinnedFolio("6.18", 0), PinnedFolio("6.18", 9), PinnedFolio("6.18", 10, 1024),
            PinnedFolio("5.6", 9, 5), PinnedFolio("5.17", 1), PinnedFolio("5.18", 1),
        ),
    )  # fmt: skip


ORDERS = range(MAX_ORDER + 1)

CELL, GAP, LINE, LEFT, HEAD, EDGES = 58, 5, 44, 96, 52, 8


class Added(NamedTuple):
    """What one page's pin adds: to the refcount, and to a pincount if there is one."""

    refcount: int
    pincount: int | None

    def __str__(self) -> str:
        apart = "" if self.pincount is None else f" and +{self.pincount} to the pincount"
        return f"+{self.refcount} to the refcount{apart}"


def added(release: str, order: int) -> Added:
    """Return what the pin of one page of a folio adds, in the model of that release."""
    pinned = PinnedFolio(release, order)
    return Added(pinned.each, None if pinned.pincount is None else pinned.pincount[1])


def eras() -> dict[str, tuple[Added, ...]]:
    """Return what is added by order, under each release that changed it, oldest first."""
    mainline = [release for release in Kernel.releases() if release.count(".") == 1]
    rows = [(release, tuple(added(release, order) for order in ORDERS)) for release in mainline]
    return {next(group)[0]: counted for counted, group in groupby(rows, itemgetter(1))}


def pins_by_order() -> Drawing:
    """Draw what the pin of one page adds: a row for each release that changed it, by order."""
    rows = eras()
    height = HEAD + LINE * len(rows)
    drawn = [_row(HEAD + LINE * n, *row) for n, row in enumerate(rows.items())]
    return drawing(
        LEFT + CELL * len(ORDERS) + EDGES, height, [_heads(), *drawn],
        "A grid of releases and orders.", [_in_words(*row) for row in rows.items()],
    )  # fmt: skip


def _in_words(release: str, row: tuple[Added, ...]) -> str:
    """The row in words, equal neighbours together."""
    runs = [
        (counted, [n for n, _ in run]) for counted, run in groupby(enumerate(row), itemgetter(1))
    ]
    told = [f"{_range(orders)} {counted}" for counted, orders in runs]
    return f"From Linux {release} on the pin of one page adds: {'; '.join(told)}."


def _range(orders: list[int]) -> str:
    if len(orders) == 1:
        return f"in order {orders[0]}"
    return f"in orders {orders[0]} to {orders[-1]}"


def _heads() -> str:
    names = text(EDGES, 20, "order", size=13) + text(EDGES, 40, "pages", size=13)
    return names + "".join(
        text(_middle(order), 20, str(order), size=14, weight="bold", anchor="middle")
        + text(_middle(order), 40, str(1 << order), size=13, anchor="middle")
        for order in ORDERS
    )


def _middle(order: int) -> float:
    return LEFT + CELL * order + (CELL - GAP) / 2


def _row(y: int, release: str, row: tuple[Added, ...]) -> str:
    head = text(EDGES, y + 27, f"from {release}", size=14, weight="bold")
    return head + "".join(_cell(LEFT + CELL * order, y, row[order]) for order in ORDERS)


def _cell(x: int, y: int, counted: Added) -> str:
    """One number in a box, or two side by side: what the pincount counts are pins alone."""
    wide = CELL - GAP
    if counted.pincount is None:
        return _box(x, y, wide, counted.refcount, "white")
    left = _box(x, y, wide / 2, counted.refcount, "white")
    return left + _box(x + wide / 2, y, wide / 2, counted.pincount, PINNED)


def _box(x: float, y: int, width: float, added: int, fill: str) -> str:
    words = text(x + width / 2, y + 27, f"+{added}", size=14, anchor="middle")
    return (
        f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{LINE - GAP}" fill="{fill}" '
        f'stroke="{EDGE}"/>{words}'
    )


# Readers of the huge zero folio, recorded as those of the zero page were in
# `count_to_two_million.cliff`, with huge pages to read: each holds 1024 pins.

READERS = (1, 2, 4, 8)

BUILDS: Mapping[str, tuple[str, str | None]] = {
    "5.10.262": ("5.10.262", None),
    "6.1.192 without the patch": ("6.1.192", WITHOUT_FIX),
    "6.1.192 with the patch": ("6.1.192", WITH_FIX),
    "7.3.4": ("7.3.4", None),
}
"""The kernels on which readers of the huge zero folio were recorded, by what they are called."""


def huge_zero_readers() -> Table:
    """Return a table of the refcount: a row for each number of readers, a column for each kernel.

    First the pins that they hold and the model, Linux 6.18; last the zero page, for comparison.
    """
    columns = {
        "pins held": [PAGES_AT_ONCE * readers for readers in READERS],
        "model": [modelled("6.18", readers).refcount for readers in READERS],
        **{name: [recorded(name, readers) for readers in READERS] for name in BUILDS},
        "zero page, 6.1.192 with the patch": [_zero_page(readers) for readers in READERS],
    }
    return Table(columns, READERS, "readers")


def modelled(release: str, readers: int) -> Folio:
    """Return the huge zero folio of a machine on which that many readers hold 1024 pins each."""
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(PAGES_AT_ONCE * PAGE_SIZE, order=HPAGE_ORDER)
    for _ in range(readers):
        mm.pin_user_pages(addr, PAGES_AT_ONCE)
    return kernel.huge_zero_folio


def recorded(name: str, readers: int) -> int:
    """Return the refcount of the huge zero folio that was recorded on one of the `BUILDS`."""
    kernel, build = BUILDS[name]
    return _refcount(kernel, f"hugezero_hold8:threads={readers}", build)


def _zero_page(readers: int) -> int:
    return _refcount("6.1.192", f"hold2056:threads={readers}", WITH_FIX)


def _refcount(kernel: str, case: str, build: str | None) -> int:
    return int(recording(kernel, "held_pins", case, build)["refcount"])


# What the exercises draw.

ASKED = ("5.6", "5.7", "5.10", "5.15", "5.17", "5.18", "6.1", "6.5", "6.12", "6.18")


def pin_pages(draw: Draw) -> Drawn:
    """Draw a release, a folio, and how many pages of it are pinned in one call."""
    release, order = draw.one(ASKED), draw.one((0, 1, 1, 4, 9, 9))
    pinned = PinnedFolio(release, order, 1 << draw.one(range((order + 1) // 2, order + 1)))
    apart = pinned.pincount is not None
    heavy = GUP_PIN_COUNTING_BIAS * pinned.pages
    return {
        "release": release,
        "order": order,
        "size": 1 << order,
        "pages": pinned.pages,
        "refcount": pinned.refcount[1],
        "pincount": pinned.pincount[1] if pinned.pincount else 0,
        "heavy": heavy,
        "apart_heavy": heavy if apart else None,
        "apart_call": 1 if apart else None,
        "whole": (1 << order) + 1 if apart else None,
        "apart": release if apart else None,
        "biased": release if pinned.each > 1 else None,
        "as_references": release if not apart and pinned.each == 1 else None,
    }


def two_counters(draw: Draw) -> Drawn:
    """Draw references and pins of a large folio, of which some pins are released again."""
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    addr = mm.mmap(PTRS_PER_PMD * PAGE_SIZE, order=HPAGE_ORDER)
    mm.write(addr, b"x")
    sizes = draw.shuffled((3, 5, 12, 20, 40, 64))
    pins = [mm.pin_user_pages(addr, sizes[0])]
    references = [mm.get_user_pages(addr, sizes[1])]
    for size, pin in zip(sizes[2:5], draw.shuffled((True, True, False)), strict=True):
        if pin:
            pins.append(mm.pin_user_pages(addr, size))
        else:
            references.append(mm.get_user_pages(addr, size))
    kernel.unpin_user_pages(pins.pop(draw.one(range(len(pins)))))
    folio = kernel.folios[-1]
    left = folio.pincount or 0
    return {
        "given": kernel.trace,
        "held": folio.refcount,
        "pins": left,
        "references": folio.refcount - R0 - left,
        "guessed": folio.refcount // GUP_PIN_COUNTING_BIAS,
        "taken": kernel.vmstat["nr_foll_pin_acquired"],
        "pin_calls": len(pins),
        "get_calls": len(references),
    }


NAMES = ("A", "B", "C", "D", "E")
HOLDS = {FOLL_PIN: "pins, and unpins them", FOLL_GET: "references, and puts them"}


def find_the_put(draw: Draw) -> Drawn:
    """Draw programs with holds of the huge zero folio, one of which puts what it has pinned."""
    kernel = Kernel("6.5")
    kinds = draw.shuffled((FOLL_PIN, FOLL_PIN, FOLL_PIN, FOLL_GET, FOLL_GET))
    sizes = draw.shuffled((2, 3, 5, 8, 13, 21))[: len(NAMES)]
    for name, kind, size in zip(NAMES, kinds, sizes, strict=True):
        mm = kernel.new_mm(name)
        addr = mm.mmap(PTRS_PER_PMD * PAGE_SIZE, order=HPAGE_ORDER)
        (mm.pin_user_pages if kind == FOLL_PIN else mm.get_user_pages)(addr, size)
    culprit = draw.one([n for n, kind in enumerate(kinds) if kind == FOLL_PIN])
    released = {}
    for n in draw.shuffled(range(len(NAMES))):
        released[n] = len(kernel.trace)
        pin = kinds[n] == FOLL_PIN and n != culprit
        put = kernel.unpin_user_page if pin else kernel.put_page
        put(kernel.huge_zero_folio.page(0), sizes[n], NAMES[n])
    return {
        "given": kernel.trace,
        "step": released[culprit],
        "release": {
            step: {"name": NAMES[n], "holds": HOLDS[kinds[n]]} for n, step in released.items()
        },
    }


def grab_a_folio() -> Drawn:
    """Return the states in which a grab of a folio is tried, and what the model does."""
    million = 1 << 21
    draw = Draw("grab-a-folio", 0)
    small = (1, 2, 1023, 1025, INT_MAX, INT_MAX - 1022, INT_MAX - 1023, 0, -1, 1 - 2**31, INT_MIN)
    large = (
        (1, 0), (2, 1), (2, 0), (65, 64), (1025, 0), (1025, 1024), (million, million - 1),
        (million + 1, million), (INT_MAX - 600, 1000), (INT_MAX - 511, 0), (INT_MAX, 7),
        (0, 0), (-1, 3), (INT_MIN, 9),
    )  # fmt: skip
    drawn = [(draw.one(range(2, INT_MAX)), draw.one(range(2**20))) for _ in range(5)]
    some = [*large, *((refcount, None) for refcount in small), *drawn]
    return {
        "states": tuple((*folio, refs) for folio, refs in product(some, (1, 64, 512))),
        "model": grab_in_the_model,
        "trace": lambda *state: str(_grabbed(*state)[0].trace[1:]),
    }


Counters = tuple[int, int, int | None]
"""What a grab returns: 0 or minus an errno, the refcount, the pincount."""


def grab_in_the_model(refcount: int, pincount: int | None, refs: int) -> Counters:
    """Return what the model's try_grab_folio() answers, and both counters after it."""
    _, folio, error = _grabbed(refcount, pincount, refs)
    return error, folio.refcount, folio.pincount


def _grabbed(refcount: int, pincount: int | None, refs: int) -> tuple[Kernel, Folio, int]:
    """Try to pin a folio that has these counters."""
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio(0 if pincount is None else HPAGE_ORDER)
    folio.refcount, folio.pincount = refcount, pincount
    try:
        kernel.try_grab_folio(folio, refs, FOLL_PIN)
    except OSError as error:
        return kernel, folio, -int(error.errno or 0)
    return kernel, folio, 0


def _grab(refcount: int, pincount: int | None, refcount_up: int, pincount_up: int) -> Counters:
    """Guard and addition, for functions that are wrong in what they add."""
    if refcount <= 0:
        return -ENOMEM, refcount, pincount
    return 0, wrap(refcount + refcount_up), None if pincount is None else pincount + pincount_up


def _adds_1024_always(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS, refs)


def _adds_1024_alone(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS, 0)


def _adds_1_for_a_call(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, GUP_PIN_COUNTING_BIAS if pincount is None else 1, 1)


def _refuses_at_2_21(refcount: int, pincount: int | None, refs: int) -> Counters:
    if pincount is not None and pincount + refs > last_pin(R0):
        return -ENOMEM, refcount, pincount
    return grab_in_the_model(refcount, pincount, refs)


def _leaves_the_refcount(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS if pincount is None else 0, refs)


def _leaves_the_pincount(refcount: int, pincount: int | None, refs: int) -> Counters:
    error, after, _ = grab_in_the_model(refcount, pincount, refs)
    return error, after, pincount


def _takes_0_for_none(refcount: int, pincount: int | None, refs: int) -> Counters:
    if pincount:
        return grab_in_the_model(refcount, pincount, refs)
    return _grab(refcount, pincount, refs * GUP_PIN_COUNTING_BIAS, 0)


def _without_bias(refcount: int, pincount: int | None, refs: int) -> Counters:
    return _grab(refcount, pincount, refs, refs)


def _looks_at_the_new_value(refcount: int, pincount: int | None, refs: int) -> Counters:
    error, after, apart = grab_in_the_model(refcount, pincount, refs)
    return (-ENOMEM, refcount, pincount) if error or after <= 0 else (0, after, apart)


def _unguarded(refcount: int, pincount: int | None, refs: int) -> Counters:
    if pincount is None:
        return 0, wrap(refcount + refs * GUP_PIN_COUNTING_BIAS), None
    return 0, wrap(refcount + refs), pincount + refs


# The open task.

MOST_HOLDS = 4096


def refcounts_part(mine: object) -> Trial:
    """Try some holds of a folio on two releases: whether the kernel takes it for pinned on both."""
    names = ("order", "pins", "references", "older", "newer")
    order, pins, references, older, newer = parts(mine, *names)
    order = whole("order", order, 0, MAX_ORDER)
    holds = {
        FOLL_PIN: whole("pins", pins, 0, MOST_HOLDS),
        FOLL_GET: whole("references", references, 0, MOST_HOLDS),
    }
    folios = [Kernel(release).alloc_folio(order) for release in (older, newer)]
    for folio, (kind, number) in product(folios, holds.items()):
        if number:
            folio.kernel.try_grab_folio(folio, number, kind)
    asked = [folio.kernel.rules.pin_bias > 1 for folio in folios]  # up to 5.6 nobody can ask
    answers = [folio.kernel.folio_maybe_dma_pinned(folio) for folio in folios]
    did = " ".join(
        f"On {folio.kernel.release} the refcount is {folio.refcount}, and the kernel says "
        f"{('no', 'yes')[answer] if known else 'nothing'}."
        for folio, answer, known in zip(folios, answers, asked, strict=True)
    )
    return Trial(did, "\n\n".join(str(folio.kernel.trace) for folio in folios)).checked(
        {"nobody": all(asked), "same": answers[0] != answers[1]}
    )
