"""A world: one machine on which the programs of a scenario run, in whatever order they are told.

The rules are the model's; here is only who calls what, and when a step has to wait.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from pinlab.explore.scenario import HUGE, PARENT, ZERO, Scenario
from pinlab.explore.verbs import Step, Taken, place
from pinlab.model.buffer import RegisteredBuffer
from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio, FreedError, Page
from pinlab.model.fork import Fork
from pinlab.model.gup import FastPin
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

T = TypeVar("T")

Lead = Callable[[Iterable[tuple[Hashable, Page | None]], str], None]

Ref = tuple[str, Hashable]
"""What leads to a folio: the name of a process or a handle, and where in it."""


class Begun(NamedTuple):
    """A step that is under way, and how often it has paused."""

    operation: Fork | FastPin
    moves: Iterator[None]
    pauses: int = 0


class World:
    """The machine after some moves.

    Attributes: kernel; scenario; values (what was read, and errors, by name); things (processes,
    handles and signals by name; None for a hold that was given back); begun (steps that are under
    way, by actor); freed (the step that used a freed folio, which nobody goes on after; empty if
    there was none).
    """

    def __init__(self, scenario: Scenario, kernel: Kernel) -> None:
        self.scenario = scenario
        self.kernel: Kernel = kernel
        self.values: dict[str, str] = {}
        self.begun: dict[str, Begun] = {}
        self.freed = ""
        parent = kernel.new_mm(PARENT)
        self.things: dict[str, object] = {PARENT: parent}
        self._done = dict.fromkeys(scenario.steps, 0)
        self._addresses: dict[str, int] = {}
        for name, fill in scenario.memory.items():
            addr = self._addresses[name] = parent.mmap(PAGE_SIZE, HPAGE_ORDER * (fill == HUGE))
            if fill not in (ZERO, HUGE):
                parent.write(addr, fill.encode() * PAGE_SIZE)

    def the(self, name: str, kind: type[T]) -> T:
        """Return the thing of a kind that a name stands for."""
        thing = self.things[name]
        assert isinstance(thing, kind), f"{name} is {thing!r}"
        return thing

    def mm(self, step: Step) -> Mm:
        """Return the memory that a step works on."""
        return self.the(step.process, Mm)

    def address(self, where: str) -> int:
        """Return the address of a place."""
        name, offset = place(where)
        return self._addresses[name] + offset

    def size(self, page: str) -> int:
        """Return how many bytes are mapped for a page."""
        return PAGE_SIZE << (HPAGE_ORDER * (self.scenario.memory[page] == HUGE))

    def give_back(self, step: Step) -> Taken:
        """Return the hold that a step gives back, which is no more."""
        (name,) = step.names
        hold = self.the(name, Taken)
        self.things[name] = None
        return hold

    def next_step(self, actor: str) -> Step:
        """Return what an actor does next."""
        return self.scenario.steps[actor][self._done[actor]]

    def ready(self) -> list[str]:
        """Return the actors who can go on now, in the order of the scenario."""
        return [actor for actor in self._done if self.awaits(actor) is None]

    def awaits(self, actor: str) -> str | None:
        """Return who waits for what, None if an actor can go on, "" if nothing is left to do."""
        if self.freed or self._done[actor] == len(self.scenario.steps[actor]):
            return ""
        step = self.next_step(actor)
        if step.process in self.scenario.processes:
            mm = self.things.get(step.process)
            if not isinstance(mm, Mm):
                return f"{actor} to be forked"
            if mm.exited:
                return ""
            if not self._may_run(step, mm):
                return f"{actor} for mmap_lock"
        return f"{actor} for {what}" if (what := self._missing(step)) else None

    def _missing(self, step: Step) -> str:
        """Return what a step waits for besides its process; nothing if that is there."""
        if not step.row.waits:
            return ""
        name, _ = place(step.names[0])
        thing = self.things.get(name)
        if step.verb == "wait":
            return "" if isinstance(thing, Mm) and thing.exited else f"{name} to exit"
        if name in self.values:
            return f"{name}, which is {self.values[name]}"
        if name not in self.things:
            return name
        over = thing is None
        if isinstance(thing, DirectIO):
            over = not thing.in_flight
        elif isinstance(thing, RegisteredBuffer):
            over = not thing.registered
        return f"{name}, which is over" if over else ""

    def go(self, actor: str) -> Step:
        """Do an actor's next step and return it; up to where it pauses, if it is split."""
        step = self.next_step(actor)
        does, over = step.row.does, True
        try:
            # While its process forks, GUP-fast may have to wait for the end of that.
            meets = step.row.fast and (actor in self.begun or self._forks(step.process))
            if does is None or "split" in step.options or meets:
                over = self._go_on(step)
            else:
                does(self, step)
        except OSError as error:
            self.begun.pop(actor, None)
            self.values[step.leaves or str(step)] = errno.errorcode[error.errno or 0]
        except FreedError:
            self.freed = str(step)
        self._done[actor] += over
        return step

    def _go_on(self, step: Step) -> bool:
        """Begin or go on with a step that may pause; return whether it is over."""
        if step.actor not in self.begun:
            assert step.row.begin is not None
            operation = step.row.begin(self, step)
            self.begun[step.actor] = Begun(operation, iter(operation))
        operation, moves, pauses = self.begun[step.actor]
        for _ in moves:
            if "split" in step.options or (isinstance(operation, FastPin) and operation.waits):
                self.begun[step.actor] = Begun(operation, moves, pauses + 1)
                return False
        del self.begun[step.actor]
        if isinstance(operation, Fork):
            self.things[step.names[0]] = operation.child
        else:
            self.things[step.names[0]] = Taken(operation.require_page(), 1)
        return True

    def _may_run(self, step: Step, mm: Mm) -> bool:
        """Whether no step of another thread of its process is in the way.

        While it forks, GUP-fast goes on, loads and stores through entries that are there, and what
        needs no memory of one's own. The rest waits for mmap_lock. (So does direct I/O here, which
        a kernel submits with GUP-fast; a reference more or less makes no difference to fork.)
        """
        begun = self.begun.get(step.actor)
        if begun is not None and isinstance(begun.operation, Fork):
            return True
        if step.verb == "exit":
            return not any(self._under_way(step.process))
        if not self._forks(step.process):
            return True
        if begun is not None:
            return isinstance(begun.operation, FastPin) and not begun.operation.waits
        if step.verb in ("read", "write"):
            return not mm.would_fault(self.address(step.names[0]), write=step.verb == "write")
        return step.row.fast or step.row.anybody or step.verb == "wait"

    def _under_way(self, process: str) -> Iterator[tuple[str, Begun]]:
        """Yield the threads of a process with a step under way."""
        for actor in sorted(self.begun):
            if actor.partition("/")[0] == process:
                yield actor, self.begun[actor]

    def _forks(self, process: str) -> bool:
        return any(isinstance(b.operation, Fork) for _, b in self._under_way(process))

    def look(self, names: Iterable[str]) -> tuple[list[Hashable], dict[Folio, list[Ref]]]:
        """Return what names stand for, and the folios that these lead to.

        A step on what looks the same does the same. Which folio is which is told by what leads
        there, so that two machines that gave frames out in another order are the same. The zero
        pages are there in any case, as a step may meet them whatever its process has mapped.
        """
        refs: dict[Folio, list[Ref]] = {self.kernel.zero_page.folio: []}
        if (huge := self.kernel.huge_zero) is not None:
            refs[huge] = []

        def lead(pages: Iterable[tuple[Hashable, Page | None]], name: str) -> None:
            for where, page in pages:
                if page is not None:
                    refs.setdefault(page.folio, []).append((name, where))

        return [self._part(name, lead) for name in names], refs

    def _part(self, name: str, lead: Lead) -> Hashable:
        thing = self.things.get(name)
        if isinstance(thing, Mm):
            return "exited" if thing.exited else self._memory(name, thing, lead)
        if isinstance(thing, DirectIO):
            lead(enumerate(thing.pages), name)
            return thing.in_flight
        if isinstance(thing, RegisteredBuffer):
            lead(enumerate(thing.pages), name)
            return thing.registered, *(mm.name for mm in thing.open_in)
        if isinstance(thing, Taken):
            lead([(0, thing.page)], name)
        return thing is None if name in self.things else self.values.get(name, "")

    def _memory(self, name: str, mm: Mm, lead: Lead) -> Hashable:
        """What a process has mapped, and which steps of its threads are under way."""
        under_way: list[Hashable] = []
        for actor, (operation, _, pauses) in self._under_way(name):
            if isinstance(operation, Fork):  # how far it is, is to be seen in the child
                entries = _entries(operation.child, name, lead, actor)
                under_way.append((actor, pauses, operation.copies, entries))
            else:
                page, writable = operation.entry
                lead([(actor, page)], name)
                remembered = writable, operation.met_fork, operation.waits
                under_way.append((actor, pauses, remembered))
        return mm.has_pinned, tuple(mm.areas()), _entries(mm, name, lead), tuple(under_way)


def _entries(mm: Mm, name: str, lead: Lead, *where: str) -> tuple[tuple[int, bool], ...]:
    entries = mm.mapped()
    lead((((*where, vpn), page) for vpn, page, _ in entries), name)
    return tuple((vpn, writable) for vpn, _, writable in entries)
