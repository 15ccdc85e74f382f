"""GUP: get_user_pages and pin_user_pages, what they add to the counters and how that is undone.

Function names are those of mm/gup.c in 6.12 and later; before 6.10 the slow grab was called
try_grab_page and the fast one try_grab_folio (f442fa614137). What differs by release comes from
`kernel.rules`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from pinlab.model.arguments import whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, INT_MAX, int32
from pinlab.model.folio import PAGE_SHIFT, Folio, Page
from pinlab.model.ledger import PIN, REFERENCE, Hold

if TYPE_CHECKING:
    from pinlab.model.kernel import Kernel
    from pinlab.model.mm import Mm, Run

# The values of include/linux/mm_types.h and mm/internal.h since 6.3/6.4; older ones differ.
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

ADD, SKIP, REFUSE = "add", "skip", "refuse"


def try_grab_folio(kernel: Kernel, folio: Folio, refs: int, flags: int) -> None:
    """Grab a folio as the slow path does; OSError(ENOMEM) if refused, EINVAL for GET and PIN."""
    if bad_flags(kernel, "try_grab_folio", flags, FOLL_GET | FOLL_PIN):
        raise OSError(errno.EINVAL, "FOLL_GET and FOLL_PIN exclude each other")
    if not _grab(kernel, folio, flags, "kernel", refs=refs)[0]:
        raise no_memory(folio)


def try_grab_folio_fast(kernel: Kernel, folio: Folio, refs: int, flags: int) -> bool:
    """Grab a folio as GUP-fast does; False if refused."""
    if bad_flags(kernel, "try_grab_folio_fast", flags, FOLL_GET | FOLL_PIN):
        return False
    return bool(_grab(kernel, folio, flags, "kernel", refs=refs, fast=True)[0])


def bad_flags(kernel: Kernel, site: str, flags: int, together: int) -> bool:
    """Return whether all flags of `together` are set, which is a bug worth a warning."""
    bad = flags & together == together
    if bad:
        kernel.warn_once(f"{site} flags", f"{site}: {flag_names(flags)} not allowed")
    return bad


def checked_flags(flags: int) -> int:
    """Return the flags; ValueError names bits that the model does not know."""
    flags = whole("flags", flags, 0)
    unknown = flags & ~sum(FLAG_NAMES)
    if unknown:
        allowed = ", ".join(f"{name} ({bit:#x})" for bit, name in FLAG_NAMES.items())
        raise ValueError(f"flags is {flags:#x}: bits {unknown:#x} are none of {allowed}")
    return flags


def flag_names(flags: int) -> str:
    """Return the names of the flags that are set, as C would write them."""
    return " | ".join(name for bit, name in FLAG_NAMES.items() if flags & bit) or "0"


def entry_flags(kernel: Kernel, flags: int, kind: int) -> int:
    """Return what a caller passed with FOLL_GET or FOLL_PIN (`kind`) added.

    OSError(EINVAL) and a warning for what is_valid_gup_args() (6.4 to 6.18) refuses: FOLL_PIN is
    never the caller's to pass, excludes FOLL_GET, and is a prerequisite of FOLL_LONGTERM.
    """
    flags = checked_flags(flags)
    refused = FOLL_PIN | (FOLL_GET if kind == FOLL_PIN else 0)
    if kind == FOLL_GET and kernel.rules.longterm_get == "refused":
        refused |= FOLL_LONGTERM
    if flags & refused:
        names = flag_names(flags & refused)
        caller = "pin_user_pages" if kind == FOLL_PIN else "get_user_pages"
        kernel.warn_once("is_valid_gup_args", f"{caller}: {names} not allowed")
        raise OSError(errno.EINVAL, f"{caller}: {names} not allowed")
    return flags | kind


def no_memory(folio: Folio) -> OSError:
    """Return the error of a refused grab."""
    return OSError(errno.ENOMEM, f"{folio.name} could not be grabbed, refcount {folio.refcount}")


def _grab(
    kernel: Kernel, folio: Folio, flags: int, actor: str,
    *, times: int = 1, refs: int = 1, fast: bool = False,
) -> tuple[int, Hold | None]:  # fmt: skip
    """Grab a folio `times` times, `refs` each time; return how many grabs succeeded."""
    kernel.alive(folio)
    decision = _decide_fast(kernel, folio, flags) if fast else _decide_slow(kernel, folio, flags)
    name = _name(flags) + (", fast" if fast else "")
    if decision == SKIP:
        kernel.note(actor, name, folio, times * refs, note="nothing counted")
        return times, None
    done, hold = 0, None
    if decision == ADD:
        # Each grab looks at the value the one before it left; the last may pass INT_MAX.
        done = min(times, _room(folio, refs * weight(folio, flags)))
        hold = _add(kernel, folio, done * refs, flags, actor, name)
    if done < times:
        (_warn_fast if fast else _warn_slow)(kernel, folio, flags)
        kernel.note(actor, name, folio, (times - done) * refs, note="refused")
    return done, hold


def _name(flags: int) -> str:
    return "pin" if flags & FOLL_PIN else "get"


def _room(folio: Folio, step: int) -> int:
    """How many additions of `step` the guard lets through; `counter.last_grab`, unchecked."""
    return (INT_MAX - folio.refcount) // step + 1 if folio.refcount > 0 else 0


def _decide_slow(kernel: Kernel, folio: Folio, flags: int) -> str:
    """First the guard on the old value, then the zero page (try_grab_folio, 6.5 to 6.18)."""
    if not flags & (FOLL_GET | FOLL_PIN) and kernel.rules.slow_guard != "always":
        return SKIP
    if folio.refcount <= 0:
        return REFUSE
    if flags & FOLL_PIN and folio is kernel.zero_page.folio:
        return {"counted": ADD, "skipped": SKIP, "refused": REFUSE}[kernel.rules.zero_page_grab]
    return ADD if flags & (FOLL_GET | FOLL_PIN) else SKIP


def _decide_fast(kernel: Kernel, folio: Folio, flags: int) -> str:
    """The zero page before any look at the refcount (try_grab_folio_fast, 6.5 to 6.18)."""
    if not flags & (FOLL_GET | FOLL_PIN):
        return REFUSE
    zero = flags & FOLL_PIN and folio is kernel.zero_page.folio
    if zero and kernel.rules.zero_page_grab_fast == "skipped":
        return SKIP
    return ADD if folio.refcount > 0 else REFUSE


def _warn_slow(kernel: Kernel, folio: Folio, flags: int) -> None:
    """WARN_ON_ONCE of the guard; the backport to 6.1.130 refused without one."""
    if folio.refcount < 0 or (folio.refcount == 0 and kernel.rules.slow_guard != "as_fast"):
        text = f"try_grab_folio: refcount {folio.refcount} is not > 0"
        kernel.warn_once("try_grab_folio", text)


def _warn_fast(kernel: Kernel, folio: Folio, flags: int) -> None:
    """Two sites; a refcount of 0 is refused in silence, somebody is just freeing the folio."""
    if not flags & (FOLL_GET | FOLL_PIN):
        kernel.warn_once("try_grab_folio_fast", "try_grab_folio_fast: neither GET nor PIN")
    elif folio.refcount < 0:
        kernel.warn_once("try_get_folio", f"try_get_folio: refcount {folio.refcount} is negative")


def weight(folio: Folio, flags: int) -> int:
    """Return what one grab adds to the refcount: the bias for a pin without its own pincount."""
    if flags & FOLL_PIN and folio.pincount is None:
        return folio.kernel.rules.pin_bias
    return 1


def _add(kernel: Kernel, folio: Folio, count: int, flags: int, actor: str, name: str) -> Hold:
    before, pins_before = folio.refcount, folio.pincount
    kind = PIN if flags & FOLL_PIN else REFERENCE
    folio.refcount = int32(before + count * weight(folio, flags))
    if kind == PIN:
        if pins_before is not None:
            folio.pincount = int32(pins_before + count)
        kernel.count_pins("nr_foll_pin_acquired", count)
    hold = kernel.ledger.take(folio, kind, actor, count)
    kernel.note(actor, name, folio, count, before, pins_before)
    return hold


def get_page(kernel: Kernel, folio: Folio) -> None:
    """Add one reference; nothing is checked, so it also works on a negative counter."""
    before = folio.refcount
    folio.refcount = int32(before + 1)
    kernel.ledger.take(folio, REFERENCE, "kernel", 1)
    kernel.note("kernel", "get_page", folio, 1, before, folio.pincount)


def gup_put_folio(
    kernel: Kernel, folio: Folio, refs: int, flags: int, actor: str, own: Iterable[Hold] = ()
) -> None:
    """Release `refs` pins or references in one subtraction; free the folio if that leaves 0.

    Nothing is checked, as in the kernel: a release of the wrong kind just changes the numbers.
    """
    before, pins_before = folio.refcount, folio.pincount
    pin = bool(flags & FOLL_PIN)
    kind, name = (PIN, "unpin") if pin else (REFERENCE, "put")
    found = kernel.ledger.release(folio, kind, refs, own)
    zero = pin and folio is kernel.zero_page.folio
    if zero and kernel.rules.zero_page_unpin == "skipped":
        kernel.note(actor, name, folio, refs, note="nothing counted")
        return
    if found < refs:
        kernel.ledger.enter_unmatched(folio, kind, actor, refs - found)
    if pin:
        kernel.count_pins("nr_foll_pin_released", refs)
        if pins_before is not None:
            folio.pincount = int32(pins_before - refs)
    folio.refcount = int32(before - refs * weight(folio, flags))
    kernel.note(actor, name, folio, refs, before, pins_before)
    if folio.refcount == 0:
        kernel.free(folio)


def put_user_pages(
    kernel: Kernel, pages: list[Page], flags: int, actor: str, own: Iterable[Hold] = ()
) -> None:
    """Release one hold of each page, a run of pages of one folio at a time (gup_folio_next)."""
    own = list(own)
    for folio, run in groupby(pages, key=attrgetter("folio")):
        gup_put_folio(kernel, folio, len(list(run)), flags, actor, own)


def folio_maybe_dma_pinned(folio: Folio) -> bool:
    """Return the kernel's guess whether anybody has the folio pinned (mm.h, 5.7 to 6.18).

    The cast to unsigned is the kernel's: a refcount that overflowed reads as pinned. 5.6 has no
    such function and cannot tell pins from references: False.
    """
    if folio.pincount is not None:
        return folio.pincount > 0
    bias = folio.kernel.rules.pin_bias
    return bias == GUP_PIN_COUNTING_BIAS and folio.refcount % 2**32 >= bias


def folio_ref_zero_or_close_to_overflow(folio: Folio) -> bool:
    """Return whether the refcount is 0 or one of the 127 values below it (mm.h, 5.19 to 6.18)."""
    return (folio.refcount + 127) % 2**32 <= 127


@dataclass(slots=True)
class Grabbed:
    """What one GUP call has got so far: pages in order, holds, and the error that stopped it."""

    pages: list[Page] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    error: OSError | None = None

    def enter(self, folio: Folio, index: int, count: int, hold: Hold | None) -> None:
        """Add `count` pages of a folio from `index` on; a zero page stands for all of them."""
        if folio.order:
            self.pages += [folio.page(i) for i in range(index, index + count)]
        else:
            self.pages += [folio.page(0)] * count
        if hold is not None:
            self.holds.append(hold)

    def result(self) -> list[Page]:
        """Return the pages; the error only if there are none, as __get_user_pages() does."""
        if self.error is not None and not self.pages:
            raise self.error
        return self.pages


def user_pages_slow(
    mm: Mm, vpn: int, nr_pages: int, flags: int, actor: str, got: Grabbed
) -> Grabbed:
    """Walk the page tables as __get_user_pages() does: fault a page in, then grab it."""
    write = bool(flags & FOLL_WRITE) or breaks_cow(mm.kernel, flags)
    end = vpn + nr_pages
    while vpn < end and got.error is None:
        run = mm.run_at(vpn, end - vpn, write)
        if not run.length:
            got.error = no_mapping(vpn)
            break
        folio, index = mm.fault_in(vpn, _reachable(mm.kernel, run, flags), write)
        vpn += _grab_run(mm.kernel, folio, index, run.length, flags, actor, got)
    return got


def no_mapping(vpn: int) -> OSError:
    """Return the error for an address that no mapping covers."""
    return OSError(errno.EFAULT, f"nothing is mapped at {vpn << PAGE_SHIFT:#x}")


def breaks_cow(kernel: Kernel, flags: int) -> bool:
    """Return whether even a read-only GUP gets a private page instead of the zero page.

    5.8 always (17839856fd58), 5.9 never (a308c71bf1e6), since 6.2 for FOLL_LONGTERM pins
    (84209e87c696).
    """
    rule = kernel.rules.gup_read_fault
    longterm = bool(flags & FOLL_LONGTERM and flags & FOLL_PIN)
    return rule == "private_page" or (rule == "private_page_if_longterm" and longterm)


def _reachable(kernel: Kernel, run: Run, flags: int) -> int:
    """How many pages of a run are faulted in: those that can be grabbed and the refused one."""
    zero = kernel.zero_page.folio
    decision = _decide_slow(kernel, zero, flags)
    if not run.zero or decision == SKIP:
        return run.length
    room = _room(zero, weight(zero, flags)) if decision == ADD else 0
    return min(run.length, room + 1)


def _grab_run(
    kernel: Kernel, folio: Folio, index: int, length: int, flags: int, actor: str, got: Grabbed
) -> int:
    """Grab a run of pages of one folio, one after the other as far as it goes."""
    if folio.order and kernel.rules.slow_grab_2mib == "first_then_rest":
        return _grab_first_then_rest(kernel, folio, index, length, flags, actor, got)
    if folio.order and kernel.rules.slow_grab_2mib == "unguarded":
        kernel.alive(folio)
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
    got.enter(folio, index, 1, hold)
    if length == 1:
        return 1
    rest, more = _grab(kernel, folio, flags, actor, refs=length - 1)
    if rest:
        got.enter(folio, index + 1, length - 1, more)
        return length
    got.pages.pop()
    gup_put_folio(kernel, folio, 1, flags, actor, [got.holds.pop()])
    got.error = OSError(errno.EFAULT, f"{folio.name}: {length - 1} more pages were refused")
    return 0


def user_pages_fast(
    mm: Mm, vpn: int, nr_pages: int, flags: int, actor: str, got: Grabbed
) -> Grabbed:
    """Walk as GUP-fast does, without faulting: stop at the first page it cannot have."""
    write = bool(flags & FOLL_WRITE) or breaks_cow(mm.kernel, flags)
    end = vpn + nr_pages
    while vpn < end:
        folio = mm.folio_fast(vpn, write)
        if folio is None:
            break
        index = vpn % folio.nr_pages
        length = min(end - vpn, folio.nr_pages - index)
        done, hold = _grab(mm.kernel, folio, flags, actor, refs=length, fast=True)
        if not done:
            break
        got.enter(folio, index, length, hold)
        vpn += length
    return got


def extract_user_pages(mm: Mm, vpn: int, nr_pages: int, flags: int, actor: str) -> Grabbed:
    """Fast as far as it goes, the rest slowly: what iov_iter hands to direct I/O."""
    got = user_pages_fast(mm, vpn, nr_pages, flags, actor, Grabbed())
    done = len(got.pages)
    return user_pages_slow(mm, vpn + done, nr_pages - done, flags, actor, got)
