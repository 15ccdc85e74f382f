"""Lesson 03, pin a page: who may be behind a refcount, and what fork makes of it."""

from __future__ import annotations

from collections.abc import Callable

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, exhibit
from pinlab.lab.held_page import HeldPage
from pinlab.lab.odometer import HEAD, TALL, WIDTH, binary, heads
from pinlab.lab.palette import EDGE, REFERENCE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import PINNED, edge, rect, text
from pinlab.lab.task import Trial, play
from pinlab.lab.text import many
from pinlab.model import ledger
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    split_refcount,
)
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_GET, FOLL_PIN
from pinlab.model.kernel import Kernel

MOST_PINS, MOST_REFERENCES = 8, 4096
"""What fits on the axis of the mixtures."""

MOST = 1 + MOST_REFERENCES + MOST_PINS * GUP_PIN_COUNTING_BIAS

LEFT, BAR, SPACE = 206, 16, 20
CAPTION, LEDGER, AXIS = 20, 18, 22
SCALE = (WIDTH - LEFT - 10) / MOST
"""Pixels for each 1 of the refcount."""

DASHED = 'stroke-width="2.2" stroke-dasharray="3 2"'
"""The line from which on the guess is yes."""

HOLD = f'stroke="{EDGE}" stroke-width="1.5"'

EXTRA_REFERENCES = (0, 1, 2, 3, 511, 1021, 1022, 1023, 1024, 1025, 2046, 2047, 2048, 3071, 3072,
                    4095, 4096)  # fmt: skip


def held_twice() -> Drawing:
    """Return a frame whose refcount reads 2: one hold is a mapping's, the other somebody's."""
    parts = [
        rect(6, 22, 170, 44, round=6),
        text(91, 49, "page of a program", size=13, anchor="middle"),
        f'<path d="M176 44h104" {HOLD}/>',
        text(228, 36, "mapping", size=13, anchor="middle"),
        rect(280, 8, 170, 72),
        text(365, 30, "frame", size=13, weight="bold", anchor="middle"),
        text(365, 62, "refcount 2", size=22, weight="bold", anchor="middle"),
        f'<path d="M450 44h112" stroke-dasharray="4 3" {HOLD}/>',
        text(506, 36, "hold", size=13, anchor="middle"),
        rect(562, 22, 120, 44, edge=edge(dashed=True), round=6),
        text(622, 49, "somebody", size=13, anchor="middle"),
    ]
    told = "The refcount of a frame reads 2. A mapping is one hold, the other is somebody's."
    return drawing(688, 88, parts, "A frame between a program and somebody who holds it.", [told])


def sliders(pins: int = 2, references: int = 1) -> Exhibit:
    """Return sliders over pins and extra references: the refcount, and what else it could be.

    They begin at `pins` (0 to 8) and `references` (0 to 4096) on a single page that one page table
    maps; by default its refcount is the 2050 of the question. Raises TypeError or ValueError for
    what is out of its range.
    """
    # Room for as many mixtures as there can be: nothing moves under a slider.
    rows = len(_mixtures(HeldPage(pins=MOST_PINS, references=MOST_REFERENCES)))
    strip = (0, 0), (1, 0), (0, GUP_PIN_COUNTING_BIAS - 1), (2, 1)
    return exhibit(
        lambda pins, references: _bars(HeldPage(pins=pins, references=references), rows=rows),
        Dial("pins", pins, range(MOST_PINS + 1)),
        Dial("extra references", references, EXTRA_REFERENCES, argument="references"),
        filmstrip=_bars(*(HeldPage(pins=pins, references=extra) for pins, extra in strip)),
    )


def _mixtures(held: HeldPage) -> list[tuple[int, int]]:
    """All (pins, references) that give its refcount; the mapping's reference is among them."""
    most, _ = split_refcount(held.folio.refcount)
    return [(n, held.folio.refcount - n * GUP_PIN_COUNTING_BIAS) for n in range(most + 1)]


def _known(held: HeldPage, kind: str) -> int:
    """How many holds of a kind the ledger has."""
    return held.folio.kernel.ledger.count(held.folio, kind)


def _guess(held: HeldPage) -> bool:
    """What the kernel takes it for: maybe pinned, or not."""
    return held.folio.kernel.folio_maybe_dma_pinned(held.folio)


