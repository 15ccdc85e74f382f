"""Rounds: direct writes of one never-written page, on a 6.5 that lacks some tests of the patch.

The patch (c8070b787519, 6.5) has three tests for the zero page that change what is counted. Each
can be left out here; the model then says what a hundred writes do to the zero page's refcount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from pinlab.lab.powers import plural
from pinlab.model.counter import R0
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Event

RELEASE = "6.5"

TESTS: Mapping[str, str] = {
    "slow": "try_grab_page()",
    "fast": "try_grab_folio()",
    "release": "gup_put_folio()",
}
"""What the three tests are called here, and the functions of mm/gup.c in 6.5 that have them."""


@dataclass(frozen=True)
class Switches:
    """Which of the patch's tests a kernel has; without one it counts there, as before."""

    slow: bool = True
    fast: bool = True
    release: bool = True

    def rules(self) -> dict[str, str]:
        """Return the keywords that make such a machine of a Kernel of 6.5."""
        kept = {
            "zero_page_grab": self.slow,
            "zero_page_grab_fast": self.fast,
            "zero_page_unpin": self.release,
        }
        return {rule: "skipped" if test else "counted" for rule, test in kept.items()}

    def kernel(self) -> Kernel:
        """Boot the machine."""
        return Kernel(RELEASE, **self.rules())

    def __str__(self) -> str:
        on = [test for test in TESTS if getattr(self, test)]
        return ", ".join(on) or "none"


EVERY = tuple(Switches(*on) for on in product((True, False), repeat=3))
"""All eight kernels, the one with the whole patch first."""


@dataclass(frozen=True)
class Run:
    """What some rounds did: `refcounts` before the first call and after each, in order.

    A round is two calls, a pin and its release; a pin that is refused has nothing to release.
    `refused` are the numbers of the calls that were, from 1 on. `reached` says how often the
    place of each test was reached, whether the test stood there or not.
    """

    rounds: int
    refcounts: tuple[int, ...]
    refused: tuple[int, ...]
    reached: Mapping[str, int]

    @property
    def end(self) -> int:
        """The refcount at the end."""
        return self.refcounts[-1]

    @property
    def farthest(self) -> int:
        """The refcount that was farthest from where it began."""
        return max(self.refcounts, key=lambda refcount: abs(refcount - R0))


@cache
def run(switches: Switches, rounds: int, *, together: bool = False) -> Run:
    """Write one never-written page to disk so often, and release each pin that was taken.

    One after another, or all pins held `together` before the first is released.
    """
    kernel = switches.kernel()
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    refcounts, refused = [kernel.zero_page.refcount], []
    in_flight: list[DirectIO] = []

    def release() -> None:
        while in_flight:
            in_flight.pop().complete()
            refcounts.append(kernel.zero_page.refcount)

    for _ in range(rounds):
        try:
            in_flight.append(kernel.submit_dio_write(mm, addr, 1))
        except OSError:
            refused.append(len(refcounts))
        refcounts.append(kernel.zero_page.refcount)
        if not together:
            release()
    release()
    reached = Counter(test for event in kernel.trace for test in _reached(event))
    return Run(rounds, tuple(refcounts), tuple(refused), {test: reached[test] for test in TESTS})


def _reached(event: Event) -> list[str]:
    """The test whose place this event went past; a refused pin has met the guard before it."""
    places = {"pin": "slow", "pin, fast": "fast", "unpin": "release"}
    known = event.operation in places and event.note != "refused"
    return [places[event.operation]] * event.pages if known else []


BALANCED, LEAKING, STUCK, EXEMPT = "balanced", "leaking", "stuck", "exempt"

OUTCOMES: Mapping[str, str] = {
    BALANCED: "each release takes away what the pin has added",
    LEAKING: "each pin adds 1024, and no release takes it away",
    STUCK: "each release takes away 1024 that no pin has added, and below zero the guard refuses",
    EXEMPT: "nothing is added and nothing is taken away",
}
"""What can become of the refcount, and why."""


@cache
def outcome(switches: Switches) -> str:
    """Return what becomes of the zero page's refcount on such a kernel, by two rounds of it."""
    tried = run(switches, 2)
    if tried.refused:
        return STUCK
    if tried.end != R0:
        return LEAKING
    return EXEMPT if tried.farthest == R0 else BALANCED


def times(number: int) -> str:
    """Return how often, in words where that is shorter.

    >>> times(0), times(1), times(100)
    ('never', 'once', '100 times')
    """
    return {0: "never", 1: "once"}.get(number, f"{number} {plural(number, 'time')}")
