"""The board: bought clues are open and the others closed, as a drawing and as a table."""

import re
import xml.etree.ElementTree as ET

import pytest

from pinlab import lab
from pinlab.lab.figures.board import CLOSED, WORDS, board_filmstrip, board_table, draw_board
from pinlab.lab.svg import measured

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    return [str(one.text) for one in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("bought", [(), ("read-zeros",), ("read-zeros", "write-zeros")])
def test_five_values_for_each_clue_that_was_bought_and_five_marks_for_the_others(
    bought: tuple[str, ...],
) -> None:
    game = lab.identify(0)
    for id in bought:
        game.buy(id)
    shown = words(draw_board(game).svg)
    assert shown.count(CLOSED) == 5 * (len(game.shelf) - len(bought))
    for clue in game.bought:
        values = [str(value) for value in game.values(clue).values()]
        assert any(shown[n : n + 5] == values for n in range(len(shown)))


def test_the_drawing_says_what_was_bought_and_nothing_else() -> None:
    game = lab.identify(0)
    game.buy("read-zeros")
    drawing = draw_board(game)
    assert drawing.twin.splitlines() == [
        "Game 0, 1 clue bought.", game.sentence(game.clue("read-zeros")),
    ]  # fmt: skip
    assert drawing.twin in drawing.alt
    assert drawing.table is not None
    assert drawing.table.index.tolist() == ["read-zeros"]


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_cut_off_or_wider_than_its_place(seed: int) -> None:
    svg = ET.fromstring(board_filmstrip(seed).svg)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    assert width <= 800
    for box in svg.iter(f"{SVG}rect"):
        assert float(box.get("x", 0)) + float(box.attrib["width"]) <= width
        assert float(box.get("y", 0)) + float(box.attrib["height"]) <= height
    for one in svg.iter(f"{SVG}text"):
        wide = measured(str(one.text), int(one.attrib["font-size"]))
        assert wide < (60 if one.get("text-anchor") == "middle" else WORDS)


def test_the_filmstrip_is_of_another_game() -> None:
    assert board_filmstrip(0).twin.startswith("Game 1, 2 clues bought.\n")


def test_the_table_has_heads_and_a_row_for_each_clue_that_was_bought() -> None:
    game = lab.identify(0)
    game.buy("read-zeros")
    table = board_table(game)
    (head,) = re.findall(r"<thead>.*</thead>", table, re.DOTALL)
    assert re.findall(r">(\w+)</th>", head) == ["clue", *"ABCDE"]
    clue = game.clue("read-zeros")
    assert re.findall(r">(<b>.*)</th>", table) == [f"<b>{clue.id}</b>: {clue.words}"]
    values = [str(value) for value in game.values(game.clue("read-zeros")).values()]
    assert re.findall(r"<td[^>]*>(\w+)</td>", table) == values
    assert "<caption>Game 0, 1 clue bought.</caption>" in table
