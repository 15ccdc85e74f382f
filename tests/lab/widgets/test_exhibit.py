"""Every exhibit: each of its sliders changes what is seen and what is said, and back again."""

import pytest

from tests.lab.widgets.parts import MAKE, Parts


@pytest.mark.parametrize("name", MAKE)
def test_every_slider_changes_picture_sentence_and_box_there_and_back(name: str) -> None:
    parts = Parts(MAKE[name]())
    assert parts.picture != ""
    for bar, box in parts.rows:
        before, number = (parts.picture, parts.sentence, bar.value), box.value
        bar.value = bar.min if bar.value != bar.min else bar.max
        after = (parts.picture, parts.sentence, bar.value)
        assert all(old != new for old, new in zip(before, after, strict=True))
        assert box.value != number
        box.value = number
        assert (parts.picture, parts.sentence, bar.value) == before


@pytest.mark.parametrize("name", MAKE)
def test_its_filmstrip_is_told_in_words(name: str) -> None:
    made = MAKE[name]()
    assert "" not in (made.filmstrip.alt, made.filmstrip.twin)
    assert str(made) == str(made.filmstrip)
