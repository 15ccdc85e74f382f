"""The grid of releases and orders."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from pinlab import FOLL_PIN, Kernel, lab
from pinlab.lab.figures.orders import Way, eras, way

SVG = "{http://www.w3.org/2000/svg}"
APART, TOGETHER, REFERENCE = Way(1, 1), Way(1024, None), Way(1, None)


def test_the_rows_are_the_releases_that_changed_something() -> None:
    assert eras() == {
        "5.6": (REFERENCE,) * 11,
        "5.7": (TOGETHER,) * 2 + (APART,) * 9,
        "5.18": (TOGETHER,) + (APART,) * 10,
    }


@pytest.mark.parametrize("release", [r for r in Kernel.releases() if r.count(".") == 1])
@pytest.mark.parametrize("order", range(11))
def test_a_release_follows_the_row_before_it(release: str, order: int) -> None:
    def key(each: str) -> tuple[int, ...]:
        return tuple(map(int, each.split(".")))

    begun = max((each for each in eras() if key(each) <= key(release)), key=key)
    kernel = Kernel(release)
    folio = kernel.alloc_folio(order)
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    assert Way(folio.refcount - 1, folio.pincount) == eras()[begun][order] == way(release, order)


def test_every_cell_has_its_numbers_and_none_overlaps() -> None:
    svg = ET.fromstring(lab.pins_by_order().svg)
    told = [t.text for t in svg.iter(f"{SVG}text") if str(t.text).startswith("+")]
    assert told.count("+1024") == 3
    assert told.count("+1") == 11 + 2 * (9 + 10)
    boxes = [r.attrib for r in list(svg.iter(f"{SVG}rect"))[2:]]
    assert len(boxes) == len(told)
    spans = sorted((float(b["y"]), float(b["x"]), float(b["x"]) + float(b["width"])) for b in boxes)
    for (y, _, end), (below, start, _) in pairwise(spans):
        assert y != below or end <= start
    assert max(end for _, _, end in spans) <= float(svg.attrib["width"])


def test_the_words_tell_each_row() -> None:
    assert lab.pins_by_order().twin.split("\n") == [
        "From Linux 5.6 on the pin of one page adds: in orders 0 to 10 +1 to the refcount.",
        "From Linux 5.7 on the pin of one page adds: in orders 0 to 1 +1024 to the refcount; "
        "in orders 2 to 10 +1 to the refcount and +1 to the pincount.",
        "From Linux 5.18 on the pin of one page adds: in order 0 +1024 to the refcount; "
        "in orders 1 to 10 +1 to the refcount and +1 to the pincount.",
    ]


def test_the_drawing_says_itself_what_it_shows() -> None:
    drawing = lab.pins_by_order()
    svg = ET.fromstring(drawing.svg)
    assert str(svg.get("aria-label")).split() == drawing.twin.split()
    assert drawing.twin in drawing.alt
