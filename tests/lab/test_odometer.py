"""The odometer: its digits are those of the refcount, and the refcount is the model's."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from pinlab import FOLL_GET, FOLL_PIN, Kernel, lab
from pinlab.lab.odometer import Tries, odometers
from pinlab.lab.palette import OVERFLOW, REFERENCE
from tests.lab.parts import Parts

LAST = 2**21
EXTRA = (0, 1, 2, 1022, 1023, 1024, 2047, 2048)
STATES = [Tries(pins, extra) for pins in (0, 1, LAST - 1, LAST, LAST + 1) for extra in EXTRA]
SVG = "{http://www.w3.org/2000/svg}"


def rows(svg: str) -> list[str]:
    """The digits of each row, from left to right, as one string."""
    texts = ET.fromstring(svg).iter(f"{SVG}text")
    digits = [text for text in texts if text.get("text-anchor") == "middle"]
    found: dict[float, dict[float, str]] = {}
    for digit in digits:
        found.setdefault(float(digit.attrib["y"]), {})[float(digit.attrib["x"])] = str(digit.text)
    return ["".join(row[x] for x in sorted(row)) for _, row in sorted(found.items())]


def signed(digits: str) -> int:
    """What 32 binary digits are worth in two's complement."""
    return int(digits, 2) - (2**32 if digits[0] == "1" else 0)


@pytest.mark.parametrize("tries", STATES)
def test_the_digits_are_those_of_the_refcount(tries: Tries) -> None:
    (digits,) = rows(odometers(tries).svg)
    assert len(digits) == 32
    assert signed(digits) == tries.refcount


def cells(tries: Tries) -> list[ET.Element]:
    """The 32 boxes of one row, from left to right."""
    found = [
        cell for cell in ET.fromstring(odometers(tries).svg).iter(f"{SVG}rect") if cell.get("x")
    ]
    return sorted(found, key=lambda cell: float(cell.attrib["x"]))


@pytest.mark.parametrize("tries", STATES)
def test_a_1_is_filled_and_a_0_is_white(tries: Tries) -> None:
    (digits,) = rows(odometers(tries).svg)
    filled = ["0" if cell.get("fill") == "white" else "1" for cell in cells(tries)]
    assert "".join(filled) == digits


def test_sign_pins_and_references_are_filled_in_three_ways() -> None:
    below_zero = cells(Tries(LAST, 1022))
    full = cells(Tries(LAST - 1))
    sign, pins, reference = below_zero[0], full[1:22], below_zero[31]
    assert {sign.get("fill"), reference.get("fill")} == {OVERFLOW, REFERENCE}
    assert len({pin.get("fill") for pin in pins}) == 1
    assert pins[0].get("fill") not in (OVERFLOW, REFERENCE)


@pytest.mark.parametrize("tries", STATES)
def test_the_digits_that_the_last_try_changed_have_a_thick_edge(tries: Tries) -> None:
    before = Tries(max(tries.pins - 1, 0), tries.references)
    (now,), (then,) = rows(odometers(tries).svg), rows(odometers(before).svg)
    edges = [cell.get("stroke-width") for cell in cells(tries)]
    assert [edge != "1" for edge in edges] == [
        new != old for new, old in zip(now, then, strict=True)
    ]


@pytest.mark.parametrize("extra", EXTRA)
def test_the_model_agrees_at_and_around_the_edge(extra: int) -> None:
    kernel = Kernel("6.5", zero_page_pins="counted")
    zero = kernel.zero_page.folio
    if extra:
        kernel.try_grab_folio(zero, extra, FOLL_GET)
    kernel.try_grab_folio(zero, LAST - 5, FOLL_PIN)
    held = LAST - 5
    for tried in range(LAST - 4, LAST + 4):
        try:
            kernel.try_grab_folio(zero, 1, FOLL_PIN)
            held += 1
        except OSError:
            pass
        tries = Tries(tried, extra)
        assert (tries.held, tries.refcount) == (held, zero.refcount)


