"""A world: one machine on which the programs of a scenario run, in whatever order they are told.

The rules are the model's; here is only who calls what, and when a step has to wait.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from itertools import count

from pinlab.explore.program import PARENT, Scenario, Step, place
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio, Page
from pinlab.model.gup import FOLL_LONGTERM, FOLL_WRITE
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

OPTIONS = {"write": FOLL_WRITE, "longterm": FOLL_LONGTERM}

State = tuple[object, ...]
"""What tells two worlds apart: equal states go on alike."""


class World:
    """The machine after some steps. Attributes: kernel; values (what was read, by name)."""

    def __init__(self, scenario: Scenario, kernel: Kernel) -> None:
        self.kernel = kernel
        self.values: dict[str, str] = {}
        self._programs = {actor: scenario.steps(actor) for actor in scenario.programs}
        self._forked = {step.names[0] for steps in self._programs.values() for step in steps
                        if step.verb == "fork"}  # fmt: skip
        self._done = dict.fromkeys(self._programs, 0)
        self._mms: dict[str, Mm] = {PARENT: kernel.new_mm(PARENT)}
        self._addresses: dict[str, int] = {}
        self._handles: dict[str, DirectIO | Page | None] = {}
        self._begun: dict[str, Iterator[None]] = {}
        for name, letter in scenario.memory.items():
            addr = self._addresses[name] = self._mms[PARENT].mmap(PAGE_SIZE)
            if letter:
                self._mms[PARENT].write(addr, letter.encode() * PAGE_SIZE)

    def ready(self) -> list[str]:
        """Return the actors whose next step can be done now, in the order of the scenario."""
        return [actor for actor in self._programs if self._is_ready(actor)]

    def next_step(self, actor: str) -> Step:
        """Return what an actor would do next."""
        return self._programs[actor][self._done[actor]]

    def go(self, actor: str) -> Step:
        """Do an actor's next step and return it; half of it, if it is split and not begun."""
        step = self.next_step(actor)
        if "split" in step.options:
            self._go_on(actor, step)
        else:
            DO[step.verb](self, step)
            self._done[actor] += 1
        return step

    def _go_on(self, actor: str, step: Step) -> None:
        if actor not in self._begun:
            self._begun[actor] = SPLIT[step.verb](self, step)
        if next(self._begun[actor], self) is self:
            del self._begun[actor]
            self._done[actor] += 1

    def _is_ready(self, actor: str) -> bool:
        if self._done[actor] == len(self._programs[actor]):
            return False
        if actor in self._forked and actor not in self._mms:
            return False
        if actor in self._mms and self._mms[actor].exited:
            return False
        step = self.next_step(actor)
        if step.verb == "wait":
            mm = self._mms.get(step.names[0])
            return mm is not None and mm.exited
        if step.verb in NEEDS_HANDLE:
            return self._usable(step.names[0])
        return True

    def _usable(self, name: str) -> bool:
        handle = self._handles.get(name)
        return handle is not None and (isinstance(handle, Page) or handle.in_flight)

    def state(self) -> State:
        """Return what tells this world apart from others, whatever way led to it.

        Frames are named in the order in which they are met, so that two machines that gave them
        out in another order are the same.
        """
        numbers: dict[Folio, int] = {}
        fresh = count()

        def number(folio: Folio) -> int:
            return numbers[folio] if folio in numbers else numbers.setdefault(folio, next(fresh))

        processes = tuple(
            (name, mm.exited, mm.has_pinned, *(
                (vpn, number(page.folio), writable) for vpn, page, writable in mm.mapped()
            ))
            for name, mm in sorted(self._mms.items())
        )  # fmt: skip
        handles = tuple(
            (name, *_handle(handle, number)) for name, handle in sorted(self._handles.items())
        )
        folios = tuple(
            (n, f.refcount, f.pincount, f.mapcount, f.anon_exclusive, f.freed, _digest(f))
            for f, n in numbers.items()
        )
        programs = tuple(self._done.items())
        zero = self.kernel.zero_page.refcount
        return programs, tuple(self._begun), processes, handles, folios, zero, tuple(
            sorted(self.values.items())
        )  # fmt: skip

    def peek(self, actor: str, where: str) -> str | None:
        """Return the letter that a process would read now; None if it cannot."""
        name, offset = place(where)
        mm = self._mms.get(actor)
        if mm is None or mm.exited:
            return None
        page = mm.page_at(self._addresses[name] + offset)
        return "" if page is None else _letter(page._get_bytes(1, offset))

    def _mm(self, actor: str) -> Mm:
        return self._mms[actor]


