"""Random operations around fork against a second, independent telling of the rules by era.

The book below keeps no counter: a frame's refcount is worked out from who maps it and who holds it.
It knows for each value that was ever stored which processes may know it. It has no rules file, only
the releases in which something changed.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pinlab import (
    FOLL_LONGTERM,
    FOLL_WRITE,
    PAGE_SIZE,
    DirectIO,
    Kernel,
    Mm,
    Page,
    RegisteredBuffer,
)

RELEASES = ("5.6", "5.7", "5.8", "5.9", "5.18", "5.19", "6.1", "6.2", "6.4", "6.5", "6.18")
PAGES, MOST_PROCESSES = 2, 3
FIRST, LAST = 0, PAGE_SIZE - 4
"""Two places in a page, one in each half; a value is four bytes."""


@dataclass(eq=False)
class Frame:
    """What the book knows of a frame: who maps and holds it, and the two values in it."""

    zero: bool = False
    maps: int = 0
    gets: int = 0
    pins: int = 0
    alone: bool = True
    values: dict[int, int] = field(default_factory=lambda: {FIRST: 0, LAST: 0})
    page: Page | None = None


@dataclass
class Entry:
    """A page table entry of the book."""

    frame: Frame
    writable: bool = True


@dataclass
class Process:
    """A process of the book: its mapped pages, those it has touched, and the values it may know."""

    mm: Mm
    mapped: set[int]
    entries: dict[int, Entry] = field(default_factory=dict)
    known: set[int] = field(default_factory=lambda: {0})
    pinned: bool = False
    mlocked: set[int] = field(default_factory=set)


@dataclass
class Book:
    """The rules of one release, told a second time."""

    release: str
    zero: Frame = field(default_factory=lambda: Frame(zero=True, gets=1))
    acquired: int = 0
    released: int = 0

    def since(self, *version: int) -> bool:
        return tuple(map(int, self.release.split("."))) >= version

    def refcount(self, frame: Frame) -> int:
        return frame.maps + frame.gets + frame.pins * (1024 if self.since(5, 7) else 1)

    def keeps(self, frame: Frame) -> bool:
        """Does a write fault keep the frame?"""
        if not self.since(5, 9):
            return frame.maps == 1
        return self.refcount(frame) == 1 or (self.since(5, 19) and frame.alone)

    def own(self, process: Process, at: int, *, writable: bool) -> Frame:
        """A frame of its own in place of what is there, with the same content."""
        old = process.entries.get(at)
        new = Frame(maps=1)
        if old is not None:
            new.values = dict(old.frame.values)
            old.frame.maps -= not old.frame.zero
        process.entries[at] = Entry(new, writable)
        return new

    def touch(self, process: Process, at: int, *, write: bool) -> Frame:
        """What a CPU's read or write leaves mapped."""
        entry = process.entries.get(at)
        if not write:
            return process.entries.setdefault(at, Entry(self.zero, writable=False)).frame
        if entry is None or entry.frame.zero:
            return self.own(process, at, writable=True)
        if not entry.writable:
            if not self.keeps(entry.frame):
                return self.own(process, at, writable=True)
            entry.frame.alone = entry.writable = True
        return entry.frame

    def gup(self, process: Process, at: int, *, pin: bool, write: bool, longterm: bool) -> Frame:
        process.pinned = process.pinned or pin
        if write or (self.since(5, 8) and not self.since(5, 9)):
            return self.touch(process, at, write=True)
        frame = self.touch(process, at, write=False)
        if frame.zero:
            fresh = pin and longterm and self.since(6, 2)
            return self.own(process, at, writable=False) if fresh else frame
        if self.unshares(process, at, pin):
            if not self.keeps(frame):
                return self.own(process, at, writable=False)
            frame.alone = True
        return frame

    def unshares(self, process: Process, at: int, pin: bool) -> bool:
        """Has a read-only pin to make the page this process's alone first?"""
        entry = process.entries.get(at)
        shared = entry is not None and not entry.frame.zero and not entry.frame.alone
        return pin and self.since(5, 19) and shared

    def hold(self, frame: Frame, pin: bool) -> bool:
        """Count a hold; pins of the zero page are not counted since 6.5."""
        if pin and frame.zero and self.since(6, 5):
            return False
        frame.gets += not pin
        frame.pins += pin
        self.acquired += pin and self.since(5, 7)
        return True

    def let_go(self, frame: Frame, pin: bool) -> None:
        frame.gets -= not pin
        frame.pins -= pin
        self.released += pin and self.since(5, 7)

    def copies(self, parent: Process, frame: Frame) -> bool:
        """Does fork copy this page for the child?"""
        if not self.since(5, 9) or not parent.pinned or frame.zero:
            return False
        if not self.since(5, 19):
            return self.refcount(frame) >= 1024
        return frame.alone and self.refcount(frame) + 1 >= 1024


