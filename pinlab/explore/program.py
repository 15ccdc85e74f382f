"""Programs: a few steps for each actor, in the model's own vocabulary, one line of text each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

PARENT = "parent"
"""The process that is there from the beginning."""

PLACE = re.compile(r"(?P<page>[a-z]\w*)(?:\+(?P<offset>\d+))?")
"""A page by its name, and a byte in it: x or x+8."""

VERBS: Mapping[str, str] = {
    "read": "place value",
    "write": "place letter",
    "submit_dio_read": "request page",
    "submit_dio_write": "request page",
    "get_user_pages": "hold page [write]",
    "pin_user_pages": "hold page [write] [longterm] [split]",
    "put_page": "hold",
    "unpin_user_page": "hold",
    "munmap": "page",
    "write_protect": "page",
    "fork": "process [split]",
    "wait": "process",
    "exit": "",
    "device_write": "request-or-hold letter",
    "device_read": "request-or-hold value",
    "complete": "request",
}
"""Every step and what follows it; what is in brackets may be left out."""


MAKERS = ("submit_dio_read", "submit_dio_write", "get_user_pages", "pin_user_pages", "fork")
"""Steps that make what their first name stands for from then on."""


class Step(NamedTuple):
    """One line of a program: who does it, what, and to what."""

    actor: str
    verb: str
    names: tuple[str, ...]
    options: frozenset[str]

    def __str__(self) -> str:
        return f"{self.actor}: {' '.join([self.verb, *self.names, *sorted(self.options)])}"


def parse_step(actor: str, line: str) -> Step:
    """Return a line as a step; ValueError names what is wrong with it.

    >>> parse_step("parent", "write x+8 P").names
    ('x+8', 'P')
    """
    verb, *words = line.split()
    if verb not in VERBS:
        raise ValueError(f"{line!r}: there is no step {verb!r}, only {', '.join(VERBS)}")
    wanted = VERBS[verb].split()
    needed = [word for word in wanted if not word.startswith("[")]
    allowed = {word.strip("[]") for word in wanted} - set(needed)
    names, options = words[: len(needed)], words[len(needed) :]
    if len(names) < len(needed) or not set(options) <= allowed:
        raise ValueError(f"{line!r}: it has to be {' '.join([verb, *wanted])}")
    if "letter" in needed and not re.fullmatch(r"[A-Za-z]", names[-1]):
        raise ValueError(f"{line!r}: {names[-1]!r} has to be one letter")
    return Step(actor, verb, tuple(names), frozenset(options))


def place(text: str) -> tuple[str, int]:
    """Return a page's name and a byte in it; ValueError for anything else.

    >>> place("x+8")
    ('x', 8)
    """
    found = PLACE.fullmatch(text)
    if found is None or int(found["offset"] or 0) > 4095:
        raise ValueError(f"place is {text!r}: it has to be like x or x+8, up to x+4095")
    return found["page"], int(found["offset"] or 0)


@dataclass(frozen=True)
class Scenario:
    """A few actors with a straight program each, and the memory that the parent begins with.

    memory: a letter that fills the page, or "" for one that was never written, by page name.
    programs: the steps of each actor, one line each. The first process is `parent`; a process that
    is forked begins when it is there. `device` and other names that nobody forks begin at once.
    watched: places (x, x+8) whose letter each process sees at the end is part of the outcome.
    Raises ValueError for a step that is none, or names that do not fit together.
    """

    memory: Mapping[str, str]
    programs: Mapping[str, tuple[str, ...]]
    watched: tuple[str, ...] = ("x",)

    def __post_init__(self) -> None:
        for letter in self.memory.values():
            if not re.fullmatch(r"[A-Za-z]?", letter):
                raise ValueError(f"memory has {letter!r}: allowed are one letter and the empty one")
        steps = [step for actor in self.programs for step in self.steps(actor)]
        _check_names(self.memory, steps)

    def processes(self) -> list[str]:
        """Return the parent and everybody that is forked."""
        forked = (
            s.names[0] for actor in self.programs for s in self.steps(actor) if s.verb == "fork"
        )
        return [PARENT, *forked]

    def steps(self, actor: str) -> tuple[Step, ...]:
        """Return an actor's program."""
        return tuple(parse_step(actor, line) for line in self.programs[actor])


def _check_names(memory: Mapping[str, str], steps: list[Step]) -> None:
    """Raise ValueError for a page, a process or a handle that nobody makes, or one made twice."""
    made: set[str] = set()
    for step in steps:
        if step.verb in MAKERS:
            if step.names[0] in made:
                raise ValueError(f"{step}: {step.names[0]!r} is there already")
            made.add(step.names[0])
    for step in steps:
        for kind, name in zip(VERBS[step.verb].split(), step.names, strict=False):
            if kind in ("page", "place") and place(name)[0] not in memory:
                raise ValueError(f"{step}: no page {name!r}, only {', '.join(memory)}")
            if kind in ("process", "hold", "request", "request-or-hold") and name not in made:
                raise ValueError(f"{step}: nobody makes {name!r}")
