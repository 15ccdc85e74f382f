"""The five ends of a counter, against arithmetic that knows nothing of the model."""

import csv
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlab.data_folder import DATA
from pinlab.model import ends
from pinlab.model.counter import INT_MAX, INT_MIN
from pinlab.model.ends import (
    ABORTED,
    ENDS,
    FREED,
    IGNORED,
    OK,
    REFUSED,
    SATURATED,
    Step,
    climb,
    climb_and_return,
    end_at,
    saturated,
)

SMALL = st.integers(4, 9).flatmap(
    lambda bits: st.tuples(st.just(bits), st.integers(1, 2 ** (bits - 1) - 1))
)


def as_c_reads_it(number: int) -> int:
    """The 8 low bits of `number`, read as a signed char."""
    return int.from_bytes((number & 0xFF).to_bytes(1, "little"), "little", signed=True)


def test_wrap_goes_once_around_and_frees_with_256_holders() -> None:
    steps = climb("wrap", 1000)
    assert [step.value for step in steps] == [as_c_reads_it(1 + n) for n in range(1, 256)]
    assert [step.event for step in steps] == [OK] * 254 + [FREED]
    assert steps[-1].value == 0


def test_wrap_passes_through_every_value_once() -> None:
    values = [step.value for step in climb("wrap", 15, bits=4)]
    assert sorted([1, *values]) == list(range(-8, 8))


def test_refuse_lets_the_get_that_crosses_succeed() -> None:
    steps = climb("refuse", 200)
    assert steps[126:128] == [Step(-128, OK), Step(-128, REFUSED)]
    assert [step.event for step in steps] == [OK] * 127 + [REFUSED] * 73
    assert {step.value for step in steps[126:]} == {-128}


def test_refuse_takes_nothing_at_zero_either() -> None:
    assert ends.refuse(0, 8) == (0, REFUSED)
    assert ends.refuse(1, 8) == (2, OK)


def test_saturate_sets_half_of_the_smallest_number_and_stays() -> None:
    steps = climb("saturate", 200)
    assert steps[125] == Step(127, OK)
    assert steps[126:] == [Step(-64, SATURATED)] * 74


@pytest.mark.parametrize("value", [-128, -65, -64, -1, 0, 127])
def test_saturate_sets_the_same_value_from_wherever_it_is_wrong(value: int) -> None:
    assert ends.saturate(value, 8) == (-64, SATURATED)


def test_the_saturated_value_of_the_kernel() -> None:
    assert saturated() == INT_MIN // 2 == -0x40000000
    assert saturated(64) == -(2**62)


def test_abort_comes_one_later_than_the_limit() -> None:
    steps = climb("abort", 200)
    # isize::MAX of 8 bits is 127: the get that finds 127 succeeds, the one that finds 128 does not.
    assert steps[-3:] == [Step(127, OK), Step(128, OK), Step(129, ABORTED)]
    assert len(steps) == 128


def test_exempt_never_moves() -> None:
    assert climb("exempt", 1000, start=7) == [Step(7, IGNORED)] * 1000


def test_real_widths_near_their_tops() -> None:
    near = INT_MAX - 1
    assert climb("wrap", 3, 32, near) == [(INT_MAX, OK), (INT_MIN, OK), (INT_MIN + 1, OK)]
    assert climb("refuse", 3, 32, near) == [(INT_MAX, OK), (INT_MIN, OK), (INT_MIN, REFUSED)]
    assert climb("saturate", 2, 32, near) == [(INT_MAX, OK), (-(2**30), SATURATED)]
    assert climb("abort", 9, 64, 2**63 - 1) == [(2**63, OK), (2**63 + 1, ABORTED)]


@given(st.sampled_from([*ENDS]), SMALL)
def test_the_end_comes_where_the_closed_form_says(end: str, counter: tuple[int, int]) -> None:
    bits, start = counter
    events = [step.event for step in climb(end, 2**bits + 3, bits, start)]
    number = end_at(end, bits, start)
    if number is None:
        assert set(events) == {IGNORED}
    else:
        assert set(events[: number - 1]) <= {OK}
        assert events[number - 1] != OK


