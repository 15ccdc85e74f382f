"""Grabbing and releasing: what is added, in which order it is checked, what comes back."""

import errno
from functools import partial

import pytest

from pinlab import (
    FOLL_GET,
    FOLL_LONGTERM,
    FOLL_PIN,
    FOLL_WRITE,
    INT_MAX,
    INT_MIN,
    Folio,
    Kernel,
)


def with_refcount(kernel: Kernel, refcount: int, order: int = 0) -> Folio:
    folio = kernel.alloc_folio(order)
    folio.refcount = refcount
    return folio


def refused(kernel: Kernel, folio: Folio, refs: int, flags: int) -> int | None:
    """Return the errno of a slow grab that fails, None if it succeeds."""
    try:
        kernel.try_grab_folio(folio, refs, flags)
    except OSError as error:
        return error.errno
    return None


@pytest.mark.parametrize(
    ("release", "order", "flags", "refcount", "pincount", "acquired"),
    [
        ("5.6", 0, FOLL_PIN, 4, None, 0),
        ("5.6", 9, FOLL_PIN, 4, None, 0),
        ("5.7", 0, FOLL_PIN, 1 + 3 * 1024, None, 3),
        ("5.7", 1, FOLL_PIN, 1 + 3 * 1024, None, 3),
        ("5.17", 2, FOLL_PIN, 4, 3, 3),
        ("5.18", 0, FOLL_PIN, 1 + 3 * 1024, None, 3),
        ("5.18", 1, FOLL_PIN, 4, 3, 3),
        ("6.18", 9, FOLL_PIN, 4, 3, 3),
        ("6.18", 0, FOLL_GET, 4, None, 0),
        ("6.18", 9, FOLL_GET, 4, 0, 0),
    ],
)
@pytest.mark.parametrize("fast", [False, True])
def test_what_three_grabs_add(
    release: str, order: int, flags: int, refcount: int, pincount: int | None, acquired: int,
    fast: bool,
) -> None:  # fmt: skip
    kernel = Kernel(release)
    folio = kernel.alloc_folio(order)
    grab = kernel.try_grab_folio_fast if fast else kernel.try_grab_folio
    assert grab(folio, 3, flags) is (True if fast else None)
    assert (folio.refcount, folio.pincount) == (refcount, pincount)
    assert kernel.vmstat == {"nr_foll_pin_acquired": acquired, "nr_foll_pin_released": 0}
    kernel.check()


@pytest.mark.parametrize("flags", [FOLL_GET, FOLL_PIN])
@pytest.mark.parametrize("refcount", [INT_MIN, -1023, -1, 0])
def test_both_paths_refuse_a_counter_that_is_not_positive(refcount: int, flags: int) -> None:
    kernel = Kernel("6.4")
    folio = with_refcount(kernel, refcount)
    assert kernel.try_grab_folio_fast(folio, 1, flags) is False
    # Fast GUP warns below zero only; at zero it refuses without a word (folio_ref_try_add).
    assert len(kernel.warnings) == (0 if refcount == 0 else 1)
    assert refused(kernel, folio, 1, flags) == errno.ENOMEM
    assert len(kernel.warnings) == (1 if refcount == 0 else 2)
    assert folio.refcount == refcount
    assert kernel.vmstat["nr_foll_pin_acquired"] == 0
    assert [event.note for event in kernel.trace[1:]] == ["refused", "refused"]


def test_a_pincount_wraps_too() -> None:
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio(9)
    kernel.try_grab_folio(folio, INT_MAX, FOLL_PIN)
    assert (folio.refcount, folio.pincount) == (INT_MIN, INT_MAX)
    folio.refcount = 1
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    assert (folio.refcount, folio.pincount) == (2, INT_MIN)


def test_plain_get_page_has_no_guard() -> None:
    kernel = Kernel()
    folio = with_refcount(kernel, INT_MAX)
    kernel.get_page(folio.page(0))
    assert folio.refcount == INT_MIN
    kernel.get_page(folio.page(0))
    assert folio.refcount == INT_MIN + 1
    kernel.put_page(folio.page(0))
    assert folio.refcount == INT_MIN
    assert kernel.warnings == []


@pytest.mark.parametrize(
    ("release", "flags", "refcount", "error", "warnings"),
    [
        ("5.17", 0, -5, None, 0),
        ("5.18", 0, -5, errno.ENOMEM, 1),
        ("5.14", FOLL_PIN, 0, errno.ENOMEM, 1),
        ("5.15.19", FOLL_PIN, 0, errno.ENOMEM, 0),
        ("5.15.24", FOLL_PIN, 0, errno.ENOMEM, 1),
        ("5.15", FOLL_PIN, 0, errno.ENOMEM, 0),
        ("5.15", FOLL_PIN, -1, errno.ENOMEM, 1),
        ("5.17", FOLL_PIN, 0, errno.ENOMEM, 1),
    ],
)
def test_when_the_slow_guard_looks_and_warns(
    release: str, flags: int, refcount: int, error: int | None, warnings: int
) -> None:
    kernel = Kernel(release)
    folio = with_refcount(kernel, refcount)
    assert refused(kernel, folio, 1, flags) == error
    assert (folio.refcount, len(kernel.warnings)) == (refcount, warnings)


