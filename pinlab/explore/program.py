"""Programs: a few steps for each actor, in the model's own vocabulary, one line of text each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from pinlab.model.arguments import cut, instance, mapping, several, shown
from pinlab.model.folio import PAGE_SIZE

PARENT = "parent"
"""The process that is there from the beginning."""

MOST_STEPS = 100
"""Steps of all actors together; the orders of so many are beyond anybody's patience."""

MOST_PAGES = 100
MOST_TIMES = 2**20

ZERO = "zero"
"""What stands for a byte that nobody wrote."""

HUGE = "huge"
"""What stands for a 2 MiB folio in place of a page, never touched."""

ACTOR = re.compile(r"(?P<process>[a-z]\w*)(/(?P<thread>\d+))?")
"""A process or a device, or one more thread of a process: parent, device, parent/2."""

BROKEN = "broken"
"""The name under which broken invariants stand beside values that were read."""

PLACE = re.compile(r"(?P<page>[a-z]\w*)(?:\+(?P<offset>[0-9]{1,4}))?")
"""A page by its name, and a byte in it: x or x+8."""

VERBS: Mapping[str, str] = {
    "read": "place value",
    "write": "place letter",
    "submit_dio_read": "request page",
    "submit_dio_write": "request page",
    "get_user_pages": "hold page [write] [times=N]",
    "get_user_pages_fast": "hold page [write]",
    "pin_user_pages": "hold page [write] [longterm]",
    "pin_user_pages_fast": "hold page [write] [longterm] [split]",
    "put_page": "hold",
    "unpin_user_page": "hold",
    "munmap": "page",
    "write_protect": "page",
    "mlock": "page",
    "munlock": "page",
    "register_buffer": "buffer page",
    "unregister": "buffer",
    "fork": "process [split]",
    "wait": "process",
    "signal": "signal",
    "await": "signal",
    "exit": "",
    "device_write": "request-hold-or-buffer letter [bytes=N]",
    "device_read": "request-hold-or-buffer value",
    "complete": "request",
}
"""Every step and what follows it; what is in brackets may be left out."""

OF_A_DEVICE = (
    "put_page", "unpin_user_page", "device_write", "device_read", "complete", "unregister",
    "signal", "await",
)  # fmt: skip
"""Steps that need no memory of one's own."""

SMALL_ONLY = ("fork", "write_protect")
"""Steps that nobody can do where there is a 2 MiB folio."""

TARGET = "request-hold-or-buffer"
"""What a device works on: a handle like r, from a byte on like r+512."""

MADE_BY: Mapping[str, tuple[str, ...]] = {
    "request": ("submit_dio_read", "submit_dio_write"),
    "hold": ("get_user_pages", "get_user_pages_fast", "pin_user_pages", "pin_user_pages_fast"),
    "buffer": ("register_buffer",),
    "process": ("fork",),
    "signal": ("signal",),
}
"""Which steps make what a name stands for."""

TAKES = (*MADE_BY["request"], *MADE_BY["hold"], *MADE_BY["buffer"])
"""Steps that make a handle, or leave the error in its place."""

READS = ("read", "device_read")
"""Steps that leave a value."""

ERRORS: Mapping[str, tuple[str, ...]] = {"read": ("EFAULT",)} | dict.fromkeys(
    TAKES, ("EFAULT", "ENOMEM")
)
"""What a step may leave in place of what it reads or makes."""


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
    def process(self) -> str:
        """Whose memory the step works on."""
        return self.actor.partition("/")[0]

    @property
    def line(self) -> str:
        """The step as a program has it."""
        times = [f"times={self.times}"] if self.times > 1 else []
        nbytes = [] if self.nbytes is None else [f"bytes={self.nbytes}"]
        return " ".join([self.verb, *self.names, *sorted(self.options), *times, *nbytes])

    def __str__(self) -> str:
        return f"{self.actor}: {self.line}"


def parse_step(actor: str, line: str) -> Step:
    """Return a line as a step; ValueError names what is wrong with it.

    >>> parse_step("parent", "write x+8 P").names
    ('x+8', 'P')
    """
    verb, *words = instance("step", line, str).split() or [""]
    if verb not in VERBS:
        raise ValueError(f"{shown(line)}: there is no step {shown(verb)}, only {', '.join(VERBS)}")
    wanted = VERBS[verb].split()
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
        room = PAGE_SIZE - place(names[0])[1]
        nbytes = _number(line, "bytes", numbers["bytes"], room)
    options = frozenset(word for word in rest if "=" not in word)
    return Step(actor, verb, tuple(names), options, times, nbytes)


def _check_name(line: str, kind: str, name: str) -> None:
    if kind == "letter" and not re.fullmatch(r"[A-Za-z]", name):
        raise ValueError(f"{shown(line)}: {shown(name)} has to be one letter")
    if kind in ("place", TARGET):
        place(name)
    elif kind != "letter" and not re.fullmatch(r"[a-z]\w*", name):
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
    found = PLACE.fullmatch(text)
    if found is None or int(found["offset"] or 0) >= PAGE_SIZE:
        raise ValueError(f"place is {shown(text)}: it has to be like x or x+8, up to x+4095")
    return found["page"], int(found["offset"] or 0)


