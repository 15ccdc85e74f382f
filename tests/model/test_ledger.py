"""The ledger beside the counters, and the invariants that hold the two together."""

from collections.abc import Callable

import pytest

from pinlab import FOLL_GET, FOLL_PIN, PAGE_SIZE, InvariantError, Kernel
from pinlab.model.invariants import INVARIANTS
from pinlab.model.ledger import Ledger


def broken(kernel: Kernel) -> set[str]:
    """Return the names of the invariants that check() reports."""
    try:
        kernel.check()
    except InvariantError as error:
        return {name for name in INVARIANTS if f"{name}: " in str(error)}
    return set()


def test_the_ledger_says_who_holds_what() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    (page,) = mm.pin_user_pages(addr, 1)
    kernel.get_page(page)
    request = kernel.submit_dio_write(mm, addr, 1)
    assert kernel.ledger.holds(page.folio) == {
        ("mapping", "parent"): 1,
        ("reference", "kernel"): 1,
        ("reference", request.name): 1,
        ("pin", "parent"): 1,
    }
    assert page.refcount == 1 + 1 + 1 + 1024
    assert kernel.ledger.holds(kernel.zero_page.folio) == {("boot", "kernel"): 1}


def test_an_unnamed_release_takes_the_oldest_hold() -> None:
    kernel = Kernel("6.4")
    first, second = kernel.new_mm("first"), kernel.new_mm("second")
    first.pin_user_pages(first.mmap(PAGE_SIZE), 1)
    second.pin_user_pages(second.mmap(PAGE_SIZE), 1)
    first.pin_user_pages(first.mmap(PAGE_SIZE), 1)
    pins = kernel.zero_page.folio
    kernel.unpin_user_page(kernel.zero_page)
    assert kernel.ledger.holds(pins)[("pin", "first")] == 1
    kernel.unpin_user_page(kernel.zero_page)
    assert ("pin", "second") not in kernel.ledger.holds(pins)
    kernel.check()


def put_a_pinned_page(kernel: Kernel) -> None:
    folio = kernel.alloc_folio()
    kernel.put_page(folio.page(0))
    folio = kernel.alloc_folio()
    kernel.try_grab_folio(folio, 1, FOLL_PIN)
    kernel.put_page(folio.page(0))
    kernel.put_page(folio.page(0))


def unpin_a_reference(kernel: Kernel) -> None:
    folio = kernel.alloc_folio(9)
    kernel.get_page(folio.page(0))
    kernel.unpin_user_page(folio.page(0))


def put_the_boot_reference(kernel: Kernel) -> None:
    kernel.put_page(kernel.zero_page)


def free_a_mapped_page(kernel: Kernel) -> None:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    kernel.put_page(page)


def write_to_the_zero_page(kernel: Kernel) -> None:
    kernel.zero_page.device_write(b"\0\0x")


def edit_a_refcount(kernel: Kernel) -> None:
    kernel.alloc_folio().refcount += 1


def edit_a_pincount(kernel: Kernel) -> None:
    kernel.alloc_folio(1).pincount = 3


def edit_vmstat(kernel: Kernel) -> None:
    kernel.vmstat["nr_foll_pin_acquired"] += 1


def edit_a_mapcount(kernel: Kernel) -> None:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    page.folio.mapcount += 1


def pin_without_unsharing(kernel: Kernel) -> None:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    mm.fork()
    page = mm.page_at(addr)
    assert page is not None
    kernel.try_grab_folio(page.folio, 1, FOLL_PIN)


