"""Questions: what has to be left at the end of an order, as text that can be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pinlab.model.arguments import instance, shown

ZERO = "zero"
"""What stands for a byte that nobody wrote."""

_TERM = re.compile(r"(?P<name>\w+(:[\w+]+)?)\s*(?P<sign>!?=)\s*(?P<value>\w+)")


class Term(NamedTuple):
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


class Question:
    """A conjunction of terms, asked of what is left at the end.

    A process that has exited has no memory, and a value that was never read is none: no place of
    the one and not the other is equal to anything. ValueError for a text that is no question.

    >>> Question("parent:x = A and v != zero")({"parent:x": "A", "v": "P"})
    True
    """

    def __init__(self, text: str) -> None:
        self.text = instance("text", text, str)
        self.terms = tuple(_term(part) for part in text.split(" and "))

    def __call__(self, left: Mapping[str, str]) -> bool:
        """Return whether all terms hold."""
        return all((left.get(t.name) == t.value) == t.equal for t in self.terms)

    def __str__(self) -> str:
        return self.text


def _term(part: str) -> Term:
    found = _TERM.fullmatch(part.strip())
    if found is None:
        told = f"{shown(part.strip())} has to be like parent:x = A or v != {ZERO}"
        raise ValueError(f"{told}: the text of a question")
    value = "" if found["value"] == ZERO else found["value"]
    return Term(found["name"], found["sign"] == "=", value)


def spelled(value: str) -> str:
    """Return a value as questions spell it.

    >>> spelled("A"), spelled("")
    ('A', 'zero')
    """
    return value or ZERO
