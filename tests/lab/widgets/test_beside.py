"""The slider through the same story on several machines."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pinlab import Kernel, lab
from pinlab.lab.figures.beside import Beside, walk_beside
from tests.lab.stories import pin_the_zero_page, unmapped_in_flight
from tests.lab.widgets.parts import Parts


def kernels(*names: str) -> dict[str, Kernel]:
    return {name: Kernel(name) for name in names}


@pytest.mark.parametrize("step", range(4))
def test_picture_and_sentence_are_those_of_the_step(step: int) -> None:
    names = ("6.4", "6.1.130", "6.5")
    parts = Parts(lab.side_by_side(pin_the_zero_page, kernels(*names)))
    parts.rows[0].box.value = step
    beside = Beside(walk_beside(pin_the_zero_page, kernels(*names)))
    assert (parts.picture, parts.sentence) == (beside.svg(step), beside.sentence(step))


@pytest.mark.parametrize("names", [("6.4", "6.5"), ("5.6", "5.10", "6.4", "6.5")])
def test_there_is_a_map_for_each_machine(names: tuple[str, ...]) -> None:
    parts = Parts(lab.side_by_side(unmapped_in_flight, kernels(*names), at=3))
    svg = ET.fromstring(str(parts.picture))
    assert len(svg.findall("{http://www.w3.org/2000/svg}g")) == len(names)
    assert all(f">{name}, after step 3</text>" in str(parts.picture) for name in names)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((None, kernels("6.4", "6.5")), TypeError, "story is None"),
        ((unmapped_in_flight, ["6.4"]), TypeError, "kernels is .'6"),
        ((unmapped_in_flight, kernels("6.5")), ValueError, "kernels has 1 entries"),
        ((unmapped_in_flight, kernels(*Kernel.releases()[:5])), ValueError, "kernels has 5"),
        ((unmapped_in_flight, {"a": Kernel(), "b": "6.5"}), TypeError, r"kernels\['b'\] is '6"),
        (
            (unmapped_in_flight, {"a": Kernel(), 6: Kernel()}),
            TypeError,
            "kernels is .* a dict with names",
        ),
        ((unmapped_in_flight, kernels("6.4", "6.5"), 6), ValueError, "at is 6"),
    ],
)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.side_by_side(*arguments)
