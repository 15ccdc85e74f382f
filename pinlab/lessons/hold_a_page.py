"""Lesson 02, hold a page: a request in flight, and the ledger of a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.palette import EDGE, OVERFLOW, PIN, PIN_HATCH, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Picture, blank
from pinlab.lab.task import Trial, play
from pinlab.lab.text import digits, many, plural
from pinlab.lab.walk import Story, tell
from pinlab.model.arguments import instance, one_of
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio, Page
from pinlab.model.gup import FOLL_GET, FOLL_PIN, weight
from pinlab.model.kernel import Kernel
from pinlab.model.ledger import BOOT, MAPPING
from pinlab.model.ledger import PIN as PINS
from pinlab.model.ledger import REFERENCE as REFERENCES
from pinlab.model.mm import Mm
from pinlab.model.trace import Event, Trace
from pinlab.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAR = 0.72
"""Width of a bar, in steps."""

READABLE = 0.07
"""The part of the axis that a hold has to fill so that its holder's name fits inside."""

LOOKS: Mapping[str, Mapping[str, Any]] = {
    MAPPING: {"facecolor": "white", "edgecolor": REFERENCE, "linewidth": 1.6},
    REFERENCES: {"facecolor": REFERENCE, "edgecolor": "white", "linewidth": 1.6},
    PINS: {"facecolor": PIN, "edgecolor": EDGE, "hatch": PIN_HATCH},
    BOOT: {"facecolor": ZERO_PAGE, "edgecolor": EDGE, "linestyle": "--"},
}
"""How a hold of each kind is drawn; its holder's name says the same again."""

Holder = tuple[str, str]
"""Kind of hold and its owner, as the ledger has them."""


class Entry(NamedTuple):
    """A frame after one step: how many holds each holder has, and what its counter says."""

    holds: Mapping[Holder, int]
    refcount: int
    freed: bool


@dataclass(frozen=True)
class Book:
    """The ledger of one frame through a story; an entry is None before the frame is in use."""

    folio: Folio
    words: Sequence[str]
    entries: Sequence[Entry | None]

    @property
    def holders(self) -> list[Holder]:
        """Everybody who holds the frame at some time: mappings first, then by first hold."""
        found = dict.fromkeys(holder for entry in self.entries if entry for holder in entry.holds)
        return sorted(found, key=lambda holder: holder[0] not in (MAPPING, BOOT))

    def adds(self, entry: Entry, holder: Holder) -> int:
        """Return what one holder's holds add to the refcount, all together."""
        flag = FOLL_PIN if holder[0] == PINS else FOLL_GET
        return entry.holds.get(holder, 0) * weight(self.folio, flag)

    def total(self, entry: Entry) -> int:
        """Return what all holds add up to."""
        return sum(self.adds(entry, holder) for holder in entry.holds)


def ledger(story: Story, kernel: Kernel | None = None, page: str | None = None) -> Picture:
    """Draw who holds one frame after each step of a story, and its refcount as a line.

    `page` is its name in the trace, such as "frame 1" or "zero page"; by default it is the one
    with the most holds. The kernel is the newest one that is modelled if none is given.
    Raises TypeError for what is no story or no Kernel, ValueError for another name or a story in
    which nobody takes a hold.

    >>> def one_write(kernel):
    ...     mm = kernel.new_mm()
    ...     mm.write(mm.mmap(4096), b"x")
    ...     yield "The program writes a byte."
    >>> print(ledger(one_write).twin)
    The ledger of frame 2 on Linux 6.18, and its refcount:
    1. The program writes a byte. 1 mapping of parent; refcount 1.
    """
    kernel = Kernel() if kernel is None else instance("kernel", kernel, Kernel)
    book = _book(story, kernel, page)
    lines = [_line(book, number) for number in range(1, len(book.words) + 1)]
    title = f"The ledger of {book.folio.name} on Linux {kernel.release}, and its refcount:"
    counters = ", ".join(str(entry.refcount) if entry else "none yet" for entry in book.entries)
    alt = (
        f"Stacked bars of the holds on {book.folio.name} after each of {len(book.words)} "
        f"{plural(len(book.words), 'step')}, and its refcount as a line: {counters}."
    )
    return Picture(lambda: _drawn(book), alt, "\n".join([title, *lines]), _table(book))


