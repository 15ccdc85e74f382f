"""The slider that goes through the same story on several machines."""

from __future__ import annotations

from collections.abc import Mapping

from pinlab.lab.figures.beside import Beside, walk_beside
from pinlab.lab.story import Story
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.model.kernel import Kernel


def side_by_side(story: Story, kernels: Mapping[str, Kernel], at: int = 1) -> Exhibit:
    """Return a slider over the steps of a story, with a map for each of two to four kernels.

    `kernels` has fresh machines by name. The slider begins at step `at`; 0 is before the first.
    Where a kernel refuses, its story ends, and its map stays as it is.
    Raises TypeError for what is no story, no mapping of Kernels or no number, ValueError for too
    few or too many kernels, the same one twice, a step that is not there or a story without any.
    """
    beside = Beside(walk_beside(story, kernels))

    def draw(step: int) -> None:
        stage.show(beside.svg(step), beside.sentence(step))

    dial = Dial("step", at, range(beside.last + 1), draw, argument="at")
    stage = Stage(dial.widget)
    draw(dial.value)
    return Exhibit(stage.widget, beside.filmstrip())
