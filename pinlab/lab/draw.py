"""Draws: choices that depend on a seed and on nothing else.

`random.Random.random` gives the same numbers for a seed in every Python version; its other
methods have changed between versions, so nothing else of it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from pinlab.model.arguments import whole

T = TypeVar("T")

Drawn = Mapping[str, Any]
"""What a lesson draws, or makes, for the text of an exercise, by the name that stands there."""

LARGEST_SEED = 10**9


def checked_seed(seed: int) -> int:
    """Return a seed; TypeError or ValueError for what is none, or beyond LARGEST_SEED."""
    return whole("seed", seed, 0, LARGEST_SEED)


class Draw:
    """A source of choices for one exercise and one seed; seed 0 is the lesson's own question."""

    def __init__(self, id: str, seed: int) -> None:
        self.seed = seed
        self._random = Random(f"{id}:{seed}")

    def one(self, things: Sequence[T]) -> T:
        """Return one of the things; of a range, also one that is too long for `len`."""
        number = things.index(things[-1]) + 1 if isinstance(things, range) else len(things)
        return things[int(self._random.random() * number)]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """Return the things in another order."""
        keyed = [(self._random.random(), place) for place in range(len(things))]
        return [things[place] for _, place in sorted(keyed)]
