"""Folios with their counters: drawn and told as the model has them."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from pinlab import FOLL_PIN, PAGE_SIZE, Kernel, lab
from pinlab.lab.figures.folio import (
    FIELD,
    WIDTH,
    Pinned,
    folio_filmstrip,
    folios,
    sentence,
)
from pinlab.lab.palette import REFERENCE
from pinlab.lab.svg import PINNED, measured

SVG = "{http://www.w3.org/2000/svg}"
RELEASES = ("5.6", "5.7", "5.17", "5.18", "6.18")
STATES = [
    Pinned(release, order, pages)
    for release in RELEASES
    for order in (0, 1, 2, 3, 9, 10)
    for pages in (1, 2, 5, 64, 1024)
]


def added(pinned: Pinned) -> tuple[int, int | None]:
    """What the rule says is added to refcount and pincount, told from the release's number."""
    minor = int(pinned.release.split(".")[1]) + (100 if pinned.release > "6" else 0)
    first = None if minor < 7 else 2 if minor < 18 else 1
    n = min(pinned.wanted, 2**pinned.order)
    if first is not None and pinned.order >= first:
        return n, n
    return n * (1 if minor < 7 else 1024), None


def drawn(pinned: Pinned) -> ET.Element:
    return ET.fromstring(folios(pinned).svg)


def words(pinned: Pinned) -> list[str]:
    return [text.text or "" for text in drawn(pinned).iter(f"{SVG}text")]


def rects(pinned: Pinned) -> list[ET.Element]:
    """All rectangles but the white ground and the one inside the hatch."""
    return list(drawn(pinned).iter(f"{SVG}rect"))[2:]


@pytest.mark.parametrize("pinned", STATES, ids=str)
def test_the_counters_go_up_by_what_the_rule_says(pinned: Pinned) -> None:
    refcount, pincount = added(pinned)
    assert pinned.refcount == (1, 1 + refcount)
    assert pinned.pincount == (None if pincount is None else (0, pincount))


def test_the_counters_are_those_of_pin_user_pages_on_a_mapped_folio() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE, order=9)
    mm.write(addr, b"x")
    (page, *_) = mm.pin_user_pages(addr, 64)
    drawing = Pinned("6.18", 9, 64)
    assert drawing.pincount is not None
    assert (page.refcount, page.pincount) == (drawing.refcount[1], drawing.pincount[1])


@pytest.mark.parametrize(("release", "order"), [("6.18", 0), ("6.18", 9), ("5.17", 1), ("5.6", 9)])
def test_the_last_pin_succeeds_and_the_next_is_refused(release: str, order: int) -> None:
    kernel = Kernel(release)
    folio = kernel.alloc_folio(order)
    last = Pinned(release, order).last
    kernel.try_grab_folio(folio, last - 1, FOLL_PIN)
    assert folio.refcount > 0
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    with pytest.raises(OSError, match="could not be grabbed"):
        kernel.try_grab_folio(folio, 1, FOLL_PIN)


@pytest.mark.parametrize(
    ("pinned", "verdict"),
    [
        (Pinned("6.18", 9), "certainly"),
        (Pinned("5.17", 1), "maybe"),
        (Pinned("6.18", 0), "maybe"),
        (Pinned("5.6", 9, 512), "no telling"),
    ],
)
def test_whether_the_kernel_can_tell(pinned: Pinned, verdict: str) -> None:
    assert pinned.verdict.startswith(verdict)
    assert any(line.startswith(f"pinned? {verdict}") for line in words(pinned))


