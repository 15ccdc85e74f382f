"""The controls over a folio."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.folio import Pinned, folios
from tests.lab.widgets.parts import Parts


def test_it_begins_with_one_page_and_gives_nothing_away() -> None:
    parts = Parts(lab.pin_a_folio())
    assert [row.box.value for row in parts.rows] == [0, 1]
    assert parts.toggle.value == "6.18"
    assert "pincount 0" not in parts.sentence


def test_it_begins_where_it_is_told_to() -> None:
    parts = Parts(lab.pin_a_folio(order=1, pages=2, release="5.17"))
    assert parts.sentence == folios(Pinned("5.17", 1, 2)).twin


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"order": 11}, ValueError, "order is 11: "),
        ({"order": "9"}, TypeError, "order is '9': "),
        ({"pages": 0}, ValueError, "pages is 0: "),
        ({"pages": 1025}, ValueError, "pages is 1025: "),
        ({"release": "6.1"}, ValueError, r"release is '6\.1': allowed are 5\.6, "),
    ],
)
def test_it_begins_within_its_ranges(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.pin_a_folio(**arguments)


@pytest.mark.parametrize(
    ("release", "order", "pages"),
    [("6.18", 9, 64), ("5.6", 9, 64), ("5.17", 1, 1), ("5.18", 1, 2), ("6.18", 0, 5)],
)
def test_picture_and_sentence_are_those_of_what_is_set(
    release: str, order: int, pages: int
) -> None:
    parts = Parts(lab.pin_a_folio())
    parts.toggle.value = release
    for row, number in zip(parts.rows, (order, pages), strict=True):
        row.box.value = number
    drawing = folios(Pinned(release, order, pages))
    assert (parts.picture, parts.sentence) == (drawing.svg, drawing.twin)


def test_order_1_gets_its_pincount_with_5_18() -> None:
    parts = Parts(lab.pin_a_folio(order=1))
    seen = []
    for release in parts.toggle.options:
        parts.toggle.value = release
        seen.append("pincount 0 → 1" in parts.sentence)
    assert dict(zip(parts.toggle.options, seen, strict=True)) == {
        "5.6": False, "5.7": False, "5.17": False, "5.18": True, "6.18": True,
    }  # fmt: skip


def test_the_drawing_is_well_formed_wherever_the_controls_are() -> None:
    parts = Parts(lab.pin_a_folio())
    for release in parts.toggle.options:
        parts.toggle.value = release
        for bar, _ in parts.rows:
            for place in range(bar.min, bar.max + 1):
                bar.value = place
                assert isinstance(parts.picture, str)
                assert ET.fromstring(parts.picture).tag.endswith("svg")
