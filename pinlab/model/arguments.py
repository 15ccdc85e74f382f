"""Arguments: what a caller hands over, checked before anything changes."""

import operator
import reprlib
from typing import SupportsIndex, TypeVar

T = TypeVar("T")

LONGEST = 60
"""The most characters of a value in a message: about a line of a screen, with what is around it."""


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
    text = " ".join(_Short().repr(value).split("\n"))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


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


def octets(name: str, value: object) -> bytes:
    """Return `value` as bytes; TypeError if it is not bytes, bytearray or memoryview."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{name} is {shown(value)}: it has to be bytes")
    return bytes(value)
