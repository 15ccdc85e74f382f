"""Callers: what the recording has is drawn, and every box says it with a sign and a word."""

import re
import xml.etree.ElementTree as ET

import pytest

from pinlab.lab.callers import CALLS, WITH_FIX, callers, recorded_calls
from pinlab.lab.svg import measured

WIDE = 740


@pytest.mark.parametrize("below_zero", [True, False])
def test_every_call_has_a_box_with_its_result_and_nothing_is_wider(below_zero: bool) -> None:
    drawn = ET.fromstring(f"<svg>{callers(WIDE, below_zero=below_zero)}</svg>")
    boxes, (_, *texts) = [*drawn.iter("rect")], [*drawn.iter("text")]
    got = recorded_calls("overflowed" if below_zero else "after_release")
    assert [text.text for text in texts[::2]] == [*CALLS]
    signs = ["\N{BALLOT X}" if "-1" in one else "\N{CHECK MARK}" for one in got.values()]
    assert [text.text for text in texts[1::2]] == [
        f"{sign} {one}" for sign, one in zip(signs, got.values(), strict=True)
    ]
    for n, text in enumerate(texts):
        bold = text.get("font-weight") == "bold"
        wide = measured(str(text.text), int(text.attrib["font-size"]), bold=bold)
        assert float(text.attrib["x"]) + wide < float(boxes[n // 2].attrib["width"])
    places = [re.findall(r"[\d.]+", group.attrib["transform"]) for group in drawn.iter("g")]
    assert len({tuple(place) for place in places}) == 6
    assert max(float(x) for x, _ in places) + float(boxes[0].attrib["width"]) <= WIDE + 0.1


def test_with_the_patch_the_same_load_disturbs_nobody() -> None:
    assert recorded_calls("overflowed", WITH_FIX) == recorded_calls("after_release")
