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


def test_each_page_of_a_locked_mapping_has_to_be_there(mm: Mm) -> None:
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.mlock(addr, 2 * PAGE_SIZE)
    mm.kernel.check()
    del mm.ptes[(addr + PAGE_SIZE) // PAGE_SIZE]
    with pytest.raises(InvariantError, match="1 pages of a locked mapping have no frame"):
        mm.kernel.check()


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
