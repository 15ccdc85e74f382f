"""A world: one machine on which the programs of a scenario run, in whatever order they are told.

The rules are the model's; here is only who calls what, and when a step has to wait.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import NamedTuple

from pinlab.explore.program import (
    HUGE,
    OF_A_DEVICE,
    PARENT,
    READS,
    TAKES,
    ZERO,
    Scenario,
    Step,
    place,
)
from pinlab.explore.question import letter
from pinlab.model.buffer import RDMA, RegisteredBuffer
from pinlab.model.dio import DirectIO
from pinlab.model.folio import HPAGE_ORDER, PAGE_SIZE, Folio, FreedError, Page
from pinlab.model.fork import Fork
from pinlab.model.gup import (
    FOLL_GET,
    FOLL_LONGTERM,
    FOLL_WRITE,
    FastPin,
)
from pinlab.model.invariants import broken
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

FLAGS = {"write": FOLL_WRITE, "longterm": FOLL_LONGTERM}

Number = Callable[[Hashable], int]


class Held(NamedTuple):
    """A page that somebody holds, some times over."""

    page: Page
    times: int


class Begun(NamedTuple):
    """A step that is split and under way."""

    operation: Fork | FastPin
    moves: Iterator[None]


class World:
    """The machine after some moves.

    Attributes: kernel; scenario; values (what was read, and errors, by name); begun (steps that
    are split and under way, by actor); broken (names of invariants of the model that did not hold
    after some move, if it is to look for them); freed (the step that used a freed folio, which
    nobody goes on after; empty if there was none).
    """

    def __init__(self, scenario: Scenario, kernel: Kernel, *, check: bool = False) -> None:
        self.kernel = kernel
        self.values: dict[str, str] = {}
        self.broken: set[str] = set()
        self.freed = ""
        self._check = check
        self.scenario = scenario
        self._moves = 0
        self._done = dict.fromkeys(scenario.steps, 0)
        self._mms: dict[str, Mm] = {PARENT: kernel.new_mm(PARENT)}
        self._addresses: dict[str, int] = {}
        self._requests: dict[str, DirectIO] = {}
        self._holds: dict[str, Held] = {}
        self._buffers: dict[str, RegisteredBuffer] = {}
        self.begun: dict[str, Begun] = {}
        self._signals: set[str] = set()
        for name, fill in scenario.memory.items():
            order = HPAGE_ORDER if fill == HUGE else 0
            addr = self._addresses[name] = self._mms[PARENT].mmap(PAGE_SIZE, order)
            if fill not in (ZERO, HUGE):
                self._mms[PARENT].write(addr, fill.encode() * PAGE_SIZE)

    def ready(self) -> list[str]:
        """Return the actors who can go on now, in the order of the scenario."""
        return [actor for actor in self._done if not self.freed and self._is_ready(actor)]

    def next_step(self, actor: str) -> Step:
        """Return what an actor does next."""
        return self.scenario.steps[actor][self._done[actor]]

    def go(self, actor: str) -> Step:
        """Do an actor's next step and return it; up to where it pauses, if it is split."""
        step = self.next_step(actor)
        over = True
        try:
            if "split" in step.options or self._meets_fork(step):
                over = self._go_on(step)
            else:
                DO[step.verb](self, step)
        except OSError as error:
            self.begun.pop(actor, None)
            self.values[_named(step)] = errno.errorcode[error.errno or 0]
        except FreedError:
            self.freed = str(step)
        self._moves += 1
        self._done[actor] += over
        if self._check:
            self.broken |= broken(self.kernel).keys()
        return step

    def _go_on(self, step: Step) -> bool:
        """Begin or go on with a step that is split; return whether it is over."""
        if step.actor not in self.begun:
            operation = BEGIN[step.verb](self, step)
            self.begun[step.actor] = Begun(operation, iter(operation))
        operation, moves = self.begun[step.actor]
        for _ in moves:
            if "split" in step.options or (isinstance(operation, FastPin) and operation.waits):
                return False
        del self.begun[step.actor]
        if isinstance(operation, Fork):
            self._mms[step.names[0]] = operation.child
        else:
            self._holds[step.names[0]] = Held(operation.require_page(), 1)
        return True

    def _is_ready(self, actor: str) -> bool:
        steps, done = self.scenario.steps[actor], self._done[actor]
        if done == len(steps):
            return False
        step = steps[done]
        if step.process in self.scenario.processes and not self._can_run(step):
            return False
        if step.verb == "await":
            return step.names[0] in self._signals
        if step.verb == "wait":
            mm = self._mms.get(step.names[0])
            return mm is not None and mm.exited
        return step.verb not in NEEDS_HANDLE or self._usable(place(step.names[0])[0])

    def waiting(self) -> Iterator[str]:
        """Yield who waits with a step to do, and for what; nobody of a process that is gone."""
        for actor, steps in self.scenario.steps.items():
            if self._done[actor] == len(steps) or self._is_ready(actor):
                continue
            step = self.next_step(actor)
            mm = self._mms.get(step.process)
            if mm is None and step.process in self.scenario.processes:
                yield f"{actor} to be forked"
            elif mm is None or not mm.exited:
                yield f"{actor} for {self._awaited(step)}"

    def _awaited(self, step: Step) -> str:
        if step.verb == "wait":
            return f"{step.names[0]} to exit"
        name = place(step.names[0])[0]
        if name in self.values:
            return f"{name}, which is {self.values[name]}"
        made = (s for actor, done in self._done.items() for s in self.scenario.steps[actor][:done])
        over = any(s.verb in TAKES and s.names[0] == name for s in made)
        return f"{name}, which is over" if over else name

    def _meets_fork(self, step: Step) -> bool:
        """Whether a call of GUP-fast may have to wait for the end of its process's fork."""
        return step.verb in FAST and (step.actor in self.begun or self._forks(step.process))

    def _can_run(self, step: Step) -> bool:
        """Whether a process is there, and not waiting for a step of another of its threads.

        While it forks, GUP-fast goes on, loads and stores through entries that are there, and what
        needs no memory of one's own. The rest waits for mmap_lock. (So does direct I/O here, which
        a kernel submits with GUP-fast; a reference more or less makes no difference to fork.)
        """
        mm = self._mms.get(step.process)
        if mm is None or mm.exited:
            return False
        begun = self.begun.get(step.actor)
        if begun is not None and isinstance(begun.operation, Fork):
            return True
        if step.verb == "exit":
            return not any(s.partition("/")[0] == step.process for s in self.begun)
        if not self._forks(step.process):
            return True
        if begun is not None:
            return isinstance(begun.operation, FastPin) and not begun.operation.waits
        if step.verb in ("read", "write"):
            name, _ = place(step.names[0])
            return not mm.would_fault(self._addresses[name], write=step.verb == "write")
        return step.verb in (*FAST, *OF_A_DEVICE, "wait")

    def _forks(self, process: str) -> bool:
        return any(
            isinstance(begun.operation, Fork) and actor.partition("/")[0] == process
            for actor, begun in self.begun.items()
        )

    def _usable(self, name: str) -> bool:
        request, buffer = self._requests.get(name), self._buffers.get(name)
        return (
            name in self._holds
            or (request is not None and request.in_flight)
            or (buffer is not None and buffer.registered)
        )

    def extent(self, name: str) -> tuple[int, int]:
        """Return a page's address and how many bytes are mapped there."""
        pages = 1 << HPAGE_ORDER if self.scenario.memory[name] == HUGE else 1
        return self._addresses[name], pages * PAGE_SIZE

    def state(self, number: Number) -> tuple[Hashable, ...]:
        """Return what tells this world apart from others, whatever way led to it.

        Equal states go on alike, and as many moves led to them. Frames are named in the order in
        which they are met, so that two machines that gave them out in another order are the same.
        `number` gives equal things the same number.
        """
        frames: dict[Folio, int] = {}

        def frame(page: Page | None) -> int | None:
            return None if page is None else frames.setdefault(page.folio, len(frames))

        processes = tuple((name, *_process(mm, frame)) for name, mm in sorted(self._mms.items()))
        requests = tuple(
            (name, request.in_flight, *map(frame, request.pages))
            for name, request in sorted(self._requests.items())
        )
        holds = tuple((name, frame(held.page)) for name, held in sorted(self._holds.items()))
        buffers = tuple(
            (name, buffer.counted, *(mm.name for mm in buffer.open_in), *map(frame, buffer.pages))
            for name, buffer in sorted(self._buffers.items())
        )
        begun = tuple(
            (name, *_under_way(self.begun[name].operation, frame)) for name in sorted(self.begun)
        )
        folios = tuple(
            (f.refcount, f.pincount, f.mapcount, f.anon_exclusive, f.freed, _content(f, number))
            for f in frames
        )
        return (
            self._moves, tuple(self._done.values()),
            number(processes), number((requests, holds, buffers)), number(begun), number(folios),
            number((self.freed, *sorted(self.values.items()))), self.kernel.zero_page.refcount,
            number(self._books(list(frames))) if self._check else None,
        )  # fmt: skip

    def _books(self, folios: list[Folio]) -> Hashable:
        """What the search for broken invariants goes by: whose bytes are where, and who had them.

        Whoever stored bytes that are nowhere any more does not matter.
        """
        spans = [span for folio in folios for span in folio.stored.get(0, ())]
        writers = list(dict.fromkeys(span.writer for span in spans))
        return (
            tuple((span.start, span.end, writers.index(span.writer)) for span in spans),
            tuple(writer.by_reference for writer in writers),
            tuple(tuple(w in mm.known for w in writers) for _, mm in sorted(self._mms.items())),
            tuple(sorted(self.broken)),
        )

    def peek(self, actor: str, where: str) -> str | None:
        """Return the letter that a process would read now; None if it cannot."""
        name, offset = place(where)
        frame = self.frame(actor, name)
        return None if frame is None else letter(frame[offset : offset + 1])

    def frame(self, actor: str, name: str) -> bytes | None:
        """Return all that a process would read of a page now; None if it cannot."""
        mm, addr = self._mms.get(actor), self._addresses[name]
        if mm is None or mm.exited or not any(
            area.start <= addr // PAGE_SIZE < area.end for area in mm.areas()
        ):  # fmt: skip
            return None
        page = mm.page_at(addr)
        return bytes(PAGE_SIZE) if page is None else page.peek()


