"""Uses of None, on the Python that runs the tests."""

import csv
import platform
import sys

import pytest

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.lab.none import rise


@pytest.mark.parametrize("uses", [1, 10, 1000])
def test_an_ordinary_object_is_counted(uses: int) -> None:
    assert rise(object(), uses) == uses


def test_none_is_exempt_since_3_12() -> None:
    assert rise(None, 1000) == (0 if sys.version_info >= (3, 12) else 1000)


@pytest.mark.parametrize(("uses", "error"), [(0, ValueError), ("10", TypeError), (1.0, TypeError)])
def test_uses_are_a_whole_number(uses: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"uses is {uses!r}: "):
        rise(None, uses)


def test_the_first_row_is_this_python_by_its_version() -> None:
    table = lab.uses_of_none(500)
    assert table.index[0] == f"your CPython {platform.python_version()}"
    assert tuple(table.iloc[0]) == (500, rise(None, 500), 500)


def test_below_it_is_what_was_recorded_and_labelled_so() -> None:
    with (DATA / "none_refcount.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = lab.uses_of_none()
    assert list(table.index[1:]) == [f"recorded: {row['python']}" for row in rows]
    assert all(row["source"] for row in rows)


@pytest.mark.parametrize(
    ("python", "found"),
    [("3.11.7", (1000, 1000, 1000)), ("3.12.1", (1000, 0, 1000)), ("3.13.0", (1000, 0, 1000))],
)
def test_the_recorded_pythons_say_what_the_lesson_says(
    python: str, found: tuple[int, int, int]
) -> None:
    assert tuple(lab.uses_of_none().loc[f"recorded: CPython {python}"]) == found
