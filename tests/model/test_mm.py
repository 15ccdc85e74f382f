"""Mappings, page faults, and GUP over them."""

import errno
from collections.abc import Callable

import pytest

from pinlab import FOLL_LONGTERM, FOLL_PIN, INT_MAX, PAGE_SIZE, Kernel, Mm
from pinlab.model.fault import MOST_FRAMES
from pinlab.model.mm import TASK_SIZE

MIB2 = 2 << 20
MOST = MOST_FRAMES * PAGE_SIZE


def machine(release: str = "6.4", **overrides: object) -> tuple[Kernel, Mm]:
    kernel = Kernel(release, **overrides)
    return kernel, kernel.new_mm()


def test_64_never_written_pages_are_one_frame_and_take_no_reference() -> None:
    kernel, mm = machine()
    addr = mm.mmap(64 * PAGE_SIZE)
    assert mm.read(addr, 64 * PAGE_SIZE) == bytes(64 * PAGE_SIZE)
    assert {mm.page_at(addr + i * PAGE_SIZE) for i in range(64)} == {kernel.zero_page}
    assert kernel.zero_page.refcount == 1
    assert [(event.operation, event.pages) for event in kernel.trace] == [("read fault", 64)]


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


def test_a_longterm_reference_where_one_is_allowed_unshares_nothing() -> None:
    kernel, mm = machine("6.2", longterm_get="allowed")
    assert mm.get_user_pages(mm.mmap(PAGE_SIZE), 1, FOLL_LONGTERM) == [kernel.zero_page]


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
    mm.munmap(0, TASK_SIZE)
    assert mm.areas() == []


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


def test_which_accesses_would_fault() -> None:
    _, mm = machine("6.5")
    addr = mm.mmap(2 * PAGE_SIZE)

    def faults() -> tuple[bool, bool]:
        return mm.would_fault(addr + 7, write=False), mm.would_fault(addr + 7, write=True)

    assert faults() == (True, True)
    mm.read(addr, 1)
    assert faults() == (False, True)
    mm.write(addr, b"x")
    assert faults() == (False, False)
    mm.fork()
    assert faults() == (False, True)
    assert mm.would_fault(addr + PAGE_SIZE, write=False)
    with pytest.raises(TypeError, match="write is 1"):
        mm.would_fault(addr, write=1)  # type: ignore[arg-type]
    mm.exit()
    with pytest.raises(RuntimeError, match="has exited"):
        mm.would_fault(addr, write=True)


USES: list[Callable[[Mm, int], object]] = [
    lambda mm, addr: mm.read(addr, 2 * PAGE_SIZE),
    lambda mm, addr: mm.write(addr, b"y" * 2 * PAGE_SIZE),
    lambda mm, addr: mm.get_user_pages(addr, 2),
    lambda mm, addr: mm.pin_user_pages_fast(addr, 2),
    lambda mm, addr: mm.register_buffer(addr, 2),
    lambda mm, addr: mm.kernel.submit_dio_write(mm, addr, 2),
    lambda mm, addr: mm.mlock(addr, 2 * PAGE_SIZE),
    lambda mm, addr: mm.munlock(addr, 2 * PAGE_SIZE),
    lambda mm, addr: mm.munmap(addr, 2 * PAGE_SIZE),
    lambda mm, addr: mm.pin_user_page_fast_in_steps(addr + PAGE_SIZE),
    lambda mm, addr: mm.fork(),
    lambda mm, addr: mm.fork_in_steps(),
    lambda mm, addr: mm.exit(),
]


@pytest.mark.parametrize("use", USES)
def test_a_freed_page_that_is_still_mapped_is_an_error_to_use(
    use: Callable[[Mm, int], object],
) -> None:
    kernel, mm = machine()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, b"x" * 2 * PAGE_SIZE)
    first, second = (entry.page for entry in mm.mapped())
    kernel.put_page(second)
    events = len(kernel.trace)
    with pytest.raises(RuntimeError, match="was freed and must not be used any more"):
        use(mm, addr)
    assert (len(kernel.trace), first.refcount, first.peek(1)) == (events, 1, b"x")
    assert (mm.has_pinned, kernel.mms, mm.areas()[0].locked) == (False, [mm], False)
    assert kernel.ledger.holds(first.folio) == {("mapping", "parent"): 1}


