"""One measured quantity, as the recordings write it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Quantity(NamedTuple):
    """What one kernel did in one case of an experiment: a row of the recordings.

    `kernel` is a release with its stable number, `build` tells two builds of it apart, and
    `case` is one run of `experiment`. `value` is a whole number, or a word where the quantity is
    none.
    """

    kernel: str
    build: str
    experiment: str
    case: str
    quantity: str
    value: int | str


def value(text: str) -> int | str:
    """Return a recorded text as a number if it is a whole one, and as itself otherwise.

    >>> value("-14"), value("D")
    (-14, 'D')
    """
    return int(text) if re.fullmatch(r"-?\d+", text) else text
