"""The plain plot is the exhibit's plot: otherwise their times could not be compared."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.artist import getp
from matplotlib.figure import Figure

from pinlab import machine
from pinlab.lessons.start_here import TouchedPages, for_each_k
from tests.browser.plain import draw_touched_pages


def content(figure: Figure) -> list[tuple[object, ...]]:
    """What each panel of a figure holds."""
    return [
        (
            [(line.get_label(), [*map(tuple, getp(line, "xydata"))]) for line in panel.lines],
            [patch.get_hatch() for patch in panel.patches],
            panel.get_legend() is None,
            panel.get_xlabel(),
            panel.get_ylabel(),
            panel.axis(),
        )
        for panel in figure.axes
    ]


@pytest.mark.parametrize("k", [0, 8, 64])
def test_the_plain_plot_shows_what_the_exhibit_shows(k: int) -> None:
    measured = machine.recorded(0, 1, 2, 8, 32, 64)
    kept = TouchedPages(measured, for_each_k(measured))
    kept.draw(k)
    plain = draw_touched_pages(measured, kept.predicted, k)
    plt.close(plain)
    assert content(plain) == content(kept.figure)
    assert [*plain.get_size_inches()] == [*kept.figure.get_size_inches()]
