"""Lesson 03: its exercises right where the model is; mixtures behind a refcount; recorded forks."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise, product
from typing import cast

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Program
from pinlab.lab.held_page import HeldPage
from pinlab.lab.palette import REFERENCE
from pinlab.lab.problems import exercise
from pinlab.lessons import pin_a_page as here
from pinlab.model.folio import Folio
from tests.lab.parts import Parts
from tests.lab.test_odometer import SVG, rows, signed
from tests.lessons.given import trace

SEEDS = range(50)
RELEASE = {"get": "put", "pin": "unpin"}


def refcounts(seed: int) -> tuple[int, ...]:
    """The refcounts that `pins-left` hands out."""
    return cast("tuple[int, ...]", lab.given("pins-left", seed))


def pins_left(seed: int) -> int:
    """The sum of the steps that are whole multiples of 1024."""
    steps = [after - before for before, after in pairwise(refcounts(seed))]
    return sum(step // 1024 for step in steps if step % 1024 == 0)


def wrong_releases(seed: int) -> list[int]:
    """The steps in which somebody releases another kind than it took."""
    taken: dict[str, str] = {}
    found = []
    for event in trace("wrong-release", seed):
        if event.operation in RELEASE:
            taken[event.actor] = event.operation
        elif event.operation != RELEASE[taken[event.actor]]:
            found.append(event.step)
    return found


def numbers_in(id: str, seed: int) -> list[int]:
    """The numbers in the question of an exercise, without the release."""
    return [int(n) for n in re.findall(r"\d+", str(lab.given(id, seed)).replace("6.18", ""))]


def false_positive(seed: int) -> int:
    """1024 less the mappings of the question; once is one."""
    mappings, *_ = [*numbers_in("false-positive", seed), 1]
    return 1024 - mappings


def maybe_dma_pinned(refcount: int) -> bool:
    """The guess of a single page, with the negative half written out."""
    return refcount < 0 or refcount >= 1024


def mapped_once(pins: int = 0, references: int = 0, release: str = "6.18") -> Folio:
    return HeldPage(release, references=references, pins=pins).folio


def copies(extra: int) -> bool:
    """Whether fork takes a page with so many extra references for pinned, its own among them."""
    folio = mapped_once(references=extra)
    folio.kernel.get_page(folio.page(0))
    return folio.kernel.folio_maybe_dma_pinned(folio)


def after_a_put() -> int:
    """The refcount of a page whose pin was released with put_page()."""
    folio = mapped_once(pins=1)
    folio.kernel.put_page(folio.page(0))
    with pytest.raises(AssertionError, match="every-release-had-a-hold"):
        folio.kernel.check()
    return folio.refcount


RIGHT: dict[str, object] = {
    "one-number": "cannot be told",
    "encoding": {"table"},
    "three-pins": mapped_once(3, 2).refcount,
    "what-it-tells": "0 to 2",
    "false-positive": 1023,
    "one-more": str(mapped_once(references=1024).refcount),
    "fork-asks": next(extra for extra in range(1025) if copies(extra)),
    "put-for-unpin": after_a_put(),
    "still-works": "move",
    "mlocked": 0,
    "pins-left": pins_left(seed=0),
    "wrong-release": wrong_releases(seed=0)[0],
    "maybe-dma-pinned": maybe_dma_pinned,
}


def test_on_5_6_a_pin_and_a_reference_leave_the_same_number() -> None:
    assert mapped_once(pins=1, release="5.6").refcount == 2
    assert mapped_once(references=1, release="5.6").refcount == 2


@pytest.mark.parametrize("pins", [0, 1, 2])
def test_2050_can_be_0_1_or_2_pins_and_looks_alike(pins: int) -> None:
    folio = mapped_once(pins, 2050 - 1 - 1024 * pins)
    assert folio.refcount == 2050
    assert folio.kernel.folio_maybe_dma_pinned(folio)


def test_what_a_pin_does_not_prevent_works_in_the_model() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    (page,) = mm.pin_user_pages(addr, 1)
    mm.write(addr, b"y")
    page.device_write(b"z", 1)
    assert mm.read(addr, 2) == b"yz"
    mm.pin_user_pages(addr, 1)
    mm.munmap(addr, PAGE_SIZE)
    assert not page.folio.freed
    kernel.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_has_the_answer_that_its_question_asks_for(seed: int) -> None:
    assert lab.check("false-positive", false_positive(seed), seed).right
    assert lab.check("pins-left", pins_left(seed), seed).right
    (step,) = wrong_releases(seed)
    assert lab.check("wrong-release", step, seed).right


def test_the_guess_to_write_is_that_of_the_model_in_many_states() -> None:
    found = exercise("maybe-dma-pinned")
    assert isinstance(found, Program)
    assert len(set(found.states)) >= 60
    for (refcount,) in found.states:
        folio = Kernel("6.18").alloc_folio()
        folio.refcount = refcount
        assert folio.kernel.folio_maybe_dma_pinned(folio) == maybe_dma_pinned(refcount)


def test_the_first_guess_that_differs_is_shown_with_the_kernels_expression() -> None:
    reply = lab.check("maybe-dma-pinned", lambda refcount: refcount >= 1024)
    assert "`maybe_dma_pinned(refcount=-1)`" in reply.text
    assert "(unsigned int)" in reply.details


HELD = list(product((0, 1, 2, 8), (0, 1, 2, 1022, 1023, 1024, 2047, 4096)))


def at(pins: int, references: int) -> Parts:
    """The mixtures with the sliders moved there."""
    parts = Parts(here.sliders())
    for row, number in zip(parts.rows, (pins, references), strict=True):
        row.box.value = number
    return parts


def bars(svg: str) -> list[list[str]]:
    """The fills of the boxes of each bar, from left to right."""
    found: dict[float, list[tuple[float, str]]] = {}
    for box in ET.fromstring(svg).iter(f"{SVG}rect"):
        if box.get("height") == "12":
            place = float(box.attrib["x"]), box.attrib["fill"]
            found.setdefault(float(box.attrib["y"]), []).append(place)
    return [[fill for _, fill in sorted(boxes)] for _, boxes in sorted(found.items())]


def test_the_figure_opens_at_the_number_that_was_asked_about() -> None:
    assert ">refcount 2050<" in Parts(here.sliders()).picture


def test_the_digits_are_named_by_what_is_true_of_a_thousand_references_too() -> None:
    names = "21 digits: steps of 1024", "10 digits: below 1024"
    assert all(name in at(0, 4096).picture for name in names)


def test_the_room_below_the_bars_says_which_pins_are_too_many() -> None:
    parts = Parts(here.sliders(pins=1, references=1))
    assert re.findall(r">(\d+) pins: more than 1026<", parts.picture) == ["2"]
    parts.rows[0].box.value, parts.rows[1].box.value = 8, 4096
    assert "more than" not in parts.picture


@pytest.mark.parametrize(("pins", "references"), HELD)
def test_the_mixtures_are_all_that_give_the_refcount_in_digits_bars_and_words(
    pins: int, references: int
) -> None:
    parts, total = at(pins, references), 1 + references + 1024 * pins
    digits, *_ = rows(parts.picture)
    assert signed(digits) == total
    mixtures = [(n, total - 1024 * n) for n in range(total // 1024 + 1)]
    assert bars(parts.picture) == [
        ["url(#pin)"] * n + [REFERENCE] * (rest > 0) for n, rest in mixtures
    ]
    words = [text.text or "" for text in ET.fromstring(parts.picture).iter(f"{SVG}text")]
    (marked,) = (text for text in words if text.startswith("▶"))
    assert [int(part.split()[0]) for part in marked[2:].split(" + ")] == [pins, references + 1]
    told = parts.sentence
    assert told.startswith(f"{pins} pin{'s' * (pins != 1)} and {references} extra reference")
    assert f"the refcount is {total}." in told
    assert ("maybe pinned" in told, "not pinned" in told) == (total >= 1024, total < 1024)
    assert ("false positive" in told) == (pins == 0 and references >= 1023)
    assert told.count(" + ") == (len(mixtures) if total >= 1024 else 0)
    assert ET.fromstring(parts.picture).get("viewBox") == ET.fromstring(at(0, 0).picture).get(
        "viewBox"
    )


def test_the_mixtures_begin_where_they_are_told_to_within_their_ranges() -> None:
    found = Parts(here.sliders(pins=2, references=7)).rows
    assert [(row.box.value, row.box.max) for row in found] == [(2, 8), (7, 4096)]


def test_fork_copies_from_where_the_guess_is_yes_with_its_own_reference_among_them() -> None:
    told = lab.three_columns(here.COPIES)
    assert [row[1:3] for row in told.rows[1:]] == [("1022", "1022"), ("-1", "-1"), ("4", "4")]
    assert next(extra for extra in range(1025) if copies(extra)) == 1022


def test_two_holds_are_drawn_and_one_of_them_is_not_told() -> None:
    drawn = here.held_twice()
    assert drawn.svg.count("stroke-dasharray") == 2  # somebody, and his line
    assert "refcount 2" in drawn.svg
    assert "the other is somebody's" in drawn.twin


def test_a_suspected_frame_is_told_with_its_own_refcount_and_how_it_is_read() -> None:
    assert here.suspected_wrongly(lambda kernel: None).did.endswith("the highest refcount is 1.")

    def unpins(kernel: Kernel) -> None:
        mm = kernel.new_mm()
        addr = mm.mmap(PAGE_SIZE)
        mm.write(addr, b"x")
        page = mm.page_at(addr)
        assert page is not None
        kernel.unpin_user_page(page)

    did = here.suspected_wrongly(unpins).did
    assert did.endswith("frame 2 for pinned, as its refcount -1023, read without its sign, is "
                        f"{2**32 - 1023}.")  # fmt: skip
    assert here.suspected_wrongly(unpins).misses is None


def test_what_a_put_leaves_of_a_pin_is_no_answer_without_pins() -> None:
    def puts(kernel: Kernel) -> None:
        mm = kernel.new_mm()
        addr = mm.mmap(PAGE_SIZE)
        mm.write(addr, b"x")
        (page,) = mm.pin_user_pages(addr, 1)
        kernel.put_page(page)

    tried = here.suspected_wrongly(puts)
    assert tried.misses == "pinned"
    assert tried.did.endswith("refcount is 1024.")
