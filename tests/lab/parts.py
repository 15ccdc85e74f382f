"""The parts of an exhibit, as a reader meets them from top to bottom."""

from html import unescape
from itertools import pairwise
from typing import Any, NamedTuple

import ipywidgets

from pinlab.lab.exhibit import Exhibit
from pinlab.lab.panel import ButtonPanel

TOGGLES = ipywidgets.RadioButtons, ipywidgets.ToggleButtons


class Row(NamedTuple):
    """A slider over the numbers of the stops, and the box before it."""

    bar: Any
    box: Any


class Parts:
    """Panel, menu, toggle, switches, rows of menus (if any), rows, picture, and sentence."""

    def __init__(self, exhibit: Exhibit) -> None:
        *controls, self._picture, self._words = exhibit.widget.children
        self.panel: Any = controls.pop(0) if isinstance(controls[0], ButtonPanel) else None
        self.menu: Any = None
        if isinstance(controls[0], ipywidgets.Dropdown):
            self.menu = controls.pop(0)
        self.toggle: Any = None
        for toggle in [one for one in controls if isinstance(one, TOGGLES)]:
            self.toggle = toggle
            controls.remove(toggle)
        self.switches: list[Any] = []
        for row in [one for one in controls if isinstance(first(one), ipywidgets.Checkbox)]:
            self.switches = list(getattr(row, "children", [row]))
            controls.remove(row)
        self.menus = [c for c in controls if isinstance(first(c), ipywidgets.Dropdown)]
        controls = [control for control in controls if control not in self.menus]
        self.rows = [Row(*reversed(row.children)) for row in controls]

    @property
    def html(self) -> str:
        return str(self._words.value)

    @property
    def sentence(self) -> str:
        """The sentence alone, without its markup."""
        return unescape(self.html.partition(">")[2].rpartition("<")[0])

    @property
    def picture(self) -> str:
        """The picture as HTML, and what stands below it."""
        return str(self._picture.value)


def first(control: Any) -> Any:  # noqa: ANN401
    """The first of a row of controls, or the one control."""
    return getattr(control, "children", [control])[0]


def differ(things: list[object]) -> bool:
    """Whether each thing differs from the one before."""
    return all(first != second for first, second in pairwise(things))
