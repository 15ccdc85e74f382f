"""Lesson 06: its exercises in the model; folios with their counters; the grid and the readers."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from pinlab import FOLL_GET, FOLL_PIN, PAGE_SIZE, Kernel, lab, wrap
from pinlab.lab.exercise import Program
from pinlab.lab.palette import REFERENCE
from pinlab.lab.problems import exercise
from pinlab.lab.svg import PINNED, measured
from pinlab.lessons import count_pins_apart as here
from pinlab.lessons.count_pins_apart import Added, PinnedFolio, cards, counted, sentence
from pinlab.machine import recording
from tests.lab.parts import Parts
from tests.lessons.given import trace

SEEDS = range(50)


def has_pincount(release: str, order: int) -> bool:
    """The rule for 64 bits as the lesson tells it, from the release's numbers."""
    major, minor = map(int, release.split("."))
    first = None if (major, minor) < (5, 7) else 2 if (major, minor) < (5, 18) else 1
    return first is not None and order >= first


def added(release: str, order: int, pages: int) -> tuple[int, int | None]:
    """What the rule says is added to refcount and pincount."""
    if has_pincount(release, order):
        return pages, pages
    return pages * (1 if release == "5.6" else 1024), None


def counters(seed: int) -> dict[str, int]:
    """What `pin-pages` asks for, from the words of its question."""
    words = str(lab.given("pin-pages", seed))
    found = re.search(r"Linux (\S+) .* of order (\d+) .* pins (\d+) page", words)
    assert found is not None
    refcount, pincount = added(found[1], int(found[2]), int(found[3]))
    return {"refcount": 1 + refcount, "pincount": pincount or 0}


def left(seed: int) -> dict[str, int]:
    """What `two-counters` asks for, by adding up the column `pages` of each kind."""
    signs = {"pin": ("pins", 1), "unpin": ("pins", -1), "get": ("extra references", 1)}
    found = {"pins": 0, "extra references": 0}
    for event in trace("two-counters", seed):
        if event.operation in signs:
            kind, sign = signs[event.operation]
            found[kind] += sign * event.pages
    return found


def wrong_release(seed: int) -> int:
    """The step of `find-the-put` in which somebody releases another kind than they took."""
    took = dict.fromkeys("ABCDE", "fault")
    found = []
    for event in trace("find-the-put", seed):
        if event.operation in ("pin", "get"):
            took[event.actor] = event.operation
        elif took[event.actor] != {"unpin": "pin", "put": "get"}.get(event.operation, "fault"):
            found.append(event.step)
    (step,) = found
    return step


def pins_of_100_writes() -> int:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(64 * PAGE_SIZE, order=9)
    mm.read(addr, 1)
    for _ in range(100):
        kernel.submit_dio_write(mm, addr, 64).complete()
    return kernel.vmstat["nr_foll_pin_acquired"]


def page_7() -> dict[str, int | None]:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE, order=9)
    mm.write(addr, b"x")
    for page in (0, 511):
        mm.pin_user_pages(addr + page * PAGE_SIZE, 1)
    seen = mm.page_at(addr + 7 * PAGE_SIZE)
    assert seen is not None
    return {"refcount": seen.refcount, "pincount": seen.pincount}


def looks_pinned() -> set[str]:
    found = set()
    for release, order in (("6.18", 0), ("6.18", 9), ("5.17", 1), ("5.18", 1), ("5.7", 2)):
        kernel = Kernel(release)
        folio = kernel.alloc_folio(order)
        kernel.try_grab_folio(folio, 1023, FOLL_GET)
        if kernel.folio_maybe_dma_pinned(folio):
            found.add(f"order {order} on Linux {release}")
    return found


def last_pin(release: str, order: int, before: int) -> int:
    """The number of the last pin that succeeds, if `before` are known to."""
    kernel = Kernel(release)
    folio = kernel.alloc_folio(order)
    kernel.try_grab_folio(folio, before, FOLL_PIN)
    while True:
        try:
            kernel.try_grab_folio(folio, 1, FOLL_PIN)
        except OSError:
            return before
        before += 1


def two_zero_pages() -> dict[str, int | None]:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    huge = mm.mmap(512 * PAGE_SIZE, order=9)
    mm.read(huge, 1)
    for addr in (mm.mmap(64 * PAGE_SIZE), huge):
        kernel.submit_dio_write(mm, addr, 64)
    return {
        "refcount of the zero page": kernel.zero_page.refcount,
        "refcount of the huge zero folio": kernel.huge_zero_folio.refcount,
        "pincount of the huge zero folio": kernel.huge_zero_folio.pincount,
    }


