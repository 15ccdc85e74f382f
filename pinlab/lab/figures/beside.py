"""The same story on several machines: a map of each, and their counters in one table."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas

from pinlab.lab.figures.map import NARROW, Panel, grid, sheet
from pinlab.lab.figures.stacks import group
from pinlab.lab.figures.walk import Walk, walk
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import Snapshot
from pinlab.lab.story import Story
from pinlab.model.arguments import instance, mapping, shown
from pinlab.model.kernel import Kernel

FEWEST, MOST = 2, 4
ABREAST = 2


def walk_beside(story: Story, kernels: Mapping[str, Kernel]) -> dict[str, Walk]:
    """Tell a story on each of two to four machines, by name.

    Raises TypeError for what is no mapping of names to Kernels, ValueError for too few, too many,
    or the same machine twice.
    """
    mapping("kernels", kernels)
    if not FEWEST <= len(kernels) <= MOST:
        raise ValueError(
            f"kernels has {len(kernels)} entries: allowed are {FEWEST} to {MOST} machines"
        )
    for name, kernel in kernels.items():
        instance(f"kernels[{shown(name)}]", kernel, Kernel)
    if len(set(map(id, kernels.values()))) < len(kernels):
        raise ValueError(f"kernels is {shown(dict(kernels))}: each has to be a machine of its own")
    return {name: walk(story, kernel) for name, kernel in kernels.items()}


class Beside:
    """Some walks through the same story, under one number of a step."""

    def __init__(self, walks: Mapping[str, Walk]) -> None:
        self.walks = walks
        self.last = max(len(walked.steps) for walked in walks.values())

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
        return [
            Panel(
                walked.state(step),
                ": ".join(filter(None, (self._heading(name, step), self.says(name, step)))),
                f"{name}: {self._told(name, step)}" if step else f"{name}:",
                walked.state(step - 1) if 0 < step <= len(walked.steps) else None,
            )
            for name, walked in self.walks.items()
        ]

    def _heading(self, name: str, step: int) -> str:
        reached = min(step, len(self.walks[name].steps))
        return f"{name}, after step {reached}" if step else f"{name}, before the first step"

    def svg(self, step: int) -> str:
        """Return the maps, two abreast."""
        return grid(self.panels(step), NARROW, ABREAST, self.sentence(step))

    def table(self) -> pandas.DataFrame:
        """Return the counters of the frames in use: a row for each step, columns by machine.

        A cell is empty where a frame is not in use; `outcome` is there if a machine refused.
        """
        columns = {
            (name, column): {
                step: self._cells(name, step).get(column, "") for step in range(self.last + 1)
            }
            for name in self.walks
            for column in self._columns(name)
        }
        return pandas.DataFrame(columns, dtype=object).rename_axis(index="step")

    def _columns(self, name: str) -> list[str]:
        """Every counter that a machine has at some step, as they come; its outcome at the end."""
        found = dict.fromkeys(
            column for step in range(self.last + 1) for column in self._cells(name, step)
        )
        return sorted(found, key=lambda column: column == OUTCOME)

    def _cells(self, name: str, step: int) -> dict[str, int | str]:
        walked = self.walks[name]
        cells = dict(_counters(walked.state(step)))
        end = len(walked.steps)
        if step >= end and (error := walked.steps[-1].error):
            refused = f"refused ({errno.errorcode[error.errno or 0]})"
            cells[OUTCOME] = refused if step == end else f"ended at step {end}"
        elif step > end:
            cells[OUTCOME] = f"ended at step {end}"
        return cells

    def filmstrip(self) -> Drawing:
        """Draw the maps after the last step, with the table of all steps."""
        drawing = sheet(self.panels(self.last), NARROW, ABREAST)
        twin = f"Step {self.last} of {self.last}: {self.words(self.last)}\n{drawing.twin}"
        return replace(
            drawing, twin=twin, alt=f"A map for each machine. {twin}", table=self.table()
        )


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them.

    >>> listed(["6.4", "6.1.130", "6.5"])
    '6.4, 6.1.130 and 6.5'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


OUTCOME = "outcome"


def _counters(state: Snapshot) -> Iterator[tuple[str, int | str]]:
    for stack in group(state).stacks:
        each = f"{stack.name}, each" if stack.each else stack.name
        yield f"{each}: refcount", stack.first.refcount
        if stack.first.pincount is not None:
            yield f"{each}: pincount", stack.first.pincount
