"""Five ends: each plot and each row of the table is what climbing the counter gives."""

from functools import cache

import pytest
from matplotlib.axes import Axes

from pinlab import lab
from pinlab.lab.figures.ends import BITS, GETS, GIVEN_BACK, START
from pinlab.model.ends import ABORTED, ENDS, IGNORED, OK, climb, climb_and_return, end_at
from tests.lab.figures.lines import points

FOUND = {
    "wrap": ("freed while held", 255, 0, "1"),
    "refuse": ("refused", 128, -128, "1"),
    "saturate": ("saturated", 127, -64, "-64"),
    "abort": ("aborted", 128, 129, "no program left"),
    "exempt": ("ignored", 1, 1, "1"),
}
"""What happens, from which get on, what the counter shows at last, and after as many puts."""

five_ends = cache(lab.five_ends)


def panel(end: str) -> Axes:
    (found,) = (axes for axes in five_ends().figure.axes if axes.get_title() == end)
    return found


def row(end: str) -> str:
    """The row of the table, its columns apart by one space."""
    rows = (line.split() for line in str(five_ends()).splitlines())
    (found,) = (" ".join(words) for words in rows if words and words[0] == end)
    return found


def test_every_end_is_there() -> None:
    assert list(FOUND) == list(ENDS)
    assert [axes.get_title() for axes in five_ends().figure.axes] == list(ENDS)


def test_there_are_enough_gets_to_go_once_around_and_200_to_give_back() -> None:
    assert GETS > 2**BITS
    assert (BITS, START, GIVEN_BACK) == (8, 1, 200)


@pytest.mark.parametrize(("end", "found"), FOUND.items())
def test_the_table_has_what_is_known_of_each_end(
    end: str, found: tuple[str, int, int, str]
) -> None:
    assert row(end).startswith(f"{end} {found[0]}")
    for cell in found:
        assert f" {cell}" in row(end)


@pytest.mark.parametrize(("end", "found"), FOUND.items())
def test_climbing_the_counter_gives_the_same(end: str, found: tuple[str, int, int, str]) -> None:
    event, number, last, after = found
    steps = climb(end, GETS, BITS, START)
    assert steps[number - 1].event == event
    assert {step.event for step in steps[: number - 1]} <= {OK}
    assert steps[-1].value == last
    left = climb_and_return(end, GIVEN_BACK, BITS, START)[-1]
    assert after == ("no program left" if left.event == ABORTED else str(left.value))


@pytest.mark.parametrize("end", ENDS)
def test_the_line_goes_where_the_counter_goes(end: str) -> None:
    drawn = [[y for _, y in points(line)] for line in panel(end).lines]
    assert [START, *(step.value for step in climb(end, GETS, BITS, START))] in drawn


@pytest.mark.parametrize("end", ENDS)
def test_a_cross_marks_the_first_get_that_is_not_ordinary(end: str) -> None:
    crosses = [points(line) for line in panel(end).lines if line.get_marker() == "X"]
    number = end_at(end, BITS, START)
    assert [x for cross in crosses for x, _ in cross] == ([] if number is None else [number])


@pytest.mark.parametrize(("end", "found"), FOUND.items())
def test_what_happens_and_where_stands_below_the_plot(
    end: str, found: tuple[str, int, int, str]
) -> None:
    label = panel(end).get_xlabel()
    assert found[0] in label
    assert str(found[1]) in label


def test_every_value_is_inside_the_axes() -> None:
    for axes in five_ends().figure.axes:
        low, high = axes.get_ylim()
        assert all(low < y < high for line in axes.lines for _, y in points(line))


@pytest.mark.parametrize(("end", "found"), FOUND.items())
def test_the_alt_text_tells_each_plot(end: str, found: tuple[str, int, int, str]) -> None:
    alt = five_ends().alt
    told = alt[alt.index(f"{end}:") :].split(";")[0]
    for part in found[:3]:
        assert str(part) in told


def test_only_the_exempt_counter_is_never_at_an_end() -> None:
    assert [end for end, found in FOUND.items() if found[0] == IGNORED] == ["exempt"]
