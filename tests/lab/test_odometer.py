"""The odometer: its digits are those of the refcount, and the refcount is the model's."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from pinlab import FOLL_GET, FOLL_PIN, Kernel, lab
from pinlab.lab.odometer import WIDTH, Tries, odometers
from pinlab.lab.palette import OVERFLOW, REFERENCE
from pinlab.lab.svg import measured
from tests.lab.parts import Parts

LAST = 2**21
MOST = LAST + 2**16
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


def cells(tries: Tries) -> list[ET.Element]:
    """The 32 boxes of one row, from left to right."""
    boxes = ET.fromstring(odometers(tries).svg).iter(f"{SVG}rect")
    return sorted(filter(lambda box: box.get("x"), boxes), key=lambda box: float(box.attrib["x"]))


@pytest.mark.parametrize("tries", STATES)
def test_digits_colours_edges_and_words_are_those_of_the_refcount(tries: Tries) -> None:
    before = Tries(max(tries.pins - 1, 0), tries.references)
    drawing, boxes = odometers(tries), cells(tries)
    (digits,), (old,) = rows(drawing.svg), rows(odometers(before).svg)
    assert (len(digits), signed(digits)) == (32, tries.refcount)
    assert "".join("0" if box.get("fill") == "white" else "1" for box in boxes) == digits
    thick = [box.get("stroke-width") != "1" for box in boxes]
    assert thick == [new != was for new, was in zip(digits, old, strict=True)]
    drawn = " ".join(text.text or "" for text in ET.fromstring(drawing.svg).iter(f"{SVG}text"))
    for words in (drawn, drawing.twin, drawing.alt):
        assert f"{tries.refcount}" in words
        assert not tries.references or f"{tries.references} extra" in words
    assert not tries.pins or f"finds the refcount at {before.refcount}" in drawing.twin


def test_sign_pins_and_references_are_filled_in_three_ways() -> None:
    below_zero, full = cells(Tries(LAST, 1022)), cells(Tries(LAST - 1))
    assert [below_zero[place].get("fill") for place in (0, 31)] == [OVERFLOW, REFERENCE]
    (pin,) = {box.get("fill") for box in full[1:22]}
    assert pin not in (OVERFLOW, REFERENCE)


@pytest.mark.parametrize("held", [0, LAST - 5])
@pytest.mark.parametrize("extra", EXTRA)
def test_the_model_agrees_at_the_first_pins_and_around_the_edge(extra: int, held: int) -> None:
    kernel = Kernel("6.5", zero_page_pins="counted")
    zero = kernel.zero_page.folio
    for times, flag in ((extra, FOLL_GET), (held, FOLL_PIN)):
        if times:
            kernel.try_grab_folio(zero, times, flag)
    for tried in range(held + 1, held + 10):
        with suppress(OSError):
            kernel.try_grab_folio(zero, 1, FOLL_PIN)
            held += 1
        tries = Tries(tried, extra)
        assert (tries.held, tries.refcount) == (held, zero.refcount)


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


def test_it_begins_with_one_pin_or_where_it_is_told_to() -> None:
    for begun, numbers in ((lab.odometer(), (1, 0)), (lab.odometer(1000, 7), (1000, 7))):
        parts = Parts(begun)
        assert [row.box.value for row in parts.rows] == [*numbers]
        assert parts.sentence == odometers(Tries(*numbers)).twin


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((-1,), ValueError), ((MOST + 1,), ValueError), ((1, 2049), ValueError), ((1.5,), TypeError)],
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
    parts = Parts(lab.odometer(LAST - 1))
    bar, box = parts.rows[0]
    bar.value += 1
    assert box.value == LAST
    assert "below zero" in parts.sentence
    bar.value += 1
    assert box.value == LAST + 1
    assert "refused" in parts.sentence


def test_its_buttons_pin_and_stop_where_the_sign_turns() -> None:
    parts = Parts(lab.odometer(references=7))
    pins = parts.rows[0].box
    for press, *tried in (("1", 2, 7), ("64", 66, 7), ("65536", 65602, 7), ("again", 0, 0)):
        assert f'data-press="{press}"' in parts.panel.above
        parts.panel.press(press)
        assert (pins.value, parts.sentence) == (tried[0], odometers(Tries(*tried)).twin)
    for _ in range(32):
        assert "below zero" not in parts.sentence
        parts.panel.press("65536")
        assert ("data-stop" in parts.panel.above) == ("below zero" in parts.sentence)
    assert pins.value == LAST
    assert "below zero" in parts.sentence
    parts.panel.press("1")
    assert "refused" in parts.sentence
    for _ in range(2):
        parts.panel.press("65536")
    assert pins.value == MOST


def test_what_is_pinned_is_told_in_days_too() -> None:
    assert "at one pin a second: 24 days" in odometers(Tries(LAST)).svg
    assert "a second" not in odometers(Tries(0)).svg


def test_the_sign_has_a_place_of_its_own_above_its_digit() -> None:
    heads = [*ET.fromstring(odometers(Tries(1)).svg).iter(f"{SVG}text")][:3]
    ends = [float(head.attrib["x"]) + measured(str(head.text), 12) for head in heads]
    assert [str(head.text).split(":")[0] for head in heads] == ["sign", "21 digits", "10 digits"]
    assert all(
        end + 6 < float(head.attrib["x"]) for end, head in zip(ends, heads[1:], strict=False)
    )
    assert ends[-1] < WIDTH


def test_others_fail_in_the_same_picture_where_the_sign_turns() -> None:
    parts = Parts(lab.odometer(LAST - 1, others=True))
    assert parts.sentence.endswith("all 6 calls of other programs work.")
    assert "\N{BALLOT X}" not in parts.picture
    parts.panel.press("1")
    assert "of 6 calls of other programs 4 fail, process_vm_readv (-1, EFAULT)," in parts.sentence
    assert parts.picture.count("\N{BALLOT X} -1, E") == 4
    assert parts.picture.count("\N{CHECK MARK} works") == 2
    parts.panel.press("again")
    assert "\N{BALLOT X}" not in parts.picture
    assert "other programs" not in lab.odometer().filmstrip.twin
    assert "4 fail" in lab.odometer(others=True).filmstrip.twin
