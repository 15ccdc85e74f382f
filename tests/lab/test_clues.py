"""Clues: their values are those of the recordings, and what they tell apart is told by eye."""

import csv
from itertools import combinations

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.clues import (
    BY_ID,
    CLUES,
    Clue,
    answer,
    fewest,
    kernels,
    pairs,
    possible,
    predicted,
    shelf,
    told_apart,
)
from pinlab.lab.draw import Draw
from pinlab.lab.svg import measured

SEEDS = range(50)
GROUPS = {
    "hold-zeros": "aabbb", "read-zeros": "aabbb", "write-letters": "aaabb",
    "read-from-disk": "aaabb", "flight-letters": "aaabb", "flight-zeros": "aaabb",
    "huge-buffer": "aaabb", "lost-byte": "aaabb", "moved-away": "aaabb", "fork-1022": "abbbb",
    "smaps-1022": "abbbb", "flight-1": "aaabb", "flight-2": "aaabb",
    "flight-3": "aaabb", "flight-ring": "aaaaa", "write-zeros": "aaaaa",
    "read-letters": "aaaaa", "read-huge-zeros": "aaaaa", "fork-1023": "aaaaa",
    "fork-2000": "aaaaa", "splice-zeros": "aaaaa", "ring-page": "aaaaa", "ring-zeros": "aaaaa",
}  # fmt: skip
"""What each clue says about the five kernels, oldest first: the same letter, the same rule."""


def rows() -> list[dict[str, str]]:
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RECORDED = {tuple(row.values())[:5]: row["value"] for row in rows()}
SHELVES = [shelf(Draw("identify", seed)) for seed in SEEDS]


def test_the_five_kernels_are_those_of_the_file() -> None:
    assert list(kernels().values()) == list(
        dict.fromkeys((r["kernel"], r["build"]) for r in rows())
    )
    assert len(kernels()) == 5


@pytest.mark.parametrize("clue", CLUES, ids=lambda clue: str(clue.id))
def test_a_value_is_a_row_of_the_file(clue: Clue) -> None:
    for name, one in kernels().items():
        assert str(answer(clue, name)) == RECORDED[(*one, *clue[2:])]


@pytest.mark.parametrize("clue", CLUES, ids=lambda clue: str(clue.id))
def test_a_clue_tells_apart_what_follows_another_rule(clue: Clue) -> None:
    group = dict(zip(kernels(), GROUPS[clue.id], strict=True))
    expected = {
        frozenset(two) for two in combinations(group, 2) if len({group[k] for k in two}) > 1
    }
    assert pairs(clue) == expected


def test_only_readings_in_flight_are_noisy_and_each_differs_by_one_at_most() -> None:
    noisy = [clue for clue in CLUES if clue.margin]
    assert {clue.quantity for clue in noisy} == {"ref_inflight"}
    for clue in noisy:
        for one, other in combinations(kernels(), 2):
            first, second = answer(clue, one), answer(clue, other)
            assert isinstance(first, int)
            assert isinstance(second, int)
            assert abs(first - second) <= 1 or abs(first - second) > 1000


def test_a_repeat_gives_the_noise_away() -> None:
    """On each kernel the reference of the batch is there in one case and not in another."""
    seen = {name: answer(BY_ID["flight-2"], name) for name in kernels()}
    again = {name: answer(BY_ID["flight-3"], name) for name in kernels()}
    assert seen["6.12.117"] != seen["7.3.4"]
    assert again["6.12.117"] == again["7.3.4"]


def test_no_exact_row_of_the_file_tells_the_two_newest_apart() -> None:
    def of(name: str) -> dict[tuple[str, ...], str]:
        return {k[2:]: v for k, v in RECORDED.items() if (k[0], k[1]) == kernels()[name]}

    old, new = of("6.12.117"), of("7.3.4")
    differ = {case for case in old.keys() & new.keys() if old[case] != new[case]}
    assert {quantity for *_, quantity in differ} == {"ref_inflight"}
    assert possible(CLUES, "7.3.4") == {"6.12.117", "7.3.4"}


def test_the_fewest_are_three_on_every_shelf_and_no_two_will_do() -> None:
    for clues in SHELVES:
        full = told_apart(clues)
        assert full == told_apart(CLUES)
        assert len(fewest(clues)) == 3
        assert all(told_apart(two) != full for two in combinations(clues, 2))


def test_a_shelf_has_every_kind_and_no_clue_twice() -> None:
    for clues in SHELVES:
        assert len(set(clues)) == len(clues) <= 12
        assert {GROUPS[clue.id] for clue in clues if not clue.margin} == set(GROUPS.values())
        assert any(clue.margin for clue in clues)
        assert BY_ID["write-zeros"] in clues


def test_games_have_different_shelves() -> None:
    assert len({frozenset(clues) for clues in SHELVES}) > 20


def test_ids_are_unique_and_words_are_short() -> None:
    assert len(BY_ID) == len(CLUES)
    assert all(measured(clue.words, 11) < 2 * 340 for clue in CLUES)


def test_the_model_predicts_each_exact_clue() -> None:
    exact = [clue for clue in CLUES if not clue.margin]
    assert not {c.id for c in exact for name in kernels() if predicted(c, name) != answer(c, name)}
    assert len(exact) > len(CLUES) / 2


def test_what_the_model_predicts_of_a_noisy_clue_lies_within_the_margin_and_never_above() -> None:
    for clue in (clue for clue in CLUES if clue.margin):
        for name in kernels():
            seen, expected = answer(clue, name), predicted(clue, name)
            assert isinstance(seen, int)
            assert isinstance(expected, int)
            assert 0 <= seen - expected <= clue.margin
