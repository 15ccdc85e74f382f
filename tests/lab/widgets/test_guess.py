"""The sliders over pins and extra references."""

from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.guess import Held, guess
from tests.lab.widgets.parts import Parts


def test_it_begins_where_it_is_told_to() -> None:
    parts = Parts(lab.guess_pins(pins=2, references=7))
    assert [row.box.value for row in parts.rows] == [2, 7]
    assert parts.sentence == guess(Held(2, 7)).twin


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((-1,), ValueError), ((9,), ValueError), ((1, 4097), ValueError), ((1.5,), TypeError)],
)
def test_it_begins_within_its_ranges(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match=f" is {arguments[-1]}: "):
        lab.guess_pins(*arguments)


@pytest.mark.parametrize(("pins", "references"), [(0, 0), (1, 0), (0, 1023), (8, 4096), (3, 777)])
def test_picture_and_sentence_are_those_of_the_numbers_that_are_set(
    pins: int, references: int
) -> None:
    parts = Parts(lab.guess_pins())
    for row, number in zip(parts.rows, (pins, references), strict=True):
        row.box.value = number
    drawing = guess(Held(pins, references))
    assert (parts.picture, parts.sentence) == (drawing.svg, drawing.twin)


def test_the_guess_turns_between_two_stops_of_the_slider() -> None:
    parts = Parts(lab.guess_pins(pins=0, references=1022))
    assert "not pinned" in parts.sentence
    parts.rows[1].bar.value += 1
    assert parts.rows[1].box.value == 1023
    assert "false positive" in parts.sentence
