"""Values of rules that no release ever had: what each of them changes, and that nothing else does.

The numbers are worked out by hand: a zero page starts at 1, a pin of a small page is worth 1024.
"""

import pytest

from pinlab import FOLL_GET, FOLL_PIN, InvariantError, Kernel, Page
from pinlab.model import rules

ONE_MAPPED = 1


def zero_page(kernel: Kernel) -> tuple[int | None, ...]:
    page, vmstat = kernel.zero_page, kernel.vmstat
    return page.refcount, page.pincount, *vmstat.values()


def pinned(kernel: Kernel, nr_pages: int = 3) -> list[Page]:
    mm = kernel.new_mm()
    return mm.pin_user_pages(mm.mmap(nr_pages * 4096), nr_pages)


@pytest.mark.parametrize(
    ("still", "during", "after"),
    [
        ("nothing", (1, None, 0, 0), (1, None, 0, 0)),
        ("pincount", (1, 3, 0, 0), (1, 0, 0, 0)),
        ("refcount", (4, 0, 0, 0), (1, 0, 0, 0)),
        ("vmstat", (1, None, 3, 0), (1, None, 3, 3)),
    ],
)
def test_one_counter_still_counts_pins_of_the_zero_page(
    still: str, during: tuple[object, ...], after: tuple[object, ...]
) -> None:
    kernel = Kernel("6.5", zero_page_still_counts=still)
    pages = pinned(kernel)
    assert pages == [kernel.zero_page] * 3
    assert zero_page(kernel) == during
    kernel.unpin_user_pages(pages)
    assert zero_page(kernel) == after
    mm = kernel.new_mm()
    (page,) = mm.get_user_pages(mm.mmap(4096), 1)
    assert zero_page(kernel) == (2, *after[1:])  # references do not care
    kernel.put_page(page)
    assert zero_page(kernel) == after
    folio = kernel.alloc_folio()
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    assert folio.refcount == (1025 if folio.pincount is None else 2)
    assert (folio.pincount == 1) == (still in ("pincount", "refcount"))


@pytest.mark.parametrize(
    ("still", "broken"),
    [
        ("pincount", "pincount-is-the-pins"),
        ("refcount", "refcount-is-the-holds"),
        ("vmstat", "vmstat-is-the-pins"),
    ],
)
@pytest.mark.parametrize("nr_pages", [1, 3])
def test_the_invariant_names_the_counter_that_still_counts(
    still: str, broken: str, nr_pages: int
) -> None:
    kernel = Kernel("6.5", zero_page_still_counts=still)
    pages = pinned(kernel, nr_pages)
    with pytest.raises(InvariantError) as caught:
        kernel.check()
    complaints = str(caught.value).partition("\n\n")[0].splitlines()
    assert [line.partition(":")[0] for line in complaints] == [broken]
    kernel.unpin_user_pages(pages)
    kernel.check()


def test_a_refcount_that_still_counts_can_reach_0_by_one_unpin_too_many() -> None:
    kernel = Kernel("6.5", zero_page_still_counts="refcount")
    kernel.unpin_user_page(kernel.zero_page)
    assert kernel.zero_page.refcount == 0
    assert kernel.warnings == ["BUG: Bad page state: the refcount of the zero page is 0"]


def test_references_to_the_zero_page_can_be_skipped() -> None:
    kernel = Kernel("6.5", zero_page_gets="skipped")
    mm = kernel.new_mm()
    pages = mm.get_user_pages(mm.mmap(3 * 4096), 3)
    assert pages == [kernel.zero_page] * 3
    kernel.get_page(kernel.zero_page)
    kernel.try_grab_folio(kernel.zero_page.folio, 7, FOLL_GET)
    assert kernel.try_grab_folio_fast(kernel.zero_page.folio, 7, FOLL_GET)
    assert zero_page(kernel) == (1, None, 0, 0)
    for page in (*pages, kernel.zero_page):
        kernel.put_page(page)
    assert zero_page(kernel) == (1, None, 0, 0)
    kernel.check()
    told = {(event.operation, event.note) for event in kernel.trace[1:]}
    assert told == {(name, "not counted") for name in ("get", "get, fast", "put", "get_page")}


@pytest.mark.parametrize("release", ["5.6", "5.7", "6.5", "6.6", "6.18"])
def test_pins_of_the_huge_zero_folio_can_be_skipped(release: str) -> None:
    """5.6 and 6.6 grab several pages of one folio in ways of their own."""
    kernel = Kernel(release, huge_zero_pins="skipped")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * 4096, order=9)
    slow, fast = mm.pin_user_pages(addr, 5), mm.pin_user_pages_fast(addr, 5)
    huge = kernel.huge_zero_folio
    assert {page.folio for page in slow + fast} == {huge}
    assert (huge.refcount, huge.pincount or 0, kernel.vmstat["nr_foll_pin_acquired"]) == (1, 0, 0)
    kernel.unpin_user_pages(slow + fast)
    assert (huge.refcount, huge.freed) == (1, False)
    kernel.check()


@pytest.mark.parametrize("still", ["nothing", "pincount", "refcount", "vmstat"])
def test_two_wrong_rules_do_not_meet(still: str) -> None:
    """What is left out for one kind of hold is not moved by a rule for another."""
    kernel = Kernel(
        "6.5", zero_page_still_counts=still, zero_page_gets="skipped", huge_zero_pins="skipped"
    )
    zero, huge = kernel.zero_page.folio, kernel.huge_zero_folio
    fresh = [(f.refcount, f.pincount) for f in (zero, huge)]
    kernel.try_grab_folio(zero, 3, FOLL_GET)
    kernel.try_grab_folio(huge, 3, FOLL_PIN)
    assert [(f.refcount, f.pincount) for f in (zero, huge)] == fresh
    assert kernel.vmstat["nr_foll_pin_acquired"] == 0
    kernel.try_grab_folio(huge, 3, FOLL_GET)
    assert (huge.refcount, huge.pincount) == (4, 0)
    assert [event.pages for event in kernel.trace] == [3, 3, 3]
    kernel.check()


def test_no_release_has_a_hypothetical_value() -> None:
    for release in Kernel.releases():
        chosen = Kernel(release).rules
        for rule, values in rules.HYPOTHETICAL.items():
            assert getattr(chosen, rule) not in values
            assert set(values) < set(rules.CHOICES[rule])
