"""Ends: what five kinds of software do when a counter of holders runs out of numbers.

Each function in ENDS takes one more reference as its original does. Real counters have 32 or 64
bits; here the width is an argument, because 8 bits are few enough to see every step. The originals
and their sources are in data/counter_ends.csv.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pinlab.model import counter
from pinlab.model.arguments import instance, shown, whole

OK = "ok"
REFUSED = "refused"
SATURATED = "saturated"
ABORTED = "aborted"
IGNORED = "ignored"
FREED = "freed while held"

MOST_GETS = 2**16
"""The most gets that are stepped through one by one: a counter of 16 bits, once around."""


class Step(NamedTuple):
    """What one get or put left behind.

    Attributes: value (what the counter shows now); event (OK, REFUSED, SATURATED, ABORTED, IGNORED
    or FREED).
    """

    value: int
    event: str


def wrap(value: int, bits: int) -> Step:
    """Add 1 and look at nothing; at 0 the object is freed, whoever still holds it.

    `usage` of struct key, an atomic_t up to 4.11 (include/linux/key.h). The collector frees a key
    whose counter shows 0, however it got there (key_garbage_collector, security/keys/gc.c, 4.4).
    """
    new = counter.wrap(value + 1, bits)
    return Step(new, OK if new else FREED)


def refuse(value: int, bits: int) -> Step:
    """Add 1 if the *old* value is above zero, so that the get that crosses the top still succeeds.

    `_refcount` in try_get_page() (8fde12ca79af, 5.1) and try_grab_folio() (mm/gup.c, 6.18).
    """
    return Step(counter.wrap(value + 1, bits), OK) if value > 0 else Step(value, REFUSED)


def saturate(value: int, bits: int) -> Step:
    """Add 1, and unless the old and the new value are above zero, set the counter far below it.

    refcount_inc() since 5.5 (include/linux/refcount.h): REFCOUNT_SATURATED is INT_MIN / 2, about
    as far from 0 as from INT_MAX. A get at 0 saturates as well: the object is free already.
    """
    new = counter.wrap(value + 1, bits)
    return Step(new, OK) if value > 0 and new > 0 else Step(saturated(bits), SATURATED)


def abort(value: int, bits: int) -> Step:
    """Add 1, and end the program if the *old* value was above the largest signed number.

    `Arc::clone` (library/alloc/src/sync.rs): an unsigned word, and MAX_REFCOUNT is isize::MAX.
    """
    return Step(value + 1, ABORTED if value > _top(bits) else OK)


def exempt(value: int, bits: int) -> Step:
    """Leave the counter alone: this object is never freed, so nobody has to be counted.

    A pin on the zero page since 6.5 (c8070b787519; a FOLL_GET reference is still counted), and
    Python's None since CPython 3.12 (PEP 683).
    """
    return Step(value, IGNORED)


ENDS: Mapping[str, Callable[[int, int], Step]] = MappingProxyType(
    {"wrap": wrap, "refuse": refuse, "saturate": saturate, "abort": abort, "exempt": exempt}
)
"""What a get does, by the name of the end; the functions trust their arguments."""


def saturated(bits: int = 32) -> int:
    """Return where a saturated counter of `bits` bits stays.

    >>> saturated(), saturated(8)
    (-1073741824, -64)
    """
    return -(1 << whole("bits", bits, 4, 64) - 2)


def end_at(end: str, bits: int = 32, start: int = 1) -> int | None:
    """Return the number of the first get that is not an ordinary one; None if all are alike.

    >>> {end: end_at(end, bits=8) for end in ENDS}
    {'wrap': 255, 'refuse': 128, 'saturate': 127, 'abort': 128, 'exempt': None}
    """
    end, bits, start = _checked(end, bits, start)
    crossing = counter.last_grab(start, 1, bits)
    numbers = {
        "wrap": (1 << bits) - start,
        "refuse": crossing + 1,
        "saturate": crossing,
        "abort": crossing + 1,
    }
    return numbers.get(end)


def climb(end: str, gets: int, bits: int = 8, start: int = 1) -> list[Step]:
    """Take `gets` references, one after another; return what each left behind.

    The list is shorter if the object is freed or the program ended: then nobody can go on.

    >>> [step.value for step in climb("refuse", 4, start=125)]
    [126, 127, -128, -128]
    >>> climb("saturate", 3, start=126)[-1]
    Step(value=-64, event='saturated')
    >>> len(climb("wrap", 1000)), climb("wrap", 1000)[-1]
    (255, Step(value=0, event='freed while held'))
    """
    end, bits, value = _checked(end, bits, start)
    steps: list[Step] = []
    for _ in range(whole("gets", gets, 0, MOST_GETS)):
        steps.append(ENDS[end](value, bits))
        value = steps[-1].value
        if steps[-1].event in (FREED, ABORTED):
            break
    return steps


def climb_and_return(end: str, gets: int, bits: int = 8, start: int = 1) -> list[Step]:
    """Take `gets` references and put back every one that was granted; return all the steps.

    >>> {end: climb_and_return(end, 200)[-1].value for end in ENDS}
    {'wrap': 1, 'refuse': 1, 'saturate': -64, 'abort': 129, 'exempt': 1}
    """
    steps = climb(end, gets, bits, start)
    if not steps or steps[-1].event in (FREED, ABORTED):
        return steps
    for _ in range(sum(step.event != REFUSED for step in steps)):
        steps.append(_put(end, steps[-1].value, bits))
    return steps


def _put(end: str, value: int, bits: int) -> Step:
    """Put back one reference; here never the last one, since the start itself stays held."""
    if end == "exempt":
        return Step(value, IGNORED)
    # refcount_sub_and_test() sets the saturated value anew, so that no row of puts leads to 0.
    if end == "saturate" and value <= 0:
        return Step(saturated(bits), SATURATED)
    return Step(counter.wrap(value - 1, bits), OK)


def _checked(end: str, bits: int, start: int) -> tuple[str, int, int]:
    if instance("end", end, str) not in ENDS:
        raise ValueError(f"end is {shown(end)}: allowed are {', '.join(ENDS)}")
    bits = whole("bits", bits, 4, 64)
    return end, bits, whole("start", start, 1, _top(bits))


def _top(bits: int) -> int:
    return (1 << bits - 1) - 1
