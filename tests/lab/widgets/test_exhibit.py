"""What all exhibits have in common: how they are built, move and are displayed."""

from functools import cache
from typing import Any

import ipywidgets
import pytest

from pinlab.lab.widgets.exhibit import CSS_CLASS, status
from tests.lab.front_end import FrontEnd
from tests.lab.widgets.parts import MAKE, Parts
from tests.notebooks.lesson import Images

ROWS = {
    "touched_pages": 1, "count_pins": 2, "guess_pins": 2, "held_together": 4, "patch_switches": 1,
    "walk_the_cliff": 1, "step_through": 1, "side_by_side": 1, "pin_a_folio": 2,
    "read_and_written": 3,
    "fork_scene": 1, "walk_the_states": 1, "word_a_note": 1,
}  # fmt: skip
DRAWN = (
    "count_pins", "guess_pins", "step_through", "side_by_side", "pin_a_folio", "read_and_written",
    "fork_scene", "walk_the_states", "light_the_senses", "walk_the_thread", "word_a_note",
)  # fmt: skip
"""Exhibits with a drawing, where others have a plot."""

made = cache(lambda name: MAKE[name]())
"""An exhibit that nobody moves."""


@pytest.mark.parametrize("name", MAKE)
def test_the_outermost_box_is_known_by_its_class(name: str) -> None:
    widget: Any = made(name).widget
    assert isinstance(widget, ipywidgets.VBox)
    assert CSS_CLASS == "pinlab-exhibit"
    assert CSS_CLASS in widget._dom_classes


@pytest.mark.parametrize(("name", "rows"), ROWS.items())
def test_rows_of_a_slider_and_a_box_come_first(name: str, rows: int) -> None:
    parts = Parts(made(name))
    assert len(parts.rows) == rows
    for row in parts.rows:
        assert isinstance(row.bar, ipywidgets.IntSlider)
        assert isinstance(row.box, ipywidgets.BoundedIntText)


@pytest.mark.parametrize("name", MAKE)
def test_the_sentence_is_announced_when_it_changes(name: str) -> None:
    assert Parts(made(name)).html.startswith('<p role="status">')


@pytest.mark.parametrize("name", MAKE)
def test_the_picture_is_there_before_anything_is_moved(name: str) -> None:
    parts = Parts(made(name))
    assert parts.picture.startswith("<svg" if name in DRAWN else "<img")
    assert [image.alt for image in Images(parts.picture).found] == (
        [] if name in DRAWN else [" ".join(parts.sentence.split())]
    )


@pytest.mark.parametrize("name", MAKE)
def test_every_slider_changes_picture_sentence_and_its_box(name: str) -> None:
    parts = Parts(MAKE[name]())
    for bar, box in parts.rows:
        before = (parts.picture, parts.sentence, box.value)
        bar.value = bar.min if bar.value != bar.min else bar.max
        after = (parts.picture, parts.sentence, box.value)
        assert [old != new for old, new in zip(before, after, strict=True)] == [True] * 3


@pytest.mark.parametrize("name", MAKE)
def test_every_box_moves_its_slider_there_and_back(name: str) -> None:
    parts = Parts(MAKE[name]())
    for bar, box in parts.rows:
        before = (parts.picture, parts.sentence, bar.value)
        number = box.value
        box.value = box.min if box.value != box.min else box.max
        assert bar.value in (bar.min, bar.max)
        box.value = number
        assert (parts.picture, parts.sentence, bar.value) == before


@pytest.mark.parametrize("name", MAKE)
def test_a_box_keeps_to_its_range(name: str) -> None:
    for bar, box in Parts(MAKE[name]()).rows:
        box.value = 10**9
        assert (box.value, bar.value) == (box.max, bar.max)
        box.value = -(10**9)
        assert (box.value, bar.value) == (box.min, bar.min)


@pytest.mark.parametrize("name", MAKE)
def test_two_exhibits_share_nothing(name: str) -> None:
    first, second = (Parts(MAKE[name]()) for _ in range(2))
    before = (second.picture, second.sentence, second.rows)
    values = [(row.bar.value, row.box.value) for row in second.rows]
    for bar, _ in first.rows:
        bar.value = bar.min
    assert first.sentence != second.sentence
    assert (second.picture, second.sentence, second.rows) == before
    assert [(row.bar.value, row.box.value) for row in second.rows] == values


@cache
def displayed(name: str) -> FrontEnd:
    """What an exhibit displays."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        front_end = FrontEnd(monkeypatch)
        made(name)._ipython_display_()
    return front_end


@pytest.mark.parametrize("name", MAKE)
def test_it_is_one_output_a_widget_and_for_others_a_picture(name: str) -> None:
    front_end = displayed(name)
    assert front_end.widgets() == front_end.pictures() == [0]


@pytest.mark.parametrize("name", MAKE)
def test_the_picture_for_others_has_its_alt_text(name: str) -> None:
    front_end = displayed(name)
    alt = made(name).filmstrip.alt
    (image,) = Images(front_end.bundles[0]["text/html"]).found
    assert image.alt == " ".join(alt.split()) != ""
    assert front_end.bundles[0]["text/plain"] == alt


@pytest.mark.parametrize("name", MAKE)
def test_its_words_stand_below(name: str) -> None:
    words = " ".join(displayed(name).words().split())
    assert " ".join(made(name).filmstrip.twin.split()) in words


@pytest.mark.parametrize("name", MAKE)
def test_printed_it_is_the_words_of_its_picture(name: str) -> None:
    exhibit = made(name)
    assert str(exhibit) == str(exhibit.filmstrip) != ""


def test_words_are_escaped() -> None:
    assert status("a < b & c") == '<p role="status">a &lt; b &amp; c</p>'
