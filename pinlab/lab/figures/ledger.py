"""The ledger of one frame, step by step: its holders stacked, the refcount as a line on top.

The stack is what the model keeps beside the counters. A kernel has the line alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pinlab.lab.palette import EDGE, OVERFLOW, PIN, PIN_HATCH, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Picture
from pinlab.lab.powers import digits, plural
from pinlab.lab.walk import Story, tell
from pinlab.model.arguments import instance, one_of
from pinlab.model.folio import Folio
from pinlab.model.gup import FOLL_GET, FOLL_PIN, weight
from pinlab.model.kernel import Kernel
from pinlab.model.ledger import BOOT, MAPPING
from pinlab.model.ledger import PIN as PINS
from pinlab.model.ledger import REFERENCE as REFERENCES

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

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
    figure = Figure(figsize=(8.4, 3.9), layout="constrained")
    _draw(figure.subplots(), book)
    lines = [_line(book, number) for number in range(1, len(book.words) + 1)]
    title = f"The ledger of {book.folio.name} on Linux {kernel.release}, and its refcount:"
    counters = ", ".join(str(entry.refcount) if entry else "none yet" for entry in book.entries)
    alt = (
        f"Stacked bars of the holds on {book.folio.name} after each of {len(book.words)} "
        f"{plural(len(book.words), 'step')}, and its refcount as a line: {counters}."
    )
    return Picture(figure, alt, "\n".join([title, *lines]), _table(book))


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


def _draw(panel: Axes, book: Book) -> None:
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


def _table(book: Book) -> pandas.DataFrame:
    import pandas

    columns = {
        _named(holder): [str(e.holds.get(holder, 0)) if e else "-" for e in book.entries]
        for holder in book.holders
    }
    columns["refcount"] = [str(entry.refcount) if entry else "-" for entry in book.entries]
    index = pandas.RangeIndex(1, len(book.words) + 1, name="step")
    return pandas.DataFrame(columns, index=index)
