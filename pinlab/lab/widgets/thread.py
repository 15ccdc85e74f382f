"""The slider that goes through the thread, turn by turn: your verdict first, then ours."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.figures.thread import tree
from pinlab.lab.picture import Drawing
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.words.thread import VERDICTS, Turn, turns

OPEN = "none yet"


def walk_the_thread(part: str = "mail", at: int | None = None) -> Exhibit:
    """Return a slider over the turns of a part, and buttons for your verdict on each.

    The verdict of a turn and its condition are shown once you have given yours. It begins at turn
    `at`, by default the first. Raises ValueError for another part than "before", "mail" and
    "after", or a turn that it has not, TypeError for what is no number.
    """
    chosen = turns(part)
    numbers = [turn.number for turn in chosen]
    given: dict[int, str] = {}

    def turned(number: int) -> None:
        yours.value = given.get(number, OPEN)
        draw()

    def judged(change: dict[str, str]) -> None:
        if change["new"] == OPEN:
            given.pop(dial.value, None)
        else:
            given[dial.value] = change["new"]
        draw()

    def draw() -> None:
        turn = chosen[dial.value - numbers[0]]
        stage.show(tree(chosen, given, turn.number), sentence(turn, given.get(turn.number)))

    dial = Dial("turn", numbers[0] if at is None else at, numbers, turned)
    yours = ipywidgets.ToggleButtons(options=[OPEN, *VERDICTS], description="your verdict")
    yours.style.description_width = "initial"
    yours.style.button_width = "13em"
    yours.observe(judged, "value")
    stage = Stage(dial.widget, yours, picture=ipywidgets.HTML())
    draw()
    return Exhibit(stage.widget, filmstrip(chosen))


def sentence(turn: Turn, given: str | None) -> str:
    """Say who says what in a turn; the verdict comes with the one that was given."""
    answered = f", to turn {turn.answers}" if turn.answers else ""
    told = (
        f"Turn {turn.number}: {turn.speaker}{answered}, {turn.date.day} {turn.date:%B %Y}: "
        f"“{turn.words}” That is to say: {turn.claim}."
    )
    if given is None:
        return f"{told} Your verdict?"
    agreed = "as you say" if given == turn.verdict else f"you say {given}"
    condition = f" {turn.condition}" if turn.condition else ""
    return f"{told} {turn.verdict.capitalize()} ({agreed}).{condition}"


def filmstrip(chosen: tuple[Turn, ...]) -> Drawing:
    """Return the tree without a verdict; the first and the last turn in words."""
    ends = (chosen[0], chosen[-1])
    alt = f"A tree of {len(chosen)} claims, each below the one that it answers, without verdicts."
    return Drawing(tree(chosen), alt, "\n".join(sentence(turn, None) for turn in ends))