def _handle(handle: DirectIO | Page | None, number: Callable[[Folio], int]) -> tuple[object, ...]:
    if isinstance(handle, Page):
        return (number(handle.folio),)
    if isinstance(handle, DirectIO):
        return (handle.in_flight, *(number(page.folio) for page in handle.pages))
    return (None,)


def _digest(folio: Folio) -> bytes:
    """Return the content of a folio in a few bytes."""
    frame = folio._bytes.get(0)
    return b"" if frame is None else blake2b(frame, digest_size=16).digest()


def _letter(data: bytes) -> str:
    return data.decode("ascii").strip("\0")


def _read(world: World, step: Step) -> None:
    name, offset = place(step.names[0])
    data = world._mms[step.actor].read(world._addresses[name] + offset, 1)
    world.values[step.names[1]] = _letter(data)


def _write(world: World, step: Step) -> None:
    name, offset = place(step.names[0])
    world._mms[step.actor].write(world._addresses[name] + offset, step.names[1].encode())


def _submit(world: World, step: Step) -> None:
    kernel, (handle, page) = world.kernel, step.names
    call = kernel.submit_dio_read if step.verb == "submit_dio_read" else kernel.submit_dio_write
    _take(world, handle, lambda: call(world._mms[step.actor], world._addresses[page], 1))


def _gup(world: World, step: Step) -> None:
    handle, page = step.names
    flags = sum(OPTIONS.get(option, 0) for option in step.options)
    call = getattr(world._mms[step.actor], step.verb)
    _take(world, handle, lambda: call(world._addresses[page], 1, flags)[0])


def _take(world: World, name: str, call: Callable[[], DirectIO | Page]) -> None:
    """Keep what a call returns; an error is a value that the outcome shows."""
    try:
        world._handles[name] = call()
    except OSError as error:
        world._handles[name] = None
        world.values[name] = errno.errorcode[error.errno or 0]


def _release(world: World, step: Step) -> None:
    page = world._handles[step.names[0]]
    getattr(world.kernel, step.verb)(page)
    world._handles[step.names[0]] = None


def _on_page(world: World, step: Step) -> None:
    mm, addr = world._mms[step.actor], world._addresses[step.names[0]]
    if step.verb == "munmap":
        mm.munmap(addr, PAGE_SIZE)
    else:
        mm.write_protect(addr)


def _fork(world: World, step: Step) -> None:
    world._mms[step.names[0]] = world._mms[step.actor].fork(step.names[0])


def _fork_in_steps(world: World, step: Step) -> Iterator[None]:
    fork = world._mms[step.actor].fork_in_steps(step.names[0])
    yield from fork
    world._mms[step.names[0]] = fork.child


def _exit(world: World, step: Step) -> None:
    world._mms[step.actor].exit()


def _wait(world: World, step: Step) -> None:
    """Nothing to do: the step is ready when the other has exited."""


def _device_write(world: World, step: Step) -> None:
    handle, letter = world._handles[step.names[0]], step.names[1]
    if handle is not None:
        handle.device_write(letter.encode() * PAGE_SIZE)


def _device_read(world: World, step: Step) -> None:
    handle = world._handles[step.names[0]]
    if handle is not None:
        world.values[step.names[1]] = _letter(handle.device_read(1))


def _complete(world: World, step: Step) -> None:
    handle = world._handles[step.names[0]]
    if isinstance(handle, DirectIO):
        handle.complete()


DO: Mapping[str, Callable[[World, Step], None]] = {
    "read": _read,
    "write": _write,
    "submit_dio_read": _submit,
    "submit_dio_write": _submit,
    "get_user_pages": _gup,
    "pin_user_pages": _gup,
    "put_page": _release,
    "unpin_user_page": _release,
    "munmap": _on_page,
    "write_protect": _on_page,
    "fork": _fork,
    "wait": _wait,
    "exit": _exit,
    "device_write": _device_write,
    "device_read": _device_read,
    "complete": _complete,
}
"""What each step does."""

SPLIT: Mapping[str, Callable[[World, Step], Iterator[None]]] = {"fork": _fork_in_steps}
"""Steps that can be split, as iterators that pause where others may get in."""

NEEDS_HANDLE = {"put_page", "unpin_user_page", "device_write", "device_read", "complete"}
"""Steps that wait until what they name is there."""
