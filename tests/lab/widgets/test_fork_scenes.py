"""The menu of scenes, the buttons of releases and the slider over the steps."""

from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.fork_scenes import LONGEST, reached, sentence, walked
from pinlab.lab.scenes import RELEASES, SCENES
from pinlab.lab.walk import before_and_after
from tests.lab.widgets.parts import Parts


def test_it_begins_with_the_write_on_6_4() -> None:
    parts = Parts(lab.fork_scene())
    assert (parts.menu.value, parts.toggle.value, parts.rows[0].box.value) == (
        "parent writes", "6.4", 4,
    )  # fmt: skip
    assert parts.sentence.startswith("Linux 6.4. Step 4 of 6: The parent writes p")


def test_every_scene_and_release_is_there_to_choose() -> None:
    parts = Parts(lab.fork_scene())
    assert parts.menu.options == tuple(SCENES)
    assert parts.toggle.options == tuple(RELEASES)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("scene", SCENES)
def test_picture_and_sentence_are_those_of_what_is_set(scene: str, release: str) -> None:
    parts = Parts(lab.fork_scene())
    parts.menu.value, parts.toggle.value = scene, release
    for step in range(LONGEST + 1):
        parts.rows[0].box.value = step
        shown = reached(scene, release, step)
        assert parts.sentence == sentence(scene, release, shown)
        assert parts.picture == before_and_after(walked(scene, release), shown)


def test_another_release_is_another_picture() -> None:
    parts = Parts(lab.fork_scene("child exits, parent writes", "5.7", at=5))
    before = (parts.picture, parts.sentence)
    parts.toggle.value = "5.9"
    assert parts.picture != before[0]
    assert parts.sentence != before[1]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("a",), ValueError, "scene is 'a': allowed are 'parent writes'"),
        (("parent writes", "6.0"), ValueError, r"release is '6\.0': allowed are 5\.7, 5\.9"),
        (("parent writes", "6.4", 8), ValueError, "at is 8: allowed are whole numbers from 0"),
        (("parent writes", "6.4", "1"), TypeError, "at is '1'"),
    ],
)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.fork_scene(*arguments)
