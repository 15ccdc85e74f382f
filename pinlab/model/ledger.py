"""The ledger: who really holds what, kept beside the counters and never consulted by them.

A kernel has no such book: it has one number per folio. What the two say differently is what the
lessons are about.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.counter import wrap

if TYPE_CHECKING:
    from pinlab.model.folio import Folio
    from pinlab.model.kernel import Kernel

MAPPING, REFERENCE, PIN, BOOT = "mapping", "reference", "pin", "boot"
KINDS = (MAPPING, REFERENCE, PIN, BOOT)
"""Kinds of holds. BOOT is the 1 a zero page starts with: nobody's to release."""


class Hold:
    """`count` holds of one kind on one folio that `owner` took in one go."""

    __slots__ = ("count", "kind", "owner")

    def __init__(self, kind: str, owner: str, count: int) -> None:
        self.kind = kind
        self.owner = owner
        self.count = count

    def __repr__(self) -> str:
        return f"{self.count} {self.kind} of {self.owner}"


class Unmatched(NamedTuple):
    """`times` releases by `owner` of a kind of hold that nobody had on that folio."""

    folio: Folio
    kind: str
    owner: str
    times: int


class Ledger:
    """Holds by folio and kind, oldest first, and the releases that matched none."""

    def __init__(self) -> None:
        self._accounts: dict[Folio, dict[str, OrderedDict[Hold, None]]] = {}
        self._totals: dict[tuple[Folio, str], int] = {}
        self.unmatched: list[Unmatched] = []

    def take(self, folio: Folio, kind: str, owner: str, count: int) -> Hold:
        """Enter `count` new holds."""
        hold = Hold(kind, owner, count)
        self._accounts.setdefault(folio, {}).setdefault(kind, OrderedDict())[hold] = None
        self._totals[folio, kind] = self.count(folio, kind) + count
        return hold

    def release(self, folio: Folio, kind: str, count: int, own: Iterable[Hold] = ()) -> int:
        """Strike out `count` holds, those in `own` first, then the oldest; return how many."""
        account = self._accounts.get(folio, {}).get(kind, OrderedDict())
        left = count
        for hold in own:
            if hold in account:
                left -= self._strike(account, hold, left)
        while left and account:
            left -= self._strike(account, next(iter(account)), left)
        self._totals[folio, kind] = self.count(folio, kind) - (count - left)
        return count - left

    def _strike(self, account: OrderedDict[Hold, None], hold: Hold, count: int) -> int:
        struck = min(count, hold.count)
        hold.count -= struck
        if not hold.count:
            del account[hold]
        return struck

    def enter_unmatched(self, folio: Folio, kind: str, owner: str, count: int) -> None:
        """Note releases that nobody had a hold for."""
        self.unmatched.append(Unmatched(folio, kind, owner, count))

    def count(self, folio: Folio, kind: str) -> int:
        """Return how many holds of a kind there are on a folio."""
        return self._totals.get((folio, kind), 0)

    def holds(self, folio: Folio) -> dict[tuple[str, str], int]:
        """Return {(kind, owner): count} of a folio, mappings first, then oldest first.

        Holds of one owner are added up.
        """
        sums: dict[tuple[str, str], int] = {}
        account = self._accounts.get(folio, {})
        for hold in (hold for kind in KINDS for hold in account.get(kind, ())):
            sums[hold.kind, hold.owner] = sums.get((hold.kind, hold.owner), 0) + hold.count
        return sums


class InvariantError(AssertionError):
    """Counters and ledger of a machine do not agree; the message names the invariants."""


def check(kernel: Kernel) -> None:
    """Raise InvariantError with the broken invariants and the state around them, if any."""
    broken = [
        f"{name}: {complaint}"
        for name, invariant in INVARIANTS.items()
        for complaint in invariant(kernel)
    ]
    if broken:
        raise InvariantError("\n".join([*broken, "", describe(kernel)]))


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


def _unmatched(kernel: Kernel, folio: Folio, kind: str) -> int:
    entries = kernel.ledger.unmatched
    return sum(entry.times for entry in entries if entry.folio is folio and entry.kind == kind)


def _net(kernel: Kernel, folio: Folio, kind: str) -> int:
    return kernel.ledger.count(folio, kind) - _unmatched(kernel, folio, kind)


def _refcount_is_the_holds(kernel: Kernel) -> Iterable[str]:
    """The refcount is mappings, references and (times the bias) pins, modulo 2^32."""
    for folio in kernel.folios:
        weight = 1 if folio.pincount is not None else kernel.rules.pin_bias
        others = sum(_net(kernel, folio, kind) for kind in (MAPPING, REFERENCE, BOOT))
        holds = wrap(others + weight * _net(kernel, folio, PIN))
        if folio.refcount != holds:
            yield f"{folio.name} has refcount {folio.refcount}, its holds add up to {holds}"


def _pincount_is_the_pins(kernel: Kernel) -> Iterable[str]:
    """A separate pincount is the number of pins, modulo 2^32."""
    for folio in kernel.folios:
        pins = wrap(_net(kernel, folio, PIN))
        if folio.pincount not in (None, pins):
            yield f"{folio.name} has pincount {folio.pincount}, the ledger {pins} pins"


def _every_release_had_a_hold(kernel: Kernel) -> Iterable[str]:
    """Nobody released a kind of hold that nobody had."""
    for entry in kernel.ledger.unmatched:
        yield f"{entry.owner} released {entry.times} {entry.kind} of {entry.folio.name} too many"


def _vmstat_is_the_pins(kernel: Kernel) -> Iterable[str]:
    """Acquired minus released in /proc/vmstat is the number of pins held."""
    pins = sum(_net(kernel, folio, PIN) for folio in kernel.folios)
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
        if any(any(frame) for frame in folio._bytes.values()):
            yield f"the {folio.name} contains something else than zeros"


INVARIANTS = {
    "refcount-is-the-holds": _refcount_is_the_holds,
    "pincount-is-the-pins": _pincount_is_the_pins,
    "every-release-had-a-hold": _every_release_had_a_hold,
    "vmstat-is-the-pins": _vmstat_is_the_pins,
    "freed-is-unheld": _freed_is_unheld,
    "zero-pages-hold-zeros": _zero_pages_hold_zeros,
}
"""Name of each invariant and the function that lists what breaks it."""