def test_where_the_ends_of_the_real_counters_are() -> None:
    assert end_at("wrap") == 2**32 - 1
    assert end_at("refuse") == 2**31
    assert end_at("saturate") == 2**31 - 1
    assert end_at("abort", bits=64) == 2**63
    assert end_at("exempt", bits=64) is None


@given(st.sampled_from([*ENDS]), SMALL, st.integers(0, 600))
def test_what_the_way_back_leaves(end: str, counter: tuple[int, int], gets: int) -> None:
    bits, start = counter
    top = 2 ** (bits - 1) - 1
    up = climb(end, gets, bits, start)
    steps = climb_and_return(end, gets, bits, start)
    assert steps[: len(up)] == up
    left = steps[-1].value if steps else start
    granted = min(gets, top - start + 1) if end == "refuse" else gets
    if end == "wrap" and gets >= 2**bits - start:
        assert steps == up
        assert left == 0
    elif end == "abort" and gets > top - start + 1:
        assert steps == up
        assert left == top + 2
    else:
        assert len(steps) == gets + granted
        lost = end == "saturate" and gets > top - start
        assert left == (-(2 ** (bits - 2)) if lost else start)


def test_the_way_back_of_a_wrapped_counter_passes_the_same_values() -> None:
    values = [1, *(step.value for step in climb_and_return("wrap", 200))]
    assert values == values[::-1]
    assert min(values) == -128


def test_puts_neither_move_a_saturated_counter_nor_an_exempt_one() -> None:
    assert climb_and_return("saturate", 130)[126:] == [Step(-64, SATURATED)] * 134
    assert climb_and_return("exempt", 5) == [Step(1, IGNORED)] * 10


def test_every_end_has_an_example_with_a_source() -> None:
    with (DATA / "counter_ends.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == ["end", "what", "release", "source"]
    assert list(dict.fromkeys(row["end"] for row in rows)) == [*ENDS]
    assert all(value and value == value.strip() for row in rows for value in row.values())
    assert len({row["what"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: climb("explode", 1), ValueError, "end is 'explode': allowed are wrap, refuse, sa"),
        (lambda: climb(cast(str, 3), 1), TypeError, "end is 3: it has to be of type str"),
        (lambda: climb("up" * 5000, 1), ValueError, "end is 'u[^:]{1,59}: allowed are wrap"),
        (lambda: climb("wrap", -1), ValueError, "gets is -1: allowed .* 0 to 65536"),
        (lambda: climb("wrap", 2**16 + 1), ValueError, "gets is 65537: allowed .* 0 to 65536"),
        (lambda: climb("wrap", cast(int, 1.0)), TypeError, "gets is 1.0"),
        (lambda: climb("wrap", 1, bits=3), ValueError, "bits is 3: allowed .* 4 to 64"),
        (lambda: climb("wrap", 1, bits=65), ValueError, "bits is 65: allowed .* 4 to 64"),
        (lambda: climb("wrap", 1, start=0), ValueError, "start is 0: allowed .* 1 to 127"),
        (lambda: climb("wrap", 1, start=128), ValueError, "start is 128: allowed .* 1 to 127"),
        (lambda: climb_and_return("up", 1), ValueError, "end is 'up'"),
        (lambda: end_at("exempt", bits=2), ValueError, "bits is 2"),
        (lambda: end_at("exempt", start=2**31), ValueError, "start is 2147483648"),
        (lambda: saturated(1), ValueError, "bits is 1"),
        (lambda: saturated(3), ValueError, "bits is 3: allowed .* 4 to 64"),
        (lambda: saturated(65), ValueError, "bits is 65"),
    ],
)
def test_bad_arguments_are_named(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
