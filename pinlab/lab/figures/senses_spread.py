"""Where the kernel says pin, one mark for each place, by sense and by kind of source or release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pinlab.lab.palette import EDGE, PIN, REFERENCE, ZERO_PAGE
from pinlab.lab.picture import Picture
from pinlab.lab.powers import plural
from pinlab.model.arguments import one_of
from pinlab.words.corpus import OF_FOLL_PIN, spread

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

MARKS = {"foll-pin": ("s", PIN), "any-reference": ("o", REFERENCE)}
"""Shape and colour: squares are about FOLL_PIN, circles about any reference, the rest triangles."""

WIDE = {"kind": 9, "release": 5}
"""How many marks stand side by side, by what the columns are."""


def where_they_say_pin(by: str = "kind") -> Picture:
    """Draw each place of data/terms.csv as a mark: senses down, kinds or releases across.

    by: "kind" or "release". Raises ValueError for anything else.
    """
    one_of("by", by, WIDE)
    table = spread(by)
    wide = WIDE[by]
    heights = [max(1, -(-int(row.max()) // wide)) for _, row in table.iterrows()]
    tops = [sum(heights[:n]) + 1.2 * n for n in range(len(heights))]
    bottom = tops[-1] + heights[-1]
    figure = Figure(figsize=(8.4, 0.2 * bottom + 0.9), layout="constrained")
    panel = figure.subplots()
    for top, (sense, row) in zip(tops, table.iterrows(), strict=True):
        for place, number in enumerate(row):
            _marks(panel, str(sense), place * (wide + 3), top, int(number), wide)
    panel.set(xlim=(-1.5, len(table.columns) * (wide + 3) - 1.5), ylim=(bottom + 0.2, -1.2))
    panel.set_yticks(
        [top + (high - 1) / 2 for top, high in zip(tops, heights, strict=True)],
        [f"{sense}: {int(row.sum())}" for sense, row in table.iterrows()],
    )
    middle = (wide - 1) / 2
    panel.set_xticks([n * (wide + 3) + middle for n in range(len(table.columns))], table.columns)
    panel.xaxis.tick_top()
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    return Picture(figure, _alt(table), _twin(table), table)


def _marks(panel: Axes, sense: str, left: float, top: float, number: int, wide: int) -> None:
    thing = "foll-pin" if sense in OF_FOLL_PIN else sense
    marker, colour = MARKS.get(thing, ("^", ZERO_PAGE))
    across = [left + n % wide for n in range(number)]
    down = [top + n // wide for n in range(number)]
    panel.plot(
        across, down, marker, ms=7 if wide > 5 else 5.5, mfc=colour, mec=EDGE, mew=0.8, ls=""
    )


def _alt(table: pandas.DataFrame) -> str:
    return (
        f"{int(table.to_numpy().sum())} marks, one for each place that says pin, in rows by sense "
        f"and columns by {', '.join(table.columns)}. {_twin(table)}"
    )


def _twin(table: pandas.DataFrame) -> str:
    return " ".join(_line(str(sense), row) for sense, row in table.iterrows())


def _line(sense: str, row: pandas.Series) -> str:
    total = int(row.sum())
    parts = ", ".join(f"{name} {int(number)}" for name, number in row.items() if number)
    return f"{sense}: {total} {plural(total, 'place')} ({parts})."
