"""Every state that a small machine can reach, and every step between two of them.

Breadth first on the real model, so that the way to each state is a shortest one; states that are
equal are one. Who calls keeps the rules of GUP: only what somebody holds is released, and in the
way that fits. So what goes wrong on the way is the kernel's doing.
"""

from __future__ import annotations

import errno
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pinlab.explore.search import Found
from pinlab.model.arguments import whole
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.gup import ACQUIRED, RELEASED
from pinlab.model.kernel import Kernel
from pinlab.model.ledger import BOOT, MAPPING, REFERENCE
from pinlab.model.trace import Trace

SMALL, LARGE, ZERO, HUGE_ZERO = "small folio", "large folio", "zero page", "huge zero folio"
PAGES = (SMALL, LARGE, ZERO, HUGE_ZERO)
"""A page of its own of order 0 and one in a folio of order 9, and the two that hold zeros."""

PROCESS, ACTORS = "process", ("A", "B")
GET, PUT, PIN, UNPIN = "get", "put", "pin", "unpin"
RELEASE = MappingProxyType({GET: PUT, PIN: UNPIN})

MANY = 1023
"""References that one call may take of the zero page: with its own 1 they look like a pin."""

MOST_HOLDS = 2
MOST_STEPS = 4
"""Bounds. Where the counters add up the first one bounds the machine; where a kernel forgets what
it has added the numbers go on for ever, and the second one ends that."""


class Holding(NamedTuple):
    """What somebody has: `times` references ("get") or pins ("pin") of a page."""

    actor: str
    kind: str
    page: str
    times: int


class Call(NamedTuple):
    """One call: get, put, pin or unpin of a page, `times` over; error: an errno's name, or None."""

    actor: str
    verb: str
    page: str
    times: int = 1
    error: str | None = None

    def __str__(self) -> str:
        held = "a reference" if self.times == 1 else f"{self.times} references"
        what = {
            GET: f"takes {held} to", PUT: f"releases {held} to", PIN: "pins", UNPIN: "unpins",
        }[self.verb]  # fmt: skip
        return f"{self.actor} {what} the {self.page}"


class OnRecord(NamedTuple):
    """What a folio's record shows; pincount is None where it keeps none.

    references: what of the refcount the ledger books as mappings' and plain references, the 1 that
    a zero page starts with among it.
    """

    refcount: int
    pincount: int | None
    references: int

    def pins(self, bias: int) -> int:
        """Return the FOLL_PINs on record: the pincount, or what is beyond the references."""
        if self.pincount is not None:
            return self.pincount
        return (self.refcount - self.references) // bias


class State(NamedTuple):
    """A machine between two steps.

    pages: the counters of each page's folio by the page's name; acquired, released: vmstat;
    bias: what a pin adds to a refcount without pincount; holds: what everybody has, sorted.
    """

    pages: Mapping[str, OnRecord]
    acquired: int
    released: int
    bias: int
    holds: tuple[Holding, ...]

    def key(self) -> Hashable:
        """What makes two states one. vmstat only ever grows: its difference tells more."""
        return tuple(self.pages.values()), self.acquired - self.released, self.holds


class Transition(NamedTuple):
    """A step from one state to another; `number` is that of the state before."""

    before: State
    step: Call
    after: State
    number: int

    def __str__(self) -> str:
        """Return a sentence: who does what, and which counters change."""
        if self.step.error:
            return f"{self.step}: refused with {self.step.error}"
        old, new = self.before.pages[self.step.page], self.after.pages[self.step.page]
        shown = {
            "refcount": (old.refcount, new.refcount),
            "pincount": (old.pincount, new.pincount),
            "vmstat acquired": (self.before.acquired, self.after.acquired),
            "vmstat released": (self.before.released, self.after.released),
        }
        changes = [f"{name} {was} -> {now}" for name, (was, now) in shown.items() if was != now]
        return f"{self.step}: {', '.join(changes) or 'no counter changes'}"


class Reached:
    """What a search found.

    states: in the order in which they were met, 0 is the beginning; transitions: all steps, those
    from earlier states first.
    """

    def __init__(
        self, release: str, rules: Mapping[str, object], found: Found[State, Transition]
    ) -> None:
        self.release, self.rules, self._found = release, rules, found
        self.states = tuple(found.states)
        self.transitions = tuple(transition for _, transition, _ in found.edges)

    def way(self, last: Transition) -> tuple[Transition, ...]:
        """Return a shortest way that ends with a transition."""
        return (*self._found.way(last.number), last)

    def trace(self, last: Transition) -> Trace:
        """Return the machine's trace of that way: what the actors did, from step 0 on."""
        machine = _Machine(self.release, self.rules, self.way(last))
        events = [event for event in machine.kernel.trace if event.actor != PROCESS]
        return Trace(event._replace(step=step) for step, event in enumerate(events))

    def __repr__(self) -> str:
        return f"<Reached {len(self.states)} states, {len(self.transitions)} steps>"


