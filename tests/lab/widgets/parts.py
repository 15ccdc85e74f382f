"""The parts of an exhibit, as a reader meets them from top to bottom."""

from collections.abc import Callable
from html import unescape
from itertools import pairwise
from typing import Any, NamedTuple

import ipywidgets

from pinlab import Kernel, lab
from pinlab.lab.widgets.exhibit import Exhibit
from pinlab.lessons import draw_a_page
from tests.lab.answers import TOUCHED, an_answer
from tests.lab.stories import unmapped_in_flight

MAKE: dict[str, Callable[[], Exhibit]] = {
    "touched_pages": lambda: lab.touched_pages(an_answer(TOUCHED)),
    "count_pins": lab.count_pins,
    "guess_pins": lab.guess_pins,
    "held_together": lab.held_together,
    "patch_switches": lambda: lab.patch_switches(release=False),
    "walk_the_cliff": lab.walk_the_cliff,
    "pin_a_folio": lambda: lab.pin_a_folio(order=9, pages=64),
    "walk_the_states": lambda: lab.walk_the_states("dio-read+fork+child-exits", at=2),
    "step_through": lambda: lab.step_through(unmapped_in_flight),
    "side_by_side": lambda: lab.side_by_side(
        unmapped_in_flight, {name: Kernel(name) for name in ("6.4", "6.5")}
    ),
    "read_and_written": draw_a_page.read_and_written,
    "fork_scene": lab.fork_scene,
    "light_the_senses": lambda: lab.light_the_senses(references=1, mlocked=True),
    "word_a_note": lambda: lab.word_a_note(clauses=2),
    "walk_the_thread": lambda: lab.walk_the_thread(at=12),
}
"""Every exhibit, by the function that makes it."""


class Row(NamedTuple):
    """A slider over the numbers of the stops, and the box beside it."""

    bar: Any
    box: Any


class Parts:
    """Menu, toggle, switches, rows of menus (if there are any), rows, sentence, and picture."""

    def __init__(self, exhibit: Exhibit) -> None:
        *controls, self._words, self._picture = exhibit.widget.children
        self.menu: Any = None
        if isinstance(controls[0], ipywidgets.Dropdown):
            self.menu = controls.pop(0)
        self.toggle: Any = None
        for toggle in [one for one in controls if isinstance(one, ipywidgets.ToggleButtons)]:
            self.toggle = toggle
            controls.remove(toggle)
        self.switches: list[Any] = []
        for row in [one for one in controls if isinstance(one.children[0], ipywidgets.Checkbox)]:
            self.switches = list(row.children)
            controls.remove(row)
        self.menus = [c for c in controls if isinstance(c.children[0], ipywidgets.Dropdown)]
        controls = [control for control in controls if control not in self.menus]
        self.rows = [Row(*row.children) for row in controls]

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


def differ(things: list[object]) -> bool:
    """Whether each thing differs from the one before."""
    return all(first != second for first, second in pairwise(things))
