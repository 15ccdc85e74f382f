"""What happens while pages are held: to readers, to whoever else needs the page, to a fork.

A reader is a process_vm_readv() that was stopped in the middle of its copy, with the pins of 1024
pages. The model can be taken past the end of a counter; a real machine never is by anything here.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

from pinlab.machine.predictions.calls import both_counts
from pinlab.machine.predictions.process import (
    MOST,
    PAGES_AT_ONCE,
    ZERO,
    ZERO64,
    Forms,
    Process,
    Values,
    nothing,
    page_of,
    result,
)
from pinlab.model.arguments import whole
from pinlab.model.counter import int32
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Page
from pinlab.model.gup import FOLL_GET
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm
from pinlab.model.rules import Rules

MOST_READERS = 4096
"""The most readers that are gone through one by one."""


class Held(NamedTuple):
    """What is there with some number of readers: the folio's refcount, and the pins held."""

    refcount: int
    pins: int


class Readers(Process):
    """A machine on which one reader more can be let in at any time.

    `held[n]` is what is there with n of them.
    """

    def __init__(self, kernel: Kernel, order: int = 0) -> None:
        super().__init__(kernel, ZERO._replace(pages=PAGES_AT_ONCE, order=order))
        self.folio = self.page.folio
        self._pinned: list[list[Page]] = []
        self.held = [self._now()]

    def let_in(self, readers: int) -> Held:
        """Return what is there with that many readers; those who are refused hold nothing."""
        while len(self.held) <= readers:
            with suppress(OSError):
                self._pinned.append(self.mm.pin_user_pages(self.addr, PAGES_AT_ONCE))
            self.held.append(self._now())
        return self.held[readers]

    def let_go(self) -> None:
        """Let all of them finish."""
        for pages in self._pinned:
            self.kernel.unpin_user_pages(pages)

    def _now(self) -> Held:
        acquired, released = self.kernel.vmstat.values()
        return Held(self.folio.refcount, acquired - released)


@cache
def _climb(release: str, rules: Rules) -> Readers:
    """Every number of readers is on the way to a higher one, so one machine serves them all."""
    return Readers(Kernel.with_rules(release, rules))


def climb(kernel: Kernel, readers: int) -> Held:
    """Return what is there with that many readers of never-written memory, on such a machine.

    Raises TypeError or ValueError for anything but 0 to 4096 readers.
    """
    readers = whole("threads", readers, 0, MOST_READERS)
    return _climb(kernel.release, kernel.rules).let_in(readers)


def _zero_page(kernel: Kernel, most: int, threads: int) -> Values:
    return _values(climb(kernel, whole("threads", threads, 0, most)), climb(kernel, 0))


def _huge_zero(kernel: Kernel, most: int, threads: int) -> Values:
    readers = Readers(kernel, HPAGE_ORDER)
    base = readers.held[0]
    return _values(readers.let_in(whole("threads", threads, 0, min(most, MOST_READERS))), base)


def _values(now: Held, base: Held) -> Values:
    delta = int32(now.refcount - base.refcount)
    return {"refcount": now.refcount, "delta": delta, "vmstat_inflight": now.pins}


@cache
def _run(release: str, rules: Rules, most: int) -> tuple[int, Values, Values]:
    """Return the refcount before all readers, and what others get at the height and after."""
    kernel = Kernel.with_rules(release, rules)
    readers = Readers(kernel)
    readers.let_in(whole("hold", most, 0, MOST_READERS))
    overflowed = _calls(kernel)
    readers.let_go()
    return readers.held[0].refcount, overflowed, _calls(kernel)


def _around(kernel: Kernel, most: int) -> Values:
    """Before the first reader and after the last."""
    base, _, after = _run(kernel.release, kernel.rules, most)
    return {"base_refcount": base, "after_exit_zero_refcount": after["zero_refcount"]}


def _around_huge(kernel: Kernel, most: int) -> Values:
    readers = Readers(kernel, HPAGE_ORDER)
    folio = readers.folio
    found: Values = {
        "is_huge_zero": int(folio is kernel.huge_zero_folio),
        "base_refcount": folio.refcount,
        **both_counts(folio, "before"),
    }
    readers.let_in(whole("threads", most, 0, MOST_READERS))
    found |= both_counts(folio, "after")
    readers.let_go()
    return found | {"after_exit_zero_refcount": kernel.zero_page.refcount}


READERS = 2056
"""How many readers there were when the system calls were tried."""


def _overflowed(kernel: Kernel) -> Values:
    return dict(_run(kernel.release, kernel.rules, READERS)[1])


def _after_release(kernel: Kernel) -> Values:
    return dict(_run(kernel.release, kernel.rules, READERS)[2])


