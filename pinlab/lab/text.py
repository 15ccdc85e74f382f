"""Words with numbers in them: plurals, lists, and powers of two beside their digits."""

from __future__ import annotations

from collections.abc import Iterable

from pinlab.model.counter import GUP_PIN_COUNTING_BIAS

FIRST = 10
"""Below 2^10 the digits are plainer than the power."""

LONG = 2**256
"""What is longer is told by its bits; from some 4300 digits on Python would not write it."""

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

LARGE = 20
"""From 2^20 on a number that is a pin more or less than a power is still written as one."""


def plural(number: int, noun: str) -> str:
    """Return the noun as it stands behind a number: in the plural, unless the number is 1.

    >>> plural(1, "write"), plural(64, "page")
    ('write', 'pages')
    """
    return noun if number == 1 else f"{noun}s"


def many(number: int, noun: str) -> str:
    """Return a number and its noun.

    >>> f"{many(1, 'write')} of {many(64, 'page')}"
    '1 write of 64 pages'
    """
    return f"{number} {plural(number, noun)}"


def listed(things: Iterable[str], word: str = "and") -> str:
    """Return one thing or more as a sentence lists them.

    >>> listed(["6.4", "6.1.130", "6.5"])
    '6.4, 6.1.130 and 6.5'
    """
    *others, last = things
    return f"{', '.join(others)} {word} {last}" if others else last


def powers(first: int, last: int) -> list[int]:
    """Return the powers of two from 2^first to 2^last."""
    return [2**exponent for exponent in range(first, last + 1)]


def two_to(exponent: int) -> str:
    """Return a power of two as it is written.

    >>> two_to(21)
    '2²¹'
    """
    return f"2{str(exponent).translate(RAISED)}"


def power(number: int) -> str | None:
    """Return a number as a power of two and a small rest, None where that is no help.

    >>> power(2**21), power(2**31 - 1023), power(1 - 2**31), power(1000000)
    ('2²¹', '2³¹ - 1023', '-2³¹ + 1', None)
    """
    size = abs(number)
    bits = size.bit_length()
    exponent = min(bits - 1, bits, key=lambda e: abs(size - 2**e)) if size else 0
    rest = size - 2**exponent
    if exponent < FIRST or abs(rest) > (GUP_PIN_COUNTING_BIAS if exponent >= LARGE else 1):
        return None
    minus, sign = ("-", "-+") if number < 0 else ("", "+-")
    return f"{minus}{two_to(exponent)}" + (f" {sign[rest < 0]} {abs(rest)}" if rest else "")


def digits(number: int) -> str:
    """Return a number in digits, with the power behind it where there is one.

    >>> digits(2**21), digits(64)
    ('2097152 (2²¹)', '64')
    """
    if abs(number) > LONG:
        return f"a number of {number.bit_length()} bits"
    written = power(number)
    return f"{number} ({written})" if written else str(number)