def pinned_once(order: int) -> int:
    """The refcount of a fresh folio of which one page is pinned."""
    kernel = Kernel("6.18")
    folio = kernel.alloc_folio(order)
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    return folio.refcount


Counters = tuple[int, int, int | None]


def grab(refcount: int, pincount: int | None, refs: int) -> Counters:
    """The grab as the lesson tells it."""
    if refcount <= 0:
        return -12, refcount, pincount
    after = wrap(refcount + refs * (1024 if pincount is None else 1))
    return 0, after, None if pincount is None else pincount + refs


RIGHT: dict[str, object] = {
    "one-madvise": pins_of_100_writes(),
    "one-pin": pinned_once(order=9),
    "page-7": page_7(),
    "maybe-pinned": looks_pinned(),
    "folio-limit": last_pin("6.18", 9, 2**31 - 3),
    "two-zero-pages": two_zero_pages(),
    "grab-a-folio": grab,
    "pin-pages": counters(seed=0),
    "two-counters": left(seed=0),
    "find-the-put": wrong_release(seed=0),
}


@pytest.mark.parametrize(
    ("id", "answer", "answers"),
    [
        ("pin-pages", counters, 10),
        ("two-counters", left, 30),
        ("find-the-put", wrong_release, 5),
    ],
)
def test_every_seed_has_the_answer_that_was_worked_out_elsewhere(
    id: str, answer: Callable[[int], object], answers: int
) -> None:
    assert [seed for seed in SEEDS if not lab.check(id, answer(seed), seed).right] == []
    assert len({str(answer(seed)) for seed in SEEDS}) >= answers


def test_1024_for_each_page_is_an_idea_wherever_there_is_a_pincount() -> None:
    ideas = {True: set(), False: set()}  # type: dict[bool, set[str | None]]
    for seed in SEEDS:
        answer = counters(seed)
        wrong = answer | {"refcount": 1 + 1024 * answer["pincount"]}
        ideas[answer["pincount"] > 0].add(lab.check("pin-pages", wrong, seed).misconception)
    assert ideas[True] == {"every-pin-adds-1024"}
    assert "every-pin-adds-1024" not in ideas[False]


def test_two_counters_has_both_kinds_left_and_one_call_undone() -> None:
    for seed in SEEDS:
        assert min(left(seed).values()) > 0
        pages = Counter[str]()
        for event in trace("two-counters", seed):
            pages[event.operation] += event.pages
        assert pages["unpin"] == pages["pin"] - left(seed)["pins"] > 0
        reply = lab.check("two-counters", left(seed) | {"pins": pages["pin"]}, seed)
        assert "Some of these were released again" in reply.text


def test_a_put_for_an_unpin_hides_in_the_refcount_and_shows_in_the_pincount() -> None:
    for seed in SEEDS:
        events = trace("find-the-put", seed)
        assert events[-1].refcount_after == 1
        assert events[-1].pincount_after == events[wrong_release(seed)].pages


def test_a_release_of_the_right_kind_is_told_what_was_taken() -> None:
    kinds = {"unpin": "pins", "put": "references"}
    for seed in SEEDS:
        for event in trace("find-the-put", seed):
            if event.operation in kinds and event.step != wrong_release(seed):
                reply = lab.check("find-the-put", event.step, seed)
                told = f"{event.actor} took {kinds[event.operation]}, and {event.operation}s them."
                assert told in reply.text


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda r, p, n: (*grab(r, None, n)[:2], grab(r, p, n)[2]), "every-pin-adds-1024"),
        (lambda r, p, n: (-12, r, p) if p is not None and p + n > 2**21 else grab(r, p, n),
         "large-folios-overflow-at-2^21"),
        (lambda r, p, n: grab(r, p, 1), "and not each call"),
        (lambda r, p, n: grab(r, p, n) if p else (*grab(r, None, n)[:2], p),
         "A pincount of 0 is a pincount"),
        (lambda r, p, n: (grab(r, p, n)[0], grab(r, p, n)[1] if p is None else r,
                          grab(r, p, n)[2]), "else the folio could be freed under the pin"),
        (lambda r, p, n: (*grab(r, p, n)[:2], p), "The pincount is there to be counted up"),
        (lambda r, p, n: (0, wrap(r + 1024 * n), None) if p is None else (0, wrap(r + n), p + n),
         "is refused first"),
    ],
)  # fmt: skip
def test_a_wrong_grab_is_known_however_it_is_written(function: object, told: str) -> None:
    reply = lab.check("grab-a-folio", function)
    assert reply.right is False
    assert told == reply.misconception or told in reply.text


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("grab-a-folio", lambda r, p, n: (0, r + 1024 * n, p and p + n))
    asked = "`grab(refcount=1, pincount=0, refs=1)`: expected (0, 2, 1), came (0, 1025, 0)"
    assert asked in reply.text
    assert "1 -> 2" in reply.details
    assert "0 -> 1" in reply.details


