"""Mm: one process's memory. Private anonymous mappings, their page tables, and page faults.

What fork does with a mapped page is in fork.py, what a write to a shared one does in cow.py.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model import buffer, cow, gup, mlock
from pinlab.model.arguments import SIZE_MAX, address, instance, octets, shown, whole
from pinlab.model.counter import int32
from pinlab.model.folio import HPAGE_ORDER, PAGE_SHIFT, PAGE_SIZE, Folio, Page, Writer
from pinlab.model.fork import Fork
from pinlab.model.ledger import MAPPING, Hold

if TYPE_CHECKING:
    from pinlab.model.buffer import RegisteredBuffer
    from pinlab.model.gup import Need
    from pinlab.model.kernel import Kernel

MMAP_BASE = 0x7F00_0000_0000
TASK_SIZE = 2**47 - PAGE_SIZE
"""First address a process cannot have (x86-64, four-level page tables)."""

PTRS_PER_PMD = 1 << HPAGE_ORDER


class Area(NamedTuple):
    """Neighbouring pages of one mapping: virtual page numbers [start, end), order of their folios.

    A whole mapping (a VMA), or parts of one whose entries were split or that is mlocked in parts.
    locked: it was mlocked (VM_LOCKED).
    """

    start: int
    end: int
    order: int
    locked: bool = False

    def without(self, gone: range) -> list[Area]:
        """Return what is left of it: none, one or two."""
        before = self._replace(end=min(self.end, gone.start))
        after = self._replace(start=max(self.start, gone.stop))
        return [left for left in (before, after) if left.start < left.end]

    def within(self, pages: range) -> Area | None:
        """Return the part of it that lies in a range, None if there is none."""
        part = self._replace(start=max(self.start, pages.start), end=min(self.end, pages.stop))
        return part if part.start < part.end else None


class Stretch(NamedTuple):
    """Some neighbouring pages that one folio serves; `zero`: it is the zero page."""

    length: int
    zero: bool


class Pte:
    """A page table entry that leads to a frame of its own: read-only or writable."""

    __slots__ = ("hold", "page", "writable")

    def __init__(self, page: Page, hold: Hold, *, writable: bool) -> None:
        self.page = page
        self.hold = hold
        self.writable = writable


class Entry(NamedTuple):
    """What a page table says of one virtual page number; a 2 MiB entry gives its first page."""

    vpn: int
    page: Page
    writable: bool


class Mm:
    """The address space of one process; it starts empty.

    Attributes: name; kernel; has_pinned (whether it ever pinned anything: MMF_HAS_PINNED, never
    cleared and never inherited); pinned_vm (pages that its registered buffers count: VmPin in
    /proc/PID/status, there in KiB); exited.
    """

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel = kernel
        self.name = name
        self.has_pinned = False
        self.pinned_vm = 0
        self.exited = False
        self._locked_to_a_hole = False
        self._forking = False
        self._unborn = False  # it is the child of a fork under way
        self._forks = 0  # how many were begun; with the above, what write_protect_seq tells
        # Whose bytes this process may see, and as whom it stores its own (see `_storing`).
        self._known: set[Writer] = set()
        self._writer: Writer | None = None
        self._areas: list[Area] = []
        # Two kinds of entries: special ones for the zero page, and those for frames of its own.
        self._zero_ptes: set[int] = set()
        self._ptes: dict[int, Pte] = {}
        self._pmds: dict[int, Folio] = {}
        self._next = MMAP_BASE >> PAGE_SHIFT

    def mmap(self, nbytes: int, order: int = 0) -> int:
        """Map private anonymous memory and return its address; no frame is used yet.

        nbytes is rounded up to whole pages (order 0) or 2 MiB (order 9, and aligned to that).
        Raises ValueError for nbytes below 1 or another order, OSError(ENOMEM) when the address
        space has no room.
        """
        self._require_running()
        nbytes = whole("nbytes", nbytes, 1, SIZE_MAX)
        order = whole("order", order)
        if order not in (0, HPAGE_ORDER):
            raise ValueError(f"order is {shown(order)}: allowed are 0 (4 KiB pages) and 9 (2 MiB)")
        unit = 1 << order
        start = -(-self._next // unit) * unit
        end = start + -(-nbytes // (unit * PAGE_SIZE)) * unit
        if end << PAGE_SHIFT > TASK_SIZE:
            raise OSError(errno.ENOMEM, f"no room for {nbytes} bytes in this address space")
        self._areas.append(Area(start, end, order))
        self._next = end + 1  # a page that is never mapped, so that overruns fault
        return start << PAGE_SHIFT

    def munmap(self, addr: int, nbytes: int) -> None:
        """Unmap pages: the mapping's reference goes, and with it a frame that nobody else holds.

        A frame that a request in flight holds stays until that completes. nbytes is rounded up to
        whole pages; what is not mapped in between is passed over (do_vmi_munmap(), mm/vma.c, 6.18).
        Raises OSError(EINVAL) for an address within a page or a range beyond the address space,
        ValueError for nbytes below 1 or a range that cuts a 2 MiB folio, which is not modelled.
        """
        self._require_running()
        start = address(addr)
        end = start + whole("nbytes", nbytes, 1, SIZE_MAX)
        if start % PAGE_SIZE:
            raise OSError(errno.EINVAL, f"address {start:#x} is not a multiple of {PAGE_SIZE}")
        if end > TASK_SIZE:
            raise OSError(errno.EINVAL, f"address {end:#x} is beyond {TASK_SIZE:#x}")
        gone = range(start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT))
        self._require_whole_folios(gone)
        self._zap(gone)

    def exit(self) -> None:
        """End the process: its mappings and their references go, its requests go on.

        Its registered buffers go with the last process that has them open; a child of fork has.
        Afterwards only its attributes can be read; anything else is RuntimeError. (A kernel may
        wait for a process's requests before it unmaps anything: exit_aio(), fs/aio.c, 6.18.)
        """
        self._require_running()
        everything = range(TASK_SIZE >> PAGE_SHIFT)
        self._require_whole_folios(everything)
        self._zap(everything)
        self.exited = True
        self.kernel.mms.remove(self)
        for registered in list(self.kernel.buffers):
            registered._exited(self)

    def fork(self, name: str = "child") -> Mm:
        """Return a new process that has the same memory, shared or copied as this release does.

        Raises, with nothing changed, ValueError for a process with 2 MiB mappings, whose fork is
        not modelled, and RuntimeError if somebody freed a folio that it maps.
        """
        for _ in (steps := self.fork_in_steps(name)):
            pass
        return steps.child

    def fork_in_steps(self, name: str = "child") -> Fork:
        """Begin a fork whose copies of pages are made in two halves; iterating goes on with it.

        The child is its `child`, complete when the iteration ends. Raises as `fork`.
        """
        self._require_running()
        fork = Fork(self, instance("name", name, str))
        for registered in self.kernel.buffers:
            registered._forked(self, fork.child)
        return fork

    def write_protect(self, addr: int) -> None:
        """Make one page table entry read-only; the mapping stays writable.

        As clear_refs did for soft-dirty tracking before it spared pages that may be pinned
        (9348b73c2e1b, 5.11); here none is spared. Raises OSError(EFAULT) where nothing is mapped,
        ValueError for a 2 MiB mapping, which is not modelled.
        """
        self._require_running()
        vpn = self._vpn(addr)
        if self._area(vpn) is None:
            raise gup.no_mapping(vpn)
        if self._order_at(vpn):
            raise ValueError(f"address {addr:#x} is in a 2 MiB mapping: allowed are 4 KiB pages")
        if pte := self._ptes.get(vpn):
            pte.writable = False
            self.kernel._note(self.name, "write-protect", pte.page)

    def mlock(self, addr: int, nbytes: int) -> None:
        """Keep pages in RAM: each gets a frame of its own, which is mlocked from then on.

        No reference and no pin stays. A writable private mapping is made present by write faults
        (populate_vma_page_range(), mm/gup.c, 5.6 to 6.18), so none of its pages is the zero page,
        which is never mlocked (mlock_pte_range(), mm/mlock.c). A child does not inherit it.
        nbytes and addr are rounded to whole pages. Raises ValueError for nbytes below 1 or a range
        that cuts a 2 MiB folio, RuntimeError if somebody freed a folio in it, both with nothing
        changed; OSError(ENOMEM) at a hole. Then what is mapped before that is locked, and counts
        in VmLck, but is not made present (apply_vma_lock_flags() and do_mlock(), mm/mlock.c, 6.18;
        measured: VmLck 4 kB). RLIMIT_MEMLOCK is left out.
        """
        self._require_running()
        whole("nbytes", nbytes, 1, gup.MOST_FRAMES * PAGE_SIZE)
        pages, hole = mlock.reached(self, addr, nbytes)
        mlock.apply_vma_lock_flags(self, pages, locked=True)
        if hole is None:
            self._touch(pages.start << PAGE_SHIFT, len(pages) << PAGE_SHIFT, gup.TO_WRITE)
        for folio in mlock.folios_of(self, pages):
            self.kernel._note(self.name, "mlock", folio, folio.nr_pages)
        if hole is not None:
            self._locked_to_a_hole |= len(pages) > 0
            raise hole

    def munlock(self, addr: int, nbytes: int) -> None:
        """Let pages leave RAM again; what was not mlocked is passed over.

        Raises as `mlock`; what is mapped before a hole is munlocked.
        """
        self._require_running()
        pages, hole = mlock.reached(self, addr, nbytes)
        locked = (area.within(pages) for area in self._areas if area.locked)
        parts = [range(part.start, part.end) for part in locked if part is not None]
        before = [folio for part in parts for folio in mlock.folios_of(self, part)]
        mlock.apply_vma_lock_flags(self, pages, locked=False)
        for folio in before:
            self.kernel._note(self.name, "munlock", folio, folio.nr_pages)
        if hole is not None:
            raise hole

    def _locks(self, folio: Folio) -> bool:
        """Return whether one of its locked mappings maps a folio."""
        if folio in self.kernel.names:  # the zero pages, as mlock.folios_of
            return False
        vpns = [vpn for vpn, pte in self._ptes.items() if pte.page.folio is folio]
        vpns += [slot * PTRS_PER_PMD for slot, mapped in self._pmds.items() if mapped is folio]
        return any(area.locked for vpn in vpns if (area := self._area(vpn)))

    def register_buffer(
        self, addr: int, nr_pages: int, by: str = buffer.IO_URING
    ) -> RegisteredBuffer:
        """Pin pages for long use (PIN, LONGTERM, WRITE) by "io_uring" or "RDMA"; see there.

        All or nothing: what stops it at one page undoes the others. An address inside a page is
        rounded down. Raises OSError: EFAULT (nothing mapped), ENOMEM (the guard), which io_uring
        turns into EFAULT except at the first page; ValueError for another `by`; RuntimeError for
        a process that has exited or is forking, or if somebody freed a folio in it.
        """
        self._require_running()
        return self.kernel._register(self, addr, nr_pages, by)

    def _zap(self, gone: range) -> None:
        """Drop areas and entries of a range that cuts no folio."""
        self._areas = [left for area in self._areas for left in area.without(gone)]
        # Asked of the entries and not of the range, which may be far longer.
        if zeros := {vpn for vpn in self._zero_ptes if vpn in gone}:
            self._zero_ptes -= zeros
            self.kernel._note(self.name, "unmap", self.kernel.zero_page.folio, len(zeros))
        for vpn in sorted(vpn for vpn in self._ptes if vpn in gone):
            pte = self._ptes.pop(vpn)
            self._unmap(pte.page.folio, pte.hold)
        for slot in [slot for slot in self._pmds if slot * PTRS_PER_PMD in gone]:
            self._unmap(self._pmds.pop(slot))

    def _require_whole_folios(self, pages: range) -> None:
        """Raise, before anything changes, for a cut through a 2 MiB folio or a freed one."""
        for area in self._areas:
            first, last = max(area.start, pages.start), min(area.end, pages.stop)
            if first >= last:
                continue
            if area.order and (first % PTRS_PER_PMD or last % PTRS_PER_PMD):
                raise ValueError(
                    f"pages {first:#x} to {last:#x} cut a 2 MiB folio: allowed are whole ones"
                )
            self._require_alive(first, last)

    def _unmap(self, folio: Folio, *hold: Hold) -> None:
        """Drop one mapping of a folio; a mapping of the huge zero folio holds no reference."""
        before, huge_zero = folio.refcount, self.kernel._is_huge_zero(folio)
        if not huge_zero:
            self.kernel.ledger.release(folio, MAPPING, 1, hold)
            folio.refcount = int32(before - 1)
            folio.mapcount -= 1
        self.kernel._note(self.name, "unmap", folio, folio.nr_pages, before, folio.pincount)
        if folio.refcount == 0:
            self.kernel._free(folio)

    def read(self, addr: int, nbytes: int) -> bytes:
        """Read memory as the CPU does: never-written pages show the zero page.

        Raises OSError(EFAULT), with nothing changed, where nothing is mapped; RuntimeError for a
        page that has to wait for the end of a fork (see `Fork`).
        """
        most = gup.MOST_FRAMES * PAGE_SIZE
        pieces = self._touch(addr, whole("nbytes", nbytes, 0, most), gup.TO_READ)
        for page, offset, n in pieces:
            self.kernel._saw(self, page, n, offset)
        return b"".join(page._get_bytes(n, offset) for page, offset, n in pieces)

    def write(self, addr: int, data: bytes) -> None:
        """Write memory as the CPU does: a page's first write allocates a frame of its own.

        Raises as `read`, with nothing changed.
        """
        data = octets("data", data, gup.MOST_FRAMES * PAGE_SIZE)
        done, writer = 0, self._storing()
        for page, offset, n in self._touch(addr, len(data), gup.TO_WRITE):
            page._put_bytes(data[done : done + n], offset, writer)
            done += n

    def _storing(self) -> Writer:
        """Return as whom this process stores: somebody new after each fork."""
        if self._writer is None:
            self._writer = Writer(self.name)
            self._known.add(self._writer)
        return self._writer

    def page_at(self, addr: int) -> Page | None:
        """Return the page that the page table maps at an address, None if there is none."""
        self._require_not_exited()
        return self._mapped(self._vpn(addr))

    def areas(self) -> list[Area]:
        """Return the mappings by address, whether or not any of their pages was touched yet."""
        self._require_not_exited()
        return list(self._areas)

    def mapped(self) -> list[Entry]:
        """Return the filled page table entries, by address."""
        self._require_not_exited()
        zero, is_huge_zero = self.kernel.zero_page, self.kernel._is_huge_zero
        entries = [Entry(vpn, zero, writable=False) for vpn in self._zero_ptes]
        entries += [Entry(vpn, pte.page, pte.writable) for vpn, pte in self._ptes.items()]
        entries += [
            Entry(slot * PTRS_PER_PMD, folio.page(0), not is_huge_zero(folio))
            for slot, folio in self._pmds.items()
        ]
        return sorted(entries)

    def get_user_pages(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Take a reference (FOLL_GET) on each page; flags: FOLL_WRITE.

        Returns the pages so far if something stops it after the first, as the kernel does.
        Raises OSError: EFAULT (nothing mapped), ENOMEM (the guard), EINVAL (flags).
        """
        return self._user_pages(addr, nr_pages, flags, gup.FOLL_GET)

    def pin_user_pages(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Pin each page (FOLL_PIN); flags: FOLL_WRITE and FOLL_LONGTERM.

        Returns and raises as `get_user_pages`; but since 6.3 flags that are refused are no error:
        a warning, and no pages (`kernel.rules.refused_pin`).
        """
        try:
            return self._user_pages(addr, nr_pages, flags, gup.FOLL_PIN)
        except OSError as error:
            if error.errno == errno.EINVAL and self.kernel.rules.refused_pin == "no_pages":
                return []
            raise

    def get_user_pages_fast(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Take a reference on each page as GUP-fast does, and the rest as `get_user_pages`.

        Flags, results and errors are the same.
        """
        return self._user_pages_fast(addr, nr_pages, flags, gup.FOLL_GET)

    def pin_user_pages_fast(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Pin each page as GUP-fast does, and the rest as `pin_user_pages`, like which it raises.

        So does direct I/O. Flags, results and errors are the same, but refused flags are EINVAL.
        """
        return self._user_pages_fast(addr, nr_pages, flags, gup.FOLL_PIN)

    def _user_pages_fast(self, addr: int, nr_pages: int, flags: int, kind: int) -> list[Page]:
        self._require_running()
        vpn = self._vpn(addr)
        flags = gup.entry_flags(self.kernel, flags, kind, fast=True)
        nr_pages = gup.checked_pages(self.kernel, nr_pages, flags)
        got = gup.extract_user_pages(self, vpn, nr_pages, flags, self.name)
        return got.require_some().pages()

    def pin_user_page_fast_in_steps(self, addr: int, flags: int = 0) -> gup.FastPin:
        """Begin to pin one page as GUP-fast does, in two halves; iterating goes on with it.

        The page is its `page`, there when the iteration ends. Raises as `pin_user_pages`.
        """
        self._require_not_exited()
        return gup.FastPin(self, addr, flags, gup.FOLL_PIN)

    def get_user_page_fast_in_steps(self, addr: int, flags: int = 0) -> gup.FastPin:
        """Begin to take a reference as GUP-fast does: at once, or when a fork has ended.

        As `pin_user_page_fast_in_steps`. Raises as `get_user_pages`.
        """
        self._require_not_exited()
        return gup.FastPin(self, addr, flags, gup.FOLL_GET)

    def _user_pages(self, addr: int, nr_pages: int, flags: int, kind: int) -> list[Page]:
        self._require_running()
        vpn = self._vpn(addr)
        flags = gup.entry_flags(self.kernel, flags, kind)
        nr_pages = gup.checked_pages(self.kernel, nr_pages, flags)
        self._require_alive(vpn, vpn + nr_pages)
        got = gup.user_pages_slow(self, vpn, nr_pages, flags, self.name, gup.Grabbed())
        return got.require_some().pages()

    def _vpn(self, addr: int) -> int:
        return address(addr) >> PAGE_SHIFT

    def _area(self, vpn: int) -> Area | None:
        for area in self._areas:
            if area.start <= vpn < area.end:
                return area
        return None

    def _mapped(self, vpn: int) -> Page | None:
        folio = self._pmds.get(vpn // PTRS_PER_PMD)
        if folio is not None:
            return folio.page(vpn % PTRS_PER_PMD)
        if pte := self._ptes.get(vpn):
            return pte.page
        return self.kernel.zero_page if vpn in self._zero_ptes else None

    def _touch(self, addr: int, nbytes: int, need: Need) -> list[tuple[Page, int, int]]:
        """Fault an address range in; return (page, offset, bytes) for each page of it."""
        self._require_born()
        start = address(addr)
        end = start + nbytes
        vpns = range(start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT)) if nbytes else range(0)
        if (hole := self._mapped_until(vpns.start, vpns.stop)) < vpns.stop:
            raise gup.no_mapping(hole)
        self._require_alive(vpns.start, vpns.stop)
        if self._forking and any(self._needs_fault(vpn, need) for vpn in vpns):
            self._require_running()
        pages: list[Page] = []
        while len(pages) < len(vpns):
            vpn = vpns[len(pages)]
            run = self._run_at(vpn, vpns.stop - vpn, need)
            folio, index = self._fault_in(vpn, run.length, need)
            step = 1 if folio.order else 0
            pages += [folio.page(index + i * step) for i in range(run.length)]
        pieces = []
        for page in pages:
            offset = start % PAGE_SIZE
            n = min(PAGE_SIZE - offset, end - start)
            pieces.append((page, offset, n))
            start += n
        return pieces

    def _mapped_until(self, vpn: int, end: int) -> int:
        """Return the first page from `vpn` on that no mapping covers, at most `end`."""
        while vpn < end and (area := self._area(vpn)) is not None:
            vpn = area.end
        return min(vpn, end)

    def _require_alive(self, vpn: int, end: int) -> None:
        """RuntimeError, before anything changes, if somebody freed what is mapped here."""
        if not self.kernel._freed_mapped:
            return
        pages = range(vpn, self._mapped_until(vpn, end))
        # Asked of the entries and not of the range, which may be far longer.
        for page, pte in self._ptes.items():
            if page in pages:
                self.kernel._alive(pte.page.folio)
        slots = range(vpn // PTRS_PER_PMD, -(-pages.stop // PTRS_PER_PMD))
        for slot, folio in self._pmds.items():
            if slot in slots:
                self.kernel._alive(folio)

    def _run_at(self, vpn: int, limit: int, need: Need) -> Stretch:
        """Return the run of at most `limit` pages from `vpn` on that one folio serves.

        Its length is 0 where nothing is mapped. The zero page serves any number of pages. A
        mapping of the huge zero folio that will not do is split first, where the release does so.
        """
        area = self._area(vpn)
        if area is None:
            return Stretch(0, zero=False)
        if area.order and self._splits(vpn, need):
            area = self._split(vpn // PTRS_PER_PMD)
        limit = min(limit, area.end - vpn)
        if area.order:
            return Stretch(min(limit, PTRS_PER_PMD - vpn % PTRS_PER_PMD), zero=False)
        zeros = 0 if need.write or need.unshare_zero else self._zeros(vpn, limit)
        return Stretch(zeros or 1, zero=zeros > 0)

    def _zeros(self, vpn: int, limit: int) -> int:
        """How many of the next `limit` pages have no frame of their own."""
        pages = range(vpn, vpn + limit)
        if self._ptes.keys().isdisjoint(pages):
            return limit
        return next(page - vpn for page in pages if page in self._ptes)

    def _fault_in(self, vpn: int, count: int, need: Need) -> tuple[Folio, int]:
        """Fault a run in where needed; return its folio and the index of its first page."""
        if self._order_at(vpn):
            return self._fault_in_pmd(vpn, need)
        pte = self._ptes.get(vpn)
        if pte is None and not need.write:
            zero = self._map_zero_page(range(vpn, vpn + count))
            if not need.unshare_zero:
                return zero.folio, 0
        if pte is None:
            self._zero_ptes.discard(vpn)
            pte = self._map_own(vpn) if need.write else self._unshare_zero(vpn)
        elif not need.is_met_by(pte):
            pte = cow.do_wp_page(self, vpn, unshare=not need.write)
        return pte.page.folio, 0

    def _unshare_zero(self, vpn: int) -> Pte:
        """Map a fresh frame in place of the zero page; the entry stays read-only."""
        pte = self._map_own(vpn, "unshare", f"of {self.kernel.zero_page.name}")
        pte.writable = False
        return pte

    def _splits(self, vpn: int, need: Need) -> bool:
        """Whether what `need` asks for makes small entries of a mapping of the huge zero folio.

        Up to 5.7, and since 6.13, 2 MiB take its place (do_huge_pmd_wp_page(), mm/huge_memory.c).
        """
        folio = self._pmds.get(vpn // PTRS_PER_PMD)
        if self.kernel.rules.huge_zero_wp == "whole" or not (need.write or need.unshare_zero):
            return False
        if folio is None:
            return not need.write  # only what unshares asks for a page to read first
        return self.kernel._is_huge_zero(folio)

    def _split(self, slot: int) -> Area:
        """Put 512 entries of the zero page in place of one of the huge zero folio."""
        pages = range(slot * PTRS_PER_PMD, (slot + 1) * PTRS_PER_PMD)
        folio = self._pmds.get(slot) or self._map_huge_zero(slot)
        del self._pmds[slot]
        self._zero_ptes.update(pages)
        self.kernel._note(self.name, "split", folio, len(pages), note="into zero page entries")
        inside = [part._replace(order=0) for a in self._areas if (part := a.within(pages))]
        self._areas = sorted(inside + [left for a in self._areas for left in a.without(pages)])
        return inside[0]

    def _map_huge_zero(self, slot: int) -> Folio:
        folio = self.kernel.huge_zero_folio
        self.kernel._alive(folio)
        self._pmds[slot] = folio
        self.kernel._note(self.name, "read fault", folio, folio.nr_pages)
        return folio

    def _fault_in_pmd(self, vpn: int, need: Need) -> tuple[Folio, int]:
        slot, index = divmod(vpn, PTRS_PER_PMD)
        folio = self._pmds.get(slot)
        if folio is None and not need.write:
            folio = self._map_huge_zero(slot)
        own = need.write or need.unshare_zero
        if folio is None or (own and self.kernel._is_huge_zero(folio)):
            name, note = "write fault", ""
            if not need.write:
                name, note = "unshare", f"of {self.kernel.huge_zero_folio.name}"
            folio, _ = self._own_folio(HPAGE_ORDER, name, note)
            self._pmds[slot] = folio
        return folio, index

    def _map_own(self, vpn: int, operation: str = "write fault", note: str = "") -> Pte:
        """Map a fresh frame, writable."""
        folio, hold = self._own_folio(0, operation, note)
        return self._map(vpn, folio.page(0), hold, writable=True)

    def _map(self, vpn: int, page: Page, hold: Hold, *, writable: bool) -> Pte:
        pte = self._ptes[vpn] = Pte(page, hold, writable=writable)
        return pte

    def _own_folio(
        self, order: int, operation: str = "write fault", note: str = ""
    ) -> tuple[Folio, Hold]:
        """A fresh folio of this process alone, whose first reference is the mapping's."""
        folio = self.kernel._new_folio(order)
        folio.mapcount, folio.anon_exclusive = 1, True
        hold = self.kernel.ledger.take(folio, MAPPING, self.name, 1)
        self.kernel._note(self.name, operation, folio, folio.nr_pages, 0, folio.pincount, note)
        return folio, hold

    def _map_zero_page(self, pages: range) -> Page:
        """A read fault: the entry is marked special, no reference is taken (do_anonymous_page)."""
        zero = self.kernel.zero_page
        if not self._zero_ptes.issuperset(pages):
            missing = set(pages) - self._zero_ptes
            self._zero_ptes |= missing
            self.kernel._note(self.name, "read fault", zero.folio, len(missing))
        return zero

    def _folio_fast(self, vpn: int, write: bool) -> Folio | None:
        """Return the folio that GUP-fast may take here, None where it leaves it to the slow path.

        It takes no special entry, and the zero page's is one (pte_mkspecial), and no read-only
        entry for writing.
        """
        folio = self._pmds.get(vpn // PTRS_PER_PMD)
        if folio is None:
            pte = self._ptes.get(vpn)
            return None if pte is None or (write and not pte.writable) else pte.page.folio
        special = write or self.kernel.rules.huge_zero_pmd == "special"
        return None if special and self.kernel._is_huge_zero(folio) else folio

    def _entry(self, vpn: int) -> tuple[Page | None, bool]:
        """Return what GUP-fast compares: the page of an entry, and whether it may be written."""
        pte = self._ptes.get(vpn)
        return self._mapped(vpn), pte is not None and pte.writable

    def _needs_fault(self, vpn: int, need: Need) -> bool:
        """Return whether the CPU's own access to a 4 KiB page would fault."""
        pte = self._ptes.get(vpn)
        if pte is None:
            return need.write or vpn not in self._zero_ptes
        return not need.is_met_by(pte)

    def _keeps_fast(self, vpn: int, need: Need) -> bool:
        """Return whether GUP-fast keeps what it has taken here: nothing has to be unshared."""
        if folio := self._pmds.get(vpn // PTRS_PER_PMD):
            return not (need.unshare_zero and self.kernel._is_huge_zero(folio))
        pte = self._ptes.get(vpn)
        return pte is None or need.is_met_by(pte)

    def _order_at(self, vpn: int) -> int:
        """Return the order of the folios that back the mapping at a page, 0 where there is none."""
        area = self._area(vpn)
        return 0 if area is None else area.order

    def _require_running(self) -> None:
        self._require_born()
        if self._forking:
            raise RuntimeError(f"{self.name} is in the middle of fork: its memory waits for that")

    def _require_born(self) -> None:
        self._require_not_exited()
        if self._unborn:
            raise RuntimeError(f"{self.name} is in the middle of fork: it is not complete yet")

    def _require_not_exited(self) -> None:
        if self.exited:
            raise RuntimeError(f"{self.name} has exited: it has no memory any more")

    def __repr__(self) -> str:
        return f"<Mm {self.name!r} on Linux {self.kernel.release}>"
