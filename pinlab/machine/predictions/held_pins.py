"""What readers do to the refcount while each of them holds the pins of 1024 pages.

Each reader is a process_vm_readv() that was stopped in the middle of its copy. The model can be
taken past the end of a counter; a real machine never is by anything in this project.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from pinlab.machine.predictions.direct_io import transferred
from pinlab.machine.predictions.forms import Forms, nothing
from pinlab.machine.predictions.process import (
    PAGES_AT_ONCE,
    Values,
    page_of,
    process_vm,
    read_once,
    result,
    written,
)
from pinlab.model.arguments import whole
from pinlab.model.counter import int32
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio, Page
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm
from pinlab.model.rules import Rules

MOST = 4096
"""The most readers that are gone through one by one."""


class Held(NamedTuple):
    """What is there with some number of readers: the folio's refcount, and the pins held."""

    refcount: int
    pins: int


class Readers:
    """A machine on which one reader more can be let in at any time.

    `held[n]` is what is there with n of them.
    """

    def __init__(self, kernel: Kernel, order: int = 0) -> None:
        self.mm = kernel.new_mm()
        self._addr = read_once(self.mm, PAGES_AT_ONCE, order)
        self.folio: Folio = page_of(self.mm, self._addr).folio
        self._pinned: list[list[Page]] = []
        self.held = [self._now()]

    def let_in(self, readers: int) -> Held:
        """Return what is there with that many readers; those who are refused hold nothing."""
        while len(self.held) <= readers:
            with suppress(OSError):
                self._pinned.append(self.mm.pin_user_pages(self._addr, PAGES_AT_ONCE))
            self.held.append(self._now())
        return self.held[readers]

    def let_go(self) -> None:
        """Let all of them finish."""
        for pages in self._pinned:
            self.mm.kernel.unpin_user_pages(pages)

    def _now(self) -> Held:
        acquired, released = self.mm.kernel.vmstat.values()
        return Held(self.folio.refcount, acquired - released)


@cache
def _climb(release: str, rules: Rules) -> Readers:
    """Every number of readers is on the way to a higher one, so one machine serves them all."""
    return Readers(Kernel.with_rules(release, rules))


def climb(kernel: Kernel, readers: int) -> Held:
    """Return what is there with that many readers of never-written memory, on such a machine.

    Raises TypeError or ValueError for anything but 0 to 4096 readers.
    """
    readers = whole("threads", readers, 0, MOST)
    return _climb(kernel.release, kernel.rules).let_in(readers)


def _zero_page(kernel: Kernel, most: int, threads: int) -> Values:
    return _values(climb(kernel, whole("threads", threads, 0, most)), climb(kernel, 0))


def _huge_zero(kernel: Kernel, most: int, threads: int) -> Values:
    readers = Readers(kernel, HPAGE_ORDER)
    base = readers.held[0]
    return _values(readers.let_in(whole("threads", threads, 0, min(most, MOST))), base)


def _values(now: Held, base: Held) -> Values:
    delta = int32(now.refcount - base.refcount)
    return {"refcount": now.refcount, "delta": delta, "vmstat_inflight": now.pins}


class Run(NamedTuple):
    """A whole run: the refcount before it, and what system calls got at its height and after."""

    base: int
    overflowed: Values
    after_release: Values


@cache
def _run(release: str, rules: Rules, most: int) -> Run:
    kernel = Kernel.with_rules(release, rules)
    readers = Readers(kernel)
    readers.let_in(whole("hold", most, 0, MOST))
    overflowed = _calls(kernel)
    readers.let_go()
    return Run(readers.held[0].refcount, overflowed, _calls(kernel))


def _around(kernel: Kernel, most: int) -> Values:
    """Before the first reader and after the last."""
    run = _run(kernel.release, kernel.rules, most)
    refcount = run.after_release["zero_refcount"]
    return {"base_refcount": run.base, "after_exit_zero_refcount": refcount}


def _around_huge(kernel: Kernel, most: int) -> Values:
    readers = Readers(kernel, HPAGE_ORDER)
    folio = readers.folio
    found: Values = {
        "is_huge_zero": int(folio is kernel.huge_zero_folio),
        "base_refcount": folio.refcount,
    }
    for when in ("before", "after"):
        if when == "after":
            readers.let_in(whole("threads", most, 0, MOST))
        found[f"refcount_{when}"] = folio.refcount
        if folio.pincount is not None:
            found[f"pincount_{when}"] = folio.pincount
    readers.let_go()
    return found | {"after_exit_zero_refcount": kernel.zero_page.refcount}


READERS = 2056
"""How many readers there were when the system calls were tried."""


def _overflowed(kernel: Kernel) -> Values:
    return dict(_run(kernel.release, kernel.rules, READERS).overflowed)


def _after_release(kernel: Kernel) -> Values:
    return dict(_run(kernel.release, kernel.rules, READERS).after_release)


def _calls(kernel: Kernel) -> Values:
    """What a process gets that has nothing to do with the readers."""
    refcount, mm = kernel.zero_page.refcount, kernel.new_mm()
    addr = read_once(mm, 64)
    return {
        "zero_refcount": refcount,
        "zero_pfn": int(page_of(mm, addr) is kernel.zero_page),
        "process_vm_readv_zero64": process_vm(mm, addr, 64),
        "vmsplice_zero": result(lambda: _vmsplice(mm, addr)),
        "odirect_write_zero64": transferred(lambda: kernel.submit_dio_write(mm, addr, 64)),
        "proc_self_mem_read_zero": _proc_self_mem(mm, addr),
        "newpfn_nonzero": int(page_of(mm, written(mm)) is not kernel.zero_page),
        "fork_exec_true": result(lambda: _fork_and_exit(mm)),
    }


def _vmsplice(mm: Mm, addr: int) -> int:
    pages = mm.get_user_pages(addr, 1)
    for page in pages:
        mm.kernel.put_page(page)
    return len(pages) * PAGE_SIZE


def _proc_self_mem(mm: Mm, addr: int) -> int:
    """mem_rw() in fs/proc/base.c (6.18): access_remote_vm() got no page, so EIO."""
    try:
        return _vmsplice(mm, addr)
    except OSError:
        return -errno.EIO


def _fork_and_exit(mm: Mm) -> int:
    mm.fork().exit()
    return 0


FORMS: Forms = {
    "hold{most}:threads={threads}": _zero_page,
    "hold{most}": _around,
    "hugezero_hold{most}:threads={threads}": _huge_zero,
    "hugezero_hold{most}": _around_huge,
    "memfd_hold{most}:threads={threads}": nothing,
    "memfd_hold{most}": nothing,
    "overflowed": _overflowed,
    "after_release": _after_release,
}
