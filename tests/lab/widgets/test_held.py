"""The toggle and the four sliders over writes that are held together, or not."""

from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.held import sentence
from pinlab.lab.writes import Writes
from tests.lab.widgets.parts import Parts


@pytest.fixture(scope="module")
def parts() -> Parts:
    """One exhibit for all tests but the first; each sets the numbers that it asks about."""
    return Parts(lab.held_together())


def test_it_begins_with_the_mails_numbers() -> None:
    parts = Parts(lab.held_together())
    assert [row.box.value for row in parts.rows] == [32768, 64, 1024, 32]
    assert parts.sentence == sentence(Writes())


def test_it_begins_where_it_is_told_to() -> None:
    began = Parts(lab.held_together(writes=1000, pages=65, bias=1, bits=33))
    assert [row.box.value for row in began.rows] == [1000, 65, 1, 33]
    assert began.sentence == sentence(Writes(1000, 65, 1, 33))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"writes": 0}, ValueError),
        ({"writes": 2**16 + 1}, ValueError),
        ({"pages": 513}, ValueError),
        ({"bias": 4097}, ValueError),
        ({"bits": 65}, ValueError),
        ({"bits": 32.0}, TypeError),
        ({"writes": True}, TypeError),
    ],
)
def test_it_begins_within_its_ranges(arguments: dict[str, Any], error: type[Exception]) -> None:
    (value,) = arguments.values()
    with pytest.raises(error, match=f" is {value}: "):
        lab.held_together(**arguments)


def test_the_toggle_changes_picture_and_sentence_there_and_back(parts: Parts) -> None:
    for row, number in zip(parts.rows, (32768, 64, 1024, 32), strict=True):
        row.box.value = number
    parts.toggle.value = parts.toggle.options[0]
    together = (parts.picture, parts.sentence)
    parts.toggle.value = parts.toggle.options[1]
    apart = (parts.picture, parts.sentence)
    assert apart[0] != together[0]
    assert apart[1] == sentence(Writes(together=False))
    parts.toggle.value = parts.toggle.options[0]
    assert (parts.picture, parts.sentence) == together


@pytest.mark.parametrize(
    "numbers", [(1, 1, 1, 16), (65536, 512, 4096, 64), (1000, 65, 1023, 33), (33, 64, 1024, 16)]
)
def test_the_sentence_is_that_of_the_numbers_that_are_set(
    numbers: tuple[int, int, int, int], parts: Parts
) -> None:
    parts.toggle.value = parts.toggle.options[0]
    for row, number in zip(parts.rows, numbers, strict=True):
        row.box.value = number
    assert [row.box.value for row in parts.rows] == list(numbers)
    assert parts.sentence == sentence(Writes(*numbers))
    parts.toggle.value = parts.toggle.options[1]
    assert parts.sentence == sentence(Writes(*numbers, together=False))


def test_the_sliders_go_from_one_power_of_two_to_another(parts: Parts) -> None:
    ends = [(0, 16), (0, 9), (0, 12), (4, 6)]
    for (bar, box), (low, high) in zip(parts.rows, ends, strict=True):
        assert bar.max - bar.min == high - low
        for place, exponent in ((bar.min, low), (bar.min + 1, low + 1), (bar.max, high)):
            bar.value = place
            assert box.value == 2**exponent


def test_a_number_between_two_powers_can_be_typed(parts: Parts) -> None:
    bar, box = parts.rows[0]
    box.value = 20000
    assert (box.value, bar.value) == (20000, 14)
    assert "20000 writes" in parts.sentence
