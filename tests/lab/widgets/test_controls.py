"""A dial: slider and box follow each other, and whoever listens hears of each change once."""

from collections.abc import Sequence

import ipywidgets
import pytest

from pinlab.lab.widgets.controls import Dial, powers

STOPS = (0, 1, 2, 8, 64)


class Heard(list[int]):
    """The numbers that were passed on, in order."""


def dial(
    value: int = 2, stops: Sequence[int] = STOPS, low: int | None = None, high: int | None = None
) -> tuple[Dial, Heard]:
    heard = Heard()
    return Dial("k", value, stops, heard.append, low=low, high=high), heard


def test_it_begins_at_its_value_and_nobody_is_told() -> None:
    made, heard = dial(8)
    assert (made.value, made.box.value, made.bar.value) == (8, 8, STOPS.index(8))
    assert heard == []


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_the_slider_sets_the_box_to_its_stop(place: int) -> None:
    made, heard = dial()
    made.bar.value = place
    assert (made.value, made.box.value) == (STOPS[place], STOPS[place])
    assert heard == [STOPS[place]]


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_the_box_moves_the_slider_to_its_stop(place: int) -> None:
    made, heard = dial()
    made.box.value = STOPS[place]
    assert (made.value, made.bar.value) == (STOPS[place], place)
    assert heard == [STOPS[place]]


@pytest.mark.parametrize(
    ("typed", "nearest"), [(3, 2), (4, 2), (6, 8), (35, 8), (37, 64), (63, 64)]
)
def test_a_number_between_two_stops_stays_and_the_slider_goes_to_the_nearest(
    typed: int, nearest: int
) -> None:
    made, heard = dial(0)
    made.box.value = typed
    assert (made.value, made.box.value) == (typed, typed)
    assert made.bar.value == STOPS.index(nearest)
    assert heard == [typed]


def test_halfway_the_slider_goes_up() -> None:
    made, _ = dial(0)
    made.box.value = 5
    assert made.bar.value == STOPS.index(8)


def test_the_slider_leaves_a_number_between_two_stops_for_a_stop() -> None:
    made, heard = dial(0)
    made.box.value = 9
    made.bar.value = STOPS.index(2)
    assert made.value == 2
    assert heard == [9, 2]


def test_it_may_begin_between_two_stops() -> None:
    made, _ = dial(60)
    assert (made.value, made.bar.value) == (60, STOPS.index(64))


@pytest.mark.parametrize(
    ("value", "error"), [(65, ValueError), (-1, ValueError), (1.5, TypeError), ("8", TypeError)]
)
def test_it_cannot_begin_where_the_box_does_not_go(value: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"k is {value!r}: "):
        dial(value)


def test_it_may_begin_beyond_the_stops_where_the_box_does_go() -> None:
    made, _ = dial(100, high=100)
    assert (made.value, made.bar.value) == (100, STOPS.index(64))


def test_what_does_not_change_is_not_passed_on() -> None:
    made, heard = dial(8)
    made.box.value = 8
    made.bar.value = STOPS.index(8)
    assert heard == []


@pytest.mark.parametrize(("typed", "kept"), [(1000, 64), (-5, 0)])
def test_the_box_keeps_to_the_range_of_the_stops(typed: int, kept: int) -> None:
    made, heard = dial()
    made.box.value = typed
    assert (made.value, made.bar.value) == (kept, STOPS.index(kept))
    assert heard == [kept]


@pytest.mark.parametrize(("typed", "kept"), [(1000, 100), (100, 100), (-5, -1)])
def test_the_box_may_reach_beyond_the_stops(typed: int, kept: int) -> None:
    made, heard = dial(low=-1, high=100)
    made.box.value = typed
    assert made.value == kept
    assert heard == [kept]


@pytest.mark.parametrize(("typed", "place"), [(90, 4), (-1, 0)])
def test_beyond_the_stops_the_slider_is_at_the_last_one(typed: int, place: int) -> None:
    made, _ = dial(low=-1, high=100)
    made.box.value = typed
    assert made.bar.value == place


def test_whoever_listens_may_ask_for_the_new_value() -> None:
    asked: list[int] = []
    made = Dial("k", 0, STOPS, lambda _: asked.append(made.value))
    made.bar.value = 3
    made.box.value = 5
    assert asked == [8, 5]


def test_a_listener_that_fails_leaves_slider_and_box_together() -> None:
    def fail(_: int) -> None:
        raise RuntimeError("no picture")

    made = Dial("k", 0, STOPS, fail)
    with pytest.raises(RuntimeError, match="no picture"):
        made.box.value = 8
    assert (made.value, made.bar.value) == (8, STOPS.index(8))
    with pytest.raises(RuntimeError, match="no picture"):
        made.bar.value = 1
    assert made.value == 1


def test_slider_and_box_stand_side_by_side_with_their_names() -> None:
    made, _ = dial()
    assert isinstance(made.widget, ipywidgets.HBox)
    assert made.widget.children == (made.bar, made.box)
    assert made.bar.description == "k"
    assert all(
        isinstance(part.description, str) and part.description for part in (made.bar, made.box)
    )


def test_the_slider_does_not_show_its_place_as_if_it_were_the_number() -> None:
    made, _ = dial()
    assert not made.bar.readout


@pytest.mark.parametrize(("first", "last", "expected"), [(0, 3, [1, 2, 4, 8]), (4, 4, [16])])
def test_powers_of_two(first: int, last: int, expected: list[int]) -> None:
    assert powers(first, last) == expected
