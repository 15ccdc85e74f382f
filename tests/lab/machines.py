"""Machines in the states that the map has to be able to draw."""

from collections.abc import Callable

from pinlab import FOLL_PIN, PAGE_SIZE, Kernel, Mm

MIB2 = 2 << 20


def machine(release: str = "6.5", **rules: str) -> tuple[Kernel, Mm]:
    kernel = Kernel(release, **rules)
    return kernel, kernel.new_mm()


def mapped(
    release: str, pages: int, written: int = 0, read: bool = False, dio: bool = False
) -> Kernel:
    """A process with that many pages, the first of them written, the others read or not."""
    kernel, mm = machine(release)
    addr = mm.mmap(pages * PAGE_SIZE)
    mm.write(addr, bytes(written * PAGE_SIZE))
    if read:
        mm.read(addr, pages * PAGE_SIZE)
    if dio:
        kernel.submit_dio_write(mm, addr, pages)
    return kernel


def two_processes() -> Kernel:
    kernel, parent = machine()
    for mm in (parent, kernel.new_mm("child")):
        mm.read(mm.mmap(64 * PAGE_SIZE), 64 * PAGE_SIZE)
    return kernel


def order_9() -> Kernel:
    kernel, mm = machine("6.18")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    kernel.submit_dio_write(mm, addr, 64)
    return kernel


def huge_zero() -> Kernel:
    kernel, mm = machine("6.4")
    addr = mm.mmap(MIB2, order=9)
    mm.read(addr, 1)
    mm.pin_user_pages(addr, 1)
    kernel.submit_dio_write(mm, addr, 64)
    return kernel


def three_requests() -> Kernel:
    kernel, mm = machine()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, bytes(2 * PAGE_SIZE))
    kernel.submit_dio_write(mm, addr, 2)
    kernel.submit_dio_read(mm, addr, 2)
    kernel.submit_dio_write(mm, addr, 1)
    return kernel


def unmapped() -> Kernel:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    kernel.submit_dio_read(mm, addr, 1)
    mm.munmap(addr, PAGE_SIZE)
    return kernel


def freed() -> Kernel:
    """A put too many, and the frame is gone while a device still writes to it."""
    kernel, mm = machine("6.4")
    addr = mm.mmap(PAGE_SIZE)
    (page,) = kernel.submit_dio_read(mm, addr, 1).pages
    kernel.put_page(page)
    mm.munmap(addr, PAGE_SIZE)
    return kernel


def overflow() -> Kernel:
    kernel, mm = machine("6.5", zero_page_pins="counted")
    mm.read(mm.mmap(64 * PAGE_SIZE), 64 * PAGE_SIZE)
    kernel.try_grab_folio(kernel.zero_page.folio, 2**21, FOLL_PIN)
    return kernel


def mixed() -> Kernel:
    kernel, mm = machine()
    addr = mm.mmap(64 * PAGE_SIZE)
    for page in range(0, 64, 2):
        mm.write(addr + page * PAGE_SIZE, b"x")
    mm.read(addr, 40 * PAGE_SIZE)
    mm.munmap(addr + 9 * PAGE_SIZE, 3 * PAGE_SIZE)
    kernel.submit_dio_write(mm, addr, 6)
    return kernel


def two_areas() -> Kernel:
    kernel, mm = machine()
    first, second = mm.mmap(2 * PAGE_SIZE), mm.mmap(3 * PAGE_SIZE)
    mm.write(first, b"x")
    mm.write(second, b"x")
    mm.read(second + PAGE_SIZE, 1)
    child = kernel.new_mm("child")
    child.read(child.mmap(PAGE_SIZE), 1)
    (page,) = mm.get_user_pages(first, 1)
    kernel.get_page(page)
    return kernel


def forked(pages: int, written: int = 0, held: bool = False) -> Kernel:
    """Parent and child; the parent has written to some pages since, and a device is at the last."""
    kernel, parent = machine("6.4")
    addr = parent.mmap(pages * PAGE_SIZE)
    parent.write(addr, b"A" * pages * PAGE_SIZE)
    if held:
        kernel.submit_dio_read(parent, addr + (pages - 1) * PAGE_SIZE, 1)
    parent.fork("child")
    parent.write(addr, b"p" * written * PAGE_SIZE)
    return kernel


MACHINES: dict[str, Callable[[], Kernel]] = {
    "nothing": Kernel,
    "one written page": lambda: mapped("6.18", 1, written=1),
    "three pages": lambda: mapped("6.18", 3, written=1, dio=True),
    "64 never read": lambda: mapped("6.18", 64),
    "64 read": lambda: mapped("6.18", 64, read=True),
    "64 read and held": lambda: mapped("6.4", 64, dio=True),
    "64 read and exempt": lambda: mapped("6.5", 64, dio=True),
    "1 written, 63 zero": lambda: mapped("6.5", 64, written=1, dio=True),
    "64 written": lambda: mapped("6.5", 64, written=64, dio=True),
    "8 pages": lambda: mapped("6.5", 8, written=5, read=True, dio=True),
    "300 pages": lambda: mapped("6.5", 300, read=True),
    "two processes": two_processes,
    "order 9": order_9,
    "huge zero folio": huge_zero,
    "three requests": three_requests,
    "unmapped": unmapped,
    "freed": freed,
    "overflow": overflow,
    "mixed": mixed,
    "two areas": two_areas,
    "forked": lambda: forked(1, held=True),
    "forked, 1 of 3 written": lambda: forked(3, written=1, held=True),
    "64 forked": lambda: forked(64),
    "64 forked, 10 written": lambda: forked(64, written=10),
}
"""Every kind of machine, by what is there to be seen."""
