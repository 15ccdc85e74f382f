"""The closed forms, and that stepping through the model gives the same numbers."""

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlab import (
    FOLL_GET,
    FOLL_PIN,
    INT_MAX,
    INT_MIN,
    Kernel,
    last_pin,
    last_reference,
    refcount_with,
    split_refcount,
    wrap,
)
from pinlab.model.counter import int32, last_grab


def steps_until_refused(r0: int, flags: int, refs: int) -> tuple[int, int]:
    """Grab a folio with refcount `r0` until the model refuses; return (steps, last refcount)."""
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    folio.refcount = r0
    steps = 0
    while folio.refcount > 0:
        kernel.try_grab_folio(folio, refs, flags)
        steps += 1
    with pytest.raises(OSError, match="could not be grabbed") as caught:
        kernel.try_grab_folio(folio, refs, flags)
    assert caught.value.errno == errno.ENOMEM
    return steps, folio.refcount


@settings(deadline=None)
@given(st.integers(-(2**40), 2**40))
def test_wrap_is_what_c_does_with_a_signed_32_bit_integer(value: int) -> None:
    expected = int.from_bytes((value % 2**32).to_bytes(4, "little"), "little", signed=True)
    assert wrap(value) == int32(value) == expected


@pytest.mark.parametrize("r0", [1, 2, 1023, 1024, 1025, 5000])
def test_the_last_pin_is_where_the_model_stops(r0: int) -> None:
    # In one grab of all but the last few pins, and then one by one.
    lead = 2**21 - 10
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    folio.refcount = r0
    kernel.try_grab_folio(folio, lead, FOLL_PIN)
    steps, _ = steps_until_refused(folio.refcount, FOLL_PIN, 1)
    assert lead + steps == last_pin(r0)


@pytest.mark.parametrize("bits", [1, 65])
def test_a_counter_has_2_to_64_bits(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits is {bits}: allowed are .* from 2 to 64"):
        last_pin(1, bits=bits)


@settings(deadline=None)
@given(st.integers(INT_MAX - 50, INT_MAX), st.sampled_from([FOLL_GET, FOLL_PIN]))
def test_a_closed_form_and_single_steps_agree_near_the_limit(r0: int, flags: int) -> None:
    step = 1 if flags == FOLL_GET else 1024
    steps, left = steps_until_refused(r0, flags, 1)
    assert steps == last_grab(r0, step)
    references, pins = (steps, 0) if flags == FOLL_GET else (0, steps)
    assert left == refcount_with(r0, references, pins)


def test_one_reference_fewer_than_2_to_the_31_succeeds() -> None:
    assert last_reference(1) == 2**31 - 1
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    kernel.try_grab_folio(folio, 2**31 - 2, FOLL_GET)
    assert steps_until_refused(folio.refcount, FOLL_GET, 1) == (1, INT_MIN)


@settings(deadline=None)
@given(st.integers(0, 2**22 - 1), st.integers(0, 1023))
def test_splitting_undoes_adding_as_long_as_references_do_not_carry(pins: int, refs: int) -> None:
    assert split_refcount(refcount_with(0, refs, pins)) == (pins, refs)


def test_the_first_and_the_last_value_that_a_closed_form_takes() -> None:
    assert split_refcount(INT_MAX) == (2**21 - 1, 1023)
    assert split_refcount(INT_MIN) == (2**21, 0)
    assert split_refcount(7, bias=1) == (7, 0)
    assert split_refcount(-1, bits=2) == (0, 3)
    assert refcount_with(1, 2, 3, bias=1) == 6
    assert last_grab(1, 1, bits=2) == last_pin(1, bias=1, bits=2) == 1
    assert last_grab(1, 1, bits=64) == 2**63 - 1


def test_small_counters_agree_with_stepping_for_every_step_they_allow() -> None:
    for bits in (2, 4, 6):
        top = 2 ** (bits - 1) - 1
        for step in range(1, top + 2):
            for r0 in range(-top - 1, top + 1):
                value, steps = r0, 0
                while value > 0:
                    value, steps = wrap(value + step, bits), steps + 1
                assert last_grab(r0, step, bits) == steps, (bits, step, r0)
