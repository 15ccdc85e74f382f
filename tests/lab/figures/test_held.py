"""The climb of the refcount: its artists end where the closed forms say, on axes that stay."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pinlab.lab.figures.held import HeldTogether, headline, held_filmstrip, sentence, short
from pinlab.lab.writes import Writes
from tests.lab.figures import lines

MAIL = Writes()
APART = replace(MAIL, together=False)
SETTINGS = [
    MAIL,
    APART,
    Writes(16384),
    Writes(65536),
    Writes(bias=1),
    Writes(bits=64),
    Writes(bits=16),
    Writes(bits=16, together=False),
    Writes(1, 1, 1, 16),
]


def drawn(writes: Writes) -> Axes:
    """A panel that showed the mail's writes before these."""
    panel = Figure().subplots()
    HeldTogether(panel, MAIL).draw(writes)
    return panel


def points(panel: Axes, line: int) -> list[tuple[float, float]]:
    """The points of a line: 1 is the climb, 2 the drop and 3 the end; 0 is the line at zero."""
    return lines.points(panel.lines[line])


def test_the_mails_writes_climb_to_the_top_and_drop_to_the_bottom() -> None:
    panel = drawn(MAIL)
    assert points(panel, 1) == [(0, 2**-31), (32768, (2**31 - 1023) / 2**31)]
    assert points(panel, 2)[-1] == (32768, (1 - 2**31) / 2**31)
    assert points(panel, 3) == [(32768, (1 - 2**31) / 2**31)]


def test_half_of_them_get_half_of_the_way() -> None:
    panel = drawn(Writes(16384))
    assert points(panel, 1)[-1] == (16384, (1 + 2**30) / 2**31)
    assert points(panel, 2) == []


def test_after_the_drop_nothing_is_added() -> None:
    panel = drawn(Writes(65536))
    assert points(panel, 1)[-1] == (32768, (2**31 - 1023) / 2**31)
    assert points(panel, 2)[1:] == [(32768, -1 + 2**-31), (65536, -1 + 2**-31)]


def test_one_after_another_the_refcount_stays_low_for_all_writes() -> None:
    panel = drawn(APART)
    (band,) = (patch for patch in panel.patches if patch.get_hatch())
    assert band.get_extents().height > 0
    assert points(panel, 3) == [(32768, 65537 / 2**31)]
    assert points(panel, 2) == []


@pytest.mark.parametrize("writes", SETTINGS)
def test_the_point_at_the_end_is_at_the_refcount(writes: Writes) -> None:
    ((x, y),) = points(drawn(writes), 3)
    assert x == writes.writes
    assert y * 2 ** (writes.bits - 1) == pytest.approx(writes.refcount)


@pytest.mark.parametrize("writes", SETTINGS)
def test_the_drop_is_drawn_where_the_refcount_is_negative(writes: Writes) -> None:
    assert bool(points(drawn(writes), 2)) == (writes.refcount < 0)


def test_the_axes_and_the_number_of_artists_stay() -> None:
    panel = Figure().subplots()
    held = HeldTogether(panel, MAIL)
    before = (panel.get_xlim(), panel.get_ylim(), len(panel.get_children()))
    for writes in SETTINGS:
        held.draw(writes)
    assert (panel.get_xlim(), panel.get_ylim(), len(panel.get_children())) == before


@pytest.mark.parametrize("writes", SETTINGS)
def test_everything_is_inside_the_axes(writes: Writes) -> None:
    panel = drawn(writes)
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    for x, y in points(panel, 1) + points(panel, 2) + points(panel, 3):
        assert left <= x <= right
        assert low <= y <= high


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_the_ends_of_the_axis_are_named_after_the_width(bits: int) -> None:
    labels = [label.get_text() for label in drawn(Writes(bits=bits)).get_yticklabels()]
    assert labels == [f"-2^{bits - 1}", "0", f"2^{bits - 1} - 1"]


