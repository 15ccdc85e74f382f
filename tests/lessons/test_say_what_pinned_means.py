"""Lesson 09: its exercises right where the model and the corpus are; lenses."""

import csv
import re
import xml.etree.ElementTree as ET
from itertools import product
from typing import Any, cast

import pytest

from pinlab import FOLL_GET, PAGE_SIZE, Kernel, lab
from pinlab.data_folder import DATA
from pinlab.lab.exercise import Program
from pinlab.lab.held_page import HeldPage
from pinlab.lab.palette import EDGE
from pinlab.lab.problems import exercise
from pinlab.lab.svg import measured
from pinlab.lessons import say_what_pinned_means as here
from pinlab.words import SENSES, senses
from tests.lab.parts import Parts

SEEDS = range(50)

F, R, M, C, U, V = ("foll-pin", "any-reference", "refcount-says-maybe", "pincount-above-zero",
                    "unevictable", "pinned-vm")  # fmt: skip

with (DATA / "terms.csv").open(newline="", encoding="utf-8") as file:
    ROWS = {row["id"]: row for row in csv.DictReader(file)}

WITH_6_5: dict[str, set[str]] = {
    "mail-millions-pins": {F, M},
    "mail-by-refcount": {R},
    "mail-note": {F, C, U, V},
    "mail-pinned-pages": set(),
    "mail-pin-counter": {F, C},
    "rst-get-pins": {R},
    "pagemap-somehow": {U},
    "proc-vmpin": {V},
}
"""In which senses each sentence is true, by hand."""

EARLIER = {"mail-note": {C, U, V}, "mail-pinned-pages": {F, R, M}}
"""What is otherwise before 6.5, where a pin of the zero page is counted."""

LIT: dict[str, set[str]] = {
    "a page that is only mapped": set(),
    "a page with a reference": {R},
    "a page with 1023 references": {R, M},
    "a page with a pin": {F, R, M},
    "a page that is mlocked": {U},
    "a page in a registered buffer": {F, R, M, V},
    "a 2 MiB page with a reference": {R},
    "a 2 MiB page with a pin": {F, R, C},
    "the zero page, returned by pin_user_pages": {F, R, M},
    "the zero page, pinned, with a reference besides": {F, R, M},
    "the zero page, pinned, with 1023 references besides": {F, R, M},
}
"""Who says yes of each page before 6.5, since there is a bias."""


def lit(page: str, release: str) -> set[str]:
    """Who says yes of a page, by hand."""
    if release == "5.6":
        return LIT[page] - (set() if "1023" in page else {M, C})
    if release == "6.5" and page.startswith("the zero page"):
        return {R} | ({M} if "1023" in page else set()) if page.endswith("besides") else set()
    return LIT[page]


def question(id: str, seed: int) -> str:
    return exercise(id, seed).question


def quoted(id: str, seed: int) -> list[dict[str, str]]:
    """The rows of the corpus that a question may quote: its words, and where they stand."""
    first, _, who = question(id, seed).partition("> ")[2].partition("\n>\n> — ")
    return [
        row
        for row in ROWS.values()
        if row["words"] == first and (row["speaker"] or f"in {row['file']}") in who
    ]


def numbers(seed: int) -> dict[str, int]:
    """What `vmpin` asks for, from the numbers in its question."""
    text = question("vmpin", seed).replace("6.5", "").replace("4 KiB", "")
    first, second, _, flight, _ = map(int, re.findall(r"\d+", text))
    return {"VmPin": 4 * (first + second), "pins": first + second + flight}


def true_in(seed: int) -> set[str]:
    """What `true-under` asks for."""
    found = re.search(r"true on Linux ([\d.]+)", question("true-under", seed))
    assert found is not None
    ids = [row["id"] for row in quoted("true-under", seed) if row["id"] in WITH_6_5]
    table = WITH_6_5 if found[1] == "6.5" else WITH_6_5 | EARLIER
    (id,) = ids
    return table[id]


