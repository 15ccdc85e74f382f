"""Direct I/O: what is held while a request is in flight, and the device's side."""

import errno

import pytest

from pinlab import PAGE_SIZE, InvariantError, Kernel, Mm

BUFFER = 64 * PAGE_SIZE


def machine(release: str, **overrides: object) -> tuple[Kernel, Mm, int]:
    kernel = Kernel(release, **overrides)
    mm = kernel.new_mm()
    return kernel, mm, mm.mmap(BUFFER)


@pytest.mark.parametrize(
    ("release", "overrides", "in_flight", "acquired"),
    [
        ("6.4", {}, 65, 0),
        ("6.5", {"zero_page_pins": "counted"}, 65537, 64),
        ("6.5", {}, 1, 0),
        ("6.18", {}, 1, 0),
        ("5.6", {}, 65, 0),
    ],
)
def test_a_write_to_disk_from_never_written_memory(
    release: str, overrides: dict[str, object], in_flight: int, acquired: int
) -> None:
    kernel, mm, addr = machine(release, **overrides)
    request = kernel.submit_dio_write(mm, addr, 64)
    assert request.pages == [kernel.zero_page] * 64
    assert request.in_flight
    assert kernel.zero_page.refcount == in_flight
    assert kernel.vmstat["nr_foll_pin_acquired"] == acquired
    request.complete()
    assert not request.in_flight
    assert kernel.zero_page.refcount == 1
    assert kernel.vmstat["nr_foll_pin_released"] == acquired
    kernel.check()


def test_the_mail_held_together_and_one_after_another() -> None:
    kernel, mm, addr = machine("6.5", zero_page_pins="counted")
    for _ in range(1000):
        kernel.submit_dio_write(mm, addr, 64).complete()
    assert kernel.zero_page.refcount == 1
    requests = [kernel.submit_dio_write(mm, addr, 64) for _ in range(32768)]
    assert kernel.zero_page.refcount == -2147483647
    assert kernel.warnings == []
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        kernel.submit_dio_write(mm, addr, 64)
    assert caught.value.errno == errno.ENOMEM
    requests[0].complete()
    assert kernel.zero_page.refcount == 2**31 - 65536 + 1
    kernel.check()


def test_a_mixed_buffer_goes_fast_first_and_slow_for_all_the_rest() -> None:
    kernel, mm, addr = machine("6.18")
    mm.write(addr, b"x" * 2 * PAGE_SIZE)
    mm.write(addr + 5 * PAGE_SIZE, b"x")
    at = len(kernel.trace)
    kernel.submit_dio_write(mm, addr, 8)
    grabs = [(event.operation, event.pages) for event in kernel.trace[at:]]
    assert grabs == [
        ("pin, fast", 1), ("pin, fast", 1), ("read fault", 3), ("pin", 3), ("pin", 1),
        ("read fault", 2), ("pin", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("release", "fast"), [("6.5", True), ("6.18", False)])
def test_where_gup_fast_may_take_the_huge_zero_folio(release: str, fast: bool) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE, order=9)
    mm.read(addr, 1)
    at = len(kernel.trace)
    request = kernel.submit_dio_write(mm, addr, 64)
    assert {event.operation for event in kernel.trace[at:]} == {"pin, fast" if fast else "pin"}
    assert (kernel.huge_zero_folio.refcount, kernel.huge_zero_folio.pincount) == (65, 64)
    request.complete()
    kernel.check()


def test_a_2_mib_folio_is_taken_fast_and_whole() -> None:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(1024 * PAGE_SIZE, order=9)
    mm.write(addr, b"x" * 1024 * PAGE_SIZE)
    at = len(kernel.trace)
    request = kernel.submit_dio_write(mm, addr + 500 * PAGE_SIZE, 100)
    assert [event.pages for event in kernel.trace[at:]] == [12, 88]
    assert [page.index for page in request.pages] == [*range(500, 512), *range(88)]


def test_a_refused_fast_grab_is_tried_again_slowly() -> None:
    kernel, mm, addr = machine("6.18")
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    page.folio.refcount = -7
    with pytest.raises(OSError, match="could not be grabbed"):
        kernel.submit_dio_write(mm, addr, 1)
    assert kernel.warnings == [
        "try_get_folio: refcount -7 is negative",
        "try_grab_folio: refcount -7 is not > 0",
    ]


