"""The controls over a page under its lenses."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.lenses import Held, lenses
from tests.lab.widgets.parts import Parts


def shown(held: Held) -> tuple[str, str]:
    drawing = lenses(held.senses, held.words)
    return drawing.svg, drawing.twin


def test_it_begins_with_a_page_that_nobody_holds() -> None:
    parts = Parts(lab.light_the_senses())
    assert (parts.menu.value, parts.toggle.value) == (0, "6.18")
    assert [switch.value for switch in parts.switches] == [False, False]
    assert [row.box.value for row in parts.rows] == [0, 0]
    assert "Yes: nobody." in parts.sentence


def test_it_begins_where_it_is_told_to() -> None:
    parts = Parts(lab.light_the_senses(5, 2, 9, "5.7", mlocked=True, registered=True))
    assert (parts.picture, parts.sentence) == shown(Held("5.7", 9, 5, 2, True, True))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"order": 1}, ValueError, "order is 1: "),
        ({"references": -1}, ValueError, "references is -1: "),
        ({"pins": 2**21 + 1}, ValueError, "pins is 2097153: "),
        ({"pins": "1"}, TypeError, "pins is '1': "),
        ({"release": "6.1"}, ValueError, r"release is '6\.1': allowed are 5\.6, "),
    ],
)
def test_it_begins_within_its_ranges(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.light_the_senses(**arguments)


@pytest.mark.parametrize(
    "held",
    [
        Held("6.18", 0, 1, 0, True),
        Held("5.6", 9, 1023, 1),
        Held("5.7", 0, 0, 3, False, True),
        Held("6.18", 9, 2000, 77, True, True),
    ],
)
def test_picture_and_sentence_are_those_of_what_is_set(held: Held) -> None:
    parts = Parts(lab.light_the_senses())
    parts.menu.value, parts.toggle.value = held.order, held.release
    for switch, on in zip(parts.switches, (held.mlocked, held.registered), strict=True):
        switch.value = on
    for row, number in zip(parts.rows, (held.references, held.pins), strict=True):
        row.box.value = number
    assert (parts.picture, parts.sentence) == shown(held)


def test_each_control_changes_the_picture() -> None:
    parts = Parts(lab.light_the_senses(references=1022, pins=1))
    seen = [parts.picture]
    for control, value in (
        (parts.rows[0].box, 1023), (parts.rows[1].box, 0), (parts.switches[0], True),
        (parts.switches[1], True), (parts.menu, 9), (parts.toggle, "5.6"),
    ):  # fmt: skip
        control.value = value
        seen.append(parts.picture)
    assert len(set(seen)) == len(seen)


def test_the_drawing_is_well_formed_wherever_the_sliders_are() -> None:
    parts = Parts(lab.light_the_senses())
    for bar, _ in parts.rows:
        for place in range(bar.min, bar.max + 1):
            bar.value = place
            assert isinstance(parts.picture, str)
            assert ET.fromstring(parts.picture).tag.endswith("svg")
