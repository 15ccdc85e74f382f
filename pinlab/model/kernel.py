"""Kernel: one booted machine, with the rules of its release and everything it counts."""

from __future__ import annotations

from collections.abc import Iterable

from pinlab.model import gup, ledger, rules
from pinlab.model.arguments import instance, several, whole
from pinlab.model.buffer import RegisteredBuffer
from pinlab.model.counter import INT_MAX
from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, MAX_ORDER, Folio, FreedError, Page
from pinlab.model.mm import Mm
from pinlab.model.trace import Event, Trace


class Kernel:
    """A machine that follows one release's rules; each instance is independent of all others.

    `release` is X.Y or X.Y.Z from 5.6 on, by default the newest that is modelled; a keyword
    overrides one rule (`Kernel("6.5", zero_page_unpin="counted")`), `zero_page_pins=` three.
    Raises TypeError if `release` is not a str, ValueError if it is older or malformed, or for an
    unknown rule or value.

    Attributes: release; rules; vmstat; warnings; trace; ledger; zero_page; folios; mms (of the
    processes that have not exited); requests (those in flight, by name); buffers (those that are
    registered, oldest first).

    >>> kernel = Kernel("6.4")
    >>> mm = kernel.new_mm()
    >>> pages = mm.pin_user_pages(mm.mmap(64 * 4096), 64)
    >>> kernel.zero_page.refcount == 1 + 64 * 1024
    True
    """

    def __init__(self, release: str = rules.NEWEST, **overrides: object) -> None:
        self._boot(release, rules.rules_for(release, overrides))

    def _boot(self, release: str, followed: rules.Rules) -> None:
        self.release, self.rules = release, followed
        self.vmstat = {"nr_foll_pin_acquired": 0, "nr_foll_pin_released": 0}
        self.warnings: list[str] = []
        self.trace = Trace()
        self.ledger = ledger.Ledger()
        self.folios: list[Folio] = []
        self.mms: list[Mm] = []
        self.requests: dict[str, DirectIO] = {}
        self.buffers: list[RegisteredBuffer] = []
        self.names: dict[Folio, str] = {}
        self._next_pfn = 1
        self._submitted = 0
        self._registered = 0
        self._sites: set[str] = set()
        self._freed_mapped = False
        self._huge_zero_folio: Folio | None = None
        self.zero_page = self._zero_folio(0, "zero page").page(0)

    @staticmethod
    def releases() -> list[str]:
        """Return the releases that have rules of their own, oldest first."""
        return rules.releases()

    @classmethod
    def with_rules(cls, release: str, followed: rules.Rules) -> Kernel:
        """Return a fresh machine that follows rules that another one has; raises as `Kernel`."""
        rules.rules_for(release)
        kernel = cls.__new__(cls)
        kernel._boot(release, instance("followed", followed, rules.Rules))
        return kernel

    @property
    def huge_zero_folio(self) -> Folio:
        """The huge zero folio (order 9), allocated when it is first needed, as in the kernel."""
        if self._huge_zero_folio is None:
            self._huge_zero_folio = self._zero_folio(HPAGE_ORDER, "huge zero folio")
        return self._huge_zero_folio

    def _zero_folio(self, order: int, name: str) -> Folio:
        folio = self._new_folio(order)
        self.names[folio] = name
        self.ledger.take(folio, ledger.BOOT, "kernel", 1)
        return folio

    def new_mm(self, name: str = "parent") -> Mm:
        """Return the empty address space of a new process; names need not be unique."""
        mm = Mm(self, instance("name", name, str))
        self.mms.append(mm)
        return mm

    def alloc_folio(self, order: int = 0) -> Folio:
        """Return a fresh folio of 2^order pages with refcount 1, which is the caller's reference.

        Raises ValueError for an order that the page allocator does not have (0 to 10).
        """
        folio = self._new_folio(whole("order", order, 0, MAX_ORDER))
        self.ledger.take(folio, ledger.REFERENCE, "kernel", 1)
        self._note("kernel", "alloc", folio, folio.nr_pages, before=0, pins_before=folio.pincount)
        return folio

    def try_grab_folio(self, folio: Folio, refs: int, flags: int) -> None:
        """Take `refs` references or pins at once, as the slow path does.

        The name is that of 6.10 and later; up to 6.9 try_grab_folio() was the fast path's.
        One guard on the old value, then one wrapping addition; refs is 1 to INT_MAX.
        Raises OSError: ENOMEM where the guard or the release refuses, EINVAL for GET with PIN.
        """
        self._use(folio)
        refs = whole("refs", refs, 1, INT_MAX)
        gup.try_grab_folio(self, folio, refs, gup.checked_flags(flags))

    def try_grab_folio_fast(self, folio: Folio, refs: int, flags: int) -> bool:
        """Take `refs` references or pins as GUP-fast does; False where it refuses."""
        self._use(folio)
        refs = whole("refs", refs, 1, INT_MAX)
        return gup.try_grab_folio_fast(self, folio, refs, gup.checked_flags(flags))

    def get_page(self, page: Page) -> None:
        """Add one reference, without any guard (get_page in a kernel without DEBUG_VM)."""
        gup.get_page(self, self._use_page(page).folio)

    def put_page(self, page: Page) -> None:
        """Take one reference away; at 0 the folio is freed."""
        gup.gup_put_folio(self, self._use_page(page).folio, 1, gup.FOLL_GET, "kernel")

    def unpin_user_page(self, page: Page) -> None:
        """Take one pin away; at 0 the folio is freed."""
        gup.gup_put_folio(self, self._use_page(page).folio, 1, gup.FOLL_PIN, "kernel")

    def unpin_user_pages(self, pages: Iterable[Page]) -> None:
        """Take one pin from each page; nothing changes if one of them is no usable page."""
        used = [self._use_page(page) for page in several("pages", pages, Page)]
        gup.put_user_pages(self, used, gup.FOLL_PIN, "kernel")

    def folio_maybe_dma_pinned(self, folio: Folio) -> bool:
        """Return whether the folio may be pinned: exact with a separate pincount, else a guess."""
        return gup.folio_maybe_dma_pinned(self._use(folio))

    def folio_ref_zero_or_close_to_overflow(self, folio: Folio) -> bool:
        """Return whether the refcount is in -127 to 0, about to wrap *up* to zero."""
        return gup.folio_ref_zero_or_close_to_overflow(self._use(folio))

    def submit_dio_write(
        self, mm: Mm, addr: int, nr_pages: int, file_system: str = "block"
    ) -> DirectIO:
        """Submit direct I/O *to* disk: the device reads nr_pages * PAGE_SIZE bytes from addr on.

        From inside a page they touch one page more. file_system says whose direct I/O it is, and
        so what it holds the pages by: block (a disk), fuse, smb, nfs, ceph or 9p.
        Raises OSError: EINVAL (block: addr is off the grid of 512 bytes), EFAULT (nothing mapped),
        ENOMEM (the guard); ValueError for another file system; RuntimeError for a process that
        has exited or is forking.
        """
        return self._submit(mm, addr, nr_pages, file_system, from_disk=False)

    def submit_dio_read(
        self, mm: Mm, addr: int, nr_pages: int, file_system: str = "block"
    ) -> DirectIO:
        """Submit direct I/O *from* disk: the device writes memory, so GUP is for writing.

        Arguments and errors are those of `submit_dio_write`.
        """
        return self._submit(mm, addr, nr_pages, file_system, from_disk=True)

    def _submit(
        self, mm: Mm, addr: int, nr_pages: int, file_system: str, *, from_disk: bool
    ) -> DirectIO:
        if instance("mm", mm, Mm).kernel is not self:
            raise ValueError(f"{mm!r} belongs to another machine than {self!r}")
        mm._require_running()
        number = self._submitted + 1
        request = DirectIO(mm, addr, nr_pages, number, from_disk=from_disk, file_system=file_system)
        self._submitted = number
        self.requests[request.name] = request
        return request

    def _register(self, mm: Mm, addr: int, nr_pages: int, by: str) -> RegisteredBuffer:
        buffer = RegisteredBuffer(mm, addr, nr_pages, by, self._registered + 1)
        self._registered += 1
        self.buffers.append(buffer)
        return buffer

    def check(self) -> None:
        """Re-verify the named invariants over counters and ledger.

        Raises InvariantError with the names of those that are broken and the state around them.
        """
        ledger.check(self)

    def _new_folio(self, order: int) -> Folio:
        """Return a fresh folio whose single reference is not yet in the ledger."""
        pfn = -(-self._next_pfn >> order) << order
        self._next_pfn = pfn + (1 << order)
        folio = Folio(self, order, pfn, 0 if self.rules.has_pincount(order) else None)
        self.folios.append(folio)
        return folio

    def _free(self, folio: Folio) -> None:
        """Give a folio back whose refcount reached 0; the zero page stays, with a complaint."""
        if folio is self.zero_page.folio:
            # PG_reserved is among PAGE_FLAGS_CHECK_AT_FREE (include/linux/page-flags.h, 5.7 to
            # 6.5). A kernel with its page checks off would hand the zero page out to somebody.
            self._warn_once("bad_page", "BUG: Bad page state: the refcount of the zero page is 0")
        else:
            folio.freed = True
            if folio.mapcount or self._is_huge_zero(folio):
                self._freed_mapped = True
            self._note("kernel", "free", folio, folio.nr_pages)

    def _is_huge_zero(self, folio: Folio) -> bool:
        """Ask without allocating it."""
        return folio is self._huge_zero_folio

    def _alive(self, folio: Folio) -> None:
        """Raise FreedError if a folio was freed."""
        if folio.freed:
            raise FreedError(f"{folio.name} was freed and must not be used any more")

    def _saw(self, mm: Mm, page: Page, nbytes: int, offset: int) -> None:
        """Enter a leak for each of these bytes' writers whose bytes the process never had."""
        for span in page._spans(offset, offset + nbytes):
            if span.writer not in mm._known:
                self.ledger.enter_leak(page.folio, mm.name, span.writer)

    def _count_pins(self, name: str, pins: int) -> None:
        """Add to a counter of /proc/vmstat, where this release has it."""
        if self.rules.foll_pin_vmstat == "counted":
            self.vmstat[name] += pins

    def _warn_once(self, site: str, text: str) -> None:
        """Enter a WARN_ON_ONCE of `site` into the machine's warnings, the first time only."""
        if site not in self._sites:
            self._sites.add(site)
            self.warnings.append(text)

    def _note(
        self, actor: str, operation: str, what: Folio | Page, pages: int = 1,
        before: int | None = None, pins_before: int | None = None, note: str = "",
    ) -> None:  # fmt: skip
        """Append an event to the trace; without `before` the counters did not change."""
        unchanged = before is None
        refcount, pincount = what.refcount, what.pincount
        self.trace.append(
            Event(
                len(self.trace), actor, operation, what.name, pages,
                refcount if before is None else before, refcount,
                pincount if unchanged else pins_before, pincount,
                self.vmstat["nr_foll_pin_acquired"], self.vmstat["nr_foll_pin_released"], note,
            )
        )  # fmt: skip

    def _use(self, folio: Folio) -> Folio:
        if instance("folio", folio, Folio).kernel is not self:
            raise ValueError(f"{folio!r} belongs to another machine than {self!r}")
        self._alive(folio)
        return folio

    def _use_page(self, page: Page) -> Page:
        self._use(instance("page", page, Page).folio)
        return page

    def __repr__(self) -> str:
        return f"<Kernel {self.release}>"
