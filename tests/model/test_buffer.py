"""Registered buffers: pinned for long, and counted once more, in VmPin."""

import errno

import pytest

from pinlab import FOLL_GET, INT_MAX, PAGE_SIZE, InvariantError, Kernel, Mm, RegisteredBuffer

HUGE = 512 * PAGE_SIZE


def machine(release: str = "6.18") -> tuple[Kernel, Mm, int]:
    kernel = Kernel(release)
    mm = kernel.new_mm()
    return kernel, mm, mm.mmap(4 * PAGE_SIZE)


@pytest.mark.parametrize(
    ("release", "extra"), [("5.6", 1), ("5.7", 1024), ("6.4", 1024), ("6.18", 1024)]
)
def test_pins_and_vmpin_come_and_go_together(release: str, extra: int) -> None:
    kernel, mm, addr = machine(release)
    mm.read(addr, 1)
    buffer = mm.register_buffer(addr, 3)
    assert isinstance(buffer, RegisteredBuffer)
    assert (buffer.mm, buffer.registered, kernel.buffers) == (mm, True, [buffer])
    assert [page.refcount for page in buffer.pages] == [1 + extra] * 3
    assert kernel.zero_page not in buffer.pages
    assert (mm.pinned_vm, mm.has_pinned) == (3, True)
    kernel.check()
    buffer.unregister()
    assert [page.refcount for page in buffer.pages] == [1] * 3
    assert (mm.pinned_vm, buffer.registered, kernel.buffers) == (0, False, [])
    assert kernel.vmstat["nr_foll_pin_released"] == (0 if release == "5.6" else 3)
    kernel.check()


def test_the_same_pages_registered_twice_are_counted_twice() -> None:
    kernel, mm, addr = machine()
    first, second = mm.register_buffer(addr, 2), mm.register_buffer(addr + PAGE_SIZE + 7, 2)
    assert first.pages[1] is second.pages[0]
    assert (first.pages[1].refcount, mm.pinned_vm) == (1 + 2 * 1024, 4)
    first.unregister()
    assert (mm.pinned_vm, kernel.buffers) == (2, [second])
    kernel.check()


def test_vmpin_is_not_the_number_of_pins() -> None:
    kernel, mm, addr = machine()
    request = kernel.submit_dio_read(mm, addr, 4)
    mm.pin_user_pages(addr, 4)
    assert (kernel.vmstat["nr_foll_pin_acquired"], mm.pinned_vm) == (8, 0)
    assert request.in_flight


def test_a_2_mib_folio_gets_a_pincount() -> None:
    kernel = Kernel()
    mm = kernel.new_mm()
    buffer = mm.register_buffer(mm.mmap(HUGE, order=9), 512)
    folio = buffer.pages[0].folio
    assert (folio.refcount, folio.pincount, mm.pinned_vm) == (513, 512, 512)
    assert folio is not kernel.huge_zero_folio
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


def test_the_guard_undoes_it_all() -> None:
    kernel, mm, addr = machine()
    mm.write(addr, bytes(2 * PAGE_SIZE))
    second = mm.page_at(addr + PAGE_SIZE)
    assert second is not None
    kernel.try_grab_folio(second.folio, INT_MAX, FOLL_GET)
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        mm.register_buffer(addr, 2)
    assert caught.value.errno == errno.ENOMEM
    first = mm.page_at(addr)
    assert first is not None
    assert (first.refcount, mm.pinned_vm, kernel.buffers) == (1, 0, [])


def test_bad_arguments_change_nothing() -> None:
    kernel, mm, addr = machine()
    with pytest.raises(ValueError, match="nr_pages is 0"):
        mm.register_buffer(addr, 0)
    with pytest.raises(TypeError, match="addr is None"):
        mm.register_buffer(None, 1)  # type: ignore[arg-type]
    assert (list(kernel.trace), kernel.buffers) == ([], [])
    buffer = mm.register_buffer(addr, 1)
    assert repr(buffer) == "<RegisteredBuffer 'parent, buffer 1': 1 pages, registered>"
    buffer.unregister()
    with pytest.raises(RuntimeError, match="parent, buffer 1 is not registered any more"):
        buffer.unregister()
    assert repr(buffer).endswith("unregistered>")


def test_a_freed_folio_and_an_exited_process_are_refused() -> None:
    kernel, mm, addr = machine()
    mm.write(addr, b"x")
    page = mm.page_at(addr)
    assert page is not None
    kernel.put_page(page)
    with pytest.raises(RuntimeError, match="was freed"):
        mm.register_buffer(addr, 1)
    other = kernel.new_mm()
    there = other.mmap(PAGE_SIZE)
    other.exit()
    with pytest.raises(RuntimeError, match="has exited"):
        other.register_buffer(there, 1)
    assert kernel.buffers == []


def test_it_outlives_its_process_and_a_child_has_none_of_it() -> None:
    kernel, mm, addr = machine()
    buffer = mm.register_buffer(addr, 1)
    child = mm.fork()
    assert (child.pinned_vm, mm.pinned_vm) == (0, 1)
    mm.exit()
    assert (buffer.pages[0].refcount, buffer.pages[0].folio.freed) == (1024, False)
    kernel.check()
    buffer.unregister()
    assert buffer.pages[0].folio.freed
    kernel.check()


def test_check_finds_a_vmpin_that_nobody_has() -> None:
    kernel, mm, addr = machine()
    mm.register_buffer(addr, 1)
    mm.pinned_vm += 1
    with pytest.raises(InvariantError, match="vmpin-is-the-buffers: parent has VmPin 2, its"):
        kernel.check()
