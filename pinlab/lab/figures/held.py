"""The refcount while writes are submitted: all held together, or one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

from pinlab.lab.palette import EDGE, OVERFLOW, PIN, PIN_HATCH, REFERENCE
from pinlab.lab.picture import Picture
from pinlab.lab.powers import digits, plural, power
from pinlab.lab.writes import R0, Writes
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_WRITES = 2**16


class HeldTogether:
    """The climb of the refcount over the writes submitted, between the counter's two ends.

    Artists are kept and changed (`draw`); those that change are in `moving`. The axes stay where
    they are, whatever the width.
    """

    def __init__(self, panel: Axes, writes: Writes) -> None:
        self._panel = panel
        self._bits = 0
        panel.set(xlim=(0, 1.03 * MOST_WRITES), ylim=(-1.12, 1.12))
        panel.set_xticks([k << 14 for k in range(5)], ["0", "2^14", "2^15", "", "2^16"])
        panel.set_yticks([-1, 0, 1])
        panel.set_xlabel("writes submitted")
        panel.spines[["top", "right"]].set_visible(False)
        panel.axhspan(-1.12, 0, color=OVERFLOW, alpha=0.08, lw=0)
        panel.axhline(0, color=EDGE, lw=0.8)
        self._band = Rectangle((0, 0), 0, 0, fc=PIN, ec=EDGE, hatch=PIN_HATCH)
        panel.add_patch(self._band)
        outline = [Stroke(linewidth=4, foreground=EDGE), Normal()]
        (self._climb,) = panel.plot([], [], lw=2.5, path_effects=outline)
        (self._drop,) = panel.plot([], [], color=OVERFLOW, lw=2.2, ls=(0, (4, 2)))
        (self._end,) = panel.plot([], [], "o", ms=9, mec=EDGE, clip_on=False, zorder=5)
        self._title = panel.set_title(" ", fontsize=10)
        self._words = panel.text(0.03, 0.57, "", transform=panel.transAxes)
        self.moving: list[Artist] = [
            self._band, self._climb, self._drop, self._end, self._words, self._title,
        ]  # fmt: skip
        self.draw(writes)

    def draw(self, writes: Writes) -> None:
        """Show what the refcount does while these writes are submitted."""
        scale = 2 ** (writes.bits - 1)
        top, end = writes.highest / scale, writes.refcount / scale
        fell = writes.refcount < 0
        edge = writes.held / writes.pages if writes.together else 0
        self._climb.set_data([0, edge], [R0 / scale, top if writes.together else R0 / scale])
        self._drop.set_data(
            [edge, edge, writes.writes] if fell else [], [top, end, end] if fell else []
        )
        low = min(end, 0)
        self._band.set_bounds(0, low, 0 if writes.together else writes.writes, top - low)
        self._end.set_data([writes.writes], [end])
        if writes.bits != self._bits:
            self._bits = writes.bits
            self._panel.set_yticklabels([f"-2^{writes.bits - 1}", "0", power(scale - 1) or ""])
        colour = REFERENCE if writes.bias == 1 else PIN
        self._climb.set_color(colour)
        self._end.set_markerfacecolor(colour)
        apart = not writes.together and not fell
        self._words.set_text(f"up to {writes.refcount} and back to {R0}, each time" * apart)
        self._title.set_text(headline(writes))


def headline(writes: Writes) -> str:
    """Return the setting in a line that fits above a panel."""
    when = "together" if writes.together else "one after another"
    return (
        f"{short(writes.writes)} {plural(writes.writes, 'write')} of "
        f"{short(writes.pages)} {plural(writes.pages, 'page')}, {when}\n"
        f"{short(writes.bias)} for each hold, {writes.bits} bits"
    )


def short(number: int) -> str:
    """Return a power of two from 2 on as one, other numbers in digits."""
    is_power = number > 1 and number & (number - 1) == 0
    return f"2^{number.bit_length() - 1}" if is_power else str(number)


def sentence(writes: Writes) -> str:
    """Return what happens in words, with every number of the picture."""
    return " ".join([_holds(writes), _reads(writes), _next(writes)])


def _holds(writes: Writes) -> str:
    kind = {1: "reference", GUP_PIN_COUNTING_BIAS: "pin"}.get(writes.bias, "hold")
    wanted = f"{digits(writes.wanted)} {plural(writes.wanted, kind)}"
    wanted += f" of {writes.bias}" if kind == "hold" else ""
    each = f"{digits(writes.writes)} {plural(writes.writes, 'write')} of "
    each += f"{writes.pages} {plural(writes.pages, 'page')}"
    want = "wants" if writes.writes == 1 else "want"
    if writes.together:
        return f"{each}, in flight together, {want} {wanted} at once."
    return f"{each}, one after another, {want} {wanted} at a time."


def _reads(writes: Writes) -> str:
    if writes.refcount < 0:
        return (
            f"Number {digits(writes.room)} takes the refcount from {digits(writes.highest)} "
            f"to {digits(writes.refcount)}."
        )
    after = "" if writes.together else ", and is 1 again after each write"
    return f"The refcount reaches {digits(writes.refcount)}{after}."


def _next(writes: Writes) -> str:
    if writes.refused:
        more = writes.wanted - writes.held
        return f"{digits(more)} more {'is' if more == 1 else 'are'} refused."
    if writes.refcount < 0:
        return "None is refused yet; the next one will be."
    share = writes.refcount / writes.limit
    part = f"{share:.0%}" if share > 0.1 else f"one part in {round(1 / share)}"
    return f"None is refused: that is {part} of the way to {digits(writes.limit)}."


def held_filmstrip() -> Picture:
    """Draw the mail's writes together, and one thing changed in each of the other panels."""
    mail = Writes()
    positions = (
        mail,
        replace(mail, together=False),
        replace(mail, writes=mail.writes // 2),
        replace(mail, writes=2 * mail.writes),
        replace(mail, bias=1),
        replace(mail, bits=64),
    )
    figure = Figure(figsize=(8.4, 7.5), layout="constrained")
    for panel, writes in zip(figure.subplots(3, 2).flat, positions, strict=True):
        HeldTogether(panel, writes)
        panel.set_ylabel("refcount")
    twin = "\n".join(sentence(writes) for writes in positions)
    alt = " ".join(f"{headline(w)}: {_shape(w)}.".replace("\n", ", ") for w in positions)
    return Picture(figure, f"Plots of the refcount over the writes submitted. {alt}", twin)


def _shape(writes: Writes) -> str:
    """The curve in a few words."""
    if writes.refcount < 0:
        level = ", then level" if writes.refused else ""
        return f"a straight climb to {writes.highest}, a drop to {writes.refcount}{level}"
    if writes.together:
        return f"a straight climb to {writes.refcount}"
    return f"no higher than {writes.refcount}, which looks like a point on the axis"
