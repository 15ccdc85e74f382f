"""The concept map: true to its two files, legible, and with links that lead somewhere."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import pytest

from pinlab import lab
from pinlab.lab import svg
from pinlab.lab.figures.concepts import (
    BOX,
    LINE,
    TAG,
    TERM,
    WIDTH,
    WORDS,
    Arrow,
    arrows,
    draw,
    lessons,
)
from pinlab.lab.palette import ZERO_PAGE
from pinlab.lab.problems import LESSONS
from tests.notebooks.glossary import terms
from tests.notebooks.lesson import FOLDER
from tests.notebooks.shape import dead_links

SVG = "{http://www.w3.org/2000/svg}"
SIDES = ("x", "y", "width", "height")
NUMBER = re.compile(r"\d\d")
ROWS = {row.term: row for row in terms()}
THERE = {each.name for each in LESSONS}

SMALL = [Arrow("page", "has behind it a", "frame"), Arrow("frame", "has a", "refcount")]
SMALL_LESSONS = {"page": "00_a", "frame": "01_b", "refcount": "02_c"}


class Area(NamedTuple):
    """What a box or a line of words covers."""

    words: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Drawn:
    """The parts of a map, read from its SVG."""

    root: ET.Element

    def boxes(self) -> list[Area]:
        """The box of each term, with the term's number and name."""
        found = []
        for box in self.root.iter(f"{SVG}rect"):
            if box.get("fill") == "none":
                x, y, width, height = (float(box.attrib[name]) for name in SIDES)
                inside = [t for t in self.texts() if x <= t[1] <= x + width and y <= t[2] < y + BOX]
                words = " ".join(str(text.text) for text, *_ in inside)
                found.append(Area(words, x, y, x + width, y + height))
        return found

    def texts(self) -> list[tuple[ET.Element, float, float]]:
        found = self.root.iter(f"{SVG}text")
        return [(text, float(text.attrib["x"]), float(text.attrib["y"])) for text in found]

    def words(self) -> list[Area]:
        """The lines of the arrows' words."""
        found = []
        for text, x, y in self.texts():
            if text.get("text-anchor") == "middle" and not NUMBER.fullmatch(str(text.text)):
                half = svg.measured(str(text.text), WORDS) / 2
                found.append(Area(str(text.text), x - half, y + 3 - LINE, x + half, y + 3))
        return found

    def dashed(self) -> int:
        return sum("stroke-dasharray" in box.attrib for box in self.root.iter(f"{SVG}rect"))

    def paths(self) -> list[str]:
        return [d for path in self.root.iter(f"{SVG}path") if "C" in (d := path.attrib["d"])]


def drawn(source: str) -> Drawn:
    return Drawn(ET.fromstring(source))


@pytest.fixture(scope="module")
def picture() -> lab.Drawing:
    return lab.concept_map()


def test_every_concept_is_a_term_of_the_glossary() -> None:
    assert {term for row in arrows() for term in (row.source, row.target)} <= set(ROWS)
    assert lessons() == {row.term: row.lesson for row in terms()}


def test_every_arrow_has_words_and_stands_once() -> None:
    rows = arrows()
    assert all(row.words and row.words == row.words.strip() for row in rows)
    assert len({(row.source, row.target) for row in rows}) == len(rows)


def test_no_concept_is_apart_from_the_others() -> None:
    groups = [{row.source, row.target} for row in arrows()]
    reached = groups.pop(0)
    while joined := [group for group in groups if group & reached]:
        groups = [group for group in groups if group not in joined]
        reached |= set().union(*joined)
    assert groups == []


def test_each_box_has_a_term_and_the_number_of_its_lesson(picture: lab.Drawing) -> None:
    parts: dict[str, set[str]] = {}
    for row in arrows():
        ends = {f"{ROWS[term].lesson[:2]} {term}" for term in (row.source, row.target)}
        parts.setdefault(max(ends)[:2], set()).update(ends)
    expected = sorted(box for part in parts.values() for box in part)
    assert sorted(box.words for box in drawn(picture.svg).boxes()) == expected


def test_a_term_has_a_filled_number_once_in_the_part_of_its_own_lesson(
    picture: lab.Drawing,
) -> None:
    found = drawn(picture.svg)
    filled = [r for r in found.root.iter(f"{SVG}rect") if r.get("fill") == ZERO_PAGE]
    corners = {(float(tag.attrib["x"]), float(tag.attrib["y"])) for tag in filled}
    own = [box.words for box in found.boxes() if (box.left, box.top) in corners]
    here = {term for row in arrows() for term in (row.source, row.target)}
    assert sorted(own) == sorted(f"{ROWS[term].lesson[:2]} {term}" for term in here)


def test_the_parts_have_the_lessons_in_order_down_two_columns(picture: lab.Drawing) -> None:
    heads = [t for t in drawn(picture.svg).texts() if str(t[0].text).startswith("Lesson ")]
    places = [(x, y) for _, x, y in heads]
    assert places == sorted(places)
    assert [str(t.text)[-2:] for t, *_ in heads] == sorted({row.lesson[:2] for row in ROWS.values()
        if row.term in {term for a in arrows() for term in (a.source, a.target)}})  # fmt: skip


