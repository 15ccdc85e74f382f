"""Scenarios: a few actors with a program each, and the memory that the first one begins with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pinlab.explore.verbs import TARGET, VERBS, Step, parse_step, place
from pinlab.model.arguments import cut, instance, mapping, several, shown

PARENT = "parent"
"""The process that is there from the beginning."""

MOST_STEPS = 100
"""Steps of all actors together; the orders of so many are beyond anybody's patience."""

MOST_PAGES = 100

ZERO = "zero"
"""What stands for a byte that nobody wrote."""

HUGE = "huge"
"""What stands for a 2 MiB folio in place of a page, never touched."""

ACTOR = re.compile(r"[a-z]\w*(/\d+)?")
"""A process or a device, or one more thread of a process: parent, device, parent/2."""


class MisfitError(ValueError):
    """A step whose names do not fit the others'."""

    def __init__(self, step: Step, text: str) -> None:
        super().__init__(f"{cut(str(step))}: {text}")
        self.step = step


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
        for page, fill in self.memory.items():
            instance(f"memory of {shown(page)}", fill, str)
            if place(page)[1] or not re.fullmatch(f"[A-Za-z]|{ZERO}|{HUGE}", fill):
                allowed = f"it has to be like x = A or x = {ZERO} (or x = {HUGE})"
                raise ValueError(f"{page} = {fill}: {allowed}")
        _check_programs(self.programs)
        _check_steps(self)
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
    def all_steps(self) -> tuple[Step, ...]:
        """The steps of all actors."""
        return tuple(step for steps in self.steps.values() for step in steps)

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
        leaving = [step for step in self.all_steps if step.leaves]
        return {s.leaves: s.row.errors + self.letters * s.row.reads for s in leaving}

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """What a byte can be: the letters of memory and of steps, and "" where no one wrote."""
        fills = ["" if fill in (ZERO, HUGE) else fill for fill in self.memory.values()]
        named = (pair for step in self.all_steps for pair in step.kinds())
        return tuple(dict.fromkeys([*fills, *(name for kind, name in named if kind == "letter")]))


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


def check_actor(name: str) -> None:
    """Raise ValueError for what cannot be the name of an actor."""
    if ACTOR.fullmatch(name) is None:
        raise ValueError(f"actor is {shown(name)}: it has to be like parent, device or parent/2")


def _check_steps(scenario: Scenario) -> None:
    """Raise MisfitError for a step that somebody cannot do, or what nobody makes, or two make."""
    memory, steps = scenario.memory, scenario.all_steps
    for step in steps:
        if step.process not in scenario.processes and not step.row.anybody:
            raise MisfitError(step, f"{cut(step.process)} is no process, as nobody forks it")
        if step.row.small_only and HUGE in memory.values():
            raise MisfitError(step, "it is modelled for 4 KiB pages only")
    made = {PARENT: "fork"}
    for step in steps:
        for kind, name in step.kinds():
            if kind in (step.row.makes, "value"):
                if name in made:
                    raise MisfitError(step, f"there is a {shown(name)} already")
                made[name] = step.verb
    for step in steps:
        for kind, name in step.kinds():
            if kind in ("page", "place") and place(name)[0] not in memory:
                raise MisfitError(step, no_page(memory, name))
            handle = place(name)[0] if kind == TARGET else name
            makers = [verb for verb, row in VERBS.items() if row.makes and row.makes in kind]
            if makers and made.get(handle) not in makers:
                raise MisfitError(step, f"{shown(handle)} is made by none of {', '.join(makers)}")
            if step.verb == "device_write" and made.get(handle) == "submit_dio_write":
                raise MisfitError(step, f"{cut(handle)} is to disk, its device only reads memory")


def no_page(memory: Mapping[str, str], where: str) -> str:
    """Return the complaint about a page that is not there."""
    return f"there is no page {shown(place(where)[0])}, only {', '.join(memory) or 'none'}"
