"""The map: every number of the machine is in it, nothing overlaps, and nothing is cut off."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.map import draw, draw_map, maps
from pinlab.lab.palette import (
    CHILD,
    DEVICE,
    EDGE,
    FIRST,
    OVERFLOW,
    PARENT,
    PIN,
    REFERENCE,
    ZERO_PAGE,
)  # fmt: skip
from pinlab.lab.snapshot import TEETH, Snapshot, snapshot
from pinlab.lab.stage import LEFT, MIDDLE, RIGHT, WIDTH, Stage
from pinlab.lab.svg import document
from pinlab.lab.walk import walk
from pinlab.lessons.fork_during_direct_io import story
from tests.lab.machines import MACHINES, machine, mapped

TAG = r"M(?P<left>[-\d.]+) (?P<top>[-\d.]+) H(?P<right>[-\d.]+) V(?P<bottom>[-\d.]+) H"
SVG = "{http://www.w3.org/2000/svg}"


class Place(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Place") -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def within(self, other: "Place") -> bool:
        wide = other.left <= self.left and self.right <= other.right
        return wide and other.top <= self.top and self.bottom <= other.bottom


def root(state: Snapshot, before: Snapshot | None = None) -> ET.Element:
    scene = draw(state, before)
    svg = ET.fromstring(document(WIDTH, scene.height, scene.svg, "a map"))
    shift(svg, 0)
    return svg


def shift(one: ET.Element, down: float) -> None:
    """Give everything in an element the height at which it is seen."""
    moved = re.fullmatch(r"translate\(0 (.*)\)", one.attrib.pop("transform", ""))
    down += float(moved[1]) if moved else 0
    if "y" in one.attrib:
        one.set("y", str(float(one.attrib["y"]) + down))
    if one.get("class") == "tag":
        tag = re.match(TAG, one.attrib["d"])
        assert tag
        top, bottom = (float(tag[edge]) + down for edge in ("top", "bottom"))
        one.set("d", f"M{tag['left']} {top} H{tag['right']} V{bottom} H")
    for inside in one:
        shift(inside, down)


def texts(svg: ET.Element) -> Iterator[tuple[str, Place]]:
    """Each line of text and the place that its outline takes in DejaVu Sans."""
    for one in svg.iter(f"{SVG}text"):
        font = FontProperties(family="DejaVu Sans", weight=one.attrib["font-weight"])
        size = float(one.attrib["font-size"])
        words = str(one.text)
        outline = TextPath((0, 0), words, size=size, prop=font).get_extents()
        x, y = float(one.attrib["x"]), float(one.attrib["y"])
        if one.get("text-anchor") == "middle":
            x -= (outline.x0 + outline.x1) / 2
        yield words, Place(x + outline.x0, y - outline.y1, x + outline.x1, y - outline.y0)


def rects(svg: ET.Element) -> list[ET.Element]:
    return [one for one in svg.iter(f"{SVG}rect") if one.get("x")]


def place(one: ET.Element) -> Place:
    x, y = float(one.attrib["x"]), float(one.attrib["y"])
    return Place(x, y, x + float(one.attrib["width"]), y + float(one.attrib["height"]))


def strokes(svg: ET.Element, colour: str, **attributes: str) -> list[ET.Element]:
    """Lines of a colour that fill nothing."""
    wanted = {"stroke": colour, "fill": "none", **attributes}
    return [
        one
        for one in svg.iter(f"{SVG}path")
        if all(one.get(name.replace("_", "-")) == value for name, value in wanted.items())
    ]


def words(svg: ET.Element) -> str:
    """Everything that is written, with spaces that may break."""
    return " ".join(str(one.text) for one in svg.iter(f"{SVG}text")).replace("\u00a0", " ")


@pytest.mark.parametrize("letters", [0, 8])
@pytest.mark.parametrize("name", MACHINES)
def test_nothing_overlaps_and_nothing_is_cut_off(name: str, letters: int) -> None:
    state = snapshot(MACHINES[name](), letters=letters)
    svg = root(state)
    page = Place(0, 0, float(svg.attrib["width"]), float(svg.attrib["height"]))
    sides = [(x, x + width) for x, width in (LEFT, MIDDLE, RIGHT)]
    boxes = [place(one) for one in rects(svg)]
    watched = page.bottom - Stage([state]).foot
    for box in boxes:
        assert box.within(page)
        assert box.top > watched - 8 or any(
            left <= box.left and box.right <= right for left, right in sides
        )
    boxes += [
        Place(*(float(tag[name]) for name in ("left", "top", "right", "bottom")))
        for one in svg.iter(f"{SVG}path")
        if (tag := re.match(TAG, one.attrib["d"]))
    ]
    found = list(texts(svg))
    for said, where in found:
        assert where.within(page), said
        assert all(where.within(box) or not where.meets(box) for box in boxes), said
    for (one, here), (other, there) in combinations(found, 2):
        assert not here.meets(there), (one, other)


@pytest.mark.parametrize("name", MACHINES)
def test_picture_and_words_have_the_same_numbers_and_the_counters_of_each_frame(name: str) -> None:
    kernel = MACHINES[name]()
    drawing = draw_map(kernel)
    drawn = words(ET.fromstring(drawing.svg))
    for number in re.findall(r"-?\d+", drawn):
        assert re.search(rf"(?<!\d){number}(?!\d)", drawing.twin), number
    assert drawing.twin in drawing.alt
    for frame in snapshot(kernel).frames:
        for told in (drawn, drawing.twin):
            assert f"refcount {frame.refcount}" in told
            assert frame.pincount is None or f"pincount {frame.pincount}" in told


@pytest.mark.parametrize(
    ("name", "lines"),
    [("64 never read", 0), ("one written page", 1), ("64 read", 64), ("64 written", 64),
     ("two processes", 128), ("1 written, 63 zero", 64), ("order 9", 1), ("unmapped", 0),
     ("mixed", 9 + 28 + 12), ("300 pages", TEETH)],
)  # fmt: skip
def test_each_entry_has_its_line(name: str, lines: int) -> None:
    svg = root(snapshot(MACHINES[name]()))
    pointers = [one for one in strokes(svg, EDGE) if one.get("stroke-width") in ("0.6", "1.3")]
    assert len(pointers) == lines


@pytest.mark.parametrize(("name", "ends"), [("64 read", 1), ("64 written", 64)])
def test_64_lines_end_at_one_point_of_the_zero_page_or_side_by_side(name: str, ends: int) -> None:
    lines = strokes(root(snapshot(MACHINES[name]())), EDGE, stroke_width="0.6")
    assert len({one.attrib["d"].split("C")[0] for one in lines}) == 64
    assert len({one.attrib["d"].split()[-1] for one in lines}) == ends


@pytest.mark.parametrize(
    ("name", "references", "pins", "dashed"),
    [("64 read", 0, 0, 0), ("64 read and held", 1, 0, 0), ("64 read and exempt", 0, 0, 1),
     ("1 written, 63 zero", 0, 1, 1), ("64 written", 0, 1, 0), ("three requests", 0, 5, 0),
     ("huge zero folio", 1, 1, 0), ("freed", 0, 0, 1), ("8 pages", 0, 5, 1)],
)  # fmt: skip
def test_an_arrow_for_each_holder_and_kind(
    name: str, references: int, pins: int, dashed: int
) -> None:
    svg = root(snapshot(MACHINES[name]()))
    assert len(strokes(svg, REFERENCE)) == references
    assert len(strokes(svg, PIN)) == len(strokes(svg, EDGE, stroke_width="5")) == pins
    assert len(strokes(svg, EDGE, stroke_dasharray="5 4")) == dashed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("64 read and held", "64 references"),
        ("64 read and exempt", "64 pages: not counted"),
        ("64 written", "64 pins, 1 on each"),
        ("freed", "1 page: no hold left"),
        ("three requests", "device, for DIO 1 of parent reads memory (to disk)"),
        ("three requests", "device, for DIO 2 of parent writes memory (from disk)"),
    ],
)
def test_a_holder_says_what_it_has_and_does(name: str, said: str) -> None:
    assert said in words(root(snapshot(MACHINES[name]())))


def test_only_devices_have_their_colour() -> None:
    def bands(name: str, colour: str) -> int:
        return sum(one.get("fill") == colour for one in rects(root(snapshot(MACHINES[name]()))))

    assert (bands("three requests", DEVICE), bands("three requests", EDGE)) == (3, 0)
    assert (bands("overflow", DEVICE), bands("overflow", EDGE)) == (0, 1)


def test_a_zero_page_is_grey_and_dashed() -> None:
    (zero,) = (
        one
        for one in rects(root(snapshot(mapped("6.5", 1, read=True))))
        if one.get("fill") == ZERO_PAGE
    )
    assert zero.get("stroke-dasharray")


def test_below_zero_is_said_and_coloured_and_freed_is_said() -> None:
    below = root(snapshot(MACHINES["overflow"]()))
    assert "below zero" in words(below)
    assert "freed" in words(root(snapshot(MACHINES["freed"]())))
    (tag,) = below.iter(f"{SVG}circle")
    assert tag.get("stroke") == OVERFLOW
    for name in set(MACHINES) - {"overflow"}:
        svg = root(snapshot(MACHINES[name]()))
        assert "below zero" not in words(svg)
        assert all(one.get("stroke") == EDGE for one in svg.iter(f"{SVG}circle"))


def thick(svg: ET.Element) -> list[str | None]:
    """The colours of boxes and tags with a thick edge."""
    boxes = [*rects(svg), *(one for one in svg.iter(f"{SVG}path") if one.get("class") == "tag")]
    return [one.get("stroke") for one in boxes if one.get("stroke-width") == "3"]


def test_what_did_not_change_has_no_thick_edge() -> None:
    state = snapshot(MACHINES["three requests"]())
    for before in (None, state):
        svg = root(state, before=before)
        assert thick(svg) == []
        assert "was" not in words(svg)


def test_what_changed_has_a_thick_edge_and_says_what_it_was() -> None:
    kernel, mm = machine("6.5")
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, bytes(2 * PAGE_SIZE))
    before = snapshot(kernel)
    kernel.submit_dio_write(mm, addr, 1)
    svg = root(snapshot(kernel), before=before)
    tags = [one for one in svg.iter(f"{SVG}path") if one.get("class") == "tag"]
    assert [one.get("stroke-width") for one in tags] == ["3", "1"]
    assert "refcount 1025, was 1" in words(svg)
    assert thick(svg) == [DEVICE, EDGE]


def test_an_entry_that_points_elsewhere_or_becomes_read_only_has_a_thick_edge() -> None:
    kernel, mm = machine("6.5")
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.read(addr, 2 * PAGE_SIZE)
    states = [snapshot(kernel)]
    mm.write(addr + PAGE_SIZE, b"x")
    states.append(snapshot(kernel))
    mm.write_protect(addr + PAGE_SIZE)
    states.append(snapshot(kernel))
    for before, after in pairwise(states):
        rows = [one for one in rects(root(after, before=before)) if one.get("height") == "22"]
        assert [one.get("stroke-width") for one in rows] == ["1", "3"]


@pytest.mark.parametrize(
    ("name", "marks"),
    [("forked", 2), ("forked, 1 of 3 written", 5), ("64 forked", 2), ("64 forked, 10 written", 3),
     ("two processes", 0), ("64 read", 0), ("huge zero folio", 0), ("mixed", 0)],
)  # fmt: skip
def test_an_entry_that_cannot_be_written_says_so_but_not_those_of_a_zero_page(
    name: str, marks: int
) -> None:
    assert words(root(snapshot(MACHINES[name]()))).count("read-only") == marks


def test_letters_are_in_the_box_of_their_frame_and_have_a_thick_edge_when_they_change() -> None:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"AB\x00?")
    before = snapshot(kernel, letters=4)
    assert "frame 2 A B · · refcount 1 parent reads A B · ·" in words(root(before))
    mm.write(addr, b"C")
    svg = root(snapshot(kernel, letters=4), before=before)
    assert "frame 2 C B · · refcount 1 parent reads C B · ·" in words(svg)
    assert thick(svg) == [EDGE]


# A story.


def seen_in(scene: str, release: str) -> list[ET.Element]:
    """The steps of a scene, each as it is seen."""
    walked = walk(story(scene), Kernel(release), letters=8)
    svgs = [
        ET.fromstring(maps([walked.panel(step)], "a map")) for step in range(len(walked.states))
    ]
    for svg in svgs:
        shift(svg, 0)
    return svgs


def parts(svg: ET.Element) -> dict[str, ET.Element]:
    """Everything on a stage that has a key."""
    return {one.attrib["data-key"]: one for one in svg.iter(f"{SVG}g") if one.get("data-key")}


def test_everything_keeps_its_place_and_the_height_is_that_of_the_whole_story() -> None:
    svgs = seen_in("child exits, parent writes", "5.9")
    assert len({svg.attrib["height"] for svg in svgs}) == 1
    places: dict[str, set[Place]] = {}
    for svg in svgs:
        for key, part in parts(svg).items():
            if not key.startswith(("line", "arrow")):
                places.setdefault(key, set()).add(place(rects(part)[0]))
    assert {key: len(where) for key, where in places.items()} == {
        "process ('parent', 0)": 1,
        "row ('parent', 0) 0": 1,
        "process ('child', 0)": 1,
        "row ('child', 0) 0": 1,
        "frame 2": 1,
        "frame 3": 1,
        "holder parent, DIO 1": 1,
    }


def test_what_a_step_has_taken_away_is_pale_and_a_copy_says_of_what() -> None:
    svgs = seen_in("child exits, parent writes", "5.9")
    pale = [[one for one in svg.iter(f"{SVG}g") if one.get("opacity")] for svg in svgs]
    # The child's box, row and line; the line of the parent; the device's box and arrow.
    assert [len(each) for each in pale] == [0, 0, 0, 0, 3, 1, 0, 2]
    sources = [{key: one.get("data-from") for key, one in parts(svg).items()} for svg in svgs]
    assert sources[5]["frame 3"] == "frame 2"
    assert [each.get("frame 3") for each in sources[6:]] == [None, None]


def cells(svg: ET.Element) -> str:
    """The bytes of a frame by who wrote them, as the colours of their boxes say."""
    fills = {FIRST: "-", DEVICE: "d", PARENT: "p", CHILD: "c"}
    boxes = [one for one in rects(svg) if one.get("width") == one.get("height") == "18"]
    return "".join(fills[one.attrib["fill"]] for one in boxes)


@pytest.mark.parametrize(
    ("scene", "release", "colours", "read"),
    [
        ("parent writes", "6.4", {2: "dddd----", 3: "-------p"},
         "parent reads A A A A A A A p child reads D D D D A A A A"),
        ("parent writes", "6.5", {2: "dddd---p", 3: "--------"},
         "parent reads D D D D A A A p child reads A A A A A A A A"),
        ("child writes", "5.9", {2: "dddd----", 3: "-------c"},
         "parent reads D D D D A A A A child reads A A A A A A A c"),
    ],
)  # fmt: skip
def test_bytes_have_the_colour_of_who_wrote_them_and_the_line_to_watch_is_below(
    scene: str, release: str, colours: dict[int, str], read: str
) -> None:
    last = seen_in(scene, release)[-1]
    found = {n: cells(parts(last)[f"frame {n}"]) for n in colours}
    assert found == colours
    assert read in words(last)
    legend = words(last).partition(read)[2].strip()
    assert legend.startswith("from before written by ")
    assert "written by the device" in legend


@pytest.mark.parametrize(
    ("name", "squares"), [("64 written", 64), ("64 read", 0), ("64 forked", 64)]
)
def test_64_frames_are_64_squares_each_with_a_line(name: str, squares: int) -> None:
    svg = root(snapshot(MACHINES[name]()))
    corners = {
        place(one)[:2] for one in rects(svg) if one.get("width") == one.get("height") == "12"
    }
    assert len(corners) == squares
    ends = {
        one.attrib["d"].rpartition(" ")[0].rpartition(" ")[2]
        for one in strokes(svg, EDGE, stroke_width="0.6")
    }
    assert len(ends) == (8 if squares else 1)  # a row has eight squares


def test_words_stand_above_the_map_in_lines_that_fit() -> None:
    drawing = lab.draw_map(Kernel(), "many words " * 40)
    svg = ET.fromstring(drawing.svg)
    assert words(svg).startswith("many words many")
    assert drawing.twin.startswith("many words many")
    assert all(where.right <= WIDTH for _, where in texts(svg))
    assert svg.get("role") == "img"
    assert str(svg.get("aria-label")).split() == drawing.twin.split()


def test_what_is_no_kernel_is_named() -> None:
    with pytest.raises(TypeError, match="kernel is 'a map': it has to be of type Kernel"):
        lab.draw_map("a map")  # type: ignore[arg-type]
