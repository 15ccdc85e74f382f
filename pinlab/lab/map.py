"""The map: page tables left, frames with their counters in the middle, devices right.

The same drawing, in the same places, in every lesson. A line from a page table entry ends at the
frame that the entry points to; an arrow from a device ends at the frame that it holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from pinlab.lab.layers import spread
from pinlab.lab.map_words import in_words, readonly, size, title
from pinlab.lab.palette import DEVICE, EDGE, OVERFLOW, PIN, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import (
    Frame,
    Holder,
    PageTable,
    Snapshot,
    Stack,
    StackHold,
    Strip,
    group,
    remapped,
    snapshot,
)
from pinlab.lab.svg import HAIR, PINNED, THICK, Piece, document, edge, fitted, moved, rect, text
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
class Layout:
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

    def wrap(self, words: str, width: float, *, bold: bool = False) -> list[str]:
        """Return words as lines that fit into a box of that width."""
        return fitted(words, width - 2 * PAD, self.letters, bold=bold)


WIDE = Layout(760, (8, 172), (276, 180), (544, 208), 12)
NARROW = Layout(396, (4, 94), (130, 120), (276, 108), 11)


class Box(NamedTuple):
    """Where something stands."""

    y: float
    height: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2

    def part(self, n: int, of: int) -> float:
        """Return the middle of one of several equal parts."""
        return self.y + self.height * (n + 0.5) / of


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


def sheet(panels: Sequence[Panel], layout: Layout = WIDE, abreast: int = 1) -> Drawing:
    """Draw maps one below the other, or some abreast; of several, each has a line of words."""
    lines = panels[0].twin if len(panels) == 1 else [" ".join(panel.twin) for panel in panels]
    told = "\n".join(lines)
    alt = f"Page tables left, frames with their counters in the middle, devices right. {told}"
    return Drawing(maps(panels, layout, abreast, told), alt, told)


def maps(panels: Sequence[Panel | None], layout: Layout, abreast: int, label: str) -> str:
    """Return maps as one SVG, `abreast` of them in each row; None leaves a place empty."""
    drawn, y = [], 0.0
    for first in range(0, len(panels), abreast):
        high = 0.0
        for n, panel in enumerate(panels[first : first + abreast]):
            if panel is not None:
                piece = draw(panel.state, panel.before, panel.words, layout)
                drawn.append(moved(n * layout.width, y, piece.svg))
                high = max(high, piece.height)
        y += high
    return document(abreast * layout.width, y, "".join(drawn), label)


def draw(
    state: Snapshot, before: Snapshot | None = None, words: str = "", layout: Layout = WIDE
) -> Piece:
    """Draw one map; with `before`, what has changed since has a thick edge and says what it was."""
    letters = layout.letters
    heading = fitted(words, layout.width - 2 * MARGIN, letters + 1, bold=True)
    drawn = [
        text(layout.left[0], 18 + n * 17, line, size=letters + 1, weight="bold")
        for n, line in enumerate(heading)
    ]
    top = 17 * len(heading) + (12 if heading else 4)
    heads = (
        (layout.left, "page tables"),
        (layout.middle, "frames"),
        (layout.right, "devices and other holders" if layout is WIDE else "holders"),
    )
    drawn += [text(x, top + 12, head, size=letters - 1) for (x, _), head in heads]
    places = Places(state, before, layout, top + HEAD)
    return Piece("".join([*drawn, *places.lines(), *places.boxes()]), places.bottom + MARGIN)


class Places:
    """Where everything on a map stands; what is drawn follows from that."""

    def __init__(
        self, state: Snapshot, before: Snapshot | None, layout: Layout, top: float
    ) -> None:
        self.state, self.before, self.layout = state, before, layout
        self.groups = group(state, before)
        self.holding = list(zip(state.holders, self.groups.held, strict=True))
        self.processes = list(self._stand_processes(top))
        self.pointers = self._pointers()
        self.stacks = self._stand_stacks(top)
        self.holders = self._stand_holders(top)
        boxes = [box for box, _ in self.processes] + self.stacks + self.holders
        self.bottom = max([top, *(box.y + box.height for box in boxes)])

    # Left.

    def _title(self, process: PageTable) -> tuple[list[str], list[str]]:
        """The lines at the top of a process's box: its name, and whether nothing is mapped."""
        width = self.layout.left[1]
        empty = "" if process.areas else "nothing mapped"
        name = self.layout.wrap(process.name, width, bold=True)
        return name, self.layout.wrap(empty, width)

    def _stand_processes(self, top: float) -> Iterator[tuple[Box, list[tuple[Strip, Box]]]]:
        """The box of each process, and those of its strips."""
        for process, areas in zip(self.state.processes, self.groups.strips, strict=True):
            y = top + PAD + sum(map(len, self._title(process))) * self.layout.line
            strips = []
            for n, area in enumerate(areas):
                y += AREA_GAP if n else 0
                for strip in area:
                    strips.append((strip, Box(y, self._high(strip))))
                    y += self._high(strip)
            yield Box(top, y + PAD - top), strips
            top = y + PAD + GAP

    def _high(self, strip: Strip) -> float:
        if strip.entries == 1:
            lines = len(self._row_lines(strip)) if strip.readonly else 1
            return TALL_ROW if strip.span > 1 else ROW + (lines - 1) * self.layout.line
        return min(max(COMB_LOW, 6 * len(strip.teeth)), COMB_HIGH)

    def _row_lines(self, strip: Strip) -> list[str]:
        """The words of a row or beside a comb."""
        room = self.layout.left[1] - PAD - (COMB + 4 if strip.entries > 1 else 2)
        labels = [strip.name] if strip.first == strip.last else [strip.name, size(strip)]
        if state := readonly(strip) or ("empty" if strip.empty else ""):
            labels[-1] += f", {state}"
        lines = [part for label in labels for part in fitted(label, room, self.layout.letters)]
        if strip.first == strip.last and not strip.readonly and len(lines) > 1:
            return [strip.name]  # a row has room for one line; its dashes say "empty", too
        return lines

    def _pointers(self) -> list[list[list[float]]]:
        """For each stack, for each strip that points to it: where its lines begin."""
        found: list[list[list[float]]] = [[] for _ in self.groups.stacks]
        for strip, box in (pair for _, strips in self.processes for pair in strips):
            by: defaultdict[int, list[float]] = defaultdict(list)
            for n, stack in enumerate(strip.teeth):
                if stack is not None:
                    by[stack].append(box.part(n, len(strip.teeth)))
            for stack, ys in by.items():
                found[stack].append(ys)
        return [sorted(ends, key=fmean) for ends in found]

    # Middle.

    def _stand_stacks(self, top: float) -> list[Box]:
        holds = Counter(row.stack for _, held in self.holding for row in held)
        heights = [
            max(self._deep(stack), PORT * max(len(ends), holds[n]) + 4)
            for n, (stack, ends) in enumerate(zip(self.groups.stacks, self.pointers, strict=True))
        ]
        wanted = [fmean(map(fmean, ends)) if ends else top for ends in self.pointers]
        return _stand(heights, wanted, top)

    def _deep(self, stack: Stack) -> float:
        lines = len(self._stack_lines(stack)) + len(self._tag_lines(stack))
        large = 4 * stack.first.order
        return PAD + lines * self.layout.line + 2 * PAD + large + (DEEP if stack.each else 0)

    def _stack_lines(self, stack: Stack) -> list[str]:
        frame = stack.first
        more = [
            f"{1 << frame.order} pages" * bool(frame.order),
            frame.letters,
            "freed" * frame.freed,
        ]
        name = self.layout.wrap(stack.name, self.layout.middle[1], bold=True)
        return [*name, *filter(None, more)]

    def _tag_lines(self, stack: Stack) -> list[str]:
        room = self._tag_width(stack) - HOLE - 4
        said = _tag(stack.first, self._was(stack.first), stack.each)
        return [line for words in said for line in fitted(words, room, self.layout.letters)]

    def _tag_width(self, stack: Stack) -> float:
        return self.layout.middle[1] - 2 * PAD - (DEEP if stack.each else 0)

    def _was(self, frame: Frame) -> Frame | None:
        return self.before.frame(frame.number) if self.before else None

    # Right.

    def _stand_holders(self, top: float) -> list[Box]:
        wanted = [
            fmean(self.stacks[row.stack].middle for row in held) if held else top
            for _, held in self.holding
        ]
        heights = [
            PAD + self.layout.line * (len(self._holder_lines(holder)) + sum(map(len, rows))) + 18
            for holder, held in self.holding
            for rows in [[self._row(row) for row in held]]
        ]
        return _stand(heights, wanted, top)

    def _holder_lines(self, holder: Holder) -> list[str]:
        said = filter(None, (title(holder), holder.request))
        return [line for words in said for line in self.layout.wrap(words, self.layout.right[1])]

    def _row(self, row: StackHold) -> list[str]:
        return self.layout.wrap(row.words, self.layout.right[1] - 22)

    def _rows(
        self, holder: Holder, held: Sequence[StackHold], box: Box
    ) -> Iterator[tuple[StackHold, list[str], float]]:
        """The rows of a holder, each with its lines and where the first of them stands."""
        y = box.y + PAD + self.layout.line * (len(self._holder_lines(holder)) + 1) + 4
        for row in held:
            lines = self._row(row)
            yield row, lines, y
            y += self.layout.line * len(lines)

    # Lines.

    def lines(self) -> Iterator[str]:
        """The lines from the page tables and the arrows from the holders."""
        x0, x1 = sum(self.layout.left), self.layout.middle[0]
        for stack, ends, box in zip(self.groups.stacks, self.pointers, self.stacks, strict=True):
            for slot, ys in enumerate(ends):
                room, y = box.height / len(ends), box.part(slot, len(ends))
                yield from _pointer(x0, x1, ys, y, 0.7 * room if stack.each else 0)
        x0, x1 = self.layout.right[0], sum(self.layout.middle)
        arrows = [
            (y - 4, row)
            for (holder, held), box in zip(self.holding, self.holders, strict=True)
            for row, _, y in self._rows(holder, held, box)
        ]
        for n, box in enumerate(self.stacks):
            here = sorted((y, row.kind) for y, row in arrows if row.stack == n)
            for slot, (y, kind) in enumerate(here):
                yield _arrow(x0, y, x1, box.part(slot, len(here)), kind)

    # Boxes.

    def boxes(self) -> Iterator[str]:
        """The boxes with their words."""
        for n, process in enumerate(self.state.processes):
            yield from self._draw_process(n, process)
        for stack, box in zip(self.groups.stacks, self.stacks, strict=True):
            yield from self._draw_stack(stack, box)
        for (holder, held), box in zip(self.holding, self.holders, strict=True):
            yield from self._draw_holder(holder, held, box)

    def _words(
        self, x: float, y: float, lines: Sequence[str], fill: str = EDGE, bold: int = 0
    ) -> Iterator[str]:
        """Lines of text below each other, the first `bold` of them bold."""
        for n, words in enumerate(lines):
            weight = "bold" if n < bold else "normal"
            place = x, y + n * self.layout.line
            yield text(*place, words, size=self.layout.letters, fill=fill, weight=weight)

    def _draw_process(self, n: int, process: PageTable) -> Iterator[str]:
        x, width = self.layout.left
        box, strips = self.processes[n]
        yield rect(x, box.y, width, box.height, edge=edge(faint=True), round=6)
        name, empty = self._title(process)
        yield from self._words(x + PAD, box.y + self.layout.line, name + empty, bold=len(name))
        for strip, place in strips:
            changed = self.before is not None and remapped(self.before, self.state, n, strip)
            yield from self._draw_strip(strip, place, changed=changed)

    def _draw_strip(self, strip: Strip, box: Box, *, changed: bool) -> Iterator[str]:
        x, width = self.layout.left
        if strip.entries > 1:
            yield from self._draw_comb(strip, box, changed=changed)
        else:
            around = edge(3 if changed else 1, dashed=strip.empty, faint=not changed)
            yield rect(x + 4, box.y + 1, width - 4, box.height - 2, edge=around)
        lines = self._row_lines(strip)
        y = box.middle - self.layout.line * (len(lines) - 1) / 2 + self.layout.letters * 0.36
        yield from self._words(x + PAD, y, lines)

    def _draw_comb(self, strip: Strip, box: Box, *, changed: bool) -> Iterator[str]:
        x = sum(self.layout.left) - COMB
        pitch = box.height / len(strip.teeth)
        for n, tooth in enumerate(strip.teeth):
            zero = tooth is not None and self.groups.stacks[tooth].first.zero
            place = (x, box.y + n * pitch + 0.3, COMB, pitch - 0.6)
            yield rect(*place, fill=ZERO_PAGE if zero else "white", edge=HAIR, round=0)
        if changed:
            yield rect(x, box.y, COMB, box.height, fill="none", edge=THICK)

    def _draw_stack(self, stack: Stack, box: Box) -> Iterator[str]:
        x, width = self.layout.middle
        frame, was = stack.first, self._was(stack.first)
        rewritten = was is not None and was.letters != frame.letters
        deep = DEEP if stack.each else 0
        for n in reversed(range(0, deep + 1, 4)):
            place = (x + n, box.y + n, width - deep, box.height - deep)
            wide = 3 if n == 0 and rewritten else 1
            around = edge(wide, dashed=frame.zero or frame.freed)
            yield rect(*place, fill=ZERO_PAGE if frame.zero else "white", edge=around, round=3)
        if frame.freed:
            yield _cross(x, box.y, width - deep, box.height - deep)
        letters, line = self.layout.letters, self.layout.line
        y = box.y + PAD + letters - 2
        for words in self._stack_lines(stack):
            plain = words.endswith(" pages") or words == frame.letters
            yield text(x + PAD, y, words, size=letters, weight="normal" if plain else "bold")
            y += line
        yield from self._draw_tag(stack, y - letters + 4)

    def _draw_tag(self, stack: Stack, y: float) -> Iterator[str]:
        now, was = stack.first, self._was(stack.first)
        lines, colour = self._tag_lines(stack), OVERFLOW if now.refcount < 0 else EDGE
        new = was is None or (was.refcount, was.pincount) != (now.refcount, now.pincount)
        x, height = self.layout.middle[0] + PAD, len(lines) * self.layout.line + 5
        around = edge(3 if self.before and new else 1, colour)
        yield _luggage(x, y, self._tag_width(stack), height, colour, around)
        yield from self._words(x + HOLE, y + self.layout.letters + 3, lines, fill=colour)

    def _draw_holder(self, holder: Holder, held: Sequence[StackHold], box: Box) -> Iterator[str]:
        x, width = self.layout.right
        line = self.layout.line
        colour = DEVICE if holder.request else EDGE
        lines = self._holder_lines(holder)
        new = self.before is not None and holder not in self.before.holders
        yield rect(x, box.y, width, PAD + line * len(lines), fill=colour, edge=edge(1, colour))
        around = edge(3 if new else 1, colour)
        yield rect(x, box.y, width, box.height, fill="none", edge=around)
        yield from self._words(x + PAD, box.y + line, lines, fill="white")
        for row, (first, *more), y in self._rows(holder, held, box):
            yield from self._words(x + 24, y, [first])
            yield _chip(x + PAD, y - 9, row.kind)
            yield from self._words(x + 24, y + line, more)


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


