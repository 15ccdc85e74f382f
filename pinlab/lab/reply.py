"""What a check says: sentences, shown as Markdown in a notebook and as text in a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """An answer to an answer.

    right is None while there is nothing to judge; misconception is the id of the idea that a
    wrong answer looks like, if it is a known one; details are lines to be read as they stand.
    """

    text: str
    right: bool | None = None
    misconception: str | None = None
    details: str = ""

    @property
    def verdict(self) -> str:
        """One or two words, none while there is nothing to judge."""
        return {None: "", True: "Right.", False: "Not yet."}[self.right]

    def __str__(self) -> str:
        told = f"{self.verdict} {self.text}".lstrip()
        return f"{told}\n\n{self.details}" if self.details else told

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        mark = f"**{self.verdict}** " if self.verdict else ""
        fence = _ticks(self.details, 3)
        details = f"\n\n{fence}\n{self.details}\n{fence}" if self.details else ""
        return f"{mark}{self.text}{details}"


MARKUP = re.compile(r"[<&`*_$~|\\]|\]\(")


def literal(words: str) -> str:
    """Return somebody's words in one line of Markdown that shows them letter by letter.

    >>> literal("division by zero"), literal("<b>`")
    ('division by zero', '`` <b>` ``')
    """
    line = " ".join(words.split())
    if not MARKUP.search(line):
        return line
    ticks = _ticks(line, 1)
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{edge}{line}{edge}{ticks}"


def _ticks(words: str, least: int) -> str:
    """A fence that is longer than any run of its sign within the words."""
    return "`" * max(least, *(len(run) + 1 for run in re.findall("`+", words)), 0)
