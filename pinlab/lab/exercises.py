"""Exercises: a guess is answered the moment its cell runs, and a wrong one with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import SupportsIndex, cast

from pinlab.lab.counterpart import buffer_in
from pinlab.machine.buffers import PAGES
from pinlab.model.arguments import whole
from pinlab.model.kernel import Kernel

MISCONCEPTIONS: Mapping[str, str] = {
    "pins-are-about-data": "A pin is taken of a frame, whatever bytes are in it",
    "64-pages-64-frames": "Pages never written to share one frame, and that one is not pinned",
}
"""Ideas that a wrong answer may rest on, by id; the sentence says what holds instead."""

ONE_WRITE = "That is for one write; every write takes its pins anew"
OWN_FRAMES = "Written pages have frames of their own, and every write pins each of them"
ONE_PIN = "That is one pin for each write; a pin is taken for each page"


@dataclass(frozen=True)
class Question:
    """A number to predict: the right one, and for some wrong ones an idea's id or a sentence."""

    asked: str
    right: int
    wrong: Mapping[int, str]

    def number(self, guess: object) -> int | None:
        """Return the guess, None if it is not made yet (None or ...).

        Raises TypeError or ValueError for what is no whole number from 0 on.
        """
        if guess is None or guess is ...:
            return None
        return whole(f"your guess for {self.asked}", cast(SupportsIndex, guess), 0)

    def reply(self, guess: object) -> str:
        """Return a sentence or two about a guess; raises as `number`."""
        number = self.number(guess)
        if number is None:
            return f"{self.asked}: no guess yet. Put a number in the place of None."
        if number == self.right:
            return f"{self.asked}: {number} is right."
        told = f"{self.asked}: you expected {number}, the model counts {self.right}."
        return f"{told}{self._hint(number)}"

    def _hint(self, number: int) -> str:
        hint = self.wrong.get(number)
        if hint is None:
            return ""
        return f" {MISCONCEPTIONS[hint]} ({hint})." if hint in MISCONCEPTIONS else f" {hint}."


def guess_three_buffers(letters: object = None, zeros: object = None, never: object = None) -> None:
    """Check a guess: how many pins 100 writes of 64 pages take from each of the three buffers.

    Raises TypeError or ValueError, before anything is said, if one is no whole number from 0 on.
    """
    full, none = pins(100, written=range(PAGES)), pins(100, written=())
    slips = {full // 100: ONE_WRITE, 100: ONE_PIN}
    guesses = {
        "letters": (letters, full, slips | {none: OWN_FRAMES}),
        "zeros you wrote": (zeros, full, slips | {none: "pins-are-about-data"}),
        "never written": (never, none, dict.fromkeys((full, full // 100), "64-pages-64-frames")),
    }
    replies = [Question(name, right, wrong).reply(g) for name, (g, right, wrong) in guesses.items()]
    print("\n".join(replies))


def guess_two_pages(guess: object = None) -> None:
    """Check a guess: the pins of 1000 writes after three bytes went into pages 0, 5 and 5.

    Raises TypeError or ValueError if it is no whole number from 0 on.
    """
    right = pins(1000, written=(0, 5, 5))
    wrong = {
        pins(1000, written=range(3)): "That counts the bytes; two of them went into one page",
        pins(1000, written=range(PAGES)): "64-pages-64-frames",
        pins(1, written=(0, 5, 5)): ONE_WRITE,
        1000: ONE_PIN,
    }
    print(Question("pages 0, 5 and 5 again", right, wrong).reply(guess))


def pins(writes: int, written: Iterable[int]) -> int:
    """Return the pins of that many writes to disk, in the newest model, by written pages."""
    kernel = Kernel()
    mm, addr = buffer_in(kernel, written)
    for _ in range(writes):
        kernel.submit_dio_write(mm, addr, PAGES).complete()
    return kernel.vmstat["nr_foll_pin_acquired"]
