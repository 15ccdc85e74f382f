"""The machine as a whole: the names that other code relies on, and what it refuses."""

import subprocess
import sys
from functools import partial
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


def test_folios_of_another_machine_are_refused() -> None:
    first, second = Kernel("6.4"), Kernel("6.5")
    with pytest.raises(ValueError, match=r"belongs to another machine than <Kernel 6\.5>"):
        second.get_page(first.zero_page)
    with pytest.raises(ValueError, match="belongs to another machine"):
        second.try_grab_folio(first.zero_page.folio, 1, FOLL_GET)


def test_unpinning_a_list_is_all_or_nothing() -> None:
    kernel = Kernel("6.4")
    folio, freed = kernel.alloc_folio(), kernel.alloc_folio()
    kernel.put_page(freed.page(0))
    for bad, error in ((freed.page(0), RuntimeError), ("page", TypeError)):
        with pytest.raises(error):
            kernel.unpin_user_pages([folio.page(0), bad])  # type: ignore[list-item]
    assert folio.refcount == 1


def test_importing_pinlab_imports_the_standard_library_alone() -> None:
    code = "import sys, pinlab; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    foreign = set(run.stdout.split()) & {"pandas", "numpy", "matplotlib", "ipywidgets", "IPython"}
    assert foreign == set()
    assert "pinlab" in run.stdout.split()


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


def test_who_takes_and_who_releases_can_be_named() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(4096)
    mm.write(addr, b"x")
    (page,) = mm.get_user_pages(addr, 1, owner="A")
    assert not mm.has_pinned
    mm.pin_user_pages(addr, 1, owner="B")
    mm.get_user_pages(addr, 1)
    holds = partial(kernel.ledger.holds, page.folio)
    mapping = {("mapping", "parent"): 1}
    assert holds() == mapping | {
        ("reference", "A"): 1, ("reference", "parent"): 1, ("pin", "B"): 1,
    }  # fmt: skip
    kernel.put_page(page, owner="parent")  # not the oldest one
    assert holds() == mapping | {("reference", "A"): 1, ("pin", "B"): 1}
    kernel.try_grab_folio(page.folio, 5, FOLL_GET)
    kernel.put_page(page, 6)
    assert holds() == mapping | {("pin", "B"): 1}
    events = len(kernel.trace)
    for times, owner, error in ((0, None, ValueError), (2**31, "B", ValueError), (1, 3, TypeError)):
        with pytest.raises(error, match=r"(times|owner) is "):
            kernel.unpin_user_page(page, times, owner)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="owner is 3"):
        mm.get_user_pages(addr, 1, owner=3)  # type: ignore[arg-type]
    assert len(kernel.trace) == events
    kernel.unpin_user_page(page, owner="B")
    assert (kernel.trace[-1].actor, holds(), page.refcount) == ("B", mapping, 1)
    kernel.check()


def test_a_request_belongs_to_one_machine() -> None:
    mm = Kernel("6.4").new_mm()
    with pytest.raises(ValueError, match=r"belongs to another machine than <Kernel 6\.5>"):
        Kernel("6.5").submit_dio_write(mm, mm.mmap(4096), 1)
    assert len(mm.kernel.trace) == 0