@pytest.mark.parametrize(("release", "sites"), [("5.14", 2), ("5.15.16", 1), ("5.15.20", 2)])
def test_where_the_slow_grab_calls_the_fast_one_they_warn_at_one_site(
    release: str, sites: int
) -> None:
    kernel = Kernel(release)
    folio = with_refcount(kernel, -1)
    assert kernel.try_grab_folio_fast(folio, 1, FOLL_PIN) is False
    assert refused(kernel, folio, 1, FOLL_PIN) == errno.ENOMEM
    assert len(kernel.warnings) == sites


def test_neither_get_nor_pin_is_fine_slowly_and_a_bug_fast() -> None:
    kernel = Kernel()
    folio = kernel.alloc_folio()
    kernel.try_grab_folio(folio, 5, 0)
    assert (folio.refcount, kernel.warnings) == (1, [])
    assert kernel.try_grab_folio_fast(folio, 5, FOLL_WRITE) is False
    assert (folio.refcount, len(kernel.warnings)) == (1, 1)


def test_get_and_pin_together_are_refused() -> None:
    kernel = Kernel()
    folio = kernel.alloc_folio()
    assert refused(kernel, folio, 1, FOLL_GET | FOLL_PIN) == errno.EINVAL
    assert len(kernel.warnings) == 1
    assert kernel.try_grab_folio_fast(folio, 1, FOLL_GET | FOLL_PIN) is False
    assert folio.refcount == 1


@pytest.mark.parametrize(
    ("grab", "refcount", "slow_errno"), [("counted", 1 + 1024, None), ("skipped", 1, None),
                                         ("refused", 1, errno.ENOMEM)]
)  # fmt: skip
def test_a_slow_pin_of_the_zero_page(grab: str, refcount: int, slow_errno: int | None) -> None:
    kernel = Kernel("6.4", zero_page_grab=grab)
    zero = kernel.zero_page.folio
    assert refused(kernel, zero, 1, FOLL_PIN) == slow_errno
    assert zero.refcount == refcount
    assert kernel.vmstat["nr_foll_pin_acquired"] == (refcount - 1) // 1024
    assert kernel.warnings == []


@pytest.mark.parametrize("refcount", [0, -1])
def test_the_slow_guard_looks_before_the_zero_page_is_known(refcount: int) -> None:
    kernel = Kernel("6.5")
    kernel.zero_page.folio.refcount = refcount
    assert refused(kernel, kernel.zero_page.folio, 1, FOLL_PIN) == errno.ENOMEM


@pytest.mark.parametrize("fast", ["counted", "skipped"])
def test_the_fast_hunk_is_a_rule_of_its_own(fast: str) -> None:
    kernel = Kernel("6.4", zero_page_grab_fast=fast)
    assert kernel.try_grab_folio_fast(kernel.zero_page.folio, 2, FOLL_PIN) is True
    assert kernel.zero_page.refcount == (1 + 2048 if fast == "counted" else 1)


@pytest.mark.parametrize(("unpin", "refcount"), [("counted", 1 - 1024), ("skipped", 1)])
def test_the_unpin_hunk_is_a_rule_of_its_own(unpin: str, refcount: int) -> None:
    kernel = Kernel("6.4", zero_page_grab="skipped", zero_page_unpin=unpin)
    kernel.try_grab_folio(kernel.zero_page.folio, 1, FOLL_PIN)
    kernel.unpin_user_page(kernel.zero_page)
    assert kernel.zero_page.refcount == refcount
    assert kernel.vmstat["nr_foll_pin_released"] == (1 if unpin == "counted" else 0)


def test_unpin_user_pages_takes_each_run_of_one_folio_at_once() -> None:
    kernel = Kernel("6.4")
    small, large = kernel.alloc_folio(), kernel.alloc_folio(2)
    kernel.try_grab_folio(small, 3, FOLL_PIN)
    kernel.try_grab_folio(large, 2, FOLL_PIN)
    at = len(kernel.trace)
    pages = [small.page(0)] * 2 + [large.page(0), large.page(1)] + [small.page(0)]
    kernel.unpin_user_pages(pages)
    assert [(event.page, event.pages) for event in kernel.trace[at:]] == [
        (small.name, 2), (large.name, 2), (small.name, 1),
    ]  # fmt: skip
    assert (small.refcount, large.refcount, large.pincount) == (1, 1, 0)


