"""Writes: many direct writes of the zero page, held together or one after another.

Closed forms, so that a slider is quick; tests hold them against the model, write by write.
"""

from __future__ import annotations

from dataclasses import dataclass

from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, R0, last_grab, refcount_with

WRITES, PAGES, BITS = 2**15, 2**6, 32
"""The mail's writes, and the width of the counter that they meet."""


@dataclass(frozen=True)
class Writes:
    """`writes` writes of `pages` pages each, every page a hold that adds `bias` to the refcount.

    The refcount has `bits` bits with a sign and begins at 1. bias 1 is a reference, 1024 a pin.
    """

    writes: int = WRITES
    pages: int = PAGES
    bias: int = GUP_PIN_COUNTING_BIAS
    bits: int = BITS
    together: bool = True

    @property
    def wanted(self) -> int:
        """Holds that would be there at the same time if none were refused."""
        return self.writes * self.pages if self.together else self.pages

    @property
    def room(self) -> int:
        """The number of the last hold that succeeds."""
        return last_grab(R0, self.bias, self.bits)

    @property
    def held(self) -> int:
        """Holds that are there at the same time, at most."""
        return min(self.wanted, self.room)

    @property
    def refused(self) -> bool:
        """Whether any hold is refused."""
        return self.wanted > self.room

    @property
    def refcount(self) -> int:
        """What the refcount reads while the most holds are there."""
        return self.after(self.held)

    @property
    def highest(self) -> int:
        """The highest that the refcount reads on the way there."""
        return self.after(self.held - (self.refcount < 0))

    @property
    def limit(self) -> int:
        """The largest value of the counter."""
        return (1 << self.bits - 1) - 1

    def after(self, holds: int) -> int:
        """Return what the refcount reads with that many holds."""
        return refcount_with(R0, 0, holds, self.bias, self.bits)