def test_the_map_has_room_for_a_part_with_each_lesson() -> None:
    rows = [Arrow(a.source + n, a.words, a.target + n) for n in "abcdefgh" for a in SMALL]
    lesson_of = {end: f"1{end[-1]}_x" for a in rows for end in (a.source, a.target)}
    assert len(drawn(draw(rows, lesson_of, ()).svg).boxes()) == 24


def test_all_words_of_the_arrows_are_there(picture: lab.Drawing) -> None:
    shown = " ".join(area.words for area in drawn(picture.svg).words()).split()
    assert sorted(shown) == sorted(" ".join(row.words for row in arrows()).split())


def test_nothing_lies_on_anything_else_or_outside(picture: lab.Drawing) -> None:
    found = drawn(picture.svg)
    areas = found.boxes() + found.words()
    overlapping = [
        (one.words, other.words)
        for one, other in combinations(areas, 2)
        if one.left < other.right and other.left < one.right
        and one.top < other.bottom and other.top < one.bottom
    ]  # fmt: skip
    assert overlapping == []
    height = float(found.root.attrib["height"])
    assert min(min(area.left, area.top) for area in areas) >= 0
    assert max(area.right for area in areas) <= WIDTH
    assert max(area.bottom for area in areas) <= height


def test_a_term_has_room_in_its_box(picture: lab.Drawing) -> None:
    for box in drawn(picture.svg).boxes():
        term = box.words[3:]
        assert svg.measured(term, TERM, bold=True) < box.right - box.left - TAG


def test_lines_go_down_and_past_boxes_and_words(picture: lab.Drawing) -> None:
    found = drawn(picture.svg)
    areas = found.boxes() + found.words()
    for path in found.paths():
        x, y0, y1, *_, to_x, to_y, y2 = map(float, re.findall(r"-?[\d.]+", path))
        assert y0 <= y1 < to_y <= y2, path
        for at, top, bottom in ((x, y0, y1), (to_x, to_y, y2)):
            on = [a.words for a in areas if a.left < at < a.right and top < a.bottom - 0.1
                  and bottom > a.top + 0.1]  # fmt: skip
            assert on == [], path


def test_each_arrow_ends_at_a_term(picture: lab.Drawing) -> None:
    heads = re.findall(r'V([\d.]+)" fill="none" stroke="[^"]+" marker-end', picture.svg)
    tops = {f"{box.top:.1f}" for box in drawn(picture.svg).boxes()}
    assert len(heads) == len(arrows())
    assert set(heads) <= tops


@pytest.mark.parametrize("there", [(), ("00_a",), ("00_a", "01_b", "02_c")])
def test_a_box_is_dashed_while_its_lesson_is_to_come(there: tuple[str, ...]) -> None:
    picture = draw(SMALL, SMALL_LESSONS, there)
    boxes = [("00_a", "01_b"), ("01_b", "02_c")]
    assert drawn(picture.svg).dashed() == sum(end not in there for part in boxes for end in part)
    assert picture.twin.count(", to come)") == 3 - len(there)


def test_the_twin_has_a_line_for_each_term_with_what_it_leads_to() -> None:
    assert draw(SMALL, SMALL_LESSONS, {"00_a"}).twin.split("\n") == [
        "- [page](glossary.ipynb#cell-id=page) ([lesson 00](00_a.ipynb)): has behind it a frame.",
        "- [frame](glossary.ipynb#cell-id=frame) (lesson 01, to come): has a refcount.",
        "- [refcount](glossary.ipynb#cell-id=refcount) (lesson 02, to come): frame has a refcount.",
    ]


def test_the_twin_leads_to_each_term_and_each_lesson(picture: lab.Drawing) -> None:
    lines = picture.twin.split("\n")
    here = {term for row in arrows() for term in (row.source, row.target)}
    assert len(lines) == len(here)
    for term in here:
        (line,) = (line for line in lines if line.startswith(f"- [{term}]("))
        row = ROWS[term]
        assert f"]({row.link(FOLDER / '00_start_here.ipynb')})" in line
        assert (f"]({row.lesson}.ipynb)" in line) == (row.lesson in THERE)
        assert all(str(a).removeprefix(f"{term} ") in line for a in arrows() if a.source == term)
    assert list(dead_links(picture.twin, FOLDER)) == []


def test_the_twin_is_in_the_order_of_the_lessons(picture: lab.Drawing) -> None:
    numbers = re.findall(r"lesson (\d\d)", picture.twin)
    assert numbers == sorted(numbers)


def test_the_alt_text_tells_how_much_there_is(picture: lab.Drawing) -> None:
    boxes = {box.words for box in drawn(picture.svg).boxes()}
    assert picture.alt.startswith(f"{len(boxes)} terms in boxes, each ")
    assert f"{len(arrows())} arrows" in picture.alt


def test_it_is_drawn_the_same_every_time(picture: lab.Drawing) -> None:
    assert lab.concept_map().svg == picture.svg


def test_arrows_in_a_circle_are_refused() -> None:
    circle = [*SMALL, Arrow("refcount", "leads back to the", "page")]
    with pytest.raises(ValueError, match="in a circle"):
        draw(circle, dict.fromkeys(SMALL_LESSONS, "00_a"), ())
