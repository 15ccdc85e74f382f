"""The factory of the exhibits: its controls, what they move, and how it is shown."""

import sys
from io import BytesIO
from typing import Any

import ipywidgets
import pytest
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.image import imread

from pinlab.lab.exhibit import (
    Dial,
    Exhibit,
    choice,
    exhibit,
    lines,
    menu,
    moving,
    row,
    switch,
)
from pinlab.lab.picture import MOVING_DPI, Drawing
from tests.lab.front_end import FrontEnd
from tests.lab.parts import Parts
from tests.notebooks.lesson import images_in

STOPS = (0, 1, 2, 8, 64)
FILM = Drawing("<svg/>", "What is seen.", "What is said.")


def shown(*values: object) -> tuple[str, str]:
    return f"<svg><!--{values}--></svg>", f"{values} < all"


def made() -> Exhibit:
    return exhibit(
        shown,
        menu("a page of", (("4 KiB", 0), ("2 MiB", 9)), 9),
        choice("Linux", ("6.4", "6.5"), "6.5"),
        row(switch("mlocked"), switch("registered", True)),
        Dial("pins", 2, STOPS),
        filmstrip=FILM,
    )


def test_every_control_is_drawn_with_and_changes_picture_and_sentence() -> None:
    parts = Parts(made())
    ((bar, box),) = parts.rows
    locked, lent = parts.switches
    for control, value, values in (
        (parts.menu, 0, (0, "6.5", False, True, 2)),
        (parts.toggle, "6.4", (0, "6.4", False, True, 2)),
        (locked, True, (0, "6.4", True, True, 2)),
        (lent, False, (0, "6.4", True, False, 2)),
        (bar, 4, (0, "6.4", True, False, 64)),
        (box, 3, (0, "6.4", True, False, 3)),
    ):
        control.value = value
        assert (parts.picture, parts.sentence) == shown(*values)
    assert lines("a < b & c\nd") == "<p>a &lt; b &amp; c<br>d</p>"


def test_the_outermost_box_has_its_class_and_two_exhibits_share_nothing() -> None:
    one, other = made(), made()
    assert "pinlab-exhibit" in one.widget._dom_classes
    assert [part.role for part in one.widget.children[-2:]] == ["", "status"]
    Parts(one).rows[0].box.value = 64
    assert Parts(other).sentence == "(9, '6.5', False, True, 2) < all"


def test_a_drawing_is_its_own_frame_and_a_plot_has_its_sentence_as_alt_text() -> None:
    drawn = Parts(
        exhibit(lambda _: Drawing("<svg>1</svg>", "", "one"), switch("a"), filmstrip=FILM)
    )
    assert (drawn.picture, drawn.sentence) == ("<svg>1</svg>", "one")
    plotted = Parts(exhibit(lambda _: (b"PNG", "one & two"), switch("a"), filmstrip=FILM))
    assert [image.alt for image in images_in(plotted.picture)] == ["one & two"]


def test_it_is_one_output_for_those_with_widgets_and_those_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    front_end = FrontEnd(monkeypatch)
    made()._ipython_display_()
    assert front_end.widgets() == front_end.pictures() == [0]
    (image,) = images_in(front_end.bundles[0]["text/html"])
    assert image.alt == front_end.bundles[0]["text/plain"] == "What is seen."
    assert "Some of its positions:\nWhat is said." in front_end.words()
    assert str(made()) == "What is said."
    made().captioned("Figure 1.")._ipython_display_()
    assert front_end.bundles[-1]["text/html"].count("Figure 1.") == 1
    assert "Figure 1." not in front_end.bundles[-2]["text/html"]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: choice("Linux", ("6.4",), "6.5", argument="release"), ValueError, "release is"),
        (lambda: choice("Linux", ("6.4",), "6.5"), ValueError, "Linux is '6.5'"),
        (lambda: switch("in a buffer", 1, argument="lent"), TypeError, "lent is 1"),  # type: ignore[arg-type]
        (lambda: switch("mlocked", None), TypeError, "mlocked is None"),  # type: ignore[arg-type]
        (lambda: Dial("k", 65, STOPS), ValueError, "k is 65: "),
        (lambda: Dial("k", -1, STOPS, argument="pages"), ValueError, "pages is -1: "),
        (lambda: Dial("k", 1.5, STOPS), TypeError, "k is 1.5: "),  # type: ignore[arg-type]
    ],
)
def test_a_first_value_that_is_none_is_named(
    make: Any, error: type[Exception], words: str  # noqa: ANN401
) -> None:  # fmt: skip
    with pytest.raises(error, match=words):
        make()


# A dial.