def test_a_freed_folio_is_an_error_to_use_and_can_be_read_about() -> None:
    kernel, mm = machine()
    folio = kernel.alloc_folio()
    page = folio.page(0)
    kernel.put_page(page)
    addr, other = mm.mmap(2 * MIB2, order=9), mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    kernel.put_page(mm.mapped()[0].page)
    kernel.put_page(kernel.huge_zero_folio.page(0))
    assert (folio.freed, folio.refcount, page.refcount, folio.order) == (True, 0, 0, 0)
    events = len(kernel.trace)
    for use in (
        lambda: kernel.try_grab_folio(folio, 1, FOLL_PIN),
        lambda: kernel.try_grab_folio_fast(folio, 1, FOLL_PIN),
        lambda: kernel.get_page(page),
        lambda: kernel.put_page(page),
        lambda: kernel.unpin_user_page(page),
        lambda: kernel.folio_maybe_dma_pinned(folio),
        lambda: kernel.folio_ref_zero_or_close_to_overflow(folio),
        page.device_read,
        lambda: page.device_write(b"x"),
        lambda: mm.read(addr, 1),
        lambda: mm.read(other, 1),
    ):
        with pytest.raises(RuntimeError, match="was freed and must not be used"):
            use()
    assert (len(kernel.trace), mm.page_at(other)) == (events, None)


def test_after_exit_only_attributes_can_be_read() -> None:
    kernel, mm = machine()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.exit()
    assert (mm.name, mm.has_pinned, mm.exited, mm.kernel) == ("parent", False, True, kernel)
    assert repr(mm) == "<Mm 'parent' on Linux 6.4>"
    more: list[Callable[[Mm, int], object]] = [
        lambda mm, addr: mm.mmap(1),
        lambda mm, addr: mm.page_at(addr),
        lambda mm, addr: mm.areas(),
        lambda mm, addr: mm.mapped(),
        lambda mm, addr: mm.write_protect(addr),
        lambda mm, addr: mm.get_user_page_fast_in_steps(addr),
    ]
    for call in USES + more:
        with pytest.raises(RuntimeError, match="parent has exited: it has no memory any more"):
            call(mm, addr)
    assert (kernel.requests, kernel.buffers, kernel.mms) == ({}, [], [])


def test_a_cut_through_a_2_mib_folio_is_refused_and_changes_nothing() -> None:
    kernel, mm = machine()
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    before = str(kernel.trace), mm.areas()
    for offset, nbytes in ((0, PAGE_SIZE), (PAGE_SIZE, MIB2 - PAGE_SIZE)):
        for call in (mm.munmap, mm.mlock, mm.munlock):
            with pytest.raises(ValueError, match="cut a 2 MiB folio: allowed are whole ones"):
                call(addr + offset, nbytes)
    assert (str(kernel.trace), mm.areas()) == before


def test_munmap_passes_over_what_is_not_mapped_and_takes_a_2_mib_folio_as_a_whole() -> None:
    kernel, mm = machine()
    first, huge, last = mm.mmap(PAGE_SIZE), mm.mmap(2 * MIB2, order=9), mm.mmap(3 * PAGE_SIZE)
    mm.write(first, b"x")
    mm.write(huge, b"x")
    mm.read(huge + MIB2, 1)
    mm.read(last, 3 * PAGE_SIZE)
    mm.munmap(huge + MIB2, MIB2)
    assert (mm.page_at(huge) is None, mm.page_at(huge + MIB2)) == (False, None)
    pages = [mm.page_at(addr) for addr in (first, huge)]
    mm.munmap(0, last + PAGE_SIZE + 1)  # rounded up
    assert [page is not None and page.folio.freed for page in pages] == [True, True]
    assert (kernel.zero_page.refcount, kernel.huge_zero_folio.refcount) == (1, 1)
    assert mm.page_at(last) is None
    assert [(e.operation, e.page, e.pages) for e in kernel.trace[-6:]] == [
        ("unmap", "huge zero folio", 512), ("unmap", "zero page", 2),
        ("unmap", "frame 2", 1), ("free", "frame 2", 1),
        ("unmap", "frame 512", 512), ("free", "frame 512", 512),
    ]  # fmt: skip
    assert mm.read(last + 2 * PAGE_SIZE, 1) == b"\0"
    for addr in (first, huge, last, last + PAGE_SIZE):
        with pytest.raises(OSError, match="nothing is mapped") as caught:
            mm.read(addr, 1)
        assert caught.value.errno == errno.EFAULT
    events = len(kernel.trace)
    mm.munmap(first, PAGE_SIZE)
    assert len(kernel.trace) == events
    kernel.check()
