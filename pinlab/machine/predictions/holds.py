"""What happens while pages are held: to readers, to whoever else needs the page, to a fork.

A reader is a process_vm_readv() that was stopped in the middle of its copy, with the pins of 1024
pages. The model can be taken past the end of a counter; a real machine never is by anything here.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import NamedTuple

from pinlab.machine.predictions import calls
from pinlab.machine.predictions.calls import MOST, Forms, Process, Values, nothing, page_of
from pinlab.model.arguments import whole
from pinlab.model.counter import int32
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE
from pinlab.model.gup import FOLL_GET
from pinlab.model.kernel import Kernel
from pinlab.model.rules import Rules

PAGES_AT_ONCE = 1024
"""PVM_MAX_USER_PAGES: process_vm_readv() pins two pages full of pointers at a time."""

MOST_READERS = 4096
"""The most readers that are gone through one by one."""

READERS = 2056
"""How many readers there were when other system calls were tried."""


class Load(NamedTuple):
    """What is there with some number of readers: the folio's refcount, and the pins held."""

    refcount: int
    pins: int


class StoppedReaders(Process):
    """A machine on which one reader more can be let in at any time.

    `loads[n]` is what is there with n of them.
    """

    def __init__(self, kernel: Kernel, order: int = 0) -> None:
        super().__init__(kernel, calls.ZERO._replace(pages=PAGES_AT_ONCE, order=order))
        self.folio = self.page.folio
        self._pins = 0
        self.loads = [self._now()]

    def let_in(self, readers: int) -> Load:
        """Return what is there with that many readers; those who are refused hold nothing."""
        while len(self.loads) <= readers:
            with suppress(OSError):
                self._pins += len(self.mm.pin_user_pages(self.addr, PAGES_AT_ONCE))
            self.loads.append(self._now())
        return self.loads[readers]

    def let_go(self) -> None:
        """Let all of them finish."""
        if self._pins:
            self.kernel.unpin_user_page(self.page, times=self._pins)

    def _now(self) -> Load:
        acquired, released = self.kernel.vmstat.values()
        return Load(self.folio.refcount, acquired - released)


@cache
def _climb(release: str, rules: Rules, order: int) -> StoppedReaders:
    """Every number of readers is on the way to a higher one, so one machine serves them all."""
    return StoppedReaders(Kernel.with_rules(release, rules), order)


def climb(kernel: Kernel, readers: int, order: int = 0) -> Load:
    """Return what is there with that many readers of never-written memory, on such a machine.

    Raises TypeError or ValueError for anything but 0 to 4096 readers.
    """
    readers = whole("threads", readers, 0, MOST_READERS)
    return _climb(kernel.release, kernel.rules, order).let_in(readers)


def _held(kernel: Kernel, most: int, threads: int, order: int = 0) -> Values:
    now = climb(kernel, whole("threads", threads, 0, most), order)
    delta = int32(now.refcount - climb(kernel, 0, order).refcount)
    return {"refcount": now.refcount, "delta": delta, "vmstat_inflight": now.pins}


def _overflowed(kernel: Kernel, released: bool = False) -> Values:
    """What others get when there are as many readers as were tried, or after they are released."""
    readers = StoppedReaders(kernel)
    readers.let_in(READERS)
    if released:
        readers.let_go()
    refcount = kernel.zero_page.refcount
    process = Process(kernel, calls.ZERO64)
    return {
        "zero_refcount": refcount,
        "zero_pfn": process.has_zero_page,
        "process_vm_readv_zero64": calls.process_vm(process),
        "vmsplice_zero": calls.vmsplice(process),
        "odirect_write_zero64": calls.to_disk(process),
        # mem_rw() in fs/proc/base.c (6.18): access_remote_vm() got no page, so EIO.
        "proc_self_mem_read_zero": max(calls.vmsplice(process), -errno.EIO),
        "newpfn_nonzero": int(not Process(kernel).has_zero_page),
        "fork_exec_true": calls.fork_and_exit(process),
    }


def _around(kernel: Kernel, most: int, order: int = 0) -> Values:
    """Before the first reader and after the last; of a huge folio also at the height."""
    readers = StoppedReaders(kernel, order)
    folio = readers.folio
    found: Values = {"base_refcount": folio.refcount}
    if order:
        found["is_huge_zero"] = int(folio is kernel.huge_zero_folio)
        found |= calls.both_counts(folio, "before")
    readers.let_in(whole("hold", most, 0, MOST_READERS))
    if order:
        found |= calls.both_counts(folio, "after")
    readers.let_go()
    return found | {"after_exit_zero_refcount": kernel.zero_page.refcount}


HELD_PINS: Forms = {
    "hold{most}:threads={threads}": _held,
    "hold{most}": _around,
    "hugezero_hold{most}:threads={threads}": partial(_held, order=HPAGE_ORDER),
    "hugezero_hold{most}": partial(_around, order=HPAGE_ORDER),
    "memfd_hold{most}:threads={threads}": nothing,
    "memfd_hold{most}": nothing,
    "overflowed": _overflowed,
    "after_release": partial(_overflowed, released=True),
}


def _frames(kernel: Kernel, held: bool) -> Values:
    """Which frames parent and child have after fork, and after the parent wrote."""
    parent = Process(kernel)
    page = parent.page
    if held:
        calls.register(parent)
    child = parent.mm.fork()
    same = page_of(child, parent.addr) is page
    parent.mm.write(parent.addr, b"w")
    return {
        "same_frame_after_fork": int(same),
        "parent_pfn_changed": int(parent.page is not page),
        "child_pfn_same_as_orig": int(page_of(child, parent.addr) is page),
    }


