"""The game with buttons: clues to buy, a tick for each name that a kernel can still have."""

from __future__ import annotations

import ipywidgets

from pinlab.lab.clues import kernels
from pinlab.lab.figures.board import board_filmstrip, board_table
from pinlab.lab.identify import LETTERS, Game, identify
from pinlab.lab.widgets.controls import STYLE
from pinlab.lab.widgets.exhibit import Exhibit, status

CSS_CLASS = "pinlab-game"
WRAP = ipywidgets.Layout(flex_flow="row wrap")
BEGIN = "Five kernels, A to E. Buy a clue, then take away the ticks that it excludes."


def who_is_who(seed: int = 0) -> Exhibit:
    """Return the game `identify` with buttons: buy clues, untick names, check.

    It is a game of its own: what is bought here is not bought in another. Raises TypeError or
    ValueError for what is no seed.
    """
    board = Board(identify(seed))
    return Exhibit(board.widget, board_filmstrip(seed), "Another game, after two clues:")


class Board:
    """The controls of one game, the sentence that is announced, and the clues that were bought."""

    def __init__(self, game: Game) -> None:
        self._game = game
        offers = [(f"{clue.id}: {clue.words}", clue.id) for clue in game.shelf]
        self.menu = ipywidgets.Dropdown(
            options=offers, description="clue", style=STYLE,
            layout=ipywidgets.Layout(width="44em", max_width="100%"),
        )  # fmt: skip
        self.ask = ipywidgets.Button(description="Ask the model")
        self.buy = ipywidgets.Button(description="Buy this clue")
        self.ticks = {letter: [_tick(letter, name) for name in kernels()] for letter in LETTERS}
        self.check = ipywidgets.Button(description="Check the ticks")
        self._words, self._bought = ipywidgets.HTML(), ipywidgets.HTML()
        self.ask.on_click(self._ask)
        self.buy.on_click(self._buy)
        self.check.on_click(self._check)
        rows = [
            ipywidgets.HBox([ipywidgets.Label(f"{letter} can be"), *ticks], layout=WRAP)
            for letter, ticks in self.ticks.items()
        ]
        shop = ipywidgets.HBox([self.menu, self.ask, self.buy], layout=WRAP)
        self.widget = ipywidgets.VBox([shop, self._bought, *rows, self.check, self._words])
        self.widget.add_class(CSS_CLASS)
        self._show(BEGIN)

    @property
    def html(self) -> str:
        """The sentence that is announced, with its markup."""
        return str(self._words.value)

    @property
    def bought(self) -> str:
        """The table of the clues that were bought."""
        return str(self._bought.value)

    def _show(self, sentence: str) -> None:
        self._bought.value = board_table(self._game)
        self._words.value = status(sentence)

    def _ask(self, _: object) -> None:
        self._show(str(self._game.predict(self.menu.value)))

    def _buy(self, _: object) -> None:
        self._show(str(self._game.buy(self.menu.value)))

    def _check(self, _: object) -> None:
        names = {
            letter: [tick.description for tick in ticks if tick.value]
            for letter, ticks in self.ticks.items()
        }
        if empty := [letter for letter, left in names.items() if not left]:
            self._show(f"{empty[0]} has no tick left, and it is one of the five.")
        else:
            self._show(str(self._game.answer(**names)))


def _tick(letter: str, name: str) -> ipywidgets.Checkbox:
    return ipywidgets.Checkbox(
        True, description=name, tooltip=f"{letter} can be {name}", indent=False, style=STYLE,
        layout=ipywidgets.Layout(width="10em"),
    )  # fmt: skip