@dataclass(frozen=True)
class Scenario:
    """A few actors with a straight program each, and the memory that the parent begins with.

    memory: what fills each page, by its name: a letter, or "zero" for a page never touched; or
    "huge" for a 2 MiB folio never touched, with which nobody forks.
    programs: the steps of each actor, one line each. The first process is `parent`; one that is
    forked begins when it is there; `parent/2` is one more thread of the parent. Who is neither,
    such as `device`, begins at once and has no memory of its own.
    watched: the places (x, x+8) that each process is asked for at the end; by default every page.
    Raises ValueError for a step that is none, or names that do not fit together.

    >>> Scenario({"x": "A"}, {"parent": ["fork child", "write x P"], "child": ["read x v"]})
    Scenario(memory={'x': 'A'}, programs={'parent': ['fork child', 'write x P'], 'child': \
['read x v']}, watched=None)
    """

    memory: Mapping[str, str]
    programs: Mapping[str, Sequence[str]]
    watched: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.watched is not None:
            several("watched", self.watched, str)
        if len(mapping("memory", self.memory)) > MOST_PAGES:
            raise ValueError(f"{len(self.memory)} pages: allowed are {MOST_PAGES}")
        for page, letter in self.memory.items():
            instance(f"memory of {shown(page)}", letter, str)
            if place(page)[1] or not re.fullmatch(f"[A-Za-z]|{ZERO}|{HUGE}", letter):
                allowed = f"it has to be like x = A or x = {ZERO} (or x = {HUGE})"
                raise ValueError(f"{page} = {letter}: {allowed}")
        _check_programs(self.programs)
        _check_actors(self)
        _check_names(self.memory, self.all_steps)
        for where in self.places:
            if place(where)[0] not in self.memory:
                raise ValueError(f"watched {where}: {no_page(self.memory, where)}")

    @cached_property
    def steps(self) -> Mapping[str, tuple[Step, ...]]:
        """Every actor's program."""
        return {
            actor: tuple(parse_step(actor, line) for line in lines)
            for actor, lines in self.programs.items()
        }

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """The parent and everybody that is forked."""
        return (PARENT, *(step.names[0] for step in self.all_steps if step.verb == "fork"))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """What each process is asked for at the end."""
        return tuple(self.memory) if self.watched is None else several("watched", self.watched, str)

    @cached_property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """What every value can be, by its name, and every handle: that may be an error instead."""
        return {
            step.names[-1 if step.verb in READS else 0]: ERRORS.get(step.verb, ())
            + (self.letters if step.verb in READS else ())
            for step in self.all_steps
            if step.verb in (*READS, *TAKES)
        }

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """What a byte can be: the letters of memory and of steps, and "" where no one wrote."""
        fills = ("" if fill in (ZERO, HUGE) else fill for fill in self.memory.values())
        written = (
            name for step in self.all_steps for kind, name in kinds(step) if kind == "letter"
        )
        return tuple(dict.fromkeys((*fills, *written)))

    @cached_property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps of all actors."""
        return tuple(step for steps in self.steps.values() for step in steps)


def kinds(step: Step) -> Iterator[tuple[str, str]]:
    """Yield what each name of a step stands for, and the name."""
    return zip(VERBS[step.verb].split(), step.names, strict=False)


def _check_programs(programs: Mapping[str, Sequence[str]]) -> None:
    """Raise an error for programs that are none, and for too many, before a step is read."""
    mapping("programs", programs)
    for actor, lines in programs.items():
        check_actor(actor)
        if isinstance(lines, str | bytes) or not isinstance(lines, Sequence):
            told = f"programs of {actor} is {shown(lines)}"
            raise TypeError(f"{told}: it has to be a sequence of lines")
    check_length(sum(map(len, programs.values())))


def check_length(steps: int) -> None:
    """Raise ValueError for more steps than there may be."""
    if steps > MOST_STEPS:
        raise ValueError(f"{steps} steps: allowed are {MOST_STEPS}")


def _check_actors(scenario: Scenario) -> None:
    """Raise MisfitError for a step that somebody cannot do."""
    for step in scenario.all_steps:
        if step.process not in scenario.processes and step.verb not in OF_A_DEVICE:
            raise MisfitError(step, f"{cut(step.process)} is no process, as nobody forks it")
        if step.verb in SMALL_ONLY and HUGE in scenario.memory.values():
            raise MisfitError(step, "it is modelled for 4 KiB pages only")


def check_actor(name: str) -> None:
    """Raise ValueError for what cannot be the name of an actor."""
    if ACTOR.fullmatch(name) is None:
        raise ValueError(f"actor is {shown(name)}: it has to be like parent, device or parent/2")


class MisfitError(ValueError):
    """A step whose names do not fit the others'."""

    def __init__(self, step: Step, text: str) -> None:
        super().__init__(f"{cut(str(step))}: {text}")
        self.step = step


def _check_names(memory: Mapping[str, str], steps: Iterable[Step]) -> None:
    """Raise MisfitError for a page, a process or a handle that nobody makes, or one made twice."""
    made: dict[str, str] = {PARENT: "fork", BROKEN: "check"}
    for step in steps:
        for kind, name in kinds(step):
            if step.verb in MADE_BY.get(kind, ()) or kind == "value":
                if name in made:
                    raise MisfitError(step, f"there is a {shown(name)} already")
                made[name] = step.verb
    for step in steps:
        for kind, name in kinds(step):
            if kind in ("page", "place") and place(name)[0] not in memory:
                raise MisfitError(step, no_page(memory, name))
            makers = TAKES if kind == TARGET else MADE_BY.get(kind, ())
            handle = place(name)[0] if kind == TARGET else name
            if makers and made.get(handle) not in makers:
                raise MisfitError(step, f"{shown(handle)} is made by none of {', '.join(makers)}")
            if step.verb == "device_write" and made.get(handle) == "submit_dio_write":
                raise MisfitError(step, f"{cut(handle)} is to disk, its device only reads memory")


def no_page(memory: Mapping[str, str], where: str) -> str:
    """Return the complaint about a page that is not there."""
    return f"there is no page {shown(place(where)[0])}, only {', '.join(memory) or 'none'}"
