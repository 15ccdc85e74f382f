"""The board of the game: the clues of the shelf, open if they were bought, and their values."""

from __future__ import annotations

from html import escape

from pinlab.lab.clues import TRAP, Clue, fewest
from pinlab.lab.identify import LETTERS, Game, identify
from pinlab.lab.palette import ZERO_PAGE
from pinlab.lab.picture import Drawing
from pinlab.lab.svg import document, fitted, rect, text

MARGIN, NAME, WORDS, CELL, TALL, HEAD = 8, 118, 356, 62, 38, 34
LEFT = MARGIN + NAME + WORDS
WIDTH = LEFT + CELL * len(LETTERS) + MARGIN
CLOSED = "?"
"""Stands in the place of a value that nobody has bought."""


def draw_board(game: Game) -> Drawing:
    """Draw the clues of a game as rows and A to E as columns; what was not bought is closed."""
    heads = [_middle(n, HEAD - 10, letter) for n, letter in enumerate(LETTERS)]
    rows = [_row(HEAD + TALL * n, game, clue) for n, clue in enumerate(game.shelf)]
    drawn = "".join([text(MARGIN, HEAD - 10, "clue", size=13, weight="bold"), *heads, *rows])
    twin = "\n".join([game.spent, *map(game.sentence, game.bought)])
    svg = document(WIDTH, HEAD + TALL * len(game.shelf) + MARGIN, drawn, twin)
    return Drawing(svg, f"A board of clues, a column for each kernel. {twin}", twin, game.table())


def board_filmstrip(seed: int) -> Drawing:
    """Draw another game than that of the seed, after two clues: nothing of this one is told."""
    game = identify(seed + 1)
    for clue in (TRAP, fewest(game.shelf)[0]):
        game.buy(clue.id)
    return draw_board(game)


def board_table(game: Game) -> str:
    """Return the clues that were bought as an HTML table."""
    table = game.table().rename_axis(columns="clue")
    table.index = [f"<b>{escape(clue.id)}</b>: {escape(clue.words)}" for clue in game.bought]
    styled = table.style.set_caption(game.spent).format(escape="html")
    styled = styled.set_table_styles(
        [
            {"selector": "", "props": "border-collapse:collapse"},
            {"selector": "th,td", "props": "padding:3px 12px;text-align:center"},
            {"selector": "td", "props": "border:1px solid"},
            {
                "selector": ".row_heading",
                "props": "padding-left:0;text-align:left;font-weight:normal",
            },
        ]
    )
    return str(styled.to_html(table_uuid="board", cell_ids=False))


def _row(y: float, game: Game, clue: Clue) -> str:
    bought = clue in game.bought
    values = game.values(clue).values() if bought else [CLOSED] * len(LETTERS)
    fill = "white" if bought else ZERO_PAGE
    cells = [
        rect(LEFT + CELL * n, y, CELL, TALL, fill=fill, round=0) + _middle(n, y + 24, str(value))
        for n, value in enumerate(values)
    ]
    lines = fitted(clue.words, WORDS - 8, 11)
    first = y + 24 - 7 * (len(lines) - 1)
    words = [text(MARGIN + NAME, first + 14 * n, line, size=11) for n, line in enumerate(lines)]
    weight = "bold" if bought else "normal"
    return text(MARGIN, y + 24, clue.id, size=12, weight=weight) + "".join([*words, *cells])


def _middle(column: int, y: float, words: str) -> str:
    middle = LEFT + CELL * column + CELL / 2
    return text(middle, y, words, size=12, weight="bold", anchor="middle")
