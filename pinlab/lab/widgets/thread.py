"""The slider that goes through the thread, turn by turn: your verdicts, and later ours."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.figures.thread import tree
from pinlab.lab.picture import Drawing
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.words.thread import VERDICTS, Turn, turns

OPEN = "none yet"


def walk_the_thread(part: str = "mail", at: int | None = None) -> Exhibit:
    """Return a slider over the turns of a part, buttons for your verdict on each, and a switch.

    The tree shows the verdicts that you have given; the switch puts ours in their place, with the
    condition. It begins at turn `at`, by default the first. Raises ValueError for another part
    than "before", "mail" and "after", or a turn that it has not, TypeError for what is no number.
    """
    chosen = turns(part)
    numbers = [turn.number for turn in chosen]
    ours = {turn.number: turn.verdict for turn in chosen}
    given: dict[int, str] = {}

    def turned(number: int) -> None:
        yours.value = given.get(number, OPEN)
        draw()

    def judged(change: dict[str, str]) -> None:
        given[dial.value] = change["new"]
        if change["new"] == OPEN:
            del given[dial.value]
        draw()

    def draw(_: object = None) -> None:
        turn = chosen[dial.value - numbers[0]]
        shown = ours if compare.value else given
        yours_now = given.get(turn.number)
        told = sentence(turn, yours_now) + (compared(turn, yours_now) if compare.value else "")
        stage.show(tree(chosen, shown, turn.number), told)

    dial = Dial("turn", numbers[0] if at is None else at, numbers, turned, argument="at")
    yours = ipywidgets.ToggleButtons(options=[OPEN, *VERDICTS], description="your verdict")
    yours.style.description_width = "initial"
    yours.style.button_width = "13em"
    yours.observe(judged, "value")
    compare = ipywidgets.Checkbox(description="show our verdicts", indent=False)
    compare.observe(draw, "value")
    stage = Stage(dial.widget, yours, ipywidgets.HBox([compare]))
    draw()
    return Exhibit(stage.widget, filmstrip(chosen))


def sentence(turn: Turn, given: str | None) -> str:
    """Say who says what in a turn, and which verdict was given."""
    answered = f", to turn {turn.answers}" if turn.answers else ""
    return (
        f"Turn {turn.number}: {turn.speaker}{answered}, {turn.date.day} {turn.date:%B %Y}: "
        f"“{turn.words}” That is to say: {turn.claim}. Your verdict: {given or OPEN}."
    )


def compared(turn: Turn, given: str | None) -> str:
    """Say what our verdict is beside the one that was given, and on which condition."""
    same = " as well" if given == turn.verdict else ""
    condition = f": {turn.condition}" if turn.condition else "."
    return f" Ours: {turn.verdict}{same}{condition}"


def filmstrip(chosen: tuple[Turn, ...]) -> Drawing:
    """Return the tree without a verdict; the first and the last turn in words."""
    ends = (chosen[0], chosen[-1])
    alt = f"A tree of {len(chosen)} turns, each below the one that it answers, without verdicts."
    return Drawing(tree(chosen), alt, "\n".join(sentence(turn, None) for turn in ends))
