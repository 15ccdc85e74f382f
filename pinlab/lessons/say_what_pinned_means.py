"""Lesson 09, say what pinned means: one page in six senses, and what a sentence makes of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, choice, exhibit, menu, row, switch
from pinlab.lab.held_page import MOST, HeldPage
from pinlab.lab.palette import EDGE, ZERO_PAGE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import THICK, edge, fitted, text
from pinlab.lab.task import Trial, play
from pinlab.lab.text import LARGE, digits, many, powers
from pinlab.model.arguments import instance, shown
from pinlab.model.buffer import RDMA
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS as BIAS
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Page
from pinlab.model.gup import FOLL_GET
from pinlab.model.kernel import Kernel
from pinlab.table import Table
from pinlab.words.corpus import Term
from pinlab.words.readings import PASSAGES, SITUATIONS, fails_at, page_in
from pinlab.words.senses import SENSES, Senses, senses

WIDTH, MARGIN = 776, 10
LENS, RADIUS, COLUMNS, TALL = 248, 26, 3, 112
"""The place of a lens: its width, the radius of the glass, how many in a row, its height."""

HEAD = 64
"""The height of the lines above the lenses that say what the page is and what its counters read."""

LABELS, ROW, SMALL = 330, 44, 15
"""Of a strip: the width of the words at the left, the height of a row, the radius of a lens."""


def lenses(page: Page) -> Drawing:
    """Return a page under six lenses, one for each sense of "pinned": lit if it holds, or dark.

    Raises TypeError for what is no page.
    """
    return _lenses(senses(page), page.name)


LENS_RELEASES = ("5.6", "5.7", "6.18")
"""The first of the model, the first with a bias and pincounts, and the newest."""

SIZES = (("4 KiB (order 0)", 0), ("2 MiB (order 9)", HPAGE_ORDER))

STOPS = (0, 1, 2, *powers(8, 9), 1022, 1023, 1024, 2048)
"""Where the sliders stop; the boxes take any number up to 2^21."""


def page_under_lenses(
    references: int = 0,
    pins: int = 1,
    order: int = 0,
    release: str = LENS_RELEASES[-1],
    *,
    mlocked: bool = False,
    registered: bool = False,
) -> Exhibit:
    """Return controls over one page: each sense of "pinned" is lit or dark, and says so.

    The sliders set references and pins, the boxes whether it is mlocked or in a registered buffer,
    the menu its size, the buttons the release; all begin with these. Raises TypeError or ValueError
    for an order other than 0 and 9, more than 2^21 holds, or a release that has no button.
    """
    which = choice("Linux", LENS_RELEASES, release, argument="release")
    HeldPage(release, order, references, pins, mlocked, registered)
    return exhibit(
        lambda order, release, mlocked, registered, references, pins: _held(
            HeldPage(release, order, references, pins, mlocked, registered)
        ),
        menu("a page of", SIZES, order),
        which,
        row(switch("mlocked", mlocked), switch("in a registered buffer", registered)),
        Dial("references", references, STOPS, high=MOST),
        Dial("pins", pins, STOPS, high=MOST),
        filmstrip=_strip(
            HeldPage(), HeldPage(references=1), HeldPage(references=1023), HeldPage(pins=1),
            HeldPage(order=9, pins=1), HeldPage("5.6", order=9, pins=1), HeldPage(mlocked=True),
            HeldPage(registered=True),
        ),
    )  # fmt: skip


def true_in(release: str) -> Table:
    """Return for each sentence of the mail and the kernel the senses in which it is true.

    Raises as Kernel for another release.
    """
    true = {
        name: [sense for sense in SENSES if fails_at(name, sense, release) is None]
        for name in PASSAGES
    }
    cells = [", ".join(senses) or "in none" for senses in true.values()]
    return Table({"is true": cells}, [*true], "this")


def _held(held: HeldPage) -> Drawing:
    return _lenses(senses(held.page), held.words)


def _lenses(found: Senses, name: str) -> Drawing:
    """The lenses of a page that is called `name`."""
    page = found.page
    drawn = [
        text(MARGIN, 22, f"Linux {page.folio.kernel.release}: {name}", size=15, weight="bold"),
        text(MARGIN, 46, _counters(page), size=14),
    ]
    drawn += [
        _lens(n % COLUMNS * LENS + MARGIN, HEAD + n // COLUMNS * TALL, sense, holds=holds)
        for n, (sense, holds) in enumerate(found.items())
    ]
    height = HEAD + -(-len(found) // COLUMNS) * TALL
    about = f"A page under {len(found)} lenses, each lit (yes) or dark (no)."
    return drawing(WIDTH, height, drawn, about, [_sentence(found, name)])


def _strip(*pages: HeldPage) -> Drawing:
    """Several pages, one in a row, each with its lenses beside it."""
    column = (WIDTH - LABELS) / len(SENSES)
    middles = [LABELS + column * (n + 0.5) for n in range(len(SENSES))]
    drawn = [
        text(x, 16 + 15 * line, words.replace("- ", "-"), size=12, anchor="middle")
        for x, sense in zip(middles, SENSES, strict=True)
        for line, words in enumerate(fitted(sense.replace("-", "- "), column, 12))
    ]
    twin = []
    for n, held in enumerate(pages):
        y, found = HEAD + n * ROW + ROW // 2, senses(held.page)
        drawn.append(text(MARGIN, y - 3, f"Linux {held.release}, {held.words}", size=12))
        drawn.append(text(MARGIN, y + 13, _counters(held.page), size=12))
        drawn += [
            _glass(x, y, SMALL, holds=holds, size=10)
            for x, holds in zip(middles, found.values(), strict=True)
        ]
        twin.append(_sentence(found, held.words))
    about = f"{len(pages)} pages in rows, and for each sense a lens that is lit or dark."
    return drawing(WIDTH, HEAD + len(pages) * ROW, drawn, about, twin)


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


def _lens(x: float, y: float, sense: str, *, holds: bool) -> str:
    """One lens: the glass at the left, what it asks at the right."""
    left = x + 2 * RADIUS + 12
    lines = fitted(SENSES[sense].words, LENS - 2 * RADIUS - 22, 13)
    handle = f'<path d="M{x + 10:g} {y + 62:g}l-8 14" {edge(5)}/>'
    return "".join(
        [
            handle,
            _glass(x + RADIUS + 2, y + 42, RADIUS, holds=holds, size=15),
            text(left, y + 20, sense, size=14, weight="bold"),
            *(text(left, y + 40 + 17 * n, line, size=13) for n, line in enumerate(lines)),
        ]
    )


def _glass(x: float, y: float, radius: int, *, holds: bool, size: int) -> str:
    """A lens that says yes with a thick dark rim, or no on grey with a dashed one."""
    fill, rim = (EDGE, THICK) if holds else (ZERO_PAGE, edge(dashed=True))
    glass = f'<circle cx="{x:g}" cy="{y:g}" r="{radius}" fill="{fill}" {rim}/>'
    if holds:
        glass += f'<circle cx="{x:g}" cy="{y:g}" r="{radius - 4}" fill="white"/>'
    word, weight = ("yes", "bold") if holds else ("no", "normal")
    return glass + text(x, y + size / 3, word, size=size, anchor="middle", weight=weight)


RELEASES = ("5.6", "5.7", "6.1", "6.5", "6.18")
TAKES = ("get", "many", "pin", "mlock", "register")


def read_the_trace(draw: Draw) -> Drawn:
    """Draw how a page is held, and what is taken back: which senses hold then?"""
    kernel, order = Kernel(draw.one(RELEASES)), draw.one((0, 0, HPAGE_ORDER))
    mm, nbytes = kernel.new_mm(), PAGE_SIZE << order
    addr = mm.mmap(nbytes, order)
    mm.write(addr, b"x")
    page = mm.mapped()[0].page
    taken = draw.shuffled(TAKES)[:3]
    undo: dict[str, Callable[[], None]] = {}
    for take in taken:
        match take:
            case "get":
                mm.get_user_pages(addr, 1)
                undo[take] = lambda: kernel.put_page(page)
            case "many":
                kernel.try_grab_folio(page.folio, BIAS, FOLL_GET)
            case "pin":
                mm.pin_user_pages(addr, 1)
                undo[take] = lambda: kernel.unpin_user_page(page)
            case "mlock":
                mm.mlock(addr, nbytes)
                undo[take] = lambda: mm.munlock(addr, nbytes)
            case _:
                undo[take] = mm.register_buffer(addr, 1, by=RDMA).unregister
    before = senses(page).lit
    undo[draw.one(sorted(undo))]()
    lit = senses(page).lit
    return {
        "given": kernel.trace,
        "order": order,
        "release": kernel.release,
        "lit": {sense: {"words": SENSES[sense].words} for sense in lit},
        "dark": {sense: {"words": SENSES[sense].words} for sense in SENSES if sense not in lit},
        "before": " + ".join(before),
    }


def vmpin(draw: Draw) -> Drawn:
    """Draw a process with buffers and a request in flight: VmPin, and the pins held."""
    first, second, flight, locked = draw.shuffled((3, 5, 8, 13, 21, 34))[:4]
    overlap = draw.one((1, 2))
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    addr = mm.mmap((first + second) * PAGE_SIZE)
    mm.register_buffer(addr, first)
    mm.register_buffer(addr + (first - overlap) * PAGE_SIZE, second)
    kernel.submit_dio_read(mm, mm.mmap(flight * PAGE_SIZE), flight)
    mm.mlock(mm.mmap(locked * PAGE_SIZE), locked * PAGE_SIZE)
    pins = kernel.vmstat["nr_foll_pin_acquired"]
    return {
        "first": first,
        "second": second,
        "overlap": overlap,
        "are": "is" if overlap == 1 else "are",
        "flight": flight,
        "locked": locked,
        "pinned_vm": mm.pinned_vm,
        "once": mm.pinned_vm - overlap,
        "with_mlock": mm.pinned_vm + locked,
        "pins": pins,
        "pins_and_mlock": pins + locked,
    }


TRIED = tuple(product(PASSAGES, ("5.7", "6.4", "6.5")))


def true_under(draw: Draw) -> Drawn:
    """Draw a sentence and a release: in which senses is it true there?"""
    id, release = draw.one(TRIED) if draw.seed else ("mail-pinned-pages", "6.4")
    passage = PASSAGES[id]
    falls = {sense: fails_at(passage, sense, release) for sense in SENSES}
    return {
        "id": id,
        "words": passage.term.words,
        "whose": _whose(passage.term),
        "pinned": "; ".join(passage.pinned) or "none of these",
        "others": "; ".join(passage.not_pinned) or "nothing is said",
        "release": release,
        "true": sorted(sense for sense, page in falls.items() if page is None),
        "false": {sense: {"page": page} for sense, page in falls.items() if page},
    }


def _whose(place: Term) -> str:
    if place.kind == "mail":
        return f"{place.speaker}, {place.date}"
    # In a question "above" would be the question's own.
    where = place.place.replace("comment above", "comment before")
    return f"{where} in {place.file}, Linux {place.release}"


NONE = "none of these"


def tell_apart(draw: Draw) -> Drawn:
    """Draw a claim about two senses: which page tells them apart, if there is one?"""
    release = draw.one(("5.6", "6.4", "6.5"))
    yes, no = draw.one(list(permutations(SENSES, 2)))
    lit = {name: senses(page_in(name, release)).lit for name in SITUATIONS}
    fitting = [name for name in SITUATIONS if yes in lit[name] and no not in lit[name]]
    right = draw.one(fitting) if fitting else NONE
    says = {True: "yes", False: "no"}
    others = {
        name: {"of_yes": says[yes in lit[name]], "of_no": says[no in lit[name]]}
        for name in draw.shuffled([name for name in SITUATIONS if name not in fitting])[:3]
    }
    pages = sorted({right, NONE, *others})
    return {
        "release": release,
        "yes": yes,
        "yes_words": SENSES[yes].words,
        "no": no,
        "no_words": SENSES[no].words,
        "pages": "\n".join(f"- {page}" for page in pages),
        "page": right,
        "others": others,
        "none": NONE if fitting else None,
        "found": yes if fitting else None,
        "nowhere": None if fitting else yes,
    }


COUNTERS = (
    (1, None, 1), (2, None, 1), (1024, None, 1), (1025, None, 1), (1026, None, 3),
    (1200, None, 300), (1500, None, 1500), (2049, None, 1), (2500, None, 1400), (3000, None, 2),
    (1, 0, 1), (2, 0, 1), (2, 1, 1), (2048, 0, 1), (2048, 7, 1), (513, 512, 1), (5, 0, 5),
)  # fmt: skip
"""Refcounts, pincounts and mappings of pages, none of which has overflowed."""


def told_by(refcount: int, pincount: int | None, mappings: int) -> tuple[bool | str, bool]:
    """Work out what the counters of a page say, by trying every split into pins and references."""
    extra = refcount - mappings
    if pincount is not None:
        return pincount > 0, extra > 0
    splits = [pins for pins in range(extra // BIAS + 1) if extra - BIAS * pins >= 0]
    answers = {pins > 0 for pins in splits}
    return "maybe" if len(answers) > 1 else answers.pop(), extra > 0


def _told_trace(refcount: int, pincount: int | None, mappings: int) -> str:
    extra = refcount - mappings
    if pincount is not None:
        return f"{extra} beyond the mappings; pins among these, says the pincount: {pincount}."
    splits = [_split(pins, extra - BIAS * pins) for pins in range(extra // BIAS + 1)]
    return f"{extra} beyond the mappings can be: {', or '.join(splits)}."


def _split(pins: int, references: int) -> str:
    return f"{many(pins, 'pin')} and {many(references, 'reference')}"


def told() -> Drawn:
    """Return the states in which `told` is tried, and the answers that are told from them."""
    return {"states": COUNTERS, "model": told_by, "trace": _told_trace}


def _by_the_kernel(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    maybe = "maybe" if refcount >= BIAS else False
    return (maybe if pincount is None else pincount > 0), refcount > mappings


def _for_certain(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    extra = refcount - mappings
    return (extra >= BIAS if pincount is None else pincount > 0), extra > 0


def _without_pincount(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    extra = refcount - mappings
    return ("maybe" if extra >= BIAS else False), extra > 0


def _with_mappings(refcount: int, pincount: int | None, mappings: int) -> tuple[object, bool]:
    return told_by(refcount, pincount, mappings)[0], refcount > 0


# The open task.


def six_lenses(mine: Callable[[Kernel], object]) -> Trial:
    """Try a page of a program on Linux 6.18: in which of the six senses it is pinned."""
    kernel = Kernel("6.18")
    page = instance("what mine returns", play(mine, kernel), Page)
    if page.folio.kernel is not kernel:
        raise ValueError(f"what mine returns is {shown(page)}: it is of another machine")
    found = senses(page)
    lines = (f"{'yes' if holds else 'no ':3}  {sense}" for sense, holds in found.items())
    did = f"{len(found.lit)} of {len(found)} say that it is pinned."
    written = {"zero": page.folio is not kernel.zero_page.folio}
    return Trial(did, "\n".join(lines)).checked(
        {**written, **found}, refcount=page.refcount, pincount=page.pincount
    )
