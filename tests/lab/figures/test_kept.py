"""A kept figure: what moves is drawn on what stands still, and looks as if drawn in one go."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from pinlab.lab.figures.buffers import TouchedPages
from pinlab.lab.figures.cliff import Cliff
from pinlab.lab.figures.held import HeldTogether
from pinlab.lab.figures.kept import Kept
from pinlab.lab.picture import MOVING_DPI
from pinlab.lab.writes import Writes
from tests.lab.answers import TOUCHED, an_answer

ALIKE = 0.002
"""At most so many of the pixels differ, at edges that are drawn in another order."""


def touched() -> tuple[Kept, Callable[[Any], None]]:
    pages = TouchedPages(an_answer(TOUCHED))
    return Kept(pages.figure, pages.moving), pages.draw


def cliff() -> tuple[Kept, Callable[[Any], None]]:
    drawn = Cliff()
    return Kept(drawn.figure, drawn.moving), drawn.draw


def held() -> tuple[Kept, Callable[[Any], None]]:
    figure = Figure(figsize=(7.2, 3.5), layout="constrained")
    climb = HeldTogether(figure.subplots(), Writes())
    return Kept(figure, climb.moving), climb.draw


STATES: list[tuple[Callable[[], tuple[Kept, Callable[[Any], None]]], list[object]]] = [
    (touched, [64, 8, 0]),
    (cliff, [0, 2047, 2052]),
    (held, [Writes(), Writes(together=False), Writes(bits=16), Writes(bias=1)]),
]


def pixels(png: bytes) -> Any:  # noqa: ANN401
    return imread(BytesIO(png))


def in_one_go(kept: Kept) -> Any:  # noqa: ANN401
    """The same figure with all of its artists drawn anew."""
    buffer = BytesIO()
    for artist in kept.moving:
        artist.set_animated(False)
    kept.figure.savefig(buffer, dpi=MOVING_DPI)
    for artist in kept.moving:
        artist.set_animated(True)
    return pixels(buffer.getvalue())


def differing(one: Any, other: Any) -> float:  # noqa: ANN401
    """The share of the pixels that differ visibly."""
    return float((abs(one - other) > 0.02).any(axis=2).mean())


@pytest.mark.parametrize(("make", "states"), STATES)
def test_in_every_state_it_looks_as_if_drawn_in_one_go(
    make: Callable[[], tuple[Kept, Callable[[Any], None]]], states: list[object]
) -> None:
    kept, draw = make()
    for state in states:
        draw(state)
        assert differing(pixels(kept.png()), in_one_go(kept)) < ALIKE


@pytest.mark.parametrize(("make", "states"), STATES)
def test_no_state_leaves_anything_behind(
    make: Callable[[], tuple[Kept, Callable[[Any], None]]], states: list[object]
) -> None:
    moved, draw = make()
    for state in states:
        draw(state)
        moved.png()
    fresh, draw_fresh = make()
    draw_fresh(states[-1])
    assert moved.png() == fresh.png()


@pytest.mark.parametrize(("make", "states"), STATES)
def test_every_state_is_another_picture_of_the_same_size(
    make: Callable[[], tuple[Kept, Callable[[Any], None]]], states: list[object]
) -> None:
    kept, draw = make()
    pictures = []
    for state in states:
        draw(state)
        pictures.append(kept.png())
    assert len(set(pictures)) == len(states)
    assert len({picture[16:24] for picture in pictures}) == 1


@pytest.mark.parametrize(("make", "states"), [
    (touched, [64, 8]), (cliff, [0, 2047]), (held, [Writes(), Writes(together=False)]),
])  # fmt: skip
def test_what_stands_still_is_not_drawn_again_for_what_moves(
    make: Callable[[], tuple[Kept, Callable[[Any], None]]], states: list[object]
) -> None:
    kept, draw = make()
    for state in states:
        draw(state)
        assert not kept.figure.stale
        assert kept.png()


def test_a_change_of_what_stands_still_is_shown() -> None:
    kept, draw = held()
    before = kept.png()
    draw(Writes(bits=16))
    assert kept.figure.stale
    assert kept.png() != before
    assert not kept.figure.stale
