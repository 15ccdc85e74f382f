"""The game: a right answer follows from the clues that were bought, and a wrong one is told why."""

import re
from itertools import combinations

import pytest

from pinlab import lab
from pinlab.lab.clues import CLUES, answer, kernels
from pinlab.lab.identify import LETTERS, Game

SEEDS = range(50)


def told(game: Game, *ids: str) -> dict[str, list[str]]:
    """What the values of some clues say of each letter, by hand: only exact ones are looked at."""
    for id in ids:
        game.buy(id)
    left: dict[str, list[str]] = {}
    for letter in LETTERS:
        exact = [clue for clue in game.bought if not clue.margin]
        left[letter] = [
            name for name in kernels()
            if all(game.values(clue)[letter] == answer(clue, name) for clue in exact)
        ]  # fmt: skip
    return left


def solving(game: Game) -> tuple[str, ...]:
    """The first three exact clues that leave one kernel, or the two newest, for each letter."""
    exact = [clue.id for clue in game.shelf if not clue.margin]
    for ids in combinations(exact, 3):
        left = told(lab.identify(game.seed), *ids)
        if sum(map(len, left.values())) == 7:
            return ids
    raise AssertionError(game.shelf)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_buys_the_right_three_and_says_what_they_show_wins(seed: int) -> None:
    game = lab.identify(seed)
    left = told(game, *solving(game))
    reply = game.answer(**left)
    assert reply.right
    assert reply.text.startswith("All five, with 3 clues; the fewest are 3.")
    assert "without" not in reply.text.splitlines()[0]
    assert sorted(len(names) for names in left.values()) == [1, 1, 1, 2, 2]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_name_in_place_of_two_is_too_much(seed: int) -> None:
    game = lab.identify(seed)
    left = told(game, *solving(game))
    letter = next(letter for letter in LETTERS if len(left[letter]) == 2)
    reply = game.answer(**left | {letter: left[letter][:1]})
    assert reply.right is False
    assert f"- {letter}: your clues leave 7.3.4, too, and no clue here" in reply.text


@pytest.mark.parametrize("seed", range(10))
def test_two_clues_are_not_enough_whatever_is_said(seed: int) -> None:
    game = lab.identify(seed)
    final = told(lab.identify(seed), *solving(game))
    left = told(game, *solving(game)[:2])
    assert game.answer(**final).right is False
    reply = game.answer(**left)
    assert reply.right is False
    assert "that is all your clues tell; the shelf has a clue that tells more" in reply.text


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_bought_clue_contradicts_is_said_with_both_values(seed: int) -> None:
    game = lab.identify(seed)
    left = told(game, *solving(game))
    for letter in LETTERS:
        for name in set(kernels()) - set(left[letter]):
            text = game.answer(**left | {letter: name}).text
            found = re.search(
                rf"- {letter}: it is not {name}: you have ([\w-]+), which is (\S+) here and (\S+) "
                rf"on {name}\.", text,
            )  # fmt: skip
            assert found, text
            clue = game.clue(found[1])
            assert clue in game.bought
            assert found[2] == str(game.values(clue)[letter]) != found[3]
            assert found[3] == str(answer(clue, name))


def test_clues_that_were_not_needed_are_named() -> None:
    game = lab.identify(0)
    left = told(game, "write-zeros", "read-zeros", "write-letters", "fork-1022")
    reply = game.answer(**left)
    assert reply.right
    assert "with 4 clues; the fewest are 3. You could have done without write-zeros." in reply.text


def buying(*ids: str) -> tuple[Game, dict[str, list[str]]]:
    """Game 0 with some clues, and what is right in the end."""
    final = told(lab.identify(0), "read-zeros", "write-letters", "fork-1022")
    game = lab.identify(0)
    told(game, *ids)
    return game, final


def letter_of(final: dict[str, list[str]], name: str) -> str:
    return next(letter for letter in LETTERS if name in final[letter])


def test_zero_pins_taken_for_the_patch_are_recognised() -> None:
    game, final = buying("write-zeros")
    old = letter_of(final, "5.10.262")
    reply = game.answer(**final | {old: "6.1.192 with"})
    assert reply.misconception == "zero-means-patched"
    assert "your clues leave 5.10.262" in reply.text


@pytest.mark.parametrize("name", ["6.12.117", "7.3.4"])
def test_one_reading_taken_for_a_rule_is_recognised(name: str) -> None:
    game, final = buying("read-zeros", "write-letters", "fork-1022", "flight-2")
    reply = game.answer(**final | {letter_of(final, name): name})
    assert reply.misconception == "one-measurement-is-a-fact"


