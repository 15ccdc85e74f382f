"""GUP: get_user_pages and pin_user_pages, what they add to the counters and how that is undone.

Function names are those of mm/gup.c in 6.10 and later (f442fa614137). Before, the slow grab was
try_grab_page(), and the fast one try_grab_folio(), up to 5.17 try_grab_compound_head(). What
differs by release comes from `kernel.rules`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.arguments import whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, int32, room
from pinlab.model.folio import PAGE_SHIFT, Folio, Page
from pinlab.model.ledger import PIN, REFERENCE, Hold

if TYPE_CHECKING:
    from pinlab.model.kernel import Kernel
    from pinlab.model.mm import Mm, Pte, Stretch

# The values of include/linux/mm_types.h and mm/internal.h since 6.3; older ones differ.
FOLL_WRITE = 1 << 0
FOLL_GET = 1 << 1
FOLL_LONGTERM = 1 << 8
FOLL_PIN = 1 << 19

FLAG_NAMES = {
    FOLL_WRITE: "FOLL_WRITE",
    FOLL_GET: "FOLL_GET",
    FOLL_LONGTERM: "FOLL_LONGTERM",
    FOLL_PIN: "FOLL_PIN",
}

ACQUIRED, RELEASED = "nr_foll_pin_acquired", "nr_foll_pin_released"
"""The names of /proc/vmstat (mm/vmstat.c, 5.7 to 6.18)."""

MOST_PAGES = 2**20
"""Pages that one call may reach: 4 GiB, which takes a second or two here."""

MOST_FRAMES = 2**14
"""Pages that one call may read, write or give frames of their own: 64 MiB, which takes as long."""

ADD, SKIP, REFUSE = "add", "skip", "refuse"


def try_grab_folio(kernel: Kernel, folio: Folio, refs: int, flags: int) -> None:
    """Grab a folio as the slow path does; OSError(ENOMEM) if refused.

    GET with PIN is EINVAL here already. In the kernel the entry of GUP refuses the two together
    (is_valid_gup_args, 6.3 to 6.18), and the grab itself would take GET.
    """
    if get_and_pin(kernel, flags):
        raise OSError(errno.EINVAL, "FOLL_GET and FOLL_PIN exclude each other")
    if not _grab(kernel, folio, flags, "kernel", refs=refs)[0]:
        raise no_memory(folio)


def try_grab_folio_fast(kernel: Kernel, folio: Folio, refs: int, flags: int) -> bool:
    """Grab a folio as GUP-fast does; False if refused, and for GET with PIN (see above)."""
    if get_and_pin(kernel, flags):
        return False
    return bool(_grab(kernel, folio, flags, "kernel", refs=refs, fast=True)[0])


def get_and_pin(kernel: Kernel, flags: int) -> bool:
    """Return whether both flags are set, which is a bug of the caller and worth a warning."""
    both = flags & FOLL_GET and flags & FOLL_PIN
    if both:
        kernel._warn_once("GET and PIN", "FOLL_GET and FOLL_PIN exclude each other")
    return bool(both)


def checked_flags(flags: int) -> int:
    """Return the flags; ValueError names bits that the model does not know."""
    flags = whole("flags", flags, 0, 2**32 - 1)
    unknown = flags & ~sum(FLAG_NAMES)
    if unknown:
        allowed = ", ".join(f"{name} ({bit:#x})" for bit, name in FLAG_NAMES.items())
        raise ValueError(f"flags is {flags:#x}: bits {unknown:#x} are none of {allowed}")
    return flags


def entry_flags(kernel: Kernel, flags: int, kind: int, *, fast: bool = False) -> int:
    """Return what a caller passed, with FOLL_GET or FOLL_PIN (`kind`) for the walk.

    OSError(EINVAL) and a warning for the first flag that this release refuses, in the order of
    is_valid_gup_args() (6.3 to 6.18): FOLL_PIN is not the caller's to pass, excludes FOLL_GET,
    and is a prerequisite of FOLL_LONGTERM. What pin_user_pages() makes of it is its own affair.
    """
    flags = checked_flags(flags)
    for flag in (FOLL_PIN, FOLL_GET, FOLL_LONGTERM):
        if flags & flag and _refuses(kernel, kind, flag, fast):
            caller = "pin_user_pages" if kind == FOLL_PIN else "get_user_pages"
            text = f"{caller}: {FLAG_NAMES[flag]} not allowed"
            kernel._warn_once(f"{FLAG_NAMES[flag]} of a caller", text)
            raise OSError(errno.EINVAL, text)
    return flags & ~(FOLL_GET | FOLL_PIN) | kind


def checked_pages(kernel: Kernel, nr_pages: int, flags: int) -> int:
    """Return a number of pages that one call may reach; fewer where each may need a frame."""
    need = needed(kernel, flags)
    frames = need.write or need.unshare_zero
    return whole("nr_pages", nr_pages, 1, MOST_FRAMES if frames else MOST_PAGES)


def _refuses(kernel: Kernel, kind: int, flag: int, fast: bool) -> bool:
    """Whether pin_user_pages() or get_user_pages() (`kind`) refuses a flag in this release.

    In 5.6 pin_user_pages_fast() is get_user_pages_fast(), which allows FOLL_WRITE, FOLL_LONGTERM
    and FOLL_FORCE and nothing else (5.6.4).
    """
    rule, both = kernel.rules.pin_refuses, FOLL_GET | FOLL_PIN
    if flag == FOLL_LONGTERM:
        return kind == FOLL_GET and kernel.rules.longterm_get == "refused"
    if fast and rule == "pin":
        return bool(flag & both)
    if kind == FOLL_GET:
        return flag == FOLL_PIN
    return bool(flag & {"pin": FOLL_PIN, "get": FOLL_GET, "get_and_pin": both}[rule])


def no_memory(folio: Folio) -> OSError:
    """Return the error of a refused grab."""
    return OSError(errno.ENOMEM, f"{folio.name} could not be grabbed, refcount {folio.refcount}")


def _grab(
    kernel: Kernel, folio: Folio, flags: int, actor: str,
    *, times: int = 1, refs: int = 1, fast: bool = False,
) -> tuple[int, Hold | None]:  # fmt: skip
    """Grab a folio `times` times, `refs` each time; return how many grabs succeeded."""
    decision = _decide_fast(kernel, folio, flags) if fast else _decide_slow(kernel, folio, flags)
    name = _name(flags) + (", fast" if fast else "")
    if decision == SKIP:
        _pass_over(kernel, folio, times * refs, flags, actor, name)
        return times, None
    done, hold = 0, None
    if decision == ADD:
        # Each grab looks at the value the one before it left; the last may pass INT_MAX.
        done = min(times, room(folio.refcount, refs * weight(folio, flags)))
        hold = _add(kernel, folio, done * refs, flags, actor, name)
    if done < times:
        if fast or kernel.rules.slow_guard == "as_fast":
            _warn_fast(kernel, folio, flags)
        else:
            _warn_slow(kernel, folio)
        kernel._note(actor, name, folio, refs, note="refused")
    return done, hold


def _name(flags: int) -> str:
    return "pin" if flags & FOLL_PIN else "get" if flags & FOLL_GET else "grab"


def _pass_over(
    kernel: Kernel, folio: Folio, change: int, flags: int, actor: str, name: str
) -> None:
    """Note holds that are not counted; in a wrong kernel one counter moves all the same.

    `change` is negative for releases. The guard was asked once for all of them.
    """
    before, pins_before = folio.refcount, folio.pincount
    zero_pin = flags & FOLL_PIN and folio is kernel.zero_page.folio
    still = kernel.rules.zero_page_still_counts if zero_pin else "nothing"
    if still == "refcount":
        folio.refcount = int32(before + change)
    elif still == "pincount":
        folio.pincount = int32((pins_before or 0) + change)
    elif still == "vmstat":
        kernel._count_pins(ACQUIRED if change > 0 else RELEASED, abs(change))
    kernel._note(actor, name, folio, abs(change), before, pins_before, note="not counted")
    if folio.refcount == 0 and change < 0:
        kernel._free(folio)


def _exempt(kernel: Kernel, folio: Folio, flags: int, zero_page_pins: str) -> bool:
    """Whether a hold of this kind leaves the counters of this folio alone.

    `zero_page_pins` is the rule of the place that asks, for the only holds that ever were exempt.
    """
    if flags & FOLL_PIN and folio is kernel.zero_page.folio:
        return zero_page_pins == "skipped"
    return _hypothetically_exempt(kernel, folio, flags)


def _hypothetically_exempt(kernel: Kernel, folio: Folio, flags: int) -> bool:
    """The same of references to the zero page and of pins of the huge zero folio."""
    if flags & FOLL_PIN:
        return kernel.rules.huge_zero_pins == "skipped" and kernel._is_huge_zero(folio)
    return kernel.rules.zero_page_gets == "skipped" and folio is kernel.zero_page.folio


def _decide_slow(kernel: Kernel, folio: Folio, flags: int) -> str:
    """First the guard on the old value, then the zero page.

    try_grab_page() in 6.5 to 6.9, try_grab_folio() in 6.10 to 6.18.
    """
    if not flags & (FOLL_GET | FOLL_PIN) and kernel.rules.slow_guard != "always":
        return SKIP
    if folio.refcount <= 0:
        return REFUSE
    rule = kernel.rules.zero_page_grab
    if flags & FOLL_PIN and folio is kernel.zero_page.folio and rule == "refused":
        return REFUSE
    if not flags & (FOLL_GET | FOLL_PIN) or _exempt(kernel, folio, flags, rule):
        return SKIP
    return ADD


def _decide_fast(kernel: Kernel, folio: Folio, flags: int) -> str:
    """The zero page before any look at the refcount.

    try_grab_folio() in 6.5 to 6.9, try_grab_folio_fast() in 6.10 to 6.18.
    """
    if not flags & (FOLL_GET | FOLL_PIN):
        return REFUSE
    if _exempt(kernel, folio, flags, kernel.rules.zero_page_grab_fast):
        return SKIP
    return ADD if folio.refcount > 0 else REFUSE


def _warn_slow(kernel: Kernel, folio: Folio) -> None:
    """WARN_ON_ONCE of the guard; the backport to 6.1.130 refused without one."""
    if folio.refcount <= 0:
        text = f"try_grab_folio: refcount {folio.refcount} is not > 0"
        kernel._warn_once("try_grab_folio", text)


def _warn_fast(kernel: Kernel, folio: Folio, flags: int) -> None:
    """Two sites; a refcount of 0 is refused in silence, somebody is just freeing the folio."""
    if not flags & (FOLL_GET | FOLL_PIN):
        kernel._warn_once("try_grab_folio_fast", "try_grab_folio_fast: neither GET nor PIN")
    elif folio.refcount < 0:
        kernel._warn_once("try_get_folio", f"try_get_folio: refcount {folio.refcount} is negative")


def weight(folio: Folio, flags: int) -> int:
    """Return what one grab adds to the refcount: the bias for a pin without its own pincount."""
    if flags & FOLL_PIN and folio.pincount is None:
        return folio.kernel.rules.pin_bias
    return 1


def _add(
    kernel: Kernel, folio: Folio, count: int, flags: int, actor: str, name: str,
    first: Hold | None = None,
) -> Hold:  # fmt: skip
    """Add `count` holds; those in `first`, references so far, become part of them."""
    before, pins_before = folio.refcount, folio.pincount
    kind = PIN if flags & FOLL_PIN else REFERENCE
    had = 0 if first is None else first.count
    if first is not None:
        kernel.ledger.release(folio, REFERENCE, had, [first])
    folio.refcount = int32(before + count * weight(folio, flags) - had)
    if kind == PIN:
        if pins_before is not None:
            folio.pincount = int32(pins_before + count)
        kernel._count_pins(ACQUIRED, count)
    hold = kernel.ledger.take(folio, kind, actor, count)
    kernel._note(actor, name, folio, count, before, pins_before)
    return hold


def get_page(kernel: Kernel, folio: Folio) -> None:
    """Add one reference; nothing is checked, so it also works on a negative counter."""
    before = folio.refcount
    if _hypothetically_exempt(kernel, folio, FOLL_GET):
        _pass_over(kernel, folio, 1, FOLL_GET, "kernel", "get_page")
        return
    folio.refcount = int32(before + 1)
    kernel.ledger.take(folio, REFERENCE, "kernel", 1)
    kernel._note("kernel", "get_page", folio, 1, before, folio.pincount)


def gup_put_folio(
    kernel: Kernel, folio: Folio, refs: int, flags: int, actor: str, own: Iterable[Hold] = ()
) -> None:
    """Release `refs` pins or references in one subtraction; free the folio if that leaves 0.

    Nothing is checked, as in the kernel: a release of the wrong kind just changes the numbers.
    """
    before, pins_before = folio.refcount, folio.pincount
    pin = bool(flags & FOLL_PIN)
    kind, name = (PIN, "unpin") if pin else (REFERENCE, "put")
    # Struck out even where the kernel does nothing: who let go holds no more, and a count that
    # stays is what `check` has to find.
    found = kernel.ledger.release(folio, kind, refs, own)
    if _exempt(kernel, folio, flags, kernel.rules.zero_page_unpin):
        _pass_over(kernel, folio, -refs, flags, actor, name)
        return
    if found < refs:
        kernel.ledger.enter_unmatched(folio, kind, actor, refs - found)
    if pin:
        kernel._count_pins(RELEASED, refs)
        if pins_before is not None:
            folio.pincount = int32(pins_before - refs)
    folio.refcount = int32(before - refs * weight(folio, flags))
    kernel._note(actor, name, folio, refs, before, pins_before)
    if folio.refcount == 0:
        kernel._free(folio)


def put_user_pages(kernel: Kernel, pages: list[Page], flags: int, actor: str) -> None:
    """Release one hold of each page, a run of pages of one folio at a time (gup_folio_next)."""
    for folio, run in groupby(pages, key=attrgetter("folio")):
        gup_put_folio(kernel, folio, len(list(run)), flags, actor)


def put_grabbed(kernel: Kernel, got: Grabbed, flags: int, actor: str) -> None:
    """Release what one GUP call got, run by run; its pages stay listed."""
    for run in got.runs:
        gup_put_folio(kernel, run.folio, run.count, flags, actor, run.holds)


def folio_maybe_dma_pinned(folio: Folio) -> bool:
    """Return the kernel's guess whether anybody has the folio pinned (mm.h, 5.7 to 6.18).

    The cast to unsigned is the kernel's: a refcount that overflowed reads as pinned. 5.6 has no
    such function and cannot tell pins from references: False.
    """
    return maybe_pinned_at(folio, folio.refcount)


def maybe_pinned_at(folio: Folio, refcount: int) -> bool:
    """Return the guess for another refcount: fork may have taken a reference of its own."""
    if folio.pincount is not None:
        return folio.pincount > 0
    bias = folio.kernel.rules.pin_bias
    return bias == GUP_PIN_COUNTING_BIAS and refcount % 2**32 >= bias


def folio_ref_zero_or_close_to_overflow(folio: Folio) -> bool:
    """Return whether the refcount is 0 or one of the 127 values below it (mm.h, 5.19 to 6.18)."""
    return (folio.refcount + 127) % 2**32 <= 127


@dataclass(slots=True)
class Run:
    """`count` neighbouring pages of one folio, and the holds on them; the zero page is one."""

    folio: Folio
    index: int
    count: int
    holds: list[Hold]

    def pages(self) -> list[Page]:
        """Return the pages; the zero page stands for all of its run."""
        if not self.folio.order:
            return [self.folio.page(0)] * self.count
        return [self.folio.page(i) for i in range(self.index, self.index + self.count)]


@dataclass(slots=True)
class Grabbed:
    """What one GUP call has got so far, run by run, and the error that stopped it."""

    runs: list[Run] = field(default_factory=list)
    error: OSError | None = None

    def enter(self, folio: Folio, index: int, count: int, *holds: Hold | None) -> None:
        """Add `count` pages of a folio from `index` on."""
        if count:
            taken = [hold for hold in holds if hold is not None]
            self.runs.append(Run(folio, index, count, taken))

    @property
    def count(self) -> int:
        """How many pages it has got."""
        return sum([run.count for run in self.runs])

    def pages(self) -> list[Page]:
        """Return the pages in order."""
        return [page for run in self.runs for page in run.pages()]

    def require_some(self) -> Grabbed:
        """Raise the error if there are no pages, and only then, as __get_user_pages() does."""
        if self.error is not None and not self.runs:
            raise self.error
        return self


def user_pages_slow(
    mm: Mm, vpn: int, nr_pages: int, flags: int, actor: str, got: Grabbed
) -> Grabbed:
    """Walk the page tables as __get_user_pages() does: fault a page in, then grab it."""
    need = _begin(mm, flags)
    end = vpn + nr_pages
    while vpn < end and got.error is None:
        run = mm._run_at(vpn, end - vpn, need)
        if not run.length:
            got.error = no_mapping(vpn)
            break
        folio, index = mm._fault_in(vpn, _reachable(mm.kernel, run, flags), need)
        vpn += _grab_run(mm.kernel, folio, index, run.length, flags, actor, got)
    return got


def _begin(mm: Mm, flags: int) -> Need:
    """Note, before any page is taken, that the process pins; return what it needs of an entry."""
    if flags & FOLL_PIN:
        mm.has_pinned = True
    return needed(mm.kernel, flags)


def no_mapping(vpn: int) -> OSError:
    """Return the error for an address that no mapping covers."""
    return OSError(errno.EFAULT, f"nothing is mapped at {vpn << PAGE_SHIFT:#x}")


class Need(NamedTuple):
    """What a page table entry has to be for whoever wants the page.

    write: writable. unshare: not shared with another process. unshare_zero: no zero page.
    """

    write: bool
    unshare: bool = False
    unshare_zero: bool = False

    def is_met_by(self, pte: Pte) -> bool:
        """Return whether an entry that leads to a frame of its own will do without a fault."""
        shared = self.unshare and not pte.page.folio.anon_exclusive
        return pte.writable or not (self.write or shared)


TO_READ, TO_WRITE = Need(write=False), Need(write=True)


def needed(kernel: Kernel, flags: int) -> Need:
    """Return what GUP with these flags needs of an entry.

    Forced to write: from 5.7.3 to 5.8 (17839856fd58), not in 5.9 (a308c71bf1e6). Unsharing is
    gup_must_unshare(): since 5.19 read-only pins of anonymous pages, since 6.2 FOLL_LONGTERM ones
    of the zero page, too (84209e87c696); never references.
    """
    return _needed(kernel.rules.gup_read_fault, kernel.rules.pin_unshares, flags)


@cache
def _needed(gup_read_fault: str, pin_unshares: str, flags: int) -> Need:
    """The same, kept: every GUP asks, some of them twice."""
    write = bool(flags & FOLL_WRITE) or gup_read_fault == "private_page"
    if write or not flags & FOLL_PIN:
        return TO_WRITE if write else TO_READ
    longterm = bool(flags & FOLL_LONGTERM)
    return Need(
        write=False,
        unshare=pin_unshares == "shared_page",
        unshare_zero=longterm and gup_read_fault == "private_page_if_longterm",
    )


def _reachable(kernel: Kernel, run: Stretch, flags: int) -> int:
    """How many pages of a run are faulted in: those that can be grabbed and the refused one."""
    if not run.zero:
        return run.length
    zero = kernel.zero_page.folio
    decision = _decide_slow(kernel, zero, flags)
    if decision == SKIP:
        return run.length
    grabs = room(zero.refcount, weight(zero, flags)) if decision == ADD else 0
    return min(run.length, grabs + 1)


def _grab_run(
    kernel: Kernel, folio: Folio, index: int, length: int, flags: int, actor: str, got: Grabbed
) -> int:
    """Grab a run of pages of one folio, one after the other as far as it goes."""
    if folio.order and kernel.rules.slow_grab_2mib == "first_then_rest":
        return _grab_first_then_rest(kernel, folio, index, length, flags, actor, got)
    exempt = _hypothetically_exempt(kernel, folio, flags)
    if folio.order and kernel.rules.slow_grab_2mib == "unguarded" and not exempt:
        got.enter(folio, index, length, _add(kernel, folio, length, flags, actor, _name(flags)))
        return length
    done, hold = _grab(kernel, folio, flags, actor, times=length)
    got.enter(folio, index, done, hold)
    if done < length:
        got.error = no_memory(folio)
    return done


def _grab_first_then_rest(
    kernel: Kernel, folio: Folio, index: int, length: int, flags: int, actor: str, got: Grabbed
) -> int:
    """Since 6.6: one grab, then all the others at once; if those fail, the one is dropped."""
    first, hold = _grab(kernel, folio, flags, actor)
    if not first:
        got.error = no_memory(folio)
        return 0
    rest, more = _grab(kernel, folio, flags, actor, refs=length - 1) if length > 1 else (1, None)
    if not rest:
        gup_put_folio(kernel, folio, 1, flags, actor, filter(None, [hold]))
        got.error = OSError(errno.EFAULT, f"{folio.name}: {length - 1} more pages were refused")
        return 0
    got.enter(folio, index, length, hold, more)
    return length


def user_pages_fast(
    mm: Mm, vpn: int, nr_pages: int, flags: int, actor: str, got: Grabbed
) -> Grabbed:
    """Walk as GUP-fast does, without faulting: stop at the first page it cannot have.

    Whether a page has to be unshared it asks only when it has it (gup_pte_range(), 5.19 to 6.5;
    gup_fast_pte_range(), 6.14 to 6.18), and then gives it back.
    """
    need = _begin(mm, flags)
    end = vpn + nr_pages
    while vpn < end:
        folio = mm._folio_fast(vpn, need.write)
        if folio is None:
            break
        index = vpn % folio.nr_pages
        length = min(end - vpn, folio.nr_pages - index)
        done, hold = _grab(mm.kernel, folio, flags, actor, refs=length, fast=True)
        if not done:
            break
        if not mm._keeps_fast(vpn, need):
            gup_put_folio(mm.kernel, folio, length, flags, actor, filter(None, [hold]))
            break
        got.enter(folio, index, length, hold)
        vpn += length
    return got


class FastPin:
    """GUP-fast of one page, under way: iterating goes on with it.

    To pin a page it adds 1 since 5.14, pauses, adds the 1023 that are left (for a folio with a
    pincount 1 of those, and nothing here) and looks at the entry again: if that has changed, or the
    process has begun to fork (57efa1fe5957, 5.11), it gives the page back and goes the slow way.
    Before, it adds all at once. The pause is inferred: the code has two atomic additions and
    nothing that keeps other processors from looking in between. A reference (FOLL_GET) is one
    addition in every release, and no fork is looked for (gup_fast(), 6.18: only FOLL_PIN asks
    write_protect_seq). Where the slow way has to wait for a fork to end it pauses once more;
    RuntimeError if the fork is still under way then.
    Attributes: page (None until the iteration has ended); waits (for the end of a fork); entry
    (what it began with: the page that was mapped, and whether it could be written).
    """

    def __init__(self, mm: Mm, addr: int, flags: int, kind: int) -> None:
        self.page: Page | None = None
        self.waits = False
        vpn = mm._vpn(addr)
        grab = entry_flags(mm.kernel, flags, kind, fast=True)
        mm._require_alive(vpn, vpn + 1)
        mm.has_pinned |= kind == FOLL_PIN
        self.entry = mm._entry(vpn)
        self._mm, self._forks = mm, mm._forks
        self._steps = self._run(mm, vpn, grab)

    def __iter__(self) -> Iterator[None]:
        return self._steps

    def require_page(self) -> Page:
        """Return the page; RuntimeError before the iteration has ended."""
        if self.page is None:
            raise RuntimeError("this call is still under way")
        return self.page

    @property
    def met_fork(self) -> bool:
        """Whether the process has begun to fork since."""
        return self._mm._forks != self._forks

    def _run(self, mm: Mm, vpn: int, flags: int) -> Iterator[None]:
        got = Grabbed()
        rules, pins = mm.kernel.rules, bool(flags & FOLL_PIN)
        apart = pins and rules.fast_pin_and_fork == "kept_apart"
        if not (apart and mm._forking):
            if pins and rules.fast_pin_adds == "in_two":
                yield from self._in_two(mm, vpn, flags, got)
            else:
                user_pages_fast(mm, vpn, 1, flags, mm.name, got)
            if apart and self.met_fork:
                _give_back(mm, got, flags)
        if not got.runs:
            self.waits = mm._forking
            if self.waits:
                yield
            mm._require_running()
            user_pages_slow(mm, vpn, 1, flags, mm.name, got)
        (self.page,) = got.require_some().pages()

    def _in_two(self, mm: Mm, vpn: int, flags: int, got: Grabbed) -> Iterator[None]:
        """Pin the page in two additions; the first of them is a reference like any other."""
        kernel, need = mm.kernel, needed(mm.kernel, flags)
        folio = mm._folio_fast(vpn, need.write)
        if folio is None or _decide_fast(kernel, folio, flags) != ADD:
            return
        first = _add(kernel, folio, 1, FOLL_GET, mm.name, "pin, fast, half")
        yield
        hold = _add(kernel, folio, 1, flags, mm.name, "pin, fast", first)
        got.enter(folio, vpn % folio.nr_pages, 1, hold)
        if mm._entry(vpn) != self.entry or not mm._keeps_fast(vpn, need):
            _give_back(mm, got, flags)


def _give_back(mm: Mm, got: Grabbed, flags: int) -> None:
    put_grabbed(mm.kernel, got, flags, mm.name)
    got.runs.clear()


def extract_user_pages(mm: Mm, vpn: int, nr_pages: int, flags: int, actor: str) -> Grabbed:
    """Fast as far as it goes, the rest slowly: what iov_iter hands to direct I/O."""
    mm._require_alive(vpn, vpn + nr_pages)
    got = user_pages_fast(mm, vpn, nr_pages, flags, actor, Grabbed())
    if (done := got.count) == nr_pages:
        return got
    return user_pages_slow(mm, vpn + done, nr_pages - done, flags, actor, got)
