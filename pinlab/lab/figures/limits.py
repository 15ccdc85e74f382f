"""How many writes can be in flight: what the kernel's source allows, against the mail's 32768."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pinlab.lab.palette import DEVICE, EDGE, OVERFLOW, ZERO_PAGE
from pinlab.lab.picture import Picture
from pinlab.lab.powers import digits
from pinlab.lab.writes import WRITES
from pinlab.machine.limits import Limit, OwnLimits, limits
from pinlab.model.arguments import instance

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

SHOWN = (
    "queue-default", "queue-scheduler", "queue-nvme", "queue-max", "io_uring-sq", "aio-max-nr",
    "dm-suspended", "io-max", "dm-crypt",
)  # fmt: skip
"""The limits that a reader can compare with a number of writes, by id."""

NEAREST, FARTHEST = 2**5, 2**20
"""Where the scale begins, and where a bar stops that has no end or is longer."""


def in_flight(own: OwnLimits) -> Picture:
    """Draw the source's limits and those of this machine as bars, on a scale of powers of two.

    Raises TypeError for anything but what `machine.limits.own_limits()` returns.
    """
    by_id = {limit.id: limit for limit in limits()}
    shown = [by_id[name] for name in SHOWN] + list(instance("own", own, OwnLimits))
    named = [(_name(limit, own), limit) for limit in shown]
    figure = Figure(figsize=(8.4, 0.36 * len(shown) + 1.1), layout="constrained")
    panel = figure.subplots()
    for place, limit in enumerate(shown):
        _bar(panel, place, limit, own=limit in own.limits)
    panel.axvline(WRITES, color=OVERFLOW, lw=2, ls=(0, (4, 2)))
    panel.set_xscale("log", base=2)
    panel.set(xlim=(NEAREST, FARTHEST * 2**5), ylim=(len(shown) - 0.4, -0.6))
    panel.set_xticks([2**n for n in (5, 10, 15, 20)], ["2^5", "2^10", "2^15", "2^20"])
    panel.minorticks_off()
    panel.set_yticks(range(len(shown)), [name for name, _ in named])
    panel.set_xlabel(f"for one queue, ring or list; dashed: the mail's {WRITES} writes")
    panel.spines[["top", "right"]].set_visible(False)
    bars = "; ".join(f"{name}: {_number(limit)}" for name, limit in named)
    alt = f"Bars on a scale of powers of two, a dashed line at {WRITES}. {bars}."
    yours = f"Read here: {own.label}." if own.live else f"Your machine was not read. {own.note}"
    return Picture(figure, alt, f"The mail's writes: {digits(WRITES)}. {yours}", _table(named))


def _bar(panel: Axes, place: int, limit: Limit, *, own: bool) -> None:
    length, words, hatch = FARTHEST, "no limit", "..."
    if limit.value is not None:
        per = limit.unit.partition(" ")[2]  # of what there may be several
        length = min(max(limit.value, NEAREST), FARTHEST)
        words, hatch = f"{limit.value} {per}".rstrip(), "//" if own else ""
    panel.barh(place, length, color=DEVICE if own else ZERO_PAGE, edgecolor=EDGE, hatch=hatch)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    panel.text(length * 1.15, place, words, va="center", fontsize=9, bbox=white, zorder=3)


def _name(limit: Limit, own: OwnLimits) -> str:
    return f"yours: {limit.name}" if limit in own.limits else limit.name


def _table(named: list[tuple[str, Limit]]) -> pandas.DataFrame:
    import pandas

    rows = [(name, _number(limit), limit.unit) for name, limit in named]
    return pandas.DataFrame(rows, columns=["limit", "number", "of"]).set_index("limit")


def _number(limit: Limit) -> str:
    return "no limit" if limit.value is None else digits(limit.value)
