"""The slider over the readers of two builds."""

from __future__ import annotations

from pinlab.lab.figures.cliff import MOST_READERS
from pinlab.lab.figures.two_builds import TwoBuilds, sentence, two_builds_filmstrip
from pinlab.lab.widgets.cliff import over_readers
from pinlab.lab.widgets.exhibit import Exhibit
from pinlab.model.arguments import whole


def two_builds(readers: int = 0) -> Exhibit:
    """Return a slider over readers that hold 1024 pins each, on two builds that differ in a patch.

    The refcount of the zero page, recorded and predicted, without its three tests and with them.
    It begins at `readers` and stops where something was recorded; the number box takes any number.
    Raises TypeError or ValueError for what is no number of readers up to 2052.
    """
    whole("readers", readers, 0, MOST_READERS)
    return over_readers(TwoBuilds(), sentence, two_builds_filmstrip, readers)
