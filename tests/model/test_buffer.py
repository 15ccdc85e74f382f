"""Registered buffers: pinned for long, and counted once more, in VmPin."""

import errno

import pytest

from pinlab import FOLL_GET, INT_MAX, PAGE_SIZE, Kernel, Mm, RegisteredBuffer

HUGE = 512 * PAGE_SIZE


def machine(release: str = "6.18") -> tuple[Kernel, Mm, int]:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    return kernel, mm, mm.mmap(4 * PAGE_SIZE)


@pytest.mark.parametrize("by", ["io_uring", "RDMA"])
@pytest.mark.parametrize(
    ("release", "extra"),
    [("5.6", 1), ("5.7", 1024), ("5.8", 1024), ("5.9", 1024), ("6.4", 1024), ("6.18", 1024)],
)
def test_pins_and_vmpin_come_and_go_together(release: str, extra: int, by: str) -> None:
    kernel, mm, addr = machine(release)
    mm.read(addr, 1)
    buffer = mm.register_buffer(addr, 3, by)
    assert isinstance(buffer, RegisteredBuffer)
    assert (buffer.mm, buffer.by, buffer.registered) == (mm, by, True)
    assert (kernel.buffers, buffer.open_in) == ([buffer], [mm])
    assert [page.refcount for page in buffer.pages] == [1 + extra] * 3
    assert kernel.zero_page not in buffer.pages
    counted = 0 if by == "io_uring" and release in ("5.6", "5.7", "5.8") else 3
    assert (mm.pinned_vm, buffer.counted, mm.has_pinned) == (counted, counted, True)
    kernel.check()
    buffer.unregister()
    assert [page.refcount for page in buffer.pages] == [1] * 3
    assert (mm.pinned_vm, buffer.counted, buffer.registered) == (0, 0, False)
    assert (kernel.buffers, buffer.open_in) == ([], [])
    assert kernel.vmstat["nr_foll_pin_released"] == (0 if release == "5.6" else 3)
    kernel.check()


@pytest.mark.parametrize(
    ("release", "by", "one_folio", "three_pages", "two_folios"),
    [  # pins that stay of 512 pages, of 3, and of 4 pages in two folios; and what VmPin says
        ("5.8", "io_uring", (512, 0), (3, 0), (1, 3, 0)),
        ("5.9", "io_uring", (512, 512), (3, 3), (1, 3, 4)),
        ("5.10", "io_uring", (512, 512), (3, 512), (1, 3, 1024)),
        ("6.2", "io_uring", (512, 512), (3, 512), (1, 3, 1024)),
        ("6.3", "io_uring", (1, 512), (1, 512), (1, 3, 1024)),
        ("6.11", "io_uring", (1, 512), (1, 512), (1, 3, 1024)),
        ("6.12", "io_uring", (1, 512), (1, 512), (1, 1, 1024)),
        ("6.18", "io_uring", (1, 512), (1, 512), (1, 1, 1024)),
        ("5.8", "RDMA", (512, 512), (3, 3), (1, 3, 4)),
        ("6.18", "RDMA", (512, 512), (3, 3), (1, 3, 4)),
    ],
)
def test_what_stays_pinned_of_a_2_mib_folio(
    release: str,
    by: str,
    one_folio: tuple[int, int],
    three_pages: tuple[int, int],
    two_folios: tuple[int, int, int],
) -> None:
    for first, nr_pages, expected in (
        (0, 512, one_folio), (5, 3, three_pages), (511, 4, two_folios),
    ):  # fmt: skip
        kernel = Kernel(release)
        mm = kernel.new_mm()
        buffer = mm.register_buffer(mm.mmap(2 * HUGE, order=9) + first * PAGE_SIZE, nr_pages, by)
        folios = list(dict.fromkeys(page.folio for page in buffer.pages))
        pins = [folio.pincount for folio in folios]
        assert (*pins, mm.pinned_vm) == expected
        assert [folio.refcount - 1 for folio in folios] == pins
        assert [page.index for page in buffer.pages] == [
            page % 512 for page in range(first, first + nr_pages)
        ]
        kept = sum(filter(None, pins))
        assert kernel.vmstat == {
            "nr_foll_pin_acquired": nr_pages, "nr_foll_pin_released": nr_pages - kept,
        }  # fmt: skip
        kernel.check()
        buffer.unregister()
        assert {folio.refcount for folio in folios} == {1}
        assert (mm.pinned_vm, kernel.vmstat["nr_foll_pin_released"]) == (0, nr_pages)
        kernel.check()


