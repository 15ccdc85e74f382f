"""Walks: through the steps of a story, on one machine or on several beside each other.

A story is a function of a Kernel that yields a sentence after each step:

    def write_then_unmap(kernel):
        mm = kernel.new_mm()
        addr = mm.mmap(PAGE_SIZE)
        mm.write(addr, b"x")
        yield "The program writes a byte."
        mm.munmap(addr, PAGE_SIZE)
        yield "It unmaps the page."
"""

from __future__ import annotations

import ast
import errno
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import dedent
from typing import NamedTuple

from pinlab.lab.exhibit import Exhibit
from pinlab.lab.map import Panel, maps, sheet
from pinlab.lab.map_words import changes
from pinlab.lab.picture import Drawing
from pinlab.lab.player import PlayedStep, Player
from pinlab.lab.snapshot import Snapshot, group, snapshot
from pinlab.lab.stage import Stage
from pinlab.lab.text import listed
from pinlab.lab.writers import attributed
from pinlab.model.arguments import instance, mapping, shown, whole
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace
from pinlab.table import Table

Story = Callable[[Kernel], Iterator[str]]

MOST_STEPS = 1000
"""Of a story: one that goes on beyond it has no end."""


class StoryStep(NamedTuple):
    """One step of a story: what happened, in words, and the events that it left in the trace.

    `error` is what the kernel refused a system call with, which ends a story.
    """

    words: str
    events: Trace
    error: OSError | None = None


def tell(story: Story, kernel: Kernel) -> Iterator[StoryStep]:
    """Yield the steps of a story; after each of them the machine is as that step has left it.

    A system call that the kernel refuses ends the story, with its error as the last step.
    Raises TypeError for what is no story, ValueError for more than MOST_STEPS steps.

    >>> def one_write(kernel):
    ...     mm = kernel.new_mm()
    ...     mm.write(mm.mmap(4096), b"x")
    ...     yield "The program writes a byte."
    >>> [(step.words, len(step.events)) for step in tell(one_write, Kernel())]
    [('The program writes a byte.', 1)]
    """
    if not callable(story):
        raise TypeError(f"story is {shown(story)}: it has to be a generator function of a Kernel")
    steps = story(kernel)
    if not isinstance(steps, Iterator):
        raise TypeError(f"story returned {shown(steps)}: it has to yield a sentence for each step")
    told = len(kernel.trace)
    try:
        for number, words in enumerate(steps, 1):
            if number > MOST_STEPS:
                raise ValueError(
                    f"story has more than {MOST_STEPS} steps: it has to come to an end"
                )
            yield StoryStep(words, kernel.trace[told:])
            told = len(kernel.trace)
    except OSError as error:
        yield StoryStep(f"Refused: {error}.", kernel.trace[told:], error)


# The steps, each with the machine as it left it.

HIGHEST = 900
"""In pixels: where a stage for a whole story would be higher, each step has one of its own."""

MOST_LETTERS = 8
"""As many bytes of a frame have room in its box."""


@dataclass(frozen=True)
class Walk:
    """The machine before a story, and after each of its steps; `code` is that of each step."""

    steps: tuple[StoryStep, ...]
    states: tuple[Snapshot, ...]
    code: tuple[str, ...]

    @cached_property
    def _stage(self) -> Stage:
        return Stage(self.states)

    def panel(self, step: int, words: str = "", said: str = "", *, still: bool = False) -> Panel:
        """Return the map of a step, where everything keeps its place through the story.

        Where that would be too high, only what is there with this step has a place.
        """
        if self._stage.bottom <= HIGHEST:
            return Panel(self._stage, step, words, said, still)
        states = self.states[max(step - 1, 0) : step + 1]
        return Panel(Stage(states), len(states) - 1, words, said, still)

    def state(self, step: int) -> Snapshot:
        """Return the machine after a step, at the end if there are fewer; 0: before the first."""
        return self.states[min(step, len(self.steps))]

    def words(self, step: int) -> str:
        """Return what a step says; 0 is before the first."""
        return self.steps[step - 1].words if step else "Before the first step."

    def changes(self, step: int) -> str:
        """Return what a step from 1 on has changed, in words."""
        return " ".join(changes(self.state(step - 1), self.state(step)))

    def sentence(self, step: int) -> str:
        """Return what a step says, and what it changed."""
        return f"{self.told(step)} {self.changes(step)}" if step else self.words(step)

    def told(self, step: int) -> str:
        """Return what a step from 1 on says, with its number."""
        return f"Step {step} of {len(self.steps)}: {self.words(step)}"


