"""The map: page tables left, frames with their counters in the middle, devices right.

The same drawing, in the same places, in every lesson. A line from a page table entry ends at the
frame that the entry points to; an arrow from a device ends at the frame that it holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pinlab.lab.map_words import in_words, readonly, size, title
from pinlab.lab.palette import DEVICE, EDGE, OVERFLOW, PIN, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import (
    Frame,
    Groups,
    Held,
    Holder,
    Process,
    Snapshot,
    Stack,
    Strip,
    group,
    remapped,
    snapshot,
)
from pinlab.lab.svg import HAIR, PINNED, THICK, document, edge, fitted, rect, text
from pinlab.lab.text import LARGE, power
from pinlab.model.arguments import instance
from pinlab.model.kernel import Kernel

MARGIN, PAD, HEAD = 8, 8, 22
ROW, TALL_ROW, GAP, AREA_GAP = 24, 64, 14, 8
COMB_LOW, COMB_HIGH = 38, 166
COMB = 28
"""How wide a comb is."""

HOLE = 16
"""What the hole of a tag takes from its width."""

DEEP = 8
"""How far the frames of a stack stick out."""

PORT = 16
"""The least distance of two arrows that end at one frame."""


@dataclass(frozen=True)
class Columns:
    """Where the three columns are, how wide, and how large the letters."""

    width: int
    left: tuple[int, int]
    middle: tuple[int, int]
    right: tuple[int, int]
    letters: int

    @property
    def line(self) -> int:
        """The distance of two lines of text."""
        return self.letters + 4


WIDE = Columns(760, (8, 172), (276, 180), (544, 208), 12)
NARROW = Columns(396, (4, 94), (130, 120), (276, 108), 11)


class Scene(NamedTuple):
    """A drawn map: SVG from the origin on, and how high it is."""

    svg: str
    height: float


class Box(NamedTuple):
    """Where something stands."""

    y: float
    height: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2


class End(NamedTuple):
    """Where lines of one strip or arrows of one holder begin, and the stack where they end."""

    stack: int
    ys: tuple[float, ...]

    @property
    def y(self) -> float:
        """Half way between them."""
        return sum(self.ys) / len(self.ys)


def draw_map(kernel: Kernel, words: str = "") -> Drawing:
    """Draw who points where: page tables, frames in use with their counters, and holders.

    `words` stand above the map. Raises TypeError for what is no Kernel.

    >>> kernel = Kernel("6.4")
    >>> mm = kernel.new_mm()
    >>> request = kernel.submit_dio_write(mm, mm.mmap(64 * 4096), 64)
    >>> print(draw_map(kernel))
    parent: pages 0 to 63 (64 entries) point to the zero page.
    The zero page has refcount 65.
    Device, for DIO 1 of parent, reads memory (to disk): 64 references on the zero page.
    """
    return sheet([Panel(snapshot(kernel), instance("words", words, str))])


class Panel(NamedTuple):
    """A map with the words above it; `said` is the sentence for it, if not the words themselves."""

    state: Snapshot
    words: str = ""
    said: str = ""
    before: Snapshot | None = None

    @property
    def twin(self) -> list[str]:
        """The map in words."""
        said = self.said or self.words
        return [*([said] if said else []), *in_words(self.state, group(self.state, self.before))]


def sheet(panels: Sequence[Panel], columns: Columns = WIDE, abreast: int = 1) -> Drawing:
    """Draw maps one below the other, or some abreast; of several, each has a line of words."""
    lines = panels[0].twin if len(panels) == 1 else [" ".join(panel.twin) for panel in panels]
    told = "\n".join(lines)
    alt = f"Page tables left, frames with their counters in the middle, devices right. {told}"
    return Drawing(maps(panels, columns, abreast, told), alt, told)


def maps(panels: Sequence[Panel | None], columns: Columns, abreast: int, label: str) -> str:
    """Return maps as one SVG, `abreast` of them in each row; None leaves a place empty."""
    drawn, y = [], 0.0
    for first in range(0, len(panels), abreast):
        high = 0.0
        for n, panel in enumerate(panels[first : first + abreast]):
            if panel is not None:
                scene = draw(panel.state, panel.before, panel.words, columns)
                place = f"translate({n * columns.width} {y:g})"
                drawn.append(f'<g transform="{place}">{scene.svg}</g>')
                high = max(high, scene.height)
        y += high
    return document(abreast * columns.width, y, "".join(drawn), label)


def draw(
    state: Snapshot, before: Snapshot | None = None, words: str = "", columns: Columns = WIDE
) -> Scene:
    """Draw one map; with `before`, what has changed since has a thick edge and says what it was."""
    heading = fitted(words, columns.width - 2 * MARGIN, columns.letters + 1, bold=True)
    drawn = [
        text(columns.left[0], 18 + n * 17, line, size=columns.letters + 1, weight="bold")
        for n, line in enumerate(heading)
    ]
    top = 17 * len(heading) + (12 if heading else 4)
    places = Places(state, before, columns, top + HEAD)
    drawn += [_heads(columns, top), *places.lines(), *places.boxes()]
    return Scene("".join(drawn), places.bottom + MARGIN)


def _heads(columns: Columns, top: float) -> str:
    heads = (
        (columns.left, "page tables"),
        (columns.middle, "frames"),
        (columns.right, "devices and other holders" if columns is WIDE else "holders"),
    )
    return "".join(text(x, top + 12, words, size=columns.letters - 1) for (x, _), words in heads)


class Places:
    """Where everything on a map stands; what is drawn follows from that."""

    def __init__(
        self, state: Snapshot, before: Snapshot | None, columns: Columns, top: float
    ) -> None:
        self.state, self.before, self.columns = state, before, columns
        self.groups: Groups = group(state, before)
        self.processes = list(self._stand_processes(top))
        self.strips = [list(self._stand_strips(n)) for n in range(len(self.processes))]
        pointers = self._pointers()
        self.stacks = self._stand_stacks(top, pointers)
        self.holders = self._stand_holders(top)
        self.bottom = max(
            [top, *(box.y + box.height for box in self.processes + self.stacks + self.holders)]
        )

    # Left.

    def _title(self, process: Process) -> list[str]:
        """The lines at the top of a process's box."""
        empty = [] if process.areas else self._fitted("nothing mapped", self.columns.left[1])
        return [*self._name(process), *empty]

    def _name(self, process: Process) -> list[str]:
        return self._fitted(process.name, self.columns.left[1], bold=True)

    def _stand_processes(self, top: float) -> Iterator[Box]:
        for process, areas in zip(self.state.processes, self.groups.strips, strict=True):
            rows = sum(self._high(strip) for area in areas for strip in area)
            gaps = AREA_GAP * max(len(areas) - 1, 0)
            height = PAD + len(self._title(process)) * self.columns.line + rows + gaps + PAD
            yield Box(top, height)
            top += height + GAP

    def _stand_strips(self, n: int) -> Iterator[tuple[Strip, Box]]:
        lines = len(self._title(self.state.processes[n]))
        y = self.processes[n].y + PAD + lines * self.columns.line
        for area in self.groups.strips[n]:
            for strip in area:
                yield strip, Box(y, self._high(strip))
                y += self._high(strip)
            y += AREA_GAP

    def _high(self, strip: Strip) -> float:
        if strip.entries == 1:
            lines = len(self._row_lines(strip)) if strip.readonly else 1
            return TALL_ROW if strip.span > 1 else ROW + (lines - 1) * self.columns.line
        return min(max(COMB_LOW, 6 * len(strip.teeth)), COMB_HIGH)

    def _tooth(self, strip: Strip, box: Box, n: int) -> float:
        """How far down a tooth of a comb is, or the only entry of a row."""
        return box.y + box.height * (n + 0.5) / len(strip.teeth)

    def _pointers(self) -> list[End]:
        ends = []
        for strip, box in (pair for strips in self.strips for pair in strips):
            by: defaultdict[int, list[float]] = defaultdict(list)
            for n, stack in enumerate(strip.teeth):
                if stack is not None:
                    by[stack].append(self._tooth(strip, box, n))
            ends += [End(stack, tuple(ys)) for stack, ys in by.items()]
        return ends

    # Middle.

    def _stand_stacks(self, top: float, pointers: list[End]) -> list[Box]:
        left = [[end for end in pointers if end.stack == n] for n in range(len(self.groups.stacks))]
        right = [
            [row for held in self.groups.held for row in held if row.stack == n]
            for n in range(len(self.groups.stacks))
        ]
        heights = [
            max(self._deep(stack), PORT * max(len(left[n]), len(right[n])) + 4)
            for n, stack in enumerate(self.groups.stacks)
        ]
        wanted = [sum(end.y for end in ends) / len(ends) if ends else top for ends in left]
        boxes = stand(heights, wanted, top)
        self.pointers = [
            (end, box, slot, len(ends))
            for ends, box in zip(left, boxes, strict=True)
            for slot, end in enumerate(sorted(ends, key=lambda end: end.y))
        ]
        return boxes

    def _deep(self, stack: Stack) -> float:
        lines = len(self._stack_lines(stack)) + len(self._tag_lines(stack))
        large = 4 * stack.first.order
        return PAD + lines * self.columns.line + 2 * PAD + large + (DEEP if stack.each else 0)

    def _stack_lines(self, stack: Stack) -> list[str]:
        lines = self._fitted(stack.name, self.columns.middle[1], bold=True)
        if stack.first.order:
            lines.append(f"{1 << stack.first.order} pages")
        letters = [stack.first.letters] if stack.first.letters else []
        return lines + letters + (["freed"] if stack.first.freed else [])

    def _tag_lines(self, stack: Stack) -> list[str]:
        was = self.before.frame(stack.first.number) if self.before else None
        room = self._tag_width(stack) - HOLE - 4
        return [
            line
            for words in tag(stack.first, was, stack.each)
            for line in fitted(words, room, self.columns.letters)
        ]

    def _tag_width(self, stack: Stack) -> float:
        return self.columns.middle[1] - 2 * PAD - (DEEP if stack.each else 0)

    # Right.

    def _stand_holders(self, top: float) -> list[Box]:
        wanted = [
            sum(self.stacks[row.stack].middle for row in held) / len(held) if held else top
            for held in self.groups.held
        ]
        heights = [
            PAD + self.columns.line * (len(self._holder_lines(holder)) + len(self._rows(held))) + 18
            for holder, held in zip(self.state.holders, self.groups.held, strict=True)
        ]
        return stand(heights, wanted, top)

    def _holder_lines(self, holder: Holder) -> list[str]:
        return self._fitted(title(holder), self.columns.right[1]) + (
            self._fitted(holder.request, self.columns.right[1]) if holder.request else []
        )

    def _rows(self, held: Sequence[Held]) -> list[tuple[int, str]]:
        """The lines of a holder's rows, each with the place of its row."""
        wide = self.columns.right[1] - 22
        return [(n, line) for n, row in enumerate(held) for line in self._fitted(row.words, wide)]

    def _fitted(self, words: str, width: float, *, bold: bool = False) -> list[str]:
        return fitted(words, width - 2 * PAD, self.columns.letters, bold=bold)

    # Lines.

    def lines(self) -> Iterator[str]:
        """The lines from the page tables and the arrows from the holders."""
        x0, x1 = sum(self.columns.left), self.columns.middle[0]
        for end, box, slot, slots in self.pointers:
            yield from _pointer(x0, x1, end, box, slot, slots, self.groups.stacks[end.stack])
        x0, x1 = self.columns.right[0], sum(self.columns.middle)
        arrows = sorted(self._arrows(), key=lambda arrow: arrow[1])
        for n, box in enumerate(self.stacks):
            here = [(held, y) for held, y in arrows if held.stack == n]
            for slot, (held, y) in enumerate(here):
                yield _arrow(x0, y, x1, box.y + box.height * (slot + 0.5) / len(here), held)

    def _arrows(self) -> Iterator[tuple[Held, float]]:
        """What each arrow says, and where it begins."""
        for holder, held, box in zip(
            self.state.holders, self.groups.held, self.holders, strict=True
        ):
            y = self._first_row(holder, box)
            for n, line in enumerate(self._rows(held)):
                if n == 0 or self._rows(held)[n - 1][0] != line[0]:
                    yield held[line[0]], y + n * self.columns.line - 4

    def _first_row(self, holder: Holder, box: Box) -> float:
        return box.y + PAD + self.columns.line * (len(self._holder_lines(holder)) + 1) + 4

    # Boxes.

    def boxes(self) -> Iterator[str]:
        """The boxes with their words."""
        for n, process in enumerate(self.state.processes):
            yield from self._draw_process(n, process)
        for stack, box in zip(self.groups.stacks, self.stacks, strict=True):
            yield from self._draw_stack(stack, box)
        for holder, held, box in zip(
            self.state.holders, self.groups.held, self.holders, strict=True
        ):
            yield from self._draw_holder(holder, held, box)

    def _draw_process(self, n: int, process: Process) -> Iterator[str]:
        x, width = self.columns.left
        box = self.processes[n]
        yield rect(x, box.y, width, box.height, edge=edge(faint=True), round=6)
        letters, name = self.columns.letters, self._name(process)
        for row, line in enumerate(self._title(process), 1):
            weight = "bold" if row <= len(name) else "normal"
            yield text(x + PAD, box.y + row * self.columns.line, line, size=letters, weight=weight)
        for strip, place in self.strips[n]:
            changed = self.before is not None and remapped(self.before, self.state, n, strip)
            yield from self._draw_strip(strip, place, changed=changed)

    def _draw_strip(self, strip: Strip, box: Box, *, changed: bool) -> Iterator[str]:
        x, width = self.columns.left
        letters, line = self.columns.letters, self.columns.line
        empty = set(strip.teeth) == {None}
        if strip.entries > 1:
            yield from self._draw_comb(strip, box, changed=changed)
        else:
            place = (x + 4, box.y + 1, width - 4, box.height - 2)
            around = edge(3 if changed else 1, dashed=empty, faint=not changed)
            yield rect(*place, edge=around)
        lines = self._row_lines(strip)
        y = box.middle - line * (len(lines) - 1) / 2 + letters * 0.36
        for n, words in enumerate(lines):
            yield text(x + PAD, y + n * line, words, size=letters)

    def _row_lines(self, strip: Strip) -> list[str]:
        """The words of a row or a comb."""
        room = self.columns.left[1] - PAD - (COMB + 4 if strip.entries > 1 else 2)
        letters = self.columns.letters
        lines = [part for label in labels(strip) for part in fitted(label, room, letters)]
        if strip.first == strip.last and not strip.readonly and len(lines) > 1:
            return [strip.name]  # a row has room for one line; its dashes say "empty", too
        return lines

    def _draw_comb(self, strip: Strip, box: Box, *, changed: bool) -> Iterator[str]:
        x = sum(self.columns.left) - COMB
        pitch = box.height / len(strip.teeth)
        for n, tooth in enumerate(strip.teeth):
            zero = tooth is not None and self.groups.stacks[tooth].first.zero
            place = (x, box.y + n * pitch + 0.3, COMB, pitch - 0.6)
            yield rect(*place, fill=ZERO_PAGE if zero else "white", edge=HAIR, round=0)
        if changed:
            yield rect(x, box.y, COMB, box.height, fill="none", edge=THICK)

    def _draw_stack(self, stack: Stack, box: Box) -> Iterator[str]:
        x, width = self.columns.middle
        frame = stack.first
        fill = ZERO_PAGE if frame.zero else "white"
        deep = DEEP if stack.each else 0
        for n in reversed(range(0, deep + 1, 4)):
            place = (x + n, box.y + n, width - deep, box.height - deep)
            wide = 3 if n == 0 and self._rewritten(frame) else 1
            around = edge(wide, dashed=frame.zero or frame.freed)
            yield rect(*place, fill=fill, edge=around, round=3)
        if frame.freed:
            yield cross(x, box.y, width - deep, box.height - deep)
        letters, line = self.columns.letters, self.columns.line
        y = box.y + PAD + letters - 2
        for words in self._stack_lines(stack):
            plain = words.endswith(" pages") or words == frame.letters
            yield text(x + PAD, y, words, size=letters, weight="normal" if plain else "bold")
            y += line
        yield from self._draw_tag(stack, y - letters + 4)

    def _draw_tag(self, stack: Stack, y: float) -> Iterator[str]:
        x = self.columns.middle[0]
        lines = self._tag_lines(stack)
        letters, line = self.columns.letters, self.columns.line
        height = len(lines) * line + 5
        below = stack.first.refcount < 0
        colour = OVERFLOW if below else EDGE
        thick = self.before is not None and self._moved(stack)
        yield luggage(x + PAD, y, self._tag_width(stack), height, colour, thick=thick)
        for n, words in enumerate(lines):
            yield text(x + PAD + HOLE, y + letters + 3 + n * line, words, size=letters, fill=colour)

    def _moved(self, stack: Stack) -> bool:
        was = self.before.frame(stack.first.number) if self.before else None
        now = stack.first
        return was is None or (was.refcount, was.pincount) != (now.refcount, now.pincount)

    def _rewritten(self, frame: Frame) -> bool:
        was = self.before.frame(frame.number) if self.before else None
        return was is not None and was.letters != frame.letters

    def _draw_holder(self, holder: Holder, held: Sequence[Held], box: Box) -> Iterator[str]:
        x, width = self.columns.right
        letters, line = self.columns.letters, self.columns.line
        colour = DEVICE if holder.request else EDGE
        lines = self._holder_lines(holder)
        band = PAD + line * len(lines)
        was = self.before.holders if self.before else (holder,)
        thick = holder not in was
        yield rect(x, box.y, width, band, fill=colour, edge=edge(1, colour))
        yield rect(x, box.y, width, box.height, fill="none", edge=edge(3 if thick else 1, colour))
        for n, words in enumerate(lines):
            yield text(x + PAD, box.y + line * (n + 1), words, size=letters, fill="white")
        y = self._first_row(holder, box)
        for n, (row, words) in enumerate(self._rows(held)):
            yield text(x + 24, y + n * line, words, size=letters)
            if n == 0 or self._rows(held)[n - 1][0] != row:
                yield chip(x + PAD, y + n * line - 9, held[row].kind)


