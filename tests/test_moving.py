"""What a page is told: an exhibit's positions as its widget has them, and a reply to any answer."""

import json
from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.ask import Guess
from pinlab.lab.exercise import Numbers
from pinlab.lab.exhibit import Exhibit
from pinlab.lab.problems import EXERCISES, TEXTS, exercise
from pinlab.lessons import (
    count_to_two_million,
    draw_a_page,
    fork_during_direct_io,
    read_the_thread,
)
from pinlab.site.positions import MOST, Once, carried, leaves, lighter
from pinlab.site.questions import Posed

MOVE: dict[str, Callable[[], Exhibit]] = {
    "plot": count_to_two_million.cliff,
    "two sliders": lambda: lab.odometer(2**21 - 1, others=True),
    "menu": lab.timeline,
    "player": lambda: fork_during_direct_io.scene(at=6),
}
STAND: dict[str, Callable[[], Exhibit]] = {
    "too many": count_to_two_million.refcount_in_flight,
    "brush": draw_a_page.touch,
    "remembers": lambda: read_the_thread.turn_by_turn(at=12),
    "panel": lambda: lab.walk_the_states("get+fork+parent-writes"),
}


@pytest.mark.parametrize("name", MOVE)
def test_a_page_shows_what_the_widget_shows(name: str) -> None:
    made, store = MOVE[name](), Once()
    told = carried(made.widget, store)
    assert told is not None
    kept = json.loads(str(store))
    names = [control["names"] for control in told["controls"]]
    places = [*product(*(range(len(each)) for each in names))]
    assert 1 < len(places) <= MOST
    movable = [leaf for leaf in leaves(made.widget) if moved(leaf) is not None]
    views = [
        leaf for leaf in leaves(made.widget) if hasattr(leaf, "steps") or hasattr(leaf, "role")
    ]
    for n in Random(name).sample(range(len(places)), 20):
        for widget, place in zip(movable, places[n], strict=True):
            setattr(widget, str(moved(widget)), place)
        for view, trait, numbers in told["moves"]:
            shown = getattr(views[view], trait)
            there = kept[numbers[n]]
            if trait == "steps":
                there = [{key: kept[part] for key, part in step.items()} for step in there]
            assert there == (shown if trait == "steps" else lighter(shown))


def moved(widget: Any) -> str | None:  # noqa: ANN401
    """What of a widget is moved, if it is."""
    if hasattr(widget, "options"):
        return "index"
    return "value" if hasattr(widget, "told") else None


@pytest.mark.parametrize("name", STAND)
def test_what_no_page_can_move_stands(name: str) -> None:
    assert carried(STAND[name]().widget, Once()) is None


GUESSES = {
    "of few": Guess("?", low=0, high=9, right=4),
    "of many": Guess("?", low=0, high=2_000_000, right=5),
}
NUMBERED = [id for id in EXERCISES if TEXTS[id].kind in ("number", "numbers")]


@pytest.mark.parametrize("name", [*GUESSES, *NUMBERED])
def test_every_number_is_told_what_python_tells_it(name: str) -> None:
    found = GUESSES.get(name) or exercise(name)

    def say(answer: object) -> str:
        return found.said(answer) if isinstance(found, Guess) else str(found.check(answer))

    question = Posed(found)
    replies = {key: say(answer) for key, answer in question.answers()}
    draw = Random(name)
    for key in draw.sample([*replies], min(len(replies), 20)):
        reply, numbers = replies[key], list[int | None]()
        for n, place in enumerate(map(int, key.split(","))):
            known = ["", *question.known[n]]
            number = known[place] if place < len(known) else str(draw.randrange(10**4, 10**6))
            reply = reply.replace(question.others[n], number)
            numbers.append(int(number) if number else None)
        named = isinstance(found, Numbers) and dict(zip(found.parts, numbers, strict=True))
        assert reply == say(named or numbers[0])