def left(seed: int) -> set[str]:
    """What `read-the-trace` asks for, by going through its lines."""
    trace = lab.given("read-the-trace", seed)
    assert isinstance(trace, list)
    pins = gets = buffers = 0
    mlocked = False
    for event in trace:
        name = event.operation.removesuffix(", fast")
        pins += {"pin": event.pages, "unpin": -event.pages}.get(name, 0)
        gets += {"get": event.pages, "put": -event.pages}.get(name, 0)
        if "buffer" in event.actor:
            buffers += 1 if name == "pin" else -1
        mlocked = {"mlock": True, "munlock": False}.get(name, mlocked)
    last = trace[-1]
    says = {
        F: pins > 0,
        R: pins + gets > 0,
        M: last.refcount_after >= 1024,
        C: bool(last.pincount_after),
        U: mlocked,
        V: buffers > 0,
    }
    return {sense for sense, yes in says.items() if yes}


def telling(seed: int) -> set[str]:
    """The pages of `tell-apart` that tell, by hand; none of these if there is none."""
    text = question("tell-apart", seed)
    found = re.search(r'Linux ([\d.]+): "whenever (\S+) says yes, (\S+) says', text)
    assert found is not None
    release, yes, no = found[1], found[2], found[3]
    pages = re.findall(r"^- (.*)$", text, re.MULTILINE)
    fitting = {
        p for p in pages if p in LIT and yes in lit(p, release) and no not in lit(p, release)
    }
    return fitting or {"none of these"}


def six_answers() -> set[str]:
    """Who says yes in the model of an mlocked page of 6.5 with one reference."""
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    mm.mlock(addr, PAGE_SIZE)
    (page,) = mm.get_user_pages(addr, 1)
    return set(senses(page).lit)


def says(held: HeldPage) -> dict[str, bool]:
    """Who says yes, by arithmetic."""
    pins = held.pins + held.registered
    apart = held.order == 9 and held.release != "5.6"
    weight = 1 if apart or held.release == "5.6" else 1024
    refcount = 1 + held.references + pins * weight
    return {
        F: pins > 0,
        R: pins + held.references > 0,
        M: refcount >= 1024,
        C: apart and pins > 0,
        U: held.mlocked,
        V: held.registered,
    }


USES = {
    "RDMA": "umem-get",
    "vfio": "vfio-static",
    "direct I/O": "dio-is-pinned",
    "ring": "io-uring-region",
    "data": "rst-case-5",
}
"""Uses of FOLL_PIN, and the place of the corpus that tells of each."""

ANSWERS: dict[str, Any] = {
    "vmpin": numbers,
    "true-under": true_in,
    "read-the-trace": left,
    "tell-apart": lambda seed: next(iter(telling(seed))),
}
RIGHT: dict[str, object] = {
    "six-answers": six_answers(),
    "second-lens": next(n for n in range(2000) if says(HeldPage(references=n))[M]),
    "no-dma": {use for use, id in USES.items() if ROWS[id]["dma"] == "no"},
    **{id: answer(0) for id, answer in ANSWERS.items()},
}


@pytest.mark.parametrize("id", ANSWERS)
def test_every_seed_has_the_answer_that_its_question_asks_for(id: str) -> None:
    assert [seed for seed in SEEDS if not lab.check(id, ANSWERS[id](seed), seed).right] == []
    assert len({f"{lab.given(id, seed)}" for seed in SEEDS}) > 15
    assert len({str(exercise(id, seed).solution()) for seed in SEEDS}) > 5


def test_there_is_one_page_that_tells_or_none() -> None:
    assert {len(telling(seed)) for seed in SEEDS} == {1}
    assert {"none of these"} in [telling(seed) for seed in SEEDS]


