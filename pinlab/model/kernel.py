"""Kernel: one booted machine, with the rules of its release and everything it counts."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from pinlab.model import gup, invariants, rules
from pinlab.model.arguments import instance, several, whole
from pinlab.model.buffer import RegisteredBuffer
from pinlab.model.counter import INT_MAX
from pinlab.model.dio import DirectIO
from pinlab.model.fault import Need
from pinlab.model.folio import HPAGE_ORDER, MAX_ORDER, Folio, Page, allocate
from pinlab.model.gup import FOLL_GET, FOLL_PIN, Grabber
from pinlab.model.ledger import BOOT, PIN, REFERENCE, Ledger
from pinlab.model.mm import Mm
from pinlab.model.trace import Trace, note, warn_once


class Kernel:
    """A machine that follows one release's rules; each instance is independent of all others.

    `release` is X.Y or X.Y.Z from 5.6 on, by default the newest that is modelled; a keyword
    overrides one rule (`Kernel("6.5", zero_page_unpin="counted")`), `zero_page_pins=` three.
    Raises TypeError if `release` is not a str, ValueError if it is older or malformed, or for an
    unknown rule or value.

    Attributes: release; rules; vmstat; warnings; trace; ledger; zero_page; folios; mms (of the
    processes that have not exited); requests (those in flight, by name); buffers (those that are
    registered, oldest first); names (of the zero pages' folios).

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
        self.ledger = Ledger()
        self.folios: list[Folio] = []
        self.mms: list[Mm] = []
        self.requests: dict[str, DirectIO] = {}
        self.buffers: list[RegisteredBuffer] = []
        self.names: dict[Folio, str] = {}
        self.next_pfn = 1
        self.submitted = self.registered = 0
        self.sites: set[str] = set()  # that have warned
        self.needs: dict[int, Need] = {}  # what GUP needs of an entry, by its flags
        self.freed_mapped = False
        self.huge_zero: Folio | None = None
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
        if self.huge_zero is None:
            self.huge_zero = self._zero_folio(HPAGE_ORDER, "huge zero folio")
        return self.huge_zero

    def _zero_folio(self, order: int, name: str) -> Folio:
        folio = allocate(self, order, name)
        self.names[folio] = name
        self.ledger.take(folio, BOOT, "kernel", 1)
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
        folio = allocate(self, whole("order", order, 0, MAX_ORDER))
        self.ledger.take(folio, REFERENCE, "kernel", 1)
        note(self, "kernel", "alloc", folio, folio.nr_pages, 0, folio.pincount)
        return folio

    def try_grab_folio(self, folio: Folio, refs: int, flags: int) -> None:
        """Take `refs` references or pins at once, as the slow path does.

        The name is that of 6.10 and later; up to 6.9 try_grab_folio() was the fast path's.
        One guard on the old value, then one wrapping addition; refs is 1 to INT_MAX.
        Raises OSError: ENOMEM where the guard or the release refuses, EINVAL for GET with PIN,
        which in the kernel the entry of GUP refuses (is_valid_gup_args, 6.3 to 6.18), and here the
        grab itself, which would take GET.
        """
        if not self._grab(folio, refs, flags, fast=False):
            if gup.checked_flags(flags) & gup.KINDS == gup.KINDS:
                raise OSError(errno.EINVAL, gup.GET_AND_PIN)
            raise gup.no_memory(folio)

    def try_grab_folio_fast(self, folio: Folio, refs: int, flags: int) -> bool:
        """Take `refs` references or pins as GUP-fast does; False where it refuses."""
        return self._grab(folio, refs, flags, fast=True)

    def _grab(self, folio: Folio, refs: int, flags: int, *, fast: bool) -> bool:
        self._use(folio)
        refs, flags = whole("refs", refs, 1, INT_MAX), gup.checked_flags(flags)
        if flags & gup.KINDS == gup.KINDS:
            warn_once(self, "GET and PIN", gup.GET_AND_PIN)
            return False
        return Grabber(flags, "kernel").grab(folio, refs=refs, fast=fast)[0] > 0

    def get_page(self, page: Page) -> None:
        """Add one reference, without any guard (get_page in a kernel without DEBUG_VM)."""
        folio, grabber = self._use_page(page).folio, Grabber(FOLL_GET, "kernel")
        if gup.hypothetically_exempt(folio, FOLL_GET):
            grabber.pass_over(folio, 1, "get_page")
        else:
            grabber.add(folio, 1, "get_page")

    def put_page(self, page: Page, times: int = 1, owner: str | None = None) -> None:
        """Take one reference away, or as many at once; at 0 the folio is freed.

        owner: whose they are in ledger and trace; by default the kernel lets go of the oldest.
        Raises ValueError for times below 1 or over INT_MAX.
        """
        self._put(page, times, owner, FOLL_GET)

    def unpin_user_page(self, page: Page, times: int = 1, owner: str | None = None) -> None:
        """Take one pin away, or as many at once; arguments and errors are those of `put_page`."""
        self._put(page, times, owner, FOLL_PIN)

    def _put(self, page: Page, times: int, owner: str | None, kind: int) -> None:
        folio, times = self._use_page(page).folio, whole("times", times, 1, INT_MAX)
        if owner is None:
            Grabber(kind, "kernel").put(folio, times)
        else:
            own = self.ledger.owned(folio, PIN if kind == FOLL_PIN else REFERENCE, owner)
            Grabber(kind, instance("owner", owner, str)).put(folio, times, *own)

    def unpin_user_pages(self, pages: Iterable[Page]) -> None:
        """Take one pin from each page; nothing changes if one of them is no usable page."""
        used = [self._use_page(page) for page in several("pages", pages, Page)]
        for folio, run in groupby(used, key=attrgetter("folio")):  # as gup_folio_next() does
            Grabber(FOLL_PIN, "kernel").put(folio, len(list(run)))

    def folio_maybe_dma_pinned(self, folio: Folio) -> bool:
        """Return whether the folio may be pinned: exact with a separate pincount, else a guess."""
        return gup.folio_maybe_dma_pinned(self._use(folio))

    def folio_ref_zero_or_close_to_overflow(self, folio: Folio) -> bool:
        """Return whether the refcount is in -127 to 0, about to wrap *up* to zero (since 5.19)."""
        return (self._use(folio).refcount + 127) % 2**32 <= 127

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
        mm.require_running()
        return DirectIO(mm, addr, nr_pages, from_disk=from_disk, file_system=file_system)

    def check(self) -> None:
        """Re-verify the named invariants over counters and ledger.

        Raises InvariantError with the names of those that are broken and the state around them.
        """
        invariants.check(self)

    def _use(self, folio: Folio) -> Folio:
        if instance("folio", folio, Folio).kernel is not self:
            raise ValueError(f"{folio!r} belongs to another machine than {self!r}")
        folio.require_alive()
        return folio

    def _use_page(self, page: Page) -> Page:
        self._use(instance("page", page, Page).folio)
        return page

    def __repr__(self) -> str:
        return f"<Kernel {self.release}>"
