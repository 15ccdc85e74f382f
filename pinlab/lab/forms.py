"""Forms: what is clicked, ticked or typed in the place of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any
from unicodedata import normalize

import ipywidgets

from pinlab.lab.exercise import Choice, Exercise, Number, Numbers, Selection
from pinlab.lab.exhibit import STYLE, WRAP

PRESSED = "pinlab-pressed"

GROUPS = re.compile(r"(?<=\d)[\s,_](?=\d{3}(?!\d))")
"""What stands between groups of three digits."""

RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

TERM = r"\d{1,30}(?:\^\d{1,2})?(?:\*\d{1,30}(?:\^\d{1,2})?)*"
SUM = re.compile(rf"-?{TERM}(?:[-+]{TERM})*")


@dataclass(frozen=True)
class Form:
    """A widget, and how to read what it says: None for no answer yet, ValueError for a slip."""

    widget: ipywidgets.Widget
    read: Callable[[], Any]


def form_of(found: Exercise, settled: Callable[[], None]) -> Form:
    """Return the form of an exercise, which calls `settled` when an answer is pressed or entered.

    Raises ValueError for an exercise that wants code.
    """
    match found:
        case Choice():
            return buttons(_as_asked(found), settled)
        case Selection():
            return ticks(found.options)
        case Number():
            return box("your number", settled)
        case Numbers():
            made = {name: box(name, settled) for name in found.parts}
            row = ipywidgets.HBox([one.widget for one in made.values()], layout=WRAP)
            return Form(row, lambda: {name: one.read() for name, one in made.items()})
    raise ValueError(
        f"id is {found.id!r}: this exercise wants code. "
        f'Write it in a cell, and check it there with lab.check("{found.id}", ...)'
    )


def _as_asked(found: Choice) -> list[str]:
    """The options in the order of the question, if it has them all."""
    place = {option: found.question.find(option) for option in found.options}
    return found.options if -1 in place.values() else sorted(found.options, key=place.__getitem__)


def buttons(names: Sequence[str], settled: Callable[[], None]) -> Form:
    """Return a button for each name; the one that was pressed last is the answer."""
    row = [ipywidgets.Button(description=plainly(name)) for name in names]
    chosen: list[ipywidgets.Button] = []

    def press(button: ipywidgets.Button) -> None:
        for each in chosen:
            each.remove_class(PRESSED)
        button.add_class(PRESSED)
        chosen[:] = [button]
        settled()

    for button in row:
        button.on_click(press)
    return Form(
        ipywidgets.HBox(row, layout=WRAP), lambda: names[row.index(chosen[0])] if chosen else None
    )


def ticks(names: Collection[str]) -> Form:
    """Return a box to tick for each name; the answer is the set of those that are ticked."""
    column = [
        ipywidgets.Checkbox(description=plainly(name), indent=False, style=STYLE) for name in names
    ]
    return Form(
        ipywidgets.VBox(column),
        lambda: frozenset(name for name, tick in zip(names, column, strict=True) if tick.value),
    )


def box(label: str, settled: Callable[[], None]) -> Form:
    """Return a box for a number, which Enter settles."""
    typed = ipywidgets.Text(description=plainly(label), style=STYLE, layout={"width": "auto"})

    def heard(_: object, content: dict[str, object], __: object) -> None:
        if content.get("event") == "submit":
            settled()

    typed.on_msg(heard)
    return Form(typed, lambda: number(typed.value) if typed.value.strip() else None)


def number(written: str) -> int:
    """Return the number that is written, in digits or with powers; ValueError for what is none.

    >>> number("2 097 152"), number("2^21"), number("-2**31 + 1"), number("100 * 64")
    (2097152, 2097152, -2147483647, 6400)
    """
    bare = GROUPS.sub("", written.strip()).replace("**", "^").replace("−", "-")
    bare = RAISED.sub(lambda raised: f"^{normalize('NFKC', raised[0])}", bare)
    told = re.sub(r"\s*([-+*^])\s*", r"\1", bare)
    if not SUM.fullmatch(told):
        allowed = "write a whole number, such as 2097152, 2 097 152 or 2^21"
        raise ValueError(f"{written.strip()!r} is no number here: {allowed}")
    terms = re.findall(rf"([-+]?)({TERM})", told)
    return sum((-1) ** (sign == "-") * _product(term) for sign, term in terms)


def _product(term: str) -> int:
    powers = [factor.partition("^") for factor in term.split("*")]
    return prod(int(base) ** int(exponent or 1) for base, _, exponent in powers)


def plainly(words: str) -> str:
    """Return words as a widget has them, which shows no Markdown."""
    return words.replace("`", "")