def test_what_the_counters_tell_is_what_the_text_has_as_a_program() -> None:
    found = exercise("told")
    assert isinstance(found, Program)
    names: dict[str, Any] = {}
    exec(found.source, names)
    for state in found.states:
        refcount, pincount, mappings = state
        assert here.told_by(*state) == names["told"](*state)
        assert refcount >= mappings + (pincount or 0)
    for idea, function in found.wrong:
        reply = lab.check("told", function)
        assert (reply.right, reply.misconception == idea) == (False, " " not in idea)
        assert "beyond the mappings" in reply.details


@pytest.mark.parametrize("release", ["6.4", "6.5"])
def test_each_sentence_has_the_senses_in_which_it_is_true(release: str) -> None:
    expected = WITH_6_5 if release == "6.5" else WITH_6_5 | EARLIER
    told = here.true_in(release).rows()
    assert {id: set(some.split(", ")) - {"in none"} for id, (some,) in told.items()} == expected


def test_a_device_is_not_taken_for_granted() -> None:
    assert lab.check("no-dma", {"data"}).misconception == "dma-pinned-means-dma"
    assert lab.check("no-dma", {"data", "ring", "vfio"}).misconception is None


def test_vmpin_is_not_taken_for_the_pins() -> None:
    right = numbers(seed=3)
    swapped = {"VmPin": 4 * right["pins"], "pins": right["VmPin"] // 4}
    assert lab.check("vmpin", swapped, 3).misconception == "vmpin-counts-pins"


def test_a_half_right_account_of_vmpin_is_told_which_half() -> None:
    """Of seed 0: buffers of 5 and 34 pages with one in both, 3 in flight, 8 mlocked."""
    both = str(lab.check("vmpin", {"VmPin": 4 * (5 + 34 + 3 + 8), "pins": 3}, 0))
    assert "Neither a request in flight nor mlock" in both
    assert "registered buffer are pinned as well" in both
    once = str(lab.check("vmpin", {"VmPin": 0, "pins": 5 + 34 - 1}, 0))
    assert "and the request has pins, too" in once


SVG = "{http://www.w3.org/2000/svg}"
STATES = [
    HeldPage(release, order, references, pins, mlocked, registered)
    for release, order, references, pins, (mlocked, registered) in product(
        ("5.6", "5.7", "6.18"), (0, 9), (0, 1, 1023, 2**21), (0, 1, 2**21),
        ((False, False), (True, False), (False, True), (True, True)),
    )
]  # fmt: skip


def test_who_says_yes_is_who_does_by_arithmetic() -> None:
    for held in STATES:
        assert dict(senses(held.page)) == says(held), held
        held.page.folio.kernel.check()


UNDER = here.page_under_lenses()


def under(held: HeldPage) -> Parts:
    """The one exhibit with its controls moved to how a page is held."""
    parts = Parts(UNDER)
    parts.menu.value, parts.toggle.value = held.order, held.release
    for switch, on in zip(parts.switches, (held.mlocked, held.registered), strict=True):
        switch.value = on
    for row, number in zip(parts.rows, (held.references, held.pins), strict=True):
        row.box.value = number
    return parts


def texts(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}text"))


def glasses(svg: str, radius: int) -> list[ET.Element]:
    return [c for c in ET.fromstring(svg).iter(f"{SVG}circle") if c.get("r") == str(radius)]


@pytest.mark.parametrize("held", STATES[::7], ids=str)
def test_a_lens_is_lit_where_its_sense_holds_and_the_words_say_the_same(held: HeldPage) -> None:
    parts, yes = under(held), list(says(held).values())
    lit = glasses(parts.picture, here.RADIUS)
    assert [c.get("fill") == EDGE for c in lit] == yes
    assert [c.get("stroke-dasharray") is None for c in lit] == yes
    words = [text.text or "" for text in texts(parts.picture)]
    assert [word == "yes" for word in words if word in ("yes", "no")] == yes
    assert [word for word in words if word in SENSES] == list(SENSES)
    assert f"Linux {held.release}: {held.words}" in words
    named, others = parts.sentence.split("Yes: ")[1].split(" No: ")
    assert set(named.rstrip(".").split(", ")) - {"nobody"} == {
        s for s, y in says(held).items() if y
    }
    dark = yes.count(False)
    assert others == {0: "nobody.", 6: "all 6."}.get(dark, f"the other {dark}.")


FILM = cast("lab.Drawing", here.page_under_lenses().filmstrip)


@pytest.mark.parametrize("svg", [*(under(held).picture for held in STATES[::29]), FILM.svg])
def test_nothing_is_drawn_outside(svg: str) -> None:
    height = float(ET.fromstring(svg).attrib["height"])
    for line in texts(svg):
        size, bold = int(line.attrib["font-size"]), line.get("font-weight") == "bold"
        wide = measured(line.text or "", size, bold=bold)
        x = float(line.attrib["x"]) - (wide / 2 if line.get("text-anchor") == "middle" else 0)
        assert 0 <= x <= x + wide <= here.WIDTH
        assert 0 < float(line.attrib["y"]) < height
        if size == 13:  # what a sense asks, beside its glass
            assert x % here.LENS + wide <= here.LENS + here.MARGIN


def test_a_page_of_any_machine_has_its_lenses() -> None:
    kernel = Kernel("6.4")
    kernel.try_grab_folio(kernel.zero_page.folio, 3, FOLL_GET)
    drawing = here.lenses(kernel.zero_page)
    assert drawing.twin == (
        "Linux 6.4, zero page: refcount 4, no pincount. Pinned? Yes: any-reference. "
        "No: the other 5."
    )
    assert "Linux 6.4: zero page" in [text.text for text in texts(drawing.svg)]
    with pytest.raises(TypeError, match="page is 'page'"):
        here.lenses("page")  # type: ignore[arg-type]


def test_the_filmstrip_shows_what_each_control_changes() -> None:
    told = FILM.twin.split("\n")
    assert len(told) == len(set(told)) == 8
    for what in ("1 reference:", "1023 references", "1 pin:", "2 MiB", "Linux 5.6", "mlocked",
                 "registered buffer"):  # fmt: skip
        assert any(what in line for line in told)
    lit = [c.get("fill") == EDGE for c in glasses(FILM.svg, here.SMALL)]
    pages = [
        HeldPage(), HeldPage(references=1), HeldPage(references=1023), HeldPage(pins=1),
        HeldPage(order=9, pins=1), HeldPage("5.6", 9, pins=1), HeldPage(mlocked=True),
        HeldPage(registered=True),
    ]  # fmt: skip
    assert lit == [yes for held in pages for yes in says(held).values()]


def test_it_begins_with_a_page_that_is_pinned_once_or_where_it_is_told_to() -> None:
    parts = Parts(here.page_under_lenses())
    assert (parts.menu.value, parts.toggle.value) == (0, "6.18")
    assert "4 KiB, 1 pin: refcount 1025" in parts.sentence
    nobody = Parts(here.page_under_lenses(pins=0)).sentence
    assert "held by nobody" in nobody
    assert "Yes: nobody." in nobody
    told = Parts(here.page_under_lenses(5, 2, 9, "5.7", mlocked=True, registered=True))
    same = under(HeldPage("5.7", 9, 5, 2, True, True))
    assert (told.picture, told.sentence) == (same.picture, same.sentence)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"order": 1}, ValueError, "order is 1: allowed are 0"),
        ({"references": -1}, ValueError, "references is -1: "),
        ({"pins": 2**21 + 1}, ValueError, "pins is 2097153: "),
        ({"pins": "1"}, TypeError, "pins is '1': "),
        ({"mlocked": 1}, TypeError, "mlocked is 1: "),
        ({"registered": 1}, TypeError, "registered is 1: "),
        ({"release": "6.1"}, ValueError, r"release is '6\.1': allowed are 5\.6, "),
    ],
)
def test_it_begins_within_its_ranges(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        here.page_under_lenses(**arguments)
