"""The switches for the patch's tests, with a toggle and a slider for the rounds."""

from itertools import product
from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.rounds import sentence
from pinlab.lab.rounds import TESTS, Switches
from tests.lab.widgets.parts import Parts


@pytest.fixture(scope="module")
def parts() -> Parts:
    """One exhibit for the tests that set everything they ask about."""
    return Parts(lab.patch_switches())


def test_it_begins_with_the_whole_patch_and_a_hundred_rounds() -> None:
    parts = Parts(lab.patch_switches())
    assert parts.sentence == sentence(Switches(), 100, together=False)
    assert [switch.value for switch in parts.switches] == [True, True, True]


def test_it_begins_where_it_is_told_to() -> None:
    began = Parts(lab.patch_switches(slow=False, release=False, rounds=7))
    assert [switch.value for switch in began.switches] == [False, True, False]
    assert began.sentence == sentence(Switches(False, True, False), 7, together=False)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"rounds": 0}, ValueError),
        ({"rounds": 101}, ValueError),
        ({"rounds": 1.0}, TypeError),
        ({"slow": 1}, TypeError),
        ({"release": "counted"}, TypeError),
    ],
)
def test_it_begins_within_its_ranges(arguments: dict[str, Any], error: type[Exception]) -> None:
    ((name, value),) = arguments.items()
    with pytest.raises(error, match=f"{name} is {value!r}: "):
        lab.patch_switches(**arguments)


def test_each_switch_names_its_test_and_its_function(parts: Parts) -> None:
    named = [switch.description for switch in parts.switches]
    assert named == [f"{test}: {function}" for test, function in TESTS.items()]


@pytest.mark.parametrize("on", list(product((True, False), repeat=3)))
def test_the_sentence_is_that_of_what_is_set(on: tuple[bool, bool, bool], parts: Parts) -> None:
    for switch, value in zip(parts.switches, on, strict=True):
        switch.value = value
    for place, together in enumerate((False, True)):
        parts.toggle.value = parts.toggle.options[place]
        parts.rows[0].box.value = 42
        assert parts.sentence == sentence(Switches(*on), 42, together=together)


def test_a_switch_changes_the_picture_there_and_back() -> None:
    parts = Parts(lab.patch_switches(rounds=10))
    before = (parts.picture, parts.sentence)
    parts.switches[2].value = False
    assert parts.picture != before[0]
    parts.switches[2].value = True
    assert (parts.picture, parts.sentence) == before


def test_the_slider_goes_from_one_round_to_a_hundred(parts: Parts) -> None:
    bar, box = parts.rows[0]
    for place, rounds in ((bar.min, 1), (bar.min + 1, 2), (bar.max, 100)):
        bar.value = place
        assert box.value == rounds
