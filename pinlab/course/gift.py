"""GIFT: items as Moodle reads them, each group in a category, to draw one of it at random.

Written for Moodle's own reader (question/format/gift/format.php): a number has its known wrong
ones as answers worth nothing, each with its feedback, and what stands behind `~` is told to all
others. What explains the right answer is Moodle's general feedback.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pinlab.course.items import Item, Option
from pinlab.course.markup import html, plain

ESCAPED = {ord(sign): f"\\{sign}" for sign in "~=#{}:\\"} | {ord("\n"): "\\n"}
"""What has a meaning in GIFT, where an empty line ends a question."""


def gift(groups: Iterable[Sequence[Item]]) -> str:
    """Return groups of items as a text in GIFT."""
    return "\n\n".join(part for group in groups for part in _group(group)) + "\n"


def _group(group: Sequence[Item]) -> Iterator[str]:
    yield f"$CATEGORY: pinlab/{group[0].lesson}/{group[0].name}"
    for number, item in enumerate(group, start=1):
        yield f"// {item.id}, seed {item.seed}\n::{_text(item.name)}, {number}::{_question(item)}"


def _question(item: Item) -> str:
    sign, answers = {
        "number": ("#", _number),
        "one": ("", _one),
        "several": ("", _several),
    }[item.kind]
    lines = [*answers(item), f"####{_html(item.because)}"]
    return "\n".join([f"[html]{_html(item.text)}{{{sign}", *lines, "}"])


def _number(item: Item) -> Iterator[str]:
    yield from (_answer("=" if each.right else "=%0%", each) for each in item.options)
    if item.unlisted:
        yield f"~#{_html(item.unlisted)}"


def _one(item: Item) -> Iterator[str]:
    return (_answer("=" if each.right else "~", each) for each in item.options)


def _several(item: Item) -> Iterator[str]:
    """Each right one has its share of the mark, and a wrong one takes all of it."""
    share = f"{100 / len(item.right):.5f}".rstrip("0").rstrip(".")
    return (_answer(f"~%{share if each.right else -100}%", each) for each in item.options)


def _answer(sign: str, option: Option) -> str:
    told = f"#{_html(option.told)}" if option.told else ""
    return f"{sign}{_text(plain(option.text))}{told}"


def _html(markdown: str) -> str:
    return _text(html(markdown))


def _text(words: str) -> str:
    return words.translate(ESCAPED)
