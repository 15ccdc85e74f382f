"""Snapshots: a machine as it is at one moment, and what of it is drawn as one.

A snapshot keeps nothing of the machine itself, so a story has one for each of its steps. Frames
that are alike are drawn as a stack, pages that are alike as a comb.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from pinlab.lab.text import many
from pinlab.model.arguments import instance
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SHIFT, Folio
from pinlab.model.kernel import Kernel
from pinlab.model.ledger import PIN, REFERENCE
from pinlab.model.mm import MMAP_BASE, Mm
from pinlab.model.trace import Event

NOT_COUNTED, NO_HOLD_LEFT = "not counted", "no hold left"
"""Two more kinds of holds, of a request in flight: exempt from counting, and released by others."""


@dataclass(frozen=True)
class Region:
    """One mapping: its pages from `first` to `last`, and the entries that are filled.

    Pages are numbered from where the process's memory begins, so a number stays what it is when
    something else is unmapped. Each entry is (page, number of the frame); with order 9 it covers
    512 pages. `readonly` are the pages that have a frame of their own and a read-only entry; an
    entry of the zero page is always read-only, and not among them.
    """

    first: int
    last: int
    order: int
    entries: tuple[tuple[int, int], ...]
    readonly: tuple[int, ...] = ()


@dataclass(frozen=True)
class PageTable:
    """A process's page tables; `nth` counts those of the same name."""

    name: str
    areas: tuple[Region, ...]
    nth: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What it is known by when others have come or gone."""
        return self.name, self.nth


@dataclass(frozen=True)
class Frame:
    """A frame, or 2^order of them that are counted as one; `number` is that of the first.

    `letters` are its first bytes, if they were asked for: what is no letter is a dot. `writers`
    has for each of them who wrote over it, empty for what was there from the first. `copied` is
    the number of the frame that it is a copy of, 0 if it is none.
    """

    number: int
    name: str
    order: int
    refcount: int
    pincount: int | None
    zero: bool
    freed: bool
    letters: str = ""
    writers: tuple[str, ...] = ()
    copied: int = 0


@dataclass(frozen=True)
class FrameHold:
    """`times` holds of one kind on a frame; for the kinds above, that many pages."""

    frame: int
    kind: str
    times: int


@dataclass(frozen=True)
class Holder:
    """Who holds frames beside the mappings; `request` is what its device does, else empty."""

    name: str
    request: str
    holds: tuple[FrameHold, ...]


@dataclass(frozen=True)
class Snapshot:
    """Processes, frames in use, and holders, requests in flight first.

    `waiting` are the zero pages that nobody has met yet.
    """

    processes: tuple[PageTable, ...]
    frames: tuple[Frame, ...]
    holders: tuple[Holder, ...]
    waiting: tuple[Frame, ...]

    def frame(self, number: int) -> Frame | None:
        """Return a frame by its number, None if there is none or it is free."""
        known = self.frames + self.waiting
        return next((frame for frame in known if frame.number == number), None)

    def process(self, key: tuple[str, int]) -> PageTable | None:
        """Return a process by its key, None if there is none."""
        return next((process for process in self.processes if process.key == key), None)


BY_DEVICE = "the device"
"""Who has written a byte, if it was no process."""

DOT = "\u00b7"
"""What stands for a byte that is no letter."""

TO_DISK, FROM_DISK = "reads memory (to disk)", "writes memory (from disk)"


def snapshot(kernel: Kernel, events: Iterable[Event] = (), letters: int = 0) -> Snapshot:
    """Return a machine as it is now; what `events` say was freed is shown once more.

    `letters` is how many bytes of each single frame are kept, from its first byte on.
    A zero page is in use as soon as the trace speaks of it. A freed frame is, while an entry or a
    request still points to it. Raises TypeError for what is no Kernel.

    >>> kernel = Kernel()
    >>> mm = kernel.new_mm()
    >>> _ = mm.read(mm.mmap(64 * 4096), 64 * 4096)
    >>> state = snapshot(kernel)
    >>> [(frame.name, frame.refcount) for frame in state.frames]
    [('zero page', 1)]
    >>> len(state.processes[0].areas[0].entries)
    64
    """
    instance("kernel", kernel, Kernel)
    seen: Counter[str] = Counter()
    processes = tuple(_page_table(mm, seen) for mm in kernel.mms)
    just_freed = {event.page for event in events if event.operation == "free"}
    pointed = {number for one in processes for area in one.areas for _, number in area.entries}
    requests = kernel.requests.values()
    pointed |= {page.folio.pfn for request in requests for page in request.pages}
    folios = [
        folio
        for folio in kernel.folios
        if folio.pfn in pointed or folio.name in just_freed or _in_use(kernel, folio)
    ]
    waiting = [folio for folio in kernel.names if folio not in folios]
    return Snapshot(
        processes,
        tuple(_frame(folio, letters) for folio in folios),
        _holders(kernel, folios),
        tuple(_frame(folio, letters) for folio in waiting),
    )


def _in_use(kernel: Kernel, folio: Folio) -> bool:
    if folio in kernel.names and not any(e.page.startswith(folio.name) for e in kernel.trace):
        return False
    return not folio.freed


def _page_table(mm: Mm, seen: Counter[str]) -> PageTable:
    base, mapped, areas = MMAP_BASE >> PAGE_SHIFT, mm.mapped(), []
    for area in mm.areas():
        inside = [entry for entry in mapped if area.start <= entry.vpn < area.end]
        entries = tuple((vpn - base, page.folio.pfn) for vpn, page, _ in inside)
        readonly = tuple(
            vpn - base
            for vpn, page, writable in inside
            if not (writable or page.folio in mm.kernel.names)
        )
        span = area.start - base, area.end - 1 - base, area.order
        areas.append(Region(*span, entries, readonly))
    seen[mm.name] += 1
    return PageTable(mm.name, tuple(areas), seen[mm.name] - 1)


def _frame(folio: Folio, letters: int) -> Frame:
    zero = folio in folio.kernel.names
    counters = folio.refcount, folio.pincount
    peeked = b"" if zero or folio.order else folio.page(0).peek(letters)
    shown = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else DOT for byte in peeked)
    first = ("",) * len(shown)
    return Frame(folio.pfn, folio.name, folio.order, *counters, zero, folio.freed, shown, first)


def _holders(kernel: Kernel, folios: Iterable[Folio]) -> tuple[Holder, ...]:
    """Those who hold some of these folios, requests in flight first, then as they come."""
    does = {name: FROM_DISK if r.from_disk else TO_DISK for name, r in kernel.requests.items()}
    holds: dict[str, list[FrameHold]] = {name: [] for name in does}
    for folio in folios:
        for (kind, owner), times in kernel.ledger.holds(folio).items():
            if kind in (REFERENCE, PIN):
                holds.setdefault(owner, []).append(FrameHold(folio.pfn, kind, times))
    for name, request in kernel.requests.items():
        holds[name] += _without_a_hold(request, holds[name])
    return tuple(
        Holder(
            name,
            does.get(name, ""),
            tuple(sorted(held, key=lambda hold: hold.frame)),
        )
        for name, held in holds.items()
    )


def _without_a_hold(request: DirectIO, holds: Iterable[FrameHold]) -> Iterable[FrameHold]:
    """What a device works on although the ledger has no hold of it."""
    held: Counter[int] = Counter()
    for hold in holds:
        held[hold.frame] += hold.times
    exempt = Counter(page.folio.pfn for page in request.uncounted)
    for number, pages in Counter(page.folio.pfn for page in request.pages).items():
        if exempt[number]:
            yield FrameHold(number, NOT_COUNTED, exempt[number])
        if (left := pages - exempt[number] - held[number]) > 0:
            yield FrameHold(number, NO_HOLD_LEFT, left)


# What is drawn as one.

FEW = 8
"""Up to so many pages of a process, or frames, each is drawn by itself."""

ALIKE = 3
"""From so many on, frames that are alike are drawn as a stack and pages as a comb."""

TEETH = 64
"""A comb has no more teeth; in a longer run each stands for several pages."""


@dataclass(frozen=True)
class Stack:
    """A frame, or several whose counters and holders are alike."""

    frames: tuple[Frame, ...]

    @property
    def first(self) -> Frame:
        """The frame that the others are like."""
        return self.frames[0]

    @property
    def name(self) -> str:
        """What the frames are called together."""
        if len(self.frames) == 1:
            return self.first.name
        numbers = [frame.number for frame in self.frames]
        if numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"frames {numbers[0]} to {numbers[-1]}"
        return f"{len(numbers)} frames"

    @property
    def each(self) -> str:
        """What stands before a number that each of them has."""
        return "each " if len(self.frames) > 1 else ""


def pages(first: int, last: int) -> str:
    """Return what the pages from `first` to `last` are called."""
    if first == last:
        return f"page {first}"
    return f"pages {first} {'and' if last == first + 1 else 'to'} {last}"


@dataclass(frozen=True)
class Strip:
    """Pages `first` to `last` of a process: one entry, or several as a comb.

    `span` is the pages of an entry. `teeth` has the place of the stack that each drawn entry
    points to, None for an empty one. `readonly` is how many entries of frames of their own are
    read-only.
    """

    first: int
    last: int
    span: int
    teeth: tuple[int | None, ...]
    readonly: int = 0

    @property
    def empty(self) -> bool:
        """Whether no entry is filled."""
        return set(self.teeth) == {None}

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return (self.last - self.first + 1) // self.span

    @property
    def name(self) -> str:
        """What the pages are called."""
        return pages(self.first, self.last)


@dataclass(frozen=True)
class StackHold:
    """What a holder has on the frames of one stack: `times` holds on each of them."""

    stack: int
    kind: str
    times: int
    frames: int

    @property
    def total(self) -> int:
        """How many holds that are, on all the frames together."""
        return self.times * self.frames

    @property
    def words(self) -> str:
        """Its label: how many of what."""
        if self.kind in (NOT_COUNTED, NO_HOLD_LEFT):
            return f"{many(self.total, 'page')}: {self.kind}"
        each = f", {self.times} on each" if self.frames > 1 else ""
        return many(self.total, self.kind) + each


@dataclass(frozen=True)
class Groups:
    """A snapshot as it is drawn: stacks, strips by process and area, and what each holder has."""

    stacks: tuple[Stack, ...]
    strips: tuple[tuple[tuple[Strip, ...], ...], ...]
    held: tuple[tuple[StackHold, ...], ...]


class Stretch(NamedTuple):
    """Pages `first` to `last` of a process, `span` of them behind each entry."""

    first: int
    last: int
    span: int

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return (self.last - self.first + 1) // self.span


class Parts:
    """What is drawn as one in all states of a story.

    frames: the numbers of those that are alike in every state, the zero pages first. spans: by
    process, for each of its areas the pages that are drawn as one.
    """

    def __init__(self, states: Sequence[Snapshot]) -> None:
        self.frames = _alike(states)
        self.place = {number: n for n, alike in enumerate(self.frames) for number in alike}
        keys = dict.fromkeys(process.key for state in states for process in state.processes)
        self.spans = {key: self._spans(key, states) for key in keys}

    def _spans(
        self, key: tuple[str, int], states: Sequence[Snapshot]
    ) -> tuple[tuple[Stretch, ...], ...]:
        """The entries one by one if they are few; else runs; else, if these are many, areas."""
        tables = [found for state in states if (found := state.process(key))]
        regions = sorted({_span(area) for table in tables for area in table.areas})
        areas: list[Stretch] = []
        for region in regions:
            if areas and region.first <= areas[-1].last:
                last = max(areas[-1].last, region.last)
                areas[-1] = areas[-1]._replace(last=last)
            else:
                areas.append(region)
        cuts = sorted({cut for table in tables for cut in self._cuts(table)})
        runs = [[*_between(area, cuts)] for area in areas]
        if sum(area.entries for area in areas) <= FEW:
            return tuple(tuple(one for run in area for one in _one_by_one(run)) for area in runs)
        short = [
            [one for run in area for one in (_one_by_one(run) if run.entries < ALIKE else [run])]
            for area in runs
        ]
        if sum(map(len, short)) <= FEW:
            return tuple(map(tuple, short))
        return tuple((area,) for area in areas)

    def _cuts(self, table: PageTable) -> Iterator[int]:
        """Where a stretch of entries begins that are alike: all empty, or to the same stack."""
        for area in table.areas:
            readonly, expected, target = frozenset(area.readonly), area.first, None
            yield from (area.first, area.last + 1)
            for page, number in area.entries:
                found = self.place[number], page in readonly
                if page != expected:
                    yield expected
                if page != expected or found != target:
                    yield page
                expected, target = page + (1 << area.order), found
            yield expected

    def of(self, state: Snapshot) -> Groups:
        """Return one of the states as it is drawn."""
        known = {frame.number: frame for frame in state.frames}
        there = [alike for alike in self.frames if alike[0] in known]
        stacks = tuple(Stack(tuple(known[number] for number in alike)) for alike in there)
        place = {number: n for n, alike in enumerate(there) for number in alike}
        strips = tuple(
            tuple(tuple(self._strips(process.key, area, place)) for area in process.areas)
            for process in state.processes
        )
        return Groups(
            stacks, strips, tuple(_held(one.holds, place, stacks) for one in state.holders)
        )

    def _strips(
        self, key: tuple[str, int], area: Region, place: Mapping[int, int]
    ) -> Iterator[Strip]:
        entries = dict(area.entries)
        for span in (span for spans in self.spans[key] for span in spans):
            first, last = max(span.first, area.first), min(span.last, area.last)
            if first <= last:
                part = Stretch(first, last, span.span)
                few = min(part.entries, TEETH)
                shown = (first + n * part.entries // few * span.span for n in range(few))
                teeth = tuple(place[entries[p]] if p in entries else None for p in shown)
                readonly = sum(first <= page <= last for page in area.readonly)
                yield Strip(*part, teeth, readonly)


def group(state: Snapshot, before: Snapshot | None = None) -> Groups:
    """Return what is drawn as one; frames that have changed otherwise since `before` are apart."""
    return Parts([state] if before is None else [before, state]).of(state)


def remapped(before: Snapshot, after: Snapshot, key: tuple[str, int], strip: Strip) -> bool:
    """Return whether an entry of these pages points elsewhere, or is no longer as writable."""
    return entries(before, key, strip) != entries(after, key, strip)


def entries(state: Snapshot, key: tuple[str, int], strip: Strip) -> list[tuple[int, int, bool]]:
    """Return (page, frame, read-only or not) of the filled entries among some pages of a process.

    There are none if there is no such process.
    """
    process = state.process(key)
    return [
        (*entry, entry[0] in area.readonly)
        for area in (process.areas if process else ())
        for entry in area.entries
        if strip.first <= entry[0] <= strip.last
    ]


def _alike(states: Sequence[Snapshot]) -> tuple[tuple[int, ...], ...]:
    """The numbers of the frames, the zero pages first, those that are always alike together."""
    frames = {frame.number: frame for state in states for frame in state.frames}
    order = sorted(frames, key=lambda number: (not frames[number].zero, number))
    if len(order) <= FEW:
        return tuple((number,) for number in order)
    alike: defaultdict[Hashable, list[int]] = defaultdict(list)
    traits = [_traits(state) for state in states]
    for number in order:
        alike[tuple(each.get(number) for each in traits)].append(number)
    parts = [part for some in alike.values() for part in _together(some)]
    return tuple(sorted(parts, key=lambda part: order.index(part[0])))


def _together(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(numbers)] if len(numbers) >= ALIKE else [(number,) for number in numbers]


def _traits(state: Snapshot) -> Mapping[int, Hashable]:
    """What a frame has to have in common with another: counters, bytes, and who points."""
    by: defaultdict[int, list[Hashable]] = defaultdict(list)
    for process in state.processes:
        entries = Counter(number for area in process.areas for _, number in area.entries)
        for number, times in entries.items():
            by[number].append((process.key, times))
    for holder in state.holders:
        for hold in holder.holds:
            by[hold.frame].append((holder.name, hold.kind, hold.times))
    return {
        frame.number: (replace(frame, number=0, name=""), tuple(by[frame.number]))
        for frame in state.frames
    }


def _span(area: Region) -> Stretch:
    return Stretch(area.first, area.last, 1 << area.order)


def _between(area: Stretch, cuts: Sequence[int]) -> Iterator[Stretch]:
    """The parts of an area between the cuts within it."""
    inside = [area.first, *(cut for cut in cuts if area.first < cut <= area.last), area.last + 1]
    yield from (Stretch(first, end - 1, area.span) for first, end in pairwise(inside))


def _one_by_one(run: Stretch) -> list[Stretch]:
    firsts = range(run.first, run.last + 1, run.span)
    return [Stretch(first, first + run.span - 1, run.span) for first in firsts]


def _held(
    holds: tuple[FrameHold, ...], place: Mapping[int, int], stacks: tuple[Stack, ...]
) -> tuple[StackHold, ...]:
    """What a holder has, stack by stack; alike frames are held alike."""
    rows = {
        (place[hold.frame], hold.kind): StackHold(
            place[hold.frame], hold.kind, hold.times, len(stacks[place[hold.frame]].frames)
        )
        for hold in holds
    }
    return tuple(rows[key] for key in sorted(rows))
