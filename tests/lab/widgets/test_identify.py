"""The game with buttons: it does what the game in code does, and says it."""

from html import unescape

import pytest

from pinlab import lab
from pinlab.lab.clues import kernels
from pinlab.lab.figures.board import board_filmstrip
from pinlab.lab.identify import LETTERS, identify
from pinlab.lab.widgets.identify import BEGIN, Board
from tests.lab.front_end import FrontEnd

RIGHT = ("read-zeros", "write-letters", "fork-1022")


def said(board: Board) -> str:
    words = board.html.removeprefix('<p role="status">').removesuffix("</p>")
    return unescape(words.replace("<br>", "\n"))


def buy(board: Board, *ids: str) -> None:
    for id in ids:
        board.menu.value = id
        board.buy.click()


def leave(board: Board, letter: str, *names: str) -> None:
    for tick in board.ticks[letter]:
        tick.value = tick.description in names


def test_it_begins_with_everything_possible_and_nothing_bought() -> None:
    board = Board(identify(0))
    assert said(board) == BEGIN
    assert all(tick.value for ticks in board.ticks.values() for tick in ticks)
    assert [tick.description for tick in board.ticks["A"]] == list(kernels())
    assert "<td" not in board.bought


def test_a_clue_is_announced_and_stands_in_the_table() -> None:
    board = Board(identify(0))
    buy(board, "read-zeros")
    assert said(board) == str(lab.identify(0).buy("read-zeros"))
    assert board.bought.count("<td") == 5


def test_what_is_ticked_is_judged_as_in_code() -> None:
    board, game = Board(identify(0)), lab.identify(0)
    buy(board, *RIGHT)
    for id in RIGHT:
        game.buy(id)
    board.check.click()
    everything = frozenset(kernels())
    assert said(board) == str(game.answer(**dict.fromkeys(LETTERS, everything)))
    assert said(board).startswith("Not yet.")


def test_the_game_can_be_won() -> None:
    board, game = Board(identify(0)), lab.identify(0)
    buy(board, *RIGHT)
    clues = [game.clue(id) for id in RIGHT]
    rows = {letter: tuple(game.values(clue)[letter] for clue in clues) for letter in LETTERS}
    of = {
        (64, 0, 0): ["5.10.262"], (64, 0, 1): ["6.1.192 without"], (0, 0, 1): ["6.1.192 with"],
        (0, 64, 1): ["6.12.117", "7.3.4"],
    }  # fmt: skip
    for letter in LETTERS:
        leave(board, letter, *of[rows[letter]])  # type: ignore[index]
    board.check.click()
    assert said(board).startswith("Right. All five, with 3 clues; the fewest are 3.")


def test_a_letter_without_a_tick_is_named() -> None:
    board = Board(identify(0))
    leave(board, "C")
    board.check.click()
    assert said(board) == "C has no tick left, and it is one of the five."


def test_two_boards_share_nothing() -> None:
    first, second = Board(identify(0)), Board(identify(0))
    buy(first, "read-zeros")
    assert said(second) == BEGIN
    assert "<td" not in second.bought


def test_every_control_has_words_and_takes_the_keyboard() -> None:
    board = Board(identify(0))
    assert board.menu.description
    assert board.buy.description
    assert board.check.description
    tooltips = {tick.tooltip for ticks in board.ticks.values() for tick in ticks}
    assert len(tooltips) == 25
    assert not board.buy.disabled


def test_what_is_stored_is_another_game(monkeypatch: pytest.MonkeyPatch) -> None:
    front_end = FrontEnd(monkeypatch)
    exhibit = lab.who_is_who(0)
    exhibit._ipython_display_()
    assert front_end.widgets() == front_end.pictures() == [0]
    words = " ".join(front_end.words().split())
    assert "Another game, after two clues: Game 1, 2 clues bought." in words
    assert "Game 0" not in words
    assert str(exhibit) == str(board_filmstrip(0))


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), ("1", TypeError)])
def test_a_seed_is_a_whole_number(seed: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="seed is "):
        lab.who_is_who(seed)


def test_the_model_is_asked_before_a_clue_is_bought() -> None:
    board = Board(identify(0))
    board.menu.value = "read-zeros"
    board.ask.click()
    assert said(board) == str(lab.identify(0).predict("read-zeros"))
    assert "<td" not in board.bought
