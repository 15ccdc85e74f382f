"""The heat map of sentences by wrong kernels."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from pinlab import lab, words
from pinlab.lab.figures.adequacy import WORDED, adequacy_filmstrip
from pinlab.lab.picture import Drawing
from pinlab.lab.svg import measured
from pinlab.words import WRONG_KERNELS

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}text"))


def cells(svg: str) -> list[ET.Element]:
    return [one for one in ET.fromstring(svg).iter(f"{SVG}rect") if one.get("class") == "cell"]


def test_the_table_is_adequacy_in_words() -> None:
    table, expected = lab.draw_adequacy().table, words.adequacy()
    assert table is not None
    assert table.columns.tolist() == ["Linux 6.5", *WRONG_KERNELS]
    rows = table[list(WRONG_KERNELS)].to_numpy().tolist()
    assert [[word == "slips" for word in row] for row in rows] == expected.to_numpy().tolist()
    assert table.index.tolist() == expected.index.tolist()
    false = [name for name in words.SENTENCES if words.judge(name).answer == words.FALSE]
    assert table.index[table["Linux 6.5"] == "false"].tolist() == false


def test_the_cells_are_drawn_in_the_order_of_the_table_with_words_and_lines() -> None:
    drawing = lab.draw_adequacy()
    assert drawing.table is not None
    told = [str(v) for row in drawing.table.to_numpy() for v in row]
    drawn = [
        one.text for one in texts(drawing.svg) if one.text in {"slips", "caught", "true", "false"}
    ]
    assert drawn == told
    fills = [cell.get("fill") for cell in cells(drawing.svg)]
    assert fills == ["url(#some)" if word in ("slips", "false") else "white" for word in told]


def test_the_twin_has_a_sentence_for_each_row() -> None:
    drawing = lab.draw_adequacy()
    told = dict(line.split(": ", 1) for line in drawing.twin.splitlines())
    assert list(told) == list(words.SENTENCES)
    for name, line in told.items():
        for kernel in WRONG_KERNELS:
            assert (kernel in line) == words.adequacy().loc[name, kernel]
    assert str(ET.fromstring(drawing.svg).get("aria-label")).split() == drawing.twin.split()
    assert drawing.twin in drawing.alt


@pytest.mark.parametrize("make", [lab.draw_adequacy, adequacy_filmstrip])
def test_nothing_is_cut_off_and_no_word_is_wider_than_its_cell(
    make: Callable[[], Drawing],
) -> None:
    svg = make().svg
    root, boxes = ET.fromstring(svg), cells(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width <= 820
    left, wide = float(boxes[0].attrib["x"]), float(boxes[0].attrib["width"])
    assert max(float(b.attrib["x"]) for b in boxes) + wide <= width
    assert max(float(b.attrib["y"]) + float(b.attrib["height"]) for b in boxes) <= height
    for one in texts(svg):
        size = measured(str(one.text), int(one.attrib["font-size"]))
        if one.get("text-anchor") == "start":
            assert float(one.attrib["x"]) + size <= left
        else:
            assert size < wide


def test_sentences_of_ones_own_have_the_names_of_a_mapping() -> None:
    table = lab.draw_adequacy({"mine": words.shortest()}).table
    assert table is not None
    assert table.index.tolist() == ["mine"]
    assert table.to_numpy().tolist() == [["true", *["caught"] * len(WRONG_KERNELS)]]
    with pytest.raises(ValueError, match="sentence is 'rst'"):
        lab.draw_adequacy(["rst"])


def test_the_filmstrip_gives_no_adequate_sentence_away() -> None:
    assert all(words.judge(each).answer != words.TRUE for each in WORDED.values())
    assert {words.judge(each).answer for each in WORDED.values()} == {
        words.FALSE,
        words.BY_ACCIDENT,
    }