def test_folios_of_two_sizes_keep_all_pins() -> None:
    kernel = Kernel("6.12")
    mm = kernel.new_mm()
    addr = mm.mmap(2 * HUGE, order=9)
    mm.read(addr, 1)
    mm.write(addr, b"x")  # splits the mapping of the huge zero folio
    buffer = mm.register_buffer(addr, 1024)
    small, large = buffer.pages[0].folio, buffer.pages[512].folio
    assert (small.order, small.refcount, large.order, large.pincount) == (0, 1025, 9, 512)
    assert (mm.pinned_vm, kernel.vmstat["nr_foll_pin_released"]) == (1024, 0)
    kernel.check()


@pytest.mark.parametrize(
    ("release", "by", "both"),
    [("5.9", "io_uring", 1024), ("5.10", "io_uring", 512), ("6.18", "io_uring", 512),
     ("6.18", "RDMA", 1024)],
)  # fmt: skip
def test_a_large_folio_counts_once_in_a_ring_and_leaves_with_who_counted_it(
    release: str, by: str, both: int
) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(HUGE, order=9)
    first, second, third = (mm.register_buffer(addr, 512, by) for _ in range(3))
    third.unregister()
    folio = first.pages[0].folio
    owners = {owner for kind, owner in kernel.ledger.holds(folio) if kind == "pin"}
    assert owners == {first.name, second.name}
    assert mm.pinned_vm == both
    kernel.check()
    first.unregister()
    assert mm.pinned_vm == both - 512
    second.unregister()
    assert (mm.pinned_vm, mm.mapped()[0].page.refcount) == (0, 1)


def test_rdma_and_io_uring_count_a_large_folio_each() -> None:
    kernel = Kernel()
    mm = kernel.new_mm()
    addr = mm.mmap(HUGE, order=9)
    region, _ = mm.register_buffer(addr, 512, "RDMA"), mm.register_buffer(addr, 512)
    assert mm.pinned_vm == 1024
    other = kernel.new_mm("other")
    other.register_buffer(other.mmap(HUGE, order=9), 512)
    assert (other.pinned_vm, region.name) == (512, "parent, buffer 1")
    assert [buffer.name for buffer in kernel.buffers][1:] == ["parent, buffer 2", "other, buffer 3"]
    kernel.check()


def test_a_hole_undoes_it_all() -> None:
    kernel, mm, addr = machine()
    for start, nr_pages in ((addr, 5), (addr + 4 * PAGE_SIZE, 1)):
        with pytest.raises(OSError, match="nothing is mapped") as caught:
            mm.register_buffer(start, nr_pages)
        assert caught.value.errno == errno.EFAULT
    assert (mm.pinned_vm, kernel.buffers) == (0, [])
    assert {folio.refcount for folio in kernel.folios} == {1}
    kernel.check()


@pytest.mark.parametrize(
    ("by", "refused", "number"),
    [
        ("io_uring", 0, errno.ENOMEM),
        ("io_uring", 1, errno.EFAULT),
        ("RDMA", 0, errno.ENOMEM),
        ("RDMA", 1, errno.ENOMEM),
    ],
)
def test_the_guard_undoes_it_all(by: str, refused: int, number: int) -> None:
    kernel, mm, addr = machine()
    mm.write(addr, bytes(2 * PAGE_SIZE))
    pages = [entry.page for entry in mm.mapped()]
    kernel.try_grab_folio(pages[refused].folio, INT_MAX, FOLL_GET)
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        mm.register_buffer(addr, 2, by)
    assert caught.value.errno == number
    assert (pages[1 - refused].refcount, mm.pinned_vm, kernel.buffers) == (1, 0, [])


def test_a_buffer_ends_with_the_last_process_that_has_it_open() -> None:
    kernel, mm, addr = machine()
    buffer, gone = mm.register_buffer(addr, 1), mm.register_buffer(addr, 1)
    assert repr(buffer) == "<RegisteredBuffer 'parent, buffer 1': 1 pages, registered>"
    gone.unregister()
    with pytest.raises(RuntimeError, match="parent, buffer 2 is not registered any more"):
        gone.unregister()
    child = mm.fork()
    kernel.new_mm("other").fork("stranger")
    mm.exit()
    assert (buffer.open_in, child.pinned_vm, buffer.registered) == ([child], 0, True)
    child.exit()
    assert (buffer.registered, buffer.pages[0].folio.freed) == (False, True)
    assert repr(buffer).endswith("unregistered>")
    kernel.check()
