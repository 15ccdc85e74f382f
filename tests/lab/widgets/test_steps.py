"""The slider through a story."""

import xml.etree.ElementTree as ET
from html import unescape
from typing import Any

import pytest

from pinlab import Kernel, lab
from pinlab.lab.figures.walk import before_and_after, walk
from pinlab.lab.story import tell
from tests.lab.stories import pin_the_zero_page, unmapped_in_flight
from tests.lab.widgets.parts import Parts


def test_it_begins_after_the_first_step() -> None:
    parts = Parts(lab.step_through(unmapped_in_flight))
    assert parts.rows[0].box.value == 1
    assert parts.sentence.startswith("Step 1 of 5: The program asks for 3 pages.")


def test_by_default_the_kernel_is_a_fresh_one_of_the_newest_release() -> None:
    first, second = (Parts(lab.step_through(unmapped_in_flight, at=3)) for _ in range(2))
    assert first.picture == second.picture
    assert first.picture == Parts(lab.step_through(unmapped_in_flight, Kernel(), 3)).picture


@pytest.mark.parametrize("step", range(6))
def test_picture_sentence_and_trace_are_those_of_the_step(step: int) -> None:
    parts = Parts(lab.step_through(unmapped_in_flight, Kernel("6.5")))
    parts.rows[0].box.value = step
    walked = walk(unmapped_in_flight, Kernel("6.5"))
    assert parts.sentence == walked.sentence(step)
    svg, _, trace = str(parts.picture).partition("<pre")
    assert svg == before_and_after(walked, step)
    assert ET.fromstring(svg).tag.endswith("svg")
    events = [[], *(one.events for one in tell(unmapped_in_flight, Kernel("6.5")))][step]
    shown = unescape(trace.partition(">")[2])
    assert all(event.operation in shown and event.page in shown for event in events)
    assert len(shown.splitlines()) == len(events) + 1 if events else "Nothing" in shown


def test_the_last_step_of_a_refused_story_says_so() -> None:
    parts = Parts(lab.step_through(pin_the_zero_page, Kernel("6.1.130"), at=2))
    assert parts.rows[0].box.max == 2
    assert "Refused" in parts.sentence
    assert "refused" in str(parts.picture)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((None,), TypeError, "story is None"),
        ((unmapped_in_flight, "6.5"), TypeError, r"kernel is '6\.5'"),
        ((unmapped_in_flight, None, 6), ValueError, "at is 6: allowed are whole numbers from 0"),
        ((unmapped_in_flight, None, "1"), TypeError, "at is '1'"),
        ((unmapped_in_flight, None, 1, 9), ValueError, "letters is 9: allowed are whole numbers"),
    ],
)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.step_through(*arguments)


def test_letters_of_the_frames_are_shown_if_they_are_asked_for() -> None:
    shown = [str(Parts(lab.step_through(unmapped_in_flight, at=2, letters=n)).picture) for n in
             (0, 1)]  # fmt: skip
    assert [">x<" in picture for picture in shown] == [False, True]
