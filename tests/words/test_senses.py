"""Senses: one state for each, told from outside: by who was asked for what, not by the ledger."""

import pytest

from pinlab import FOLL_GET, INT_MAX, PAGE_SIZE, Kernel, Page
from pinlab.words import SENSES, senses
from pinlab.words.senses import COLUMNS

HUGE = 512 * PAGE_SIZE
IDS = ("foll-pin", "any-reference", "refcount-says-maybe", "pincount-above-zero", "unevictable",
       "pinned-vm")  # fmt: skip


def page_of(kernel: Kernel, order: int = 0) -> tuple[Page, int]:
    """A page that its process wrote, and where it is."""
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE, order)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    return page, addr


def lit(page: Page) -> set[str]:
    return {sense for sense, holds in senses(page).items() if holds}


def test_every_sense_says_what_and_where_from() -> None:
    assert tuple(SENSES) == IDS
    for name, sense in SENSES.items():
        assert sense.id == name
        assert "Documentation" in sense.source or ".c" in sense.source or ".h" in sense.source
        assert "6.18" in sense.source


@pytest.mark.parametrize("release", ["5.6", "5.7", "6.4", "6.18"])
def test_a_mapping_alone_is_no_pin(release: str) -> None:
    kernel = Kernel(release)
    assert lit(page_of(kernel)[0]) == lit(page_of(kernel, 9)[0]) == set()
    assert lit(kernel.zero_page) == lit(kernel.huge_zero_folio.page(3)) == set()


@pytest.mark.parametrize(
    ("release", "order", "expected"),
    [
        ("5.6", 0, {"foll-pin", "any-reference"}),
        ("5.6", 9, {"foll-pin", "any-reference"}),
        ("5.7", 0, {"foll-pin", "any-reference", "refcount-says-maybe"}),
        ("5.7", 9, {"foll-pin", "any-reference", "pincount-above-zero"}),
        ("6.5", 0, {"foll-pin", "any-reference", "refcount-says-maybe"}),
        ("6.5", 9, {"foll-pin", "any-reference", "pincount-above-zero"}),
    ],
)
def test_a_pin(release: str, order: int, expected: set[str]) -> None:
    kernel = Kernel(release)
    page, addr = page_of(kernel, order)
    kernel.mms[0].pin_user_pages(addr, 1)
    assert lit(page) == expected
    kernel.unpin_user_page(page)
    assert lit(page) == set()


@pytest.mark.parametrize(("references", "maybe"), [(1, False), (1022, False), (1023, True)])
def test_references_look_like_a_pin_from_1023_on(references: int, maybe: bool) -> None:
    kernel = Kernel("6.5")
    page, _ = page_of(kernel)
    for _ in range(references):
        kernel.get_page(page)
    expected = {"any-reference"} | ({"refcount-says-maybe"} if maybe else set())
    assert lit(page) == expected


def test_1023_children_look_like_a_pin_and_nobody_holds_anything() -> None:
    kernel = Kernel("6.5")
    page, _ = page_of(kernel)
    for _ in range(1022):
        kernel.mms[0].fork()
    assert lit(page) == set()
    kernel.mms[0].fork()
    assert lit(page) == {"refcount-says-maybe"}


def test_a_refcount_that_overflowed_still_says_maybe() -> None:
    kernel = Kernel("6.5")
    page, _ = page_of(kernel)
    kernel.try_grab_folio(page.folio, INT_MAX, FOLL_GET)
    assert page.refcount < 0
    assert lit(page) == {"any-reference", "refcount-says-maybe"}


def test_mlock_is_a_sense_of_its_own_and_vmpin_of_a_buffers_own_pages() -> None:
    kernel = Kernel("6.5")
    page, addr = page_of(kernel)
    other, there = page_of(kernel)
    locked, at = page_of(kernel)
    kernel.mms[2].mlock(at, PAGE_SIZE)
    buffer = kernel.mms[0].register_buffer(addr, 1)
    kernel.mms[1].pin_user_pages(there, 1)
    assert lit(page) - lit(other) == {"pinned-vm"}
    assert lit(other) == {"foll-pin", "any-reference", "refcount-says-maybe"}
    assert lit(locked) == {"unevictable"}
    buffer.unregister()
    assert lit(page) == set()


@pytest.mark.parametrize(
    ("release", "expected"),
    [("6.4", {"foll-pin", "any-reference", "refcount-says-maybe"}), ("6.5", set())],
)
def test_pinning_the_zero_page_is_pretended_since_6_5(release: str, expected: set[str]) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    assert mm.pin_user_pages(mm.mmap(PAGE_SIZE), 1) == [kernel.zero_page]
    assert lit(kernel.zero_page) == expected


def test_what_it_shows() -> None:
    kernel = Kernel("6.5")
    page, addr = page_of(kernel)
    kernel.mms[0].get_user_pages(addr, 1)
    found = senses(page)
    assert found["any-reference"] is True
    assert found["foll-pin"] is False
    assert dict(found) == {sense: sense == "any-reference" for sense in IDS}
    assert len(found) == 6
    assert (found.lit, found.dark) == (("any-reference",), tuple(i for i in IDS if i != IDS[1]))
    lines = str(found).splitlines()
    assert lines[0] == f"<Page {page.name} refcount=2> on Linux 6.5"
    assert [line.split()[:2] for line in lines[1:] if line[2] != " "] == [
        ["yes" if holds else "no", sense] for sense, holds in found.items()
    ]
    assert max(map(len, lines)) <= COLUMNS
    told = " ".join(str(found).split())
    assert all(" ".join([sense.id, sense.words]) in told for sense in SENSES.values())
    assert repr(found) == str(found)
    kernel.mms[0].pin_user_pages(addr, 1)
    assert found.lit == ("any-reference",)  # as it was then
