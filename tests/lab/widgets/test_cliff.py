"""The slider along the cliff."""

import pytest

from pinlab import lab
from pinlab.lab.callers import WITHOUT_FIX
from pinlab.lab.figures.cliff import recorded_readers, sentence
from tests.lab.widgets.parts import Parts, differ


@pytest.fixture(scope="module")
def parts() -> Parts:
    """One exhibit for all tests, each of which sets its own number of readers."""
    return Parts(lab.walk_the_cliff())


def test_it_begins_with_the_last_reader_before_the_fall() -> None:
    parts = Parts(lab.walk_the_cliff())
    ((_, box),) = parts.rows
    assert box.value == 2047
    assert parts.sentence == sentence(2047)


def test_it_begins_where_it_is_told_to() -> None:
    began = Parts(lab.walk_the_cliff(readers=1000))
    assert began.rows[0].box.value == 1000
    assert began.sentence == sentence(1000)


@pytest.mark.parametrize(
    ("readers", "error"), [(-1, ValueError), (2053, ValueError), ("2048", TypeError)]
)
def test_it_begins_with_a_number_of_readers(readers: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"readers is {readers!r}: "):
        lab.walk_the_cliff(readers)


def test_one_step_takes_the_refcount_below_zero_and_the_next_one_is_refused(parts: Parts) -> None:
    ((bar, box),) = parts.rows
    box.value = 2047
    pictures: list[object] = [parts.picture]
    for readers in (2048, 2049):
        bar.value += 1
        assert box.value == readers
        assert "recorded -2147483647" in parts.sentence
        pictures.append(parts.picture)
    assert differ(pictures)


def test_the_slider_stops_where_something_was_recorded(parts: Parts) -> None:
    ((bar, box),) = parts.rows
    numbers = []
    for place in (bar.min, 5, bar.max - 1, bar.max):
        bar.value = place
        numbers.append(box.value)
        assert "recorded" in parts.sentence
    assert set(numbers) <= set(recorded_readers(WITHOUT_FIX))
    assert bar.max + 1 == len(recorded_readers(WITHOUT_FIX))


@pytest.mark.parametrize("readers", [3, 1000, 2040])
def test_the_box_takes_readers_of_whom_there_is_no_recording(readers: int, parts: Parts) -> None:
    ((_, box),) = parts.rows
    box.value = readers
    assert box.value == readers
    assert parts.sentence == sentence(readers)
    assert "recorded" not in parts.sentence


def test_nobody_is_asked_about_more_readers_than_were_recorded(parts: Parts) -> None:
    ((_, box),) = parts.rows
    box.value = 3000
    assert box.value == 2052