def walk(story: Story, kernel: Kernel, letters: int = 0) -> Walk:
    """Tell a story on a machine; ValueError for one that tells nothing.

    `letters` is how many bytes of each frame are shown. Raises TypeError for what is no story, no
    Kernel or no number.
    """
    letters = whole("letters", letters, 0, MOST_LETTERS)
    states = [snapshot(kernel, letters=letters)]
    steps: list[StoryStep] = []
    for step in tell(story, kernel):
        steps.append(step)
        state = snapshot(kernel, step.events, letters)
        states.append(attributed(state, states[-1], step.events))
    if not steps:
        raise ValueError(f"story is {shown(story)}: it has to tell at least one step")
    return Walk(tuple(steps), tuple(states), tuple(code(story)))


def code(story: Story) -> list[str]:
    """Return the statements of a story before each yield; none if it yields in a loop or a branch.

    A story that is put together from others' steps may say its own in an attribute `code`.
    """
    if (told := getattr(story, "code", None)) is not None:
        return list(told)
    try:
        source = dedent(inspect.getsource(story))
        (function,) = ast.parse(source).body
    except (OSError, TypeError, ValueError, SyntaxError):
        return []
    yields = [node for node in ast.walk(function) if isinstance(node, ast.Yield)]
    steps: list[list[str]] = [[]]
    for statement in getattr(function, "body", ()):
        value = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(value, ast.Yield):
            steps.append([])
        elif not isinstance(value, ast.Constant):  # a docstring
            steps[-1].append(ast.get_source_segment(source, statement) or "")
    return ["\n".join(lines) for lines in steps[:-1]] if len(steps) == len(yields) + 1 else []


# Several machines.

FEWEST, MOST = 2, 4
OUTCOME = "outcome"


class Beside:
    """Walks through a story on two to four machines, by name, under one number of a step.

    Raises TypeError for what is no mapping of names to Kernels, ValueError for too few, too many,
    or the same machine twice.
    """

    def __init__(self, story: Story, kernels: Mapping[str, Kernel]) -> None:
        mapping("kernels", kernels)
        if not FEWEST <= len(kernels) <= MOST:
            entries = f"kernels has {len(kernels)} entries"
            raise ValueError(f"{entries}: allowed are {FEWEST} to {MOST} machines")
        for name, kernel in kernels.items():
            instance(f"kernels[{shown(name)}]", kernel, Kernel)
        if len(set(map(id, kernels.values()))) < len(kernels):
            named = f"kernels is {shown(dict(kernels))}"
            raise ValueError(f"{named}: each has to be a machine of its own")
        self.walks = {name: walk(story, kernel) for name, kernel in kernels.items()}
        self.last = max(len(walked.steps) for walked in self.walks.values())

    def words(self, step: int) -> str:
        """Return what a step says where the story goes that far without a refusal."""
        told = [
            walked.words(step)
            for walked in self.walks.values()
            if step <= len(walked.steps) and not (step and walked.steps[step - 1].error)
        ]
        return told[0] if told else "Each kernel refuses."

    def says(self, name: str, step: int) -> str:
        """Return what is to be said of one machine alone: a refusal, an end, other words."""
        walked = self.walks[name]
        end = len(walked.steps)
        if step > end:
            return f"{walked.words(end)} Its story ended at step {end}."
        return "" if walked.words(step) == self.words(step) else walked.words(step)

    def sentence(self, step: int) -> str:
        """Return what a step says, and what it changed on each machine."""
        if not step:
            return self.words(step)
        alike: dict[str, list[str]] = {}
        for name in self.walks:
            alike.setdefault(self._told(name, step), []).append(name)
        told = " ".join(f"{listed(names)}: {words}" for words, names in alike.items())
        return f"Step {step} of {self.last}: {self.words(step)} {told}"

    def _told(self, name: str, step: int) -> str:
        walked, says = self.walks[name], self.says(name, step)
        changed = walked.changes(step) if step <= len(walked.steps) else ""
        return " ".join(filter(None, (says, changed)))

    def panels(self, step: int) -> list[Panel]:
        """Return a map for each machine, with what the step has changed."""
        panels: list[Panel] = []
        for name, walked in self.walks.items():
            reached = min(step, len(walked.steps))
            heading = f"{name}, {f'after step {reached}' if step else 'before the first step'}"
            words = ": ".join(filter(None, (heading, self.says(name, step))))
            said = f"{name}: {self._told(name, step)}" if step else f"{name}:"
            panels.append(walked.panel(reached, words, said, still=step != reached))
        return panels

    def svg(self, step: int) -> str:
        """Return the maps, one below the other."""
        return maps(self.panels(step), self.sentence(step))

    def table(self) -> Table:
        """Return the counters of the frames in use: a row for each step, columns for each machine.

        A cell is empty where a frame is not in use; `outcome` is there if a machine refused.
        """
        columns = {}
        for name in self.walks:
            rows = [self._cells(name, step) for step in range(self.last + 1)]
            # Every counter that is there at some step, as they come; the outcome at the end.
            known = dict.fromkeys(column for row in rows for column in row)
            for column in sorted(known, key=lambda column: column == OUTCOME):
                columns[f"{name}, {column}"] = [row.get(column, "") for row in rows]
        return Table(columns, range(self.last + 1), "step")

    def _cells(self, name: str, step: int) -> dict[str, int | str]:
        walked = self.walks[name]
        cells: dict[str, int | str] = {}
        for stack in group(walked.state(step)).stacks:
            each = f"{stack.name}, each" if stack.each else stack.name
            cells[f"{each}: refcount"] = stack.first.refcount
            if stack.first.pincount is not None:
                cells[f"{each}: pincount"] = stack.first.pincount
        end = len(walked.steps)
        if step >= end and (error := walked.steps[-1].error):
            refused = f"refused ({errno.errorcode[error.errno or 0]})"
            cells[OUTCOME] = refused if step == end else f"ended at step {end}"
        elif step > end:
            cells[OUTCOME] = f"ended at step {end}"
        return cells

    def filmstrip(self) -> Drawing:
        """Draw the maps after the last step, with the table of all steps."""
        drawing = sheet(self.panels(self.last))
        twin = f"Step {self.last} of {self.last}: {self.words(self.last)}\n{drawing.twin}"
        return replace(
            drawing, twin=twin, alt=f"A map for each machine. {twin}", table=self.table()
        )


