"""Arguments: what a caller hands over, checked before anything changes."""

import operator
import os
import reprlib
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import SupportsIndex, TypeVar

T = TypeVar("T")

SIZE_MAX = 2**64 - 1
"""The largest size_t, which an address fits into and a length in bytes is."""

LONGEST = 60
"""The most characters of a value in a message: about a line of a screen, with what is around it."""


MOST_THINGS = 2**22
"""Twice the pins of the mail, to be given back in one call."""


class _Short(reprlib.Repr):
    """What is long is cut before its repr is made, which may take more memory than there is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxlong = self.maxother = LONGEST

    def repr_int(self, x: int, level: int) -> str:
        """As the original; a number with more digits than Python writes is told by its bits."""
        if x.bit_length() > 1000:
            return f"a number of {x.bit_length()} bits"
        return super().repr_int(x, level)

    repr_bytes = repr_bytearray = reprlib.Repr.repr_str


def shown(value: object) -> str:
    """Return a value as a message shows it: its repr in one line, cut to LONGEST characters."""
    return cut(" ".join(_Short().repr(value).split("\n")))


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text, or its beginning, if it has more than so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


MOST_SHOWN = 300
"""Characters of somebody's text, or of a state, that an answer has room for."""


def in_a_line(text: str) -> str:
    """Return a text in one line of at most MOST_SHOWN characters."""
    return cut(" ".join(text.split()), MOST_SHOWN)


def whole(name: str, value: SupportsIndex, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int if it is a whole number from `low` to `high` (both allowed).

    Raises TypeError (a bool, a float, a str ...) or ValueError, naming the value and the range.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"{name} is {shown(value)}: it has to be a whole number{_range(low, high)}")
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{name} is {shown(number)}: allowed are whole numbers{_range(low, high)}")
    return number


def _range(low: int | None, high: int | None) -> str:
    if low is None:
        return ""
    return f" from {low} on" if high is None else f" from {low} to {high}"


def instance(name: str, value: object, kind: type[T]) -> T:
    """Return `value` if it is an instance of `kind`; TypeError naming both otherwise."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {shown(value)}: it has to be of type {kind.__name__}")
    return value


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of some words; TypeError for what is no str, else ValueError."""
    if isinstance(value, str) and value in choices:
        return value
    error = ValueError if isinstance(value, str) else TypeError
    named = choices if "," not in "".join(choices) else map(repr, choices)
    raise error(f"{name} is {shown(value)}: allowed are {', '.join(named)}")


def sequence(
    name: str, value: Iterable[T], of: str = "things", most: int = MOST_THINGS
) -> tuple[T, ...]:
    """Return the things in `value`; TypeError for what has none, and for a str.

    Raises ValueError for more than `most` of them, with or without an end.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise TypeError(f"{name} is {shown(value)}: it has to be a sequence of {of}")
    things = tuple(islice(value, most + 1))
    if len(things) > most:
        raise ValueError(f"{name} has more than {most} things: allowed are at most so many")
    return things


def several(name: str, value: Iterable[T], kind: type[T]) -> tuple[T, ...]:
    """Return the things in `value`, each of a kind; TypeError for one that is not, or a str."""
    things = sequence(name, value, kind.__name__)
    return tuple(instance(f"a thing in {name}", thing, kind) for thing in things)


def mapping(name: str, value: object) -> Mapping[str, object]:
    """Return `value` if it is a mapping whose keys are names; TypeError otherwise."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} is {shown(value)}: it has to be a dict with names as keys")
    return value


def function(name: str, value: T) -> T:
    """Return `value` if it can be called; TypeError otherwise."""
    if not callable(value):
        raise TypeError(f"{name} is {shown(value)}: it has to be a function")
    return value


def path(name: str, value: object) -> Path:
    """Return `value` as a path; TypeError for what is none, ValueError for a NUL in it."""
    if not isinstance(value, str | bytes | os.PathLike):
        raise TypeError(f"{name} is {shown(value)}: it has to be a path of a file or folder")
    text = os.fsdecode(value)
    if "\0" in text:
        raise ValueError(f"{name} is {shown(text)}: no path has a NUL character in it")
    return Path(text)


def address(value: SupportsIndex) -> int:
    """Return `addr` as an int if it fits into a pointer of 64 bits; raises as `whole`."""
    return whole("addr", value, 0, SIZE_MAX)


def octets(name: str, value: object, most: int) -> bytes:
    """Return `value` as bytes; TypeError if it is none, ValueError for more than so many."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{name} is {shown(value)}: it has to be bytes")
    if len(value) > most:
        raise ValueError(f"{name} has {len(value)} bytes: allowed are at most {most}")
    return bytes(value)