def write_into_a_shared_page(kernel: Kernel) -> None:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    child = mm.fork()
    mm.ptes[addr // PAGE_SIZE].writable = True
    mm.write(addr, b"y")
    child.read(addr, 1)


def lock_what_is_not_there(kernel: Kernel) -> None:
    mm = kernel.new_mm()
    mm.mmap(PAGE_SIZE)
    mm.vmas = [area._replace(locked=True) for area in mm.vmas]


def edit_vmpin(kernel: Kernel) -> None:
    kernel.new_mm().pinned_vm += 1


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (put_a_pinned_page, {"every-release-had-a-hold"}),
        (unpin_a_reference, {"every-release-had-a-hold"}),
        (put_the_boot_reference, {"every-release-had-a-hold"}),
        (
            free_a_mapped_page,
            {"every-release-had-a-hold", "freed-is-unheld", "freed-is-unmapped"},
        ),
        (write_to_the_zero_page, {"zero-pages-hold-zeros"}),
        (edit_a_refcount, {"refcount-is-the-holds"}),
        (edit_a_pincount, {"pincount-is-the-pins"}),
        (edit_vmstat, {"vmstat-is-the-pins"}),
        (edit_a_mapcount, {"every-mapping-holds"}),
        (pin_without_unsharing, {"pinned-is-exclusive"}),
        (write_into_a_shared_page, {"no-foreign-bytes"}),
        (lock_what_is_not_there, {"locked-is-present"}),
        (edit_vmpin, {"vmpin-is-the-buffers"}),
    ],
)
def test_check_names_what_is_broken(spoil: Callable[[Kernel], None], names: set[str]) -> None:
    kernel = Kernel("6.4")
    assert broken(kernel) == set()
    spoil(kernel)
    assert broken(kernel) == names


def test_the_zero_page_at_refcount_0_stays_with_a_complaint() -> None:
    kernel = Kernel()
    kernel.put_page(kernel.zero_page)
    assert (kernel.zero_page.refcount, kernel.zero_page.folio.freed) == (0, False)
    assert kernel.warnings == ["BUG: Bad page state: the refcount of the zero page is 0"]
    with pytest.raises(OSError, match="could not be grabbed"):
        kernel.try_grab_folio(kernel.zero_page.folio, 1, FOLL_GET)


def test_check_shows_the_state() -> None:
    kernel = Kernel("6.4")
    unpin_a_reference(kernel)
    with pytest.raises(InvariantError) as caught:
        kernel.check()
    message = str(caught.value)
    assert "every-release-had-a-hold: kernel released 1 pin of frame 512 too many" in message
    assert "Linux 6.4, {'nr_foll_pin_acquired': 0, 'nr_foll_pin_released': 1}" in message
    assert "<Folio frame 512 order=9 refcount=1 pincount=-1>: 2 reference of kernel" in message
    assert "1 pin of frame 512 released by kernel without a hold" in message


def test_of_releases_at_once_only_those_without_a_hold_are_too_many() -> None:
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    kernel.try_grab_folio(folio, 2, FOLL_PIN)
    kernel.try_grab_folio(folio, 3, FOLL_PIN)
    kernel.unpin_user_pages([folio.page(0)] * 7)
    with pytest.raises(InvariantError, match="kernel released 2 pin of frame 2 too many"):
        kernel.check()


def test_check_shows_a_counter_that_nobody_holds() -> None:
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    kernel.put_page(folio.page(0))
    folio.refcount = 7
    with pytest.raises(InvariantError, match="refcount=7 freed>: held by nobody"):
        kernel.check()


def test_check_says_who_got_whose_bytes_and_what_is_pinned_and_shared() -> None:
    kernel = Kernel("6.4")
    write_into_a_shared_page(kernel)
    pin_without_unsharing(kernel)
    edit_a_mapcount(kernel)
    with pytest.raises(InvariantError) as caught:
        kernel.check()
    assert str(caught.value).splitlines()[:3] == [
        "every-mapping-holds: frame 4 has mapcount 2, page table entries 1, mappings in the "
        "ledger 1",
        "pinned-is-exclusive: frame 3 is pinned and shared",
        "no-foreign-bytes: child got bytes of parent in frame 2",
    ]


def test_a_hold_is_struck_out_bit_by_bit() -> None:
    ledger = Ledger()
    folio = Kernel().alloc_folio()
    hold = ledger.take(folio, "pin", "somebody", 3)
    assert repr(hold) == "3 pin of somebody"
    assert ledger.release(folio, "pin", 2) == 2
    assert ledger.release(folio, "pin", 2, hold) == 1
    assert ledger.release(folio, "pin", 1, hold) == 0
    assert ledger.count(folio, "pin") == 0
    assert ledger.holds(folio) == {}
