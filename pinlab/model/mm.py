"""Mm: one process's memory, private anonymous mappings. What fills its page tables is fault.py."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model import fault, gup, mlock
from pinlab.model.arguments import SIZE_MAX, address, instance, octets, shown, whole
from pinlab.model.buffer import IO_URING, RegisteredBuffer
from pinlab.model.fault import MOST_FRAMES, PTRS_PER_PMD, TO_READ, TO_WRITE, Need, Pte, Vma
from pinlab.model.folio import (
    HPAGE_ORDER,
    PAGE_SHIFT,
    PAGE_SIZE,
    Folio,
    Page,
    Writer,
    pieces,
    store,
)
from pinlab.model.fork import Fork
from pinlab.model.gup import FOLL_GET, FOLL_PIN, FastPin, GupCall
from pinlab.model.trace import note

if TYPE_CHECKING:
    from pinlab.model.kernel import Kernel

MMAP_BASE = 0x7F00_0000_0000
TASK_SIZE = 2**47 - PAGE_SIZE
"""First address a process cannot have (x86-64, four-level page tables)."""


class Mapped(NamedTuple):
    """What a page table says of one virtual page number; a 2 MiB entry gives its first page."""

    vpn: int
    page: Page
    writable: bool


class Mm:
    """The address space of one process; it starts empty.

    Attributes: name; kernel; has_pinned (whether it ever pinned anything: MMF_HAS_PINNED, never
    cleared and never inherited); pinned_vm (pages that its registered buffers count: VmPin in
    /proc/PID/status, there in KiB); exited; vmas, zero_ptes, ptes and pmds (what is mapped, and the
    page table entries by virtual page number or slot of 512); known (the writers whose bytes it may
    see); forking, unborn (it, or its parent, is in the middle of fork).
    """

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel = kernel
        self.name = name
        self.has_pinned = False
        self.pinned_vm = 0
        self.exited = False
        self.locked_to_a_hole = False
        self.forking = False
        self.unborn = False
        self.forks = 0  # how many were begun; with the above, what write_protect_seq tells
        self.known: set[Writer] = set()
        self.writer: Writer | None = None  # as whom it stores; somebody new after each fork
        self.vmas: list[Vma] = []
        self.zero_ptes: set[int] = set()
        self.zero_run = range(0)  # pages that are all in there, as last asked for
        self.ptes: dict[int, Pte] = {}
        self.pmds: dict[int, Folio] = {}
        self.next_vpn = MMAP_BASE >> PAGE_SHIFT

    def mmap(self, nbytes: int, order: int = 0) -> int:
        """Map private anonymous memory and return its address; no frame is used yet.

        nbytes is rounded up to whole pages (order 0) or 2 MiB (order 9, and aligned to that).
        Raises ValueError for nbytes below 1 or another order, OSError(ENOMEM) when the address
        space has no room.
        """
        self.require_running()
        nbytes = whole("nbytes", nbytes, 1, SIZE_MAX)
        order = whole("order", order)
        if order not in (0, HPAGE_ORDER):
            raise ValueError(f"order is {shown(order)}: allowed are 0 (4 KiB pages) and 9 (2 MiB)")
        unit = 1 << order
        start = -(-self.next_vpn // unit) * unit
        end = start + -(-nbytes // (unit * PAGE_SIZE)) * unit
        if end << PAGE_SHIFT > TASK_SIZE:
            raise OSError(errno.ENOMEM, f"no room for {nbytes} bytes in this address space")
        self.vmas.append(Vma(start, end, order))
        self.next_vpn = end + 1  # a page that is never mapped, so that overruns fault
        return start << PAGE_SHIFT

    def munmap(self, addr: int, nbytes: int) -> None:
        """Unmap pages: the mapping's reference goes, and with it a frame that nobody else holds.

        A frame that a request in flight holds stays until that completes. nbytes is rounded up to
        whole pages; what is not mapped in between is passed over (do_vmi_munmap(), mm/vma.c, 6.18).
        Raises OSError(EINVAL) for an address within a page or a range beyond the address space,
        ValueError for nbytes below 1 or a range that cuts a 2 MiB folio, which is not modelled.
        """
        self.require_running()
        start = address(addr)
        end = start + whole("nbytes", nbytes, 1, SIZE_MAX)
        if start % PAGE_SIZE:
            raise OSError(errno.EINVAL, f"address {start:#x} is not a multiple of {PAGE_SIZE}")
        if end > TASK_SIZE:
            raise OSError(errno.EINVAL, f"address {end:#x} is beyond {TASK_SIZE:#x}")
        gone = range(start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT))
        fault.require_whole_folios(self, gone)
        fault.zap(self, gone)

    def exit(self) -> None:
        """End the process: its mappings and their references go, its requests go on.

        Its registered buffers go with the last process that has them open; a child of fork has.
        The model has no other descriptors, so what `pin_user_pages` and `get_user_pages` took
        stays. A kernel's stays as long as the file it was taken through: closing that ends the
        long-term pins of vfio, for one (vfio_iommu_type1_release(), drivers/vfio).
        Afterwards only its attributes can be read; anything else is RuntimeError. (A kernel may
        wait for a process's requests before it unmaps anything: exit_aio(), fs/aio.c, 6.18.)
        """
        self.require_running()
        everything = range(TASK_SIZE >> PAGE_SHIFT)
        fault.require_whole_folios(self, everything)
        fault.zap(self, everything)
        self.exited = True
        self.kernel.mms.remove(self)
        for buffer in [buffer for buffer in self.kernel.buffers if self in buffer.open_in]:
            buffer.open_in.remove(self)
            if not buffer.open_in:
                buffer.unregister()

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
        self.require_running()
        return Fork(self, instance("name", name, str))

    def write_protect(self, addr: int) -> None:
        """Make one page table entry read-only; the mapping stays writable.

        As clear_refs did for soft-dirty tracking before it spared pages that may be pinned
        (9348b73c2e1b, 5.11); here none is spared. Raises OSError(EFAULT) where nothing is mapped,
        ValueError for a 2 MiB mapping, which is not modelled.
        """
        self.require_running()
        vma = fault.vma_at(self, vpn := fault.vpn_of(addr))
        if vma is None:
            raise fault.no_mapping(vpn)
        if vma.order:
            raise ValueError(f"address {addr:#x} is in a 2 MiB mapping: allowed are 4 KiB pages")
        if pte := self.ptes.get(vpn):
            pte.writable = False
            note(self.kernel, self.name, "write-protect", pte.page)

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
        self.require_running()
        whole("nbytes", nbytes, 1, MOST_FRAMES * PAGE_SIZE)
        mlock.mlock(self, addr, nbytes)

    def munlock(self, addr: int, nbytes: int) -> None:
        """Let pages leave RAM again; what was not mlocked is passed over.

        Raises as `mlock`; what is mapped before a hole is munlocked.
        """
        self.require_running()
        mlock.munlock(self, addr, nbytes)

    def locks(self, folio: Folio) -> bool:
        """Return whether one of its locked mappings maps a folio, which is none of zeros."""
        vpn = instance("folio", folio, Folio).vpn
        if vpn is None:
            return False
        page, vma = fault.page_at(self, vpn), fault.vma_at(self, vpn)
        return page is not None and page.folio is folio and vma is not None and vma.locked

    def register_buffer(self, addr: int, nr_pages: int, by: str = IO_URING) -> RegisteredBuffer:
        """Pin pages for long use (PIN, LONGTERM, WRITE) by "io_uring" or "RDMA"; see there.

        All or nothing: what stops it at one page undoes the others. An address inside a page is
        rounded down. Raises OSError: EFAULT (nothing mapped), ENOMEM (the guard), which io_uring
        turns into EFAULT except at the first page; ValueError for another `by`; RuntimeError for
        a process that has exited or is forking, or if somebody freed a folio in it.
        """
        self.require_running()
        return RegisteredBuffer(self, addr, nr_pages, by)

    def read(self, addr: int, nbytes: int) -> bytes:
        """Read memory as the CPU does: never-written pages show the zero page.

        Raises OSError(EFAULT), with nothing changed, where nothing is mapped; RuntimeError for a
        page that has to wait for the end of a fork (see `Fork`).
        """
        touched = self._touch(addr, whole("nbytes", nbytes, 0, MOST_FRAMES * PAGE_SIZE), TO_READ)
        for page, offset, n in touched:
            self.kernel.ledger.saw(self, page, offset, offset + n)
        return b"".join(page.peek(n, offset) for page, offset, n in touched)

    def write(self, addr: int, data: bytes) -> None:
        """Write memory as the CPU does: a page's first write allocates a frame of its own.

        Raises as `read`, with nothing changed.
        """
        data = octets("data", data, MOST_FRAMES * PAGE_SIZE)
        done, touched = 0, self._touch(addr, len(data), TO_WRITE)
        if self.writer is None:
            self.writer = Writer(self.name)
            self.known.add(self.writer)
        for page, offset, n in touched:
            store(page, data[done : done + n], offset, self.writer)
            done += n

    def would_fault(self, addr: int, *, write: bool) -> bool:
        """Return whether a load or a store of the CPU in a 4 KiB page would fault."""
        self._require_not_exited()
        need = TO_WRITE if instance("write", write, bool) else TO_READ
        return fault.would_fault(self, fault.vpn_of(addr), need)

    def page_at(self, addr: int) -> Page | None:
        """Return the page that the page table maps at an address, None if there is none."""
        self._require_not_exited()
        return fault.page_at(self, fault.vpn_of(addr))

    def areas(self) -> list[Vma]:
        """Return the mappings by address, whether or not any of their pages was touched yet."""
        self._require_not_exited()
        return list(self.vmas)

    def mapped(self) -> list[Mapped]:
        """Return the filled page table entries, by address."""
        self._require_not_exited()
        zero, huge_zero = self.kernel.zero_page, self.kernel.huge_zero
        entries = [Mapped(vpn, zero, writable=False) for vpn in self.zero_ptes]
        entries += [Mapped(vpn, pte.page, pte.writable) for vpn, pte in self.ptes.items()]
        entries += [
            Mapped(slot * PTRS_PER_PMD, folio.page(0), folio is not huge_zero)
            for slot, folio in self.pmds.items()
        ]
        return sorted(entries)

    def get_user_pages(
        self, addr: int, nr_pages: int, flags: int = 0, owner: str | None = None
    ) -> list[Page]:
        """Take a reference (FOLL_GET) on each page; flags: FOLL_WRITE.

        owner: whose they are in ledger and trace, by default the process's. Returns the pages so
        far if something stops it after the first, as the kernel does.
        Raises OSError: EFAULT (nothing mapped), ENOMEM (the guard), EINVAL (flags).
        """
        return self._user_pages(addr, nr_pages, flags, FOLL_GET, owner)

    def pin_user_pages(
        self, addr: int, nr_pages: int, flags: int = 0, owner: str | None = None
    ) -> list[Page]:
        """Pin each page (FOLL_PIN); flags: FOLL_WRITE and FOLL_LONGTERM.

        Returns and raises as `get_user_pages`; but since 6.3 flags that are refused are no error:
        a warning, and no pages (`kernel.rules.refused_pin`).
        """
        try:
            return self._user_pages(addr, nr_pages, flags, FOLL_PIN, owner)
        except OSError as error:
            if error.errno == errno.EINVAL and self.kernel.rules.refused_pin == "no_pages":
                return []
            raise

    def get_user_pages_fast(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Take a reference on each page as GUP-fast does, and the rest as `get_user_pages`."""
        return self._user_pages(addr, nr_pages, flags, FOLL_GET, fast=True)

    def pin_user_pages_fast(self, addr: int, nr_pages: int, flags: int = 0) -> list[Page]:
        """Pin each page as GUP-fast does, and the rest as `pin_user_pages`; so does direct I/O.

        Refused flags are always EINVAL.
        """
        return self._user_pages(addr, nr_pages, flags, FOLL_PIN, fast=True)

    def _user_pages(
        self, addr: int, nr_pages: int, flags: int, kind: int,
        owner: str | None = None, *, fast: bool = False,
    ) -> list[Page]:  # fmt: skip
        self.require_running()
        owner = self.name if owner is None else instance("owner", owner, str)
        vpn = fault.vpn_of(addr)
        call = GupCall(self, gup.entry_flags(self.kernel, flags, kind, fast=fast), owner)
        return call.walk(vpn, call.checked_pages(nr_pages), fast=fast).require_some().pages()

    def pin_user_page_fast_in_steps(self, addr: int, flags: int = 0) -> FastPin:
        """Begin to pin one page as GUP-fast does, in two halves; iterating goes on with it.

        The page is its `page`, there when the iteration ends. Raises as `pin_user_pages`.
        """
        self._require_not_exited()
        return FastPin(self, addr, flags, FOLL_PIN)

    def get_user_page_fast_in_steps(self, addr: int, flags: int = 0) -> FastPin:
        """Begin to take a reference as GUP-fast does: at once, or when a fork has ended."""
        self._require_not_exited()
        return FastPin(self, addr, flags, FOLL_GET)

    def _touch(self, addr: int, nbytes: int, need: Need) -> list[tuple[Page, int, int]]:
        """Fault an address range in; return (page, offset, bytes) for each page of it."""
        self._require_born()
        start = address(addr)
        end = start + nbytes
        vpns = range(start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT)) if nbytes else range(0)
        if (hole := fault.mapped_until(self, vpns.start, vpns.stop)) < vpns.stop:
            raise fault.no_mapping(hole)
        fault.require_alive(self, vpns.start, vpns.stop)
        if self.forking and any(fault.would_fault(self, vpn, need) for vpn in vpns):
            self.require_running()
        return pieces(fault.touch(self, vpns, need), start % PAGE_SIZE, nbytes)

    def require_running(self) -> None:
        """Raise RuntimeError for a process that has exited or is in the middle of fork."""
        self._require_born()
        if self.forking:
            raise RuntimeError(f"{self.name} is in the middle of fork: its memory waits for that")

    def _require_born(self) -> None:
        self._require_not_exited()
        if self.unborn:
            raise RuntimeError(f"{self.name} is in the middle of fork: it is not complete yet")

    def _require_not_exited(self) -> None:
        if self.exited:
            raise RuntimeError(f"{self.name} has exited: it has no memory any more")

    def __repr__(self) -> str:
        return f"<Mm {self.name!r} on Linux {self.kernel.release}>"
