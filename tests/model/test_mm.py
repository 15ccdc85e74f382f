"""Mappings, page faults, and GUP over them."""

import errno

import pytest

from pinlab import FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, INT_MAX, PAGE_SIZE, Kernel, Mm
from pinlab.model.fault import MOST_FRAMES
from pinlab.model.gup import MOST_PAGES
from pinlab.model.mm import TASK_SIZE

MIB2 = 2 << 20
MOST = MOST_FRAMES * PAGE_SIZE


def machine(release: str = "6.4", **overrides: object) -> tuple[Kernel, Mm]:
    kernel = Kernel(release, **overrides)
    return kernel, kernel.new_mm()


def test_a_mapping_uses_no_frame() -> None:
    kernel, mm = machine()
    frames = len(kernel.folios)
    addr = mm.mmap(64 * PAGE_SIZE)
    assert mm.page_at(addr) is None
    assert len(kernel.folios) == frames
    assert addr % PAGE_SIZE == 0


def test_64_never_written_pages_are_one_frame_and_take_no_reference() -> None:
    kernel, mm = machine()
    addr = mm.mmap(64 * PAGE_SIZE)
    assert mm.read(addr, 64 * PAGE_SIZE) == bytes(64 * PAGE_SIZE)
    assert {mm.page_at(addr + i * PAGE_SIZE) for i in range(64)} == {kernel.zero_page}
    assert kernel.zero_page.refcount == 1
    assert [(event.operation, event.pages) for event in kernel.trace] == [("read fault", 64)]


def test_the_zero_page_serves_every_process() -> None:
    kernel, first = machine()
    second = kernel.new_mm("child")
    a, b = first.mmap(PAGE_SIZE), second.mmap(PAGE_SIZE)
    first.read(a, 1)
    second.read(b, 1)
    assert first.page_at(a) is second.page_at(b) is kernel.zero_page


def test_a_write_allocates_and_keeps_the_other_pages_zero() -> None:
    kernel, mm = machine()
    addr = mm.mmap(3 * PAGE_SIZE)
    mm.read(addr, 3 * PAGE_SIZE)
    mm.write(addr + PAGE_SIZE + 5, b"abc")
    pages = [mm.page_at(addr + i * PAGE_SIZE) for i in range(3)]
    assert pages[0] is pages[2] is kernel.zero_page
    assert pages[1] is not kernel.zero_page
    assert pages[1] is not None
    assert pages[1].refcount == 1
    assert mm.read(addr + PAGE_SIZE, 10) == b"\0\0\0\0\0abc\0\0"
    assert kernel.zero_page.device_read() == bytes(PAGE_SIZE)
    kernel.check()


def test_a_write_across_pages_lands_in_both() -> None:
    _, mm = machine()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr + PAGE_SIZE - 2, b"wxyz")
    assert mm.read(addr + PAGE_SIZE - 3, 6) == b"\0wxyz\0"


def test_writing_zeros_allocates_too() -> None:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, bytes(10))
    assert mm.page_at(addr) is not kernel.zero_page


def test_a_written_page_keeps_its_frame() -> None:
    _, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"a")
    page = mm.page_at(addr)
    mm.write(addr, b"b")
    assert mm.page_at(addr + 17) is page


def test_touching_nothing_faults_nothing() -> None:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    assert mm.read(addr, 0) == b""
    mm.write(addr, b"")
    assert mm.page_at(addr) is None
    assert len(kernel.trace) == 0


def test_the_cpu_faults_outside_of_mappings_and_changes_nothing() -> None:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    mm.mmap(PAGE_SIZE)
    for access in (lambda: mm.read(addr, 3 * PAGE_SIZE), lambda: mm.write(addr, bytes(5000))):
        with pytest.raises(OSError, match=f"nothing is mapped at {addr + PAGE_SIZE:#x}") as caught:
            access()
        assert caught.value.errno == errno.EFAULT
    assert mm.page_at(addr) is None
    assert len(kernel.trace) == 0


def test_sizes_are_rounded_up() -> None:
    _, mm = machine()
    addr = mm.mmap(1)
    assert len(mm.get_user_pages(addr, 5)) == 1
    huge = mm.mmap(MIB2 + 1, order=9)
    assert huge % MIB2 == 0
    assert len(mm.get_user_pages(huge, 2000)) == 1024