def dial(value: int = 2, low: int | None = None, high: int | None = None) -> tuple[Dial, list[int]]:
    """A dial, and the numbers that it told, in order."""
    told: list[int] = []
    made = Dial("k", value, STOPS, low=low, high=high)
    made.observe(lambda change: told.append(change["new"]), "value")
    return made, told


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_slider_and_box_move_each_other_and_tell_it_once(place: int) -> None:
    for part, number in (("bar", place), ("box", STOPS[place])):
        made, told = dial()
        getattr(made, part).value = number
        assert (made.value, made.box.value, made.bar.value) == (STOPS[place], STOPS[place], place)
        assert told == [STOPS[place]]


@pytest.mark.parametrize(
    ("typed", "nearest"), [(3, 2), (4, 2), (5, 8), (6, 8), (35, 8), (36, 64), (63, 64)]
)
def test_a_number_between_two_stops_stays_and_the_slider_goes_to_the_nearest(
    typed: int, nearest: int
) -> None:
    made, told = dial(0)
    made.box.value = typed
    assert (made.value, made.box.value) == (typed, typed)
    assert made.bar.value == STOPS.index(nearest)
    made.bar.value = 1
    assert told == [typed, 1]
    assert Dial("k", typed, STOPS).bar.value == STOPS.index(nearest)


@pytest.mark.parametrize(
    ("low", "high", "typed", "kept", "place"),
    [
        (None, None, 1000, 64, 4), (None, None, -5, 0, 0),
        (-1, 100, 1000, 100, 4), (-1, 100, -5, -1, 0), (-1, 100, 90, 90, 4),
    ],
)  # fmt: skip
def test_the_box_keeps_to_its_range_which_may_reach_beyond_the_stops(
    low: int | None, high: int | None, typed: int, kept: int, place: int
) -> None:
    made, told = dial(2, low, high)
    made.box.value = typed
    assert (made.value, made.bar.value) == (kept, place)
    assert told == [kept]


def test_who_fails_to_draw_leaves_slider_and_box_together() -> None:
    def fail(_: object) -> None:
        raise RuntimeError("no picture")

    made, _ = dial(0)
    made.observe(fail, "value")
    for part, place in ((made.box, 8), (made.bar, 1)):
        with pytest.raises(RuntimeError, match="no picture"):
            part.value = place
        assert made.value == made.box.value == STOPS[made.bar.value]


def test_slider_and_box_stand_side_by_side_with_their_names() -> None:
    made, _ = dial()
    assert isinstance(made.widget, ipywidgets.HBox)
    assert made.widget.children == (made.box, made.bar)
    assert (made.box.description, made.bar.label) == ("k", "k")
    assert made.bar.told == ["0", "1", "2", "8", "64"]
    assert (made.bar.min, made.bar.max) == (0, 4)


# A plot that moves.


class Dots:
    """A plot with one dot that moves, and a line that does not unless it is asked to."""

    def __init__(self) -> None:
        self.panel = Figure(figsize=(2, 2), layout="constrained").subplots()
        (self.still,) = self.panel.plot([0, 4], [0, 4])
        (self.dot,) = self.panel.plot([], [], "o")
        self.moving: list[Artist] = [self.dot]

    def draw(self, at: int) -> None:
        self.dot.set_data([at], [1])


def in_one_go(plot: Dots) -> bytes:
    """The same figure with all of its artists drawn anew."""
    buffer = BytesIO()
    plot.dot.set_animated(False)
    figure = plot.panel.get_figure(root=True)
    assert figure is not None
    figure.savefig(buffer, dpi=MOVING_DPI)
    plot.dot.set_animated(True)
    return buffer.getvalue()


def differ(one: bytes, other: bytes) -> bool:
    """Whether more than a few pixels at the edges differ visibly."""
    pixels = [imread(BytesIO(each)) for each in (one, other)]
    return bool((abs(pixels[0] - pixels[1]) > 0.02).any(axis=2).mean() > 0.002)


def test_what_moves_is_drawn_as_in_one_go_and_leaves_nothing_behind() -> None:
    plot = Dots()
    draw: Any = moving(lambda: plot, lambda at: f"at {at}")
    before = None
    for at in (1, 3, 1):
        png, sentence = draw(at)
        assert sentence == f"at {at}"
        assert not differ(png, in_one_go(plot))
        assert before is None or differ(png, before)
        before = draw(at)[0]
    fresh: Any = moving(Dots, str)
    assert before == fresh(1)[0]


def test_what_stands_still_is_drawn_again_only_if_it_was_changed() -> None:
    plot = Dots()
    draw: Any = moving(lambda: plot, str)
    before = draw(1)[0]
    assert not plot.panel.stale
    plot.still.set_ydata([4, 0])
    assert differ(before, draw(1)[0])


def test_where_there_is_no_matplotlib_the_words_move_below_the_filmstrip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pinlab.lab.kept", None)
    parts = Parts(exhibit(moving(Dots, "at {}".format), Dial("at", 1, range(4)), filmstrip=FILM))
    for at in (1, 3):
        parts.rows[0].box.value = at
        assert (parts.picture, parts.sentence) == (FILM.image(), f"at {at}")
