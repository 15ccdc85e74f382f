"""Folios, pages and the bytes of their frames."""

from pinlab import PAGE_SIZE, Kernel
from pinlab.model.folio import Stored, Writer


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
    kernel = Kernel()
    folio = kernel.alloc_folio(1)
    folio.page(1).device_write(b"abc", offset=PAGE_SIZE - 3)
    assert folio.page(1).device_read() == bytes(PAGE_SIZE - 3) + b"abc"
    assert folio.page(1).device_read(2, offset=PAGE_SIZE - 2) == b"bc"
    assert folio.page(1).device_read(offset=PAGE_SIZE - 4) == b"\0abc"
    assert folio.page(1).device_read(0) == b""
    assert folio.page(0).device_read() == bytes(PAGE_SIZE)
    assert [event.operation for event in kernel.trace[-5:]] == ["device read"] * 5


def test_names_tell_the_zero_pages_from_other_frames() -> None:
    kernel = Kernel()
    assert kernel.zero_page.name == "zero page"
    assert kernel.huge_zero_folio.page(7).name == "huge zero folio, page 7"
    folio = kernel.alloc_folio()
    assert (folio.name, folio.anon_exclusive) == (f"frame {folio.pfn}", False)
    assert repr(folio) == f"<Folio frame {folio.pfn} order=0 refcount=1>"
    assert repr(folio.page(0)) == f"<Page frame {folio.pfn} refcount=1>"
    assert "order=9 refcount=1 pincount=0" in repr(kernel.huge_zero_folio)
    kernel.put_page(folio.page(0))
    assert repr(folio).endswith("freed>")


def test_what_a_later_write_leaves_of_somebody_s_bytes() -> None:
    writer = Writer("somebody")
    for start, end, left in (
        (0, 10, [(10, 20)]), (20, 30, [(10, 20)]), (0, 5, [(10, 20)]), (25, 30, [(10, 20)]),
        (0, 12, [(12, 20)]), (18, 30, [(10, 18)]), (12, 18, [(10, 12), (18, 20)]), (5, 25, []),
        (10, 20, []),
    ):  # fmt: skip
        assert Stored(10, 20, writer).outside(start, end) == [Stored(a, b, writer) for a, b in left]
