"""Lines of a plot as plain numbers."""

from collections.abc import Iterable
from typing import cast

from matplotlib.lines import Line2D


def points(line: Line2D) -> list[tuple[float, float]]:
    """The points of a line, from its first to its last."""
    xs, ys = (cast("Iterable[float]", numbers) for numbers in line.get_data())
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
