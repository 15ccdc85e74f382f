"""The model's side of a measurement."""

from collections.abc import Callable

import pytest

from pinlab import lab
from pinlab.machine import recorded
from pinlab.machine.measured import PROCESS_VM_READV
from tests.lab.answers import BUFFERS, TOUCHED, an_answer


def test_the_model_repeats_what_was_measured() -> None:
    model = lab.in_the_model(an_answer(BUFFERS))
    assert {m.buffer: m.acquired for m in model} == BUFFERS
    assert {m.buffer: m.released for m in model} == BUFFERS
    assert (model.kernel, model.label, model.live) == ("6.18.44", "the model, Linux 6.18.44", False)


def test_the_model_can_be_asked_about_other_buffers() -> None:
    model = lab.in_the_model(an_answer({"letters": 64}, writes=1), "zeros", "never", 7)
    assert {m.buffer: m.acquired for m in model} == {"zeros": 64, "never": 0, 7: 7}


@pytest.mark.parametrize(
    ("kernel", "method", "never"),
    [
        ("6.4.0", "direct I/O", 0),
        ("6.4.0", PROCESS_VM_READV, 6400),
        ("6.1.192-amd64", PROCESS_VM_READV, 0),
        ("6.5", "direct I/O", 0),
    ],
)
def test_the_model_follows_release_and_method(kernel: str, method: str, never: int) -> None:
    model = lab.in_the_model(an_answer(BUFFERS, kernel=kernel, method=method))
    letters = 0 if (kernel, method) == ("6.4.0", "direct I/O") else 6400
    assert [m.acquired for m in model] == [letters, letters, never]


@pytest.mark.parametrize(
    ("kernel", "method", "pins"),
    [
        ("6.18.44", "direct I/O", 6400),
        ("6.5", "direct I/O", 6400),
        ("6.4.0", "direct I/O", 0),
        ("6.4.0", PROCESS_VM_READV, 6400),
        ("6.1.192", PROCESS_VM_READV, 6400),
        ("5.17", PROCESS_VM_READV, 6400),
    ],
)
def test_the_huge_zero_folio_is_pinned_wherever_anything_is(
    kernel: str, method: str, pins: int
) -> None:
    asked = an_answer({"never": 0, "huge-never": 6400}, kernel=kernel, method=method)
    model = lab.in_the_model(asked)
    assert (model["huge-never"].acquired, model["huge-never"].released) == (pins, pins)


def test_one_access_stands_for_all_because_each_ends_before_the_next() -> None:
    once = lab.in_the_model(an_answer(TOUCHED, writes=1))
    often = lab.in_the_model(an_answer(TOUCHED, writes=100))
    assert [100 * m.acquired for m in once] == [m.acquired for m in often]


def test_an_unmodelled_kernel_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"'4\.19\.0'"):
        lab.in_the_model(an_answer(BUFFERS, kernel="4.19.0-27-amd64"))


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda: lab.in_the_model(None), TypeError, "answer is None"),  # type: ignore[arg-type]
        (lambda: lab.in_the_model(an_answer(TOUCHED), "leters"), ValueError, "'leters'"),
        (lambda: lab.in_the_model(recorded(9)), ValueError, "nothing to repeat"),
    ],
)
def test_bad_arguments_are_named(
    ask: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask()