def test_an_address_inside_a_page_is_rounded_down() -> None:
    kernel, mm = machine()
    addr = mm.mmap(2 * PAGE_SIZE)
    assert mm.pin_user_pages(addr + PAGE_SIZE + 77, 1) == [kernel.zero_page]
    assert mm.page_at(addr) is None
    assert mm.page_at(addr + PAGE_SIZE) is kernel.zero_page


def test_order_9_reads_map_the_huge_zero_folio() -> None:
    kernel, mm = machine()
    addr = mm.mmap(MIB2, order=9)
    assert mm.read(addr + 5 * PAGE_SIZE, 3) == bytes(3)
    assert mm.page_at(addr + 5 * PAGE_SIZE) is kernel.huge_zero_folio.page(5)
    assert kernel.huge_zero_folio.refcount == 1
    kernel.check()


@pytest.mark.parametrize(
    ("release", "read_first"),
    [("5.7", True), ("5.8", False), ("6.4", False), ("6.12", False), ("6.13", True)],
)
def test_order_9_writes_allocate_2_mib(release: str, read_first: bool) -> None:
    kernel, mm = machine(release)
    addr = mm.mmap(2 * MIB2, order=9)
    if read_first:
        mm.read(addr, 1)
    mm.write(addr + 7, b"x")
    page = mm.page_at(addr)
    assert page is not None
    assert (page.folio.order, page.folio.refcount, page.folio.pincount) == (9, 1, 0)
    assert page.folio is not kernel.huge_zero_folio
    assert mm.page_at(addr + MIB2) is None
    assert mm.read(addr, 9) == b"\0\0\0\0\0\0\0x\0"
    mm.write(addr + MIB2 - 1, b"yz")
    assert mm.read(addr + MIB2 - 1, 2) == b"yz"
    mm.write(addr + PAGE_SIZE - 2, b"over")
    assert (page.device_read(2, PAGE_SIZE - 2), page.folio.page(1).device_read(2)) == (b"ov", b"er")
    assert mm.read(addr + PAGE_SIZE - 2, 4) == b"over"
    kernel.check()


@pytest.mark.parametrize("release", ["5.8", "5.15", "6.1", "6.12"])
def test_a_write_into_the_huge_zero_folio_splits_its_mapping(release: str) -> None:
    kernel, mm = machine(release)
    addr = mm.mmap(2 * MIB2, order=9)
    mm.read(addr, 2 * MIB2)
    mm.write(addr + 5 * PAGE_SIZE, b"x")
    own = mm.page_at(addr + 5 * PAGE_SIZE)
    assert own is not None
    assert (own.folio.order, own.refcount) == (0, 1)
    others = {mm.page_at(addr + i * PAGE_SIZE) for i in range(512) if i != 5}
    assert others == {kernel.zero_page}
    assert mm.page_at(addr + MIB2) is kernel.huge_zero_folio.page(0)
    assert [(e.operation, e.page, e.pages) for e in kernel.trace] == [
        ("read fault", "huge zero folio", 512), ("read fault", "huge zero folio", 512),
        ("split", "huge zero folio", 512), ("write fault", own.name, 1),
    ]  # fmt: skip
    assert [(area.end - area.start, area.order) for area in mm.areas()] == [(512, 0), (512, 9)]
    assert (kernel.zero_page.refcount, kernel.huge_zero_folio.refcount) == (1, 1)
    kernel.check()


@pytest.mark.parametrize(
    ("release", "acquired", "own", "zero"),
    [("5.7", 0, 65, 1), ("5.10", 0, 2, 64), ("6.4", 0, 2, 64), ("6.5", 1, 1025, 1),
     ("6.12", 1, 1025, 1), ("6.13", 64, 65, 1), ("6.18", 64, 65, 1)],
)  # fmt: skip
def test_after_the_split_the_other_pages_are_the_small_zero_page(
    release: str, acquired: int, own: int, zero: int
) -> None:
    kernel, mm = machine(release)
    addr = mm.mmap(MIB2, order=9)
    mm.read(addr, 1)
    mm.write(addr, b"x")
    request = kernel.submit_dio_write(mm, addr, 64)
    assert kernel.vmstat["nr_foll_pin_acquired"] == acquired
    assert (request.pages[0].refcount, kernel.zero_page.refcount) == (own, zero)
    assert request.device_read(2) == b"x\0"
    request.complete()
    mm.munmap(addr, MIB2)
    assert (kernel.zero_page.refcount, kernel.huge_zero_folio.refcount) == (1, 1)
    kernel.check()


