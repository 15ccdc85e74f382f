"""Controls: sliders with a number box beside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

import ipywidgets

from pinlab.model.arguments import whole

STYLE = {"description_width": "initial"}


class Dial:
    """A slider that stops at some numbers, and a box that takes any number between its ends.

    `positions` are the slider's stops, rising; the box allows `low` to `high`, by default from
    the first of them to the last. `changed` is called with the new number, whichever was moved.
    `value` is the number that is set. Raises TypeError or ValueError for a first one that the box
    would not allow, which it calls `argument`, if that is not the label.
    """

    def __init__(
        self, label: str, value: int, positions: Sequence[int], changed: Callable[[int], None],
        *, low: int | None = None, high: int | None = None, argument: str = "",
    ) -> None:  # fmt: skip
        low = positions[0] if low is None else low
        high = positions[-1] if high is None else high
        value = whole(argument or label, value, low, high)
        self.value = value
        self._positions = positions
        self._following = False
        self.bar = ipywidgets.IntSlider(
            self._nearest(value), 0, len(positions) - 1, description=label, style=STYLE,
            readout=False, layout=ipywidgets.Layout(width="26em"),
        )  # fmt: skip
        self.box = ipywidgets.BoundedIntText(
            value, low, high,
            description="as a number", style=STYLE, tooltip=f"{label}, as a number",
            layout=ipywidgets.Layout(width="15em"),
        )  # fmt: skip
        self.bar.observe(self._moved, "value")
        self.box.observe(self._typed, "value")
        self._changed = changed
        self.widget = ipywidgets.HBox(
            [self.bar, self.box], layout=ipywidgets.Layout(flex_flow="row wrap")
        )

    def _nearest(self, value: int) -> int:
        """The stop that is nearest to a number, the upper one of two."""
        above = min(bisect_left(self._positions, value), len(self._positions) - 1)
        return min((above, max(above - 1, 0)), key=lambda stop: abs(self._positions[stop] - value))

    def _moved(self, change: dict[str, int]) -> None:
        self._set(self._positions[change["new"]])

    def _typed(self, change: dict[str, int]) -> None:
        self._set(change["new"])

    def _set(self, number: int) -> None:
        """Take a number over from the bar or the box: tell it first, then have both show it.

        The box may hold a number between two stops, so the slider follows without setting it.
        """
        if self._following:
            return
        self._following = True
        self.value = number
        try:
            self._changed(number)
        finally:
            self.box.value = number
            self.bar.value = self._nearest(number)
            self._following = False


def powers(first: int, last: int) -> list[int]:
    """Return the powers of two from 2^first to 2^last."""
    return [2**exponent for exponent in range(first, last + 1)]
