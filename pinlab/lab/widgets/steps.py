"""The slider that goes through a story, step by step."""

from __future__ import annotations

from html import escape

from pinlab.lab.figures.walk import Walk, before_and_after, walk, walk_filmstrip
from pinlab.lab.story import Story
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.kernel import Kernel


def step_through(
    story: Story, kernel: Kernel | None = None, at: int = 1, letters: int = 0
) -> Exhibit:
    """Return a slider over the steps of a story: the map before and after, and the trace.

    The story is told on `kernel`, by default a fresh one of the newest release. The slider begins
    at step `at`; 0 is before the first. What a step changed has a thick edge. `letters` (0 to 8)
    is how many bytes of each frame are shown.
    Raises TypeError for what is no story, Kernel or number, ValueError for a step that is not
    there or a story without any.
    """
    walked = walk(story, Kernel() if kernel is None else kernel, letters)

    def draw(step: int) -> None:
        stage.show(before_and_after(walked, step) + traced(walked, step), walked.sentence(step))

    dial = Dial("step", at, range(len(walked.steps) + 1), draw, argument="at")
    stage = Stage(dial.widget)
    draw(dial.value)
    return Exhibit(stage.widget, walk_filmstrip(walked))


def traced(walked: Walk, step: int) -> str:
    """Return the lines that a step has left in the trace, as HTML."""
    events = walked.steps[step - 1].events if step else ()
    lines = str(events) if events else "Nothing in the trace."
    style = "font-size:12px;line-height:1.4;overflow-x:auto"
    named = f'role="group" tabindex="0" aria-label="trace" style="{style}"'
    return f"<pre {named}>{escape(lines)}</pre>"
