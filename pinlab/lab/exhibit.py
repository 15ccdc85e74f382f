"""An exhibit: controls, a picture that follows them, and what a reader without widgets sees.

`exhibit` puts one together from a function that draws and from controls, each declared in a line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Protocol, TypeAlias

import ipywidgets
from anywidget import AnyWidget
from traitlets import HasTraits, Int, List, Unicode

from pinlab.lab.panel import JS
from pinlab.lab.picture import MOVES, Drawing, Shown, display_all, image
from pinlab.model.arguments import instance, one_of, whole

if TYPE_CHECKING:
    from matplotlib.artist import Artist

CSS_CLASS = "pinlab-exhibit"
"""What the outermost box of every exhibit is called in the page."""

STYLE = {"description_width": "initial"}
WRAP = {"flex_flow": "row wrap"}

Shot: TypeAlias = "tuple[bytes | str | None, str] | Drawing"
"""What is shown: PNG, or SVG with what stands below it, and a sentence; or both as a drawing.

None is a picture that cannot be drawn.
"""


@dataclass(frozen=True)
class Exhibit:
    """A widget, and the picture of a few of its positions for readers without widgets.

    A front end shows the widget if it can, else the picture; the picture's twin is folded below
    either of them, and `moves` above its words says what they are about.
    """

    widget: ipywidgets.Widget
    filmstrip: Shown
    moves: str = MOVES

    def captioned(self, caption: str) -> Exhibit:
        """Return the same with a caption: a line, in which `[words](target)` is a link."""
        return replace(self, filmstrip=self.filmstrip.captioned(caption))

    def bundles(self) -> list[dict[str, object]]:
        """Return what is displayed, by MIME type."""
        return self.filmstrip.bundles(live(self.widget), self.moves)

    def _ipython_display_(self) -> None:
        display_all(self.bundles())

    def __str__(self) -> str:
        return str(self.filmstrip)


def live(widget: ipywidgets.Widget) -> dict[str, object]:
    """Return how a widget is displayed, by MIME type."""
    made = widget._repr_mimebundle_()
    return dict(made[0] if isinstance(made, tuple) else made)  # anywidget's has metadata, too


def exhibit(
    draw: Callable[..., Shot], *controls: ipywidgets.Widget | Dial, filmstrip: Shown
) -> Exhibit:
    """Return controls, a picture that is drawn anew when one is moved, and an announced sentence.

    `draw` gets the value of each control, in their order, those of a `row` one by one. `filmstrip`
    stands in its place where there are no widgets.

    >>> made = exhibit(
    ...     lambda pins: ("<svg/>", f"The refcount is {1 + 1024 * pins}."),
    ...     Dial("pins", 2, range(9)),
    ...     filmstrip=Drawing("<svg/>", "A number.", "Two pins: 2049."),
    ... )
    >>> made.widget.children[-1].value
    '<p>The refcount is 2049.</p>'
    """
    picture, words = Steady(), Steady(role="status")
    moved = [
        each
        for control in controls
        for each in (control.children if isinstance(control, ipywidgets.Box) else [control])
    ]

    def show(_: object = None) -> None:
        shot = draw(*(control.value for control in moved))
        content, sentence = (shot.svg, shot.twin) if isinstance(shot, Drawing) else shot
        if content is None:
            content = filmstrip.image()
        elif isinstance(content, bytes):
            content = image(content, "image/png", sentence)
        picture.value = content
        words.value = lines(sentence)

    for control in moved:
        control.observe(show, "value")
    rows = [control.widget if isinstance(control, Dial) else control for control in controls]
    widget = ipywidgets.VBox([*rows, picture, words])
    widget.add_class(CSS_CLASS)
    show()
    return Exhibit(widget, filmstrip)


def lines(sentence: str) -> str:
    """Return a sentence, or lines, as HTML."""
    broken = escape(sentence).replace("\n", "<br>")
    return f"<p>{broken}</p>"


class Steady(AnyWidget):
    """HTML that is announced when it changes, if its role is status, and never gets lower.

    Nothing below it jumps, and it is seen as HTML is in an output.
    """

    _esm = JS / "steady.js"
    _css = JS / "exhibit.css"
    value = Unicode().tag(sync=True)
    role = Unicode().tag(sync=True)


class StopSlider(AnyWidget):
    """A slider over the places of some stops, with a name; it tells the stop that it is at."""

    _esm = JS / "track.js"
    value = Int().tag(sync=True)
    min = 0
    max = Int().tag(sync=True)
    label = Unicode().tag(sync=True)
    told = List(Unicode()).tag(sync=True)

    def __init__(self, label: str, stops: Sequence[int], value: int) -> None:
        super().__init__(label=label, max=len(stops) - 1, value=value, told=[*map(str, stops)])
        self.add_class("pinlab-track")


class Dial(HasTraits):
    """A box that takes any number between its ends, and a slider that stops at some of them.

    `stops` are the slider's, rising; the box allows `low` to `high`, by default from the first of
    them to the last. `value` is the number that is set, whichever was moved. Raises TypeError or
    ValueError for a first one that the box would not allow, which it calls `argument`, if that is
    not the label.
    """

    value = Int()

    def __init__(
        self, label: str, value: int, stops: Sequence[int],
        *, low: int | None = None, high: int | None = None, argument: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        low = stops[0] if low is None else low
        high = stops[-1] if high is None else high
        self.value = value = whole(argument or label, value, low, high)
        self._stops = stops
        self._following = False
        self.bar = StopSlider(label, stops, self._nearest(value))
        self.box = ipywidgets.BoundedIntText(
            value, low, high,
            description=label, style={"description_width": "10em"}, layout={"width": "18em"},
        )  # fmt: skip
        self.bar.observe(lambda change: self._set(stops[change["new"]]), "value")
        self.box.observe(lambda change: self._set(change["new"]), "value")
        self.widget = ipywidgets.HBox([self.box, self.bar], layout=WRAP)

    def _nearest(self, value: int) -> int:
        """The stop that is nearest to a number, the upper one of two."""
        above = min(bisect_left(self._stops, value), len(self._stops) - 1)
        return min((above, max(above - 1, 0)), key=lambda stop: abs(self._stops[stop] - value))

    def _set(self, number: int) -> None:
        """Take a number over from the bar or the box: tell it first, then have both show it.

        The box may hold a number between two stops, so the slider follows without setting it.
        """
        if self._following:
            return
        self._following = True
        try:
            self.value = number
        finally:
            self.box.value = number
            self.bar.value = self._nearest(number)
            self._following = False


def choice(
    label: str, options: Collection[str], value: str, argument: str = ""
) -> ipywidgets.RadioButtons:
    """Return buttons side by side of which one is chosen, as a screen reader says.

    Raises as `one_of` for a first value that is none, called `argument` or as the label.
    """
    first = one_of(argument or label, value, options)
    return ipywidgets.RadioButtons(
        options=list(options), value=first, description=label, style=STYLE,
        orientation="horizontal", layout={"width": "auto"},
    )  # fmt: skip


def menu(
    label: str,
    options: Collection[str] | Collection[tuple[str, object]],
    value: object,
    *,
    wide: str = "",
    tooltip: str = "",
) -> ipywidgets.Dropdown:
    """Return a menu of words, or of words with the values that they stand for."""
    return ipywidgets.Dropdown(
        options=list(options), value=value, description=label, style=STYLE,
        layout={"width": wide or None}, tooltip=tooltip or None,
    )  # fmt: skip


def switch(
    label: str, value: bool = False, *, wide: str = "", argument: str = ""
) -> ipywidgets.Checkbox:
    """Return a box to tick; TypeError for a first value, called `argument`, that is no bool."""
    return ipywidgets.Checkbox(
        instance(argument or label, value, bool), description=label, indent=False, style=STYLE,
        layout={"width": wide or None},
    )  # fmt: skip


def row(*controls: ipywidgets.Widget) -> ipywidgets.HBox:
    """Return switches or menus side by side."""
    return ipywidgets.HBox(controls, layout=WRAP)


class Plot(Protocol):
    """A plot of which some artists, `moving`, are changed by `draw`."""

    @property
    def moving(self) -> Sequence[Artist]:
        """What changes."""

    @property
    def draw(self) -> Callable[..., None]:
        """Change it."""


def moving(make: Callable[[], Plot], sentence: Callable[..., str]) -> Callable[..., Shot]:
    """Return a function that draws a plot for an exhibit, and says what it shows in a sentence.

    The plot's `draw` and `sentence` get the values of the controls. Without matplotlib there is
    the sentence alone.
    """
    try:
        from pinlab.lab.kept import Kept
    except ModuleNotFoundError:
        return lambda *values: (None, sentence(*values))
    plot = make()
    kept = Kept(plot.moving)

    def draw(*values: object) -> Shot:
        plot.draw(*values)
        return kept.png(), sentence(*values)

    return draw
