"""Comparing counts with what they should be, on a machine that others use as well."""

import os
from collections.abc import Callable, Sequence

from pinlab.machine import Answer

Counts = Sequence[int]


def acquired_and_released(answer: Answer) -> list[int]:
    """The two counts of each measurement, one after the other."""
    return [count for row in answer for count in (row.acquired, row.released)]


def agree(counts: Counts, expected: Counts, noise: int) -> bool:
    """Whether counts are as expected: exactly for root, who can flush them, if it was quiet."""
    blur = 125 * (os.cpu_count() or 1) + 10 * noise
    if os.geteuid() == 0 and noise == 0:
        blur = 0
    return all(abs(a - b) <= blur for a, b in zip(counts, expected, strict=True))


def ask_for(expected: Counts, ask: Callable[[], Answer]) -> Answer:
    """Ask until each buffer acquires and releases what is expected of it, or for the third time.

    The counters are those of the whole system: pins that others take may spoil one answer, but
    no chance gives the right one where it should be wrong.
    """
    both = [count for number in expected for count in (number, number)]
    for _ in range(3):
        answer = ask()
        assert answer.control is not None
        if agree(acquired_and_released(answer), both, answer.control.acquired):
            return answer
    raise AssertionError(f"expected {expected}:\n{answer}")
