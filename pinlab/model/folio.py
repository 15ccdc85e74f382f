"""Folios and pages: 2^order frames that share one refcount, and each of those frames.

Field names are those of struct folio (include/linux/mm_types.h, 6.18), without the underscore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.arguments import octets, whole

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


class Span(NamedTuple):
    """Bytes [start, end) of a frame that one writer stored."""

    start: int
    end: int
    writer: Writer

    def outside(self, start: int, end: int) -> list[Span]:
        """Return what a later write of [start, end) leaves of it."""
        if end <= self.start or self.end <= start:
            return [self]
        pieces = (Span(self.start, start, self.writer), Span(end, self.end, self.writer))
        return [piece for piece in pieces if piece.start < piece.end]

    def inside(self, start: int, end: int) -> list[Span]:
        """Return what of it lies in [start, end): one span or none."""
        piece = Span(max(self.start, start), min(self.end, end), self.writer)
        return [piece] if piece.start < piece.end else []


class Folio:
    """2^order frames side by side that are allocated, counted and freed as one.

    Attributes: order; nr_pages; pfn (number of the first frame); refcount (signed 32 bit);
    pincount (None where this release keeps no separate count for that order); freed; mapcount
    (page table entries that map it); anon_exclusive (its bytes belong to one process alone:
    PageAnonExclusive, which a kernel has since 5.19; before that nobody asks).
    """

    __slots__ = (
        "_bytes", "_pages", "_spans", "anon_exclusive", "freed", "kernel", "mapcount", "order",
        "pfn", "pincount", "refcount",
    )  # fmt: skip

    def __init__(self, kernel: Kernel, order: int, pfn: int, pincount: int | None) -> None:
        self.kernel = kernel
        self.order = order
        self.pfn = pfn
        # A fresh folio starts at 1 (init_page_count, set_page_refcounted): somebody asked for it.
        self.refcount = 1
        self.pincount = pincount
        self.freed = False
        self.mapcount = 0
        self.anon_exclusive = False
        self._pages: dict[int, Page] = {}
        self._bytes: dict[int, bytearray] = {}
        self._spans: dict[int, list[Span]] = {}

    @property
    def nr_pages(self) -> int:
        """Number of frames, 2^order."""
        return 1 << self.order

    @property
    def name(self) -> str:
        """What the trace calls this folio: `zero page`, `huge zero folio` or `frame N`."""
        return self.kernel.names.get(self) or f"frame {self.pfn}"

    @property
    def mlocked(self) -> bool:
        """Whether somebody's locked mapping maps it (PG_mlocked): reclaim then passes it over.

        Worked out from the mappings; a kernel keeps the flag, and since 5.18 how many they are.
        """
        return any(mm._locks(self) for mm in self.kernel.mms)

    def page(self, i: int) -> Page:
        """Return frame `i` of this folio, 0 to nr_pages - 1; the same object every time."""
        i = whole("i (the index of a page)", i, 0, self.nr_pages - 1)
        if i not in self._pages:
            self._pages[i] = Page(self, i)
        return self._pages[i]

    def __repr__(self) -> str:
        pincount = "" if self.pincount is None else f" pincount={self.pincount}"
        freed = " freed" if self.freed else ""
        return f"<Folio {self.name} order={self.order} refcount={self.refcount}{pincount}{freed}>"


class Page:
    """One frame of a folio; it has no counter of its own.

    Attributes: folio; index (within the folio); refcount and pincount (the folio's).
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
        """What the trace calls this page: the folio's name, with the index if it has several."""
        return f"{self.folio.name}, page {self.index}" if self.folio.order else self.folio.name

    def device_write(self, data: bytes, offset: int = 0) -> None:
        """Let a device store `data` into this frame, whatever any page table says.

        Raises ValueError if it does not fit into the PAGE_SIZE bytes from `offset` on, and
        RuntimeError for a freed folio.
        """
        offset = whole("offset", offset, 0, PAGE_SIZE)
        data = octets("data", data, PAGE_SIZE - offset)
        self.folio.kernel._alive(self.folio)
        self._device_write(data, offset, None)

    def _device_write(self, data: bytes, offset: int, writer: Writer | None) -> None:
        """Store bytes that are known to fit, and note it."""
        self._put_bytes(data, offset, writer)
        self.folio.kernel._note("device", "device write", self, note=f"{len(data)} bytes")

    def device_read(self, nbytes: int | None = None, offset: int = 0) -> bytes:
        """Return `nbytes` of this frame from `offset` on (to its end if None), as a device does.

        Raises ValueError if they reach beyond the frame, and RuntimeError for a freed folio.
        """
        offset = whole("offset", offset, 0, PAGE_SIZE)
        most = PAGE_SIZE - offset
        nbytes = most if nbytes is None else whole("nbytes", nbytes, 0, most)
        self.folio.kernel._alive(self.folio)
        self.folio.kernel._note("device", "device read", self, note=f"{nbytes} bytes")
        return self._get_bytes(nbytes, offset)

    def _put_bytes(self, data: bytes, offset: int, writer: Writer | None = None) -> None:
        """Store bytes that are known to fit; frames never written take no memory.

        `writer` is who will be asked for when somebody reads them; None for nobody.
        """
        frames, end = self.folio._bytes, offset + len(data)
        if self.index not in frames:
            frames[self.index] = bytearray(PAGE_SIZE)
        frames[self.index][offset:end] = data
        own = [] if writer is None or not data else [Span(offset, end, writer)]
        self._set_spans(offset, end, own)

    def _set_spans(self, start: int, end: int, spans: list[Span]) -> None:
        """Enter who stored [start, end), in place of whoever did before."""
        old = self.folio._spans.get(self.index, ())
        self.folio._spans[self.index] = [s for o in old for s in o.outside(start, end)] + spans

    def _spans(self, start: int, end: int) -> list[Span]:
        """Return who stored the bytes of [start, end), as far as that is known."""
        return [s for o in self.folio._spans.get(self.index, ()) for s in o.inside(start, end)]

    def _copy_from(self, other: Page, start: int = 0, end: int = PAGE_SIZE) -> None:
        """Take over the bytes [start, end) of another frame, and who stored them."""
        self._put_bytes(other._get_bytes(end - start, start), start)
        self._set_spans(start, end, other._spans(start, end))

    def _get_bytes(self, nbytes: int, offset: int) -> bytes:
        """Return bytes that are known to lie inside the frame."""
        frame = self.folio._bytes.get(self.index)
        return bytes(nbytes) if frame is None else bytes(frame[offset : offset + nbytes])

    def __repr__(self) -> str:
        return f"<Page {self.name} refcount={self.refcount}>"
