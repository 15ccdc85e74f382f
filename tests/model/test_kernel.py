"""The machine as a whole: the names that other code relies on, and what it refuses."""

import subprocess
import sys
from typing import cast

import pytest

import pinlab
from pinlab import FOLL_GET, Kernel, Rules


def test_the_names_other_code_relies_on() -> None:
    names = ("Kernel", "PAGE_SIZE", "GUP_PIN_COUNTING_BIAS", "INT_MAX", "INT_MIN", "FOLL_WRITE",
             "FOLL_GET", "FOLL_PIN", "FOLL_LONGTERM")  # fmt: skip
    assert set(names) <= set(pinlab.__all__)
    assert (pinlab.PAGE_SIZE, pinlab.GUP_PIN_COUNTING_BIAS) == (4096, 1024)
    assert (pinlab.INT_MAX, pinlab.INT_MIN) == (2147483647, -2147483648)
    flags = [pinlab.FOLL_WRITE, pinlab.FOLL_GET, pinlab.FOLL_LONGTERM, pinlab.FOLL_PIN]
    assert flags == [1, 2, 0x100, 0x80000]


def test_a_machine_just_booted() -> None:
    kernel = Kernel("6.5")
    assert kernel.release == "6.5"
    assert kernel.vmstat == {"nr_foll_pin_acquired": 0, "nr_foll_pin_released": 0}
    assert kernel.warnings == []
    assert len(kernel.trace) == 0
    assert (kernel.zero_page.refcount, kernel.zero_page.pincount) == (1, None)
    assert kernel.zero_page.folio.order == 0
    assert kernel.huge_zero_folio is kernel.huge_zero_folio
    assert (kernel.huge_zero_folio.order, kernel.huge_zero_folio.refcount) == (9, 1)
    assert repr(kernel) == "<Kernel 6.5>"
    kernel.check()


def test_machines_are_independent() -> None:
    first, second = Kernel("6.4"), Kernel("6.4")
    first.get_page(first.zero_page)
    assert (first.zero_page.refcount, second.zero_page.refcount) == (2, 1)
    assert first.zero_page is not second.zero_page


def test_folios_of_another_machine_are_refused() -> None:
    first, second = Kernel("6.4"), Kernel("6.5")
    with pytest.raises(ValueError, match=r"belongs to another machine than <Kernel 6\.5>"):
        second.get_page(first.zero_page)
    with pytest.raises(ValueError, match="belongs to another machine"):
        second.try_grab_folio(first.zero_page.folio, 1, FOLL_GET)


@pytest.mark.parametrize(
    ("method", "argument", "error", "words"),
    [
        ("get_page", "zero page", TypeError, "page is 'zero page': it has to be of type Page"),
        ("put_page", None, TypeError, "page is None"),
        ("unpin_user_page", 3, TypeError, "page is 3"),
        ("unpin_user_pages", 3, TypeError, "pages is 3: it has to be a sequence of Page"),
        ("unpin_user_pages", [3], TypeError, "a thing in pages is 3: it has to be of type Page"),
        ("folio_maybe_dma_pinned", 3, TypeError, "folio is 3: it has to be of type Folio"),
        ("folio_ref_zero_or_close_to_overflow", 3, TypeError, "folio is 3"),
        ("alloc_folio", -1, ValueError, "order is -1: allowed .* 0 to 10"),
        ("alloc_folio", 11, ValueError, "order is 11"),
        ("alloc_folio", "0", TypeError, "order is '0'"),
        ("new_mm", 3, TypeError, "name is 3: it has to be of type str"),
    ],
)
def test_bad_arguments_are_named(
    method: str, argument: object, error: type[Exception], words: str
) -> None:
    kernel = Kernel()
    with pytest.raises(error, match=words):
        getattr(kernel, method)(argument)
    assert len(kernel.trace) == 0


def test_unpinning_a_list_is_all_or_nothing() -> None:
    kernel = Kernel("6.4")
    folio, freed = kernel.alloc_folio(), kernel.alloc_folio()
    kernel.put_page(freed.page(0))
    for bad, error in ((freed.page(0), RuntimeError), ("page", TypeError)):
        with pytest.raises(error):
            kernel.unpin_user_pages([folio.page(0), bad])  # type: ignore[list-item]
    assert folio.refcount == 1


def test_a_freed_folio_is_refused_everywhere() -> None:
    kernel = Kernel()
    folio = kernel.alloc_folio()
    page = folio.page(0)
    kernel.put_page(page)
    events = len(kernel.trace)
    for use in (
        lambda: kernel.try_grab_folio(folio, 1, FOLL_GET),
        lambda: kernel.try_grab_folio_fast(folio, 1, FOLL_GET),
        lambda: kernel.put_page(page),
        lambda: kernel.unpin_user_page(page),
        lambda: kernel.folio_maybe_dma_pinned(folio),
        lambda: kernel.folio_ref_zero_or_close_to_overflow(folio),
    ):
        with pytest.raises(RuntimeError, match="was freed and must not be used"):
            use()
    assert len(kernel.trace) == events


def test_importing_pinlab_imports_the_standard_library_alone() -> None:
    code = "import sys, pinlab; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    foreign = set(run.stdout.split()) & {"pandas", "numpy", "matplotlib", "ipywidgets", "IPython"}
    assert foreign == set()
    assert "pinlab" in run.stdout.split()


def test_a_machine_knows_its_processes_and_the_requests_in_flight() -> None:
    kernel = Kernel()
    parent, other = kernel.new_mm(), kernel.new_mm("other")
    addr = parent.mmap(4096)
    first, second = (kernel.submit_dio_write(parent, addr, 1) for _ in range(2))
    assert kernel.mms == [parent, other]
    assert kernel.requests == {first.name: first, second.name: second}
    first.complete()
    assert list(kernel.requests.values()) == [second]


def test_a_request_that_got_nothing_is_not_in_flight() -> None:
    kernel = Kernel()
    with pytest.raises(OSError, match="nothing is mapped"):
        kernel.submit_dio_write(kernel.new_mm(), 0, 1)
    assert kernel.requests == {}


def test_a_fresh_machine_follows_the_rules_of_another() -> None:
    first = Kernel("6.1.192", zero_page_pins="counted")
    first.get_page(first.zero_page)
    second = Kernel.with_rules(first.release, first.rules)
    assert type(second) is Kernel
    assert (second.release, second.rules, second.zero_page.refcount) == ("6.1.192", first.rules, 1)
    with pytest.raises(TypeError, match="followed is 'counted': it has to be of type Rules"):
        Kernel.with_rules("6.5", cast(Rules, "counted"))
    with pytest.raises(ValueError, match=r"release is '5\.5'"):
        Kernel.with_rules("5.5", first.rules)


@pytest.mark.parametrize(("still", "pincount"), [("nothing", None), ("pincount", 0)])
def test_a_fresh_machine_boots_with_the_rules_that_it_follows(
    still: str, pincount: int | None
) -> None:
    rules = Kernel("6.5", zero_page_still_counts=still).rules
    zero = Kernel.with_rules("6.5", rules).zero_page
    assert (zero.refcount, zero.pincount) == (1, pincount)