def test_memory_that_was_split_is_small_memory_from_then_on() -> None:
    kernel, mm = machine("6.12")
    addr = mm.mmap(MIB2, order=9)
    mm.read(addr, 1)
    mm.write(addr, b"x" * 2 * PAGE_SIZE)
    child = mm.fork()
    assert child.read(addr + PAGE_SIZE, 1) == b"x"
    mm.munmap(addr + PAGE_SIZE, PAGE_SIZE)
    assert mm.page_at(addr + PAGE_SIZE) is None
    mm.mlock(addr + 2 * PAGE_SIZE, 3 * PAGE_SIZE)
    kernel.check()


def test_mlock_splits_what_was_read_and_fills_all_of_it() -> None:
    kernel, mm = machine("6.12")
    addr = mm.mmap(MIB2, order=9)
    mm.read(addr, 1)
    mm.mlock(addr, MIB2)
    assert len({mm.page_at(addr + i * PAGE_SIZE) for i in range(512)}) == 512
    kernel.check()


@pytest.mark.parametrize(
    ("release", "order", "operations"),
    [
        ("6.2", 0, ["pin, fast", "unpin", "split", "unshare", "pin"]),
        ("6.12", 0, ["pin, fast", "unpin", "split", "unshare", "pin"]),
        ("6.13", 9, ["pin, fast", "unpin", "unshare", "pin"]),
        ("6.18", 9, ["unshare", "pin"]),
    ],
)
def test_a_fast_long_term_pin_of_the_huge_zero_folio_is_undone(
    release: str, order: int, operations: list[str]
) -> None:
    kernel, mm = machine(release)
    addr = mm.mmap(MIB2, order=9)
    mm.read(addr, 1)
    start = len(kernel.trace)
    (page,) = mm.pin_user_pages_fast(addr, 1, FOLL_LONGTERM)
    assert [event.operation for event in kernel.trace[start:]] == operations
    undone = int("unpin" in operations)
    assert kernel.vmstat == {
        "nr_foll_pin_acquired": 1 + undone, "nr_foll_pin_released": undone,
    }  # fmt: skip
    assert (page.folio.order, kernel.huge_zero_folio.refcount) == (order, 1)
    assert page is mm.page_at(addr)
    kernel.check()


@pytest.mark.parametrize(("release", "frames"), [("6.1", 1), ("6.2", 3), ("6.12", 3), ("6.13", 1)])
def test_a_long_term_pin_of_several_pages_of_untouched_huge_memory(
    release: str, frames: int
) -> None:
    kernel, mm = machine(release)
    pages = mm.pin_user_pages(mm.mmap(MIB2, order=9), 3, FOLL_LONGTERM)
    assert len({page.folio for page in pages}) == frames
    assert (pages[0].folio is kernel.huge_zero_folio) == (release == "6.1")
    kernel.check()


@pytest.mark.parametrize("order", [0, 9])
def test_references_of_gup(order: int) -> None:
    kernel, mm = machine()
    addr = mm.mmap(MIB2, order=order)
    pages = mm.get_user_pages(addr, 64)
    folio = pages[0].folio
    assert folio is (kernel.huge_zero_folio if order else kernel.zero_page.folio)
    assert folio.refcount == 65
    assert kernel.vmstat["nr_foll_pin_acquired"] == 0
    for page in pages:
        kernel.put_page(page)
    assert folio.refcount == 1
    kernel.check()


def test_pins_of_64_never_written_pages_by_release() -> None:
    refcounts = {}
    for release in ("5.6", "5.7", "6.4", "6.5", "6.18"):
        kernel, mm = machine(release)
        pages = mm.pin_user_pages(mm.mmap(64 * PAGE_SIZE), 64)
        assert pages == [kernel.zero_page] * 64
        refcounts[release] = kernel.zero_page.refcount
        kernel.unpin_user_pages(pages)
        assert kernel.zero_page.refcount == 1
        kernel.check()
    assert refcounts == {"5.6": 65, "5.7": 65537, "6.4": 65537, "6.5": 1, "6.18": 1}


