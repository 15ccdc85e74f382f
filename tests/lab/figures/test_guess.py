"""The kernel's guess: digits, bars and words, worked out from the two numbers that are set."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import product

import pytest

from pinlab.lab.figures.guess import Held, guess, guess_filmstrip, sentence
from pinlab.lab.palette import PIN, REFERENCE
from pinlab.lab.picture import Drawing
from tests.lab.figures.test_odometer import SVG, rows, signed

STATES = [
    Held(pins, references)
    for pins, references in product((0, 1, 2, 8), (0, 1, 2, 1022, 1023, 1024, 2047, 4096))
]


def total(held: Held) -> int:
    """The mapping's reference, the extra ones, and 1024 for each pin."""
    return 1 + held.references + 1024 * held.pins


def bars(drawing: Drawing) -> dict[float, list[tuple[float, float, str]]]:
    """The boxes of each bar: where it begins, how wide it is, what it is filled with."""
    found: dict[float, list[tuple[float, float, str]]] = {}
    for box in ET.fromstring(drawing.svg).iter(f"{SVG}rect"):
        if box.get("height") == "12":
            x, width = float(box.attrib["x"]), float(box.attrib["width"])
            found.setdefault(float(box.attrib["y"]), []).append((x, width, box.attrib["fill"]))
    return found


def words(drawing: Drawing) -> list[str]:
    return [text.text or "" for text in ET.fromstring(drawing.svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("held", STATES)
def test_the_refcount_is_the_sum_and_the_guess_its_comparison(held: Held) -> None:
    assert held.refcount == total(held)
    assert held.guess == (total(held) >= 1024)


@pytest.mark.parametrize("held", STATES)
def test_the_digits_are_those_of_the_refcount(held: Held) -> None:
    digits, *_ = rows(guess(held).svg)
    assert len(digits) == 32
    assert signed(digits) == total(held)


@pytest.mark.parametrize("held", STATES)
def test_every_mixture_gives_the_refcount_and_none_is_missing(held: Held) -> None:
    found = set(held.mixtures)
    assert len(found) == len(held.mixtures)
    assert found == {
        (pins, total(held) - 1024 * pins) for pins in range(20) if total(held) >= 1024 * pins
    }


@pytest.mark.parametrize("held", STATES)
def test_a_bar_has_a_box_for_each_pin_and_one_for_the_references(held: Held) -> None:
    drawn = list(bars(guess(held)).values())
    assert len(drawn) == len(held.mixtures)
    for boxes, (pins, references) in zip(drawn, held.mixtures, strict=True):
        fills = [fill for _, _, fill in sorted(boxes)]
        assert fills == ["url(#pin)"] * pins + [REFERENCE] * (references > 0)


def test_boxes_are_as_wide_as_what_they_add() -> None:
    drawn = list(bars(guess(Held(2, 2047))).values())
    one_pin = drawn[-1][0][1]
    for boxes in drawn:
        width = max(x + wide for x, wide, _ in boxes) - min(x for x, _, _ in boxes)
        assert width == pytest.approx(4 * one_pin, rel=0.001)


@pytest.mark.parametrize("held", STATES)
def test_what_is_really_held_is_marked(held: Held) -> None:
    marked = [text for text in words(guess(held)) if text.startswith("▶")]
    (only,) = marked
    pins, references = (int(part.split()[0]) for part in only[2:].split(" + "))
    assert (pins, references) == (held.pins, held.references + 1)


@pytest.mark.parametrize("held", STATES)
def test_the_sentence_has_both_numbers_the_refcount_the_guess_and_every_mixture(
    held: Held,
) -> None:
    told = sentence(held)
    assert told.startswith(f"{held.pins} pin")
    assert f"and {held.references} extra reference" in told
    assert f"the refcount is {total(held)}." in told
    assert ("maybe pinned" in told) == (total(held) >= 1024)
    assert ("not pinned" in told) == (total(held) < 1024)
    assert ("false positive" in told) == (held.pins == 0 and held.references >= 1023)
    if total(held) >= 1024:
        assert told.count(" + ") == total(held) // 1024 + 1


def test_one_is_not_spoken_of_as_many() -> None:
    told = sentence(Held(1, 1)) + guess(Held(1, 1)).svg
    assert "1 pins" not in told
    assert "1 extra references" not in told
    assert "1 references" not in told


@pytest.mark.parametrize("held", STATES)
def test_nothing_is_drawn_outside(held: Held) -> None:
    svg = ET.fromstring(guess(held).svg)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    for rect in svg.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert 0 <= x <= x + float(rect.attrib["width"]) <= width
        assert 0 <= y <= y + float(rect.attrib["height"]) <= height


def test_the_picture_keeps_its_size_wherever_the_sliders_are() -> None:
    sizes = {ET.fromstring(guess(held).svg).get("viewBox") for held in STATES}
    assert len(sizes) == 1


def test_the_colours_of_pins_and_references_are_in_the_picture() -> None:
    svg = guess(Held(1, 1)).svg
    assert PIN in svg
    assert REFERENCE in svg


def test_the_drawing_says_itself_what_it_shows() -> None:
    drawing = guess(Held(2, 1))
    svg = ET.fromstring(drawing.svg)
    assert svg.get("role") == "img"
    assert str(svg.get("aria-label")) == drawing.twin == sentence(Held(2, 1))
    assert drawing.twin in drawing.alt


def test_the_filmstrip_has_a_pin_a_false_positive_and_a_mixture() -> None:
    strip = guess_filmstrip()
    refcounts = [text for text in words(strip) if text.startswith("refcount ")]
    assert refcounts == ["refcount 1", "refcount 1025", "refcount 1024", "refcount 2050"]
    lines = strip.twin.split("\n")
    assert ["false positive" in line for line in lines] == [False, False, True, False]


@pytest.mark.parametrize(
    ("make", "error", "named"),
    [
        (lambda: guess(3), TypeError, "held is 3: it has to be of type Held"),  # type: ignore[arg-type]
        (lambda: Held(-1), ValueError, "pins is -1"),
        (lambda: Held(9), ValueError, "pins is 9"),
        (lambda: Held(0, 4097), ValueError, "references is 4097"),
        (lambda: Held(0, 1.5), TypeError, "references is 1.5"),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        make()
