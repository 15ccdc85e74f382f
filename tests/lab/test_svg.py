"""SVG: lines of text are as wide as they are measured, and break where they have to."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.textpath import TextPath

from pinlab.lab.svg import (
    BOX,
    LARGE,
    Piece,
    _widths,
    document,
    edge,
    fitted,
    label,
    measured,
    rect,
    stacked,
    text,
)
from tests.lab_server import ROOT

LINES = [
    "refcount -2147483647",
    "device, for DIO 1 of parent",
    "WWWW",
    "iiii",
    "63 pages: not counted",
]


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_about_as_wide_as_its_outline(line: str, bold: bool) -> None:
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    outline = TextPath((0, 0), line, size=12, prop=font).get_extents()
    assert measured(line, 12, bold=bold) == pytest.approx(outline.width, abs=3)


def test_each_letter_is_as_wide_as_in_the_font() -> None:
    widths = _widths()
    for column, name in enumerate(("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")):
        font = FT2Font(str(Path(get_data_path(), "fonts", "ttf", name)))
        font.set_size(LARGE, 72)
        for letter, width in widths.items():
            glyph = font.load_glyph(font.get_char_index(ord(letter)))
            assert width[column] == pytest.approx(glyph.linearHoriAdvance / 2**16, abs=0.001)
    assert measured("\U0001f4cc", LARGE) == pytest.approx(BOX)


def test_every_letter_of_the_lessons_is_known() -> None:
    files = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("data/**/*.md"), *ROOT.glob("data/*.csv")]
    written = {letter for file in files for letter in file.read_text("utf-8")}
    assert written - {*_widths(), "\n", "\t"} == set()


def test_lines_are_as_wide_as_allowed_and_no_word_is_lost() -> None:
    words = "writes memory (from disk), for DIO 1 of parent"
    for width in range(100, 300, 20):
        lines = fitted(words, width, 12)
        assert " ".join(lines) == words
        assert all(measured(line, 12) <= width for line in lines)
        for line, following in pairwise(lines):
            assert measured(f"{line} {following.split()[0]}", 12) > width

    # A word that is too long has a line of its own.
    assert fitted("a refcount", 10, 12) == ["a", "refcount"]
    assert fitted("", 10, 12) == []


def test_pieces_stand_one_below_the_other_with_room_below_each() -> None:
    made = stacked([Piece("<a/>", 10), Piece("<b/>", 5)], 2)
    places = ["translate(0 0)", "translate(0 12)"]
    assert re.findall(r"transform=\"(.*?)\"", made.svg) == places
    assert (made.height, made.svg.index("<a/>") < made.svg.index("<b/>")) == (19, True)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ('a < "b" & c', 'a < "b" & c'),
        ("a\x1b\ud800\ufffe\x00b\tc", "a\ufffd\ufffd\ufffd\ufffdb\tc"),
    ],
)
def test_words_are_escaped_and_letters_that_xml_cannot_have_replaced(
    words: str, shown: str
) -> None:
    root = ET.fromstring(document(10, 10, text(1, 2, words, size=12), words).encode())
    assert str(root.get("aria-label")).split() == shown.split()
    assert [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")] == [shown]


def test_a_box_has_its_edge_and_fill() -> None:
    one = ET.fromstring(rect(1, 2, 3, 4, fill="red", edge=edge(3, "blue", dashed=True), round=5))
    assert one.attrib == {
        "x": "1", "y": "2", "width": "3", "height": "4", "rx": "5", "fill": "red",
        "stroke": "blue", "stroke-width": "3", "stroke-dasharray": "4 3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "drawn"),
    [
        ("$x$", "$x$"),
        (r"\frac{$ \$", r"\frac{$ \$"),
        ("a\x07\ud800b", "a\ufffd\ufffdb"),
        ("x" * 500, "\n".join(["x" * 34] * 5 + ["..."])),
    ],
)
def test_a_label_is_drawn_letter_by_letter_in_a_few_lines(words: str, drawn: str) -> None:
    title: Any = Text()
    shown, mathematics = title._preprocess_math(label(words))
    assert (shown, mathematics) == (drawn, False)
