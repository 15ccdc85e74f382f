"""Questions: what has to be left at the end of an order, as text that can be asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from typing import NamedTuple

from pinlab.explore.scenario import ZERO, Scenario, no_page
from pinlab.explore.verbs import letter, place
from pinlab.model.arguments import cut, instance, shown

FREED = "used after it was freed"
WAITING = "still waiting"
REMARKS = (FREED, WAITING)
"""Names in an outcome; no value that somebody reads can be called so."""

_TERM = re.compile(r"(?P<name>\w+(:[\w+]+)?)\s*(?P<sign>!?=)\s*(?P<value>\w+)")


class Left(Mapping[str, str]):
    """What is left at an end: the places that are watched, values and errors, by name.

    Any other byte that a process still has can be asked for as well, without being listed; one
    that nobody wrote is "". What is not there, as the memory of a process that has exited, is a
    KeyError; ValueError for a name that the scenario cannot have, and for a value that one is
    compared with and cannot have.
    """

    def __init__(
        self, scenario: Scenario, shown: Mapping[str, str], pages: Mapping[str, bytes]
    ) -> None:
        self.scenario = scenario
        self._shown, self.pages = shown, pages

    def __getitem__(self, name: str) -> str:
        found = self._shown.get(name)
        if found is None:
            require_name(self.scenario, instance("name", name, str))
            if not _is_place(name):
                raise KeyError(name)
            actor, _, where = name.rpartition(":")
            page, offset = place(where)
            found = letter(self.pages[f"{actor}:{page}"][offset : offset + 1])
        return Value(found, name, possible(self.scenario, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._shown)

    def __len__(self) -> int:
        return len(self._shown)

    def __repr__(self) -> str:
        return f"<Left {dict(self._shown)}>"


class Value(str):
    """What is left under a name; ValueError where it is compared with what that cannot be.

    possible is empty where that is not known, as of `broken`.
    """

    name: str
    possible: tuple[str, ...]

    def __new__(cls, value: str, name: str = "", possible: tuple[str, ...] = ()) -> Value:
        """Return a value of a name that can have those that are possible."""
        found = super().__new__(cls, value)
        found.name, found.possible = name, possible
        return found

    def __eq__(self, other: object) -> bool:
        if type(other) is str and self.possible and other not in self.possible:
            allowed = ", ".join(map(repr, self.possible))
            raise ValueError(f"{self.name} cannot be {shown(other)}, only {allowed}")
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def possible(scenario: Scenario, name: str) -> tuple[str, ...]:
    """Return what a place or a value can be; nothing if that is not known."""
    return scenario.letters if _is_place(name) else scenario.values.get(name, ())


def _is_place(name: str) -> bool:
    """Whether it is like parent:x, and not a value, or a step like parent: write x P."""
    return ":" in name and ": " not in name


def require_name(scenario: Scenario, name: str) -> None:
    """Raise ValueError for a place that is not there, and for what no step leaves."""
    if not _is_place(name):
        if name not in {*scenario.values, *map(str, scenario.all_steps), *REMARKS}:
            known = ", ".join(sorted(scenario.values)) or "none"
            raise ValueError(f"there is no value {shown(name)}; the values are: {known}")
        return
    actor, _, where = name.rpartition(":")
    if actor not in scenario.processes:
        known = ", ".join(scenario.processes)
        raise ValueError(f"there is no process {shown(actor)}, only {known}")
    if place(where)[0] not in scenario.memory:
        raise ValueError(no_page(scenario.memory, where))


class Comparison(NamedTuple):
    """One comparison: a place (parent:x+8) or a value (v), and a letter or a word."""

    name: str
    equal: bool
    value: str

    @property
    def place(self) -> str:
        """The place in a process's memory, empty for a value."""
        return self.name.partition(":")[2]

    @property
    def actor(self) -> str:
        """The process whose memory it is, empty for a value."""
        return self.name.rpartition(":")[0]

    def excludes(self, other: Comparison) -> bool:
        """Whether it leaves no room for another one; x and x+0 are the same byte."""
        same = self.name.removesuffix("+0") == other.name.removesuffix("+0")
        return same and self.equal and (self.value == other.value) != other.equal

    def __str__(self) -> str:
        return f"{self.name} {'=' if self.equal else '!='} {spelled(self.value)}"

    def check(self, scenario: Scenario) -> None:
        """Raise ValueError for a name or a value that the scenario cannot have."""
        require_name(scenario, self.name)
        values = possible(scenario, self.name)
        if self.value not in values:
            allowed = ", ".join(map(spelled, values)) or "nothing"
            raise ValueError(f"{self.name} cannot be {cut(spelled(self.value))}, only {allowed}")


class Question:
    """A conjunction of terms, asked of what is left at the end.

    A process that has exited has no memory, and a value that was never read is none: no place of
    the one and not the other is equal to anything. ValueError for a text that is no question, and
    when it is asked for a term that the scenario cannot have.

    >>> Question("parent:x = A and v != zero")({"parent:x": "A", "v": "P"})
    True
    """

    def __init__(self, text: str) -> None:
        self.text = instance("the text of a question", text, str)
        self.terms = tuple(_term(part) for part in text.split(" and "))

    def check(self, scenario: Scenario) -> None:
        """Raise ValueError for names and values that the scenario cannot have, one or together."""
        instance("scenario", scenario, Scenario)
        for term in self.terms:
            term.check(scenario)
        for one, other in permutations(self.terms, 2):
            if one.excludes(other):
                raise ValueError(f"{one} and {other}: nothing is both")

    def __call__(self, left: Mapping[str, str]) -> bool:
        """Return whether all terms hold."""
        if isinstance(left, Left):
            self.check(left.scenario)
        return all((left.get(t.name) == t.value) == t.equal for t in self.terms)

    def __str__(self) -> str:
        return self.text


def _term(part: str) -> Comparison:
    found = _TERM.fullmatch(part.strip())
    if found is None:
        told = f"{shown(part.strip())} has to be like parent:x = A or v != {ZERO}"
        raise ValueError(f"{told}: the text of a question")
    value = "" if found["value"] == ZERO else found["value"]
    return Comparison(found["name"], found["sign"] == "=", value)


def spelled(value: str) -> str:
    """Return a value as questions spell it.

    >>> spelled("A"), spelled("")
    ('A', 'zero')
    """
    return value or ZERO


Ask = str | Callable[[Mapping[str, str]], bool]
"""A question: its text (`parent:x = A and v != P`), or a function of what is left."""


def asked(question: Ask) -> Callable[[Left], bool]:
    """Return a question as a function; TypeError for what is none, and for another answer."""
    if isinstance(question, str):
        return Question(question)
    if not callable(question):
        raise TypeError(f"question is {shown(question)}: it has to be a text or a function")

    def answer(left: Left) -> bool:
        found = question(left)
        if not isinstance(found, bool):
            raise TypeError(f"the question returned {shown(found)}: it has to return True or False")
        return found

    return answer