@pytest.mark.parametrize("extra", EXTRA)
def test_the_model_agrees_before_and_after_the_first_pins(extra: int) -> None:
    kernel = Kernel("6.5", zero_page_pins="counted")
    zero = kernel.zero_page.folio
    if extra:
        kernel.try_grab_folio(zero, extra, FOLL_GET)
    for pins in range(4):
        assert Tries(pins, extra).refcount == zero.refcount
        kernel.try_grab_folio(zero, 1, FOLL_PIN)


@pytest.mark.parametrize(
    ("tries", "fate", "refcount"),
    [
        (Tries(0), "No pin yet", 1),
        (Tries(1), "succeeds", 1025),
        (Tries(LAST - 1), "succeeds", 2147482625),
        (Tries(LAST), "below zero", -2147483647),
        (Tries(LAST + 1), "refused (ENOMEM)", -2147483647),
        (Tries(LAST, 1023), "refused (ENOMEM)", -2147483648),
        (Tries(LAST - 1, 1023), "below zero", -2147483648),
    ],
)
def test_the_sentence_tells_the_fate_of_the_last_try(
    tries: Tries, fate: str, refcount: int
) -> None:
    told = odometers(tries).twin
    assert fate in told
    assert str(refcount) in told


@pytest.mark.parametrize("tries", [tries for tries in STATES if tries.pins])
def test_the_sentence_has_what_the_last_try_found(tries: Tries) -> None:
    found = Tries(tries.pins - 1, tries.references).refcount
    assert f"finds the refcount at {found}" in odometers(tries).twin


@pytest.mark.parametrize("tries", STATES)
def test_the_words_in_the_picture_and_below_it_have_its_numbers(tries: Tries) -> None:
    drawing = odometers(tries)
    drawn = " ".join(text.text or "" for text in ET.fromstring(drawing.svg).iter(f"{SVG}text"))
    for words in (drawn, drawing.twin, drawing.alt):
        assert f"{tries.refcount}" in words
        assert not tries.references or f"{tries.references} extra" in words


def test_the_film_has_the_first_and_the_last_pins() -> None:
    strip = lab.odometer().filmstrip
    refcounts = [1, 1025, 2147482625, -2147483647, -2147483647]
    assert [signed(digits) for digits in rows(strip.svg)] == refcounts  # type: ignore[attr-defined]
    assert len(strip.twin.split("\n")) == 5


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: odometers(), ValueError, "no tries"),
        (lambda: odometers(3), TypeError, "tries is 3: it has to be of type Tries"),  # type: ignore[arg-type]
        (lambda: odometers(Tries(-1)), ValueError, "pins is -1"),
        (lambda: odometers(Tries(1, -1)), ValueError, "references is -1"),
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


def test_it_begins_just_before_the_last_pin() -> None:
    parts = Parts(lab.odometer())
    assert [row.box.value for row in parts.rows] == [LAST - 1, 0]
    assert "2147482625" in parts.sentence


def test_it_begins_where_it_is_told_to() -> None:
    parts = Parts(lab.odometer(pins=1000, references=7))
    assert [row.box.value for row in parts.rows] == [1000, 7]
    assert parts.sentence == odometers(Tries(1000, 7)).twin


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((-1,), ValueError), ((LAST + 3,), ValueError), ((1, 2049), ValueError), ((1.5,), TypeError)],
)
def test_it_begins_within_its_ranges(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match=f" is {arguments[-1]}: "):
        lab.odometer(*arguments)


@pytest.mark.parametrize(
    ("pins", "references"), [(0, 0), (1, 0), (LAST, 0), (LAST + 1, 0), (1000, 7), (LAST, 1023)]
)
def test_picture_and_sentence_are_those_of_the_numbers_that_are_set(
    pins: int, references: int
) -> None:
    parts = Parts(lab.odometer())
    for row, number in zip(parts.rows, (pins, references), strict=True):
        row.box.value = number
    drawing = odometers(Tries(pins, references))
    assert (parts.picture, parts.sentence) == (drawing.svg, drawing.twin)


def test_one_step_of_the_slider_takes_the_refcount_over_the_edge_and_one_more_is_refused() -> None:
    parts = Parts(lab.odometer())
    bar, box = parts.rows[0]
    bar.value += 1
    assert box.value == LAST
    assert "below zero" in parts.sentence
    bar.value += 1
    assert box.value == LAST + 1
    assert "refused" in parts.sentence