def _named(step: Step) -> str:
    """Return the name under which an error of a step is kept."""
    if step.verb in READS:
        return step.names[1]
    return step.names[0] if step.verb in TAKES else str(step)


def _process(mm: Mm, frame: Callable[[Page | None], int | None]) -> tuple[Hashable, ...]:
    if mm.exited:
        return (None,)
    entries = tuple((vpn, frame(page), writable) for vpn, page, writable in mm.mapped())
    return mm.has_pinned, tuple(mm.areas()), entries


def _under_way(
    operation: Fork | FastPin, frame: Callable[[Page | None], int | None]
) -> tuple[Hashable, ...]:
    """What a step under way remembers; of a fork that is to be seen in the child's memory."""
    if isinstance(operation, Fork):
        entries = operation.child.mapped()
        return tuple((vpn, frame(page), writable) for vpn, page, writable in entries)
    page, writable = operation.entry
    return frame(page), writable, operation.met_fork, operation.waits


def _content(folio: Folio, number: Number) -> int | None:
    data = folio.frames.get(0)
    return None if data is None else number(bytes(data))


def _read(world: World, step: Step) -> None:
    name, offset = place(step.names[0])
    data = world._mms[step.process].read(world._addresses[name] + offset, 1)
    world.values[step.names[1]] = letter(data)