# What is shown.


def step_through(
    story: Story, kernel: Kernel | None = None, at: int = 1, letters: int = 0
) -> Exhibit:
    """Return a stage on which a story is played, or gone through step by step, with the trace.

    The story is told on `kernel`, by default a fresh one of the newest release. It begins at step
    `at`; 0 is before the first. Everything keeps its place; what a step changed has a thick edge,
    what it took away is pale. `letters` (0 to 8) is how many bytes of each frame are shown, in the
    colour of who wrote them. Without widgets there are the steps from `at` on that change
    something. Raises TypeError for what is no story, Kernel or number, ValueError for a step that
    is not there or a story without any.
    """
    walked = walk(story, Kernel() if kernel is None else kernel, letters)
    at = whole("at", at, 0, len(walked.steps))
    return Exhibit(Player(steps=shots(walked), at=at), filmstrip(walked, at))


def shots(walked: Walk, before: str = "") -> list[PlayedStep]:
    """Return what a player shows of each step, and before the first; each begins `before`."""
    return [
        {
            "svg": maps([walked.panel(step)], f"map, step {step}"),
            "words": before + walked.sentence(step),
            "code": walked.code[step - 1] if 0 < step <= len(walked.code) else "",
            "trace": traced(walked.steps[step - 1]) if step else "",
        }
        for step in range(len(walked.steps) + 1)
    ]


def traced(step: StoryStep) -> str:
    """Return the lines that a step has left in the trace."""
    return str(step.events) if step.events else "Nothing in the trace."


def filmstrip(walked: Walk, at: int) -> Drawing:
    """Draw the steps from one on that change something."""
    steps = range(max(at, 1), len(walked.steps) + 1)
    moving = [step for step in steps if walked.state(step - 1) != walked.state(step)]
    panels = [
        walked.panel(step, f"{step}. {walked.words(step)}", walked.told(step))
        for step in moving or steps[:1]
    ]
    return sheet(panels)


def side_by_side(story: Story, kernels: Mapping[str, Kernel], at: int = 1) -> Exhibit:
    """Return a stage for each of two to four kernels, on which a story is played.

    `kernels` has fresh machines by name. It begins at step `at`; 0 is before the first. Where a
    kernel refuses, its story ends, and its map stays as it is.
    Raises TypeError for what is no story, no mapping of Kernels or no number, ValueError for too
    few or too many kernels, the same one twice, a step that is not there or a story without any.
    """
    beside = Beside(story, kernels)
    at = whole("at", at, 0, beside.last)
    steps: list[PlayedStep] = [
        {"svg": beside.svg(step), "words": beside.sentence(step), "code": "", "trace": ""}
        for step in range(beside.last + 1)
    ]
    return Exhibit(Player(steps=steps, at=at), beside.filmstrip())
