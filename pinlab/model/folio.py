"""Folios and pages: 2^order frames that share one refcount, and each of those frames.

Field names are those of struct folio (include/linux/mm_types.h, 6.18), without the underscore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.arguments import octets, whole
from pinlab.model.trace import note, warn_once

if TYPE_CHECKING:
    from pinlab.model.kernel import Kernel

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT
HPAGE_ORDER = 9
"""The order of a 2 MiB folio with 4 KiB pages (HPAGE_PMD_ORDER on x86-64)."""

MAX_ORDER = 10
"""The largest order the page allocator hands out on x86-64 (MAX_PAGE_ORDER, 6.18)."""


class FreedError(RuntimeError):
    """A folio was used after it was freed."""


class Writer:
    """Who stores bytes: a process between two forks, or a device for one transfer.

    by_reference: a device that holds its frames by plain references, which promise little.
    """

    __slots__ = ("by_reference", "name")

    def __init__(self, name: str, *, by_reference: bool = False) -> None:
        self.name = name
        self.by_reference = by_reference


class Stored(NamedTuple):
    """Bytes [start, end) of a frame that one writer stored."""

    start: int
    end: int
    writer: Writer

    def outside(self, start: int, end: int) -> list[Stored]:
        """Return what a later write of [start, end) leaves of it."""
        if end <= self.start or self.end <= start:
            return [self]
        pieces = (self._replace(end=start), self._replace(start=end))
        return [piece for piece in pieces if piece.start < piece.end]


class Folio:
    """2^order frames side by side that are allocated, counted and freed as one.

    Attributes: order; nr_pages; pfn (number of the first frame); name (what the trace calls it:
    `zero page`, `huge zero folio` or `frame N`); refcount (signed 32 bit); pincount (None where
    this release keeps no separate count for that order); freed; mapcount (page table entries that
    map it); anon_exclusive (its bytes belong to one process alone: PageAnonExclusive, which a
    kernel has since 5.19; before that nobody asks); frames (the bytes of those frames that were
    ever written, by index); stored (who stored them); vpn (where a process mapped it first, which
    fork keeps and rmap goes by: folio->index; None for what no fault allocated).
    """

    __slots__ = (
        "_pages", "anon_exclusive", "frames", "freed", "kernel", "mapcount", "name", "nr_pages",
        "order", "pfn", "pincount", "refcount", "stored", "vpn",
    )  # fmt: skip

    def __init__(
        self, kernel: Kernel, order: int, pfn: int, pincount: int | None, name: str
    ) -> None:
        self.kernel = kernel
        self.order = order
        self.nr_pages = 1 << order
        self.pfn = pfn
        self.name = name or f"frame {pfn}"
        # A fresh folio starts at 1 (init_page_count, set_page_refcounted): somebody asked for it.
        self.refcount = 1
        self.pincount = pincount
        self.freed = False
        self.mapcount = 0
        self.anon_exclusive = False
        self.vpn: int | None = None
        self.frames: dict[int, bytearray] = {}
        self.stored: dict[int, list[Stored]] = {}
        self._pages: dict[int, Page] = {}

    @property
    def mlocked(self) -> bool:
        """Whether somebody's locked mapping maps it (PG_mlocked): reclaim then passes it over.

        Worked out from the mappings; a kernel keeps the flag, and since 5.18 how many they are.
        """
        return any(mm.locks(self) for mm in self.kernel.mms)

    def page(self, i: int) -> Page:
        """Return frame `i` of this folio, 0 to nr_pages - 1; the same object every time."""
        i = whole("i (the index of a page)", i, 0, self.nr_pages - 1)
        if i not in self._pages:
            self._pages[i] = Page(self, i)
        return self._pages[i]

    def require_alive(self) -> None:
        """Raise FreedError if it was freed."""
        if self.freed:
            raise FreedError(f"{self.name} was freed and must not be used any more")

    def __repr__(self) -> str:
        pincount = "" if self.pincount is None else f" pincount={self.pincount}"
        freed = " freed" if self.freed else ""
        return f"<Folio {self.name} order={self.order} refcount={self.refcount}{pincount}{freed}>"


def allocate(kernel: Kernel, order: int, name: str = "") -> Folio:
    """Return a fresh folio whose single reference is not yet in the ledger."""
    pfn = -(-kernel.next_pfn >> order) << order
    kernel.next_pfn = pfn + (1 << order)
    folio = Folio(kernel, order, pfn, 0 if kernel.rules.has_pincount(order) else None, name)
    kernel.folios.append(folio)
    return folio


def free(folio: Folio) -> None:
    """Give a folio back whose refcount reached 0; the zero page stays, with a complaint."""
    kernel = folio.kernel
    if folio is kernel.zero_page.folio:
        # PG_reserved is among PAGE_FLAGS_CHECK_AT_FREE (include/linux/page-flags.h, 5.7 to
        # 6.5). A kernel with its page checks off would hand the zero page out to somebody.
        warn_once(kernel, "bad_page", "BUG: Bad page state: the refcount of the zero page is 0")
    else:
        folio.freed = True
        kernel.freed_mapped |= folio.mapcount > 0 or folio is kernel.huge_zero
        note(kernel, "kernel", "free", folio, folio.nr_pages)


class Page:
    """One frame of a folio; it has no counter of its own.

    Attributes: folio; index (within the folio); refcount and pincount (the folio's); name (what the
    trace calls it: the folio's name, with the index if it has several).
    """

    __slots__ = ("folio", "index")

    def __init__(self, folio: Folio, index: int) -> None:
        self.folio = folio
        self.index = index

    @property
    def refcount(self) -> int:
        """The folio's refcount."""
        return self.folio.refcount

    @property
    def pincount(self) -> int | None:
        """The folio's separate pincount, None where it has none."""
        return self.folio.pincount

    @property
    def name(self) -> str:
        """What the trace calls it."""
        return f"{self.folio.name}, page {self.index}" if self.folio.order else self.folio.name

    def device_write(self, data: bytes, offset: int = 0) -> None:
        """Let a device store `data` into this frame, whatever any page table says.

        Raises ValueError if it does not fit into the PAGE_SIZE bytes from `offset` on, and
        RuntimeError for a freed folio.
        """
        offset = whole("offset", offset, 0, PAGE_SIZE)
        data = octets("data", data, PAGE_SIZE - offset)
        self.folio.require_alive()
        device_stores(self, data, offset)

    def device_read(self, nbytes: int | None = None, offset: int = 0) -> bytes:
        """Return `nbytes` of this frame from `offset` on (to its end if None), as a device does.

        Raises ValueError if they reach beyond the frame, and RuntimeError for a freed folio.
        """
        nbytes, offset = _inside(nbytes, offset)
        self.folio.require_alive()
        note(self.folio.kernel, "device", "device read", self, text=_bytes(nbytes))
        return self.peek(nbytes, offset)

    def peek(self, nbytes: int | None = None, offset: int = 0) -> bytes:
        """Return `nbytes` from `offset` on (to the end if None), with nobody to notice.

        Raises ValueError if they reach beyond the frame; one of a freed folio can be looked at.
        """
        nbytes, offset = _inside(nbytes, offset)
        frame = self.folio.frames.get(self.index)
        return bytes(nbytes) if frame is None else bytes(frame[offset : offset + nbytes])

    def __repr__(self) -> str:
        return f"<Page {self.name} refcount={self.refcount}>"


def _inside(nbytes: int | None, offset: int) -> tuple[int, int]:
    """Check a byte range of a frame; None stands for all that is left of it."""
    offset = whole("offset", offset, 0, PAGE_SIZE)
    most = PAGE_SIZE - offset
    return most if nbytes is None else whole("nbytes", nbytes, 0, most), offset


def pieces(pages: list[Page], start: int, nbytes: int) -> list[tuple[Page, int, int]]:
    """Split bytes, from byte `start` of the first page on, into (page, offset, bytes) per page."""
    found = []
    for page in pages:
        if n := min(PAGE_SIZE - start, nbytes):
            found.append((page, start, n))
        start, nbytes = 0, nbytes - n
    return found


def store(page: Page, data: bytes, offset: int, writer: Writer | None = None) -> None:
    """Store bytes that are known to fit; frames never written take no memory.

    `writer` is who will be asked for when somebody reads them; None for nobody.
    """
    frames, end = page.folio.frames, offset + len(data)
    if page.index not in frames:
        frames[page.index] = bytearray(PAGE_SIZE)
    frames[page.index][offset:end] = data
    _enter(page, offset, end, [Stored(offset, end, writer)] if writer and data else [])


def device_stores(page: Page, data: bytes, offset: int, writer: Writer | None = None) -> None:
    """Store bytes that are known to fit, and note it."""
    store(page, data, offset, writer)
    note(page.folio.kernel, "device", "device write", page, text=_bytes(len(data)))


def copy(page: Page, other: Page, start: int = 0, end: int = PAGE_SIZE) -> None:
    """Take over the bytes [start, end) of another frame, and who stored them."""
    store(page, other.peek(end - start, start), start)
    _enter(
        page, start, end,
        [Stored(max(s.start, start), min(s.end, end), s.writer) for s in stored(other, start, end)],
    )  # fmt: skip


def stored(page: Page, start: int, end: int) -> list[Stored]:
    """Return the spans that lie, in part at least, in [start, end) of a frame."""
    return [s for s in page.folio.stored.get(page.index, ()) if s.start < end and start < s.end]


def _enter(page: Page, start: int, end: int, new: list[Stored]) -> None:
    """Enter who stored [start, end), in place of whoever did before."""
    old = page.folio.stored.get(page.index, ())
    page.folio.stored[page.index] = [s for o in old for s in o.outside(start, end)] + new


def _bytes(number: int) -> str:
    return f"{number} byte{'s' * (number != 1)}"
