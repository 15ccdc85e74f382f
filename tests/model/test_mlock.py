"""mlock: which folios stay in RAM for it, and that nothing GUP counts moves."""

import errno

import pytest

from pinlab import PAGE_SIZE, InvariantError, Kernel, Mm, Page

HUGE = 512 * PAGE_SIZE
RELEASES = ("5.6", "5.8", "5.18", "6.4", "6.18")


@pytest.fixture
def mm() -> Mm:
    return Kernel().new_mm()


def mapped(mm: Mm, addr: int) -> Page:
    page = mm.page_at(addr)
    assert page is not None
    return page


def locked(mm: Mm) -> list[tuple[int, bool]]:
    """Length in pages, and whether it is locked, of each mapping."""
    return [(area.end - area.start, area.locked) for area in mm.areas()]


@pytest.mark.parametrize("release", RELEASES)
def test_pages_get_frames_of_their_own_and_no_counter_says_more(release: str) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(4 * PAGE_SIZE)
    mm.write(addr, b"x")
    mm.read(addr + PAGE_SIZE, 1)
    assert mm.page_at(addr + PAGE_SIZE) is kernel.zero_page
    mm.mlock(addr, 4 * PAGE_SIZE)
    pages = [mapped(mm, addr + i * PAGE_SIZE) for i in range(4)]
    assert [(page.refcount, page.folio.mlocked) for page in pages] == [(1, True)] * 4
    assert mm.read(addr, 2) == b"x\0"
    assert (kernel.zero_page.refcount, kernel.zero_page.folio.mlocked) == (1, False)
    assert (kernel.vmstat["nr_foll_pin_acquired"], mm.has_pinned, mm.pinned_vm) == (0, False, 0)
    assert [event.page for event in kernel.trace if event.operation == "mlock"] == [
        page.name for page in pages
    ]
    kernel.check()


def test_a_2_mib_folio_is_mlocked_as_one_and_the_huge_zero_folio_never(mm: Mm) -> None:
    addr = mm.mmap(HUGE, order=9)
    mm.read(addr, 1)
    huge_zero = mm.kernel.huge_zero_folio
    assert mapped(mm, addr).folio is huge_zero
    mm.mlock(addr, HUGE)
    folio = mapped(mm, addr).folio
    assert (folio is huge_zero, huge_zero.mlocked, folio.mlocked) == (False, False, True)
    assert (folio.refcount, folio.pincount) == (1, 0)
    mm.kernel.check()


def test_bytes_are_rounded_to_pages_and_a_mapping_is_cut_and_made_whole_again(mm: Mm) -> None:
    addr = mm.mmap(4 * PAGE_SIZE)
    mm.mlock(addr + PAGE_SIZE + 5, PAGE_SIZE)
    assert locked(mm) == [(1, False), (2, True), (1, False)]
    mm.mlock(addr + 3 * PAGE_SIZE, 1)
    assert locked(mm) == [(1, False), (3, True)]
    mm.mlock(addr + PAGE_SIZE, PAGE_SIZE)
    assert locked(mm) == [(1, False), (3, True)]
    middle = mapped(mm, addr + 2 * PAGE_SIZE)
    mm.munlock(addr + 2 * PAGE_SIZE, 1)
    assert locked(mm) == [(1, False), (1, True), (1, False), (1, True)]
    assert not middle.folio.mlocked
    assert mapped(mm, addr + PAGE_SIZE).folio.mlocked
    mm.munlock(addr, 4 * PAGE_SIZE)
    assert locked(mm) == [(4, False)]
    assert [event.operation for event in mm.kernel.trace].count("munlock") == 3
    mm.write(addr, bytes(4 * PAGE_SIZE))
    mm.kernel.check()


def test_two_mappings_stay_two(mm: Mm) -> None:
    for _ in range(2):
        mm.mlock(mm.mmap(PAGE_SIZE), PAGE_SIZE)
    assert locked(mm) == [(1, True), (1, True)]