FORK_FRAMES: Forms = {
    "no_hold": partial(_frames, held=False),
    "io_uring": partial(_frames, held=True),
}


def _parent(kernel: Kernel, pinned: int) -> Process:
    """Return a process with one page, with or without a pin of another page in the past."""
    parent = Process(kernel)
    if whole("haspinned", pinned, 0, 1):
        other = parent.mm.mmap(PAGE_SIZE)
        parent.mm.write(other, b"A")
        kernel.unpin_user_pages(parent.mm.pin_user_pages(other, 1))
    return parent


def _referenced(kernel: Kernel, references: int, pinned: int) -> Values:
    parent = _parent(kernel, pinned)
    before = parent.page.refcount
    parent.splice(whole("refs", references, 0, MOST))
    return _fork(parent, parent.page.refcount - before)


def _unprivileged(kernel: Kernel, references: int, pinned: int) -> Values:
    """The same, seen without the rights to look at a frame or its refcount."""
    found = _referenced(kernel, references, pinned)
    hidden = ("refcount", "child_has_own_copy")
    return {name: value for name, value in found.items() if name not in hidden}


def _registered(kernel: Kernel) -> Values:
    parent = Process(kernel)
    calls.register(parent)
    return _fork(parent, 0)


LAST = 1100
"""Extra references that the search tries at most; with one pin a page's refcount is 1025."""

NEVER = -1
"""In the place of a number: none that was tried makes fork copy."""


def first_that_copies(copies: Callable[[int], bool]) -> int:
    """Return the least number up to LAST from which on `copies` holds, NEVER if it does not.

    >>> first_that_copies(lambda extra: extra >= 1022)
    1022
    """
    if not copies(LAST):
        return NEVER
    low, high = -1, LAST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if copies(middle) else (middle, high)
    return high


def _threshold(kernel: Kernel, pinned: int) -> Values:
    def copies(references: int) -> bool:
        parent = _parent(kernel, pinned)
        if references:  # all at once: the search asks for many
            kernel.try_grab_folio(parent.page.folio, references, FOLL_GET)
        return _fork(parent, references)["child_has_own_copy"] == 1

    return {"copies_from_extra": first_that_copies(copies)}


def _fork(parent: Process, extra: int) -> Values:
    """Fork, and look where the child's page is: its own is Private_Dirty in its smaps."""
    page, pinned, kib = parent.page, parent.mm.has_pinned, PAGE_SIZE >> 10
    refcount = page.refcount
    own = page_of(parent.mm.fork(), parent.addr) is not page
    return {
        "extra": extra,
        "has_pinned": int(pinned),
        "refcount": refcount,
        "child_has_own_copy": int(own),
        "child_Shared_Dirty_kB": 0 if own else kib,
        "child_Private_Dirty_kB": kib if own else 0,
    }


FORK_COPY_THRESHOLD: Forms = {
    "vmsplice_refs_{references}_haspinned_{pinned}": _referenced,
    "unpriv_refs_{references}_haspinned_{pinned}": _unprivileged,
    "unpriv_threshold_haspinned_{pinned}": _threshold,
    "really_pinned_iouring": _registered,
}

SECTOR = 512
"""Bytes that were asked for; who writes meanwhile, writes elsewhere in the page."""

NOBODY, NO_CHILD = "-", -1


def _scene(
    kernel: Kernel,
    fork: bool = True,
    child_exits: bool = False,
    child_writes: bool = False,
    registered: bool = False,
    pinned_before: bool = False,
) -> Values:
    """What becomes of a page into which a device reads from disk while the process forks.

    child_writes: else the parent writes. registered: into a buffer registered with io_uring, else
    by O_DIRECT. pinned_before: the process had pinned another page.
    """
    parent = _parent(kernel, int(pinned_before))
    page, addr = parent.page, parent.addr
    if registered:
        calls.register(parent)
        deliver = page.device_write
    else:
        deliver = kernel.submit_dio_read(parent.mm, addr, 1).device_write
    inflight = page.refcount
    child = parent.mm.fork() if fork else None
    if child and child_exits:
        child.exit()
        child = None
    writer = child if child and child_writes else parent.mm
    writer.write(addr + 4 * SECTOR, b"w")
    deliver(b"D" * SECTOR)
    sees = parent.mm.read(addr, 1).decode()
    return {
        "io_res": SECTOR,
        "ref_inflight": inflight,
        "parent_pfn_changed": int(parent.page is not page),
        "child_pfn_same_as_orig": int(page_of(child, addr) is page) if child else NO_CHILD,
        "parent_sees": sees,
        "child_sees": child.read(addr, 1).decode() if child else NOBODY,
        "verdict": "OK" if sees == "D" else "DATA-LOST-IN-PARENT",
    }


DIO_READ_AND_FORK: Forms = {
    "nofork_parent_writes": partial(_scene, fork=False),
    "fork_parent_writes": _scene,
    "fork_childexits_parent_writes": partial(_scene, child_exits=True),
    "fork_child_writes": partial(_scene, child_writes=True),
    "iouring_readfixed_fork_parent_writes": partial(_scene, registered=True),
    "dontfork_parent_writes": nothing,
    "fork_parent_writes_again": partial(_scene, pinned_before=True),
}
