"""The map: page tables left, frames with their counters in the middle, devices right.

The same drawing, in the same places, in every lesson. A line from a page table entry ends at the
frame that the entry points to; an arrow from a device ends at the frame that it holds. In a story
everything keeps its place: what comes later has it reserved, and what a step has taken away is
seen once more, pale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from pinlab.lab.layers import spread
from pinlab.lab.map_words import in_words, readonly, size, title
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
    Groups,
    Holder,
    PageTable,
    Parts,
    Snapshot,
    Stack,
    StackHold,
    Stretch,
    Strip,
    group,
    remapped,
    snapshot,
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
from pinlab.lab.text import LARGE, power
from pinlab.model.arguments import instance
from pinlab.model.kernel import Kernel

WIDTH = 640
"""As wide that letters are no smaller than 11 pixels in a column of 592."""

LEFT, MIDDLE, RIGHT = (8, 160), (232, 180), (480, 152)
"""The three columns: where they begin, and how wide they are."""

LETTERS, LINE = 12, 16
MARGIN, PAD, HEAD = 8, 8, 22
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

PALE = 0.28
"""How much is left of what a step has taken away."""

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
        return self.stage.draw(self.step, self.words, still=self.still)


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
    return Stage(states).draw(len(states) - 1, words)


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

    def draw(self, step: int, words: str = "", *, still: bool = False) -> Piece:
        """Draw a state; what has changed since the one before has a thick edge, unless `still`.

        What is no longer there is pale.
        """
        now = Scene(self, step, None if still or not step else step - 1)
        heading = fitted(words, WIDTH - 2 * MARGIN, LETTERS + 1, bold=True)
        drawn = [
            text(LEFT[0], 18 + n * 17, line, size=LETTERS + 1, weight="bold")
            for n, line in enumerate(heading)
        ]
        top = 17 * len(heading) + (12 if heading else 4)
        heads = zip((LEFT, MIDDLE, RIGHT), HEADS, strict=True)
        drawn += [text(x, top + 12, head, size=LETTERS) for (x, _), head in heads]
        drawn.append(moved(0, top + HEAD, "".join(now.drawn())))
        drawn.append(moved(0, top + HEAD + self.bottom, "".join(now.watch())))
        return Piece("".join(drawn), top + HEAD + self.bottom + MARGIN + self.foot)

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


HEADS = ("page tables", "frames", "devices and others")


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
            y += _grid_height(stack)
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


def was_in(groups: Groups | None, stack: Stack) -> Frame | None:
    """Return what the first frame of a stack was before; it is the same stack in all states."""
    stacks = groups.stacks if groups else ()
    return next((one.first for one in stacks if one.first.number == stack.first.number), None)


def _grid_height(stack: Stack) -> float:
    rows = -(-min(len(stack.frames), TEETH) // ACROSS)
    return rows * SQUARE + 8 if stack.each else 0


def stack_height(stack: Stack, was: Frame | None) -> float:
    """Return how much room a stack needs."""
    name = fitted(stack.name, MIDDLE[1] - 2 * PAD, LETTERS, bold=True)
    lines = [*name, *size_lines(stack.first), *tag_lines(stack, was)]
    cells = CELL + 6 if stack.first.letters else 0
    return 3 * PAD + len(lines) * LINE + 4 * stack.first.order + _grid_height(stack) + cells


def holder_lines(holder: Holder) -> list[str]:
    """Return what a holder is called and does, in lines that fit."""
    said = filter(None, (title(holder), holder.request))
    return [line for words in said for line in fitted(words, RIGHT[1] - 2 * PAD, LETTERS)]


def hold_lines(row: StackHold) -> list[str]:
    """Return how many of what a holder has, in lines that fit."""
    return fitted(row.words, RIGHT[1] - 22 - 2 * PAD, LETTERS)


def _words(
    x: float, y: float, lines: Iterable[str], fill: str = EDGE, bold: int = 0
) -> Iterator[str]:
    """Lines of text below each other, the first `bold` of them bold."""
    for n, words in enumerate(lines):
        weight = "bold" if n < bold else "normal"
        yield text(x, y + n * LINE, words, size=LETTERS, fill=fill, weight=weight)


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


def _stand(heights: Sequence[float], wanted: Sequence[float]) -> list[Box]:
    """Boxes one below the other, their middles near what is wanted."""
    middles = spread(wanted, heights, GAP)
    return [Box(y - high / 2, high) for y, high in zip(middles, heights, strict=True)]


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
