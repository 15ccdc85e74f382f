"""Writes: the closed forms against the model, write by write, and against plain arithmetic."""

from contextlib import suppress
from dataclasses import dataclass

import pytest

from pinlab import PAGE_SIZE, Kernel
from pinlab.lab.writes import Writes

SMALL = [(1, 1), (1, 64), (2, 3), (5, 16), (40, 7)]
KERNELS = {1024: ("6.5", {"zero_page_pins": "counted"}), 1: ("6.4", {})}
"""By what a hold adds: the kernel they feared, and the last one with references."""


@dataclass(frozen=True)
class Seen:
    """What the model had while the most holds were there, and its highest refcount."""

    held: int
    refcount: int
    highest: int


def in_the_model(writes: Writes) -> Seen:
    """Submit the writes to the model: all held together, or each completed before the next."""
    release, overrides = KERNELS[writes.bias]
    kernel = Kernel(release, **overrides)
    mm = kernel.new_mm()
    addr = mm.mmap(writes.pages * PAGE_SIZE)
    held, refcount = 0, kernel.zero_page.refcount
    for _ in range(writes.writes):
        request = kernel.submit_dio_write(mm, addr, writes.pages)
        held += len(request.pages)
        refcount = kernel.zero_page.refcount
        if not writes.together:
            request.complete()
            assert kernel.zero_page.refcount == 1
            held = len(request.pages)
    return Seen(held, refcount, max(event.refcount_after for event in kernel.trace))


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("bias", KERNELS)
@pytest.mark.parametrize(("writes", "pages"), SMALL)
def test_small_numbers_of_writes_are_as_in_the_model(
    writes: int, pages: int, bias: int, together: bool
) -> None:
    closed = Writes(writes, pages, bias, together=together)
    assert Seen(closed.held, closed.refcount, closed.highest) == in_the_model(closed)


def test_the_mails_writes_are_as_in_the_model() -> None:
    mail = Writes()
    seen = in_the_model(mail)
    assert (mail.writes, mail.pages, mail.held) == (32768, 64, 2**21)
    assert (mail.held, mail.refcount) == (seen.held, seen.refcount)


def test_the_mails_writes_fall_off_the_end_from_the_highest_value() -> None:
    mail = Writes()
    assert mail.highest == 2**31 - 1023
    assert mail.refcount == 1 - 2**31
    assert not mail.refused


@pytest.mark.parametrize("more", [1, 100])
def test_more_writes_than_the_mails_are_refused_as_in_the_model(more: int) -> None:
    kernel = Kernel("6.5", zero_page_pins="counted")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE)
    held = 0
    for _ in range(4096 + more):
        with suppress(OSError):
            held += len(kernel.submit_dio_write(mm, addr, 512).pages)
    closed = Writes(4096 + more, pages=512)
    assert closed.refused
    assert (closed.held, closed.refcount) == (held, kernel.zero_page.refcount) == (2**21, 1 - 2**31)
    assert closed.wanted - closed.held == 512 * more


@pytest.mark.parametrize(("writes", "refused"), [(32767, False), (32768, False), (32769, True)])
def test_the_first_write_to_be_refused_is_the_one_after_the_mails(
    writes: int, refused: bool
) -> None:
    assert Writes(writes).refused is refused


@pytest.mark.parametrize("writes", [1, 32768, 10**6])
def test_writes_one_after_another_never_add_up(writes: int) -> None:
    closed = Writes(writes, together=False)
    assert (closed.wanted, closed.held, closed.refcount) == (64, 64, 65537)
    assert closed.highest == 65537


def step_by_step(writes: Writes) -> tuple[int, int, int]:
    """Holds, refcount and its highest value, one addition after another in plain arithmetic."""
    top = 2 ** (writes.bits - 1) - 1
    value = highest = 1
    held = 0
    for _ in range(writes.wanted):
        if value <= 0:
            break
        held += 1
        value += writes.bias
        if value > top:
            value -= 2**writes.bits
        highest = max(highest, value)
    return held, value, highest


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("bias", [1, 2, 512, 1024, 4096])
@pytest.mark.parametrize(("writes", "pages"), [*SMALL, (1, 512), (100, 64)])
def test_a_counter_of_16_bits_is_as_in_plain_arithmetic(
    writes: int, pages: int, bias: int, together: bool
) -> None:
    closed = Writes(writes, pages, bias, bits=16, together=together)
    assert (closed.held, closed.refcount, closed.highest) == step_by_step(closed)


@pytest.mark.parametrize("bits", [17, 20, 33, 64])
def test_any_width_is_as_in_plain_arithmetic(bits: int) -> None:
    closed = Writes(40, 7, bits=bits)
    assert (closed.held, closed.refcount, closed.highest) == step_by_step(closed)


def test_a_counter_of_64_bits_has_room_for_the_mails_writes() -> None:
    closed = Writes(bits=64)
    assert (closed.refcount, closed.held, closed.refused) == (1 + 2**31, 2**21, False)


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_the_limit_is_the_largest_number_of_that_width(bits: int) -> None:
    assert Writes(bits=bits).limit == int("0" + "1" * (bits - 1), 2)


@pytest.mark.parametrize(("holds", "refcount"), [(0, 1), (1, 1025), (2**21, 1 - 2**31)])
def test_the_refcount_after_some_holds(holds: int, refcount: int) -> None:
    assert Writes().after(holds) == refcount