def _book(story: Story, kernel: Kernel, page: str | None) -> Book:
    """Tell the story, and keep what happens to the frame of that name."""
    words: list[str] = []
    pages: list[dict[Folio, Entry]] = []
    for step in tell(story, kernel):
        words.append(step.words)
        pages.append({folio: _entry(kernel, folio) for folio in kernel.folios})
    most = {
        folio: max(_taken(entries.get(folio)) for entries in pages)
        for folio in (pages[-1] if pages else {})
    }
    folio = _chosen({folio: number for folio, number in most.items() if number}, page)
    entries = [entries.get(folio) for entries in pages]
    return Book(folio, words, entries)


def _entry(kernel: Kernel, folio: Folio) -> Entry:
    return Entry(kernel.ledger.holds(folio), folio.refcount, folio.freed)


def _taken(entry: Entry | None) -> int:
    """How many holds somebody has taken; the 1 that a zero page starts with is not among them."""
    return sum(n for (kind, _), n in entry.holds.items() if kind != BOOT) if entry else 0


def _chosen(held: Mapping[Folio, int], page: str | None) -> Folio:
    if not held:
        raise ValueError("story: nobody takes a hold in it, so there is no ledger to draw")
    if page is None:
        return max(held, key=lambda folio: held[folio])
    names = {folio.name: folio for folio in held}
    return names[one_of("page", page, names)]


def _drawn(book: Book) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure = blank(8.4, 3.9)
    panel = figure.subplots()
    entries = [entry for entry in book.entries if entry]
    top = max(max(book.total(entry), entry.refcount) for entry in entries)
    bottom = min(0, *(entry.refcount for entry in entries))
    room = top - bottom
    panel.set(xlim=(0.4, len(book.words) + 0.6), ylim=(bottom - 0.03 * room, top + 0.2 * room))
    panel.set_xticks(range(1, len(book.words) + 1))
    panel.yaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set(xlabel="step", ylabel=f"refcount of {book.folio.name}")
    panel.spines[["top", "right"]].set_visible(False)
    panel.axhline(0, color=EDGE, lw=0.8)
    for step, entry in enumerate(book.entries, start=1):
        if entry:
            _stack(panel, book, step, entry, READABLE * room)
    steps = [step for step, entry in enumerate(book.entries, start=1) if entry]
    counters = [entry.refcount for entry in entries]
    panel.plot(steps, counters, color=EDGE, lw=1.6, ls=(0, (4, 2)), drawstyle="steps-mid")
    for step, entry in zip(steps, entries, strict=True):
        _counter(panel, book, step, entry)
    return figure


def _stack(panel: Axes, book: Book, step: int, entry: Entry, readable: float) -> None:
    """Put one holder upon the other."""
    level = 0
    for holder in book.holders:
        height = book.adds(entry, holder)
        if not height:
            continue
        panel.bar(step, height, BAR, level, **LOOKS[holder[0]])
        if height >= readable:
            colour = "white" if holder[0] == REFERENCES else "black"
            box = {"facecolor": PIN, "edgecolor": "none", "pad": 1} if holder[0] == PINS else None
            panel.text(step, level + height / 2, _short(book, entry, holder), color=colour,
                       ha="center", va="center", fontsize=9, bbox=box)  # fmt: skip
        level += height