@dataclass
class Flight:
    """A request and where it is in the book."""

    request: DirectIO
    frame: Frame
    owner: Process
    counted: bool


@dataclass
class Lent:
    """A registered buffer of one page: in whose VmPin it is, and who has its ring open."""

    buffer: RegisteredBuffer
    frame: Frame
    counted: Process | None
    open_in: list[Process]


class Forks(RuleBasedStateMachine):
    """A few processes of one family, two pages each, and devices that work on their frames."""

    @initialize(release=st.sampled_from(RELEASES))
    def boot(self, release: str) -> None:
        self.kernel = Kernel(release)
        self.book = Book(release)
        self.book.zero.page = self.kernel.zero_page
        self.frames = [self.book.zero]
        self.held: list[tuple[Frame, bool]] = []
        self.flights: list[Flight] = []
        self.buffers: list[Lent] = []
        self.leaked: set[str] = set()
        self.names, self.fresh = count(1), count(1)
        mm = self.kernel.new_mm("p0")
        self.addresses = [mm.mmap(PAGE_SIZE) for _ in range(PAGES)]
        self.processes = [Process(mm, set(range(PAGES)))]

    def some(self, data: st.DataObject) -> Process:
        return data.draw(st.sampled_from(self.processes))

    def new_value(self) -> tuple[int, bytes]:
        value = next(self.fresh)
        return value, value.to_bytes(4, "little")

    def bind(self, frame: Frame, page: Page | None) -> None:
        """The book's new frame is the page that the model chose: a page that no other is."""
        assert page is not None
        if frame.page is None:
            assert all(other.page is not page for other in self.frames)
            frame.page = page
            self.frames.append(frame)
        assert frame.page is page

    def bind_all(self) -> None:
        for process in self.processes:
            for at, entry in process.entries.items():
                self.bind(entry.frame, process.mm.page_at(self.addresses[at]))

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), half=st.sampled_from([FIRST, LAST]))
    def write(self, data: st.DataObject, at: int, half: int) -> None:
        process = self.some(data)
        value, octets = self.new_value()
        if at not in process.mapped:
            with pytest.raises(OSError, match="nothing is mapped"):
                process.mm.write(self.addresses[at], octets)
            return
        process.mm.write(self.addresses[at] + half, octets)
        self.book.touch(process, at, write=True).values[half] = value
        process.known.add(value)

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), half=st.sampled_from([FIRST, LAST]))
    def read(self, data: st.DataObject, at: int, half: int) -> None:
        process = self.some(data)
        if at in process.mapped:
            seen = process.mm.read(self.addresses[at] + half, 4)
            self.expect(process, self.book.touch(process, at, write=False), half, seen)

    def expect(self, reader: Process, frame: Frame, half: int, seen: bytes) -> None:
        value = frame.values[half]
        assert int.from_bytes(seen, "little") == value
        if value not in reader.known:
            self.leaked.add(reader.mm.name)

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), pin=st.booleans(), write=st.booleans(),
          longterm=st.booleans())  # fmt: skip
    def gup(self, data: st.DataObject, at: int, pin: bool, write: bool, longterm: bool) -> None:
        process = self.some(data)
        if at not in process.mapped:
            return
        longterm = longterm and pin
        flags = (FOLL_WRITE if write else 0) | (FOLL_LONGTERM if longterm else 0)
        call = process.mm.pin_user_pages if pin else process.mm.get_user_pages
        (page,) = call(self.addresses[at], 1, flags)
        frame = self.book.gup(process, at, pin=pin, write=write, longterm=longterm)
        self.bind(frame, page)
        if self.book.hold(frame, pin):
            self.held.append((frame, pin))

    @rule(data=st.data(), refs=st.sampled_from([1022, 1023, 1024]))
    def many_references(self, data: st.DataObject, refs: int) -> None:
        """Enough of them to look like a pin, or nearly."""
        frames = [e.frame for p in self.processes for e in p.entries.values() if not e.frame.zero]
        if frames:
            frame = data.draw(st.sampled_from(frames))
            assert frame.page is not None
            for _ in range(refs - self.book.refcount(frame)):
                self.kernel.get_page(frame.page)
                frame.gets += 1
                self.held.append((frame, False))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.held) - 1))
        frame, pin = self.held.pop(at)
        assert frame.page is not None
        (self.kernel.unpin_user_page if pin else self.kernel.put_page)(frame.page)
        self.book.let_go(frame, pin)

    @precondition(lambda self: len(self.processes) < MOST_PROCESSES)
    @rule(data=st.data(), in_steps=st.booleans())
    def fork(self, data: st.DataObject, in_steps: bool) -> None:
        parent = self.some(data)
        name = f"p{next(self.names)}"
        arriving = [flight for flight in self.flights if flight.request.from_disk]
        steps = parent.mm.fork_in_steps(name)
        child = Process(steps.child, set(parent.mapped))
        pauses = iter(steps)
        after_a_copy = False
        for at, entry in sorted(parent.entries.items()):
            copies = self.book.copies(parent, entry.frame)
            if copies:
                if after_a_copy:
                    next(pauses)
                next(pauses)
                mine = Frame(maps=1)
                child.entries[at] = Entry(mine)
                mine.values[FIRST] = entry.frame.values[FIRST]
                if in_steps and arriving:
                    self.deliver(data.draw(st.sampled_from(arriving)))
                if in_steps:
                    self.another_thread_stores(data, parent)
                mine.values[LAST] = entry.frame.values[LAST]
            else:
                if self.book.since(5, 9) and not entry.frame.zero:
                    next(pauses)
                    if in_steps:
                        self.another_thread_stores(data, parent)
                entry.writable = entry.frame.alone = False
                entry.frame.maps += not entry.frame.zero
                child.entries[at] = Entry(entry.frame, writable=False)
            after_a_copy = copies or (after_a_copy and entry.frame.zero)
        assert list(pauses) == []
        child.known |= parent.known
        self.processes.append(child)
        for lent in self.buffers:
            if any(process is parent for process in lent.open_in):
                lent.open_in.append(child)

    def another_thread_stores(self, data: st.DataObject, parent: Process) -> None:
        """While fork is under way: through an entry that may be written, and no other."""
        at = data.draw(st.sampled_from(sorted(parent.entries)))
        entry, (value, octets) = parent.entries[at], self.new_value()
        if entry.writable:
            parent.mm.write(self.addresses[at], octets)
            entry.frame.values[FIRST] = value
            parent.known.add(value)
        else:
            with pytest.raises(RuntimeError, match="in the middle of fork"):
                parent.mm.write(self.addresses[at], octets)

    @precondition(lambda self: len(self.processes) > 1)
    @rule(data=st.data())
    def exit(self, data: st.DataObject) -> None:
        process = self.some(data)
        process.mm.exit()
        for entry in process.entries.values():
            entry.frame.maps -= not entry.frame.zero
        self.processes.remove(process)
        for lent in self.buffers:
            lent.open_in = [other for other in lent.open_in if other is not process]
            if not lent.open_in:
                assert not lent.buffer.registered
                self.book.let_go(lent.frame, pin=True)
        self.buffers = [lent for lent in self.buffers if lent.open_in]

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), rarely=st.integers(0, 3))
    def munmap(self, data: st.DataObject, at: int, rarely: int) -> None:
        """Rarely, because a page that is gone is gone for the children, too."""
        process = self.some(data)
        if rarely or at not in process.mapped:
            return
        process.mm.munmap(self.addresses[at], PAGE_SIZE)
        process.mapped.remove(at)
        process.mlocked.discard(at)
        if entry := process.entries.pop(at, None):
            entry.frame.maps -= not entry.frame.zero

    @rule(data=st.data(), at=st.integers(0, PAGES - 1))
    def write_protect(self, data: st.DataObject, at: int) -> None:
        process = self.some(data)
        if at not in process.mapped:
            with pytest.raises(OSError, match="nothing is mapped"):
                process.mm.write_protect(self.addresses[at])
            return
        process.mm.write_protect(self.addresses[at])
        if at in process.entries:
            process.entries[at].writable = False

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), lock=st.booleans())
    def mlock(self, data: st.DataObject, at: int, lock: bool) -> None:
        process = self.some(data)
        call = process.mm.mlock if lock else process.mm.munlock
        if at not in process.mapped:
            with pytest.raises(OSError, match="nothing is mapped"):
                call(self.addresses[at], PAGE_SIZE)
            return
        call(self.addresses[at], PAGE_SIZE)
        if lock:
            self.book.touch(process, at, write=True)
            process.mlocked.add(at)
        else:
            process.mlocked.discard(at)

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), by=st.sampled_from(["io_uring", "RDMA"]))
    def register(self, data: st.DataObject, at: int, by: str) -> None:
        process = self.some(data)
        if at in process.mapped:
            buffer = process.mm.register_buffer(self.addresses[at], 1, by)
            frame = self.book.gup(process, at, pin=True, write=True, longterm=True)
            self.bind(frame, buffer.pages[0])
            assert self.book.hold(frame, pin=True)
            counts = by == "RDMA" or self.book.since(5, 9)
            self.buffers.append(Lent(buffer, frame, process if counts else None, [process]))

    @precondition(lambda self: self.buffers)
    @rule(data=st.data())
    def unregister(self, data: st.DataObject) -> None:
        lent = self.buffers.pop(data.draw(st.integers(0, len(self.buffers) - 1)))
        lent.buffer.unregister()
        self.book.let_go(lent.frame, pin=True)

    @rule(data=st.data(), at=st.integers(0, PAGES - 1), from_disk=st.booleans())
    def submit(self, data: st.DataObject, at: int, from_disk: bool) -> None:
        process = self.some(data)
        call = self.kernel.submit_dio_read if from_disk else self.kernel.submit_dio_write
        if at not in process.mapped:
            with pytest.raises(OSError, match="nothing is mapped") as caught:
                call(process.mm, self.addresses[at], 1)
            assert caught.value.errno == errno.EFAULT
            process.pinned = process.pinned or self.book.since(6, 5)
            return
        pin = self.book.since(6, 5)
        if not from_disk and self.book.unshares(process, at, pin):
            # GUP-fast takes the page before it asks, and gives it back.
            self.book.acquired += 1
            self.book.released += 1
        request = call(process.mm, self.addresses[at], 1)
        frame = self.book.gup(process, at, pin=pin, write=from_disk, longterm=False)
        self.bind(frame, request.pages[0])
        self.flights.append(Flight(request, frame, process, self.book.hold(frame, pin)))

    def deliver(self, flight: Flight) -> None:
        value, octets = self.new_value()
        flight.owner.known.add(value)
        for half in (FIRST, LAST):
            flight.request.device_write(octets, half)
            flight.frame.values[half] = value

    @precondition(lambda self: self.flights)
    @rule(data=st.data(), half=st.sampled_from([FIRST, LAST]))
    def device(self, data: st.DataObject, half: int) -> None:
        flight = data.draw(st.sampled_from(self.flights))
        if flight.request.from_disk:
            self.deliver(flight)
        else:
            seen = flight.request.device_read(4, half)
            self.expect(flight.owner, flight.frame, half, seen)

    @precondition(lambda self: self.flights)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        flight = data.draw(st.sampled_from(self.flights))
        self.flights.remove(flight)
        flight.request.complete()
        if flight.counted:
            self.book.let_go(flight.frame, self.book.since(6, 5))

    def mlocks(self, process: Process, frame: Frame) -> bool:
        return any(process.entries[at].frame is frame for at in process.mlocked)

    @invariant()
    def the_model_is_the_book(self) -> None:
        self.bind_all()
        for frame in self.frames:
            assert frame.page is not None
            folio, refcount = frame.page.folio, self.book.refcount(frame)
            assert (folio.refcount, folio.freed) == (refcount, refcount == 0)
            if frame.maps:
                assert (folio.mapcount, folio.anon_exclusive) == (frame.maps, frame.alone)
            mlocked = [p for p in self.processes if self.mlocks(p, frame)]
            assert folio.mlocked == bool(mlocked)
            for half, value in frame.values.items():
                assert int.from_bytes(frame.page.peek(4, half), "little") == value
        assert self.kernel.vmstat == {
            "nr_foll_pin_acquired": self.book.acquired,
            "nr_foll_pin_released": self.book.released,
        }
        for process in self.processes:
            assert process.mm.has_pinned == process.pinned
            assert process.mm.pinned_vm == sum(lent.counted is process for lent in self.buffers)
            for at, addr in enumerate(self.addresses):
                assert (process.mm.page_at(addr) is not None) == (at in process.entries)
                if pte := process.mm.ptes.get(addr // PAGE_SIZE):
                    assert pte.writable == process.entries[at].writable
        assert {leak.reader for leak in self.kernel.ledger.leaks} == self.leaked

    @invariant()
    def nothing_here_breaks_a_promise(self) -> None:
        self.kernel.check()


TestForks = Forks.TestCase
TestForks.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