def _calls(kernel: Kernel) -> Values:
    """What a process gets that has nothing to do with the readers."""
    refcount = kernel.zero_page.refcount
    process = Process(kernel, ZERO64)

    def vmsplice() -> int:
        for page in process.splice():
            kernel.put_page(page)
        return PAGE_SIZE

    def proc_self_mem() -> int:
        """mem_rw() in fs/proc/base.c (6.18): access_remote_vm() got no page, so EIO."""
        with suppress(OSError):
            return vmsplice()
        return -errno.EIO

    def fork_and_exit() -> int:
        process.mm.fork().exit()
        return 0

    return {
        "zero_refcount": refcount,
        "zero_pfn": process.has_zero_page,
        "process_vm_readv_zero64": process.process_vm(),
        "vmsplice_zero": result(vmsplice),
        "odirect_write_zero64": process.to_disk(),
        "proc_self_mem_read_zero": proc_self_mem(),
        "newpfn_nonzero": int(not Process(kernel).has_zero_page),
        "fork_exec_true": result(fork_and_exit),
    }


HELD_PINS: Forms = {
    "hold{most}:threads={threads}": _zero_page,
    "hold{most}": _around,
    "hugezero_hold{most}:threads={threads}": _huge_zero,
    "hugezero_hold{most}": _around_huge,
    "memfd_hold{most}:threads={threads}": nothing,
    "memfd_hold{most}": nothing,
    "overflowed": _overflowed,
    "after_release": _after_release,
}


def _frames(kernel: Kernel, held: bool) -> Values:
    """Which frames parent and child have after fork, and after the parent wrote."""
    parent = Process(kernel)
    page = parent.page
    if held:
        parent.register()
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


def _referenced(kernel: Kernel, references: int, pinned: int) -> Values:
    """Splice a page that often, with or without a pin of another page in the past, and fork."""
    parent = _parent(kernel, pinned)
    before = parent.page.refcount
    parent.splice(whole("refs", references, 0, MOST))
    return _fork(parent, parent.page.refcount - before)


def _parent(kernel: Kernel, pinned: int) -> Process:
    parent = Process(kernel)
    if whole("haspinned", pinned, 0, 1):
        parent.pin_something_else()
    return parent


def _unprivileged(kernel: Kernel, references: int, pinned: int) -> Values:
    """The same, seen without the rights to look at a frame or its refcount."""
    found = _referenced(kernel, references, pinned)
    hidden = ("refcount", "child_has_own_copy")
    return {name: value for name, value in found.items() if name not in hidden}


def _registered(kernel: Kernel) -> Values:
    parent = Process(kernel)
    parent.register()
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


@dataclass(frozen=True)
class Scene:
    """What happens while a device reads from disk into a page.

    fork, child_exits, child_writes (else the parent does); registered: into a buffer registered
    with io_uring, else by O_DIRECT; pinned_before: the process had pinned another page.
    """

    fork: bool = True
    child_exits: bool = False
    child_writes: bool = False
    registered: bool = False
    pinned_before: bool = False

    def __call__(self, kernel: Kernel) -> Values:
        """Play it on a machine, and return what was looked at."""
        parent = _parent(kernel, int(self.pinned_before))
        page = parent.page
        deliver = self._ask(parent)
        inflight = page.refcount
        child = self._fork(parent.mm)
        writer = child if child and self.child_writes else parent.mm
        writer.write(parent.addr + 4 * SECTOR, b"w")
        deliver(b"D" * SECTOR)
        sees = _byte(parent.mm, parent.addr)
        return {
            "io_res": SECTOR,
            "ref_inflight": inflight,
            "parent_pfn_changed": int(parent.page is not page),
            "child_pfn_same_as_orig": int(page_of(child, parent.addr) is page)
            if child
            else NO_CHILD,
            "parent_sees": sees,
            "child_sees": _byte(child, parent.addr) if child else NOBODY,
            "verdict": "OK" if sees == "D" else "DATA-LOST-IN-PARENT",
        }

    def _ask(self, parent: Process) -> Callable[[bytes], None]:
        if not self.registered:
            return parent.kernel.submit_dio_read(parent.mm, parent.addr, 1).device_write
        parent.register()
        return parent.kernel.buffers[0].pages[0].device_write

    def _fork(self, parent: Mm) -> Mm | None:
        child = parent.fork() if self.fork else None
        if child is None or not self.child_exits:
            return child
        child.exit()
        return None


def _byte(mm: Mm, addr: int) -> str:
    return mm.read(addr, 1).decode()


DIO_READ_AND_FORK: Forms = {
    "nofork_parent_writes": Scene(fork=False),
    "fork_parent_writes": Scene(),
    "fork_childexits_parent_writes": Scene(child_exits=True),
    "fork_child_writes": Scene(child_writes=True),
    "iouring_readfixed_fork_parent_writes": Scene(registered=True),
    "dontfork_parent_writes": nothing,
    "fork_parent_writes_again": Scene(pinned_before=True),
}
