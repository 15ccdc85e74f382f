"""Patterns: a right answer in any spelling, for what has to keep it to itself."""

import re

from pinlab.lab.exercise import Choice, Exercise, Number, Numbers, Selection
from pinlab.lab.text import power

WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def typed(text: str) -> str:
    """A text with its powers as one types them."""
    return re.sub("2([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"2^{found[1].translate(SMALL)}", text)


def number(value: int) -> str:
    """A pattern for a number in any spelling: 2097152, 2 097 152, 2^21, and up to ten in words."""
    written = f"{abs(value):_}".replace("_", "[ _,]?")
    ways = [written, *(re.escape(typed(way).lstrip("-")) for way in [power(value)] if way)]
    minus = "-" if value < 0 else ""
    named = "".join(rf"|\b{word}\b" for word in WORDS[value - 2 : value - 1] if value >= 2)
    return rf"(?<![-\w.^]){minus}(?:{'|'.join(ways)})(?![\w^]|\.\d| bits| MiB| KiB){named}"


def words(option: str) -> str:
    """A pattern for an option's words, or its number."""
    if re.fullmatch(r"-?\d+", option):
        return number(int(option))
    case, after = ("", "| [a-z]") if len(option) == 1 else ("(?i)", "")  # A is an article, too
    return rf"{case}(?<![\w-]){re.escape(option)}(?![\w-]{after})"


def right(found: Exercise) -> list[str]:
    """Patterns of the right answer, of those kinds whose answer can be said in a few words."""
    match found:
        case Number():
            return [number(found.right)]
        case Numbers():
            return [number(value) for value, _ in found.parts.values()]
        case Choice():
            return [words(found.right)]
        case Selection():
            return [words(option) for option in found.right]
    return []