def test_going_back_shows_the_same_again() -> None:
    panel = Figure().subplots()
    held = HeldTogether(panel, MAIL)
    before = [points(panel, line) for line in (1, 2, 3)], panel.get_title()
    held.draw(APART)
    held.draw(MAIL)
    assert ([points(panel, line) for line in (1, 2, 3)], panel.get_title()) == before


def test_pins_and_references_have_colours_of_their_own() -> None:
    pin, reference = (drawn(Writes(bias=bias)).lines[1].get_color() for bias in (1024, 1))
    assert pin != reference


def numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"(?<![\w^.-])-?\d+(?![\w%]|\.\d)", text)}


def test_the_sentence_has_the_mails_numbers() -> None:
    assert numbers(sentence(MAIL)) >= {32768, 64, 2**21, 2**31 - 1023, 1 - 2**31}


@pytest.mark.parametrize("writes", SETTINGS)
def test_the_sentence_has_what_is_wanted_and_what_the_refcount_reads(writes: Writes) -> None:
    assert numbers(sentence(writes)) >= {writes.writes, writes.wanted, writes.refcount}


@pytest.mark.parametrize("writes", SETTINGS)
def test_the_sentence_says_how_many_are_refused_or_that_none_is(writes: Writes) -> None:
    told = sentence(writes)
    assert ("None is refused" in told) != writes.refused
    if writes.refused:
        assert writes.wanted - writes.held in numbers(told)


@pytest.mark.parametrize(
    ("bias", "kind"), [(1, " references"), (1024, " pins"), (512, " holds of 512")]
)
def test_a_hold_is_called_what_it_is(bias: int, kind: str) -> None:
    assert kind in sentence(Writes(3, 5, bias))


@pytest.mark.parametrize(("together", "when"), [(True, "together"), (False, "one after another")])
def test_the_headline_and_the_sentence_say_when(together: bool, when: str) -> None:
    writes = replace(MAIL, together=together)
    assert when in headline(writes)
    assert when in sentence(writes)


@pytest.mark.parametrize("tell", [sentence, headline])
@pytest.mark.parametrize(
    "writes", [Writes(1, 1), Writes(1, 1, together=False), Writes(1, 1, 1), Writes(33, 1, bits=16)]
)
def test_one_is_not_spoken_of_as_many(writes: Writes, tell: Callable[[Writes], str]) -> None:
    assert not re.findall(r"(?<!\^)\b1 (?:writes|pages|pins|references|more are)\b", tell(writes))


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (1, "1"), (2, "2^1"), (64, "2^6"), (63, "63"), (2**16, "2^16")]
)
def test_powers_are_short(number: int, text: str) -> None:
    assert short(number) == text


def test_the_filmstrip_tells_each_of_its_panels_in_words() -> None:
    picture = held_filmstrip()
    assert len(picture.figure.axes) == len(picture.twin.split("\n")) >= 4
    refcounts = {1 - 2**31, 65537, 1 + 2**30, 1 + 2**21}
    assert numbers(picture.twin) >= refcounts
    assert numbers(picture.alt) >= refcounts


def test_the_panels_of_the_filmstrip_have_the_same_axes() -> None:
    first, *others = held_filmstrip().figure.axes
    assert {(panel.get_xlim(), panel.get_ylim()) for panel in others} == {
        (first.get_xlim(), first.get_ylim())
    }


@pytest.mark.parametrize(
    ("writes", "pages", "bias", "bits"),
    list(product((1, 65536), (1, 512), (1, 4096), (16, 17, 64))),
)
def test_every_corner_of_the_sliders_can_be_drawn_and_told(
    writes: int, pages: int, bias: int, bits: int
) -> None:
    panel = Figure().subplots()
    held = HeldTogether(panel, MAIL)
    for together in (True, False):
        corner = Writes(writes, pages, bias, bits, together)
        held.draw(corner)
        ((_, y),) = points(panel, 3)
        assert -1 <= y <= 1
        assert str(corner.refcount) in sentence(corner)
