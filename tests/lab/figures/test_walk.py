"""Walks: the machine after each step, before and after, and all steps below each other."""

import xml.etree.ElementTree as ET

import pytest

from pinlab import Kernel
from pinlab.lab.figures.walk import before_and_after, walk, walk_filmstrip
from pinlab.lab.snapshot import snapshot
from pinlab.lab.story import tell
from tests.lab.stories import pin_the_zero_page, unmapped_in_flight

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> str:
    texts = ET.fromstring(svg).iter(f"{SVG}text")
    return " ".join(str(one.text) for one in texts).replace("\u00a0", " ")


def test_each_state_is_that_after_its_step() -> None:
    walked = walk(unmapped_in_flight, Kernel("6.5"))
    kernel = Kernel("6.5")
    assert walked.state(0) == snapshot(kernel)
    for number, step in enumerate(tell(unmapped_in_flight, kernel), 1):
        assert walked.state(number) == snapshot(kernel, step.events)
        assert walked.words(number) == step.words
    assert walked.state(99) == walked.state(5)


def test_the_sentence_has_the_words_and_the_changes() -> None:
    walked = walk(unmapped_in_flight, Kernel("6.5"))
    assert [walked.sentence(step) for step in (0, 3, 4, 5)] == [
        "Before the first step.",
        "Step 3 of 5: It asks for them to be written to disk. Frame 2: refcount 1 to 1025. "
        "DIO 1 of parent is in flight.",
        "Step 4 of 5: It unmaps them. Frame 2: refcount 1025 to 1024. parent now maps nothing.",
        "Step 5 of 5: The device is done. Frame 2 is freed: refcount 1024 to 0. "
        "DIO 1 of parent has completed.",
    ]


def test_a_refusal_is_the_last_step() -> None:
    walked = walk(pin_the_zero_page, Kernel("6.1.130"))
    assert len(walked.steps) == 2
    assert "Refused: [Errno 12]" in walked.sentence(2)
    assert "No counter changes." in walked.sentence(2)


def test_before_and_after_stand_side_by_side() -> None:
    walked = walk(unmapped_in_flight, Kernel("6.5"))
    drawn = words(before_and_after(walked, 3))
    assert drawn.index("before step 3") < drawn.index("after step 3")
    assert "refcount 1 " in drawn
    assert "refcount 1025, was 1" in drawn
    assert "was" not in words(before_and_after(walked, 2)).partition("after step 2")[0]


def test_before_the_first_step_there_is_one_map() -> None:
    drawn = words(before_and_after(walk(unmapped_in_flight, Kernel("6.5")), 0))
    assert drawn.count("page tables") == 1


def test_maps_side_by_side_stay_apart() -> None:
    svg = ET.fromstring(before_and_after(walk(unmapped_in_flight, Kernel("6.5")), 3))
    left, right = svg.findall(f"{SVG}g")
    shift = float(str(right.get("transform")).removeprefix("translate(").split()[0])
    ends = [
        float(one.attrib["x"]) + float(one.attrib["width"])
        for one in left.iter(f"{SVG}rect")
        if one.get("x")
    ]
    assert max(ends, default=0) < shift
    assert shift * 2 == float(svg.attrib["width"])


def test_the_filmstrip_has_a_map_for_each_step() -> None:
    strip = walk_filmstrip(walk(unmapped_in_flight, Kernel("6.5")))
    drawn = words(strip.svg)
    assert drawn.count("page tables") == 5
    for number in range(1, 6):
        assert f"{number}. " in drawn
        assert f"Step {number} of 5: " in strip.twin
    assert len(strip.twin.split("\n")) == 5
    assert "2 pages on the zero page, not counted" in strip.twin
    assert strip.twin in strip.alt


def test_a_story_without_steps_is_named() -> None:
    with pytest.raises(ValueError, match=r"story is .*: it has to tell at least one step"):
        walk(lambda kernel: iter(()), Kernel())


@pytest.mark.parametrize(("story", "kernel"), [(3, Kernel()), (unmapped_in_flight, "6.5")])
def test_bad_arguments_are_named(story: object, kernel: object) -> None:
    with pytest.raises(TypeError, match=r"(story|kernel) is "):
        walk(story, kernel)  # type: ignore[arg-type]
