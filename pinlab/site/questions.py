"""Questions on a page: what is said to each answer, worked out before anybody gives one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import ipywidgets

from pinlab.lab.ask import Guess, form_for
from pinlab.lab.exercise import Exercise, Number, Numbers
from pinlab.lab.forms import Form
from pinlab.site.positions import Carried, leaves

STRANGER = 987654321
"""A number that no answer rests on: what is said to it is said to any other that is unknown."""

FEW = 100
"""Of so many numbers that may be guessed each is known."""

KINDS = {ipywidgets.Button: "buttons", ipywidgets.Checkbox: "ticks", ipywidgets.Text: "boxes"}


class Posed:
    """A question with its form, and the answers that something else is said to than to others.

    A number is known if it is right, or a known mistake, or one of a few that are allowed.
    """

    def __init__(self, asked: Exercise | Guess) -> None:
        self.asked = asked
        self.form: Form = form_for(asked, lambda: None)
        self.leaves = [*leaves(self.form.widget)]
        self.kind = KINDS[type(self.leaves[0])]
        self.known = [_known(asked, n) for n in range(len(self.leaves))]
        self.others = [_stranger(asked, n) for n in range(len(self.leaves))]

    def answers(self) -> Iterator[tuple[str, Any]]:
        """Yield every answer with its key: for each part its place among what it may be."""
        if self.kind == "buttons":
            for place, button in enumerate(self.leaves):
                button.click()
                yield str(place), self.form.read()
            return
        for places in product(*(range(len(self._parts(n))) for n in range(len(self.leaves)))):
            for n, (leaf, place) in enumerate(zip(self.leaves, places, strict=True)):
                leaf.value = self._parts(n)[place]
            yield ",".join(map(str, places)), self.form.read()

    def _parts(self, n: int) -> list[Any]:
        """What a part may be: nothing, what is known, or another number."""
        if self.kind == "ticks":
            return [False, True]
        return ["", *self.known[n], self.others[n]]

    def supposed(self) -> Iterator[tuple[str, Any]]:
        """Yield the answers of which each part is known."""
        for key, answer in self.answers():
            parts = zip(map(int, key.split(",")), self.known, strict=False)
            if self.kind != "boxes" or all(0 < place <= len(known) for place, known in parts):
                yield key, answer

    def told(self) -> Carried:
        """Return what a page is told of the form."""
        return {
            "kind": self.kind,
            "names": [leaf.description for leaf in self.leaves],
            "known": self.known,
            "others": self.others,
            "low": getattr(self.asked, "low", None),
            "high": getattr(self.asked, "high", None),
        }


def _known(asked: Exercise | Guess, n: int) -> list[str]:
    """The numbers that something of their own is said to, of one part of a question."""
    match asked:
        case Number():
            found = {asked.right, *asked.wrong}
        case Numbers():
            name, (right, wrong) = [*asked.parts.items()][n]
            found = {right, *wrong, *(each[name] for each, _ in asked.together if name in each)}
        case Guess(low=int(low), high=int(high)):
            few = range(low, high + 1) if high - low <= FEW else ()
            found = {*few, *({asked.right} if isinstance(asked.right, int) else ())}
        case _:
            return []
    return [*map(str, sorted(found))]


def _stranger(asked: Exercise | Guess, n: int) -> str:
    """A number that is not known, of one part of a question, and of no other."""
    low, high = getattr(asked, "low", None), getattr(asked, "high", None)
    return str(STRANGER + n if high is None else low + (high - low) * 7 // 11)
