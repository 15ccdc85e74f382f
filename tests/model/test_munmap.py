"""munmap: whose reference goes, and what keeps a frame that is mapped nowhere any more."""

import errno

import pytest

from pinlab import PAGE_SIZE, Kernel, Mm

HUGE = 512 * PAGE_SIZE


@pytest.fixture
def mm() -> Mm:
    return Kernel().new_mm()


def refuses(mm: Mm, addr: int) -> bool:
    """Whether nothing is mapped there."""
    with pytest.raises(OSError, match="nothing is mapped") as caught:
        mm.read(addr, 1)
    return caught.value.errno == errno.EFAULT


def test_a_frame_that_nobody_else_holds_is_freed(mm: Mm) -> None:
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    mm.munmap(addr, PAGE_SIZE)
    assert (page.refcount, page.folio.freed, mm.page_at(addr)) == (0, True, None)
    assert refuses(mm, addr)
    assert [event.operation for event in mm.kernel.trace[-2:]] == ["unmap", "free"]
    mm.kernel.check()


@pytest.mark.parametrize("release", ["6.4", "6.18"])
def test_a_request_in_flight_keeps_the_frame_until_it_completes(release: str) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    request = kernel.submit_dio_read(mm, addr, 1)
    (page,) = request.pages
    held = page.refcount
    mm.munmap(addr, PAGE_SIZE)
    assert (page.refcount, page.folio.freed) == (held - 1, False)
    request.device_write(b"from disk")
    assert page.device_read(9) == b"from disk"
    kernel.check()
    request.complete()
    assert page.folio.freed
    kernel.check()


def test_unmapping_the_zero_page_changes_no_counter(mm: Mm) -> None:
    addr = mm.mmap(64 * PAGE_SIZE)
    mm.read(addr, 64 * PAGE_SIZE)
    mm.munmap(addr, 64 * PAGE_SIZE)
    event = mm.kernel.trace[-1]
    assert (event.operation, event.page, event.pages) == ("unmap", "zero page", 64)
    assert mm.kernel.zero_page.refcount == 1
    assert refuses(mm, addr)
    mm.kernel.check()


def test_only_the_range_goes(mm: Mm) -> None:
    addr = mm.mmap(4 * PAGE_SIZE)
    mm.write(addr, bytes(4 * PAGE_SIZE))
    mm.munmap(addr + PAGE_SIZE, PAGE_SIZE + 1)
    assert mm.read(addr, PAGE_SIZE) == mm.read(addr + 3 * PAGE_SIZE, PAGE_SIZE) == bytes(PAGE_SIZE)
    assert refuses(mm, addr + PAGE_SIZE)
    assert refuses(mm, addr + 2 * PAGE_SIZE)
    mm.kernel.check()


def test_what_is_not_mapped_is_passed_over(mm: Mm) -> None:
    first, second = mm.mmap(PAGE_SIZE), mm.mmap(PAGE_SIZE)
    for addr in (first, second):
        mm.write(addr, b"x")
    mm.munmap(0, second + PAGE_SIZE)
    assert refuses(mm, first)
    assert refuses(mm, second)
    events = len(mm.kernel.trace)
    mm.munmap(first, PAGE_SIZE)
    assert len(mm.kernel.trace) == events


def test_a_2_mib_folio_goes_as_a_whole(mm: Mm) -> None:
    addr = mm.mmap(2 * HUGE, order=9)
    mm.write(addr, b"x")
    mm.read(addr + HUGE, 1)
    page = mm.page_at(addr)
    assert page is not None
    before = mm.kernel.huge_zero_folio.refcount
    mm.munmap(addr, 2 * HUGE)
    assert page.folio.freed
    assert mm.kernel.huge_zero_folio.refcount == before
    assert not mm.kernel.huge_zero_folio.freed
    mm.kernel.check()


@pytest.mark.parametrize(("offset", "nbytes"), [(0, PAGE_SIZE), (PAGE_SIZE, HUGE - PAGE_SIZE)])
def test_a_cut_through_a_2_mib_folio_is_refused_and_changes_nothing(
    mm: Mm, offset: int, nbytes: int
) -> None:
    addr = mm.mmap(HUGE, order=9)
    mm.write(addr, b"x")
    events = len(mm.kernel.trace)
    with pytest.raises(ValueError, match="cut a 2 MiB folio: allowed are whole ones"):
        mm.munmap(addr + offset, nbytes)
    assert mm.read(addr, 1) == b"x"
    assert len(mm.kernel.trace) == events


def test_a_freed_frame_is_not_unmapped(mm: Mm) -> None:
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, bytes(2 * PAGE_SIZE))
    page = mm.page_at(addr + PAGE_SIZE)
    assert page is not None
    mm.kernel.put_page(page)
    with pytest.raises(RuntimeError, match="was freed"):
        mm.munmap(addr, 2 * PAGE_SIZE)
    first = mm.page_at(addr)
    assert first is not None
    assert first.refcount == 1


def test_an_address_within_a_page_is_einval(mm: Mm) -> None:
    addr = mm.mmap(PAGE_SIZE)
    with pytest.raises(OSError, match="is not a multiple of 4096") as caught:
        mm.munmap(addr + 1, 1)
    assert caught.value.errno == errno.EINVAL


def test_a_range_beyond_the_address_space_is_einval(mm: Mm) -> None:
    addr = mm.mmap(PAGE_SIZE)
    with pytest.raises(OSError, match="is beyond 0x7ffffffff000") as caught:
        mm.munmap(addr, 2**47)
    assert caught.value.errno == errno.EINVAL
    assert mm.read(addr, 1) == b"\0"


@pytest.mark.parametrize(
    ("addr", "nbytes", "error"),
    [(-1, 1, ValueError), (0, 0, ValueError), ("0", 1, TypeError), (0, 1.5, TypeError)],
)
def test_bad_arguments_are_named(mm: Mm, addr: int, nbytes: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"(addr|nbytes) is "):
        mm.munmap(addr, nbytes)


def test_other_mappings_are_left_alone(mm: Mm) -> None:
    huge, small = mm.mmap(HUGE, order=9), mm.mmap(PAGE_SIZE)
    mm.write(huge, b"x")
    mm.write(small, b"y")
    mm.munmap(small, PAGE_SIZE)
    assert mm.read(huge, 1) == b"x"
    assert refuses(mm, small)
    mm.kernel.check()
