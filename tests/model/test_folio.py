"""Folios, pages and the bytes of their frames."""

import pytest

from pinlab import PAGE_SIZE, Kernel
from pinlab.model.folio import Stored, Writer


def test_a_fresh_folio_has_one_reference() -> None:
    folio = Kernel().alloc_folio(3)
    assert (folio.order, folio.nr_pages, folio.refcount, folio.pincount) == (3, 8, 1, 0)
    assert not folio.freed


def test_a_small_folio_has_no_pincount() -> None:
    folio = Kernel().alloc_folio()
    assert folio.pincount is None
    assert folio.page(0).pincount is None


def test_pages_are_the_same_objects_every_time_and_share_the_counters() -> None:
    kernel = Kernel()
    folio = kernel.alloc_folio(2)
    pages = [folio.page(i) for i in range(4)]
    assert all(page is folio.page(i) for i, page in enumerate(pages))
    assert all(page.folio is folio for page in pages)
    kernel.get_page(pages[3])
    assert {page.refcount for page in pages} == {folio.refcount} == {2}
    assert {page.pincount for page in pages} == {0}


def test_folios_do_not_share_frames() -> None:
    kernel = Kernel()
    folios = [kernel.alloc_folio(order) for order in (0, 9, 0, 3, 1, 9)]
    frames = [f.pfn + i for f in folios for i in range(f.nr_pages)]
    assert len(frames) == len(set(frames))
    assert all(f.pfn % f.nr_pages == 0 for f in folios)


def test_a_device_reads_what_it_wrote_and_zeros_elsewhere() -> None:
    folio = Kernel().alloc_folio(1)
    folio.page(1).device_write(b"abc", offset=PAGE_SIZE - 3)
    assert folio.page(1).device_read() == bytes(PAGE_SIZE - 3) + b"abc"
    assert folio.page(1).device_read(2, offset=PAGE_SIZE - 2) == b"bc"
    assert folio.page(1).device_read(offset=PAGE_SIZE - 4) == b"\0abc"
    assert folio.page(1).device_read(0) == b""
    assert folio.page(0).device_read() == bytes(PAGE_SIZE)


def test_no_device_reaches_beyond_a_frame() -> None:
    page = Kernel().alloc_folio().page(0)
    with pytest.raises(ValueError, match="data has 2 bytes: allowed are at most 1"):
        page.device_write(b"xy", offset=4095)
    with pytest.raises(ValueError, match="offset is 4097"):
        page.device_read(0, offset=4097)
    with pytest.raises(ValueError, match="nbytes is -1"):
        page.device_read(-1)
    with pytest.raises(ValueError, match="offset is -1"):
        page.device_read(1, -1)
    with pytest.raises(ValueError, match=r"nbytes is 4096: allowed .* 0 to 4095"):
        page.device_read(4096, offset=1)
    with pytest.raises(TypeError, match="data is 'xy'"):
        page.device_write("xy")  # type: ignore[arg-type]
    assert page.device_read() == bytes(PAGE_SIZE)


def test_a_freed_folio_stays_readable_but_not_usable() -> None:
    kernel = Kernel()
    folio = kernel.alloc_folio()
    page = folio.page(0)
    kernel.put_page(page)
    assert (folio.freed, folio.refcount, page.refcount, folio.order) == (True, 0, 0, 0)
    for use in (page.device_read, lambda: page.device_write(b"x"), lambda: kernel.get_page(page)):
        with pytest.raises(RuntimeError, match="was freed"):
            use()
    assert folio.refcount == 0


@pytest.mark.parametrize("index", [-1, 2, 512])
def test_a_page_index_lies_inside_the_folio(index: int) -> None:
    with pytest.raises(
        ValueError, match=rf"i \(the index of a page\) is {index}: allowed .* 0 to 1"
    ):
        Kernel().alloc_folio(1).page(index)


def test_names_tell_the_zero_pages_from_other_frames() -> None:
    kernel = Kernel()
    assert kernel.zero_page.name == "zero page"
    assert kernel.huge_zero_folio.page(7).name == "huge zero folio, page 7"
    folio = kernel.alloc_folio()
    assert folio.name == f"frame {folio.pfn}"
    assert repr(folio) == f"<Folio frame {folio.pfn} order=0 refcount=1>"
    assert repr(folio.page(0)) == f"<Page frame {folio.pfn} refcount=1>"
    assert "order=9 refcount=1 pincount=0" in repr(kernel.huge_zero_folio)
    kernel.put_page(folio.page(0))
    assert repr(folio).endswith("freed>")


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        (0, 10, [(10, 20)]), (20, 30, [(10, 20)]), (0, 5, [(10, 20)]), (25, 30, [(10, 20)]),
        (0, 12, [(12, 20)]), (18, 30, [(10, 18)]), (12, 18, [(10, 12), (18, 20)]), (5, 25, []),
        (10, 20, []),
    ],
)  # fmt: skip
def test_what_a_later_write_leaves_of_somebody_s_bytes(
    start: int, end: int, left: list[tuple[int, int]]
) -> None:
    writer = Writer("somebody")
    assert Stored(10, 20, writer).outside(start, end) == [Stored(a, b, writer) for a, b in left]