def test_without_that_reading_it_is_too_much_all_the_same() -> None:
    game, final = buying("read-zeros", "write-letters", "fork-1022")
    reply = game.answer(**final | {letter_of(final, "7.3.4"): "7.3.4"})
    assert (reply.right, reply.misconception) == (False, None)


def test_one_number_for_two_builds_is_recognised() -> None:
    game, final = buying("read-zeros", "write-letters", "fork-1022")
    both = {letter_of(final, name): "6.1.192" for name in ("6.1.192 with", "6.1.192 without")}
    assert game.answer(**final | both).misconception == "the-version-number-tells"


def test_one_number_for_two_builds_is_all_right_where_nothing_else_is_known() -> None:
    game, final = buying("write-letters", "fork-1022")
    both = {letter_of(final, name): "6.1.192" for name in ("6.1.192 with", "6.1.192 without")}
    reply = game.answer(**final | both)
    assert (reply.right, reply.misconception) == (False, None)
    assert "that is all your clues tell" in reply.text


def test_a_reason_is_told_once() -> None:
    game, final = buying("write-zeros", "flight-2")
    text = game.answer(**dict.fromkeys(final, "6.1.192 with")).text
    assert text.count("(mistaken: zero-means-patched)") == 1


def test_words_with_or_are_a_set() -> None:
    game, final = buying("read-zeros", "write-letters", "fork-1022")
    assert game.answer(**{letter: " or ".join(names) for letter, names in final.items()}).right


def test_a_clue_is_paid_for_once() -> None:
    game = lab.identify(0)
    assert game.buy("read-zeros") == game.buy("read-zeros")
    assert len(game.bought) == 1


def test_a_bought_clue_stands_in_the_table_and_in_the_words_and_not_on_the_shelf() -> None:
    game = lab.identify(0)
    game.buy("read-zeros")
    table = game.table()
    assert table.loc["read-zeros"].to_dict() == game.values(game.clue("read-zeros"))
    assert str(game).count("read-zeros") == 1 == game._repr_markdown_().count("read-zeros")
    assert "- write-zeros: one direct write" in game._repr_markdown_()


def test_what_was_not_bought_is_not_told() -> None:
    game = lab.identify(0)
    assert str(game).splitlines() == [
        "Game 0, 0 clues bought.", *(f"{clue.id}: {clue.words}" for clue in game.shelf),
    ]  # fmt: skip


def test_an_open_answer_is_answered_kindly() -> None:
    game = lab.identify(0)
    for nothing in ({}, dict.fromkeys(LETTERS)):
        reply = game.answer(**nothing)
        assert reply.right is None
        assert "name A, B, C, D, E, from 5.10.262, 6.1.192 without" in reply.text


@pytest.mark.parametrize(
    ("change", "words", "error"),
    [
        ({"B": None}, "no name for B", ValueError),
        ({"F": "7.3.4"}, "F is no letter: there are A, B, C, D, E", ValueError),
        ({"C": "6.5"}, "C is '6.5': there are 5.10.262, 6.1.192 without", ValueError),
        ({"C": set()}, "C has no name", ValueError),
        ({"C": 6.12}, "C is 6.12: it has to be a name", TypeError),
    ],
)
def test_what_is_no_answer_is_named(
    change: dict[str, object], words: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        lab.identify(0).answer(**dict.fromkeys(LETTERS, "7.3.4") | change)


def test_an_unknown_clue_is_named_with_the_shelf() -> None:
    with pytest.raises(ValueError, match=r"id is 'uname': there are .*read-zeros"):
        lab.identify(0).buy("uname")


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), ("1", TypeError), (1.5, TypeError)])
def test_a_seed_is_a_whole_number(seed: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="seed is "):
        lab.identify(seed)


def test_the_same_seed_is_the_same_game_and_others_are_others() -> None:
    first, second = lab.identify(3), lab.identify(3)
    assert first.shelf == second.shelf
    assert all(first.values(clue) == second.values(clue) for clue in CLUES)
    games = [lab.identify(seed) for seed in SEEDS]
    assert len({tuple(game.values(CLUES[0]).values()) for game in games}) > 5
    assert len({game.shelf for game in games}) > 20


def test_the_model_is_asked_for_nothing_and_by_name() -> None:
    game = lab.identify(0)
    reply = game.predict("read-zeros")
    assert reply.text.endswith(
        "5.10.262 64, 6.1.192 without 64, 6.1.192 with 0, 6.12.117 0, 7.3.4 0."
    )
    assert game.bought == []
    with pytest.raises(ValueError, match="id is 'uname'"):
        game.predict("uname")
