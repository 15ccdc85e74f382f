"""Orders: the states of a scenario as values, and which step leads from one to which others.

A step is done on a machine of the model once for everything that it can see: its process and what
that maps, what it names, and the folios there. What it does to these is kept, and wherever it sees
the same again it does the same. So a state costs what its steps cost to look up, not to do.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from pinlab.explore.scenario import PARENT, Scenario
from pinlab.explore.verbs import Step, place
from pinlab.explore.world import Ref, World
from pinlab.model.folio import PAGE_SHIFT, PAGE_SIZE, Folio

T = TypeVar("T", bound=Hashable)

ZERO_PAGE, HUGE_ZERO = 1, 2
"""Bits for the kernel, which leads to these two in any case."""


class Position(NamedTuple):
    """A world after some moves; equal ones go on alike, whatever way led to them.

    done: how many steps of each actor. The others are numbers: of what each process, handle and
    signal is, of the folios that these lead to, of what was read and went wrong.
    """

    moves: int
    done: tuple[int, ...]
    parts: tuple[int, ...]
    frames: tuple[int, ...]
    left: int


class _Frame(NamedTuple):
    """A folio: what leads to it, a bit for each place, and the number of its record."""

    refs: int
    record: int


class _Record(NamedTuple):
    """What is in a folio; `seen` is what the caller of the search sees in it."""

    refcount: int
    pincount: int | None
    mapcount: int
    anon_exclusive: bool
    freed: bool
    content: bytes | None
    seen: Hashable


class _Remembered(NamedTuple):
    """Values by name, and the step that used a freed folio, which nobody goes on after."""

    values: frozenset[tuple[str, str]] = frozenset()
    freed: str = ""


NOTHING = _Remembered()


class _Move(NamedTuple):
    """What a step does to what it sees: to parts, to frames in their order, and which are new."""

    over: bool
    parts: tuple[int, ...]
    frames: list[_Frame]
    new: list[_Frame]
    remembers: _Remembered


class _Numbers(Generic[T]):
    """A number for each thing, and the thing of each number."""

    def __init__(self) -> None:
        self.things: list[T] = []
        self._numbers: dict[T, int] = {}

    def __call__(self, thing: T) -> int:
        number = self._numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


class _Sight:
    """What a step can see of a world, and what it did at each sight: a move, or who waits for what.

    names: of processes, handles and signals; indices: theirs among the parts of a state; refs: a
    bit for each place that may lead it to a folio.
    """

    def __init__(self, step: Step, names: Mapping[str, int]) -> None:
        self.step, self.names, self.indices = step, list(names), list(names.values())
        self.parts: Callable[[tuple[int, ...]], object] = itemgetter(*self.indices)
        self.refs = ZERO_PAGE | HUGE_ZERO
        self.moves: dict[tuple[object, object], _Move | str] = {}


class Orders:
    """Every order in which the steps of a scenario can be done.

    boot: makes a world before the first step. seen: what to record of each folio besides.
    """

    def __init__(
        self, scenario: Scenario, boot: Callable[[], World], seen: Callable[[Folio], Hashable]
    ) -> None:
        self.actors = tuple(scenario.steps)
        self._scenario, self._boot, self._seen = scenario, boot, seen
        world = boot()
        self._kept: tuple[tuple[str, ...], World] = (), world
        self._vpns = {page: world.address(page) >> PAGE_SHIFT for page in scenario.memory}
        makers = [step for step in scenario.all_steps if step.row.makes]
        self._names = {PARENT: 0} | {s.names[0]: n for n, s in enumerate(makers, 1)}
        # Fork and exit look at all buffers.
        buffers = {step.names[0] for step in makers if step.row.makes == "buffer"}
        self._sights = [[self._sight(s, buffers) for s in p] for p in scenario.steps.values()]
        self._bits: dict[Ref, int] = {}
        self._parts = _Numbers[Hashable]()
        self._records = _Numbers[_Record]()
        self._frames = _Numbers[_Frame]()
        self._remembered = _Numbers[_Remembered]()

    def _sight(self, step: Step, buffers: set[str]) -> _Sight:
        seen = {place(name)[0] for kind, name in step.kinds() if kind != "letter"}
        if step.process in self._scenario.processes:
            seen |= {step.process, *buffers}
        return _Sight(step, {name: n for name, n in self._names.items() if name in seen})

    def start(self) -> Position:
        """Return the state before the first step."""
        parts, refs = self._kept[1].look(self._names)
        frames = sorted(self._frames(self._frame(folio, led)) for folio, led in refs.items())
        done, remembered = (0,) * len(self.actors), self._remembered(NOTHING)
        return Position(0, done, tuple(map(self._parts, parts)), tuple(frames), remembered)

    def after(
        self, state: Position, way: Callable[[], tuple[str, ...]]
    ) -> tuple[list[tuple[int, Position]], str]:
        """Return what follows a state, by actors; if nothing does, who waits for what.

        way: the actors of the moves that lead to it, asked for where a step sees something new.
        Raises RuntimeError for a step that the model refuses.
        """
        found: list[tuple[int, Position]] = []
        waiting: list[str] = []
        if self._remembered.things[state.left].freed:
            return found, ""
        # The first actor last: a search goes on with the world that is left.
        for actor, done in reversed(list(enumerate(state.done))):
            if done == len(self._sights[actor]):
                continue
            sight = self._sights[actor][done]
            within, beyond = self._cut(state.frames, sight.refs)
            seen = sight.parts(state.parts), tuple([frame for frame, _ in within])
            if (move := sight.moves.get(seen)) is None:
                move = sight.moves[seen] = self._tried(sight, way())
            if isinstance(move, str):
                waiting.append(move)
            else:
                found.append((actor, self._moved(state, actor, sight, move, within, beyond)))
        return found[::-1], "; ".join(filter(None, waiting[::-1]))

    def _cut(
        self, frames: tuple[int, ...], refs: int
    ) -> tuple[list[tuple[_Frame, int]], list[int]]:
        """Return the frames that a step sees, without what else leads there, and the others."""
        within, beyond = [], []
        for number in frames:
            leading, record = self._frames.things[number]
            if inside := leading & refs:
                within.append((_Frame(inside, record), leading - inside))
            else:
                beyond.append(number)
        within.sort()
        return within, beyond

    def _moved(
        self, state: Position, actor: int, sight: _Sight, move: _Move,
        within: list[tuple[_Frame, int]], frames: list[int],
    ) -> Position:  # fmt: skip
        parts, done = list(state.parts), list(state.done)
        for index, part in zip(sight.indices, move.parts, strict=True):
            parts[index] = part
        for (_, others), (refs, record) in zip(within, move.frames, strict=True):
            if refs | others:
                frames.append(self._frames(_Frame(refs | others, record)))
        frames += map(self._frames, move.new)
        done[actor] += move.over
        left = state.left
        if move.remembers != NOTHING:
            values = dict(self._remembered.things[left].values) | dict(move.remembers.values)
            left = self._remembered(_Remembered(frozenset(values.items()), move.remembers.freed))
        return Position(state.moves + 1, tuple(done), tuple(parts), tuple(sorted(frames)), left)

    def _tried(self, sight: _Sight, way: tuple[str, ...]) -> _Move | str:
        """Do a step on a machine that was led to what it sees, or say who waits for what there."""
        world, actor = self._led(way), sight.step.actor
        if (waits := world.awaits(actor)) is not None:
            return waits
        _, led = world.look(sight.names)
        frames = {folio: self._refs(folio, refs) for folio, refs in led.items()}
        values, world.values = world.values, {}
        do(world, actor, way)
        left = _Remembered(frozenset(world.values.items()), world.freed)
        world.values = values | world.values
        self._kept = (*way, actor), world
        parts, refs = world.look(sight.names)
        return _Move(
            actor not in world.begun,
            tuple(map(self._parts, parts)),
            [self._frame(f, refs.get(f, [])) for f in sorted(frames, key=frames.__getitem__)],
            [self._frame(folio, refs[folio]) for folio in refs if folio not in frames],
            left,
        )

    def _led(self, way: tuple[str, ...]) -> World:
        """Return a world after some moves, the one that is left if it is on the way there."""
        there, world = self._kept
        if way[: len(there)] != there:
            there, world = (), self._boot()
        for actor in way[len(there) :]:
            world.go(actor)
        self._kept = way, world
        return world

    def _refs(self, folio: Folio, led: list[Ref]) -> int:
        refs = ZERO_PAGE if folio is folio.kernel.zero_page.folio else 0
        if folio is folio.kernel.huge_zero:
            refs = HUGE_ZERO
        for ref in led:
            refs |= self._bits.get(ref) or self._bit(ref)
        return refs

    def _frame(self, folio: Folio, led: list[Ref]) -> _Frame:
        content = folio.frames.get(0)
        record = _Record(
            folio.refcount, folio.pincount, folio.mapcount, folio.anon_exclusive, folio.freed,
            None if content is None else bytes(content), self._seen(folio),
        )  # fmt: skip
        return _Frame(self._refs(folio, led), self._records(record))

    def _bit(self, ref: Ref) -> int:
        """Give a place a bit, and let those see it who see what it is in."""
        bit = self._bits[ref] = 4 << len(self._bits)
        for sight in (sight for sights in self._sights for sight in sights):
            if ref[0] in sight.names:
                sight.refs |= bit
        return bit

    def left(self, state: Position) -> tuple[dict[str, str], str, dict[str, bytes]]:
        """Return what is left: values, the step that used a freed folio, and the pages.

        The pages are those that processes still have, by name (`parent:x`).
        """
        values, freed = self._remembered.things[state.left]
        frames = [self._frames.things[number] for number in state.frames]
        pages: dict[str, bytes] = {}
        for process in self._scenario.processes:
            memory = self._parts.things[state.parts[self._names[process]]]
            areas = memory[1] if isinstance(memory, tuple) else ()
            for page, vpn in self._vpns.items():
                if any(area.start <= vpn < area.end for area in areas):
                    bit = self._bits.get((process, (vpn,)), 0)
                    found = (
                        self._records.things[frame.record] for frame in frames if frame.refs & bit
                    )
                    content = next((record.content for record in found), None)
                    pages[f"{process}:{page}"] = content or bytes(PAGE_SIZE)
        return dict(values), freed, pages

    def seen(self, state: Position) -> tuple[Hashable, ...]:
        """Return what was seen in each folio of a state, but those that are freed."""
        numbers = (self._frames.things[number].record for number in state.frames)
        records = map(self._records.things.__getitem__, numbers)
        return tuple(record.seen for record in records if not record.freed)


def do(world: World, actor: str, way: Sequence[str]) -> Step:
    """Do a step; RuntimeError with step and schedule for one that the model refuses."""
    step = world.next_step(actor)
    try:
        return world.go(actor)
    except (RuntimeError, ValueError) as error:
        raise RuntimeError(f"{step}, after {' '.join(way) or 'nothing'}: {error}") from error
