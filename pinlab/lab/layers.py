"""Layers: things in rows, joined from each row to the next, put so that few lines cross.

The order of a row follows the mean place of what its things are joined to, up and down in turn
(the barycentre method of Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations, pairwise
from math import inf
from statistics import fmean
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

ROUNDS = 40
"""How often all rows are put in order, and how often they are placed."""


def ranks(pairs: Sequence[tuple[T, T]], most: int) -> dict[T, int]:
    """Return the row of each thing, from 0: below all that lead to it, at most `most` in a row.

    What a long way leads on from goes first, and what nothing leads to as far down as it can.
    Raises ValueError if some lead to each other in a circle.

    >>> ranks([("page", "frame"), ("frame", "hold"), ("request", "hold")], most=2)
    {'page': 0, 'frame': 1, 'request': 1, 'hold': 2}
    """
    waiting = list(dict.fromkeys(thing for pair in pairs for thing in pair))
    ways = dict.fromkeys(waiting, 0)
    for _ in waiting:
        for above, below in pairs:
            ways[above] = max(ways[above], ways[below] + 1)
    waiting.sort(key=ways.__getitem__, reverse=True)
    rows: list[list[T]] = []
    while waiting:
        blocked = {below for above, below in pairs if above in waiting}
        ready = [thing for thing in waiting if thing not in blocked][:most]
        if not ready:
            raise ValueError(f"in a circle, or below one: {', '.join(map(repr, waiting))}")
        waiting = [thing for thing in waiting if thing not in ready]
        rows.append(ready)
    for first in [*rows[0]]:
        _lower(first, [below for above, below in pairs if above == first], rows, most)
    return {thing: n for n, row in enumerate(filter(None, rows)) for thing in row}


def _lower(first: T, targets: Sequence[T], rows: Sequence[list[T]], most: int) -> None:
    """Move one of the first row down to the row above its targets, if there is room on the way."""
    end = min(n for n, row in enumerate(rows) for target in targets if target in row)
    free = [n for n in range(1, end) if len(rows[n]) < most]
    if free:
        rows[0].remove(first)
        rows[free[-1]].append(first)


def ordered(rows: Sequence[Sequence[T]], joined: Sequence[tuple[T, T]]) -> list[list[T]]:
    """Return the rows in an order with few crossings, the fewest that were met on the way."""
    best = current = [list(row) for row in rows]
    for turn in range(ROUNDS):
        current = _swept(current, joined, down=turn % 2 == 0)
        if crossings(current, joined) < crossings(best, joined):
            best = current
    while (better := _swapped(best, joined)) is not None:
        best = better
    return best


def crossings(rows: Sequence[Sequence[T]], joined: Sequence[tuple[T, T]]) -> int:
    """Return how many pairs of lines cross.

    >>> crossings(["ab", "cd"], [("a", "d"), ("b", "c")])
    1
    """
    place = {thing: (row, n) for row, things in enumerate(rows) for n, thing in enumerate(things)}
    lines: list[list[tuple[int, int]]] = [[] for _ in rows]
    for above, below in joined:
        row, n = place[above]
        lines[row].append((n, place[below][1]))
    return sum((a - b) * (c - d) < 0 for line in lines for (a, c), (b, d) in combinations(line, 2))


def placed(
    rows: Sequence[Sequence[T]],
    joined: Sequence[tuple[T, T]],
    widths: Mapping[T, float],
    apart: float,
    room: float,
) -> dict[T, float]:
    """Return the middle of each thing from the left: near what it is joined to, in `room`.

    Raises ValueError for a row that does not fit.
    """
    beside: dict[T, list[T]] = {}
    for a, b in joined:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    middles = {thing: room / 2 for row in rows for thing in row}
    for _ in range(ROUNDS):
        for row in [*rows, *reversed(rows)]:
            wanted = [fmean(middles[each] for each in beside.get(t, [t])) for t in row]
            middles |= zip(row, spread(wanted, [widths[t] for t in row], apart, room), strict=True)
    return middles


def _swept(
    rows: Sequence[Sequence[T]], joined: Sequence[tuple[T, T]], *, down: bool
) -> list[list[T]]:
    """The rows, each sorted by the row before it, from above or from below."""
    before: dict[T, list[T]] = {}
    for a, b in joined:
        before.setdefault(b if down else a, []).append(a if down else b)
    swept: list[list[T]] = []
    place: dict[T, float] = {}
    for row in rows if down else reversed(rows):
        own = {thing: float(n) for n, thing in enumerate(row)}
        key = {t: fmean(place[b] for b in before[t]) if t in before else own[t] for t in row}
        swept.append(sorted(row, key=key.__getitem__))
        place |= {thing: float(n) for n, thing in enumerate(swept[-1])}
    return swept if down else swept[::-1]


def _swapped(rows: Sequence[Sequence[T]], joined: Sequence[tuple[T, T]]) -> list[list[T]] | None:
    """The rows with two neighbours changed for fewer crossings, if any two give fewer."""
    now = crossings(rows, joined)
    for r, row in enumerate(rows):
        for n in range(len(row) - 1):
            other = [list(each) for each in rows]
            other[r][n : n + 2] = row[n + 1], row[n]
            if crossings(other, joined) < now:
                return other
    return None


def spread(
    wanted: Sequence[float], widths: Sequence[float], apart: float, room: float = inf
) -> list[float]:
    """Return the middles closest to the wanted ones (in squares) at which neighbours do not touch.

    They keep their order; those that would overlap move together to their mean (pool adjacent
    violators). Raises ValueError for more than `room` has place for.
    """
    if not widths:
        return []
    if (needed := sum(widths) + apart * (len(widths) - 1)) > room:
        raise ValueError(f"a row needs {needed:.0f} pixels of {room:.0f}")
    steps = [0.0]
    for one, other in pairwise(widths):
        steps.append(steps[-1] + (one + other) / 2 + apart)
    groups: list[list[float]] = []
    for goal, step in zip(wanted, steps, strict=True):
        groups.append([goal - step])
        while len(groups) > 1 and fmean(groups[-2]) >= fmean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    low, high = widths[0] / 2, room - widths[-1] / 2 - steps[-1]
    shifts = [min(max(fmean(group), low), high) for group in groups for _ in group]
    return [shift + step for shift, step in zip(shifts, steps, strict=True)]