def test_a_write_pin_never_meets_the_zero_page() -> None:
    kernel, mm = machine("6.5")
    addr = mm.mmap(4 * PAGE_SIZE)
    mm.read(addr, 4 * PAGE_SIZE)
    pages = mm.pin_user_pages(addr, 4, FOLL_WRITE)
    assert kernel.zero_page not in pages
    assert [page.refcount for page in pages] == [1025] * 4
    assert kernel.vmstat["nr_foll_pin_acquired"] == 4


def test_the_backport_to_6_1_130_refuses_every_pin_of_the_zero_page() -> None:
    kernel, mm = machine("6.1.130")
    addr = mm.mmap(2 * PAGE_SIZE)
    for flags in (0, FOLL_LONGTERM):
        with pytest.raises(OSError, match="zero page could not be grabbed") as caught:
            mm.pin_user_pages(addr, 2, flags)
        assert caught.value.errno == errno.ENOMEM
    assert (kernel.zero_page.refcount, kernel.warnings) == (1, [])
    assert mm.page_at(addr + PAGE_SIZE) is None  # the walk ended at the first page
    mm.write(addr, b"x")
    assert len(mm.pin_user_pages(addr, 2)) == 1


@pytest.mark.parametrize(
    ("release", "flags", "private"),
    [
        ("5.7", FOLL_LONGTERM, False),
        ("5.7.14", 0, True),
        ("5.8", 0, True),
        ("5.9", 0, False),
        ("6.1", FOLL_LONGTERM, False),
        ("6.2", FOLL_LONGTERM, True),
        ("6.2", 0, False),
        ("6.18", FOLL_LONGTERM, True),
    ],
)
@pytest.mark.parametrize("order", [0, 9])
def test_when_a_read_only_pin_gets_a_page_of_its_own(
    release: str, flags: int, private: bool, order: int
) -> None:
    kernel, mm = machine(release)
    (page,) = mm.pin_user_pages(mm.mmap(MIB2, order=order), 1, flags)
    zero = kernel.huge_zero_folio if order else kernel.zero_page.folio
    assert (page.folio is not zero) == private


def test_a_reference_in_5_8_breaks_cow_too_and_a_longterm_write_is_like_any_write() -> None:
    kernel, mm = machine("5.8")
    assert mm.get_user_pages(mm.mmap(PAGE_SIZE), 1) != [kernel.zero_page]


def test_a_longterm_reference_where_one_is_allowed_unshares_nothing() -> None:
    kernel, mm = machine("6.2", longterm_get="allowed")
    assert mm.get_user_pages(mm.mmap(PAGE_SIZE), 1, FOLL_LONGTERM) == [kernel.zero_page]


def test_gup_returns_the_pages_before_a_hole() -> None:
    kernel, mm = machine()
    addr = mm.mmap(3 * PAGE_SIZE)
    mm.mmap(PAGE_SIZE)
    assert len(mm.pin_user_pages(addr, 10)) == 3
    with pytest.raises(OSError, match="nothing is mapped") as caught:
        mm.pin_user_pages(addr + 3 * PAGE_SIZE, 1)
    assert caught.value.errno == errno.EFAULT
    assert kernel.zero_page.refcount == 1 + 3 * 1024


def test_the_guard_stops_a_run_after_the_last_pin_that_fits() -> None:
    kernel, mm = machine()
    zero = kernel.zero_page
    kernel.try_grab_folio(zero.folio, 2**21 - 3, FOLL_PIN)
    addr = mm.mmap(64 * PAGE_SIZE)
    pages = mm.pin_user_pages(addr, 64)
    assert len(pages) == 3
    assert zero.refcount == -2147483647
    assert len(kernel.warnings) == 1
    # The page that was refused had been faulted in before; the next one was not looked at.
    assert mm.page_at(addr + 3 * PAGE_SIZE) is zero
    assert mm.page_at(addr + 4 * PAGE_SIZE) is None
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        mm.pin_user_pages(addr, 1)
    assert caught.value.errno == errno.ENOMEM
    kernel.unpin_user_pages(pages[:1])
    assert zero.refcount == 2147482625
    kernel.check()


