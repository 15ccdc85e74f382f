"""The sliders over pages that are read and written, by one process or two."""

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.widgets.touch_map import touch_filmstrip
from tests.lab.widgets.parts import Parts


def at(read: int, written: int, processes: int = 1) -> Parts:
    """The exhibit with its sliders moved there."""
    parts = Parts(lab.touch_the_map())
    for row, number in zip(parts.rows, (read, written, processes), strict=True):
        row.box.value = number
    return parts


def by_hand(read: int, written: int, processes: int) -> list[int]:
    """Every number of the sentence, in order: own, zero, empty, pages, frames."""
    zero = max(read - written, 0)
    empty = 64 - max(read, written)
    frames = processes * written + (zero > 0)
    return [processes * written, processes * zero, processes * empty, processes * 64, frames]


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    ("read", "written"), [(64, 0), (64, 3), (0, 3), (10, 3), (3, 10), (64, 64), (1, 0), (0, 0)]
)
def test_the_sentence_has_the_numbers_worked_out_by_hand(
    read: int, written: int, processes: int
) -> None:
    sentence = at(read, written, processes).sentence
    done, _, found = sentence.partition("written")
    assert list(map(int, re.findall(r"\d+", done))) == [read, written]
    found = found.removeprefix(", by each of 2 processes")
    assert list(map(int, re.findall(r"\d+", found))) == by_hand(read, written, processes)


@pytest.mark.parametrize(
    ("read", "written", "words"),
    [
        (64, 1, "1 page has a frame of its own, 63 entries point to the zero page, 0 are empty."),
        (1, 0, "1 page read, 0 written. 0 pages have frames of their own, 1 entry points to"),
        (63, 0, "1 is empty. Behind 64 pages: 1 frame."),
    ],
)
def test_one_is_one(read: int, written: int, words: str) -> None:
    assert words in at(read, written).sentence


def test_two_processes_are_said_to_do_the_same() -> None:
    assert "64 pages read, 3 written, by each of 2 processes." in at(64, 3, 2).sentence


@pytest.mark.parametrize(("read", "written", "processes"), [(64, 3, 1), (7, 2, 2), (64, 64, 2)])
def test_the_picture_is_the_map_of_that_machine(read: int, written: int, processes: int) -> None:
    kernel = Kernel()
    for name in ("parent", "other")[:processes]:
        mm = kernel.new_mm(name)
        addr = mm.mmap(64 * PAGE_SIZE)
        for page in range(read):
            mm.read(addr + page * PAGE_SIZE, 1)
        for page in range(written):
            mm.write(addr + page * PAGE_SIZE, b"x")
    assert at(read, written, processes).picture == lab.draw_map(kernel).svg


def test_it_begins_where_it_is_told_to() -> None:
    parts = Parts(lab.touch_the_map(read=5, written=2, processes=2))
    assert [row.box.value for row in parts.rows] == [5, 2, 2]
    assert parts.sentence.startswith("5 pages read, 2 written, by each of 2 processes.")


@pytest.mark.parametrize(
    ("arguments", "named", "error"),
    [
        ((65,), "read is 65", ValueError),
        ((0, -1), "written is -1", ValueError),
        ((0, 0, 3), "processes is 3", ValueError),
        ((0, 0, 0), "processes is 0", ValueError),
        ((1.5,), r"read is 1\.5", TypeError),
    ],
)
def test_it_begins_within_its_ranges(
    arguments: tuple[Any, ...], named: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=named):
        lab.touch_the_map(*arguments)


def test_the_filmstrip_says_what_each_of_its_maps_shows() -> None:
    strip = touch_filmstrip()
    assert ET.fromstring(strip.svg).tag.endswith("svg")
    for where in ((64, 3, 1), (40, 3, 1), (64, 3, 2), (0, 3, 1)):
        assert at(*where).sentence in strip.twin.splitlines()
    assert strip.twin.endswith("Refcount of each frame: 1.")


def test_the_drawing_is_well_formed_wherever_the_sliders_are() -> None:
    parts = Parts(lab.touch_the_map(processes=2))
    for bar, _ in parts.rows:
        for place in range(bar.min, bar.max + 1):
            bar.value = place
            assert isinstance(parts.picture, str)
            assert ET.fromstring(parts.picture).tag.endswith("svg")