def test_the_states_are_as_many_as_the_lesson_says_and_show_both_sides_of_the_end() -> None:
    found = exercise("grab-a-folio")
    assert isinstance(found, Program)
    assert len(set(found.states)) == len(found.states) == 90
    ends = {(p is None, grab(r, p, n)[0], grab(r, p, n)[1] > 0) for r, p, n in found.states}
    assert ends == {
        (none, *end) for none in (True, False) for end in ((0, True), (0, False), (-12, False))
    }


SVG = "{http://www.w3.org/2000/svg}"
STATES = [
    PinnedFolio(release, order, pages)
    for release in ("5.6", "5.7", "5.17", "5.18", "6.18")
    for order in (0, 1, 2, 3, 9, 10)
    for pages in (1, 5, 64, 1024)
]
each_state = pytest.mark.parametrize("pinned", STATES, ids=str)


def by_rule(pinned: PinnedFolio) -> tuple[int, int | None]:
    return added(pinned.release, pinned.order, min(pinned.wanted, 2**pinned.order))


@each_state
def test_the_counters_go_up_by_what_the_rule_says_and_are_told(pinned: PinnedFolio) -> None:
    refcount, pincount = by_rule(pinned)
    assert pinned.refcount == (1, 1 + refcount)
    assert pinned.pincount == (None if pincount is None else (0, pincount))
    changes = [f"1 → {1 + refcount}"] + ([] if pincount is None else [f"0 → {pincount}"])
    words = [text.text or "" for text in ET.fromstring(cards(pinned).svg).iter(f"{SVG}text")]
    for told in (words, [sentence(pinned)]):
        assert all(any(change in line for line in told) for change in changes)
        assert any(f"+{refcount}" in line for line in told)
    assert ("no pincount" in words) == (pincount is None)


