"""Snapshots: a machine as it is at one moment, to be drawn now or later.

A snapshot keeps nothing of the machine itself, so a story has one for each of its steps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

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
class Area:
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
class Process:
    """A process's page tables."""

    name: str
    areas: tuple[Area, ...]


@dataclass(frozen=True)
class Frame:
    """A frame, or 2^order of them that are counted as one; `number` is that of the first.

    `letters` are its first bytes, if they were asked for: what is no letter is a dot.
    """

    number: int
    name: str
    order: int
    refcount: int
    pincount: int | None
    zero: bool
    freed: bool
    letters: str = ""


@dataclass(frozen=True)
class Hold:
    """`times` holds of one kind on a frame; for the kinds above, that many pages."""

    frame: int
    kind: str
    times: int


@dataclass(frozen=True)
class Holder:
    """Who holds frames beside the mappings; `request` is what its device does, else empty."""

    name: str
    request: str
    holds: tuple[Hold, ...]


@dataclass(frozen=True)
class Snapshot:
    """Processes, frames in use, and holders, requests in flight first.

    `waiting` are the zero pages that nobody has met yet.
    """

    processes: tuple[Process, ...]
    frames: tuple[Frame, ...]
    holders: tuple[Holder, ...]
    waiting: tuple[Frame, ...]

    def frame(self, number: int) -> Frame | None:
        """Return a frame by its number, None if there is none or it is free."""
        known = self.frames + self.waiting
        return next((frame for frame in known if frame.number == number), None)


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
    processes = tuple(map(_process, kernel.mms))
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


def _process(mm: Mm) -> Process:
    base, mapped = MMAP_BASE >> PAGE_SHIFT, mm.mapped()
    readonly = [
        vpn for vpn, page, writable in mapped if not (writable or page.folio in mm.kernel.names)
    ]
    return Process(
        mm.name,
        tuple(
            Area(
                area.start - base,
                area.end - 1 - base,
                area.order,
                tuple(
                    (vpn - base, page.folio.pfn)
                    for vpn, page, _ in mapped
                    if area.start <= vpn < area.end
                ),
                tuple(vpn - base for vpn in readonly if area.start <= vpn < area.end),
            )
            for area in mm.areas()
        ),
    )


def _frame(folio: Folio, letters: int) -> Frame:
    zero = folio in folio.kernel.names
    counters = folio.refcount, folio.pincount
    shown = "" if zero or folio.order else _letters(folio.page(0).peek(letters))
    return Frame(folio.pfn, folio.name, folio.order, *counters, zero, folio.freed, shown)


def _letters(content: bytes) -> str:
    """Bytes as a picture shows them."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else DOT for byte in content)


def _holders(kernel: Kernel, folios: Iterable[Folio]) -> tuple[Holder, ...]:
    """Those who hold some of these folios, requests in flight first, then as they come."""
    holds: dict[str, list[Hold]] = {name: [] for name in kernel.requests}
    for folio in folios:
        for (kind, owner), times in kernel.ledger.holds(folio).items():
            if kind in (REFERENCE, PIN):
                holds.setdefault(owner, []).append(Hold(folio.pfn, kind, times))
    for name, request in kernel.requests.items():
        holds[name] += _without_a_hold(request, holds[name])
    return tuple(
        Holder(name, _does(kernel.requests.get(name)), tuple(sorted(held, key=_by_frame)))
        for name, held in holds.items()
    )


def _by_frame(hold: Hold) -> int:
    return hold.frame


def _without_a_hold(request: DirectIO, holds: Iterable[Hold]) -> Iterable[Hold]:
    """What a device works on although the ledger has no hold of it."""
    held: defaultdict[int, int] = defaultdict(int)
    for hold in holds:
        held[hold.frame] += hold.times
    exempt = Counter(page.folio.pfn for page in request.uncounted)
    for number, pages in Counter(page.folio.pfn for page in request.pages).items():
        if exempt[number]:
            yield Hold(number, NOT_COUNTED, exempt[number])
        if (left := pages - exempt[number] - held[number]) > 0:
            yield Hold(number, NO_HOLD_LEFT, left)


def _does(request: DirectIO | None) -> str:
    if request is None:
        return ""
    return FROM_DISK if request.from_disk else TO_DISK
