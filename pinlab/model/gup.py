"""GUP: get_user_pages and pin_user_pages, what they add to the counters and how that is undone.

Function names are those of mm/gup.c in 6.10 and later (f442fa614137). Before, the slow grab was
try_grab_page(), and the fast one try_grab_folio(), up to 5.17 try_grab_compound_head(). What
differs by release comes from `kernel.rules`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model import fault
from pinlab.model.arguments import whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, int32, room
from pinlab.model.fault import Need
from pinlab.model.folio import Folio, Page, free
from pinlab.model.ledger import PIN, REFERENCE, Hold
from pinlab.model.trace import note, warn_once

if TYPE_CHECKING:
    from pinlab.model.kernel import Kernel
    from pinlab.model.mm import Mm

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
KINDS = FOLL_GET | FOLL_PIN
GET_AND_PIN = "FOLL_GET and FOLL_PIN exclude each other"

ADD, SKIP, REFUSE = "add", "skip", "refuse"

ACQUIRED, RELEASED = "nr_foll_pin_acquired", "nr_foll_pin_released"
"""The names of /proc/vmstat (mm/vmstat.c, 5.7 to 6.18)."""

MOST_PAGES = 2**20
"""Pages that one call may reach: 4 GiB, which takes a second or two here."""


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
    flags, rule = checked_flags(flags), kernel.rules.pin_refuses
    refused = FOLL_PIN
    if fast and rule == "pin":
        # In 5.6 pin_user_pages_fast() is get_user_pages_fast(), which allows FOLL_WRITE,
        # FOLL_LONGTERM and FOLL_FORCE and nothing else (5.6.4).
        refused = KINDS
    elif kind == FOLL_PIN:
        refused = {"pin": FOLL_PIN, "get": FOLL_GET, "get_and_pin": KINDS}[rule]
    if kind == FOLL_GET and kernel.rules.longterm_get == "refused":
        refused |= FOLL_LONGTERM
    for flag in (FOLL_PIN, FOLL_GET, FOLL_LONGTERM):
        if flags & refused & flag:
            caller = "pin_user_pages" if kind == FOLL_PIN else "get_user_pages"
            text = f"{caller}: {FLAG_NAMES[flag]} not allowed"
            warn_once(kernel, f"{FLAG_NAMES[flag]} of a caller", text)
            raise OSError(errno.EINVAL, text)
    return flags & ~KINDS | kind


def needed(kernel: Kernel, flags: int) -> Need:
    """Return what GUP with these flags needs of a page table entry.

    Forced to write: from 5.7.3 to 5.8 (17839856fd58), not in 5.9 (a308c71bf1e6). Unsharing is
    gup_must_unshare(): since 5.19 read-only pins of anonymous pages, since 6.2 FOLL_LONGTERM ones
    of the zero page, too (84209e87c696); never references.
    """
    need = kernel.needs.get(flags)
    if need is None:
        rules = kernel.rules
        write = bool(flags & FOLL_WRITE) or rules.gup_read_fault == "private_page"
        asks = flags & FOLL_PIN and not write
        longterm = asks and flags & FOLL_LONGTERM
        own = write or (longterm and rules.gup_read_fault == "private_page_if_longterm")
        unshare = asks and rules.pin_unshares == "shared_page"
        need = kernel.needs[flags] = Need(write, bool(unshare), bool(own))
    return need


def weight(folio: Folio, flags: int) -> int:
    """Return what one grab adds to the refcount: the bias for a pin without its own pincount."""
    if flags & FOLL_PIN and folio.pincount is None:
        return folio.kernel.rules.pin_bias
    return 1


def exempt(folio: Folio, flags: int, zero_page_pins: str) -> bool:
    """Return whether a hold of this kind leaves the counters of a folio alone.

    `zero_page_pins` is the rule of the place that asks, for the only holds that ever were exempt.
    """
    if flags & FOLL_PIN and folio is folio.kernel.zero_page.folio:
        return zero_page_pins == "skipped"
    return hypothetically_exempt(folio, flags)


def hypothetically_exempt(folio: Folio, flags: int) -> bool:
    """Return the same for references to the zero page and pins of the huge zero folio."""
    kernel = folio.kernel
    if flags & FOLL_PIN:
        return kernel.rules.huge_zero_pins == "skipped" and folio is kernel.huge_zero
    return kernel.rules.zero_page_gets == "skipped" and folio is kernel.zero_page.folio


def no_memory(folio: Folio) -> OSError:
    """Return the error of a refused grab."""
    return OSError(errno.ENOMEM, f"{folio.name} could not be grabbed, refcount {folio.refcount}")


class Grabber:
    """Who takes holds, and which: FOLL_GET, FOLL_PIN or neither, among a call's other flags."""

    __slots__ = ("flags", "name", "owner")

    def __init__(self, flags: int, owner: str) -> None:
        self.flags = flags
        self.owner = owner
        self.name = "pin" if flags & FOLL_PIN else "get" if flags & FOLL_GET else "grab"

    def grab(
        self, folio: Folio, times: int = 1, refs: int = 1,
        *, fast: bool = False, foreseen: tuple[str, int] | None = None,
    ) -> tuple[int, Hold | None]:  # fmt: skip
        """Grab a folio `times` times, `refs` each time; return how many grabs succeeded.

        foreseen: what `foresee` says, if that was asked before.
        """
        decision, done = foreseen or self.foresee(folio, times, refs, fast=fast)
        name = f"{self.name}, fast" if fast else self.name
        if decision == SKIP:
            self.pass_over(folio, times * refs, name)
            return times, None
        hold = self.add(folio, done * refs, name) if done else None
        if done < times:
            self._refuse(folio, refs, name, fast)
        return done, hold

    def foresee(
        self, folio: Folio, times: int, refs: int = 1, *, fast: bool = False
    ) -> tuple[str, int]:
        """Return what becomes of some grabs of a folio, and how many would succeed in a row."""
        decision = self._decide_fast(folio) if fast else self._decide_slow(folio)
        if decision != ADD:
            return decision, times if decision == SKIP else 0
        # Each grab looks at the value the one before it left; the last may pass INT_MAX.
        return ADD, min(times, room(folio.refcount, refs * weight(folio, self.flags)))

    def _decide_slow(self, folio: Folio) -> str:
        """First the guard on the old value, then the zero page.

        try_grab_page() in 6.5 to 6.9, try_grab_folio() in 6.10 to 6.18.
        """
        rules, holds = folio.kernel.rules, self.flags & KINDS
        if not holds and rules.slow_guard != "always":
            return SKIP
        if folio.refcount <= 0:
            return REFUSE
        rule = rules.zero_page_grab
        if rule == "refused" and holds == FOLL_PIN and folio is folio.kernel.zero_page.folio:
            return REFUSE
        return SKIP if not holds or exempt(folio, holds, rule) else ADD

    def _decide_fast(self, folio: Folio) -> str:
        """The zero page before any look at the refcount.

        try_grab_folio() in 6.5 to 6.9, try_grab_folio_fast() in 6.10 to 6.18.
        """
        if not self.flags & KINDS:
            return REFUSE
        if exempt(folio, self.flags, folio.kernel.rules.zero_page_grab_fast):
            return SKIP
        return ADD if folio.refcount > 0 else REFUSE

    def _refuse(self, folio: Folio, refs: int, name: str, fast: bool) -> None:
        """Warn, once at each of three sites, and note it.

        The slow path warns of 0, too; the backport to 6.1.130 refused without a warning. The fast
        one refuses 0 in silence: somebody is just freeing the folio.
        """
        kernel, refcount = folio.kernel, folio.refcount
        if not (fast or kernel.rules.slow_guard == "as_fast"):
            if refcount <= 0:
                text = f"try_grab_folio: refcount {refcount} is not > 0"
                warn_once(kernel, "try_grab_folio", text)
        elif not self.flags & KINDS:
            warn_once(kernel, "try_grab_folio_fast", "try_grab_folio_fast: neither GET nor PIN")
        elif refcount < 0:
            warn_once(kernel, "try_get_folio", f"try_get_folio: refcount {refcount} is negative")
        note(kernel, self.owner, name, folio, refs, text="refused")

    def add(self, folio: Folio, count: int, name: str, first: Hold | None = None) -> Hold:
        """Add `count` holds; those in `first`, references so far, become part of them."""
        kernel, before, pins_before = folio.kernel, folio.refcount, folio.pincount
        had = first.count if first else 0
        if had:
            kernel.ledger.release(folio, REFERENCE, had, first)
        folio.refcount = int32(before + count * weight(folio, self.flags) - had)
        kind = REFERENCE
        if self.flags & FOLL_PIN:
            kind = PIN
            if pins_before is not None:
                folio.pincount = int32(pins_before + count)
            count_pins(kernel, ACQUIRED, count)
        hold = kernel.ledger.take(folio, kind, self.owner, count)
        note(kernel, self.owner, name, folio, count, before, pins_before)
        return hold

    def pass_over(self, folio: Folio, change: int, name: str) -> None:
        """Note holds that are not counted; in a wrong kernel one counter moves, and tells itself.

        `change` is negative for releases. The guard was asked once for all of them.
        """
        kernel, before, pins_before = folio.kernel, folio.refcount, folio.pincount
        zero_pin = self.flags & FOLL_PIN and folio is kernel.zero_page.folio
        still = kernel.rules.zero_page_still_counts if zero_pin else "nothing"
        if still == "refcount":
            folio.refcount = int32(before + change)
        elif still == "pincount":
            folio.pincount = int32((pins_before or 0) + change)
        elif still == "vmstat":
            count_pins(kernel, ACQUIRED if change > 0 else RELEASED, abs(change))
        told = "not counted" if still == "nothing" else ""
        note(kernel, self.owner, name, folio, abs(change), before, pins_before, told)
        if folio.refcount == 0 and change < 0:
            free(folio)

    def put(self, folio: Folio, refs: int, *own: Hold | None) -> None:
        """Release pins or references in one subtraction, as gup_put_folio(); free it at 0.

        Nothing is checked, as in the kernel: a release of the wrong kind just changes the numbers.
        """
        kernel, before, pins_before = folio.kernel, folio.refcount, folio.pincount
        pin = self.flags & FOLL_PIN
        kind, name = (PIN, "unpin") if pin else (REFERENCE, "put")
        # Struck out even where the kernel does nothing: who let go holds no more, and a count that
        # stays is what `check` has to find.
        found = kernel.ledger.release(folio, kind, refs, *own)
        if exempt(folio, self.flags, kernel.rules.zero_page_unpin):
            self.pass_over(folio, -refs, name)
            return
        if found < refs:
            kernel.ledger.enter_unmatched(folio, kind, self.owner, refs - found)
        if pin:
            count_pins(kernel, RELEASED, refs)
            if pins_before is not None:
                folio.pincount = int32(pins_before - refs)
        folio.refcount = int32(before - refs * weight(folio, self.flags))
        note(kernel, self.owner, name, folio, refs, before, pins_before)
        if folio.refcount == 0:
            free(folio)


