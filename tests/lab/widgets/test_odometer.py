"""The sliders over pins tried and extra references held."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.odometer import Tries, odometer
from tests.lab.widgets.parts import Parts

LAST = 2**21


def test_it_begins_just_before_the_last_pin() -> None:
    parts = Parts(lab.count_pins())
    assert [row.box.value for row in parts.rows] == [LAST - 1, 0]
    assert "2147482625" in parts.sentence


def test_it_begins_where_it_is_told_to() -> None:
    parts = Parts(lab.count_pins(pins=1000, references=7))
    assert [row.box.value for row in parts.rows] == [1000, 7]
    assert parts.sentence == odometer(Tries(1000, 7)).twin


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((-1,), ValueError), ((LAST + 3,), ValueError), ((1, 2049), ValueError), ((1.5,), TypeError)],
)
def test_it_begins_within_its_ranges(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match=f" is {arguments[-1]}: "):
        lab.count_pins(*arguments)


@pytest.mark.parametrize(
    ("pins", "references"), [(0, 0), (1, 0), (LAST, 0), (LAST + 1, 0), (1000, 7), (LAST, 1023)]
)
def test_picture_and_sentence_are_those_of_the_numbers_that_are_set(
    pins: int, references: int
) -> None:
    parts = Parts(lab.count_pins())
    for row, number in zip(parts.rows, (pins, references), strict=True):
        row.box.value = number
    drawing = odometer(Tries(pins, references))
    assert (parts.picture, parts.sentence) == (drawing.svg, drawing.twin)


def test_one_step_of_the_slider_takes_the_refcount_over_the_edge_and_one_more_is_refused() -> None:
    parts = Parts(lab.count_pins())
    bar, box = parts.rows[0]
    bar.value += 1
    assert box.value == LAST
    assert "below zero" in parts.sentence
    bar.value += 1
    assert box.value == LAST + 1
    assert "refused" in parts.sentence


@pytest.mark.parametrize("typed", [4, 1000, LAST - 1000])
def test_the_box_takes_pins_between_the_stops(typed: int) -> None:
    parts = Parts(lab.count_pins())
    bar, box = parts.rows[0]
    box.value = typed
    assert box.value == typed
    assert str(typed) in parts.sentence
    before = bar.value
    bar.value = before - 1
    assert box.value != typed


def test_1023_references_take_the_room_of_a_pin() -> None:
    parts = Parts(lab.count_pins())
    parts.rows[0].box.value = LAST
    assert "succeeds" in parts.sentence
    parts.rows[1].box.value = 1023
    assert "refused" in parts.sentence


def test_the_drawing_is_well_formed_wherever_the_sliders_are() -> None:
    parts = Parts(lab.count_pins())
    for bar, _ in parts.rows:
        for place in range(bar.min, bar.max + 1):
            bar.value = place
            assert isinstance(parts.picture, str)
            assert ET.fromstring(parts.picture).tag.endswith("svg")
