"""The slider over the readers of two builds."""

import pytest

from pinlab import lab
from pinlab.lab.figures.two_builds import sentence
from tests.lab.widgets.parts import Parts, differ


@pytest.fixture(scope="module")
def parts() -> Parts:
    return Parts(lab.two_builds())


def test_it_begins_without_readers_or_where_it_is_told_to(parts: Parts) -> None:
    assert Parts(lab.two_builds()).rows[0].box.value == 0
    began = Parts(lab.two_builds(readers=77))
    assert (began.rows[0].box.value, began.sentence) == (77, sentence(77))


@pytest.mark.parametrize(
    ("readers", "error"), [(-1, ValueError), (2053, ValueError), (1.5, TypeError)]
)
def test_it_begins_with_a_number_of_readers(readers: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"readers is {readers!r}: "):
        lab.two_builds(readers)


def test_the_slider_goes_from_nobody_to_the_last_recorded_reader(parts: Parts) -> None:
    ((bar, box),) = parts.rows
    ends = []
    for end in (bar.min, bar.max):
        bar.value = end
        ends.append(box.value)
        assert "not recorded" not in parts.sentence
    assert ends == [0, 2052]


def test_picture_and_sentence_follow_the_box(parts: Parts) -> None:
    ((_, box),) = parts.rows
    pictures: list[object] = []
    for box.value in (1000, 2047, 2048):
        assert parts.sentence == sentence(box.value)
        pictures.append(parts.picture)
    assert differ(pictures)