def count_pins(kernel: Kernel, name: str, pins: int) -> None:
    """Add to a counter of /proc/vmstat, where this release has it."""
    if kernel.rules.foll_pin_vmstat == "counted":
        kernel.vmstat[name] += pins


def folio_maybe_dma_pinned(folio: Folio, own: int = 0) -> bool:
    """Return the kernel's guess whether anybody has the folio pinned (mm.h, 5.7 to 6.18).

    The cast to unsigned is the kernel's: a refcount that overflowed reads as pinned. 5.6 has no
    such function and cannot tell pins from references: False. own: references that who asks has
    taken for itself just before.
    """
    if folio.pincount is not None:
        return folio.pincount > 0
    bias = folio.kernel.rules.pin_bias
    return bias == GUP_PIN_COUNTING_BIAS and (folio.refcount + own) % 2**32 >= bias


class PageRun(NamedTuple):
    """Neighbouring pages of one folio, and the hold on them, None if nothing counts it."""

    folio: Folio
    first: int
    nr_pages: int
    hold: Hold | None

    def pages(self) -> list[Page]:
        """Return the pages; the zero page stands for all of its run."""
        if not self.folio.order:
            return [self.folio.page(0)] * self.nr_pages
        return [self.folio.page(i) for i in range(self.first, self.first + self.nr_pages)]


