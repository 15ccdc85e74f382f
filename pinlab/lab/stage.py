"""The stage: where everything in a story stands, the same in every state of it.

What comes later has its place reserved, and everything has the room that it needs when it needs
most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from pinlab.lab.layers import spread
from pinlab.lab.map_words import readonly, size, title
from pinlab.lab.snapshot import (
    TEETH,
    Frame,
    Groups,
    Holder,
    Parts,
    Snapshot,
    Stack,
    StackHold,
    Stretch,
    Strip,
)
from pinlab.lab.svg import fitted
from pinlab.lab.text import LARGE, power

WIDTH = 640
"""As wide that letters are no smaller than 11 pixels in a column of 592."""

LEFT, MIDDLE, RIGHT = (8, 160), (232, 180), (480, 152)
"""The three columns: where they begin, and how wide they are."""

LETTERS, LINE = 12, 16
MARGIN, PAD = 8, 8
ROW, TALL_ROW, GAP, AREA_GAP = 24, 64, 14, 8
COMB_LOW, COMB_HIGH = 38, 166
COMB = 28
"""How wide a comb is."""

HOLE = 16
"""What the hole of a tag takes from its width."""

ACROSS, SQUARE = 8, 16
"""Frames of a stack are squares, eight in a row; from one to the next."""

CELL = 18
"""The size of the box around a byte."""

PORT = 16
"""The least distance of two arrows that end at one frame."""

Key = tuple[str, int]


class Box(NamedTuple):
    """Where something stands."""

    y: float
    height: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height

    def part(self, n: int, of: int) -> float:
        """Return the middle of one of several equal parts."""
        return self.y + self.height * (n + 0.5) / of


class Stage:
    """The places of all that there is in a story: one for each thing, the same in every state."""

    def __init__(self, states: Sequence[Snapshot]) -> None:
        self.states = states
        self.parts = Parts(states)
        self.groups = [self.parts.of(state) for state in states]
        self.writers = _writers(states)
        self.processes: dict[Key, Box] = {}
        self.rows: dict[Key, list[tuple[Stretch, Box]]] = {}
        self._stand_processes()
        self.pointers = self._pointers()
        self.stacks = self._stand_stacks()
        self.holders = self._stand_holders()
        boxes = [*self.processes.values(), *self.stacks.values(), *self.holders.values()]
        self.bottom = max([0.0, *(box.bottom for box in boxes)])

    @property
    def foot(self) -> float:
        """What the lines to watch need, and the legend."""
        rows = -(-len(self.processes) // 2) if self.writers is not None else 0
        return rows * (CELL + 8) + (LINE + 16) * bool(self.writers)

    # Left.

    def _stand_processes(self) -> None:
        top = 0.0
        for key, areas in self.parts.spans.items():
            first = y = top + PAD + len(name_lines(key[0])) * LINE + (0 if areas else LINE)
            rows = []
            for n, area in enumerate(areas):
                y += AREA_GAP if n else 0
                for span in area:
                    rows.append((span, Box(y, self._high(key, span))))
                    y = rows[-1][1].bottom
            self.processes[key], self.rows[key] = Box(top, max(y, first) + PAD - top), rows
            top = self.processes[key].bottom + GAP

    def _high(self, key: Key, span: Stretch) -> float:
        if span.entries > 1:
            return min(max(COMB_LOW, 6 * min(span.entries, TEETH)), COMB_HIGH)
        lines = [len(row_lines(strip)) for _, strip in self._strips(key, span) if strip.readonly]
        return TALL_ROW if span.span > 1 else ROW + (max([1, *lines]) - 1) * LINE

    def _strips(self, key: Key, span: Stretch) -> Iterator[tuple[Groups, Strip]]:
        """The strips within some pages, in all states."""
        for state, groups in zip(self.states, self.groups, strict=True):
            for process, areas in zip(state.processes, groups.strips, strict=True):
                for strip in (strip for area in areas for strip in area if process.key == key):
                    if span.first <= strip.first <= span.last:
                        yield groups, strip

    def box(self, key: Key, strip: Strip) -> Box:
        """Return where a strip stands: the whole of its place, or the part that is mapped."""
        span, box = next(
            row for row in self.rows[key] if row[0].first <= strip.first <= row[0].last
        )
        page = box.height / (span.last - span.first + 1)
        pages = strip.last - strip.first + 1
        return Box(box.y + page * (strip.first - span.first), page * pages)

    def _pointers(self) -> dict[int, list[tuple[Key, int, float]]]:
        """For each stack: what points to it at some time, and from which height."""
        found: defaultdict[int, dict[tuple[Key, int], float]] = defaultdict(dict)
        for key, rows in self.rows.items():
            for span, _ in rows:
                for groups, strip in self._strips(key, span):
                    for stack, ys in starts(strip, self.box(key, strip)).items():
                        first = groups.stacks[stack].first.number
                        found[first][key, strip.first] = fmean(ys)
        return {
            stack: sorted(((*who, y) for who, y in ends.items()), key=lambda end: end[2])
            for stack, ends in found.items()
        }

    # Middle.

    def _stand_stacks(self) -> dict[int, Box]:
        firsts = [alike[0] for alike in self.parts.frames]
        kinds = self.kinds()
        heights = []
        for first in firsts:
            ends = max(len(self.pointers.get(first, ())), len(kinds.get(first, ())))
            heights.append(max(self._deep(first), PORT * ends + 4))
        wanted = [
            fmean(y for *_, y in self.pointers[first]) if first in self.pointers else 0
            for first in firsts
        ]
        return dict(zip(firsts, _stand(heights, wanted), strict=True))

    def kinds(self) -> dict[int, list[tuple[str, str]]]:
        """Return for each stack the holders that it has at some time, with the kind of hold."""
        found: defaultdict[int, dict[tuple[str, str], None]] = defaultdict(dict)
        for state, groups in zip(self.states, self.groups, strict=True):
            for holder, held in zip(state.holders, groups.held, strict=True):
                for row in held:
                    found[groups.stacks[row.stack].first.number][holder.name, row.kind] = None
        return {stack: list(kinds) for stack, kinds in found.items()}

    def _deep(self, first: int) -> float:
        """How much room a stack needs in the state in which it needs most."""
        before: list[Groups | None] = [None, *self.groups]
        return max(
            stack_height(stack, was_in(then, stack))
            for then, groups in zip(before, self.groups, strict=False)
            for stack in groups.stacks
            if stack.first.number == first
        )

    # Right.

    def _stand_holders(self) -> dict[str, Box]:
        wanted: defaultdict[str, list[float]] = defaultdict(list)
        heights: defaultdict[str, float] = defaultdict(float)
        for state, groups in zip(self.states, self.groups, strict=True):
            for holder, held in zip(state.holders, groups.held, strict=True):
                stacks = [groups.stacks[row.stack].first.number for row in held]
                wanted[holder.name] += [self.stacks[stack].middle for stack in stacks]
                lines = len(holder_lines(holder)) + sum(len(hold_lines(row)) for row in held)
                heights[holder.name] = max(heights[holder.name], PAD + LINE * lines + 18)
        goals = [fmean(ys) if ys else 0 for ys in wanted.values()]
        return dict(zip(heights, _stand([*heights.values()], goals), strict=True))


def _writers(states: Sequence[Snapshot]) -> list[str] | None:
    """Who writes bytes in a story, empty if nobody writes over any; None if none are shown."""
    frames = [frame for state in states for frame in state.frames if frame.letters]
    known = dict.fromkeys(writer for frame in frames for writer in frame.writers)
    if not frames:
        return None
    return ["", *sorted(filter(None, known))] if any(known) else []


def starts(strip: Strip, box: Box) -> dict[int, list[float]]:
    """Return where the lines of a strip begin, by the stack that they lead to."""
    by: defaultdict[int, list[float]] = defaultdict(list)
    for n, stack in enumerate(strip.teeth):
        if stack is not None:
            by[stack].append(box.part(n, len(strip.teeth)))
    return by


def name_lines(name: str) -> list[str]:
    """Return the name of a process in lines that fit."""
    return fitted(name, LEFT[1] - 2 * PAD, LETTERS, bold=True)


def row_lines(strip: Strip) -> list[str]:
    """Return the words of a row, or beside a comb."""
    room = LEFT[1] - 2 * PAD - (COMB + 4 if strip.entries > 1 else 2)
    labels = [strip.name] if strip.first == strip.last else [strip.name, size(strip)]
    if state := readonly(strip) or ("empty" if strip.empty else ""):
        labels[-1] += f", {state}"
    lines = [part for label in labels for part in fitted(label, room, LETTERS)]
    if strip.first == strip.last and not strip.readonly and len(lines) > 1:
        return [strip.name]  # a row has room for one line; its dashes say "empty", too
    return lines


def size_lines(frame: Frame) -> list[str]:
    """Return what is to be said below a frame's name."""
    return [*filter(None, (f"{1 << frame.order} pages" * bool(frame.order), "freed" * frame.freed))]


