"""Exercises: a guess is answered the moment its cell runs, and a wrong one with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import SupportsIndex, cast

from pinlab.model.arguments import whole
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel

MISCONCEPTIONS: Mapping[str, str] = {
    "pins-are-about-data": "a pin is taken of a frame, whatever bytes are in it",
    "64-pages-64-frames": "pages that were never written share one frame, the zero page",
}
"""Ideas that a wrong answer may rest on, by id; the sentence says what holds instead."""


@dataclass(frozen=True)
class Question:
    """A number to predict: the right one, and which wrong one looks like which idea."""

    asked: str
    right: int
    wrong: Mapping[int, str]

    def reply(self, guess: object) -> str:
        """Return a sentence or two about a guess; None or ... counts as not made yet.

        Raises TypeError or ValueError for what is no whole number from 0 on.
        """
        if guess is None or guess is ...:
            return f"{self.asked}: no guess yet. Put a number there and run the cell again."
        number = whole("your guess", cast(SupportsIndex, guess), 0)
        if number == self.right:
            return f"{self.asked}: {number} is right."
        told = f"{self.asked}: you expected {number}, the model counts {self.right}."
        idea = self.wrong.get(number)
        return f"{told} This looks like {idea}: {MISCONCEPTIONS[idea]}." if idea else told


def guess_three_buffers(letters: object = None, zeros: object = None, never: object = None) -> None:
    """Check a guess: how many pins 100 writes of 64 pages take from each of the three buffers."""
    full, none = pins(100, written=range(64)), pins(100, written=())
    print(Question("letters", full, {none: "64-pages-64-frames"}).reply(letters))
    print(Question("zeros you wrote", full, {none: "pins-are-about-data"}).reply(zeros))
    print(Question("never written", none, {full: "64-pages-64-frames"}).reply(never))


def guess_two_pages(guess: object = None) -> None:
    """Check a guess: the pins of 1000 writes after three bytes went into pages 0, 5 and 5."""
    right = pins(1000, written=(0, 5, 5))
    wrong = {
        pins(1000, written=range(3)): "pins-are-about-data",
        pins(1000, written=range(64)): "64-pages-64-frames",
    }
    print(Question("pages 0, 5 and 5 again", right, wrong).reply(guess))


def pins(writes: int, written: Iterable[int]) -> int:
    """Return the pins of that many writes to disk, in the newest model, by written pages."""
    kernel = Kernel()
    mm = kernel.new_mm()
    addr = mm.mmap(64 * PAGE_SIZE)
    for page in written:
        mm.write(addr + page * PAGE_SIZE, b"x")
    for _ in range(writes):
        kernel.submit_dio_write(mm, addr, 64).complete()
    return kernel.vmstat["nr_foll_pin_acquired"]
