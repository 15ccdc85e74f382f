"""Tasks: the open question at the end of a lesson, with many right answers, judged by the model.

A task's text names a function of the lesson's module. That one tries an answer and returns what
became of it; the text has a sentence for each condition that an answer may miss.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from traceback import walk_tb
from types import FunctionType
from typing import Any

from pinlab.lab.exercise import Exercise, slip, tried
from pinlab.lab.reply import Reply, literal
from pinlab.lab.text import listed
from pinlab.model.arguments import function, in_a_line, mapping, shown
from pinlab.model.invariants import broken
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace

PACKAGE = Path(__file__).parents[1]

COUNTED = {"refcount-is-the-holds", "pincount-is-the-pins"}
"""What no story breaks, with whatever bug: the ledger knows of releases without a hold, too."""

MOST_EVENTS = 24
"""Of a trace: so many fit on a screen, and the last ones tell how it ended."""


@dataclass(frozen=True)
class Trial:
    """What became of an answer: what it did, what shows it, and the first condition it misses.

    misses is None if all was done that was asked for; found has what there was in the place of
    that, by the names which the condition's sentence has in braces.
    """

    did: str
    shown: object = ""
    misses: str | None = None
    found: Mapping[str, object] = field(default_factory=dict)

    def missing(self, condition: str, **found: object) -> Trial:
        """Return the same, with a condition that it misses."""
        return replace(self, misses=condition, found=found)

    def checked(self, conditions: Mapping[str, bool], **found: object) -> Trial:
        """Return the same, with the first of some conditions that does not hold, if any."""
        first = next((name for name, holds in conditions.items() if not holds), None)
        return self if first is None else self.missing(first, **found)

    @property
    def details(self) -> str:
        """What shows it, as text: of a long trace its end."""
        if isinstance(self.shown, Trace) and len(self.shown) > MOST_EVENTS:
            head = f"The last {MOST_EVENTS} of {len(self.shown)} events:"
            return f"{head}\n{self.shown[-MOST_EVENTS:]}"
        return str(self.shown)


def play(mine: Callable[..., object], kernel: Kernel, *more: object) -> object:
    """Let a reader's function work on a machine, to its end if it is a story; return its result.

    Raises TypeError for what is no function, ValueError where it has set a counter by hand.
    """
    made = function("mine", mine)(kernel, *more)
    for _ in made if isinstance(made, Iterator) else ():
        pass
    if broken(kernel).keys() & COUNTED:
        raise ValueError("mine has set a counter by hand: allowed is what the kernel does")
    return made


def parts(mine: object, *names: str) -> list[Any]:
    """Return what a dict has under some names; raises TypeError or ValueError for another one."""
    asked = mapping("mine", mine)
    if set(asked) != set(names):
        raise ValueError(f"mine is {shown(mine)}: it has to have {listed(names)}, and nothing else")
    return [asked[name] for name in names]


@dataclass(frozen=True, kw_only=True)
class Task(Exercise):
    """Something to make: `judge` tries it, `conditions` has a sentence for each that it may miss.

    `source` is one of many right answers, `beginning` what there is to begin with; each is Python
    and names it `mine`.
    """

    OWN = Callable

    judge: Callable[[Any], Trial]
    conditions: Mapping[str, str]
    source: str
    beginning: str

    def solution(self) -> object:
        """Return one right answer, as `check` takes it."""
        return _mine(self.source)

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return nothing: what an answer lacks, it is told when it is tried."""
        return ()

    def _judging(self, answer: object) -> Callable[[], Reply]:
        if callable(answer):
            return partial(self._judge, answer)
        return partial(self._told, self.judge(answer), answer)  # it is plain data, and runs nothing

    def _judge(self, answer: Callable[..., object]) -> Reply:
        errors: list[BaseException] = []
        came, trouble = tried(lambda: self._kept(answer, errors))
        if trouble is None:
            return self._told(came[0], answer)
        line = next(map(_line_of, errors), "")
        if errors and isinstance(unfit := errors[0], TypeError | ValueError) and not line:
            return slip(unfit)
        return self._wrong(f"`mine` {trouble}{line}.")

    def _kept(self, answer: object, errors: list[BaseException]) -> Trial:
        """Judge an answer, and keep the error that ends it, for the place where it was raised."""
        try:
            return self.judge(answer)
        except BaseException as error:  # as in `stopped`, which tells what it says
            errors.append(error)
            raise

    def _told(self, found: Trial, answer: object) -> Reply:
        if found.misses is None:
            return replace(self._right(found.did), details=found.details)
        told = f"{found.did} {self.conditions[found.misses].format_map(found.found)}"
        if _alike(answer, _mine(self.beginning)):
            return Reply(f"The beginning: {told}", details=found.details)
        return self._wrong(told, details=found.details)

    def _wanted(self) -> str:
        return "`mine` is still to be written"


def _mine(source: str) -> object:
    names: dict[str, object] = {}
    exec(source, names)
    return names["mine"]


def _alike(one: object, other: object) -> bool:
    """Whether two answers are the same; functions are if their lines are."""
    if isinstance(one, FunctionType) and isinstance(other, FunctionType):
        codes = (one.__code__, other.__code__)
        first, second = ((code.co_code, code.co_consts, code.co_names) for code in codes)
        return first == second
    return not callable(one) and one == other


def _line_of(error: BaseException) -> str:
    """Where in the reader's code an error came up: at the first place on its way that is not ours.

    Nothing for an error that is all ours, as one about an answer of another kind.
    """
    for frame, number in walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if not Path(file).is_relative_to(PACKAGE):
            text = in_a_line(linecache.getline(file, number, frame.f_globals))
            quoted = literal(text) if "`" in text else f"`{text}`"
            return f" (line {number}: {quoted})" if text else f" (line {number})"
    return ""