def _write(world: World, step: Step) -> None:
    name, offset = place(step.names[0])
    world._mms[step.process].write(world._addresses[name] + offset, step.names[1].encode())


def _submit(world: World, step: Step) -> None:
    kernel, (handle, page) = world.kernel, step.names
    call = kernel.submit_dio_read if step.verb == "submit_dio_read" else kernel.submit_dio_write
    world._requests[handle] = call(world._mms[step.process], world._addresses[page], 1)


def _gup(world: World, step: Step) -> None:
    handle, name = step.names
    call = getattr(world._mms[step.process], step.verb)
    (page,) = call(world._addresses[name], 1, _flags(step))
    if step.times > 1:
        # Somebody asks again and again; the page is there now, so it comes down to an addition.
        world.kernel.try_grab_folio(page.folio, step.times - 1, FOLL_GET)
    world._holds[handle] = Held(page, step.times)


def _flags(step: Step) -> int:
    return sum(flag for option, flag in FLAGS.items() if option in step.options)


def _put_page(world: World, step: Step) -> None:
    page, times = world._holds.pop(step.names[0])
    world.kernel.put_page(page, times)


def _unpin_user_page(world: World, step: Step) -> None:
    world.kernel.unpin_user_page(world._holds.pop(step.names[0]).page)


