"""What a check says: sentences, shown as Markdown in a notebook and as text in a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """An answer to an answer.

    right is None while there is nothing to judge; misconception is the id of the idea that a
    wrong answer looks like, if it is a known one; details are lines to be read as they stand.
    tries are the answers so far that were judged, with this one; offer says who helps further.
    Neither is told where nobody tries `again`, since what is right comes into sight.
    """

    text: str
    right: bool | None = None
    misconception: str | None = None
    details: str = ""
    tries: int = 1
    offer: str = ""
    again: bool = True

    @property
    def verdict(self) -> str:
        """A few words, none while there is nothing to judge."""
        if self.right and self.again and self.tries > 1:
            return f"Right, {nth(self.tries)}."
        wrong = "Not yet." if self.again else "Not so."
        return {None: "", True: "Right.", False: wrong}[self.right]

    @property
    def _help(self) -> str:
        return self.offer if self.again else ""

    def __str__(self) -> str:
        told = f"{self.verdict} {self.text}".lstrip()
        return "\n\n".join(filter(None, (told, self.details, self._help)))

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        mark = f"**{self.verdict}** " if self.verdict else ""
        fence = _ticks(self.details, 3)
        details = f"{fence}\n{self.details}\n{fence}" if self.details else ""
        return "\n\n".join(filter(None, (f"{mark}{self.text}", details, self._help)))


NTH = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def nth(tries: int) -> str:
    """Say at which try something came out right, from the second on.

    >>> nth(3), nth(23)
    ('at the third try', 'after 23 tries')
    """
    return f"at the {NTH[tries - 2]} try" if tries <= 10 else f"after {tries} tries"


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
