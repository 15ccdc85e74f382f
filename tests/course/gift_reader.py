"""A strict reader of GIFT, written from Moodle's (question/format/gift/format.php)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

PLAIN = r"(?:\\[~=#{}:n\\]|[^\\~=#{}:\n])"
"""A letter, or a sign with its backslash: whatever else stands in a text is an error."""

CATEGORY = re.compile(r"\$CATEGORY: ([\w /-]+)")
QUESTION = re.compile(
    rf"(?://[^\n]*\n)?::({PLAIN}+)::\[html\]({PLAIN}+)\{{(#?)\n((?:[=~].*\n)+)####({PLAIN}+)\n\}}"
)
ANSWER = re.compile(rf"([=~])(?:%(-?[0-9]{{1,3}}(?:\.[0-9]+)?)%)?({PLAIN}*)(?:#({PLAIN}+))?")


class Question(NamedTuple):
    """What Moodle makes of a question; `answers` are texts with what they are worth and told.

    One answer may be chosen where one begins with `=`, and else several.
    """

    category: str
    name: str
    text: str
    is_number: bool
    single: bool
    answers: list[tuple[str, float, str]]
    feedback: str


def read(told: str) -> Iterator[Question]:
    """Read a whole file; an assertion fails at the first thing that is not GIFT."""
    category = ""
    for block in told.rstrip("\n").split("\n\n"):
        if found := CATEGORY.fullmatch(block):
            category = found[1]
            continue
        parts = QUESTION.fullmatch(block)
        assert parts, block
        name, text, number, answers, feedback = parts.groups()
        made = [_answer(line, bool(number)) for line in answers.splitlines()]
        single = answers.startswith("=") or "\n=" in answers
        texts = _read(name), _read(text)
        yield Question(category, *texts, bool(number), single, made, _read(feedback))


def _answer(line: str, is_number: bool) -> tuple[str, float, str]:
    found = ANSWER.fullmatch(line)
    assert found, line
    sign, worth, text, told = found.groups()
    if is_number and sign == "~":
        assert not text
        text = "*"
    elif is_number:
        assert re.fullmatch(r"-?[0-9]+", text), line
    value = float(worth) if worth else 100.0 * (sign == "=")
    return _read(text), value, _read(told or "")


def _read(text: str) -> str:
    return re.sub(r"\\(.)", lambda sign: "\n" if sign[1] == "n" else sign[1], text)