def _stand(heights: Sequence[float], wanted: Sequence[float], top: float) -> list[Box]:
    """Boxes one below the other from `top` on, their middles near what is wanted."""
    middles = spread([middle - top for middle in wanted], heights, GAP)
    return [Box(top + y - high / 2, high) for y, high in zip(middles, heights, strict=True)]


def _pointer(
    x0: float, x1: float, starts: Sequence[float], y: float, spread: float
) -> Iterator[str]:
    """The lines of one strip: to one point of a frame, or side by side to a stack."""
    many = len(starts) > 1
    spread = spread if many else 0
    for n, start in enumerate(starts):
        end = y + spread * ((n + 0.5) / len(starts) - 0.5)
        yield (
            f'<path d="{_curve(x0, start, x1 - (0 if spread else 6), end)}" fill="none" '
            f'stroke="{EDGE}" stroke-width="{0.6 if many else 1.3}"/>'
        )
    if not spread:
        yield _head(x1, y, 1, EDGE)


def _arrow(x0: float, y0: float, x1: float, y1: float, kind: str) -> str:
    """An arrow from a holder to a frame."""
    line = f'<path d="{_curve(x0, y0, x1 + 8, y1)}" fill="none"'
    if kind == "pin":
        around, inside = f'{line} stroke="{EDGE}" stroke-width="5"/>', f'stroke="{PIN}"'
        return f'{around}{line} {inside} stroke-width="3"/>{_head(x1, y1, -1, PIN, 6)}'
    colour = REFERENCE if kind == "reference" else EDGE
    dashes = "" if kind == "reference" else ' stroke-dasharray="5 4"'
    return f'{line} stroke="{colour}" stroke-width="1.8"{dashes}/>{_head(x1, y1, -1, colour)}'