def told(held: HeldPage) -> str:
    """Return the refcount, the kernel's guess, whether it is so, and the mixtures."""
    pins, extra = _known(held, ledger.PIN), _known(held, ledger.REFERENCE)
    fooled = _guess(held) and not pins
    truth = "No pin is held: a false positive." if fooled else "That is so."
    pairs = _mixtures(held)
    known = f"{len(pairs)} mixtures give it, if nothing else is known: "
    others = f"{known}{'; '.join(_mixture(*pair) for pair in pairs)}."
    return (
        f"{many(pins, 'pin')} and {many(extra, 'extra reference')} on a page that is mapped "
        f"once: the refcount is {held.folio.refcount}. The kernel reads: {_verdict(held)}. {truth} "
        f"{others if len(pairs) > 1 else 'No pin fits into it.'}"
    )


def _verdict(held: HeldPage) -> str:
    """The kernel's guess with its reason."""
    if _guess(held):
        return f"{held.folio.refcount} ≥ {GUP_PIN_COUNTING_BIAS}, maybe pinned"
    return f"{held.folio.refcount} < {GUP_PIN_COUNTING_BIAS}, not pinned"


def _mixture(pins: int, references: int) -> str:
    return f"{many(pins, 'pin')} + {many(references, 'reference')}"


def _bars(*pages: HeldPage, rows: int = 0) -> Drawing:
    """A bar for each mixture, page below page; room for as many `rows`, if there are fewer."""
    tops, y = [], HEAD
    for held in pages:
        tops.append(y)
        y += TALL + CAPTION + LEDGER + AXIS + BAR * (rows or len(_mixtures(held))) + SPACE
    drawn = [_page(top, held, rows) for top, held in zip(tops, pages, strict=True)]
    about = "The 32 binary digits of a refcount, and a bar for each mixture that gives it."
    # A thousand references are a step as well.
    digits = heads(f"steps of {GUP_PIN_COUNTING_BIAS}", f"below {GUP_PIN_COUNTING_BIAS}")
    return drawing(WIDTH, y, [digits, *drawn], about, map(told, pages))


def _page(y: int, held: HeldPage, rows: int) -> str:
    refcount, pairs = held.folio.refcount, _mixtures(held)
    known = (
        f"the ledger: {many(_known(held, ledger.MAPPING), 'mapping')}, "
        f"{many(_known(held, ledger.REFERENCE), 'extra reference')}, "
        f"{many(_known(held, ledger.PIN), 'pin')}"
    )
    caption = y + TALL + 16
    axis = y + TALL + CAPTION + LEDGER + AXIS - 5
    parts = [
        binary(y, refcount, refcount),
        text(6, caption, f"refcount {refcount}", size=15, weight="bold"),
        text(LEFT, caption, f"the kernel: {_verdict(held)}", size=13, weight="bold"),
        text(LEFT, caption + LEDGER, known, size=13),
        text(6, axis, "the same refcount, mapping included", size=11),
        _axis(axis, BAR * len(pairs)),
    ]
    parts += [
        _bar(axis + 5 + BAR * row, pins, references, true=pins == _known(held, ledger.PIN))
        for row, (pins, references) in enumerate(pairs)
    ]
    if (n := len(pairs)) < rows:
        parts.append(
            text(19, axis + 16 + BAR * n, f"{many(n, 'pin')}: more than {refcount}", size=11)
        )
    return "".join([*parts, _line(1, axis + 2, BAR * len(pairs) + 9, DASHED)])


def _x(refcount: int) -> float:
    return LEFT + SCALE * refcount


