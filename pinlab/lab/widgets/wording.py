"""Menus from which a sentence is put together: is it true, and which wrong kernels slip through?"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from pinlab.explore.reach import ZERO
from pinlab.lab.figures.adequacy import adequacy_filmstrip, draw_adequacy
from pinlab.lab.powers import plural
from pinlab.lab.widgets.controls import STYLE, Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.words import WRONG_KERNELS, Claim, Sentence, clause, judge, sentence
from pinlab.words.vocabulary import CALLS, COUNTERS, HOW, NOT_BY_THIS_CALL, ON, length

FIRST = (
    ("pin", "refcount"), ("unpin", "refcount"), ("pin", "pincount"), ("unpin", "pincount"),
    ("pin", "vmstat"),
)  # fmt: skip
"""The call and the counter that the menus of each clause show at first."""

MOST_CLAUSES = len(FIRST)

NAMES = {"call": tuple(CALLS), "page": tuple(ON), "counter": tuple(COUNTERS), "how": HOW}


def word_a_note(clauses: int = 1) -> Exhibit:
    """Return menus for the clauses of a sentence, and how it fares on Linux 6.5 and wrong kernels.

    It begins with `clauses` clauses (1 to 5). Raises TypeError or ValueError for
    another number.
    """

    def draw(_: object = None) -> None:
        for number, row in enumerate(rows, start=1):
            row.layout.display = "" if number <= dial.value else "none"
        chosen = [tuple(menu.value for menu in row.children) for row in rows[: dial.value]]
        try:
            made = sentence(*(_clause(*words) for words in dict.fromkeys(chosen)))
        except ValueError as error:
            stage.show("", f"{str(error)[0].upper()}{str(error)[1:]}.")
            return
        drawn = draw_adequacy({f"yours: {_size(made)}": made})
        stage.show(drawn.svg, told(made))

    rows = [_menus(number, draw) for number in range(1, MOST_CLAUSES + 1)]
    dial = Dial("clauses", clauses, range(1, MOST_CLAUSES + 1), draw)
    stage = Stage(dial.widget, *rows)
    draw()
    return Exhibit(stage.widget, adequacy_filmstrip())


def _clause(*words: str) -> Claim:
    call, page, counter, how = words
    return clause(call, page, counter, how)


def _menus(number: int, draw: Callable[[object], None]) -> ipywidgets.HBox:
    call, counter = FIRST[number - 1]
    first = (call, ZERO, counter, NOT_BY_THIS_CALL)
    menus = [
        ipywidgets.Dropdown(
            options=options, value=value, description=name, style=STYLE,
            layout=ipywidgets.Layout(width="14em"), tooltip=f"clause {number}, {name}",
        )
        for (name, options), value in zip(NAMES.items(), first, strict=True)
    ]  # fmt: skip
    for menu in menus:
        menu.observe(draw, "value")
    return ipywidgets.HBox(menus, layout=ipywidgets.Layout(flex_flow="row wrap"))


def _size(made: Sentence) -> str:
    clauses, words = length(made)
    return f"{clauses} {plural(clauses, 'clause')}, {words} words"


def told(made: Sentence) -> str:
    """Return a sentence, and what came out, in words."""
    verdict = judge(made)
    start = f"{made.text[0].upper()}{made.text[1:]}. {_size(made)}."
    if verdict.counterexample:
        return f"{start} False of Linux 6.5: {'; '.join(verdict.counterexample.steps)}."
    if not verdict.missed:
        return f"{start} True of Linux 6.5, and no wrong kernel slips through: it is adequate."
    slip = f"{len(verdict.missed)} of {len(WRONG_KERNELS)} wrong kernels slip through"
    return f"{start} True of Linux 6.5; {slip}: {', '.join(verdict.missed)}."