def test_reading_goes_on_while_the_zero_page_cannot_be_grabbed() -> None:
    kernel = Kernel("6.4")
    kernel.try_grab_folio(kernel.zero_page.folio, 2**21, FOLL_PIN)
    other = kernel.new_mm("other")
    addr = other.mmap(PAGE_SIZE)
    assert other.read(addr, 8) == bytes(8)
    with pytest.raises(OSError, match="could not be grabbed"):
        other.get_user_pages(addr, 1)


def test_before_6_6_a_huge_page_is_grabbed_page_by_page() -> None:
    _, mm = machine("6.5")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    folio = mm.pin_user_pages(addr, 1)[0].folio
    folio.refcount = INT_MAX - 1
    assert len(mm.pin_user_pages(addr, 512)) == 2
    assert folio.refcount == -(2**31)


def test_5_6_takes_a_huge_page_without_any_guard() -> None:
    kernel, mm = machine("5.6")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    folio = mm.get_user_pages(addr, 1)[0].folio
    folio.refcount = INT_MAX
    assert len(mm.get_user_pages(addr, 512)) == 512
    assert folio.refcount == -(2**31) + 511
    assert kernel.warnings == []
    assert (kernel.trace[-1].actor, kernel.trace[-1].operation) == ("parent", "get")
    assert kernel.ledger.holds(folio)["reference", "parent"] == 1 + 512


def test_since_6_6_the_second_grab_takes_all_the_rest() -> None:
    _, mm = machine("6.6")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    folio = mm.pin_user_pages(addr, 1)[0].folio
    folio.refcount = INT_MAX - 1
    assert len(mm.pin_user_pages(addr, 512)) == 512
    assert folio.refcount == -(2**31) + 510


def test_since_6_6_a_refused_rest_is_efault_and_leaves_nothing() -> None:
    kernel, mm = machine("6.6")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    folio = mm.pin_user_pages(addr, 1)[0].folio
    folio.refcount = INT_MAX
    with pytest.raises(OSError, match="511 more pages were refused") as caught:
        mm.pin_user_pages(addr, 512)
    assert caught.value.errno == errno.EFAULT
    assert (folio.refcount, folio.pincount) == (INT_MAX, 1)
    assert kernel.vmstat == {"nr_foll_pin_acquired": 2, "nr_foll_pin_released": 1}
    folio.refcount = -1
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        mm.pin_user_pages(addr, 512)
    assert caught.value.errno == errno.ENOMEM


def test_a_freed_page_that_is_still_mapped_is_an_error_to_use() -> None:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    kernel.put_page(page)
    for use in (lambda: mm.read(addr, 1), lambda: mm.pin_user_pages(addr, 1)):
        with pytest.raises(RuntimeError, match="was freed"):
            use()


def test_a_freed_huge_page_is_an_error_to_use() -> None:
    kernel, mm = machine()
    addr, other = mm.mmap(2 * MIB2, order=9), mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    kernel.put_page(page)
    with pytest.raises(RuntimeError, match="was freed"):
        mm.read(addr, 1)
    kernel.put_page(kernel.huge_zero_folio.page(0))
    events = len(kernel.trace)
    with pytest.raises(RuntimeError, match="huge zero folio was freed"):
        mm.read(other, 1)
    assert mm.page_at(other) is None
    assert len(kernel.trace) == events


def test_writing_to_an_own_huge_page_allocates_no_zero_folio() -> None:
    kernel, mm = machine()
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    folios = len(kernel.folios)
    mm.write(addr, b"y")
    kernel.submit_dio_write(mm, addr, 1)
    assert len(kernel.folios) == folios


def test_a_refused_page_is_one_event_of_one_page() -> None:
    kernel, mm = machine("5.10")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    page.folio.refcount = INT_MAX - 2
    assert len(mm.pin_user_pages(addr, 512)) == 3
    assert [(e.pages, e.note) for e in kernel.trace[-2:]] == [(3, ""), (1, "refused")]


def test_the_address_space_ends() -> None:
    _, mm = machine()
    with pytest.raises(OSError, match="no room") as caught:
        mm.mmap(2**47)
    assert caught.value.errno == errno.ENOMEM
    first = mm.mmap(PAGE_SIZE)
    assert mm.mmap(PAGE_SIZE) == first + 2 * PAGE_SIZE
    left = TASK_SIZE - first - 4 * PAGE_SIZE
    with pytest.raises(OSError, match="no room"):
        mm.mmap(left + 1)
    assert mm.mmap(left) + left == TASK_SIZE