@each_state
def test_pinned_pages_are_hatched_and_counters_have_their_colours(pinned: PinnedFolio) -> None:
    svg = ET.fromstring(cards(pinned).svg)
    drawn: list[Any] = [rect.attrib for rect in svg.iter(f"{SVG}rect")][2:]
    side = min(40, 128 // 2 ** -(-pinned.order // 2))
    inside = [r for r in drawn if float(r["x"]) < here.FIELD + 10 and r["fill"] == PINNED]
    area = sum(float(r["width"]) * float(r["height"]) for r in inside)
    assert area == min(pinned.wanted, 2**pinned.order) * side**2
    apart = [] if by_rule(pinned)[1] is None else [PINNED]
    assert [r["fill"] for r in drawn if r["width"] == "10"] == [REFERENCE, PINNED, *apart]
    assert sum("stroke-dasharray" in r for r in drawn) == (by_rule(pinned)[1] is None)
    for rect in drawn:
        x, y, width, height = (float(rect[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= float(svg.attrib["width"])
        assert 0 <= y <= y + height <= float(svg.attrib["height"])
    for line in svg.iter(f"{SVG}text"):
        bold = line.get("font-weight") == "bold"
        wide = measured(line.text or "", int(line.attrib["font-size"]), bold=bold)
        start = line.get("text-anchor") == "start"
        assert float(line.attrib["x"]) + wide * start <= here.WIDTH


@pytest.mark.parametrize(
    ("release", "order", "verdict"),
    [("6.18", 9, "Certainly"), ("5.17", 1, "Maybe"), ("6.18", 0, "Maybe"), ("5.6", 9, "No tell")],
)
def test_whether_the_kernel_can_tell_and_where_it_ends(
    release: str, order: int, verdict: str
) -> None:
    pinned = PinnedFolio(release, order)
    assert f"Is it pinned? {verdict}" in sentence(pinned)
    assert last_pin(release, order, pinned.last - 2) == pinned.last


def test_pages_that_the_folio_has_not_are_told() -> None:
    assert "1 page, 1 pinned, which is all:" in sentence(PinnedFolio("6.18", 0, 64))
    assert "all" not in counted(PinnedFolio("6.18", 9, 64))


def test_folios_stand_two_in_a_row_with_verdicts_where_they_are_wanted() -> None:
    svg = ET.fromstring(here.folios(0, 9, 10, pages=2).svg)
    heads = [t for t in svg.iter(f"{SVG}text") if ", order " in str(t.text)]
    places = [(t.get("x"), t.get("y")) for t in heads]
    assert places == [("10", "22"), (str(here.WIDTH + 10), "22"), ("10", str(here.HEIGHT + 22))]
    plain, told = here.folios(0, 9), here.folios(0, 9, verdicts=True)
    for words in ("maybe", "certainly", "2³¹ - 1"):
        assert words not in (plain.svg + plain.alt).casefold()
        assert words in told.svg.casefold()
    assert told.svg == cards(PinnedFolio(order=0), PinnedFolio(order=9)).svg


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: here.folios(), ValueError, "no orders"),
        (lambda: here.folios(11), ValueError, "order is 11"),
        (lambda: here.folios(9, pages=0), ValueError, "pages is 0"),
        (lambda: here.folios(9, release="5.5"), ValueError, r"release is '5\.5'"),
        (lambda: here.pinned_folio(order=11), ValueError, "order is 11: "),
        (lambda: here.pinned_folio(pages=1025), ValueError, "pages is 1025: "),
        (lambda: here.pinned_folio(release="6.1"), ValueError, r"release is '6\.1': allowed are 5"),
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


def test_the_exhibit_shows_what_is_set() -> None:
    begun = Parts(here.pinned_folio(order=1, pages=2, release="5.17"))
    assert begun.sentence == cards(PinnedFolio("5.17", 1, 2)).twin
    parts = Parts(here.pinned_folio())
    assert parts.sentence == cards(PinnedFolio(order=9, wanted=64)).twin
    for pinned in STATES[::7]:
        parts.toggle.value = pinned.release
        for row, number in zip(parts.rows, (pinned.order, pinned.wanted), strict=True):
            row.box.value = number
        assert parts.picture == cards(pinned).svg
        assert parts.sentence == cards(pinned).twin


APART, TOGETHER, AS_REFERENCE = Added(1, 1), Added(1024, None), Added(1, None)


def test_the_rows_are_the_releases_that_changed_something() -> None:
    rows = here.eras()
    assert rows == {
        "5.6": (AS_REFERENCE,) * 11,
        "5.7": (TOGETHER,) * 2 + (APART,) * 9,
        "5.18": (TOGETHER,) + (APART,) * 10,
    }
    for release in (release for release in Kernel.releases() if release.count(".") == 1):
        told = tuple(here.added(release, order) for order in range(11))
        assert told == tuple(Added(*added(release, order, 1)) for order in range(11))


def test_the_grid_has_each_number_in_a_box_and_tells_each_row() -> None:
    drawing = here.pins_by_order()
    svg = ET.fromstring(drawing.svg)
    told = [t.text for t in svg.iter(f"{SVG}text") if str(t.text).startswith("+")]
    assert told.count("+1024") == 3
    assert told.count("+1") == 11 + 2 * (9 + 10)
    boxes = [r.attrib for r in list(svg.iter(f"{SVG}rect"))[2:]]
    assert len(boxes) == len(told)
    fills = [box["fill"] for box in boxes]
    assert (fills.count("white"), fills.count(PINNED)) == (11 + 11 + 11, 9 + 10)
    spans = sorted((float(b["y"]), float(b["x"]), float(b["x"]) + float(b["width"])) for b in boxes)
    assert all(y != below or end <= start for (y, _, end), (below, start, _) in pairwise(spans))
    assert max(end for _, _, end in spans) <= float(svg.attrib["width"])
    assert drawing.twin.split("\n") == [
        "From Linux 5.6 on the pin of one page adds: in orders 0 to 10 +1 to the refcount.",
        "From Linux 5.7 on the pin of one page adds: in orders 0 to 1 +1024 to the refcount; "
        "in orders 2 to 10 +1 to the refcount and +1 to the pincount.",
        "From Linux 5.18 on the pin of one page adds: in order 0 +1024 to the refcount; "
        "in orders 1 to 10 +1 to the refcount and +1 to the pincount.",
    ]


@pytest.mark.parametrize("name", here.BUILDS)
def test_the_model_of_a_kernel_reads_what_was_recorded_on_it(name: str) -> None:
    kernel, build = here.BUILDS[name]
    for readers in here.READERS:
        folio = here.modelled(kernel, readers)
        assert folio.refcount == here.recorded(name, readers) == 1 + 1024 * readers
    found = recording(kernel, "held_pins", "hugezero_hold8", build)
    assert (found["is_huge_zero"], found["pincount_after"]) == (1, folio.pincount)


def test_the_table_has_the_model_the_kernels_and_the_zero_page() -> None:
    table = here.huge_zero_readers()
    assert list(table.index) == [1, 2, 4, 8]
    assert [*table.columns][:-1] == ["pins held", "model", *here.BUILDS]
    assert list(table["pins held"]) == [1024, 2048, 4096, 8192]
    assert all(list(table[name]) == [1025, 2049, 4097, 8193] for name in ("model", *here.BUILDS))
    assert [row[-1] for row in table.rows().values()] == [1, 1, 1, 1]
