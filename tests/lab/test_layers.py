"""Layers: every line leads down, few of them cross, and neighbours do not touch."""

from itertools import permutations, product

import pytest

from pinlab.lab.layers import crossings, ordered, placed, ranks, spread

PAIRS = [(1, 2), (2, 3), (1, 3), (4, 3), (3, 5), (6, 5), (1, 7)]


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_every_line_leads_down_and_no_row_is_too_full_or_empty(most: int) -> None:
    found = ranks(PAIRS, most)
    assert all(found[above] < found[below] for above, below in PAIRS)
    rows = [list(found.values()).count(row) for row in range(max(found.values()) + 1)]
    assert set(found) == set(range(1, 8))
    assert 1 <= min(rows) <= max(rows) <= most


def test_what_nothing_leads_to_stands_right_above_its_target() -> None:
    found = ranks(PAIRS, 9)
    assert (found[4], found[6]) == (found[3] - 1, found[5] - 1)


@pytest.mark.parametrize("pairs", [[(1, 2), (2, 1)], [(1, 1)], [(0, 1), (1, 2), (2, 3), (3, 1)]])
def test_a_circle_is_refused(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"in a circle, or below one: .*1"):
        ranks(pairs, 5)


def crossing(upper: str, lower: str, joined: list[str]) -> int:
    """The pairs of lines between two rows that cross, found by their ends."""
    lines = [(upper.index(line[0]), lower.index(line[1])) for line in joined]
    return sum(a < c and b > d for (a, b), (c, d) in product(lines, repeat=2))


@pytest.mark.parametrize("joined", [["ax", "by", "cz"], ["az", "by", "cx", "cz"], ["ay", "bx"]])
@pytest.mark.parametrize("lower", ["".join(row) for row in permutations("xyz")])
def test_lines_that_cross_are_found_and_avoided(lower: str, joined: list[str]) -> None:
    rows, pairs = ["abc", lower], [(line[0], line[1]) for line in joined]
    assert crossings(rows, pairs) == crossing("abc", lower, joined)
    ways = product(permutations("abc"), permutations("xyz"))
    best = min(crossing("".join(a), "".join(b), joined) for a, b in ways)
    found = ordered(rows, pairs)
    assert best <= crossings(found, pairs) <= min(1, crossings(rows, pairs))
    assert [sorted(row) for row in found] == [["a", "b", "c"], ["x", "y", "z"]]


def test_neighbours_keep_apart_and_stay_in_the_room() -> None:
    rows, joined = [["a", "b", "c"], ["d"]], [("a", "d"), ("b", "d"), ("c", "d")]
    widths = {"a": 30.0, "b": 20.0, "c": 40.0, "d": 10.0}
    middles = placed(rows, joined, widths, apart=5, room=100)
    lefts = [middles[each] - widths[each] / 2 for each in "abc"]
    rights = [middles[each] + widths[each] / 2 for each in "abc"]
    assert min(lefts) >= 0
    assert max(rights) <= 100
    assert all(right + 5 <= left + 1e-9 for left, right in zip(lefts[1:], rights, strict=False))


def test_neighbours_that_want_one_place_share_it_and_others_have_what_they_want() -> None:
    assert spread([10, 50], [20, 20], 14) == [10, 50]
    assert spread([60, 60], [20, 20], 14) == [43, 77]
    assert spread([5, 5], [20, 20], 14) == [10, 44]
    assert spread([], [], 14) == []


def test_with_room_enough_a_thing_stands_in_the_middle_of_what_it_is_joined_to() -> None:
    rows, joined = [["a", "b"], ["c"]], [("a", "c"), ("b", "c")]
    middles = placed(rows, joined, dict.fromkeys("abc", 10.0), apart=20, room=200)
    assert middles["b"] - middles["a"] == pytest.approx(30)
    assert middles["c"] == pytest.approx((middles["a"] + middles["b"]) / 2, abs=0.5)


def test_a_row_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="a row needs 25 pixels of 24"):
        placed([["a", "b"]], [], {"a": 10.0, "b": 10.0}, apart=5, room=24)
