"""Invariants: what has to be true of every machine, and what is wrong with one where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pinlab.model.counter import int32
from pinlab.model.ledger import BOOT, MAPPING, PIN, REFERENCE

if TYPE_CHECKING:
    from pinlab.model.folio import Folio
    from pinlab.model.kernel import Kernel


class InvariantError(AssertionError):
    """Counters and ledger of a machine do not agree; the message names the invariants."""


def check(kernel: Kernel) -> None:
    """Raise InvariantError with the broken invariants and the state around them, if any."""
    found = broken(kernel)
    if found:
        lines = [f"{name}: {text}" for name, complaints in found.items() for text in complaints]
        raise InvariantError("\n".join([*lines, "", describe(kernel)]))


def broken(kernel: Kernel) -> dict[str, list[str]]:
    """Return the invariants that do not hold, by name, each with its complaints."""
    complaints = {name: list(invariant(kernel)) for name, invariant in INVARIANTS.items()}
    return {name: texts for name, texts in complaints.items() if texts}


def describe(kernel: Kernel) -> str:
    """Return one line per folio that is held or was released wrongly: counters, then holds."""
    lines = [f"Linux {kernel.release}, {kernel.vmstat}"]
    for folio in kernel.folios:
        holds = kernel.ledger.holds(folio)
        if holds or folio.refcount:
            named = ", ".join(f"{n} {kind} of {owner}" for (kind, owner), n in holds.items())
            lines.append(f"{folio!r}: {named or 'held by nobody'}")
    lines += [
        f"{entry.times} {entry.kind} of {entry.folio.name} released by {entry.owner} without a hold"
        for entry in kernel.ledger.unmatched
    ]
    return "\n".join(lines)


def _refcount_is_the_holds(kernel: Kernel) -> Iterable[str]:
    """The refcount is mappings, references and (times the bias) pins, modulo 2^32."""
    for folio in kernel.folios:
        weight = 1 if folio.pincount is not None else kernel.rules.pin_bias
        others = sum(kernel.ledger.net(folio, kind) for kind in (MAPPING, REFERENCE, BOOT))
        holds = int32(others + weight * kernel.ledger.net(folio, PIN))
        if folio.refcount != holds:
            yield f"{folio.name} has refcount {folio.refcount}, its holds add up to {holds}"


def _pincount_is_the_pins(kernel: Kernel) -> Iterable[str]:
    """A separate pincount is the number of pins, modulo 2^32."""
    for folio in kernel.folios:
        pins = int32(kernel.ledger.net(folio, PIN))
        if folio.pincount not in (None, pins):
            yield f"{folio.name} has pincount {folio.pincount}, the ledger {pins} pins"


def _every_release_had_a_hold(kernel: Kernel) -> Iterable[str]:
    """Nobody released a kind of hold that nobody had."""
    for entry in kernel.ledger.unmatched:
        yield f"{entry.owner} released {entry.times} {entry.kind} of {entry.folio.name} too many"


def _vmstat_is_the_pins(kernel: Kernel) -> Iterable[str]:
    """Acquired minus released in /proc/vmstat is the number of pins held.

    In the model: a kernel also has folio_add_pin() (6.5 to 6.18, for fs/direct-io.c), which counts
    nothing, and whose pins count as released.
    """
    pins = sum(kernel.ledger.net(folio, PIN) for folio in kernel.folios)
    difference = kernel.vmstat["nr_foll_pin_acquired"] - kernel.vmstat["nr_foll_pin_released"]
    if kernel.rules.foll_pin_vmstat == "counted" and difference != pins:
        yield f"acquired - released is {difference}, the ledger has {pins} pins"


def _freed_is_unheld(kernel: Kernel) -> Iterable[str]:
    """Nobody holds a folio that was freed."""
    for folio in kernel.folios:
        if folio.freed and kernel.ledger.holds(folio):
            yield f"{folio.name} was freed while held"


def _zero_pages_hold_zeros(kernel: Kernel) -> Iterable[str]:
    """No device and no CPU has written anything but zeros to the zero pages."""
    for folio in kernel.names:
        if any(any(frame) for frame in folio.frames.values()):
            yield f"the {folio.name} contains something else than zeros"


def _every_mapping_holds(kernel: Kernel) -> Iterable[str]:
    """Each page table entry comes with one reference, except a zero page's; 2 MiB is one entry."""
    entries: Counter[Folio] = Counter()
    for mm in kernel.mms:
        entries.update(pte.page.folio for pte in mm.ptes.values())
        entries.update(f for f in mm.pmds.values() if f is not kernel.huge_zero)
    for folio in kernel.folios:
        mapped, booked = entries[folio], kernel.ledger.count(folio, MAPPING)
        if not mapped == folio.mapcount == booked:
            counts = f"mapcount {folio.mapcount}, page table entries {mapped}"
            yield f"{folio.name} has {counts}, mappings in the ledger {booked}"


