"""Stories for the pictures that go through them."""

from collections.abc import Iterator

from pinlab import PAGE_SIZE, Kernel


def unmapped_in_flight(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(3 * PAGE_SIZE)
    yield "The program asks for 3 pages."
    mm.write(addr, b"x")
    mm.read(addr, 3 * PAGE_SIZE)
    yield "It writes to one and reads the others."
    request = kernel.submit_dio_write(mm, addr, 3)
    yield "It asks for them to be written to disk."
    mm.munmap(addr, 3 * PAGE_SIZE)
    yield "It unmaps them."
    request.complete()
    yield "The device is done."


def pin_the_zero_page(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(3 * PAGE_SIZE)
    mm.read(addr, 3 * PAGE_SIZE)
    yield "The program reads 3 pages."
    mm.pin_user_pages(addr, 3)
    yield "It pins them."
    mm.write(addr, b"x")
    yield "It writes to the first."
