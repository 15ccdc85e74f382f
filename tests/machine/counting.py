"""Counters of our own with other people on them, and answers of a kernel that others use, too."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from pinlab.machine import Answer, proc
from pinlab.machine.proc import Pins

TRIES = 5


class Counters:
    """Two counters. Each CPU may keep a share to itself, and others pin before a reading.

    others: how many pins they take before each, one number after the other, then none.
    """

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, may_flush: bool = True, others: Iterable[int] = ()
    ) -> None:
        self.acquired = self.released = self.share = 0
        self.calls = self.settled = 0
        self.others = iter(others)
        self._may_flush = may_flush
        monkeypatch.setattr(proc, "read_pins", self.read)
        monkeypatch.setattr(proc, "settle", self.settle)
        monkeypatch.setattr(proc, "flush", lambda: may_flush)

    def read(self) -> Pins:
        self._add(next(self.others, 0))
        return Pins(self.acquired, self.released)

    def settle(self) -> Pins:
        self.settled += 1
        self._add(self.share)
        self.share = 0
        return self.read()

    def pin(self, pages: int) -> None:
        """Pin and unpin; each CPU keeps a difference of up to 125 to itself."""
        self.calls += 1
        self.share += pages
        if self._may_flush or self.share > 125:
            self._add(self.share)
            self.share = 0

    def _add(self, pins: int) -> None:
        self.acquired, self.released = self.acquired + pins, self.released + pins


def ask_for(expected: Sequence[int], ask: Callable[[], Answer]) -> Answer:
    """Ask until nobody's pins but ours are in the numbers; what an answer is sure of is right."""
    for _ in range(TRIES):
        answer = ask()
        if not answer.live:  # others left no choice how to ask
            continue
        sure = [
            (row.acquired, row.released, number)
            for row, number in zip(answer, expected, strict=True)
            if row.agreed
        ]
        assert all(number == a == r for a, r, number in sure), answer
        if len(sure) == len(expected):
            return answer
    pytest.skip(f"others pinned in {TRIES} tries")