def _freed_is_unmapped(kernel: Kernel) -> Iterable[str]:
    """No page table leads to a folio that was freed."""
    for mm in kernel.mms:
        for folio in {pte.page.folio for pte in mm.ptes.values()} | set(mm.pmds.values()):
            if folio.freed:
                yield f"{mm.name} maps {folio.name}, which was freed"


def _pinned_is_exclusive(kernel: Kernel) -> Iterable[str]:
    """Since 5.19 an anonymous page that is pinned and mapped belongs to one process alone.

    Pinning has to unshare for that, and fork to copy.
    """
    if "never" in (kernel.rules.pin_unshares, kernel.rules.fork_copies):
        return
    for folio in kernel.folios:
        if folio.mapcount and not folio.anon_exclusive and kernel.ledger.count(folio, PIN):
            yield f"{folio.name} is pinned and shared"


def _no_foreign_bytes(kernel: Kernel) -> Iterable[str]:
    """Nobody's bytes reach a process that never had them, where the release promises that.

    Before 5.9 copy-on-write and fork look at no hold. Since then a device's bytes can still reach
    a child of the process that it works for if it holds the frame by a reference.
    """
    if kernel.rules.write_fault_reuses == "mapped_once" or kernel.rules.fork_copies == "never":
        return
    for leak in kernel.ledger.leaks:
        if not leak.writer.by_reference:
            yield f"{leak.reader} got bytes of {leak.writer.name} in {leak.folio.name}"


def _locked_is_present(kernel: Kernel) -> Iterable[str]:
    """Each page of a locked mapping has a frame of its own, which is never a zero page's.

    Not asked of a process that had an mlock() stop at a hole: its pages were not made present.
    """
    for mm in (mm for mm in kernel.mms if not mm.locked_to_a_hole):
        for area in (area for area in mm.areas() if area.locked):
            own = {entry.vpn for entry in mm.mapped() if entry.page.folio not in kernel.names}
            missing = set(range(area.start, area.end, 1 << area.order)) - own
            if missing:
                yield f"{mm.name}: {len(missing)} pages of a locked mapping have no frame"


def _vmpin_is_the_buffers(kernel: Kernel) -> Iterable[str]:
    """VmPin of a process is what its registered buffers added, nobody else's and no more."""
    for mm in kernel.mms:
        pages = sum(buffer.counted for buffer in kernel.buffers if buffer.mm is mm)
        if mm.pinned_vm != pages:
            yield f"{mm.name} has VmPin {mm.pinned_vm}, its buffers {pages} pages"


INVARIANTS = {
    "refcount-is-the-holds": _refcount_is_the_holds,
    "pincount-is-the-pins": _pincount_is_the_pins,
    "every-release-had-a-hold": _every_release_had_a_hold,
    "vmstat-is-the-pins": _vmstat_is_the_pins,
    "freed-is-unheld": _freed_is_unheld,
    "zero-pages-hold-zeros": _zero_pages_hold_zeros,
    "every-mapping-holds": _every_mapping_holds,
    "freed-is-unmapped": _freed_is_unmapped,
    "pinned-is-exclusive": _pinned_is_exclusive,
    "no-foreign-bytes": _no_foreign_bytes,
    "locked-is-present": _locked_is_present,
    "vmpin-is-the-buffers": _vmpin_is_the_buffers,
}
"""Name of each invariant and the function that lists what breaks it."""