def _counter(panel: Axes, book: Book, step: int, entry: Entry) -> None:
    """Mark what the kernel reads: a point, or a cross where the holds add up to something else."""
    agree = entry.refcount == book.total(entry)
    look = {"marker": "o", "ms": 8, "mfc": "white"} if agree else {
        "marker": "X", "ms": 11, "mfc": OVERFLOW
    }  # fmt: skip
    panel.plot([step], [entry.refcount], ls="none", mec=EDGE, mew=1.4, zorder=5, **look)  # type: ignore[arg-type]
    words = f"{entry.refcount}, freed" if entry.freed else str(entry.refcount)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    panel.annotate(words, (step, entry.refcount), (0, 10), textcoords="offset points",
                   ha="center", bbox=box, zorder=6)  # fmt: skip


def _short(book: Book, entry: Entry, holder: Holder) -> str:
    """Return a holder's name as it fits into a bar."""
    kind, owner = holder
    several = sum(other == kind for other, _ in book.holders) > 1
    mapping = f"mapping\n{owner}" if several else "mapping"
    name = {MAPPING: mapping, BOOT: "start"}.get(kind) or _owner(holder)
    number = entry.holds[holder]
    return f"{number} x {name}" if number > 1 else name


def _owner(holder: Holder) -> str:
    """Return an owner's name; the number of a request says by itself whose it is."""
    return holder[1].rpartition(", ")[2]


def _named(holder: Holder, number: int = 1) -> str:
    """Return a holder's name in full; the 1 that a zero page starts with is nobody's."""
    kind = plural(number, holder[0])
    return "from the start" if holder[0] == BOOT else f"{kind} of {_owner(holder)}"


def _line(book: Book, number: int) -> str:
    """Tell one step: what happened, who holds the frame then, and what its refcount says."""
    words, entry = book.words[number - 1], book.entries[number - 1]
    if entry is None:
        return f"{number}. {words} {book.folio.name.capitalize()} is not in use yet."
    counts = {holder: entry.holds[holder] for holder in book.holders if holder in entry.holds}
    holds = [f"{digits(count)} {_named(holder, count)}" for holder, count in counts.items()]
    told = f"{number}. {words} {', '.join(holds) or 'Nobody holds it'}; "
    told += f"refcount {digits(entry.refcount)}"
    if (total := book.total(entry)) != entry.refcount:
        told += f", although the holds add up to {digits(total)}"
    return told + (", and the frame is freed." if entry.freed else ".")


def _table(book: Book) -> Table:
    columns = {
        _named(holder): [str(e.holds.get(holder, 0)) if e else "-" for e in book.entries]
        for holder in book.holders
    }
    columns["refcount"] = [str(entry.refcount) if entry else "-" for entry in book.entries]
    return Table(columns, range(1, len(book.words) + 1), "step")


RELEASE = "6.4"
"""The last release whose block direct I/O holds its pages with references; then come pins."""


def written(pages: int) -> tuple[Kernel, Mm, int]:
    """Return a kernel, a process, and the address of a buffer that it has written to."""
    kernel = Kernel(RELEASE)
    mm = kernel.new_mm()
    addr = mm.mmap(pages * PAGE_SIZE)
    mm.write(addr, bytes(pages * PAGE_SIZE))
    return kernel, mm, addr


def buffer() -> Kernel:
    """Return a machine with a page that its program has written to, before any request."""
    return written(1)[0]


def refcounts(story: Story) -> list[int]:
    """Return what the refcount of a story's frame reads on Linux 6.4 after each of its steps."""
    return [entry.refcount if entry else 0 for entry in _book(story, Kernel(RELEASE), None).entries]


def fate(story: Story) -> str:
    """Return what has become of a story's frame on Linux 6.4, at its end."""
    last = _book(story, Kernel(RELEASE), None).entries[-1]
    return "freed" if last and last.freed else "still in use"