def _of_a_range(world: World, step: Step) -> None:
    call = getattr(world._mms[step.process], step.verb)
    call(*world.extent(step.names[0]))


def _register_buffer(world: World, step: Step) -> None:
    name, page = step.names
    mm = world._mms[step.process]
    # RDMA's, since VmPin has these in every release; of one page all else is as for io_uring.
    world._buffers[name] = mm.register_buffer(world._addresses[page], 1, by=RDMA)


def _unregister(world: World, step: Step) -> None:
    world._buffers[step.names[0]].unregister()


def _write_protect(world: World, step: Step) -> None:
    world._mms[step.process].write_protect(world._addresses[step.names[0]])


def _fork(world: World, step: Step) -> None:
    world._mms[step.names[0]] = world._mms[step.process].fork(step.names[0])


def _exit(world: World, step: Step) -> None:
    world._mms[step.process].exit()


def _signal(world: World, step: Step) -> None:
    world._signals.add(step.names[0])


def _nothing(world: World, step: Step) -> None:
    """Nothing to do: the step is ready when what it waits for has happened."""


def _device_write(world: World, step: Step) -> None:
    target, offset = _device(world, step)
    nbytes = PAGE_SIZE - offset if step.nbytes is None else step.nbytes
    target.device_write(step.names[1].encode() * nbytes, offset)


def _device_read(world: World, step: Step) -> None:
    target, offset = _device(world, step)
    world.values[step.names[1]] = letter(target.device_read(1, offset))


def _device(world: World, step: Step) -> tuple[DirectIO | Page, int]:
    """Return what a device works on, a request or a page that is held, and from which byte on."""
    name, offset = place(step.names[0])
    if name in world._holds:
        return world._holds[name].page, offset
    if name in world._buffers:
        return world._buffers[name].pages[0], offset
    return world._requests[name], offset


def _complete(world: World, step: Step) -> None:
    world._requests[step.names[0]].complete()


def _begin_fork(world: World, step: Step) -> Fork:
    return world._mms[step.process].fork_in_steps(step.names[0])


def _begin_fast(world: World, step: Step) -> FastPin:
    mm, addr = world._mms[step.process], world._addresses[step.names[1]]
    pins = step.verb == "pin_user_pages_fast"
    call = mm.pin_user_page_fast_in_steps if pins else mm.get_user_page_fast_in_steps
    return call(addr, _flags(step))


DO: Mapping[str, Callable[[World, Step], None]] = {
    "read": _read,
    "write": _write,
    "submit_dio_read": _submit,
    "submit_dio_write": _submit,
    "get_user_pages": _gup,
    "get_user_pages_fast": _gup,
    "pin_user_pages": _gup,
    "pin_user_pages_fast": _gup,
    "put_page": _put_page,
    "unpin_user_page": _unpin_user_page,
    "munmap": _of_a_range,
    "mlock": _of_a_range,
    "munlock": _of_a_range,
    "register_buffer": _register_buffer,
    "unregister": _unregister,
    "write_protect": _write_protect,
    "fork": _fork,
    "wait": _nothing,
    "signal": _signal,
    "await": _nothing,
    "exit": _exit,
    "device_write": _device_write,
    "device_read": _device_read,
    "complete": _complete,
}
"""What each step does."""

BEGIN: Mapping[str, Callable[[World, Step], Fork | FastPin]] = {
    "fork": _begin_fork,
    "pin_user_pages_fast": _begin_fast,
    "get_user_pages_fast": _begin_fast,
}
"""Steps as iterators that pause where others may get in."""

FAST = ("pin_user_pages_fast", "get_user_pages_fast")
"""Steps that a fork of their process does not stop at once."""

NEEDS_HANDLE = {"put_page", "unpin_user_page", "device_write", "device_read", "complete",
                "unregister"}  # fmt: skip
"""Steps that wait until what they name is there."""