def test_each_request_releases_its_own_holds() -> None:
    kernel, mm, addr = machine("6.4")
    first, second = (kernel.submit_dio_write(mm, addr, 64) for _ in range(2))
    second.complete()
    owners = {owner for _, owner in kernel.ledger.holds(kernel.zero_page.folio)}
    assert owners == {"kernel", first.name}


@pytest.mark.parametrize(("inside", "pages"), [(0, 64), (512, 65), (2048, 65), (3584, 65)])
def test_a_buffer_that_begins_inside_a_page_touches_one_page_more(inside: int, pages: int) -> None:
    """Measured on Linux 6.18.44: 65 pins, 64 from a page's beginning on."""
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    start = mm.mmap(65 * PAGE_SIZE) + inside
    mm.write(start - inside, b"x" * 65 * PAGE_SIZE)
    mm.write(start, b"first")
    mm.write(start + BUFFER - 4, b"last")
    request = kernel.submit_dio_read(mm, start, 64)
    assert len(request.pages) == kernel.vmstat["nr_foll_pin_acquired"] == pages
    assert (request.device_read(5), request.device_read(4, BUFFER - 4)) == (b"first", b"last")
    assert len(request.device_read()) == BUFFER
    request.device_write(b"over a border", PAGE_SIZE - inside - 5)
    request.complete()
    assert mm.read(start + PAGE_SIZE - inside - 5, 13) == b"over a border"
    assert mm.read(start, 5) == b"first"
    kernel.check()


def test_a_short_request_from_inside_a_page_has_what_lies_before_the_hole() -> None:
    kernel, mm, addr = machine("6.18")
    request = kernel.submit_dio_write(mm, addr + 62 * PAGE_SIZE + 512, 64)
    assert len(request.pages) == 2
    assert len(request.device_read()) == 2 * PAGE_SIZE - 512
    with pytest.raises(ValueError, match=r"offset is 7681: allowed .* 0 to 7680"):
        request.device_read(0, 7681)


def test_the_rule_of_a_file_system_can_be_set_and_others_ask_for_no_grid() -> None:
    kernel, mm, addr = machine("6.18", dio_hold_nfs="pin", dio_hold="get")
    mm.write(addr, b"xy")
    nfs = kernel.submit_dio_write(mm, addr + 1, 1, file_system="nfs")
    assert (len(nfs.pages), nfs.device_read(1)) == (2, b"y")
    kernel.submit_dio_write(mm, addr, 1)
    assert nfs.pages[0].refcount == 1 + 1024 + 1


def test_a_completed_request_does_nothing_any_more() -> None:
    kernel, mm, addr = machine("6.4")
    request = kernel.submit_dio_read(mm, addr, 1)
    request.complete()
    for use in (request.complete, request.device_read, lambda: request.device_write(b"x")):
        with pytest.raises(RuntimeError, match="has completed"):
            use()
    assert len(request.pages) == 1
    kernel.check()


def test_a_folio_freed_under_a_request_is_counted_down_all_the_same() -> None:
    kernel, mm, addr = machine("6.4")
    request = kernel.submit_dio_read(mm, addr, 1)
    folio = request.pages[0].folio
    for _ in range(2):
        kernel.put_page(request.pages[0])
    assert folio.freed
    request.complete()
    assert folio.refcount == -1
    with pytest.raises(InvariantError):
        kernel.check()


def test_repr_tells_direction_and_state() -> None:
    kernel, mm, addr = machine("6.4")
    to_disk, from_disk = kernel.submit_dio_write(mm, addr, 1), kernel.submit_dio_read(mm, addr, 2)
    to_disk.complete()
    assert repr(to_disk) == "<DirectIO 'parent, DIO 1': 1 pages to disk, completed>"
    assert repr(from_disk) == "<DirectIO 'parent, DIO 2': 2 pages from disk, in flight>"


@pytest.mark.parametrize(("release", "exempt"), [("6.4", 0), ("6.5", 2)])
def test_pages_that_no_counter_knows_of(release: str, exempt: int) -> None:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    addr = mm.mmap(3 * PAGE_SIZE)
    mm.write(addr, b"x")
    request = kernel.submit_dio_write(mm, addr, 3)
    assert request.uncounted == [kernel.zero_page] * exempt