def reach(
    release: str,
    rules: Mapping[str, object] = MappingProxyType({}),
    *,
    most_holds: int = MOST_HOLDS,
    most_steps: int = MOST_STEPS,
) -> Reached:
    """Find every state of the machine on that release's rules, some of them overridden.

    At most `most_holds` holds at a time, ways of at most `most_steps` steps. Asked again it
    answers at once. Raises as `Kernel` does for the release and the rules.

    >>> reach("6.5")
    <Reached 190 states, 684 steps>
    """
    limits = whole("most_holds", most_holds, 1), whole("most_steps", most_steps, 1)
    return _reach(release, tuple(sorted(rules.items())), *limits)


@cache
def _reach(
    release: str, rules: tuple[tuple[str, object], ...], most_holds: int, most_steps: int
) -> Reached:
    found = Found[State, Transition]()

    def following(number: int, before: State) -> Iterator[tuple[Transition, State]]:
        way = found.way(number)
        for call in _calls(before, most_holds) if len(way) < most_steps else ():
            machine = _Machine(release, dict(rules), way)
            if (done := machine.do(call)) is not None:
                after = machine.state()
                yield Transition(before, done, after, number), after

    found.search(_Machine(release, dict(rules)).state(), following, State.key)
    return Reached(release, MappingProxyType(dict(rules)), found)


def _calls(state: State, most_holds: int) -> Iterator[Call]:
    """What anybody can do next: take something more, if there is room, or let go of something."""
    for actor in ACTORS:
        if len(state.holds) < most_holds:
            for page in PAGES:
                yield Call(actor, GET, page)
                yield Call(actor, PIN, page)
            yield Call(actor, GET, ZERO, MANY)
        for hold in dict.fromkeys(hold for hold in state.holds if hold.actor == actor):
            yield Call(actor, RELEASE[hold.kind], hold.page, hold.times)


class _Machine:
    """One kernel, and a process with a buffer for each kind of page, whose threads the actors are.

    They take the slow path, as everybody does who wants the zero page: GUP-fast turns back at it.
    """

    def __init__(
        self, release: str, rules: Mapping[str, object], way: Iterable[Transition] = ()
    ) -> None:
        self.kernel = Kernel(release, **rules)
        self._mm = mm = self.kernel.new_mm(PROCESS)
        self._addr = {
            SMALL: mm.mmap(PAGE_SIZE),
            LARGE: mm.mmap(PAGE_SIZE, order=9),
            ZERO: mm.mmap(MANY * PAGE_SIZE),
            HUGE_ZERO: mm.mmap(PAGE_SIZE, order=9),
        }
        for name in (SMALL, LARGE):
            mm.write(self._addr[name], b"x")
        mm.read(self._addr[HUGE_ZERO], 1)
        self._folios = dict.fromkeys(PAGES, self.kernel.zero_page.folio)
        for name in (SMALL, LARGE, HUGE_ZERO):
            page = mm.page_at(self._addr[name])
            assert page is not None, "it was touched just now"
            self._folios[name] = page.folio
        self._held: list[tuple[Holding, int]] = []  # with how many pages there were
        for transition in way:
            self.do(transition.step)

    def do(self, step: Call) -> Call | None:
        """Do a call; return it with its error, if it had one; None if it leads to another page.

        So it is in 5.8, where GUP never gets as far as the zero page.
        """
        kind = {PUT: GET, UNPIN: PIN}.get(step.verb, step.verb)
        hold = Holding(step.actor, kind, step.page, step.times)
        if step.verb in (PUT, UNPIN):
            entry = next(entry for entry in self._held if entry[0] == hold)
            self._held.remove(entry)
            put = self.kernel.put_page if kind == GET else self.kernel.unpin_user_page
            put(self._folios[step.page].page(0), entry[1], step.actor)
            return step
        call = self._mm.get_user_pages if kind == GET else self._mm.pin_user_pages
        try:
            pages = call(self._addr[step.page], step.times, owner=step.actor)
        except OSError as error:
            return step._replace(error=errno.errorcode[error.errno or 0])
        if {page.folio for page in pages} != {self._folios[step.page]}:
            return None
        self._held.append((hold, len(pages)))
        return step

    def state(self) -> State:
        """Return what can be seen of it now."""
        kernel, pages = self.kernel, {}
        for name, folio in self._folios.items():
            references = sum(kernel.ledger.net(folio, k) for k in (MAPPING, REFERENCE, BOOT))
            pages[name] = OnRecord(folio.refcount, folio.pincount, references)
        holds = tuple(sorted(hold for hold, _ in self._held))
        acquired, released = kernel.vmstat[ACQUIRED], kernel.vmstat[RELEASED]
        return State(pages, acquired, released, kernel.rules.pin_bias, holds)
