"""Lesson 01, draw a page: a buffer whose pages are read and written, on the map of a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

from anywidget import AnyWidget
from traitlets import List, Unicode

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import CSS_CLASS, Exhibit
from pinlab.lab.map import Panel, sheet
from pinlab.lab.misconceptions import misconceptions
from pinlab.lab.panel import JS
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import Frame, Snapshot, snapshot
from pinlab.lab.stage import Stage
from pinlab.lab.task import Trial, play
from pinlab.lab.text import many
from pinlab.machine.buffers import PAGES
from pinlab.model.arguments import whole
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

NAMES = ("parent", "other")


@dataclass(frozen=True)
class Touches:
    """How many pages of a fresh 64-page buffer are read and then written, by how many processes.

    The pages that are read or written are the first ones. Raises TypeError or ValueError for what
    is no number of pages, 0 to 64, or of processes, 1 or 2.
    """

    read: int
    written: int
    processes: int

    def __post_init__(self) -> None:
        whole("read", self.read, 0, PAGES)
        whole("written", self.written, 0, PAGES)
        whole("processes", self.processes, 1, len(NAMES))

    @property
    def done(self) -> str:
        """It in words."""
        who = ", by each of 2 processes" if self.processes > 1 else ""
        return f"{many(self.read, 'page')} read, {self.written} written{who}."

    @property
    def buffers(self) -> list[tuple[Mm, int]]:
        """The processes of a machine on which it was done, each with the address of its buffer."""
        kernel = Kernel()
        buffers = [_buffer(kernel, name) for name in NAMES[: self.processes]]
        for mm, addr in buffers:
            mm.read(addr, self.read * PAGE_SIZE)
            mm.write(addr, b"x" * self.written * PAGE_SIZE)
        return buffers

    @property
    def state(self) -> Snapshot:
        """That machine as it is then."""
        return snapshot(self.buffers[0][0].kernel)


class PageBrush(AnyWidget):
    """Pages that are touched with a brush: read ones point to the zero page, written ones get RAM.

    `entries` has for each process what its 64 entries point to: NONE, ZERO, or a frame of its own,
    counted from OWN on as they come out of RAM. The machine is the model's; JavaScript draws, and
    sends which page was touched.
    """

    _esm = JS / "brush.js"
    _css = JS / "pointed.css"
    names: List[str] = List().tag(sync=True)
    entries: List[list[int]] = List().tag(sync=True)
    said = Unicode().tag(sync=True)

    def __init__(self, begin: Touches) -> None:
        super().__init__()
        self.add_class(CSS_CLASS)
        self._begin = begin
        self.on_msg(lambda _widget, sent, _buffers: self.hear(sent))
        self.hear({"processes": begin.processes})

    def hear(self, sent: Mapping[str, Any]) -> None:
        """Do what was asked for: begin again with so many processes, or touch some pages."""
        if "processes" in sent:
            begin = replace(self._begin, processes=sent["processes"])
            self._buffers = begin.buffers
            self._show(begin.done)
        else:
            self.touch(sent["process"], sent["pages"], write=sent["write"])

    def touch(self, process: int | None, pages: Sequence[int], *, write: bool) -> None:
        """Read, or write, a byte of some pages of a process, or of each."""
        buffers = self._buffers if process is None else [self._buffers[process]]
        trace = buffers[0][0].kernel.trace
        faults = len(trace)
        for (mm, addr), page in product(buffers, pages):
            if write:
                mm.write(addr + page * PAGE_SIZE, b"x")
            else:
                mm.read(addr + page * PAGE_SIZE, 1)
        which = f"page {pages[0]}" if len(pages) == 1 else "all pages"
        does = "write" if write else "read"
        did = f"both {does}" if len(buffers) > 1 else f"{buffers[0][0].name} {does}s"
        news = "" if trace[faults:] else ", and nothing changes"
        self._show(f"{did} {which}{news}.")

    def _show(self, done: str) -> None:
        """Tell the page how the machine is now."""
        with self.hold_sync():
            self.names = [mm.name for mm, _ in self._buffers]
            self.said = f"{done} {summary(snapshot(self._buffers[0][0].kernel))}"
            self.entries = [
                [_entry(mm, addr + page * PAGE_SIZE) for page in range(PAGES)]
                for mm, addr in self._buffers
            ]


def touch(read: int = 8, written: int = 1, processes: int = 1) -> Exhibit:
    """Return 64 pages to be touched with a brush, and the frames that come out of RAM.

    At first so many pages are read and then written, by each of one or two processes. Raises
    TypeError or ValueError for other numbers: 0 to 64 pages, 1 or 2 processes.
    """
    return Exhibit(PageBrush(Touches(read, written, processes)), _positions())


def _positions() -> Drawing:
    """Three ways of touching pages, each below what was done."""
    positions = Touches(PAGES, 3, 1), Touches(PAGES, 3, 2), Touches(0, 3, 1)
    panels, told = [], []
    for touches in positions:
        panels.append(Panel(Stage([touches.state]), 0, touches.done))
        told.append(f"{touches.done} {summary(touches.state)}")
    return replace(sheet(panels), twin="\n".join(told))


def summary(state: Snapshot) -> str:
    """Return where the entries of the buffers point to, and how many frames that takes.

    >>> for part in summary(Touches(read=64, written=1, processes=1).state).split(". "):
    ...     print(part)
    1 page has a frame of its own, 63 entries point to the zero page, 0 are empty
    Behind 64 pages: 2 frames.
    """
    pages = len(state.processes) * PAGES
    behind = _behind(state)
    zeros = sum(frame.zero for frame in behind)
    own, empty = len(behind) - zeros, pages - len(behind)
    frames = len({frame.number for frame in behind})
    return (
        f"{_own(own)}, {_point(zeros)} to the zero page, "
        f"{empty} {'is' if empty == 1 else 'are'} empty. "
        f"Behind {pages} pages: {many(frames, 'frame')}."
    )


def _behind(state: Snapshot) -> list[Frame]:
    """The frame of each entry that is not empty."""
    areas = (area for process in state.processes for area in process.areas)
    found = (state.frame(number) for area in areas for _, number in area.entries)
    return [frame for frame in found if frame is not None]


def _own(pages: int) -> str:
    return (
        "1 page has a frame of its own" if pages == 1 else f"{pages} pages have frames of their own"
    )


def _point(entries: int) -> str:
    return "1 entry points" if entries == 1 else f"{entries} entries point"


RELEASE = "6.18"

NONE, ZERO, OWN = 0, 1, 2
"""An entry as a number: 0 where it is empty, else that of its frame. The zero page's is 1 in the
model, and OWN is the first that others have."""


def _buffer(kernel: Kernel, name: str = "parent", pages: int = PAGES) -> tuple[Mm, int]:
    """Return a process and the address of its buffer, which nobody has touched yet."""
    mm = kernel.new_mm(name)
    return mm, mm.mmap(pages * PAGE_SIZE)


def _frames(mm: Mm, addr: int) -> set[Folio]:
    """The frames behind a buffer."""
    found = (mm.page_at(addr + page * PAGE_SIZE) for page in range(PAGES))
    return {page.folio for page in found if page is not None}


def _without(right: int, *wrong: tuple[int, str]) -> dict[int, str]:
    """Return the wrong answers with their ideas, but for the right one; two may share a number."""
    ideas: dict[int, list[str]] = {}
    for number, idea in wrong:
        if number != right:
            ideas.setdefault(number, []).append(idea)
    return {number: _either(told) for number, told in ideas.items()}


def _either(ideas: Sequence[str]) -> str:
    """The idea that has an id, else all of them as one sentence."""
    known = (idea for idea in ideas if idea in misconceptions())
    return next(known, ". Or: ".join(ideas))


class Store(NamedTuple):
    """Bytes that are written at one go: where in the buffer they begin, and how many they are."""

    offset: int
    nbytes: int

    @property
    def pages(self) -> range:
        """The pages in which they lie."""
        end = self.offset + self.nbytes - 1
        return range(self.offset // PAGE_SIZE, end // PAGE_SIZE + 1)


def own_frames(draw: Draw) -> Drawn:
    """Draw writes of two processes at some offsets of their buffers."""
    pieces = {name: _pieces(draw) for name in ("first", "second")}
    kernel = Kernel(RELEASE)
    used: set[Folio] = set()
    for name, written in pieces.items():
        mm, addr = _buffer(kernel, name)
        mm.read(addr, PAGES * PAGE_SIZE)
        for piece in written:
            mm.write(addr + piece.offset, bytes(piece.nbytes))
        used |= _frames(mm, addr)
    frames = len(used - {kernel.zero_page.folio})
    pages = [{page for piece in written for page in piece.pages} for written in pieces.values()]
    begun = [{piece.pages.start for piece in written} for written in pieces.values()]
    return {
        "places": _places(pieces),
        "frames": frames,
        "wrong": _without(
            frames,
            (frames + 1, "That includes the zero page"),
            (0, "The kernel does not look at the bytes: zeros that are written are data, too"),
            (2 * PAGES, "64-pages-64-frames"),
            (len(set().union(*pages)), PAGES_OF_BOTH),
            (sum(map(len, begun)), "Some of the writes go on into the next page"),
            (sum(map(len, pieces.values())), WRITES),
        ),
    }


PAGES_OF_BOTH = (
    "Page 0 of one process is another page than page 0 of the other, and each of them needs a "
    "frame of its own"
)
WRITES = "That is the number of writes; what matters is how many pages they touch"


def _places(pieces: Mapping[str, Sequence[Store]]) -> str:
    return "\n".join(
        f"| {name} | {piece.offset} | {piece.nbytes} |"
        for name, written in pieces.items()
        for piece in written
    )


def _pieces(draw: Draw) -> list[Store]:
    """Return four writes: into page 0, two into another page, one at the end of a third."""
    page, last = draw.shuffled(range(1, 6))[:2]
    before = draw.one((2, 3, 4))
    return sorted(
        [
            Store(draw.one((0, 7, 40)), 8),
            Store(page * PAGE_SIZE + draw.one(range(100)), 1),
            Store((page + 1) * PAGE_SIZE - 1, 1),
            Store((last + 1) * PAGE_SIZE - before, before + draw.one((0, 2))),
        ]
    )


class Access(NamedTuple):
    """Something that the program or a device does to some pages of a buffer."""

    kind: str
    pages: range

    def __str__(self) -> str:
        return ACCESSES[self.kind].format(_pages(self.pages))


READ, WRITE, TO_DISK, FROM_DISK = "read", "write", "to disk", "from disk"

ACCESSES = {
    READ: "the program reads {}",
    WRITE: "the program writes a byte into {}",
    TO_DISK: "direct I/O to disk takes {}",
    FROM_DISK: "direct I/O from disk fills {}",
}

ROWS = 8
"""Pages of the buffer whose page table is shown."""


def entry_that_cannot_be(draw: Draw) -> Drawn:
    """Draw accesses, and a page table of which one entry cannot have come from them."""
    accesses = _accesses(draw)
    entries = _entries(accesses)
    wrong_at = draw.one(range(ROWS))
    shown = list(entries)
    shown[wrong_at] = draw.one(_others(entries[wrong_at], max(entries) + 1))
    reasons = [_reason(page, accesses) for page in range(ROWS)]
    return {
        "given": _shown(accesses, shown),
        "page": wrong_at,
        "reason": reasons[wrong_at],
        "wrong": {
            page: f"Page {page} is as it should be: {reason}" for page, reason in enumerate(reasons)
        },
    }


def _accesses(draw: Draw) -> list[Access]:
    """Return five accesses in some order: two of them writes of one page each."""
    first = draw.shuffled(range(ROWS - 1))
    ranges = [
        Access(READ, _run(first[0], draw.one((2, 3)))),
        Access(TO_DISK, _run(first[1], draw.one((2, 3)))),
        Access(FROM_DISK, _run(first[2], 2)),
    ]
    return draw.shuffled([*ranges, *(Access(WRITE, _run(page, 1)) for page in first[3:5])])


def _run(first: int, pages: int) -> range:
    return range(first, min(first + pages, ROWS))


def _entries(accesses: Iterable[Access]) -> list[int]:
    """Return the entries that the model has after these accesses."""
    kernel = Kernel(RELEASE)
    mm, addr = _buffer(kernel, pages=ROWS)
    for kind, pages in accesses:
        start = addr + pages.start * PAGE_SIZE
        if kind == READ:
            mm.read(start, len(pages) * PAGE_SIZE)
        elif kind == WRITE:
            mm.write(start, b"x")
        else:
            submit = kernel.submit_dio_read if kind == FROM_DISK else kernel.submit_dio_write
            submit(mm, start, len(pages)).complete()
    return [_entry(mm, addr + page * PAGE_SIZE) for page in range(ROWS)]


def _entry(mm: Mm, addr: int) -> int:
    page = mm.page_at(addr)
    return NONE if page is None else page.folio.pfn


def _others(entry: int, free: int) -> list[int]:
    """What an entry of this kind might wrongly be: of the two other kinds."""
    return [other for other in (NONE, ZERO, free) if min(other, OWN) != min(entry, OWN)]


def _reason(page: int, accesses: Iterable[Access]) -> str:
    """Why a page has the entry that it has, in words that a sentence can go on with."""
    kinds = {kind for kind, pages in accesses if page in pages}
    for kind, words in REASONS.items():
        if kind in kinds:
            return words
    return "nobody touched it, so its entry is empty"


REASONS = {
    WRITE: "the program wrote to it, so it has a frame of its own",
    FROM_DISK: "the device wrote to it, so it has a frame of its own",
    READ: "it was only read, so its entry points to the zero page",
    TO_DISK: "the device only read it, so its entry points to the zero page",
}
"""Why a page has the entry that it has, the weightiest access first."""


def _shown(accesses: Iterable[Access], entries: Iterable[int]) -> str:
    done = [f"{place}. {access}" for place, access in enumerate(accesses, start=1)]
    table = [f"{page:4}  {_name(entry)}" for page, entry in enumerate(entries)]
    return "\n".join([*done, "", "page  its entry points to", *table])


def _name(entry: int) -> str:
    return {NONE: "- (empty)", ZERO: "the zero page"}.get(entry, f"frame {entry}")


def _pages(pages: range) -> str:
    first, *rest = pages
    return f"pages {first} to {rest[-1]}" if rest else f"page {first}"


Result = tuple[int, int]
"""An entry, and the number of the next free frame."""


def page_fault() -> Drawn:
    """Return the states in which a page fault is tried, and what the model does."""
    draw = Draw("page-fault", 0)
    small = [(entry, write, free) for free in range(OWN, 8)
             for entry in range(free) for write in (0, 1)]  # fmt: skip
    drawn = [(draw.one(range(20)), draw.one((0, 1)), draw.one(range(20, 40))) for _ in range(10)]
    return {"states": (*small, *drawn), "model": fault_in_the_model, "trace": _fault_shown}


def fault_in_the_model(entry: int, write: int, free: int) -> Result:
    """Return the entry after an access in the model, and the number of the next free frame."""
    kernel, mm, addr, _ = _faulted(entry, write, free)
    return _entry(mm, addr), 1 + max(folio.pfn for folio in kernel.folios)


def _faulted(entry: int, write: int, free: int) -> tuple[Kernel, Mm, int, int]:
    """Make this entry by accesses and access its page; also return how many events came before."""
    kernel = Kernel(RELEASE)
    mm, start = _buffer(kernel)
    for frame in range(OWN, free):
        mm.write(start + frame * PAGE_SIZE, b"x")  # page n has frame n
    addr = start + entry * PAGE_SIZE
    if entry == ZERO:
        mm.read(addr, 1)
    before = len(kernel.trace)
    if write:
        mm.write(addr, b"x")
    else:
        mm.read(addr, 1)
    return kernel, mm, addr, before


def _fault_shown(entry: int, write: int, free: int) -> str:
    kernel, _, _, before = _faulted(entry, write, free)
    events = kernel.trace[before:]
    return str(events) if events else "In the model nothing happens: the entry allows this access."


def _reads_allocate(entry: int, write: int, free: int) -> Result:
    return (free, free + 1) if entry == NONE or (write and entry == ZERO) else (entry, free)


def _writes_reach_the_zero_page(entry: int, write: int, free: int) -> Result:
    if entry == NONE:
        return (free, free + 1) if write else (ZERO, free)
    return entry, free


def _writes_begin_with_the_zero_page(entry: int, write: int, free: int) -> Result:
    if entry == NONE:
        return ZERO, free
    return (free, free + 1) if write and entry == ZERO else (entry, free)


def _every_write_allocates(entry: int, write: int, free: int) -> Result:
    return (free, free + 1) if write else (entry or ZERO, free)


def _reads_forget(entry: int, write: int, free: int) -> Result:
    return fault_in_the_model(entry, write, free) if write else (ZERO, free)


def _free_stays(entry: int, write: int, free: int) -> Result:
    return fault_in_the_model(entry, write, free)[0], free


def _entry_alone(entry: int, write: int, free: int) -> int:
    return fault_in_the_model(entry, write, free)[0]


# The open task.

FEWEST_ENTRIES, FRAMES_WANTED = 100, 10


def ten_frames(mine: Callable[[Kernel], object]) -> Trial:
    """Try a program on Linux 6.18: how many entries and how many frames there are at its end."""
    kernel = Kernel("6.18")
    play(mine, kernel)
    entries = [entry for mm in kernel.mms for entry in mm.mapped()]
    frames = {entry.page for entry in entries}
    led = f"{len(entries)} {'entry leads' if len(entries) == 1 else 'entries lead'}"
    trial = Trial(f"At the end {led} to {many(len(frames), 'frame')}.", kernel.trace)
    conditions = {
        "huge": all(page.folio.order == 0 for page in frames),
        "entries": len(entries) >= FEWEST_ENTRIES,
        "frames": len(frames) == FRAMES_WANTED,
        "zero": kernel.zero_page in frames,
    }
    return trial.checked(conditions)