@pytest.mark.parametrize(
    ("method", "arguments", "error", "words"),
    [
        ("mmap", (0,), ValueError, "nbytes is 0: allowed .* from 1 to 18446744073709551615"),
        ("mmap", (-4096,), ValueError, "nbytes is -4096"),
        ("mmap", (4096.0,), TypeError, "nbytes is 4096.0"),
        ("mmap", (4096, 1), ValueError, r"order is 1: allowed are 0 \(4 KiB pages\) and 9"),
        ("mmap", (4096, "9"), TypeError, "order is '9'"),
        ("read", (-1, 1), ValueError, "addr is -1"),
        ("read", (0, -1), ValueError, "nbytes is -1"),
        ("read", ("0", 1), TypeError, "addr is '0'"),
        ("write", (0, "text"), TypeError, "data is 'text': it has to be bytes"),
        ("page_at", (None,), TypeError, "addr is None"),
        ("get_user_pages", (0, 0), ValueError, "nr_pages is 0: allowed .* from 1 to 1048576"),
        ("pin_user_pages", (0, -3), ValueError, "nr_pages is -3"),
        ("pin_user_pages", (0, MOST_PAGES + 1), ValueError, "from 1 to 1048576"),
        ("pin_user_pages", (0, MOST_FRAMES + 1, 1), ValueError, "from 1 to 16384"),
        ("pin_user_pages_fast", (0, MOST_FRAMES + 1, 256), ValueError, "from 1 to 16384"),
        ("register_buffer", (0, MOST_FRAMES + 1), ValueError, "from 1 to 16384"),
        ("mlock", (0, MOST + 1), ValueError, "nbytes is 67108865: allowed .* 1 to 67108864"),
        ("read", (0, MOST + 1), ValueError, "nbytes is 67108865: allowed .* 0 to 67108864"),
        ("write", (0, bytes(MOST + 1)), ValueError, "data has 67108865 bytes: allowed are at most"),
        ("read", (2**64, 1), ValueError, "addr is 18446744073709551616: allowed"),
        ("pin_user_pages", (0, 1, 0x40), ValueError, "flags is 0x40"),
        ("pin_user_pages", (0, 1, None), TypeError, "flags is None"),
    ],
)
def test_bad_arguments_are_named(
    method: str, arguments: tuple[object, ...], error: type[Exception], words: str
) -> None:
    kernel, mm = machine()
    with pytest.raises(error, match=words):
        getattr(mm, method)(*arguments)
    assert len(kernel.trace) == 0
    assert kernel.warnings == []


def test_repr_names_process_and_release() -> None:
    assert repr(Kernel("6.4").new_mm("child")) == "<Mm 'child' on Linux 6.4>"


def test_a_skipped_pin_needs_no_room_in_the_counter() -> None:
    kernel, mm = machine("6.18")
    kernel.zero_page.folio.refcount = INT_MAX
    addr = mm.mmap(3 * PAGE_SIZE)
    assert mm.pin_user_pages(addr, 3) == [kernel.zero_page] * 3
    assert mm.page_at(addr + 2 * PAGE_SIZE) is kernel.zero_page


def test_entries_and_mappings_are_listed_by_address() -> None:
    _, mm = machine()
    huge, first, second = mm.mmap(MIB2, order=9), mm.mmap(3 * PAGE_SIZE), mm.mmap(PAGE_SIZE)
    assert mm.mapped() == []
    mm.write(first + PAGE_SIZE, b"x")
    mm.read(first, 1)
    mm.write(huge, b"x")
    pages = {addr // PAGE_SIZE: mm.page_at(addr) for addr in (huge, first, first + PAGE_SIZE)}
    assert {entry.vpn: entry.page for entry in mm.mapped()} == pages
    assert [entry.writable for entry in mm.mapped()] == [True, False, True]
    assert [entry.vpn for entry in mm.mapped()] == sorted(pages)
    assert [(area.start, area.end - area.start, area.order) for area in mm.areas()] == [
        (huge // PAGE_SIZE, 512, 9),
        (first // PAGE_SIZE, 3, 0),
        (second // PAGE_SIZE, 1, 0),
    ]
    mm.areas().clear()
    assert len(mm.areas()) == 3
