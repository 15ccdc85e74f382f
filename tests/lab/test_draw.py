"""Draws: a seed fixes every choice, in every Python version."""

from itertools import permutations

import pytest

from pinlab.lab.draw import Draw


def test_these_are_the_choices_of_one_seed_for_ever() -> None:
    draw = Draw("example", 3)
    assert [draw.one("abcdef") for _ in range(8)] == list("efdccefc")
    assert draw.shuffled((1, 2, 4, 8, 16)) == [1, 4, 8, 16, 2]


@pytest.mark.parametrize(("id", "seed"), [("example", 4), ("another", 3)])
def test_another_seed_or_exercise_chooses_otherwise(id: str, seed: int) -> None:
    first, second = Draw("example", 3), Draw(id, seed)
    assert [first.one(range(1000)) for _ in range(4)] != [second.one(range(1000)) for _ in range(4)]


def test_every_thing_is_chosen_sooner_or_later() -> None:
    draw = Draw("example", 0)
    assert {draw.one("abc") for _ in range(100)} == set("abc")


@pytest.mark.parametrize("things", [range(3, 100, 7), range(9, -9, -2), range(1)])
def test_a_range_is_drawn_from_as_a_list_of_its_numbers(things: range) -> None:
    first, second = Draw("example", 3), Draw("example", 3)
    assert [first.one(things) for _ in range(50)] == [second.one([*things]) for _ in range(50)]


def test_a_range_may_have_more_numbers_than_a_length_on_any_machine() -> None:
    draw, whole = Draw("example", 3), range(-(2**70), 2**70)
    with pytest.raises(OverflowError):
        len(whole)
    drawn = [draw.one(whole) for _ in range(20)]
    assert min(drawn) < -(2**65)
    assert max(drawn) > 2**65


def test_shuffling_gives_every_order_and_leaves_the_things_alone() -> None:
    things = [3, 1, 2]
    orders = {tuple(Draw("example", seed).shuffled(things)) for seed in range(50)}
    assert orders == set(permutations(things))
    assert things == [3, 1, 2]
