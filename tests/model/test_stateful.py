"""Random operations against a second, independent bookkeeping of the same rules.

The book below counts one page and one hold at a time, has no runs, no closed form and no ledger:
a list of what was taken, and numbers that are added up in plain integers.
"""

import errno
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pinlab import (
    FOLL_GET,
    FOLL_LONGTERM,
    FOLL_PIN,
    FOLL_WRITE,
    INT_MAX,
    PAGE_SIZE,
    DirectIO,
    Folio,
    InvariantError,
    Kernel,
    Page,
)

RELEASES = ("5.6", "5.7", "5.8", "5.15", "5.18", "6.1.130", "6.1.192", "6.4", "6.5", "6.6", "6.18")
SMALL, HUGE = 6, 512
REACH = {0: SMALL, 9: 2 * SMALL}
"""How many pages of a mapping the rules below get to."""


def as_int(value: int) -> int:
    """C's conversion to int, by way of bytes."""
    return int.from_bytes((value & 0xFFFFFFFF).to_bytes(4, "big"), "big", signed=True)


@dataclass
class Entry:
    """What the book knows of one folio."""

    order: int
    zero: bool = False
    count: int = 1
    pins: int = 0
    freed: bool = False


@dataclass
class Book:
    """The rules of one release, told a second time."""

    release: str
    acquired: int = 0
    released: int = 0
    breached: bool = False
    entries: dict[int, Entry] = field(default_factory=dict)

    def at_least(self, *version: int) -> bool:
        return tuple(map(int, self.release.split("."))) >= version

    def has_pincount(self, order: int) -> bool:
        return order >= (1 if self.at_least(5, 18) else 2) and self.at_least(5, 7)

    @property
    def fixed(self) -> bool:
        return self.at_least(6, 5) or self.release == "6.1.192"

    def grab(self, entry: Entry, flags: int, n: int = 1) -> bool:
        """One grab of `n`: both paths agree on when it is refused and on what it adds."""
        pin = bool(flags & FOLL_PIN)
        if entry.count <= 0:
            return False
        if pin and entry.zero and (self.fixed or self.release == "6.1.130"):
            return self.fixed
        separate = self.has_pincount(entry.order)
        weight = 1024 if pin and not separate and self.at_least(5, 7) else 1
        entry.count = as_int(entry.count + n * weight)
        entry.pins += n if pin and separate else 0
        self.acquired += n if pin and self.at_least(5, 7) else 0
        return True

    def release_one(self, entry: Entry, pin: bool) -> None:
        if pin and entry.zero and (self.fixed or self.release == "6.1.130"):
            return
        separate = self.has_pincount(entry.order)
        entry.count = as_int(
            entry.count - (1024 if pin and not separate and self.at_least(5, 7) else 1)
        )
        entry.pins -= 1 if pin and separate else 0
        self.released += 1 if pin and self.at_least(5, 7) else 0
        entry.freed = entry.freed or (entry.count == 0 and not entry.zero)

    def gets_own_page(self, flags: int) -> bool:
        longterm = flags & FOLL_LONGTERM and flags & FOLL_PIN and self.at_least(6, 2)
        forced = self.at_least(5, 8) and not self.at_least(5, 9)
        return bool(flags & FOLL_WRITE or longterm or forced)

    def behind_2_mib(self, before: str, own: bool, write: bool) -> str:
        """What is behind a 2 MiB mapping after an access to one of its pages."""
        if before in ("own", "split") or not own:
            return before or "zero"
        if write and not before:
            return "own"
        return "split" if self.at_least(5, 8) and not self.at_least(6, 13) else "own"


@contextmanager
def may_be_refused() -> Iterator[list[int]]:
    """Collect the errno of an operation that the kernel may refuse."""
    seen: list[int] = []
    try:
        yield seen
    except OSError as error:
        seen.append(error.errno or 0)