def test_what_lies_before_a_hole_is_locked_but_not_made_present(mm: Mm) -> None:
    first, second = mm.mmap(3 * PAGE_SIZE), mm.mmap(PAGE_SIZE)
    mm.write(first, b"x")
    mm.read(first + PAGE_SIZE, 1)
    reach = second - first + PAGE_SIZE
    for call, now in ((mm.mlock, True), (mm.munlock, False)):
        with pytest.raises(
            OSError, match=f"nothing is mapped at {second - PAGE_SIZE:#x}"
        ) as caught:
            call(first, reach)
        assert caught.value.errno == errno.ENOMEM
        assert locked(mm) == [(3, now), (1, False)]
        assert (mapped(mm, first).folio.mlocked, mm.kernel.zero_page.folio.mlocked) == (now, False)
        mm.kernel.check()
    assert mm.page_at(first + 2 * PAGE_SIZE) is None
    assert mm.page_at(second) is None
    names = [event.page for event in mm.kernel.trace if "lock" in event.operation]
    assert names == [mapped(mm, first).name] * 2


def test_at_a_hole_nothing_changes(mm: Mm) -> None:
    addr = mm.mmap(PAGE_SIZE)
    for call in (mm.mlock, mm.munlock):
        with pytest.raises(OSError, match="nothing is mapped") as caught:
            call(addr + PAGE_SIZE, PAGE_SIZE)
        assert caught.value.errno == errno.ENOMEM
    assert (locked(mm), list(mm.kernel.trace)) == ([(1, False)], [])
    mm.vmas = [area._replace(locked=True) for area in mm.vmas]
    with pytest.raises(InvariantError, match="locked-is-present"):
        mm.kernel.check()


def test_bad_arguments_and_a_cut_through_a_huge_folio(mm: Mm) -> None:
    addr = mm.mmap(HUGE, order=9)
    with pytest.raises(ValueError, match="cut a 2 MiB folio"):
        mm.mlock(addr, PAGE_SIZE)
    with pytest.raises(ValueError, match="nbytes is 0"):
        mm.mlock(addr, 0)
    with pytest.raises(ValueError, match="addr is -1: allowed are whole numbers from 0 to"):
        mm.mlock(-1, 1)
    assert locked(mm) == [(512, False)]
    mm.exit()
    for call in (mm.mlock, mm.munlock):
        with pytest.raises(RuntimeError, match="has exited"):
            call(addr, HUGE)


def test_a_freed_folio_is_refused_and_nothing_changes(mm: Mm) -> None:
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr + PAGE_SIZE, b"x")
    mm.kernel.put_page(mapped(mm, addr + PAGE_SIZE))
    with pytest.raises(RuntimeError, match="was freed"):
        mm.mlock(addr, 2 * PAGE_SIZE)
    assert (locked(mm), mm.page_at(addr)) == ([(2, False)], None)


@pytest.mark.parametrize("release", RELEASES)
def test_a_child_inherits_no_lock_and_a_copy_of_the_parent_s_is_locked(release: str) -> None:
    kernel = Kernel(release)
    parent = kernel.new_mm()
    addr = parent.mmap(PAGE_SIZE)
    parent.mlock(addr, PAGE_SIZE)
    child = parent.fork()
    assert (locked(parent), locked(child)) == ([(1, True)], [(1, False)])
    shared = mapped(parent, addr)
    assert (mapped(child, addr), shared.folio.mlocked) == (shared, True)
    parent.write(addr, b"P")
    assert mapped(parent, addr) is not shared
    assert (shared.folio.mlocked, mapped(parent, addr).folio.mlocked) == (False, True)
    kernel.check()
    parent.exit()
    assert not any(folio.mlocked for folio in kernel.folios)


def test_an_unmapped_page_is_not_mlocked_even_if_a_request_holds_it(mm: Mm) -> None:
    addr = mm.mmap(PAGE_SIZE)
    mm.mlock(addr, PAGE_SIZE)
    request = mm.kernel.submit_dio_read(mm, addr, 1)
    (page,) = request.pages
    mm.munmap(addr, PAGE_SIZE)
    assert (page.folio.freed, page.folio.mlocked) == (False, False)
    request.complete()
    mm.kernel.check()


def test_check_finds_a_locked_mapping_that_is_not_all_there(mm: Mm) -> None:
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.read(addr, 1)
    mm.vmas = [area._replace(locked=True) for area in mm.vmas]
    with pytest.raises(InvariantError, match="locked-is-present: parent: 2 pages of a locked"):
        mm.kernel.check()
