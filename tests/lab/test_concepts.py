"""The concept map: true to its two files, legible, and with links that lead somewhere."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import NamedTuple

import pytest

from pinlab import lab
from pinlab.lab import svg
from pinlab.lab.concepts import BOX, LINE, TAG, TERM, WIDTH, WORDS, Arrow, arrows, draw, lessons
from pinlab.lab.palette import ZERO_PAGE
from tests.notebooks.glossary import terms
from tests.notebooks.lesson import FOLDER
from tests.notebooks.shape import dead_links

SVG = "{http://www.w3.org/2000/svg}"
ROWS = {row.term: row for row in terms()}
PARTS: dict[str, list[Arrow]] = {}
for arrow in arrows():
    PARTS.setdefault(max(ROWS[arrow.source].lesson, ROWS[arrow.target].lesson)[:2], []).append(
        arrow
    )
EVERY_PART = pytest.mark.parametrize("part", sorted(PARTS))


class Area(NamedTuple):
    """What a box or a line of words covers."""

    words: str
    left: float
    top: float
    right: float
    bottom: float


class Drawn:
    """A part of the map, read from its SVG: boxes by number and term, the lines of words, paths."""

    def __init__(self, part: str) -> None:
        root = ET.fromstring(lab.concept_map(part).svg)
        self.height = float(root.attrib["height"])
        texts = [(str(t.text), float(t.attrib["x"]), float(t.attrib["y"]), t.get("text-anchor"))
                 for t in root.iter(f"{SVG}text")]  # fmt: skip
        self.boxes, filled = [], []
        for rect in root.findall(f"{SVG}g/{SVG}rect"):
            x, y, width, height = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
            if rect.get("fill") == ZERO_PAGE:
                filled.append((x, y))
            else:
                inside = [t[0] for t in texts if x <= t[1] <= x + width and y <= t[2] < y + BOX]
                self.boxes.append(Area(" ".join(inside), x, y, x + width, y + height))
        self.filled = [box.words for box in self.boxes if (box.left, box.top) in filled]
        self.words = [
            Area(told, x - half, y + 3 - LINE, x + half, y + 3)
            for told, x, y, anchor in texts
            if anchor == "middle" and not re.fullmatch(r"\d\d", told)
            for half in [svg.measured(told, WORDS) / 2]
        ]
        self.paths = [d for p in root.findall(f"{SVG}g/{SVG}path") if "C" in (d := p.attrib["d"])]


def ends(part: str) -> set[str]:
    return {term for arrow in PARTS[part] for term in (arrow.source, arrow.target)}


def test_every_concept_is_a_term_of_the_glossary_and_every_arrow_stands_once() -> None:
    assert lessons() == {row.term: row.lesson for row in terms()}
    assert set().union(*map(ends, PARTS)) <= set(ROWS)
    assert all(row.words and row.words == row.words.strip() for row in arrows())
    assert len({(row.source, row.target) for row in arrows()}) == len(arrows())


def test_no_concept_is_apart_from_the_others() -> None:
    groups = [{row.source, row.target} for row in arrows()]
    reached = groups.pop(0)
    while joined := [group for group in groups if group & reached]:
        groups = [group for group in groups if group not in joined]
        reached |= set().union(*joined)
    assert groups == []


@EVERY_PART
def test_a_part_has_its_terms_each_with_the_number_of_its_lesson_and_all_words(part: str) -> None:
    drawn = Drawn(part)
    boxes = {f"{ROWS[term].lesson[:2]} {term}" for term in ends(part)}
    assert sorted(box.words for box in drawn.boxes) == sorted(boxes)
    assert sorted(drawn.filled) == sorted(box for box in boxes if box.startswith(part))
    told = " ".join(area.words for area in drawn.words).split()
    assert sorted(told) == sorted(" ".join(row.words for row in PARTS[part]).split())
    for box in drawn.boxes:
        assert svg.measured(box.words[3:], TERM, bold=True) < box.right - box.left - TAG


@EVERY_PART
def test_nothing_lies_on_anything_else_or_outside(part: str) -> None:
    drawn = Drawn(part)
    areas = drawn.boxes + drawn.words
    for one, other in combinations(areas, 2):
        beside = one.right <= other.left or other.right <= one.left
        assert beside or one.bottom <= other.top or other.bottom <= one.top, (one, other)
    for area in areas:
        assert 0 <= area.left < area.right <= WIDTH
        assert 0 <= area.top < area.bottom <= drawn.height


@EVERY_PART
def test_lines_go_down_past_boxes_and_words_and_each_arrow_ends_at_a_term(part: str) -> None:
    drawn = Drawn(part)
    for path in drawn.paths:
        x, y0, y1, *_, to_x, to_y, y2 = map(float, re.findall(r"-?[\d.]+", path))
        assert y0 <= y1 < to_y <= y2, path
        for at, top, bottom in ((x, y0, y1), (to_x, to_y, y2)):
            on = [a.words for a in drawn.boxes + drawn.words if a.left < at < a.right
                  and top < a.bottom - 0.1 and bottom > a.top + 0.1]  # fmt: skip
            assert on == [], path
    heads = re.findall(r'V([\d.]+)" [^>]* marker-end', lab.concept_map(part).svg)
    assert len(heads) == len(PARTS[part])
    assert set(heads) <= {f"{box.top:.1f}" for box in drawn.boxes}


def test_the_whole_is_its_parts_in_the_order_of_the_lessons() -> None:
    whole = lab.concept_map().svg
    parts = [re.findall(r"<g .*</g>", lab.concept_map(part).svg)[0] for part in sorted(PARTS)]
    drawn = [re.sub(r"^<g [^>]*>", "", part) for part in parts]
    assert [whole.count(part) for part in drawn] == [1] * len(PARTS)
    assert sorted(drawn, key=whole.index) == drawn
    tops = [float(top) for top in re.findall(r"translate\(0 ([\d.]+)\)", whole)]
    assert tops == sorted(tops)


@pytest.mark.parametrize("part", ["", *sorted(PARTS)])
def test_the_twin_leads_from_each_term_to_the_glossary_and_its_lesson(part: str) -> None:
    picture = lab.concept_map(part)
    rows = PARTS[part] if part else arrows()
    here = {term for row in rows for term in (row.source, row.target)}
    lines = picture.twin.split("\n")
    assert len(lines) == len(here)
    for term in here:
        (line,) = (line for line in lines if line.startswith(f"- [{term}]("))
        assert f"]({ROWS[term].link(FOLDER / '00_start_here.ipynb')})" in line
        assert f"]({ROWS[term].lesson}.ipynb)" in line
        assert all(f"{a.words} {a.target}" in line for a in rows if a.source == term)
    assert list(dead_links(picture.twin, FOLDER)) == []
    numbers = re.findall(r"lesson (\d\d)", picture.twin)
    assert numbers == sorted(numbers)
    assert picture.alt.startswith(f"{len(here)} terms in boxes, each ")
    assert f" {len(rows)} arrows " in picture.alt


def test_what_ends_a_way_is_told_with_what_leads_there() -> None:
    small = [Arrow("page", "has behind it a", "frame"), Arrow("frame", "has a", "refcount")]
    of = {"page": "00_a", "frame": "01_b", "refcount": "02_c"}
    assert draw({"02": small}, of).twin.split("\n") == [
        "- [page](glossary.ipynb#cell-id=page) ([lesson 00](00_a.ipynb)): has behind it a frame.",
        "- [frame](glossary.ipynb#cell-id=frame) ([lesson 01](01_b.ipynb)): has a refcount.",
        "- [refcount](glossary.ipynb#cell-id=refcount) ([lesson 02](02_c.ipynb)): "
        "frame has a refcount.",
    ]
    with pytest.raises(ValueError, match="in a circle"):
        draw({"02": [*small, Arrow("refcount", "leads back to the", "page")]}, of)


def test_a_lesson_without_a_part_is_named() -> None:
    with pytest.raises(ValueError, match="lesson is '12': allowed are 00, 01, 02"):
        lab.concept_map("12")
