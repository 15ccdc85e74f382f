"""A walk: the steps of a story, each with the machine as it left it, as maps and in words."""

from __future__ import annotations

from dataclasses import dataclass

from pinlab.lab.figures.map import NARROW, Panel, grid, sheet
from pinlab.lab.figures.map_words import changes
from pinlab.lab.picture import Drawing
from pinlab.lab.snapshot import Snapshot, snapshot
from pinlab.lab.story import Step, Story, tell
from pinlab.model.arguments import shown, whole
from pinlab.model.kernel import Kernel

MOST_LETTERS = 8
"""As many bytes of a frame have room in its box."""


@dataclass(frozen=True)
class Walk:
    """The machine before a story, and after each of its steps."""

    start: Snapshot
    steps: tuple[Step, ...]
    states: tuple[Snapshot, ...]

    def state(self, step: int) -> Snapshot:
        """Return the machine after a step, at the end if there are fewer; 0: before the first."""
        return self.states[min(step, len(self.steps)) - 1] if step else self.start

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
    start, steps, states = snapshot(kernel, letters=letters), [], []
    for step in tell(story, kernel):
        steps.append(step)
        states.append(snapshot(kernel, step.events, letters))
    if not steps:
        raise ValueError(f"story is {shown(story)}: it has to tell at least one step")
    return Walk(start, tuple(steps), tuple(states))


def before_and_after(walked: Walk, step: int) -> str:
    """Return the maps before and after a step side by side, as SVG; 0: only where it begins."""
    after = Panel(walked.state(step), f"after step {step}" if step else "before the first step")
    if not step:
        return grid([None, after], NARROW, 2, walked.sentence(step))
    before = Panel(walked.state(step - 1), f"before step {step}")
    panels = [before, after._replace(before=before.state)]
    return grid(panels, NARROW, 2, walked.sentence(step))


def walk_filmstrip(walked: Walk) -> Drawing:
    """Draw the map after each step, one below the other, with what the step says."""
    return sheet(
        [
            Panel(
                walked.state(step),
                f"{step}. {walked.words(step)}",
                walked.told(step),
                walked.state(step - 1),
            )
            for step in range(1, len(walked.steps) + 1)
        ]
    )
