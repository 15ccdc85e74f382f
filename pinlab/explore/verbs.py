"""Verbs: what an actor can do, a row each, and the lines of text that programs are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pinlab.model.arguments import instance, shown
from pinlab.model.buffer import RDMA, RegisteredBuffer
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Page
from pinlab.model.gup import FOLL_GET, FOLL_LONGTERM, FOLL_WRITE

if TYPE_CHECKING:
    from pinlab.explore.world import World
    from pinlab.model.fork import Fork
    from pinlab.model.gup import FastPin

MOST_TIMES = 2**20

FLAGS = {"write": FOLL_WRITE, "longterm": FOLL_LONGTERM}

TARGET = "request-hold-or-buffer"
"""What a device works on: a handle like r, from a byte on like r+512."""

HANDLES = ("request", "hold", "buffer")

TAKEN = ("EFAULT", "ENOMEM")
"""What a step that takes pages may leave in place of the handle."""


class Taken(NamedTuple):
    """A page that somebody holds, some times over."""

    page: Page
    times: int


class Verb(NamedTuple):
    """A row of the table.

    words: what follows the verb; what is in brackets may be left out. does: what it does to a
    world at once; None for a fork. makes: what its first name stands for from then on. errors: what
    it may leave in place of what it reads or makes. anybody: it needs no memory of one's own.
    small_only: nobody can do it where there is a 2 MiB folio. begin: the operation that pauses
    where others may get in.
    """

    words: str
    does: Callable[[World, Step], object] | None
    makes: str = ""
    errors: tuple[str, ...] = ()
    anybody: bool = False
    small_only: bool = False
    begin: Callable[[World, Step], Fork | FastPin] | None = None

    @property
    def reads(self) -> bool:
        """Whether it leaves a value."""
        return self.words.endswith("value")

    @property
    def takes(self) -> bool:
        """Whether it makes a handle."""
        return self.makes in HANDLES

    @property
    def fast(self) -> bool:
        """Whether it is GUP-fast, which a fork of its process does not stop at once."""
        return self.takes and self.begin is not None

    @property
    def waits(self) -> bool:
        """Whether it waits for what it names."""
        return not self.makes and (self.anybody or self.words == "process")


class Step(NamedTuple):
    """One line of a program: who does it, what, and to what; `times` in one go.

    nbytes: how many a device writes; None for all to the end of the page.
    """

    actor: str
    verb: str
    names: tuple[str, ...]
    options: frozenset[str] = frozenset()
    times: int = 1
    nbytes: int | None = None

    @property
    def row(self) -> Verb:
        """What the table says of its verb."""
        return VERBS[self.verb]

    @property
    def process(self) -> str:
        """Whose memory the step works on."""
        return self.actor.partition("/")[0]

    @property
    def flags(self) -> int:
        """The flags of GUP among its options."""
        return sum(flag for option, flag in FLAGS.items() if option in self.options)

    @property
    def leaves(self) -> str:
        """The name of the value that it reads, or of the handle that it makes, if any."""
        return self.names[self.row.reads] if self.row.reads or self.row.takes else ""

    @property
    def line(self) -> str:
        """The step as a program has it."""
        times = [f"times={self.times}"] if self.times > 1 else []
        nbytes = [] if self.nbytes is None else [f"bytes={self.nbytes}"]
        return " ".join([self.verb, *self.names, *sorted(self.options), *times, *nbytes])

    def __str__(self) -> str:
        return f"{self.actor}: {self.line}"

    def kinds(self) -> Iterator[tuple[str, str]]:
        """Yield what each name stands for, and the name."""
        return zip(self.row.words.split(), self.names, strict=False)


def parse_step(actor: str, line: str) -> Step:
    """Return a line as a step; ValueError names what is wrong with it.

    >>> parse_step("parent", "write x+8 P").names
    ('x+8', 'P')
    """
    verb, *words = instance("step", line, str).split() or [""]
    if verb not in VERBS:
        raise ValueError(f"{shown(line)}: there is no step {shown(verb)}, only {', '.join(VERBS)}")
    wanted = VERBS[verb].words.split()
    needed = [word for word in wanted if not word.startswith("[")]
    names, rest = words[: len(needed)], words[len(needed) :]
    given = [re.sub(r"=.*", "=N", f"[{word}") + "]" for word in rest]
    if len(names) < len(needed) or len(set(given)) < len(given) or not set(given) <= set(wanted):
        raise ValueError(f"{shown(line)}: it has to be {' '.join([verb, *wanted])}")
    for kind, name in zip(needed, names, strict=True):
        _check_name(line, kind, name)
    numbers = dict(word.split("=", 1) for word in rest if "=" in word)
    times = _number(line, "times", numbers.get("times", "1"), MOST_TIMES)
    nbytes = None
    if "bytes" in numbers:
        nbytes = _number(line, "bytes", numbers["bytes"], PAGE_SIZE - place(names[0])[1])
    options = frozenset(word for word in rest if "=" not in word)
    return Step(actor, verb, tuple(names), options, times, nbytes)


def _check_name(line: str, kind: str, name: str) -> None:
    if kind in ("place", TARGET):
        place(name)
    elif kind == "letter":
        if not re.fullmatch(r"[A-Za-z]", name):
            raise ValueError(f"{shown(line)}: {shown(name)} has to be one letter")
    elif not re.fullmatch(r"[a-z]\w*", name):
        raise ValueError(f"{shown(line)}: {shown(name)} has to be a name, like x or child")


def _number(line: str, name: str, text: str, most: int) -> int:
    # Longer ones are too many whatever they are, and int() refuses to read very long ones.
    if not (re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= most):
        raise ValueError(f"{shown(line)}: {name} is {shown(text)}, allowed are 1 to {most}")
    return int(text)


@cache
def place(text: str) -> tuple[str, int]:
    """Return a page's name and a byte in it; ValueError for anything else.

    >>> place("x+8")
    ('x', 8)
    """
    found = re.fullmatch(r"([a-z]\w*)(?:\+([0-9]{1,4}))?", text)
    if found is None or int(found[2] or 0) >= PAGE_SIZE:
        raise ValueError(f"place is {shown(text)}: it has to be like x or x+8, up to x+4095")
    return found[1], int(found[2] or 0)


def letter(data: bytes) -> str:
    """Return a byte as a letter; nothing if nobody wrote it."""
    return data.decode("ascii").strip("\0")


def _read(world: World, step: Step) -> None:
    where, value = step.names
    world.values[value] = letter(world.mm(step).read(world.address(where), 1))


def _write(world: World, step: Step) -> None:
    where, stored = step.names
    world.mm(step).write(world.address(where), stored.encode())


def _submit(world: World, step: Step) -> None:
    handle, page = step.names
    call = getattr(world.kernel, step.verb)
    world.things[handle] = call(world.mm(step), world.address(page), 1)


def _gup(world: World, step: Step) -> None:
    handle, where = step.names
    call = getattr(world.mm(step), step.verb)
    (page,) = call(world.address(where), 1, step.flags)
    if step.times > 1:
        # Somebody asks again and again; the page is there now, so it comes down to an addition.
        world.kernel.try_grab_folio(page.folio, step.times - 1, FOLL_GET)
    world.things[handle] = Taken(page, step.times)


def _begin_fast(world: World, step: Step) -> FastPin:
    mm = world.mm(step)
    pins = step.verb == "pin_user_pages_fast"
    call = mm.pin_user_page_fast_in_steps if pins else mm.get_user_page_fast_in_steps
    return call(world.address(step.names[1]), step.flags)


def _of_a_range(world: World, step: Step) -> None:
    (page,) = step.names
    getattr(world.mm(step), step.verb)(world.address(page), world.size(page))


def _register_buffer(world: World, step: Step) -> None:
    handle, page = step.names
    # RDMA's, since VmPin has these in every release; of one page all else is as for io_uring.
    world.things[handle] = world.mm(step).register_buffer(world.address(page), 1, by=RDMA)


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
    thing = world.things[name]
    if isinstance(thing, Taken):
        return thing.page, offset
    if isinstance(thing, RegisteredBuffer):
        return thing.pages[0], offset
    return world.the(name, DirectIO), offset


def _nothing(world: World, step: Step) -> None:
    """Nothing to do: the step is ready when what it waits for has happened."""


VERBS: Mapping[str, Verb] = {
    "read": Verb("place value", _read, errors=("EFAULT",)),
    "write": Verb("place letter", _write),
    "submit_dio_read": Verb("request page", _submit, "request", TAKEN),
    "submit_dio_write": Verb("request page", _submit, "request", TAKEN),
    "get_user_pages": Verb("hold page [write] [times=N]", _gup, "hold", TAKEN),
    "get_user_pages_fast": Verb("hold page [write]", _gup, "hold", TAKEN, begin=_begin_fast),
    "pin_user_pages": Verb("hold page [write] [longterm]", _gup, "hold", TAKEN),
    "pin_user_pages_fast": Verb(
        "hold page [write] [longterm] [split]", _gup, "hold", TAKEN, begin=_begin_fast
    ),
    "put_page": Verb("hold", lambda w, s: w.kernel.put_page(*w.give_back(s)), anybody=True),
    "unpin_user_page": Verb(
        "hold", lambda w, s: w.kernel.unpin_user_page(w.give_back(s).page), anybody=True
    ),
    "munmap": Verb("page", _of_a_range),
    "write_protect": Verb(
        "page", lambda w, s: w.mm(s).write_protect(w.address(s.names[0])), small_only=True
    ),
    "mlock": Verb("page", _of_a_range),
    "munlock": Verb("page", _of_a_range),
    "register_buffer": Verb("buffer page", _register_buffer, "buffer", TAKEN),
    "unregister": Verb(
        "buffer", lambda w, s: w.the(s.names[0], RegisteredBuffer).unregister(), anybody=True
    ),
    "fork": Verb(
        "process [split]", None, "process", small_only=True,
        begin=lambda w, s: w.mm(s).fork_in_steps(s.names[0]),
    ),
    "wait": Verb("process", _nothing),
    "signal": Verb(
        "signal", lambda w, s: w.things.update({s.names[0]: s}), "signal", anybody=True
    ),
    "await": Verb("signal", _nothing, anybody=True),
    "exit": Verb("", lambda w, s: w.mm(s).exit()),
    "device_write": Verb(f"{TARGET} letter [bytes=N]", _device_write, anybody=True),
    "device_read": Verb(f"{TARGET} value", _device_read, anybody=True),
    "complete": Verb("request", lambda w, s: w.the(s.names[0], DirectIO).complete(), anybody=True),
}  # fmt: skip
"""Every step by its verb."""