class GupCall(Grabber):
    """One call of GUP: what it has got so far, run by run, and the error that stopped it."""

    __slots__ = ("_mm", "error", "need", "runs")

    def __init__(self, mm: Mm, flags: int, owner: str) -> None:
        super().__init__(flags, owner)
        self._mm = mm
        self.need = needed(mm.kernel, flags)
        self.runs: list[PageRun] = []
        self.error: OSError | None = None

    def checked_pages(self, nr_pages: int) -> int:
        """Return a number of pages that one call may reach; fewer where each may need a frame."""
        return whole("nr_pages", nr_pages, 1, fault.MOST_FRAMES if self.need.own else MOST_PAGES)

    def pages(self) -> list[Page]:
        """Return the pages in order."""
        return [page for run in self.runs for page in run.pages()]

    def require_some(self) -> GupCall:
        """Raise the error if there are no pages, and only then, as __get_user_pages() does."""
        if self.error is not None and not self.runs:
            raise self.error
        return self

    def put_all(self) -> None:
        """Release what it has got, run by run; its pages stay listed."""
        for run in self.runs:
            self.put(run.folio, run.nr_pages, run.hold)

    def give_back(self) -> None:
        """Release what it has got, and forget that."""
        self.put_all()
        self.runs.clear()

    def walk(self, vpn: int, nr_pages: int, *, fast: bool) -> GupCall:
        """Take pages: with `fast` quickly as far as that goes, and the rest slowly.

        RuntimeError, with nothing changed, if somebody freed a folio that is mapped there.
        """
        fault.require_alive(self._mm, vpn, vpn + nr_pages)
        if self.flags & FOLL_PIN:
            self._mm.has_pinned = True  # before any page is taken
        end = vpn + nr_pages
        self.slow(self.fast(vpn, end) if fast else vpn, end)
        return self

    def slow(self, vpn: int, end: int) -> None:
        """Walk the page tables as __get_user_pages() does: fault a page in, then grab it."""
        while vpn < end and self.error is None:
            run = fault.run_at(self._mm, vpn, end - vpn, self.need)
            if run is None:
                self.error = fault.no_mapping(vpn)
                break
            (length, _, zero), foreseen = run, None
            if zero:
                foreseen = self.foresee(self._mm.kernel.zero_page.folio, length)
                length = min(length, foreseen[1] + 1)  # with the one that is refused
                run = length, 0, True
            folio, index = fault.fault_in(self._mm, vpn, run, self.need)
            vpn += self._grab_run(folio, index, length, foreseen)

    def _grab_run(
        self, folio: Folio, index: int, length: int, foreseen: tuple[str, int] | None
    ) -> int:
        """Grab a run of pages of one folio as far as it goes; return how many were had."""
        rule = folio.kernel.rules.slow_grab_2mib if folio.order else ""
        if rule == "first_then_rest":
            return self._grab_first_then_rest(folio, index, length)
        if rule == "unguarded" and not hypothetically_exempt(folio, self.flags):
            foreseen = ADD, length
        done, hold = self.grab(folio, length, foreseen=foreseen)
        if done < length:
            self.error = no_memory(folio)
        if done:
            self.runs.append(PageRun(folio, index, done, hold))
        return done

    def _grab_first_then_rest(self, folio: Folio, index: int, length: int) -> int:
        """Since 6.6: one grab, then all the others at once; if those fail, the one is dropped."""
        first, hold = self.grab(folio)
        if not first:
            self.error = no_memory(folio)
            return 0
        if length > 1:
            rest, more = self.grab(folio, refs=length - 1)
            if not rest:
                self.put(folio, 1, hold)
                text = f"{folio.name}: {length - 1} more pages were refused"
                self.error = OSError(errno.EFAULT, text)
                return 0
            if hold and more:
                hold.join(more)
        self.runs.append(PageRun(folio, index, length, hold))
        return length

    def fast(self, vpn: int, end: int) -> int:
        """Walk as GUP-fast does, without faulting; return the first page that it cannot have.

        Whether a page has to be unshared it asks only when it has it (gup_pte_range(), 5.19 to 6.5;
        gup_fast_pte_range(), 6.14 to 6.18), and then gives it back.
        """
        while vpn < end:
            folio = fault.folio_fast(self._mm, vpn, write=self.need.write)
            if folio is None:
                break
            index = vpn % folio.nr_pages
            length = min(end - vpn, folio.nr_pages - index)
            done, hold = self.grab(folio, refs=length, fast=True)
            if not done:
                break
            if not fault.keeps_fast(self._mm, vpn, self.need):
                self.put(folio, length, hold)
                break
            self.runs.append(PageRun(folio, index, length, hold))
            vpn += length
        return vpn


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
        vpn = fault.vpn_of(addr)
        flags = entry_flags(mm.kernel, flags, kind, fast=True)
        fault.require_alive(mm, vpn, vpn + 1)
        mm.has_pinned |= kind == FOLL_PIN
        self.entry = fault.entry(mm, vpn)
        self._mm, self._forks = mm, mm.forks
        self._steps = self._run(GupCall(mm, flags, mm.name), vpn)

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
        return self._mm.forks != self._forks

    def _run(self, call: GupCall, vpn: int) -> Iterator[None]:
        mm, rules, pins = self._mm, self._mm.kernel.rules, bool(call.flags & FOLL_PIN)
        apart = pins and rules.fast_pin_and_fork == "kept_apart"
        if not (apart and mm.forking):
            if pins and rules.fast_pin_adds == "in_two":
                yield from self._in_two(call, vpn)
            else:
                call.fast(vpn, vpn + 1)
            if apart and self.met_fork:
                call.give_back()
        if not call.runs:
            self.waits = mm.forking
            if self.waits:
                yield
            mm.require_running()
            call.slow(vpn, vpn + 1)
        (self.page,) = call.require_some().pages()

    def _in_two(self, call: GupCall, vpn: int) -> Iterator[None]:
        """Pin the page in two additions; the first of them is a reference like any other."""
        mm = self._mm
        folio = fault.folio_fast(mm, vpn, write=call.need.write)
        if folio is None or call.foresee(folio, 1, fast=True)[0] != ADD:
            return
        first = Grabber(FOLL_GET, mm.name).add(folio, 1, "pin, fast, half")
        yield
        hold = call.add(folio, 1, "pin, fast", first)
        call.runs.append(PageRun(folio, vpn % folio.nr_pages, 1, hold))
        if fault.entry(mm, vpn) != self.entry or not fault.keeps_fast(mm, vpn, call.need):
            call.give_back()