class Operations(RuleBasedStateMachine):
    """Two processes, small and huge mappings, folios, and all that may be done to them."""

    @initialize(release=st.sampled_from(RELEASES))
    def boot(self, release: str) -> None:
        self.kernel = Kernel(release)
        self.book = Book(release)
        self.folios: dict[int, Folio] = {}
        self.holds: Counter[tuple[int, bool]] = Counter()
        self.requests: list[DirectIO] = []
        self.know(self.kernel.zero_page.folio).zero = True
        self.know(self.kernel.huge_zero_folio)
        self.mms = [self.kernel.new_mm(name) for name in ("parent", "child")]
        self.areas = [
            {0: mm.mmap(SMALL * PAGE_SIZE), 9: mm.mmap(HUGE * PAGE_SIZE, order=9)}
            for mm in self.mms
        ]
        self.content: dict[Page, int] = {}
        self.behind = ["", ""]

    def touch(self, mm: int, order: int, own: bool, write: bool) -> bool:
        """Enter an access; return whether it leads to a page of a 2 MiB folio."""
        if order:
            self.behind[mm] = self.book.behind_2_mib(self.behind[mm], own, write)
        return bool(order) and self.behind[mm] != "split"

    def know(self, folio: Folio) -> Entry:
        if id(folio) not in self.folios:
            self.folios[id(folio)] = folio
            self.book.entries[id(folio)] = Entry(folio.order)
        return self.book.entries[id(folio)]

    def usable(self) -> list[Folio]:
        return [folio for folio in self.folios.values() if not folio.freed]

    def mapped_and_freed(self, mm: int, order: int, first: int, n: int) -> bool:
        pages = (
            self.mms[mm].page_at(self.areas[mm][order] + i * PAGE_SIZE)
            for i in range(first, first + n)
        )
        gone = order == 9 and self.kernel.huge_zero_folio.freed
        return gone or any(page is not None and page.folio.freed for page in pages)

    def ignored(self, page: Page, pin: bool) -> bool:
        """Does releasing a pin of this page do nothing here?"""
        patched = self.book.fixed or self.book.release == "6.1.130"
        return pin and page is self.kernel.zero_page and patched

    def take(self, page: Page, pin: bool, n: int = 1) -> None:
        self.holds[id(page.folio), pin] += n

    def let_go(self, page: Page, pin: bool) -> None:
        """A release is fine if anybody has that kind of hold on that folio."""
        key = (id(page.folio), pin)
        if not self.ignored(page, pin):
            self.book.breached = self.book.breached or not self.holds[key]
            self.holds[key] = max(0, self.holds[key] - 1)
        self.book.release_one(self.know(page.folio), pin)

    @rule(order=st.sampled_from([0, 0, 1, 2, 9]))
    def alloc(self, order: int) -> None:
        folio = self.kernel.alloc_folio(order)
        self.know(folio)
        self.take(folio.page(0), pin=False)

    @rule(data=st.data(), flags=st.sampled_from([FOLL_GET, FOLL_PIN]), fast=st.booleans(),
          refs=st.sampled_from([1, 1, 2, 700]))  # fmt: skip
    def grab(self, data: st.DataObject, flags: int, fast: bool, refs: int) -> None:
        folio = data.draw(st.sampled_from(self.usable()))
        entry = self.know(folio)
        skipped = flags == FOLL_PIN and entry.zero and self.book.fixed
        # The two paths part over the zero page only: fast looks at it before the refcount, and
        # the faulty backport is in the slow path.
        special = fast and flags == FOLL_PIN and entry.zero
        exempt = special and (self.book.fixed or self.book.release == "6.1.130")
        expected = exempt or self.book.grab(entry, flags, refs)
        if fast:
            assert self.kernel.try_grab_folio_fast(folio, refs, flags) is expected
        else:
            with may_be_refused() as refused:
                self.kernel.try_grab_folio(folio, refs, flags)
            assert refused == ([] if expected else [errno.ENOMEM])
        if expected and not skipped and not exempt:
            self.take(folio.page(0), flags == FOLL_PIN, refs)

    @precondition(lambda self: self.kernel.release in ("5.7", "6.4", "6.18"))
    @rule(data=st.data(), below=st.integers(0, 3000))
    def come_close_to_the_limit(self, data: st.DataObject, below: int) -> None:
        """References in bulk, so that the guard is met; the book takes them in one number."""
        folio = data.draw(st.sampled_from(self.usable()))
        missing = INT_MAX - below - folio.refcount
        if 0 < missing <= INT_MAX and folio.refcount > 0 and self.book.grab(
            self.know(folio), FOLL_GET, missing
        ):  # fmt: skip
            self.kernel.try_grab_folio(folio, missing, FOLL_GET)
            self.take(folio.page(0), pin=False, n=missing)

    @rule(data=st.data())
    def get_page(self, data: st.DataObject) -> None:
        folio = data.draw(st.sampled_from(self.usable()))
        entry = self.know(folio)
        entry.count = as_int(entry.count + 1)
        self.kernel.get_page(folio.page(0))
        self.take(folio.page(0), pin=False)

    @rule(data=st.data(), pin=st.booleans())
    def release_a_hold(self, data: st.DataObject, pin: bool) -> None:
        held = [folio for folio in self.usable() if self.holds[id(folio), pin]]
        if held:
            self.release_any(data.draw(st.sampled_from(held)).page(0), pin)

    @rule(data=st.data(), pin=st.booleans())
    def release_whatever(self, data: st.DataObject, pin: bool) -> None:
        """Also of the wrong kind, or without any hold."""
        self.release_any(data.draw(st.sampled_from(self.usable())).page(0), pin)

    def release_any(self, page: Page, pin: bool) -> None:
        self.let_go(page, pin)
        (self.kernel.unpin_user_page if pin else self.kernel.put_page)(page)
        if self.know(page.folio).freed and self.held(page.folio):
            self.book.breached = True

    def held(self, folio: Folio) -> bool:
        mapped = (
            mm.page_at(areas[order] + i * PAGE_SIZE)
            for mm, areas in zip(self.mms, self.areas, strict=True)
            for order, n in REACH.items()
            for i in range(n)
        )
        if any(page is not None and page.folio is folio for page in mapped):
            return True
        boot = folio is self.kernel.huge_zero_folio
        return boot or bool(self.holds[id(folio), True] or self.holds[id(folio), False])

    @rule(mm=st.integers(0, 1), order=st.sampled_from([0, 9]), at=st.integers(0, SMALL - 1),
          value=st.integers(1, 255))  # fmt: skip
    def write(self, mm: int, order: int, at: int, value: int) -> None:
        if self.mapped_and_freed(mm, order, at, 1):
            return
        self.mms[mm].write(self.areas[mm][order] + at * PAGE_SIZE, bytes([value]))
        large = self.touch(mm, order, own=True, write=True)
        page = self.know_page(mm, order, at, own=True)
        assert (page.folio.order == 9) == large
        self.content[page] = value

    @rule(mm=st.integers(0, 1), order=st.sampled_from([0, 9]), at=st.integers(0, SMALL - 1))
    def read(self, mm: int, order: int, at: int) -> None:
        if self.mapped_and_freed(mm, order, at, 1):
            return
        addr = self.areas[mm][order] + at * PAGE_SIZE
        (value,) = self.mms[mm].read(addr, 1)
        large = self.touch(mm, order, own=False, write=False)
        page = self.know_page(mm, order, at, own=False)
        assert (page.folio.order == 9) == large
        assert value == self.content.get(page, 0)

    def know_page(self, mm: int, order: int, at: int, own: bool) -> Page:
        page = self.mms[mm].page_at(self.areas[mm][order] + at * PAGE_SIZE)
        assert page is not None
        zeros = (self.kernel.zero_page.folio, self.kernel.huge_zero_folio)
        assert not own or page.folio not in zeros
        self.know(page.folio)
        return page

    @rule(
        mm=st.integers(0, 1),
        order=st.sampled_from([0, 9]),
        at=st.integers(0, SMALL - 1),
        n=st.integers(1, SMALL),
        pin=st.booleans(),
        write=st.booleans(),
        longterm=st.booleans(),
    )
    def gup(
        self, mm: int, order: int, at: int, n: int, pin: bool, write: bool, longterm: bool
    ) -> None:
        if self.mapped_and_freed(mm, order, at, n):
            return
        flags = (FOLL_WRITE if write else 0) | (FOLL_LONGTERM if longterm and pin else 0)
        call = self.mms[mm].pin_user_pages if pin else self.mms[mm].get_user_pages
        addr = self.areas[mm][order] + at * PAGE_SIZE
        pages: list[Page] = []
        with may_be_refused() as refused:
            pages = call(addr, n, flags)
        flags |= FOLL_PIN if pin else FOLL_GET
        inside = n if order else min(n, SMALL - at)
        got = self.expect_grabs(mm, order, at, inside, flags, pages)
        assert bool(refused) == (not pages)
        self.take_all(got, pin)

    def take_all(self, pages: list[Page], pin: bool) -> None:
        for page in pages:
            if not self.ignored(page, pin):
                self.take(page, pin)

    def expect_grabs(
        self, mm: int, order: int, at: int, n: int, flags: int, pages: list[Page]
    ) -> list[Page]:
        """Grab page by page in the book; the model has to have got exactly as far."""
        own = self.book.gets_own_page(flags)
        forced = self.book.at_least(5, 8) and not self.book.at_least(5, 9)
        large = self.touch(mm, order, own, write=bool(flags & FOLL_WRITE) or forced)
        got: list[Page] = []
        if large and n > 1 and self.book.at_least(6, 6):
            page = self.know_page(mm, order, at, own)
            entry = self.know(page.folio)
            if not self.book.grab(entry, flags):
                assert pages == []
                return []
            if self.book.grab(entry, flags, n - 1):
                assert [page.index for page in pages] == list(range(at, at + n))
                return pages
            pin = bool(flags & FOLL_PIN)
            self.book.release_one(entry, pin)
            assert pages == []
            return []
        for i in range(n):
            page = self.know_page(mm, order, at + i, own)
            entry = self.know(page.folio)
            if large and not self.book.at_least(5, 7):
                entry.count = as_int(entry.count + 1)
            elif not self.book.grab(entry, flags):
                break
            got.append(page)
        assert pages == got
        return got

    @rule(mm=st.integers(0, 1), at=st.integers(0, SMALL - 1), n=st.integers(1, SMALL),
          from_disk=st.booleans(), inside=st.sampled_from([0, 512]))  # fmt: skip
    def submit(self, mm: int, at: int, n: int, from_disk: bool, inside: int) -> None:
        touched = n + (inside > 0)
        if self.mapped_and_freed(mm, 0, at, touched):
            return
        call = self.kernel.submit_dio_read if from_disk else self.kernel.submit_dio_write
        pages: list[Page] = []
        with may_be_refused() as refused:
            request = call(self.mms[mm], self.areas[mm][0] + at * PAGE_SIZE + inside, n)
            self.requests.append(request)
            pages = request.pages
        kind = FOLL_PIN if self.book.at_least(6, 5) else FOLL_GET
        flags = kind | (FOLL_WRITE if from_disk else 0)
        got = self.expect_grabs(mm, 0, at, min(touched, SMALL - at), flags, pages)
        assert bool(refused) == (not pages)
        self.take_all(got, kind == FOLL_PIN)

    @rule(mm=st.integers(0, 1), order=st.sampled_from([0, 9]))
    def remap(self, mm: int, order: int) -> None:
        """Unmap all of it, whoever still holds its frames, and map as much again."""
        pages = SMALL if order == 0 else HUGE
        if self.mapped_and_freed(mm, order, 0, REACH[order]):
            return
        addr = self.areas[mm][order]
        each = range(1 if order and self.behind[mm] != "split" else REACH[order])
        mapped = [self.mms[mm].page_at(addr + i * PAGE_SIZE) for i in each]
        if order:
            self.behind[mm] = ""
        self.mms[mm].munmap(addr, pages * PAGE_SIZE)
        self.areas[mm][order] = self.mms[mm].mmap(pages * PAGE_SIZE, order=order)
        zeros = (self.kernel.zero_page.folio, self.kernel.huge_zero_folio)
        for page in mapped:
            if page is not None and page.folio not in zeros:
                self.book.release_one(self.know(page.folio), pin=False)
                freed = self.know(page.folio).freed
                self.book.breached = self.book.breached or (freed and self.held(page.folio))

    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        ready = [r for r in self.requests if not any(p.folio.freed for p in r.pages)]
        if not ready:
            return
        request = data.draw(st.sampled_from(ready))
        self.requests.remove(request)
        for page in request.pages:
            self.let_go(page, pin=self.book.at_least(6, 5))
        request.complete()
        freed = [page.folio for page in request.pages if self.know(page.folio).freed]
        self.book.breached = self.book.breached or any(map(self.held, freed))

    @invariant()
    def counters_are_the_books(self) -> None:
        for key, folio in self.folios.items():
            entry = self.book.entries[key]
            assert folio.refcount == entry.count, folio
            expected = as_int(entry.pins) if self.book.has_pincount(entry.order) else None
            assert folio.pincount == expected, folio
            assert folio.freed == entry.freed, folio
        assert self.kernel.vmstat == {
            "nr_foll_pin_acquired": self.book.acquired,
            "nr_foll_pin_released": self.book.released,
        }

    @invariant()
    def check_reports_exactly_the_breaches(self) -> None:
        if self.book.breached:
            with pytest.raises(InvariantError):
                self.kernel.check()
        else:
            self.kernel.check()


TestOperations = Operations.TestCase
TestOperations.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
