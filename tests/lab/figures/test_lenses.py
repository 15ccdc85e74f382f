"""Lenses: what is lit is what the counters and the ways of holding say, told another way."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import product

import pytest

from pinlab import FOLL_GET, Kernel, lab
from pinlab.lab.figures.lenses import LENS, RADIUS, WIDTH, Held, lenses, lenses_filmstrip
from pinlab.lab.svg import PINNED, measured
from pinlab.words import SENSES

SVG = "{http://www.w3.org/2000/svg}"
STATES = [
    Held(release, order, references, pins, mlocked, registered)
    for release, order, references, pins, (mlocked, registered) in product(
        ("5.6", "5.7", "6.18"), (0, 9), (0, 1, 1023, 2**21), (0, 1, 2**21),
        ((False, False), (True, False), (False, True), (True, True)),
    )
]  # fmt: skip


def says(held: Held) -> dict[str, bool]:
    """Who says yes, by arithmetic."""
    pins = held.pins + held.registered
    apart = held.order == 9 and held.release != "5.6"
    weight = 1 if apart or held.release == "5.6" else 1024
    refcount = 1 + held.references + pins * weight
    return {
        "foll-pin": pins > 0,
        "any-reference": pins + held.references > 0,
        "refcount-says-maybe": refcount >= 1024,
        "pincount-above-zero": apart and pins > 0,
        "unevictable": held.mlocked,
        "pinned-vm": held.registered,
    }


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def words(svg: str) -> list[str]:
    return [text.text or "" for text in drawn(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("held", STATES, ids=str)
def test_who_says_yes(held: Held) -> None:
    assert dict(held.senses) == says(held)
    held.page.folio.kernel.check()


@pytest.mark.parametrize("held", STATES[::7], ids=str)
def test_a_lens_is_lit_where_its_sense_holds(held: Held) -> None:
    svg = lenses(held.senses, held.words).svg
    glasses = [c for c in drawn(svg).iter(f"{SVG}circle") if c.get("r") == str(RADIUS)]
    assert [c.get("fill") == PINNED for c in glasses] == list(says(held).values())
    assert [c.get("stroke-dasharray") is None for c in glasses] == list(says(held).values())
    shown = [word == "yes" for word in words(svg) if word in ("yes", "no")]
    assert shown == list(says(held).values())
    assert [word for word in words(svg) if word in SENSES] == list(SENSES)


@pytest.mark.parametrize("held", STATES[::7], ids=str)
def test_the_words_below_say_the_same(held: Held) -> None:
    yes, no = lenses(held.senses, held.words).twin.split("Yes: ")[1].split(" No: ")
    assert set(yes.rstrip(".").split(", ")) - {"nobody"} == {s for s, y in says(held).items() if y}
    dark = sum(not says_yes for says_yes in says(held).values())
    assert no == {0: "nobody.", 6: "all 6."}.get(dark, f"the other {dark}.")


@pytest.mark.parametrize("held", [*STATES[::7], STATES[-1]], ids=str)
def test_nothing_is_drawn_outside(held: Held) -> None:
    for svg in (lenses(held.senses, held.words).svg, lenses_filmstrip().svg):
        height = float(drawn(svg).attrib["height"])
        for line in drawn(svg).iter(f"{SVG}text"):
            bold = line.get("font-weight") == "bold"
            wide = measured(line.text or "", int(line.attrib["font-size"]), bold=bold)
            x = float(line.attrib["x"]) - (wide / 2 if line.get("text-anchor") == "middle" else 0)
            assert 0 <= x <= x + wide <= WIDTH
            assert 0 < float(line.attrib["y"]) < height


@pytest.mark.parametrize("sense", SENSES)
def test_the_words_of_a_sense_have_room_beside_its_glass(sense: str) -> None:
    svg = lenses(Held().senses, "a page").svg
    texts = [text for text in drawn(svg).iter(f"{SVG}text") if text.get("font-size") == "13"]
    for line in texts:
        assert (float(line.attrib["x"]) % LENS) + measured(line.text or "", 13) <= LENS + 10
    assert " ".join(t.text or "" for t in texts).count(SENSES[sense].words.split()[-1]) >= 1


def test_a_page_of_any_machine_can_be_drawn() -> None:
    kernel = Kernel("6.4")
    kernel.try_grab_folio(kernel.zero_page.folio, 3, FOLL_GET)
    drawing = lab.draw_lenses(kernel.zero_page)
    assert drawing.twin == (
        "Linux 6.4, zero page: refcount 4, no pincount. Pinned? Yes: any-reference. "
        "No: the other 5."
    )
    assert drawing.twin in drawing.alt
    assert "Linux 6.4: zero page" in words(drawing.svg)


def test_the_drawing_says_itself_what_it_shows() -> None:
    drawing = lenses_filmstrip()
    svg = drawn(drawing.svg)
    assert svg.get("role") == "img"
    assert str(svg.get("aria-label")).split() == drawing.twin.split()


def test_the_filmstrip_shows_what_each_control_changes() -> None:
    told = lenses_filmstrip().twin.split("\n")
    assert len(told) == len(set(told)) == 8
    for what in ("1 reference:", "1023 references", "1 pin:", "2 MiB", "Linux 5.6", "mlocked",
                 "registered buffer"):  # fmt: skip
        assert any(what in line for line in told)
    glasses = [c for c in drawn(lenses_filmstrip().svg).iter(f"{SVG}circle") if c.get("stroke")]
    assert len(glasses) == 8 * len(SENSES)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Held(order=1), ValueError, "order is 1: allowed are 0"),
        (lambda: Held(references=-1), ValueError, "references is -1"),
        (lambda: Held(pins=2**21 + 1), ValueError, "pins is 2097153"),
        (lambda: Held("5.5"), ValueError, r"5\.5"),
        (lambda: lab.draw_lenses("page"), TypeError, "page is 'page'"),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()