def tag_lines(stack: Stack, was: Frame | None) -> list[str]:
    """Return what the tag of a stack says, in lines that fit."""
    room = MIDDLE[1] - 2 * PAD - HOLE - 4
    said = _tag(stack.first, was, stack.each)
    return [line for words in said for line in fitted(words, room, LETTERS)]


def _tag(now: Frame, was: Frame | None, each: str) -> list[str]:
    """What a frame's tag says, and what it said before if that was something else."""

    def counter(name: str) -> str:
        new, old = getattr(now, name), getattr(was, name, None)
        return f"{each}{name} {new}" + ("" if old in (None, new) else f", was\u00a0{old}")

    lines = [counter("refcount")]
    if abs(now.refcount) >= 2**LARGE and (written := power(now.refcount)):
        lines.append(f"({written})")
    if now.refcount < 0:
        lines.append("below zero")
    if now.pincount is not None:
        lines.append(counter("pincount"))
    return lines


def was_in(groups: Groups | None, stack: Stack) -> Frame | None:
    """Return what the first frame of a stack was before; it is the same stack in all states."""
    stacks = groups.stacks if groups else ()
    return next((one.first for one in stacks if one.first.number == stack.first.number), None)


def grid_height(stack: Stack) -> float:
    """Return how much room the squares of a stack need, 0 for a single frame."""
    rows = -(-min(len(stack.frames), TEETH) // ACROSS)
    return rows * SQUARE + 8 if stack.each else 0


def stack_height(stack: Stack, was: Frame | None) -> float:
    """Return how much room a stack needs."""
    name = fitted(stack.name, MIDDLE[1] - 2 * PAD, LETTERS, bold=True)
    lines = [*name, *size_lines(stack.first), *tag_lines(stack, was)]
    cells = CELL + 6 if stack.first.letters else 0
    return 3 * PAD + len(lines) * LINE + 4 * stack.first.order + grid_height(stack) + cells


def holder_lines(holder: Holder) -> list[str]:
    """Return what a holder is called and does, in lines that fit."""
    said = filter(None, (title(holder), holder.request))
    return [line for words in said for line in fitted(words, RIGHT[1] - 2 * PAD, LETTERS)]


def hold_lines(row: StackHold) -> list[str]:
    """Return how many of what a holder has, in lines that fit."""
    return fitted(row.words, RIGHT[1] - 22 - 2 * PAD, LETTERS)


def _stand(heights: Sequence[float], wanted: Sequence[float]) -> list[Box]:
    """Boxes one below the other, their middles near what is wanted."""
    middles = spread(wanted, heights, GAP)
    return [Box(y - high / 2, high) for y, high in zip(middles, heights, strict=True)]
