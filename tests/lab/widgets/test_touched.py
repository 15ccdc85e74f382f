"""The slider over the written pages of a buffer."""

from collections.abc import Callable

import pytest

from pinlab import lab
from pinlab.machine import recorded
from tests.lab.answers import TOUCHED, an_answer
from tests.lab.widgets.parts import Parts, differ


def test_slider_and_box_move_each_other_the_picture_and_the_sentence() -> None:
    parts = Parts(lab.touched_pages(an_answer(TOUCHED), k=8))
    ((bar, box),) = parts.rows
    pictures: list[object] = [parts.picture]
    bar.value = 9
    assert box.value == 9
    assert "k = 9: 9 pages have a frame of their own" in parts.sentence
    pictures.append(parts.picture)
    box.value = 64
    assert bar.value == 64
    assert "6400 pins in the model, 6400 in your kernel" in parts.sentence
    pictures.append(parts.picture)
    assert differ(pictures)


@pytest.mark.parametrize("k", [0, 64])
def test_it_begins_where_it_is_told_to(k: int) -> None:
    parts = Parts(lab.touched_pages(an_answer(TOUCHED), k=k))
    assert [(row.bar.value, row.box.value) for row in parts.rows] == [(k, k)]
    assert parts.sentence.startswith(f"k = {k}: ")


def test_the_slider_stops_at_every_page() -> None:
    ((bar, box),) = Parts(lab.touched_pages(an_answer(TOUCHED))).rows
    assert (bar.min, bar.max, box.min, box.max) == (0, 64, 0, 64)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: lab.touched_pages(3), TypeError, "measured is 3: it has to be of type Answer"),  # type: ignore[arg-type]
        (lambda: lab.touched_pages(an_answer(TOUCHED), k=65), ValueError, "k is 65"),
        (lambda: lab.touched_pages(an_answer(TOUCHED), k=1.5), TypeError, "k is 1.5"),  # type: ignore[arg-type]
        (lambda: lab.touched_pages(recorded("never")), ValueError, r"about \['never'\]: ask for"),
        (lambda: lab.touched_pages(recorded(9)), ValueError, "there is nothing to draw"),
    ],
)
def test_bad_arguments_are_named(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()
