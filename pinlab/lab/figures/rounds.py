"""The zero page's refcount over rounds of pin and release, with some of the patch's tests."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pinlab.lab.palette import EDGE, OVERFLOW, PIN
from pinlab.lab.picture import Picture
from pinlab.lab.powers import plural
from pinlab.lab.rounds import (
    EVERY,
    OUTCOMES,
    TESTS,
    Run,
    Switches,
    outcome,
    run,
    times,
)
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, R0

if TYPE_CHECKING:
    import pandas
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_ROUNDS = 100
ORDERS = {False: "one after another", True: "held together"}
"""What rounds are called, by whether all pins are held before the first is released."""

FEW_ROUNDS = 8
"""Few enough to see each call of a round."""

ONE_OF_EACH = {
    outcome(switches): switches
    for switches in (
        Switches(slow=False, release=False),
        Switches(slow=False),
        Switches(release=False),
        Switches(),
    )
}
"""A kernel for each outcome, by the outcome; the fast test is in each of them."""


class Rounds:
    """The refcount over the calls, with a cross for each call that is refused.

    Artists are kept and changed (`draw`); those that change are in `moving`. The axes reach as
    far as `most` rounds can; `bent` ones are linear up to 1024 and logarithmic beyond.
    """

    def __init__(self, panel: Axes, most: int, *, bent: bool = False) -> None:
        far = most * GUP_PIN_COUNTING_BIAS
        low, high = (-10 * far, 6 * far) if bent else (-3.2 * GUP_PIN_COUNTING_BIAS, 1.25 * far)
        panel.set(xlim=(0, 2 * most + 0.5), ylim=(low, high))
        panel.set_xticks(range(0, 2 * most + 1, most // 2 if bent else 2))
        ticks = [R0 - GUP_PIN_COUNTING_BIAS, R0, R0 + far]
        if bent:
            panel.set_yscale("symlog", linthresh=GUP_PIN_COUNTING_BIAS)
            ticks = [R0 - far, *ticks[:2], R0 + GUP_PIN_COUNTING_BIAS, R0 + far]
        panel.set_yticks(ticks, [str(tick) for tick in ticks])
        panel.minorticks_off()
        panel.axhspan(low, 0, color=OVERFLOW, alpha=0.08, lw=0)
        panel.axhline(0, color=EDGE, lw=0.8)
        panel.spines[["top", "right"]].set_visible(False)
        (self._edge,) = panel.plot([], [], color=EDGE, lw=3.4, drawstyle="steps-post")
        (self._line,) = panel.plot([], [], color=PIN, lw=2, drawstyle="steps-post")
        self._crosses = panel.plot([], [], "X", ms=6, mfc=OVERFLOW, mec=EDGE, mew=0.5, zorder=4)[0]
        (self._end,) = panel.plot([], [], "o", ms=8, mfc=PIN, mec=EDGE, clip_on=False, zorder=5)
        self._number = panel.annotate("", (0, 0), (0, 0), textcoords="offset points", ha="right")
        self._title = panel.set_title(" ", fontsize=10)
        self.moving: list[Artist] = [
            self._edge, self._line, self._crosses, self._end, self._number, self._title,
        ]  # fmt: skip

    def draw(self, switches: Switches, rounds: int, *, together: bool) -> None:
        """Show what the refcount does on such a kernel."""
        made = run(switches, rounds, together=together)
        calls = range(len(made.refcounts))
        for line in (self._edge, self._line):
            line.set_data(calls, made.refcounts)
        self._crosses.set_data(made.refused, [made.refcounts[call] for call in made.refused])
        self._end.set_data(calls[-1:], [made.end])
        self._number.xy = (calls[-1], made.end)
        self._number.xyann = (-6, 7 if made.end > R0 else -17)
        self._number.set_text(str(made.end))
        self._title.set_text(headline(switches))


def headline(switches: Switches) -> str:
    """Return the kernel and its outcome in a line that fits above a panel."""
    return f"{outcome(switches)} (tests: {switches})"


def sentence(switches: Switches, rounds: int, *, together: bool) -> str:
    """Return what happens in words, with every number of the picture."""
    made = run(switches, rounds, together=together)
    end = f"{_setting(rounds, together)}: the refcount ends at {made.end}"
    end += f", and was {made.farthest} in between" if made.farthest != made.end else ""
    kind = outcome(switches)
    return " ".join(
        [f"Tests: {switches}. {end}.", *_refusals(made), f"{kind.capitalize()}: {OUTCOMES[kind]}.",
         _places(made)]
    )  # fmt: skip


def _setting(rounds: int, together: bool) -> str:
    if together:
        return f"{rounds} {plural(rounds, 'pin')} held together, then released"
    return f"{rounds} {plural(rounds, 'round')}, one after another"


def _refusals(made: Run) -> list[str]:
    if made.refused:
        number = len(made.refused)
        are = "are" if number > 1 else "is"
        return [f"{number} {plural(number, 'pin')} {are} refused, and never released."]
    return ["The next pin will be refused."] if made.end <= 0 else []


def _places(made: Run) -> str:
    """How often the place of each test was reached."""
    told = [f"{test} {times(number)}" for test, number in made.reached.items()]
    return f"Places reached: {', '.join(told)}."


def four_outcomes() -> Picture:
    """Draw the refcount over a few rounds on four kernels: pin skipped or not, release or not."""
    figure = Figure(figsize=(8.4, 5.2), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for panel, switches in zip(panels.flat, ONE_OF_EACH.values(), strict=True):
        Rounds(panel, FEW_ROUNDS).draw(switches, FEW_ROUNDS, together=False)
        panel.set_title(outcome(switches))
    for panel, test in zip(
        panels[0], ("the release counts", "the release is skipped"), strict=True
    ):
        panel.set_title(f"{test}\n\n{panel.get_title()}")
    for row, test in zip(panels, ("the pin counts", "the pin is skipped"), strict=True):
        row[0].set_ylabel(f"{test}\n\nrefcount")
    for panel in panels[1]:
        panel.set_xlabel("calls: pin, release, pin, ...")
    told = {kind: run(each, FEW_ROUNDS) for kind, each in ONE_OF_EACH.items()}
    alt = "; ".join(f"{kind}: {_shape(made)}" for kind, made in told.items())
    twin = f"{FEW_ROUNDS} rounds of pin and release on four kernels, one after another:"
    start = f"Four plots of the zero page's refcount over {FEW_ROUNDS} rounds."
    return Picture(figure, f"{start} {alt}.", twin, _table())


def _shape(made: Run) -> str:
    """The curve in a few words."""
    if made.refused:
        return f"one drop to {made.end}, then level, with crosses"
    if made.end != R0:
        return f"a staircase up to {made.end}"
    if made.farthest != R0:
        return f"up to {made.farthest} and back to {made.end}, again and again"
    return f"level at {made.end}"


def _table() -> pandas.DataFrame:
    import pandas

    rows = {}
    for kind, switches in ONE_OF_EACH.items():
        made = run(switches, FEW_ROUNDS)
        first = ", ".join(map(str, made.refcounts[:5]))
        rows[kind] = (_does(switches.slow), _does(switches.release), first, made.end,
                      len(made.refused))  # fmt: skip
    columns = ["pin", "release", "refcount, two rounds", "at the end", "pins refused"]
    frame = pandas.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.rename_axis("outcome")


def _does(test: bool) -> str:
    return "skipped" if test else "counted"


def eight_kernels() -> pandas.DataFrame:
    """Return a table of all eight kernels: which tests each has, and its outcome."""
    import pandas

    rows = [
        (*(getattr(each, test) for test in ("slow", "fast", "release")), outcome(each))
        for each in EVERY
    ]
    frame = pandas.DataFrame(rows, columns=["slow", "fast", "release", "outcome"])
    return frame.replace({True: "test", False: "-"})


def rounds_filmstrip() -> Picture:
    """Draw the four outcomes, each one after another and held together."""
    figure = Figure(figsize=(8.4, 9.6), layout="constrained")
    grid = figure.subplots(len(ONE_OF_EACH), 2, sharex=True, sharey=True)
    alt = []
    for row, (kind, switches) in zip(grid, ONE_OF_EACH.items(), strict=True):
        for panel, together in zip(row, ORDERS, strict=True):
            Rounds(panel, MOST_ROUNDS, bent=True).draw(switches, MOST_ROUNDS, together=together)
            made = run(switches, MOST_ROUNDS, together=together)
            alt.append(f"{kind}, {ORDERS[together]}: {_film(made)}")
        row[0].set_ylabel("refcount")
    for panel, when in zip(grid[0], ORDERS.values(), strict=True):
        panel.set_title(f"{when}\n\n{panel.get_title()}", fontsize=10)
    for panel in grid[-1]:
        panel.set_xlabel("calls")
    start = "Eight plots of the zero page's refcount over the calls."
    twin = f"{MOST_ROUNDS} rounds on a kernel of each outcome:"
    return Picture(figure, f"{start} {'; '.join(alt)}.", twin, _film_table())


def _film(made: Run) -> str:
    """The curve in a few words."""
    between = f", {made.farthest} in between" if made.farthest != made.end else ""
    crosses = f", {len(made.refused)} crosses" if made.refused else ""
    return f"ends at {made.end}{between}{crosses}"


def _film_table() -> pandas.DataFrame:
    import pandas

    rows = []
    for (kind, switches), together in product(ONE_OF_EACH.items(), ORDERS):
        made = run(switches, MOST_ROUNDS, together=together)
        reached = ", ".join(str(number) for number in made.reached.values())
        rows.append((kind, ORDERS[together], made.end, made.farthest, len(made.refused), reached))
    places = f"reached: {', '.join(TESTS)}"
    columns = ["outcome", "order", "at the end", "farthest from 1", "pins refused", places]
    return pandas.DataFrame(rows, columns=columns).set_index("outcome")