def zero_page_mapped(draw: Draw) -> Drawn:
    """Draw processes that map the zero page, and references that one of them takes."""
    processes, pages, gets = draw.one((2, 3, 4)), draw.one((16, 32, 64)), draw.one((5, 6, 7, 8, 9))
    kernel = Kernel(RELEASE)
    start = kernel.zero_page.refcount
    for _ in range(processes):
        mm = kernel.new_mm()
        addr = mm.mmap(pages * PAGE_SIZE)
        mm.read(addr, pages * PAGE_SIZE)
    mm.get_user_pages(addr, gets)
    return {
        "processes": processes,
        "pages": pages,
        "gets": gets,
        "start": start,
        "mapped": processes * pages,
        "right": kernel.zero_page.refcount,
    }


def refcount_after(draw: Draw) -> Drawn:
    """Draw references and requests that are taken on a buffer, and some that are given back."""
    pages, gets, submitted = draw.one((4, 8)), draw.one((4, 5, 6)), draw.one((3, 4, 5))
    puts, completed = draw.one((1, 2, 3)), draw.one((1, 2))
    kernel, mm, addr = written(pages)
    first = [mm.get_user_pages(addr, 1)[0] for _ in range(gets)]
    for page in first[:puts]:
        kernel.put_page(page)
    for request in [kernel.submit_dio_write(mm, addr, pages) for _ in range(submitted)][:completed]:
        request.complete()
    return {
        "pages": pages,
        "gets": gets,
        "puts": puts,
        "submitted": submitted,
        "done": completed,
        "complete": "completes" if completed == 1 else "complete",
        "refcount": first[0].refcount,
        "all": 1 + gets + submitted,
        "of_each_page": 1 + (gets - puts) + pages * (submitted - completed),
    }


def _dio(request: DirectIO) -> str:
    """Return a request's name without the process's."""
    return request.name.rpartition(", ")[2]


def who_still_holds(draw: Draw) -> Drawn:
    """Draw requests for one of two pages or both, of which some let go."""
    kernel, mm, addr = written(2)
    first = mm.page_at(addr)
    assert first is not None
    spans = draw.shuffled(((0, 2), (0, 2), (0, 1), (1, 1)))
    requests = [kernel.submit_dio_write(mm, addr + at * PAGE_SIZE, n) for at, n in spans]
    gone: list[DirectIO | int] = [*draw.shuffled(requests)[:2], draw.one((1, 1, 2, 0))]
    for one in draw.shuffled(gone):
        if isinstance(one, DirectIO):
            one.complete()
        elif one:
            mm.munmap(addr, one * PAGE_SIZE)
    holders = {
        "mapping" if kind == "mapping" else owner.rpartition(", ")[2]
        for kind, owner in kernel.ledger.holds(first.folio)
    }
    options = ("mapping", *map(_dio, requests))
    return {
        "given": kernel.trace,
        "frame": first.name,
        "refcount": first.refcount,
        "options": options,
        "right": frozenset(holders),
        "wrong": {} if "mapping" in holders else {frozenset(): "munmap-frees-the-frame"},
        "extra": {h: _why(kernel.trace, first.name, h) for h in options if h not in holders},
        "missing": dict.fromkeys(sorted(holders), "One more has come and has not gone"),
    }


def _why(trace: Trace, name: str, holder: str) -> str:
    """Tell what a trace says about one who holds a frame no more, or never did."""
    actor = "parent" if holder == "mapping" else f"parent, {holder}"
    steps = {e.operation: e.step for e in trace if (e.actor, e.page) == (actor, name)}
    if holder == "mapping":
        return f"The page is unmapped in step {steps['unmap']}"
    if not steps:
        return f"{holder} has never held this frame, only the other"
    return f"{holder} puts its reference in step {steps['put']}"


