"""The map: page tables left, frames with their counters in the middle, devices right.

The same drawing, in the same places, in every lesson. A line from a page table entry ends at the
frame that the entry points to; an arrow from a device ends at the frame that it holds. In a story
everything keeps its place: what comes later has it reserved, and what a step has taken away is
seen once more, pale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pinlab.lab.map_words import in_words
from pinlab.lab.palette import (
    CHILD,
    DEVICE,
    EDGE,
    FIRST,
    OVERFLOW,
    PARENT,
    PIN,
    REFERENCE,
    ZERO_PAGE,
)  # fmt: skip
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import (
    BY_DEVICE,
    TEETH,
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
from pinlab.lab.stage import (
    ACROSS,
    CELL,
    COMB,
    HOLE,
    LEFT,
    LETTERS,
    LINE,
    MARGIN,
    MIDDLE,
    PAD,
    RIGHT,
    SQUARE,
    WIDTH,
    Box,
    Key,
    Stage,
    grid_height,
    hold_lines,
    holder_lines,
    name_lines,
    row_lines,
    size_lines,
    starts,
    tag_lines,
    was_in,
)
from pinlab.lab.svg import (
    HAIR,
    PINNED,
    THICK,
    Piece,
    document,
    edge,
    escaped,
    fitted,
    measured,
    moved,
    rect,
    text,
)
from pinlab.model.arguments import instance
from pinlab.model.kernel import Kernel

HEAD = 22
HEADS = ("page tables", "frames", "devices and others")
"""What stands above the columns, and how much room that takes."""

PALE = 0.28
"""How much is left of what a step has taken away."""


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
    words = instance("words", words, str)
    return sheet([Panel(Stage([snapshot(kernel)]), 0, words)])


class Panel(NamedTuple):
    """A state on its stage, with words above it; `said` is the sentence for it, if not those.

    `still` if nothing has changed since the state before.
    """

    stage: Stage
    step: int
    words: str = ""
    said: str = ""
    still: bool = False

    @property
    def twin(self) -> list[str]:
        """The map in words."""
        said, states = self.said or self.words, self.stage.states
        before = states[self.step - 1] if self.step and not self.still else None
        now = states[self.step]
        return [*([said] if said else []), *in_words(now, group(now, before))]

    @property
    def piece(self) -> Piece:
        """The map below its words."""
        return draw_step(self.stage, self.step, self.words, still=self.still)


def sheet(panels: Sequence[Panel]) -> Drawing:
    """Draw maps one below the other; of several, each has a line of words."""
    lines = panels[0].twin if len(panels) == 1 else [" ".join(panel.twin) for panel in panels]
    told = "\n".join(lines)
    alt = f"Page tables left, frames with their counters in the middle, devices right. {told}"
    return Drawing(maps(panels, told), alt, told)


def maps(panels: Sequence[Panel], label: str) -> str:
    """Return maps one below the other as one SVG."""
    drawn, y = "", 0.0
    for panel in panels:
        drawn += moved(0, y, panel.piece.svg)
        y += panel.piece.height
    return document(WIDTH, y, drawn, label)


def draw(state: Snapshot, before: Snapshot | None = None, words: str = "") -> Piece:
    """Draw one map; with `before`, what has changed since has a thick edge and says what it was."""
    states = [state] if before is None else [before, state]
    return draw_step(Stage(states), len(states) - 1, words)


def draw_step(stage: Stage, step: int, words: str = "", *, still: bool = False) -> Piece:
    """Draw a state; what has changed since the one before has a thick edge, unless `still`.

    What is no longer there is pale.
    """
    now = Scene(stage, step, None if still or not step else step - 1)
    heading = fitted(words, WIDTH - 2 * MARGIN, LETTERS + 1, bold=True)
    drawn = [
        text(LEFT[0], 18 + n * 17, line, size=LETTERS + 1, weight="bold")
        for n, line in enumerate(heading)
    ]
    top = 17 * len(heading) + (12 if heading else 4)
    heads = zip((LEFT, MIDDLE, RIGHT), HEADS, strict=True)
    drawn += [text(x, top + 12, head, size=LETTERS) for (x, _), head in heads]
    drawn.append(moved(0, top + HEAD, "".join(now.drawn())))
    drawn.append(moved(0, top + HEAD + stage.bottom, "".join(now.watch())))
    return Piece("".join(drawn), top + HEAD + stage.bottom + MARGIN + stage.foot)


class Part(NamedTuple):
    """A piece of a map: what it is of, where it points to, and how it is drawn.

    A part with the same key is the same thing at another step. `source` is the frame that a new
    one is a copy of.
    """

    key: str
    target: str
    svg: str
    source: str = ""

    def drawn(self) -> str:
        """Return it as SVG that tells its key."""
        source = f' data-from="{escaped(self.source)}"' if self.source else ""
        return f'<g data-key="{escaped(self.key)}"{source}>{self.svg}</g>'


class Scene:
    """One state on its stage, and the one before it."""

    def __init__(self, stage: Stage, step: int, before: int | None) -> None:
        self.stage, self.state, self.groups = stage, stage.states[step], stage.groups[step]
        self.before = None if before is None else Scene(stage, before, None)
        self.holding = list(zip(self.state.holders, self.groups.held, strict=True))

    def drawn(self) -> Iterator[str]:
        """What was there before and is no longer, pale; lines, then boxes."""
        parts = [*self._lines(), *self._boxes()]
        there = {part[:2] for part in parts}
        for part in [*self.before._lines(), *self.before._boxes()] if self.before else ():
            if part[:2] not in there:
                yield f'<g opacity="{PALE}">{part.svg}</g>'
        yield from (part.drawn() for part in parts)

    def _was(self, stack: Stack) -> Frame | None:
        return was_in(self.before.groups if self.before else None, stack)

    # Lines.

    def _lines(self) -> Iterator[Part]:
        """The lines from the page tables and the arrows from the holders."""
        for process, areas in zip(self.state.processes, self.groups.strips, strict=True):
            seen: dict[int, int] = {}
            for strip in (strip for area in areas for strip in area):
                yield from self._pointer(process.key, strip, seen)
        kinds = self.stage.kinds()
        for holder, held in self.holding:
            for row, _, y in self._rows(holder, held):
                stack = self.groups.stacks[row.stack].first.number
                port = kinds[stack].index((holder.name, row.kind))
                end = self.stage.stacks[stack].part(port, len(kinds[stack]))
                arrow = _arrow(RIGHT[0], y - 4, sum(MIDDLE), end, row.kind)
                yield Part(f"arrow {holder.name} {row.kind}", str(stack), arrow)

    def _pointer(self, key: Key, strip: Strip, seen: dict[int, int]) -> Iterator[Part]:
        """The lines of a strip; `seen` counts the frames that lines of its process have reached."""
        for number, ys in starts(strip, self.stage.box(key, strip)).items():
            stack = self.groups.stacks[number]
            first = stack.first.number
            ends = [end[:2] for end in self.stage.pointers[first]]
            y = self.stage.stacks[first].part(ends.index((key, strip.first)), len(ends))
            goal = [(float(MIDDLE[0]), y)] * len(ys)
            if stack.each:
                squares = [*self._squares(stack)]
                begin = seen.get(number, 0)
                places = [(begin + n) % len(squares) for n in range(len(ys))]
                goal = [(squares[n][0], squares[n][1] + 1 + 1.4 * (n % ACROSS)) for n in places]
            seen[number] = seen.get(number, 0) + len(ys)
            lines = _pointer(sum(LEFT), ys, goal)
            yield Part(f"line {key[0]} {key[1]} {strip.first}", str(first), lines)

    # Boxes.

    def _boxes(self) -> Iterator[Part]:
        """The boxes with their words."""
        for process, areas in zip(self.state.processes, self.groups.strips, strict=True):
            strips = [strip for area in areas for strip in area]
            box = "".join(self._process(process, empty=not strips))
            yield Part(f"process {process.key}", "", box)
            for strip in strips:
                drawn = "".join(self._strip(process, strip))
                yield Part(f"row {process.key} {strip.first}", "", drawn)
        for stack in self.groups.stacks:
            copied = self.before and self.before.state.frame(stack.first.number) is None
            source = f"frame {stack.first.copied}" if copied and stack.first.copied else ""
            drawn = "".join(self._stack(stack))
            yield Part(f"frame {stack.first.number}", "", drawn, source)
        for holder, held in self.holding:
            yield Part(f"holder {holder.name}", "", "".join(self._holder(holder, held)))

    def _process(self, process: PageTable, *, empty: bool) -> Iterator[str]:
        (x, width), box = LEFT, self.stage.processes[process.key]
        yield rect(x, box.y, width, box.height, fill="none", edge=edge(faint=True), round=6)
        name = name_lines(process.name)
        then = self.before.state.process(process.key) if self.before else None
        just_unmapped = then is not None and bool(then.areas)  # its rows are still seen, pale
        words = [*name, "nothing mapped"] if empty and not just_unmapped else name
        yield from _words(x + PAD, box.y + LINE, words, bold=len(name))

    def _strip(self, process: PageTable, strip: Strip) -> Iterator[str]:
        (x, width), box = LEFT, self.stage.box(process.key, strip)
        then = self.before.state if self.before else None
        changed = then is not None and remapped(then, self.state, process.key, strip)
        if strip.entries > 1:
            yield from self._comb(strip, box, changed=changed)
        else:
            around = edge(3 if changed else 1, dashed=strip.empty, faint=not changed)
            yield rect(x + 4, box.y + 1, width - 8, box.height - 2, edge=around)
        lines = row_lines(strip)
        y = box.middle - LINE * (len(lines) - 1) / 2 + LETTERS * 0.36
        yield from _words(x + PAD, y, lines)

    def _comb(self, strip: Strip, box: Box, *, changed: bool) -> Iterator[str]:
        x, pitch = sum(LEFT) - COMB, box.height / len(strip.teeth)
        for n, tooth in enumerate(strip.teeth):
            zero = tooth is not None and self.groups.stacks[tooth].first.zero
            place = (x, box.y + n * pitch + 0.3, COMB, pitch - 0.6)
            yield rect(*place, fill=ZERO_PAGE if zero else "white", edge=HAIR, round=0)
        if changed:
            yield rect(x, box.y, COMB, box.height, fill="none", edge=THICK)

    def _stack(self, stack: Stack) -> Iterator[str]:
        (x, width), box = MIDDLE, self.stage.stacks[stack.first.number]
        frame, was = stack.first, self._was(stack)
        rewritten = was is not None and was.letters != frame.letters
        around = edge(
            3 if rewritten else 1, dashed=frame.zero or frame.freed, faint=bool(stack.each)
        )
        fill = ZERO_PAGE if frame.zero else "white"
        # The lines end at the squares of a stack, so its box must not hide them.
        yield rect(
            x, box.y, width, box.height, fill="none" if stack.each else fill, edge=around, round=3
        )
        if frame.freed:
            yield _cross(x, box.y, width, box.height)
        y = box.y + PAD + LETTERS - 2
        name = fitted(stack.name, width - 2 * PAD, LETTERS, bold=True)
        lines = [*name, *size_lines(frame)]
        if stack.each:
            ground = measured(stack.name, LETTERS, bold=True) + 4
            yield rect(x + PAD - 2, box.y + 6, ground, LINE, edge='stroke="none"')
        yield from _words(x + PAD, y, lines, bold=len(name))
        y += LINE * len(lines) - LETTERS + 4
        if stack.each:
            yield from (
                rect(*square, SQUARE - 4, SQUARE - 4, round=1) for square in self._squares(stack)
            )
            y += grid_height(stack)
        if frame.letters:
            yield from self._cells(x + PAD, y, frame)
            y += CELL + 6
        yield from self._tag(stack, y)

    def _squares(self, stack: Stack) -> Iterator[tuple[float, float]]:
        """The corners of the squares of a stack."""
        x, y = MIDDLE[0] + 3.0 * PAD, self.stage.stacks[stack.first.number].y + PAD
        y += LINE * len(fitted(stack.name, MIDDLE[1] - 2 * PAD, LETTERS, bold=True)) + 2
        for n in range(min(len(stack.frames), TEETH)):
            yield x + n % ACROSS * SQUARE, y + n // ACROSS * SQUARE

    def _cells(self, x: float, y: float, frame: Frame) -> Iterator[str]:
        """The bytes of a frame, in the colour of who wrote them."""
        for n, (letter, writer) in enumerate(zip(frame.letters, frame.writers, strict=True)):
            fill = self._fill(writer)
            yield rect(x + n * CELL, y, CELL, CELL, fill=fill, edge=HAIR, round=0)
            ink = "white" if fill == DEVICE else EDGE
            place = x + (n + 0.5) * CELL, y + CELL - 5
            yield text(*place, letter, size=LETTERS, fill=ink, weight="bold", anchor="middle")

    def _fill(self, writer: str) -> str:
        names = [key[0] for key in self.stage.processes]
        colours = {BY_DEVICE: DEVICE, "": FIRST, **dict(zip(names, (PARENT, CHILD), strict=False))}
        return colours.get(writer, "white")

    def _tag(self, stack: Stack, y: float) -> Iterator[str]:
        now, was = stack.first, self._was(stack)
        lines, colour = tag_lines(stack, was), OVERFLOW if now.refcount < 0 else EDGE
        new = was is None or (was.refcount, was.pincount) != (now.refcount, now.pincount)
        x, height = MIDDLE[0] + PAD, len(lines) * LINE + 5
        around = edge(3 if self.before and new else 1, colour)
        yield _luggage(x, y, MIDDLE[1] - 2 * PAD, height, colour, around)
        yield from _words(x + HOLE, y + LETTERS + 3, lines, fill=colour)

    def _holder(self, holder: Holder, held: Sequence[StackHold]) -> Iterator[str]:
        (x, width), box = RIGHT, self.stage.holders[holder.name]
        colour, lines = DEVICE if holder.request else EDGE, holder_lines(holder)
        new = self.before is not None and holder not in self.before.state.holders
        yield rect(x, box.y, width, PAD + LINE * len(lines), fill=colour, edge=edge(1, colour))
        yield rect(x, box.y, width, box.height, fill="none", edge=edge(3 if new else 1, colour))
        yield from _words(x + PAD, box.y + LINE, lines, fill="white")
        for row, words, y in self._rows(holder, held):
            yield from _words(x + 24, y, words)
            yield _chip(x + PAD, y - 9, row.kind)

    def _rows(
        self, holder: Holder, held: Sequence[StackHold]
    ) -> Iterator[tuple[StackHold, list[str], float]]:
        """The rows of a holder, each with its lines and where the first of them stands."""
        y = self.stage.holders[holder.name].y + PAD + LINE * (len(holder_lines(holder)) + 1) + 4
        for row in held:
            yield row, hold_lines(row), y
            y += LINE * len(hold_lines(row))

    # Below.

    def watch(self) -> Iterator[str]:
        """What each process reads, and whose colour is which."""
        if self.stage.writers is None:
            return
        for n, key in enumerate(self.stage.processes):
            frame = self._first_frame(key)
            if frame is not None and frame.letters:
                x, y = LEFT[0] + n % 2 * WIDTH / 2, MARGIN + 4.0 + n // 2 * (CELL + 8)
                words = fitted(f"{key[0]} reads", WIDTH / 2 - 9 * CELL, LETTERS, bold=True)[0]
                yield text(x, y + CELL - 5, words, size=LETTERS, weight="bold")
                yield from self._cells(x + measured(words, LETTERS, bold=True) + 10, y, frame)
        x, y = float(LEFT[0]), self.stage.foot - 2
        for writer in self.stage.writers:
            words = f"written by {writer}" if writer else "from before"
            yield rect(x, y - 10, 12, 12, fill=self._fill(writer), edge=HAIR, round=0)
            yield text(x + 18, y, words, size=LETTERS)
            x += 36 + measured(words, LETTERS)

    def _first_frame(self, key: Key) -> Frame | None:
        """The frame behind the first page of a process that has one."""
        process = self.state.process(key)
        entries = [entry for area in process.areas for entry in area.entries] if process else []
        return self.state.frame(min(entries)[1]) if entries else None


def _words(
    x: float, y: float, lines: Iterable[str], fill: str = EDGE, bold: int = 0
) -> Iterator[str]:
    """Lines of text below each other, the first `bold` of them bold."""
    for n, words in enumerate(lines):
        weight = "bold" if n < bold else "normal"
        yield text(x, y + n * LINE, words, size=LETTERS, fill=fill, weight=weight)


def _pointer(x0: float, starts: Sequence[float], ends: Sequence[tuple[float, float]]) -> str:
    """The lines of one strip: all to one point of a frame, or each to a square of a stack."""
    several, one = len(starts) > 1, len(set(ends)) == 1
    lines = "".join(
        f'<path d="{_curve(x0, start, x - 6 * one, y)}" fill="none" '
        f'stroke="{EDGE}" stroke-width="{0.6 if several else 1.3}"/>'
        for start, (x, y) in zip(starts, ends, strict=True)
    )
    return lines + (_head(*ends[0], 1, EDGE) if one else "")


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