def _axis(y: int, tall: int) -> str:
    """A thin line and a label for each pin that would fit."""
    pins = range(MOST // GUP_PIN_COUNTING_BIAS + 1)
    lines = "".join(_line(pin, y + 3, tall + 3) for pin in pins)
    labels = "".join(_label(pin, y) for pin in (0, 1, 2, 4, 8, pins[-1]))
    return lines + labels


def _line(pin: int, y: int, tall: int, style: str = 'stroke-opacity="0.25"') -> str:
    return f'<path d="M{_x(pin * GUP_PIN_COUNTING_BIAS):g} {y}v{tall}" stroke="{EDGE}" {style}/>'


def _label(pin: int, y: int) -> str:
    refcount = pin * GUP_PIN_COUNTING_BIAS
    last = refcount + GUP_PIN_COUNTING_BIAS > MOST
    anchor = "start" if pin == 0 else "end" if last else "middle"
    return text(_x(refcount), y, str(refcount), size=10, anchor=anchor)


def _bar(y: int, pins: int, references: int, *, true: bool) -> str:
    """Pins one after the other, then the references; what the ledger has is marked."""
    boxes = "".join(
        _box(_x(n * GUP_PIN_COUNTING_BIAS), y, GUP_PIN_COUNTING_BIAS, PINNED) for n in range(pins)
    )
    if references:
        boxes += _box(_x(pins * GUP_PIN_COUNTING_BIAS), y, references, REFERENCE)
    label = f"{'▶ ' if true else ''}{_mixture(pins, references)}"
    weight = "bold" if true else "normal"
    return boxes + text(6 if true else 19, y + 11, label, size=11, weight=weight)


def _box(x: float, y: int, holds: int, fill: str) -> str:
    """A box as wide as what it adds, and never too narrow to be seen: then it begins before."""
    wide = max(SCALE * holds, 2.5)
    left = max(x + SCALE * holds - wide, LEFT)
    return (
        f'<rect x="{left:g}" y="{y + 2}" width="{wide:g}" height="{BAR - 4}" '
        f'fill="{fill}" stroke="{EDGE}" stroke-width="0.8"/>'
    )


FORK, LEAST = "fork_copy_threshold", "copies_from_extra"
COPIES = {
    "extra references from which it copies": (FORK, "unpriv_threshold_haspinned_1", LEAST),
    "where nothing was ever pinned (-1: not up to 1100)": (
        FORK,
        "unpriv_threshold_haspinned_0",
        LEAST,
    ),
    "kB copied of a page with one pin": (FORK, "really_pinned_iouring", "child_Private_Dirty_kB"),
}
"""What is asked of fork about a page that is mapped once, by its place in an answer."""


def _looks_pinned(refcount: int) -> bool:
    """The model's guess for a single page whose refcount reads this (5.7 to 6.18)."""
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio()
    folio.refcount = refcount
    return kernel.folio_maybe_dma_pinned(folio)


def false_positive(draw: Draw) -> Drawn:
    """Draw how often a page is mapped that nobody has pinned."""
    mappings = draw.one(range(2, 1000)) if draw.seed else 1
    return {
        "mappings": mappings,
        "times": "once" if mappings == 1 else f"by {mappings} page tables",
        "already": "" if mappings == 1 else f": {mappings} of the 1024 there already",
        "extra": next(n for n in range(1025) if _looks_pinned(mappings + n)),
    }


def pins_left(draw: Draw) -> Drawn:
    """Draw holds that are taken and released, and what the refcount reads after each step."""
    draw = Draw("pins-still-held", draw.seed)
    first, second = draw.one(range(2, 6)), draw.one(range(1, 6))
    released = draw.one(range(1, first + second))
    references = draw.shuffled((521, 640, 707, 778, 850, 902, 945, 983))[:3]
    taken = draw.shuffled(
        [(FOLL_PIN, first), (FOLL_PIN, second), *((FOLL_GET, n) for n in references)]
    )
    folio = HeldPage("6.18").folio
    refcounts = [folio.refcount]
    for kind, holds in taken:
        folio.kernel.try_grab_folio(folio, holds, kind)
        refcounts.append(folio.refcount)
    for kind, holds in draw.shuffled([(FOLL_PIN, released), (FOLL_GET, references[0])]):
        put = folio.kernel.unpin_user_page if kind == FOLL_PIN else folio.kernel.put_page
        put(folio.page(0), holds)
        refcounts.append(folio.refcount)
    return {
        "given": tuple(refcounts),
        "left": first + second - released,
        "taken": first + second,
        "released": released,
        "most": split_refcount(refcounts[-1])[0],
        "refcount": refcounts[-1],
    }


HOLDERS = ("A", "B", "C", "D", "E", "F")


def wrong_release(draw: Draw) -> Drawn:
    """Draw six holders of a page of which one releases its hold by the wrong function."""
    draw = Draw("the-fault", draw.seed)
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    folio = kernel.folios[-1]
    kinds = dict(zip(draw.shuffled(HOLDERS), [FOLL_GET, FOLL_PIN] * 3, strict=True))
    fault = draw.one(HOLDERS)
    for holder in draw.shuffled(HOLDERS):
        take = mm.pin_user_pages if kinds[holder] == FOLL_PIN else mm.get_user_pages
        take(addr, 1, owner=holder)
    for holder in draw.shuffled(HOLDERS):
        unpins = (kinds[holder] == FOLL_PIN) != (holder == fault)
        put = kernel.unpin_user_page if unpins else kernel.put_page
        put(folio.page(0), owner=holder)
    trace = kernel.trace[1:]
    steps = {event.actor: event.step for event in trace}  # the last of each is its release
    names = {FOLL_GET: "a reference", FOLL_PIN: "a pin"}
    return {
        "given": trace,
        "step": steps[fault],
        "holder": fault,
        "kind": names[kinds[fault]],
        "should": {FOLL_GET: "put", FOLL_PIN: "unpin"}[kinds[fault]],
        "refcount": folio.refcount,
        "wrong": {
            steps[holder]: f"{holder} took {names[kinds[holder]]}, and that is what it releases"
            for holder in HOLDERS
        },
    }


def maybe_dma_pinned() -> Drawn:
    """Return the refcounts at which the guess is tried, and what the model makes of them."""
    edges = (0, 1, 2, 3, 512, 1022, 1023, 1024, 1025, 2047, 2048, 2050, 3071, 3072, INT_MAX,
             INT_MAX - 1023, -1, -2, -127, -1023, -1024, -1025, 1 - 2**31, INT_MIN)  # fmt: skip
    draw = Draw("maybe-dma-pinned", 0)
    drawn = [draw.one(range(INT_MIN, INT_MAX)) for _ in range(40)]
    small = [draw.one(range(4 * GUP_PIN_COUNTING_BIAS)) for _ in range(16)]
    return {
        "states": [(refcount,) for refcount in (*edges, *drawn, *small)],
        "model": _looks_pinned,
        "trace": _as_the_kernel_reads_it,
    }


def _as_the_kernel_reads_it(refcount: int) -> str:
    sign = ">=" if _looks_pinned(refcount) else "<"
    unsigned = refcount % 2**32
    return f"(unsigned int){refcount} = {unsigned}, and {unsigned} {sign} {GUP_PIN_COUNTING_BIAS}"


def _above_one(refcount: int) -> bool:
    return refcount > 1


def _tests_a_bit(refcount: int) -> bool:
    return bool(refcount & GUP_PIN_COUNTING_BIAS)


def _without_the_cast(refcount: int) -> bool:
    return refcount >= GUP_PIN_COUNTING_BIAS


def _above_1024(refcount: int) -> bool:
    return refcount % 2**32 > GUP_PIN_COUNTING_BIAS


def _above_1024_without_the_cast(refcount: int) -> bool:
    return refcount > GUP_PIN_COUNTING_BIAS


def _of_the_size(refcount: int) -> bool:
    return abs(refcount) >= GUP_PIN_COUNTING_BIAS


# The open task.

SHOWN = 6
"""Of a trace: the end, which is like what was before."""


def suspected_wrongly(mine: Callable[[Kernel], object]) -> Trial:
    """Try a story on Linux 6.18: whether a frame is taken for pinned, without pins and GUP."""
    kernel = Kernel("6.18")
    play(mine, kernel)
    folios = [folio for folio in kernel.folios if not folio.freed]
    suspected = next(filter(kernel.folio_maybe_dma_pinned, folios), None)
    if suspected:
        did = f"The kernel takes {suspected.name} for pinned, as its {_number(suspected)}."
    else:
        highest = max(folio.refcount for folio in folios)
        did = f"No frame is taken for pinned: the highest refcount is {highest}."
    taken = {event.operation.partition(",")[0] for event in kernel.trace}
    return Trial(did, kernel.trace[-SHOWN:]).checked({
        "suspected": suspected is not None,
        "pinned": "pin" not in taken,
        "references": taken.isdisjoint(("get", "get_page")),
    })  # fmt: skip


def _number(folio: Folio) -> str:
    """Tell by which number the kernel takes a folio for pinned."""
    if folio.order:
        return f"pincount is {folio.pincount}"
    if folio.refcount < 0:
        return f"refcount {folio.refcount}, read without its sign, is {folio.refcount % 2**32}"
    return f"refcount is {folio.refcount}"
