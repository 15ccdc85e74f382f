"""Every exhibit: each of its sliders changes what is seen and what is said, and back again."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import pinlab
from pinlab import lab
from pinlab.lab.exhibit import Dial, Exhibit
from pinlab.lessons import (
    count_pins_apart,
    count_to_two_million,
    pin_a_page,
    pretend_to_pin,
    read_the_thread,
    say_what_pinned_means,
    start_here,
    word_the_note,
)
from tests.lab.answers import TOUCHED, an_answer
from tests.lab.parts import Parts

FOLDER = Path(pinlab.__path__[0])
MAKE: dict[str, Callable[[], Exhibit]] = {
    "pins_by_pages_written": lambda: start_here.pins_by_pages_written(an_answer(TOUCHED)),
    "odometer": lab.odometer,
    "sliders": pin_a_page.sliders,
    "refcount_in_flight": count_to_two_million.refcount_in_flight,
    "refcount_over_rounds": lambda: pretend_to_pin.refcount_over_rounds(release=False),
    "cliff": count_to_two_million.cliff,
    "pinned_folio": lambda: count_pins_apart.pinned_folio(order=9, pages=64),
    "timeline": lab.timeline,
    "page_under_lenses": lambda: say_what_pinned_means.page_under_lenses(
        references=1, mlocked=True
    ),
    "wording": lambda: word_the_note.wording(clauses=2),
    "turn_by_turn": lambda: read_the_thread.turn_by_turn(at=12),
}
"""Every exhibit, by the function that makes it."""


def test_a_dial_is_the_only_slider_so_that_each_has_a_box_for_who_cannot_move_it() -> None:
    sources = [file.read_text("utf-8") for file in FOLDER.rglob("*.py")]
    made = re.findall(r"(?<!class )(?<!case )\b\w*Slider\(", "".join(sources))
    assert made == ["StopSlider("]
    dial = Dial("pins", 2, range(5))
    assert dial.widget.children == (dial.box, dial.bar)


@pytest.mark.parametrize("name", MAKE)
def test_every_slider_changes_picture_sentence_and_box_there_and_back(name: str) -> None:
    made = MAKE[name]()
    assert "" not in (made.filmstrip.alt, made.filmstrip.twin)
    parts = Parts(made)
    assert parts.picture != ""
    for bar, box in parts.rows:
        before, number = (parts.picture, parts.sentence, bar.value), box.value
        bar.value = bar.min if bar.value != bar.min else bar.max
        after = (parts.picture, parts.sentence, bar.value)
        assert all(old != new for old, new in zip(before, after, strict=True))
        assert box.value != number
        box.value = number
        assert (parts.picture, parts.sentence, bar.value) == before
