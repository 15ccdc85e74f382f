"""The ledger: who really holds what, kept beside the counters and never consulted by them.

A kernel has no such book: it has one number per folio. What the two say differently is what the
lessons are about.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.folio import Folio, Page, Writer, stored

if TYPE_CHECKING:
    from pinlab.model.mm import Mm

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

    def join(self, other: Hold) -> None:
        """Make another one, taken right after it, part of it."""
        self.count += other.count
        other.count = 0

    def __repr__(self) -> str:
        return f"{self.count} {self.kind} of {self.owner}"


class Unmatched(NamedTuple):
    """`times` releases by `owner` of a kind of hold that nobody had on that folio."""

    folio: Folio
    kind: str
    owner: str
    times: int


class Leak(NamedTuple):
    """`reader` got bytes of a folio that `writer` stored after they had memory in common last."""

    folio: Folio
    reader: str
    writer: Writer


class Account:
    """The holds of one kind on one folio, oldest first, and the releases that matched none."""

    __slots__ = ("holds", "total", "unmatched")

    def __init__(self) -> None:
        self.holds: deque[Hold] = deque()
        self.total = 0
        self.unmatched = 0

    def strike(self, hold: Hold, count: int) -> int:
        """Take up to `count` from one hold; return how many that were."""
        struck = min(count, hold.count)
        hold.count -= struck
        self.total -= struck
        # A hold that is used up is dropped when it has become the oldest.
        while self.holds and not self.holds[0].count:
            self.holds.popleft()
        return struck


class Ledger:
    """Accounts by folio and kind, the releases that matched no hold, and the leaks."""

    def __init__(self) -> None:
        self._accounts: defaultdict[tuple[Folio, str], Account] = defaultdict(Account)
        self.unmatched: list[Unmatched] = []
        self.leaks: list[Leak] = []

    def take(self, folio: Folio, kind: str, owner: str, count: int) -> Hold:
        """Enter `count` new holds."""
        hold = Hold(kind, owner, count)
        account = self._accounts[folio, kind]
        account.holds.append(hold)
        account.total += count
        return hold

    def release(self, folio: Folio, kind: str, count: int, *own: Hold | None) -> int:
        """Strike out `count` holds, those in `own` first, then the oldest; return how many."""
        account = self._accounts[folio, kind]
        left = count
        for hold in own:
            left -= account.strike(hold, left) if hold else 0
        while left and account.holds:
            left -= account.strike(account.holds[0], left)
        return count - left

    def enter_unmatched(self, folio: Folio, kind: str, owner: str, count: int) -> None:
        """Note releases that nobody had a hold for."""
        self._accounts[folio, kind].unmatched += count
        self.unmatched.append(Unmatched(folio, kind, owner, count))

    def saw(self, mm: Mm, page: Page, start: int, end: int) -> None:
        """Enter a leak, once, for each writer of these bytes whose bytes the process never had."""
        for span in stored(page, start, end):
            leak = Leak(page.folio, mm.name, span.writer)
            if span.writer not in mm.known and leak not in self.leaks:
                self.leaks.append(leak)

    def owned(self, folio: Folio, kind: str, owner: str) -> list[Hold]:
        """Return somebody's holds of a kind on a folio, oldest first."""
        return [hold for hold in self._accounts[folio, kind].holds if hold.owner == owner]

    def count(self, folio: Folio, kind: str) -> int:
        """Return how many holds of a kind there are on a folio."""
        account = self._accounts.get((folio, kind))  # asked of many that nobody ever held
        return account.total if account else 0

    def net(self, folio: Folio, kind: str) -> int:
        """Return the holds of a kind on a folio less the releases that matched none."""
        return self.count(folio, kind) - self._accounts[folio, kind].unmatched

    def holds(self, folio: Folio) -> dict[tuple[str, str], int]:
        """Return {(kind, owner): count} of a folio, mappings first, then oldest first.

        Holds of one owner are added up.
        """
        sums: Counter[tuple[str, str]] = Counter()
        for hold in (hold for kind in KINDS for hold in self._accounts[folio, kind].holds):
            sums[hold.kind, hold.owner] += hold.count
        return {key: count for key, count in sums.items() if count}