@pytest.mark.parametrize("pinned", STATES, ids=str)
def test_the_hatched_part_of_the_field_is_the_pages_that_are_pinned(pinned: Pinned) -> None:
    columns, rows = 2 ** -(-pinned.order // 2), 2 ** (pinned.order // 2)
    side = min(40, 128 // columns)
    inside = [
        r for r in rects(pinned) if float(r.attrib["x"]) < FIELD + 10 and r.get("fill") == PINNED
    ]
    area = sum(float(r.attrib["width"]) * float(r.attrib["height"]) for r in inside)
    assert columns * rows == 2**pinned.order
    assert area == min(pinned.wanted, 2**pinned.order) * side**2


@pytest.mark.parametrize("pinned", STATES, ids=str)
def test_a_counter_has_the_colours_of_what_is_added_up_in_it(pinned: Pinned) -> None:
    stripes = [r.get("fill") for r in rects(pinned) if r.get("width") == "10"]
    assert stripes == [REFERENCE, PINNED]
    dashed = [r for r in rects(pinned) if r.get("stroke-dasharray")]
    assert len(dashed) == (added(pinned)[1] is None)
    assert ("no pincount" in words(pinned)) == bool(dashed)


@pytest.mark.parametrize("pinned", STATES, ids=str)
def test_nothing_is_drawn_outside(pinned: Pinned) -> None:
    svg = drawn(pinned)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    for rect in rects(pinned):
        x, y = float(rect.attrib["x"]), float(rect.attrib["y"])
        assert 0 <= x <= x + float(rect.attrib["width"]) <= width
        assert 0 <= y <= y + float(rect.attrib["height"]) <= height


@pytest.mark.parametrize("pinned", [*STATES, Pinned("6.18", 10, 1024)], ids=str)
def test_no_line_is_wider_than_its_place(pinned: Pinned) -> None:
    for line in drawn(pinned).iter(f"{SVG}text"):
        bold = line.get("font-weight") == "bold"
        wide = measured(line.text or "", int(line.attrib["font-size"]), bold=bold)
        if line.get("text-anchor") == "start":
            assert float(line.attrib["x"]) + wide <= WIDTH


@pytest.mark.parametrize("pinned", STATES, ids=str)
def test_the_words_in_the_picture_and_below_it_have_its_numbers(pinned: Pinned) -> None:
    refcount, pincount = added(pinned)
    changes = [f"1 → {1 + refcount}"] + ([] if pincount is None else [f"0 → {pincount}"])
    for told in (words(pinned), [sentence(pinned)]):
        assert all(any(change in line for line in told) for change in changes)
        assert any(f"+{refcount}" in line for line in told)


def test_pages_that_the_folio_has_not_are_told() -> None:
    assert "1 page, 1 pinned (64 wanted)" in sentence(Pinned("6.18", 0, 64))
    assert "wanted" not in sentence(Pinned("6.18", 9, 64))


def test_folios_stand_two_in_a_row() -> None:
    svg = ET.fromstring(lab.draw_folios(0, 9, 10, pages=2).svg)
    heads = [t for t in svg.iter(f"{SVG}text") if t.get("font-weight") == "bold"]
    places = {(t.text or "").split(", ")[1]: t.attrib for t in heads if "order" in str(t.text)}
    assert places["order 9"]["x"] == str(WIDTH + 10)
    y = {order: float(place["y"]) for order, place in places.items()}
    assert y["order 0"] == y["order 9"] < y["order 10"]


def test_verdicts_are_shown_where_they_are_wanted() -> None:
    plain, told = lab.draw_folios(0, 9), lab.draw_folios(0, 9, verdicts=True)
    for words in ("maybe", "certainly", "2^31 - 1"):
        assert words.casefold() not in (plain.svg + plain.twin + plain.alt).casefold()
        assert words.casefold() in told.svg.casefold()
        assert words.casefold() in told.twin.casefold()
    assert told.svg == folios(Pinned(order=0), Pinned(order=9)).svg


def test_the_drawing_says_itself_what_it_shows() -> None:
    drawing = lab.draw_folios(0, 9)
    svg = ET.fromstring(drawing.svg)
    assert svg.get("role") == "img"
    assert str(svg.get("aria-label")).split() == drawing.twin.split()
    assert drawing.twin in drawing.alt


def test_the_filmstrip_shows_what_each_control_changes() -> None:
    told = folio_filmstrip().twin.split("\n")
    assert len(told) == 6
    for what in ("order 0", "order 9", "64 pinned", "Linux 5.6", "Linux 5.17", "Linux 5.18"):
        assert any(what in line for line in told)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: lab.draw_folios(), ValueError, "no orders"),
        (lambda: lab.draw_folios(11), ValueError, "order is 11"),
        (lambda: lab.draw_folios(9, pages=0), ValueError, "pages is 0"),
        (lambda: lab.draw_folios(9, pages=1025), ValueError, "pages is 1025"),
        (lambda: lab.draw_folios(9, release="5.5"), ValueError, r"release is '5\.5'"),
        (lambda: lab.draw_folios(9, release=6), TypeError, "release is 6"),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()