def two_bugs(draw: Draw) -> Drawn:
    """Draw six requests of which one leaks its reference and another one puts twice."""
    draw = Draw("leak-and-double-put", draw.seed)
    kernel, mm, addr = written(1)
    requests = [kernel.submit_dio_write(mm, addr, 1) for _ in range(6)]
    leaks, twice, *_ = draw.shuffled(requests)
    frame = requests[0].pages[0].folio
    done: list[DirectIO] = []
    for request in draw.shuffled([r for r in requests if r is not leaks] + [twice]):
        if request in done:
            kernel.put_page(frame.page(0), owner=request.name)
        else:
            request.complete()
        done.append(request)
    puts = {
        _number(request): [event.step for event in kernel.trace if _is_put(event, request)]
        for request in requests
    }
    return {
        "given": kernel.trace,
        "leaks": _number(leaks),
        "twice": _number(twice),
        "wrong": {
            "leaks": {n: _puts(n, steps) for n, steps in puts.items() if steps},
            "puts twice": {n: _puts(n, steps) for n, steps in puts.items() if len(steps) < 2},
        },
    }


def _number(request: DirectIO) -> int:
    return int(request.name.rpartition(" ")[2])


def _is_put(event: Event, request: DirectIO) -> bool:
    return (event.actor, event.operation) == (request.name, "put")


def _puts(number: int, steps: list[int]) -> str:
    """Tell in which step a request puts first; how often it does may be the other answer."""
    return f"DIO {number} puts in step {steps[0]}" if steps else f"DIO {number} does not put twice"


def unmap() -> Drawn:
    """Return the states in which unmapping a page is tried, and what the model does."""
    draw = Draw("unmap", 0)
    drawn = tuple(draw.one(range(4, 2**20)) for _ in range(12))
    return {
        "states": tuple(product((2, 1, 3, 65, *drawn, 0, -1, -2), (False, True))),
        "model": unmap_in_the_model,
        "trace": lambda *state: str(_unmapped(*state)[0].trace[1:]),
    }


def unmap_in_the_model(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    """Return the refcount after munmap() of the page in the model, and whether it was freed."""
    _, folio = _unmapped(refcount, is_zero_page)
    return folio.refcount, folio.freed


def _unmapped(refcount: int, is_zero_page: bool) -> tuple[Kernel, Folio]:
    """Unmap a page whose frame has this refcount."""
    kernel = Kernel(RELEASE)
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    if is_zero_page:
        mm.read(addr, 1)
    else:
        mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert isinstance(page, Page)
    page.folio.refcount = refcount
    mm.munmap(addr, PAGE_SIZE)
    return kernel, page.folio


def _frees_at_once(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (refcount - 1, True)


def _empties(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (0, True)


def _counts_the_zero_page(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return refcount - 1, refcount == 1


def _counts_and_keeps_the_zero_page(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return refcount - 1, refcount == 1 and not is_zero_page


def _frees_below_zero(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (refcount - 1, refcount <= 1)


def _looks_first(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (refcount, False) if is_zero_page else (refcount - 1, refcount == 0)


def _zero_page_too(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    left = refcount if is_zero_page else refcount - 1
    return left, left == 0


def _reset(refcount: int, is_zero_page: bool) -> tuple[int, bool]:
    return (1, False) if is_zero_page else (refcount - 1, refcount == 1)


def _one_number(refcount: int, is_zero_page: bool) -> int:
    return refcount if is_zero_page else refcount - 1


# The open task.


def freed_in_flight(mine: Callable[[Kernel], object]) -> Trial:
    """Try a story on Linux 6.4: whether a device works on a frame at its end that is free."""
    kernel = Kernel("6.4")
    play(mine, kernel)
    requests = kernel.requests.values()
    frames = {page.folio: page.refcount for request in requests for page in request.pages}
    freed = [folio for folio in frames if folio.freed]
    at_work = (
        f"{many(len(requests), 'request')} in flight, on {many(len(frames), 'frame')}, of which"
    )
    free = f"{len(freed) or 'none'} {'is' if len(freed) < 2 else 'are'} free"
    did = f"At the end {f'{at_work} {free}' if frames else 'nothing is in flight'}."
    return Trial(did, kernel.trace).checked(
        {"flight": bool(frames), "held": bool(freed)}, refcount=min(frames.values(), default=0)
    )