def test_a_refcount_that_reaches_zero_frees_the_folio() -> None:
    kernel = Kernel()
    folio = kernel.alloc_folio()
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    kernel.put_page(folio.page(0))
    assert (folio.refcount, folio.freed) == (1024, False)
    kernel.unpin_user_page(folio.page(0))
    assert (folio.refcount, folio.freed) == (0, True)
    kernel.check()


@pytest.mark.parametrize(
    ("release", "order", "refcount", "pincount", "expected"),
    [
        ("6.5", 0, 1023, None, False),
        ("6.5", 0, 1024, None, True),
        ("6.5", 0, INT_MAX, None, True),
        ("6.5", 0, -1, None, True),
        ("6.5", 0, INT_MIN, None, True),
        ("6.5", 0, 0, None, False),
        ("6.5", 9, 5000, 0, False),
        ("6.5", 9, 2, 1, True),
        ("5.7", 1, 1024, None, True),
        ("5.6", 0, 5000, None, False),
    ],
)
def test_maybe_dma_pinned(
    release: str, order: int, refcount: int, pincount: int | None, expected: bool
) -> None:
    kernel = Kernel(release)
    folio = with_refcount(kernel, refcount, order)
    assert folio.pincount is None or pincount is not None
    folio.pincount = pincount
    assert kernel.folio_maybe_dma_pinned(folio) is expected


@pytest.mark.parametrize(
    ("refcount", "expected"),
    [(1, False), (0, True), (-1, True), (-127, True), (-128, False), (INT_MIN + 1, False),
     (INT_MAX, False)],
)  # fmt: skip
def test_close_to_overflow_means_about_to_wrap_up_to_zero(refcount: int, expected: bool) -> None:
    kernel = Kernel()
    assert kernel.folio_ref_zero_or_close_to_overflow(with_refcount(kernel, refcount)) is expected


def test_a_grab_of_nothing_is_called_so_in_the_trace() -> None:
    kernel = Kernel()
    kernel.try_grab_folio(kernel.zero_page.folio, 3, 0)
    assert (kernel.trace[-1].operation, kernel.trace[-1].note) == ("grab", "not counted")


def test_flags_have_the_values_of_mm_types_h() -> None:
    assert (FOLL_WRITE, FOLL_GET, FOLL_LONGTERM, FOLL_PIN) == (1, 2, 0x100, 0x80000)


GUP, PUP, FAST, GET_FAST = (
    "get_user_pages", "pin_user_pages", "pin_user_pages_fast", "get_user_pages_fast"
)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "flag", "allowed", "einval", "no_pages"),
    [
        (GUP, FOLL_GET, "5.6 5.7 6.2 6.3 6.18", "", ""),
        (GUP, FOLL_PIN, "", "5.6 5.7 6.2 6.3 6.18", ""),
        (GUP, FOLL_LONGTERM, "5.6 5.9", "5.10 6.2 6.3 6.18", ""),
        (GUP, FOLL_PIN | FOLL_LONGTERM, "", "5.6 5.10 6.18", ""),
        (GET_FAST, FOLL_GET, "5.7 6.18", "5.6", ""),
        (GET_FAST, FOLL_PIN, "", "5.6 5.7 6.18", ""),
        (PUP, FOLL_GET, "5.6", "5.7 6.2", "6.3 6.18"),
        (PUP, FOLL_PIN, "5.7 6.2", "5.6", "6.3 6.18"),
        (PUP, FOLL_GET | FOLL_WRITE, "5.6", "5.7", "6.3 6.18"),
        (PUP, FOLL_LONGTERM, "5.6 5.10 6.18", "", ""),
        (FAST, FOLL_GET, "", "5.6 5.7 6.2 6.3 6.18", ""),
        (FAST, FOLL_PIN, "5.7 6.2", "5.6 6.3 6.18", ""),
        (FAST, FOLL_LONGTERM, "5.6 6.18", "", ""),
    ],
)
def test_which_flags_a_caller_may_pass(
    method: str, flag: int, allowed: str, einval: str, no_pages: str
) -> None:
    for release in f"{allowed} {einval} {no_pages}".split():
        kernel = Kernel(release)
        mm = kernel.new_mm()
        addr = mm.mmap(4096)
        call = partial(getattr(mm, method), addr, 1, flag)
        if release in allowed.split():
            assert len(call()) == 1
            assert kernel.warnings == []
            continue
        first = (
            "FOLL_PIN" if flag & FOLL_PIN else "FOLL_GET" if flag & FOLL_GET else "FOLL_LONGTERM"
        )
        told = f"{method.removesuffix('_fast')}: {first} not allowed"
        for _ in range(2):
            if release in no_pages.split():
                assert call() == []
            else:
                with pytest.raises(OSError, match=told) as caught:
                    call()
                assert caught.value.errno == errno.EINVAL
        assert (kernel.warnings, len(kernel.trace), mm.page_at(addr)) == ([told], 0, None)
