"""Callers: the recording of a negative refcount, and who noticed it."""

import errno

import pytest

from pinlab import lab
from pinlab.lab.callers import CALLS, KERNEL, WITH_FIX, WITHOUT_FIX, in_words, refused, results
from pinlab.machine import recording

REFUSED = {"process_vm_readv", "vmsplice", "O_DIRECT write", "/proc/self/mem"}


def test_who_asks_for_a_hold_is_refused_and_nobody_else() -> None:
    assert refused() == REFUSED


@pytest.mark.parametrize(
    ("case", "build"),
    [("after_release", WITHOUT_FIX), ("overflowed", WITH_FIX), ("after_release", WITH_FIX)],
)
def test_nobody_is_refused_once_the_holders_left_or_with_the_fix(case: str, build: str) -> None:
    assert min(results(case, build).values()) >= 0


def test_the_refcount_was_negative_in_that_case_of_the_recording() -> None:
    case = recording(KERNEL, "held_pins", "hold2056:threads=2048", WITHOUT_FIX)
    assert int(case["refcount"]) < 0


@pytest.mark.parametrize("call", CALLS)
def test_a_result_is_the_recorded_number(call: str) -> None:
    row = recording(KERNEL, "held_pins", "overflowed", WITHOUT_FIX)
    assert results("overflowed", WITHOUT_FIX)[call] == row[CALLS[call]]


def test_the_table_has_a_row_for_each_call_and_a_column_for_each_moment() -> None:
    table = lab.callers()
    assert list(table.index) == list(CALLS)
    assert len(table.columns) == 3


def test_the_first_column_shows_who_was_refused_and_with_which_error() -> None:
    failed = {call: words for call, words in lab.callers().iloc[:, 0].items() if "-1" in words}
    assert failed == {
        "process_vm_readv": "-1, EFAULT",
        "vmsplice": "-1, ENOMEM",
        "O_DIRECT write": "-1, ENOMEM",
        "/proc/self/mem": "-1, EIO",
    }


@pytest.mark.parametrize("column", [1, 2])
def test_the_other_columns_have_no_error(column: int) -> None:
    assert not [words for words in lab.callers().iloc[:, column] if "-1" in words]


@pytest.mark.parametrize("call", ["plain read", "fork and exec"])
def test_who_takes_no_hold_goes_on(call: str) -> None:
    assert set(lab.callers().loc[call]) == {"works"}


@pytest.mark.parametrize(
    ("call", "result", "words"),
    [
        ("vmsplice", -errno.ENOMEM, "-1, ENOMEM"),
        ("vmsplice", 4096, "4096 bytes"),
        ("plain read", 0, "works"),
        ("plain read", -errno.EFAULT, "-1, EFAULT"),
    ],
)
def test_a_result_as_a_program_sees_it(call: str, result: int, words: str) -> None:
    assert in_words(call, result) == words