def labels(strip: Strip) -> list[str]:
    """Return what stands on a row or beside a comb."""
    names = [strip.name] if strip.first == strip.last else [strip.name, size(strip)]
    state = readonly(strip) or ("empty" if set(strip.teeth) == {None} else "")
    return [*names[:-1], names[-1] + (f", {state}" if state else "")]


def tag(frame: Frame, was: Frame | None, each: str) -> list[str]:
    """Return what a frame's tag says, and what it said before if that was something else."""
    lines = [_counter(f"{each}refcount", frame.refcount, None if was is None else was.refcount)]
    if abs(frame.refcount) >= 2**LARGE and (written := power(frame.refcount)):
        lines.append(f"({written})")
    if frame.refcount < 0:
        lines.append("below zero")
    if frame.pincount is not None:
        lines.append(
            _counter(f"{each}pincount", frame.pincount, None if was is None else was.pincount)
        )
    return lines


def _counter(name: str, now: int, was: int | None) -> str:
    return f"{name} {now}" + ("" if was in (None, now) else f", was\u00a0{was}")


def stand(heights: Sequence[float], wanted: Sequence[float], top: float) -> list[Box]:
    """Stand boxes one below the other, their middles near what is wanted, in this order.

    As near as can be by squares: neighbours that would overlap move together to their mean
    (pool adjacent violators).
    """
    offsets = [sum(heights[:n]) + GAP * n for n in range(len(heights))]
    pools: list[tuple[float, int]] = []
    for height, middle, offset in zip(heights, wanted, offsets, strict=True):
        pool = (middle - height / 2 - offset, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, size = pools.pop()
            pool = ((mean * size + pool[0] * pool[1]) / (size + pool[1]), size + pool[1])
        pools.append(pool)
    shifts = [max(shift, top) for shift, size in pools for _ in range(size)]
    return [
        Box(shift + offset, height)
        for shift, offset, height in zip(shifts, offsets, heights, strict=True)
    ]


def _pointer(
    x0: float, x1: float, end: End, box: Box, slot: int, slots: int, stack: Stack
) -> Iterator[str]:
    """The lines of one strip: to one point of a frame, or side by side to a stack."""
    room = box.height / slots
    y = box.y + room * (slot + 0.5)
    many = len(end.ys) > 1
    spread = 0.7 * room if many and stack.each else 0
    for n, start in enumerate(end.ys):
        place = y + spread * ((n + 0.5) / len(end.ys) - 0.5)
        yield (
            f'<path d="{curve(x0, start, x1 - (0 if spread else 6), place)}" fill="none" '
            f'stroke="{EDGE}" stroke-width="{0.6 if many else 1.3}"/>'
        )
    if not spread:
        yield head(x1, y, 1, EDGE)


def _arrow(x0: float, y0: float, x1: float, y1: float, held: Held) -> str:
    """An arrow from a holder to a frame."""
    line = f'<path d="{curve(x0, y0, x1 + 8, y1)}" fill="none"'
    if held.kind == "pin":
        edge, inside = f'{line} stroke="{EDGE}" stroke-width="5"/>', f'stroke="{PIN}"'
        return f'{edge}{line} {inside} stroke-width="3"/>{head(x1, y1, -1, PIN, 6)}'
    colour = REFERENCE if held.kind == "reference" else EDGE
    dashes = "" if held.kind == "reference" else ' stroke-dasharray="5 4"'
    return f'{line} stroke="{colour}" stroke-width="1.8"{dashes}/>{head(x1, y1, -1, colour)}'


# Shapes.


def cross(x: float, y: float, width: float, height: float) -> str:
    """Return two faint lines across what is no longer there."""
    return (
        f'<path d="M{x:g} {y:g} l{width:g} {height:g} '
        f'M{x:g} {y + height:g} l{width:g} {-height:g}" '
        f'stroke="{EDGE}" stroke-opacity="0.35" fill="none"/>'
    )


def luggage(x: float, y: float, width: float, height: float, colour: str, *, thick: bool) -> str:
    """Return a tag: a label with a pointed end and a hole for the string."""
    middle = y + height / 2
    return (
        f'<path class="tag" d="M{x + 9:g} {y:g} H{x + width:g} V{y + height:g} H{x + 9:g} '
        f"L{x:g} {middle + 4:g} "
        f'V{middle - 4:g} Z" fill="white" stroke="{colour}" stroke-width="{3 if thick else 1}" '
        f'stroke-linejoin="round"/>'
        f'<circle cx="{x + 7:g}" cy="{middle:g}" r="2" fill="none" stroke="{colour}"/>'
    )


def chip(x: float, y: float, kind: str) -> str:
    """Return the sign of a kind of hold, as its arrow has it."""
    fill = {"reference": REFERENCE, "pin": PINNED}.get(kind, "white")
    return rect(x, y, 10, 10, fill=fill, edge=edge(dashed=kind not in ("reference", "pin")))


def curve(x0: float, y0: float, x1: float, y1: float) -> str:
    """Return the path of a line that leaves and arrives level."""
    bend = (x1 - x0) / 2
    return f"M{x0:g} {y0:g}C{x0 + bend:g} {y0:g} {x1 - bend:g} {y1:g} {x1:g} {y1:g}"


def head(x: float, y: float, to: int, colour: str, large: int = 4) -> str:
    """Return the head of an arrow that ends at x, pointing right (1) or left (-1)."""
    back = x - to * 2 * large
    return (
        f'<path d="M{x:g} {y:g}L{back:g} {y - large:g}V{y + large:g}Z" fill="{colour}" '
        f'stroke="{EDGE}" stroke-width="0.7"/>'
    )