def _cross(x: float, y: float, width: float, height: float) -> str:
    """Two faint lines across what is no longer there."""
    return (
        f'<path d="M{x:g} {y:g} l{width:g} {height:g} '
        f'M{x:g} {y + height:g} l{width:g} {-height:g}" '
        f'stroke="{EDGE}" stroke-opacity="0.35" fill="none"/>'
    )


def _luggage(x: float, y: float, width: float, height: float, colour: str, around: str) -> str:
    """A tag: a label with a pointed end and a hole for the string."""
    middle = y + height / 2
    return (
        f'<path class="tag" d="M{x + 9:g} {y:g} H{x + width:g} V{y + height:g} H{x + 9:g} '
        f'L{x:g} {middle + 4:g} V{middle - 4:g} Z" fill="white" {around} '
        f'stroke-linejoin="round"/>'
        f'<circle cx="{x + 7:g}" cy="{middle:g}" r="2" fill="none" stroke="{colour}"/>'
    )


def _chip(x: float, y: float, kind: str) -> str:
    """The sign of a kind of hold, as its arrow has it."""
    fill = {"reference": REFERENCE, "pin": PINNED}.get(kind, "white")
    return rect(x, y, 10, 10, fill=fill, edge=edge(dashed=kind not in ("reference", "pin")))


def _curve(x0: float, y0: float, x1: float, y1: float) -> str:
    """The path of a line that leaves and arrives level."""
    bend = (x1 - x0) / 2
    return f"M{x0:g} {y0:g}C{x0 + bend:g} {y0:g} {x1 - bend:g} {y1:g} {x1:g} {y1:g}"


def _head(x: float, y: float, to: int, colour: str, large: int = 4) -> str:
    """The head of an arrow that ends at x, pointing right (1) or left (-1)."""
    back = x - to * 2 * large
    return (
        f'<path d="M{x:g} {y:g}L{back:g} {y - large:g}V{y + large:g}Z" fill="{colour}" '
        f'stroke="{EDGE}" stroke-width="0.7"/>'
    )
