"""Lesson 04, count to two million: what a counter of 32 bits does with the mail's 2^21 holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from errno import ENOMEM
from functools import cache
from itertools import accumulate, product
from math import log2
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pinlab.lab.callers import KERNEL, WITH_FIX, WITHOUT_FIX
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, choice, exhibit, moving
from pinlab.lab.palette import (
    EDGE,
    OVERFLOW,
    PIN,
    PIN_HATCH,
    REFERENCE,
    YOURS,
    ZERO_PAGE,
)
from pinlab.lab.picture import Picture, blank
from pinlab.lab.task import Trial, play
from pinlab.lab.text import digits, many, plural, powers, two_to
from pinlab.machine import boot, cases, recording
from pinlab.machine.limits import Limit, OwnLimits, limits
from pinlab.machine.predictions.holds import PAGES_AT_ONCE, Load, climb
from pinlab.model.arguments import instance, one_of
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    R0,
    last_grab,
    last_pin,
    refcount_with,
    wrap,
)
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_PIN
from pinlab.model.kernel import Kernel
from pinlab.model.ledger import PIN as PINS
from pinlab.model.ledger import REFERENCE as REFERENCES
from pinlab.model.rules import releases
from pinlab.table import Table

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "cliff",
    "five_ends",
    "limits_of_writes",
    "refcount_in_flight",
]

NEAR_THE_END = last_pin(R0) - 1
"""Pins, one more of which takes the refcount below zero, and not in a cell: that gives it away."""

# The mail's writes, together and one after another.

WRITES, PAGES, BITS = 2**15, 2**6, 32
"""The mail's writes, and the width of the counter that they meet."""


@dataclass(frozen=True)
class Writes:
    """`writes` writes of `pages` pages each, every page a hold that adds `bias` to the refcount.

    The refcount has `bits` bits with a sign and begins at 1. bias 1 is a reference, 1024 a pin.
    Closed forms, so that a slider is quick; tests hold them against the model, write by write.
    """

    writes: int = WRITES
    pages: int = PAGES
    bias: int = GUP_PIN_COUNTING_BIAS
    bits: int = BITS
    together: bool = True

    @property
    def wanted(self) -> int:
        """Holds that would be there at the same time if none were refused."""
        return self.writes * self.pages if self.together else self.pages

    @property
    def room(self) -> int:
        """The number of the last hold that succeeds."""
        return last_grab(R0, self.bias, self.bits)

    @property
    def held(self) -> int:
        """Holds that are there at the same time, at most."""
        return min(self.wanted, self.room)

    @property
    def refused(self) -> bool:
        """Whether any hold is refused."""
        return self.wanted > self.room

    @property
    def refcount(self) -> int:
        """What the refcount reads while the most holds are there."""
        return self.after(self.held)

    @property
    def highest(self) -> int:
        """The highest that the refcount reads on the way there."""
        return self.after(self.held - (self.refcount < 0))

    @property
    def limit(self) -> int:
        """The largest value of the counter."""
        return (1 << self.bits - 1) - 1

    def after(self, holds: int) -> int:
        """Return what the refcount reads with that many holds."""
        return refcount_with(R0, 0, holds, self.bias, self.bits)


MOST_WRITES = 2**16
TOGETHER, APART = "together", "one after another"


def refcount_in_flight(
    writes: int = WRITES, pages: int = PAGES, bias: int = GUP_PIN_COUNTING_BIAS, bits: int = BITS
) -> Exhibit:
    """Return a toggle (together, one after another) and sliders: what does the refcount reach?

    It begins one after another. The sliders set the writes, the pages of each, what a hold adds,
    and the counter's width; they begin with these numbers, by default the mail's. Raises TypeError
    or ValueError for a number that is beyond the end of its slider.
    """
    dials = (
        Dial("writes", writes, powers(0, 16), argument="writes"),
        Dial("pages of each write", pages, powers(0, 9), argument="pages"),
        Dial("added by each hold", bias, powers(0, 12), argument="bias"),
        Dial("bits of the counter", bits, powers(4, 6), argument="bits"),
    )
    begin = Writes(writes, pages, bias, bits, together=False)

    def in_flight() -> InFlight:
        panel = blank(7.2, 3.5).subplots()
        panel.set_ylabel("refcount of the zero page")
        return InFlight(panel, begin)

    draw = moving(in_flight, in_words)
    return exhibit(
        lambda when, *numbers: draw(replace(Writes(*numbers), together=when == TOGETHER)),
        choice("", (TOGETHER, APART), APART),
        *dials,
        filmstrip=changes_to_the_mail(),
    )


class InFlight:
    """The climb of the refcount over the writes submitted, between the counter's two ends.

    At the right, a ruler of powers of two: how far it comes, and a thick line at the upper end.

    Artists are kept and changed (`draw`); those that change are in `moving`. The axes stay where
    they are, whatever the width.
    """

    def __init__(self, panel: Axes, writes: Writes) -> None:
        from matplotlib.patches import Rectangle
        from matplotlib.patheffects import Normal, Stroke

        self._panel = panel
        self._bits = 0
        panel.set(xlim=(0, 1.03 * MOST_WRITES), ylim=(-1.12, 1.12))
        panel.set_xticks([0, 2**14, 2**15, 2**16], ["0", *map(two_to, (14, 15, 16))])
        panel.set_yticks([-1, 0, 1])
        panel.set_xlabel("writes submitted")
        _below_zero(panel, -1.12)
        self._band = Rectangle((0, 0), 0, 0, fc=PIN, ec=EDGE, hatch=PIN_HATCH)
        panel.add_patch(self._band)
        outline = [Stroke(linewidth=4, foreground=EDGE), Normal()]
        (self._climb,) = panel.plot([], [], lw=2.5, path_effects=outline)
        (self._drop,) = panel.plot([], [], color=OVERFLOW, lw=2.2, ls=(0, (4, 2)))
        (self._end,) = panel.plot([], [], "o", ms=9, mec=EDGE, clip_on=False, zorder=5)
        ruler = panel.inset_axes((1.03, 0, 0.035, 1))
        ruler.set_title("highest", fontsize=8)
        ruler.set(xlim=(0, 1), ylim=(0, 64), xticks=[])
        ruler.yaxis.tick_right()
        ruler.set_yticks([0, 10, 21, 31, 63], ["1", *map(two_to, (10, 21, 31, 63))])
        self._reached = Rectangle((0, 0), 1, 0, ec=EDGE)
        ruler.add_patch(self._reached)
        self._ceiling = ruler.axhline(color=OVERFLOW, lw=4)
        self._title = panel.set_title(" ", fontsize=10)
        self._words = panel.text(0.03, 0.57, "", transform=panel.transAxes)
        self.moving: list[Artist] = [
            self._band, self._climb, self._drop, self._end, self._words, self._title,
            self._reached, self._ceiling,
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
            half = two_to(writes.bits - 1)
            self._panel.set_yticklabels([f"-{half}", "0", f"{half} - 1"])
            self._ceiling.set_ydata([writes.bits - 1] * 2)
        colour = REFERENCE if writes.bias == 1 else PIN
        self._climb.set_color(colour)
        self._reached.set(height=log2(writes.highest), facecolor=colour)
        self._end.set_markerfacecolor(colour)
        apart = not writes.together and not fell
        self._words.set_text(f"up to {writes.refcount} and back to {R0}, each time" * apart)
        self._title.set_text(headline(writes))


def headline(writes: Writes) -> str:
    """Return the setting in a line that fits above a panel."""
    return (
        f"{_short(writes.writes)} {plural(writes.writes, 'write')} of "
        f"{_short(writes.pages)} {plural(writes.pages, 'page')}, "
        f"{TOGETHER if writes.together else APART}\n"
        f"{_short(writes.bias)} for each hold, {writes.bits} bits"
    )


def _short(number: int) -> str:
    """A power of two from 2 on as one, other numbers in digits."""
    is_power = number > 1 and number & (number - 1) == 0
    return two_to(number.bit_length() - 1) if is_power else str(number)


def in_words(writes: Writes) -> str:
    """Return what happens, with every number of the picture."""
    return " ".join([_holds(writes), _reads(writes), _next(writes)])


def _holds(writes: Writes) -> str:
    kind = {1: "reference", GUP_PIN_COUNTING_BIAS: "pin"}.get(writes.bias, "hold")
    wanted = f"{digits(writes.wanted)} {plural(writes.wanted, kind)}"
    wanted += f" of {writes.bias}" if kind == "hold" else ""
    each = f"{digits(writes.writes)} {plural(writes.writes, 'write')} of "
    each += many(writes.pages, "page")
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
    return f"None is refused: the end is at {digits(writes.limit)}."


def changes_to_the_mail() -> Picture:
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

    def draw() -> Figure:
        figure = blank(8.4, 7.5)
        for panel, writes in zip(figure.subplots(3, 2).flat, positions, strict=True):
            InFlight(panel, writes)
            panel.set_ylabel("refcount")
        return figure

    twin = "\n".join(map(in_words, positions))
    alt = " ".join(f"{headline(w)}: {_shape(w)}.".replace("\n", ", ") for w in positions)
    return Picture(draw, f"Plots of the refcount over the writes submitted. {alt}", twin)


def _shape(writes: Writes) -> str:
    """The curve in a few words."""
    if writes.refcount < 0:
        level = ", then level" if writes.refused else ""
        return f"a straight climb to {writes.highest}, a drop to {writes.refcount}{level}"
    if writes.together:
        return f"a straight climb to {writes.refcount}"
    return f"no higher than {writes.refcount}, which looks like a point on the axis"


def _below_zero(panel: Axes, bottom: float, *, line: bool = True) -> None:
    """Tint where a refcount is negative, and leave the axes alone around the panel."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.axhspan(bottom, 0, color=OVERFLOW, alpha=0.08, lw=0)
    if line:
        panel.axhline(0, color=EDGE, lw=0.8)


# Readers of 1024 pages each, recorded on two builds that differ in the patch.

MOST_READERS = 2052
"""Where the recording without the patch ends: four readers were refused."""

LOOKS = {WITHOUT_FIX: ("without", "o", PIN), WITH_FIX: ("with", "D", ZERO_PAGE)}
"""The builds in a word, and how the recorded points of each look."""


@cache
def recorded_readers(build: str) -> dict[int, Load]:
    """Return what was recorded, by the number of readers that wanted 1024 pins each."""
    found = {0: Load(_recorded("hold2056", build)["base_refcount"], 0)}
    for case in cases(KERNEL, "held_pins", build):
        number = re.fullmatch(r"hold2056:threads=(\d+)", case)
        if number and int(number[1]) <= MOST_READERS:
            row = _recorded(case, build)
            found[int(number[1])] = Load(row["refcount"], row["vmstat_inflight"])
    return found


def _recorded(case: str, build: str) -> dict[str, int]:
    row = recording(KERNEL, "held_pins", case, build)
    return {quantity: int(value) for quantity, value in row.items()}


@cache
def modelled_readers(build: str) -> tuple[Load, ...]:
    """Return what the model has with 0, 1, 2 ... readers of 1024 never-written pages each."""
    kernel = boot(KERNEL, build)
    return tuple(climb(kernel, readers) for readers in range(MOST_READERS + 1))


class Readers:
    """The refcount over pins wanted: the model as lines, the recordings as points of both builds.

    Beside the whole cliff stand the last readers alone. A square in each panel marks a number of
    readers; what changes with it is in `moving`.
    """

    def __init__(self) -> None:
        self.figure = blank(8.4, 3.9)
        self.panels: list[Axes] = list(self.figure.subplots(1, 2, sharey=True, width_ratios=(2, 1)))
        whole, edge = self.panels
        whole.set_ylabel("refcount of the zero page")
        for panel in self.panels:
            panel.set(**WHOLE)
            _below_zero(panel, panel.get_ylim()[0], line=False)
            for build, (word, *_) in LOOKS.items():
                thin = {} if build == WITHOUT_FIX else {"lw": 1, "ls": ":"}
                self._line(panel, build, label=f"model, {word} the patch", **thin)
            for build, (word, *_) in LOOKS.items():
                self._points(panel, build, label=f"Linux {KERNEL}, {word} the patch")
        whole.legend(loc="lower left", frameon=False, fontsize=9)
        self._above = whole.set_title(" ", fontsize=10)
        self._marks = [
            panel.plot([], [], "s", ms=15, mfc="none", mec=EDGE, mew=1.6)[0]
            for panel in self.panels
        ]
        self.moving: list[Artist] = [self._above, *self._marks]
        last = range(MOST_READERS - 6, MOST_READERS + 1, 2)
        edge.set(
            xlim=((last[0] - 1.5) * PAGES_AT_ONCE, (last[-1] + 0.5) * PAGES_AT_ONCE),
            xticks=[n * PAGES_AT_ONCE for n in last],
            xticklabels=[str(n) for n in last],
            xlabel="the last readers, by number",
        )

    def _line(self, panel: Axes, build: str, **style: Any) -> None:  # noqa: ANN401
        """The model: whole up to the fall if there is one, dashed from there on."""
        held = [(n * PAGES_AT_ONCE, h.refcount) for n, h in enumerate(modelled_readers(build))]
        fall = next((n for n, (_, refcount) in enumerate(held) if refcount < 0), len(held))
        up, down = held[:fall], held[fall:]
        if down:  # the axis has pins, and the last one falls
            before = down[0][0] - 1
            up.append((before, refcount_with(up[0][1], 0, before)))
        panel.plot(*zip(*up, strict=True), color=EDGE, **style)
        if down:
            fallen = zip(up[-1], *down, strict=True)
            panel.plot(*fallen, color=OVERFLOW, lw=2, ls=(0, (4, 2)))

    def _points(self, panel: Axes, build: str, label: str) -> None:
        _, marker, colour = LOOKS[build]
        recorded = recorded_readers(build)
        across = [readers * PAGES_AT_ONCE for readers in recorded]
        up = [held.refcount for held in recorded.values()]
        panel.plot(across, up, marker, ms=7, mfc=colour, mec=EDGE, ls="", label=label)

    def draw(self, readers: int) -> None:
        """Mark what the model has with that many readers, without the patch."""
        refcount = modelled_readers(WITHOUT_FIX)[readers].refcount
        for mark in self._marks:
            mark.set_data([readers * PAGES_AT_ONCE], [refcount])
        self._above.set_text(
            f"without the patch, {readers} {plural(readers, 'reader')}: {refcount}"
        )


WHOLE: Mapping[str, Any] = MappingProxyType(
    {
        "xlim": (-(2**16), MOST_READERS * PAGES_AT_ONCE + 2**16),
        "ylim": (-2.4e9, 2.4e9),
        "xticks": [0, 2**19, 2**20, 2**21],
        "xticklabels": ["0", *map(two_to, (19, 20, 21))],
        "yticks": [k << 30 for k in range(-2, 3)],
        "yticklabels": [f"-{two_to(31)}", f"-{two_to(30)}", "0", two_to(30), f"{two_to(31)} - 1"],
        "xlabel": "pins wanted, 1024 by each reader",
    }
)
"""The axes of the whole cliff."""


def cliff(readers: int = 2047) -> Exhibit:
    """Return a slider over the readers that hold 1024 pins each: modelled and recorded refcount.

    It begins at `readers` and stops where something was recorded; the number box takes any number.
    Raises TypeError or ValueError for what is no number of readers up to 2052.
    """
    dial = Dial("readers", readers, sorted(recorded_readers(WITHOUT_FIX)), high=MOST_READERS)
    return exhibit(moving(Readers, cliff_in_words), dial, filmstrip=whole_cliff())


def cliff_in_words(readers: int) -> str:
    """Return what the model has with that many readers, and what was recorded if it was."""
    who = "1 reader wants" if readers == 1 else f"{readers} readers want"
    words = [f"{who} {digits(readers * PAGES_AT_ONCE)} pins."]
    for build, name in zip(LOOKS, ("Without the patch", "With it"), strict=True):
        model, real = modelled_readers(build)[readers], recorded_readers(build).get(readers)
        seen = "" if real is None else f", recorded {real.refcount}"
        told = f"{name} {digits(model.pins)} are held and the refcount is {digits(model.refcount)}"
        words.append(f"{told}{seen}.")
    return " ".join(words)


def whole_cliff() -> Picture:
    """Draw the whole cliff, and beside it the last readers alone."""
    steps = modelled_readers(WITHOUT_FIX)
    top = refcount_with(steps[0].refcount, 0, steps[-1].pins - 1)
    alt = (
        "Refcount over pins wanted, whole and for the last readers alone. Without the patch a "
        f"straight climb from {steps[0].refcount} to {top}, one step down to "
        f"{steps[-1].refcount} at {steps[-1].pins} pins, then level; with the patch level at "
        f"{modelled_readers(WITH_FIX)[-1].refcount}. The recorded points lie on both lines."
    )
    twin = f"Refcount of the zero page with readers of {PAGES_AT_ONCE} pages, Linux {KERNEL}:"
    shown = [n for n in _on_both() if n & (n - 1) == 0 or n > MOST_READERS - 7]
    names = "model, without the patch", "recorded", "model, with the patch"
    table = _table(shown, *names, "recorded, with the patch")
    return Picture(lambda: Readers().figure, alt, twin, table)


def _on_both() -> list[int]:
    """The numbers of readers that were recorded on both builds."""
    without, with_fix = map(recorded_readers, LOOKS)
    return [readers for readers in without if readers in with_fix]


def _table(readers: list[int], *names: str) -> Table:
    """The pins wanted, and in columns of these names what either build predicts and recorded."""
    columns = [[n * PAGES_AT_ONCE for n in readers]]
    for build in LOOKS:
        for found in (modelled_readers(build), recorded_readers(build)):
            columns.append([found[n].refcount for n in readers])
    named = dict(zip(("pins wanted", *names), columns, strict=True))
    return Table(named, readers, "readers")


# How many writes can be in flight: what the kernel's source allows, against the mail's 32768.

SHOWN = (
    "queue-default", "queue-scheduler", "queue-nvme", "queue-max", "io_uring-sq", "aio-max-nr",
    "dm-suspended", "io-max", "dm-crypt",
)  # fmt: skip
"""The limits that a reader can compare with a number of writes, by id."""

FARTHEST = 2**20
"""Where a bar stops that has no end or is longer; the scale begins with 1."""


def limits_of_writes(own: OwnLimits) -> Picture:
    """Draw the source's limits and those of this machine as bars, on a scale of powers of two.

    Raises TypeError for anything but what `machine.limits.own_limits()` returns.
    """
    by_id = {limit.id: limit for limit in limits()}
    shown = [by_id[name] for name in SHOWN] + list(instance("own", own, OwnLimits).limits)
    named = [(f"yours: {one.name}" if one in own.limits else one.name, one) for one in shown]

    def draw() -> Figure:
        figure = blank(8.4, 0.36 * len(shown) + 1.1)
        panel = figure.subplots()
        for place, limit in enumerate(shown):
            _bar(panel, place, limit, own=limit in own.limits)
        panel.axvline(WRITES, color=OVERFLOW, lw=2, ls=(0, (4, 2)))
        panel.set_xscale("log", base=2)
        panel.set(xlim=(1, FARTHEST * 2**7), ylim=(len(shown) - 0.4, -0.6))
        panel.set_xticks(powers(0, 20)[::5], ["1", *map(two_to, (5, 10, 15, 20))])
        panel.minorticks_off()
        panel.set_yticks(range(len(shown)), [name for name, _ in named])
        panel.set_xlabel(f"for one queue, ring or list; dashed: the mail's {WRITES} writes")
        panel.spines[["top", "right"]].set_visible(False)
        return figure

    bars = "; ".join(f"{name}: {_number(limit)}" for name, limit in named)
    alt = f"Bars on a scale of powers of two, a dashed line at {WRITES}. {bars}."
    yours = f"Read here: {own.label}." if own.live else f"Your machine was not read. {own.note}"
    twin = f"The mail's writes: {digits(WRITES)}. {yours}"
    rows = [(name, _number(limit), limit.unit) for name, limit in named]
    table = Table.of_rows(["number", "of"], rows, "limit")
    return Picture(draw, alt, twin, table)


def comes_first() -> str:
    """Return what the smallest of these limits belongs to: the disk or the program."""
    known = [limit for limit in limits() if limit.id in SHOWN and limit.value is not None]
    smallest = min(known, key=lambda limit: limit.value or 0)
    return "the disk" if smallest.id.startswith("queue") else "the program"


def _bar(panel: Axes, place: int, limit: Limit, *, own: bool) -> None:
    colour, words = YOURS if own else ZERO_PAGE, "no limit"
    if limit.value is not None:
        per = limit.unit.partition(" ")[2]  # of what there may be several
        words = f"{limit.value} {per}".rstrip()
    number = FARTHEST if limit.value is None else limit.value
    length = min(max(number, 1), FARTHEST)
    panel.barh(place, length, color=colour, edgecolor=EDGE, hatch="//" if own else "")
    if number >= FARTHEST:
        panel.plot(length * 1.3, place, ">", ms=17, mfc=colour, mec=EDGE)
        length *= 2
    # Beyond the dashed line, which would go through the words of a shorter bar.
    panel.text(max(length, WRITES) * 1.3, place, words, va="center", fontsize=9)


def _number(limit: Limit) -> str:
    return "no limit" if limit.value is None else digits(limit.value)


# Five ends of a counter, each in a counter of 8 bits.

END_BITS, START = 8, 1
END_TOP = 2 ** (END_BITS - 1) - 1
GETS = 2**END_BITS + 2**4
"""Enough to take a counter of 8 bits once around."""

GIVEN_BACK = 2**END_BITS - 56
"""Gets after which everything is given back: past the largest value, before once around."""

OK, REFUSED, SATURATED, ABORTED = "ok", "refused", "saturated", "aborted"
IGNORED, FREED = "ignored", "freed while held"


class Counted(NamedTuple):
    """What the counter shows after a get or a put, and what happened."""

    value: int
    event: str


class End(NamedTuple):
    """Whether a get that finds `old` and would leave `new` is at the end, and what becomes of it.

    `shows` is what the counter shows then.
    """

    is_reached: Callable[[int, int], bool]
    shows: Callable[[int, int], int]
    event: str
    is_signed: bool = True


ENDS: Mapping[str, End] = MappingProxyType(
    {
        # Adds 1 and looks at nothing. `usage` of struct key, an atomic_t up to 4.11
        # (include/linux/key.h): the collector frees a key whose counter shows 0, however it got
        # there and whoever still holds it (key_garbage_collector, security/keys/gc.c, 4.4).
        "wrap": End(lambda old, new: new == 0, lambda old, new: new, FREED),
        # Looks at the *old* value, so that the get that crosses the top still succeeds. `_refcount`
        # in try_get_page() (8fde12ca79af, 5.1) and try_grab_folio() (mm/gup.c, 6.18).
        "refuse": End(lambda old, new: old <= 0, lambda old, new: old, REFUSED),
        # refcount_inc() since 5.5 (include/linux/refcount.h): REFCOUNT_SATURATED is INT_MIN / 2,
        # about as far from 0 as from INT_MAX. A get at 0 saturates as well: it is free already.
        "saturate": End(
            lambda old, new: min(old, new) <= 0, lambda old, new: -(2 ** (END_BITS - 2)), SATURATED
        ),
        # `Arc::clone` (library/alloc/src/sync.rs) ends the program if the *old* value was above the
        # largest signed number: an unsigned word, and MAX_REFCOUNT is isize::MAX.
        "abort": End(
            lambda old, new: old > END_TOP, lambda old, new: new, ABORTED, is_signed=False
        ),
        # Nobody has to be counted of an object that is never freed: a pin on the zero page since
        # 6.5 (c8070b787519; a FOLL_GET reference is still counted), and Python's None since
        # CPython 3.12 (PEP 683).
        "exempt": End(lambda old, new: True, lambda old, new: old, IGNORED),
    }
)
"""What one more get does, by the name of the end; data/counter_ends.csv has the originals."""


@cache
def _steps(end: str, gets: int = GETS) -> tuple[Counted, ...]:
    """What gets leave behind, one after another, until the object or the program is gone."""
    is_reached, shows, event, is_signed = ENDS[end]
    steps = [Counted(START, OK)]
    while len(steps) <= gets and steps[-1].event not in (FREED, ABORTED):
        old = steps[-1].value
        new = wrap(old + 1, END_BITS) if is_signed else old + 1
        at_end = is_reached(old, new)
        steps.append(Counted(shows(old, new), event) if at_end else Counted(new, OK))
    return tuple(steps[1:])


def _given_back(end: str) -> str:
    """What the counter shows when every reference that was granted has been put back."""
    steps = _steps(end, GIVEN_BACK)
    value, granted = steps[-1].value, sum(step.event != REFUSED for step in steps)
    if steps[-1].event == ABORTED:
        return "no program left"
    # refcount_sub_and_test() sets the saturated value anew, so that no row of puts leads to 0.
    if end == "exempt" or steps[-1].event == SATURATED:
        return str(value)
    return str(wrap(value - granted, END_BITS))


def five_ends() -> Picture:
    """Draw what each of the five does while references are taken, one after another."""

    def draw() -> Figure:
        figure = blank(9, 3.4)
        panels = figure.subplots(1, len(ENDS), sharey=True)
        panels[0].set_ylabel(f"counter of {END_BITS} bits")
        for panel, end in zip(panels, ENDS, strict=True):
            _end_panel(panel, end, *_reached(end))
        return figure

    turns, rows = [], []
    for end in ENDS:
        values, number = _reached(end)
        event = ENDS[end].event
        told = f"up to {max(values)}, {event} from number {number} on, {values[-1]} at last"
        turns.append(f"{end}: {told}")
        rows.append((end, event, number, values[-1], _given_back(end)))
    alt = f"Five small plots of a counter of {END_BITS} bits over the references taken. "
    alt += f"{'; '.join(turns)}."
    twin = f"Counters of {END_BITS} bits that begin at {START}, while {GETS} references are wanted:"
    heads = ["what happens", "from number", "at last", f"after {GIVEN_BACK} came and left"]
    return Picture(draw, alt, twin, Table.of_rows(heads, rows, "end"))


def _reached(end: str) -> tuple[list[int], int]:
    """What the counter shows as references are taken, and the number of the first at its end."""
    number = next(n for n, step in enumerate(_steps(end), start=1) if step.event != OK)
    return [START, *(step.value for step in _steps(end))], number


def _end_panel(panel: Axes, end: str, values: Sequence[int], number: int) -> None:
    """The counter, and a cross where it comes to its end, with get `number`."""
    event = ENDS[end].event
    half = 2 ** (END_BITS - 1)
    _below_zero(panel, -half - 12)
    panel.plot(range(len(values)), values, color=REFERENCE, lw=2)
    if event != IGNORED:
        panel.plot([number], [values[number]], "X", ms=11, mfc=OVERFLOW, mec=EDGE)
    left = f"{GIVEN_BACK} come and leave:\n{_given_back(end)}"
    panel.set_xlabel(f"references\n{event}: no. {number}\n\n{left}", fontsize=9)
    panel.set(xlim=(0, GETS), ylim=(-half - 12, half + 24), title=end)
    panel.set_xticks([0, half, 2 * half])
    panel.set_yticks([-half, -half // 2, 0, half // 2, half - 1])


# The kernel they feared.


WHERE = {"dio_hold": "on a disk", "dio_hold_smb": "on an SMB server"}
"""The rules that say what direct I/O takes, by where a file lies."""

PLACES = (*WHERE.values(), "on either", "on neither")


def have_both(holds: str) -> list[str]:
    """Return the releases whose direct I/O takes pins by such a rule, and whose pins count.

    Of the releases that have rules of their own. Raises ValueError for another rule.
    """
    one_of("holds", holds, WHERE)
    made = {release: Kernel(release).rules for release in releases()}
    return [
        release
        for release, rules in made.items()
        if getattr(rules, holds) == "pin" and rules.zero_page_grab == "counted"
    ]


def place_with_both() -> str:
    """Return for which of the PLACES there is a release that has both."""
    found = [place for rule, place in WHERE.items() if have_both(rule)]
    return found[0] if len(found) == 1 else PLACES[-2 if found else -1]


# What the exercises draw.


def feared() -> Kernel:
    """Return the kernel they feared: pinned direct I/O without the patch. None was released."""
    return Kernel("6.5", zero_page_pins="counted")


def one_after_another(draw: Draw) -> Drawn:
    """Draw writes that come one after another."""
    writes, pages = WRITES, PAGES
    if draw.seed:
        writes, pages = 2 ** draw.one(range(12, 18)), 2 ** draw.one(range(1, 9))
    together = Writes(writes, pages)
    return {
        "writes": writes,
        "pages": pages,
        "highest": Writes(writes, pages, together=False).refcount,
        "together": together.refcount,
        "all_added": together.wanted * GUP_PIN_COUNTING_BIAS,
    }


def first_refused_reader(draw: Draw) -> Drawn:
    """Draw readers of many pages, and what others hold before them."""
    each, before = PAGES_AT_ONCE, 0
    if draw.seed:
        each, before = 2 ** draw.one(range(4, 11)), draw.one(range(4)) * 2**19
    pin = last_pin(R0) - before
    return {
        "each": each,
        "others": f"Others hold {digits(before)} pins of it, and keep them. " if before else "",
        "reader": pin // each + 1,
        "alone": last_pin(R0) // each + 1,
        "pin": pin,
    }


def references_first(draw: Draw) -> Drawn:
    """Draw references that are held before the pins come."""
    start = 2 * GUP_PIN_COUNTING_BIAS
    if draw.seed:
        start = draw.one(range(1, 10)) * GUP_PIN_COUNTING_BIAS + draw.one((0, 1, 500, 1023))
    extra, last = start - R0, last_pin(start)
    return {
        "extra": extra,
        "last": last,
        "by_references": last_pin(R0) - extra,
        "of_64_bits": last_grab(start, GUP_PIN_COUNTING_BIAS, bits=64),
        "found": refcount_with(R0, extra, last - 1),
    }


def most_at_once(draw: Draw) -> Drawn:
    """Draw four writes of which some complete before others begin."""
    kernel = feared()
    sizes = draw.shuffled((2, 4, 8, 16, 32))[:4]
    requests = [_submit(kernel, size) for size in sizes[:2]]
    for size in sizes[2:]:
        requests.pop(draw.one((0, 1))).complete()
        requests.append(_submit(kernel, size))
    events = [e for e in kernel.trace if e.operation in ("pin", "unpin")]
    held = list(accumulate(e.pages if e.operation == "pin" else -e.pages for e in events))
    return {
        "given": kernel.trace,
        "most": max(held),
        "refcount": R0 + GUP_PIN_COUNTING_BIAS * max(held),
        "in_flight": len(requests),
        "largest": max(sizes),
        "at_the_end": held[-1],
        "sum": sum(sizes),
    }


def find_the_leak(draw: Draw) -> Drawn:
    """Draw six requests of which one never gives its pins back."""
    draw = Draw("the-leak", draw.seed)
    kernel = feared()
    requests = [_submit(kernel, size) for size in draw.shuffled((1, 2, 4, 8, 16, 32))]
    leak = draw.one(range(len(requests)))
    for place in draw.shuffled([n for n in range(len(requests)) if n != leak]):
        requests[place].complete()
    steps = {e.actor: e.step for e in kernel.trace if e.operation == "unpin"}
    return {
        "given": kernel.trace,
        "leak": leak + 1,
        "dio": {
            number: {"step": steps[request.name]}
            for number, request in enumerate(requests, start=1)
            if request.name in steps
        },
    }


def _submit(kernel: Kernel, pages: int) -> DirectIO:
    mm = kernel.new_mm()
    return kernel.submit_dio_write(mm, mm.mmap(pages * PAGE_SIZE), pages)


def try_grab() -> Drawn:
    """Return the states in which the grab of a small page is tried, and what the model does."""
    edges = (1, 2, 1023, 1024, 1025, INT_MAX, INT_MAX - 1, INT_MAX - 1022, INT_MAX - 1023,
             INT_MAX - 1024, INT_MAX - 2**16, 0, -1, -127, -128, 1 - 2**31, INT_MIN)  # fmt: skip
    draw = Draw("try-grab", 0)
    drawn = tuple(draw.one(range(1, INT_MAX)) for _ in range(8))
    return {
        "states": tuple(product((*edges, *drawn), (1, 64, 512))),
        "model": _grab,
        "trace": lambda *state: str(_grabbed(*state)[0].trace[1:]),
    }


def _grab(refcount: int, refs: int) -> tuple[int, int]:
    _, folio, error = _grabbed(refcount, refs)
    return error, folio.refcount


def _grabbed(refcount: int, refs: int) -> tuple[Kernel, Folio, int]:
    """Try to pin an order-0 folio that has this refcount."""
    kernel = Kernel()
    folio = kernel.alloc_folio()
    folio.refcount = refcount
    try:
        kernel.try_grab_folio(folio, refs, FOLL_PIN)
    except OSError as error:
        return kernel, folio, -int(error.errno or 0)
    return kernel, folio, 0


def _counted(refcount: int, refs: int) -> int:
    return wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)


def _wrong(
    name: str,
    refuses: Callable[[int, int], bool] = lambda old, new: old <= 0,
    adds: Callable[[int, int], int] = _counted,
) -> Callable[[int, int], tuple[int, int]]:
    """A grab that refuses or adds in another way than the kernel's."""

    def grab(refcount: int, refs: int) -> tuple[int, int]:
        after = adds(refcount, refs)
        return (-ENOMEM, refcount) if refuses(refcount, after) else (0, after)

    grab.__name__ = name
    return grab


_looks_at_both_values = _wrong("looks_at_both_values", lambda old, new: min(old, new) <= 0)
_looks_at_the_new_value = _wrong("looks_at_the_new_value", lambda old, new: new <= 0)
_without_guard = _wrong("without_guard", lambda old, new: False)
_lets_zero_pass = _wrong("lets_zero_pass", lambda old, new: old < 0)
_without_wrap = _wrong(
    "without_wrap", adds=lambda refcount, refs: refcount + refs * GUP_PIN_COUNTING_BIAS
)
_adds_references = _wrong("adds_references", adds=lambda refcount, refs: wrap(refcount + refs))


def _one_by_one(refcount: int, refs: int) -> tuple[int, int]:
    for _ in range(refs):
        if refcount <= 0:
            return -ENOMEM, refcount
        refcount = _counted(refcount, 1)
    return 0, refcount


def _positive_error(refcount: int, refs: int) -> tuple[int, int]:
    error, after = _grab(refcount, refs)
    return -error, after


def _error_alone(refcount: int, refs: int) -> int | tuple[int, int]:
    error, after = _grab(refcount, refs)
    return error or (0, after)


# The open task.

MOST_HOLDS = 2_100_000
"""Some more than the 2^21 pins of the mail."""


def innocent_call(mine: Callable[[Kernel], object]) -> Trial:
    """Try a program on the kernel they feared: whether a stranger's pin is refused after it."""
    kernel = Kernel("6.5", zero_page_pins="counted")
    refused_itself = False
    try:
        play(mine, kernel)
    except OSError as error:
        if error.errno != ENOMEM:
            raise
        refused_itself = True
    zero = kernel.zero_page.folio
    pins, references = (kernel.ledger.count(zero, kind) for kind in (PINS, REFERENCES))
    did = (
        f"{many(pins, 'pin')} and {many(references, 'reference')} of the zero page are held, "
        f"its refcount is {digits(zero.refcount)}."
    )
    if kernel.ledger.unmatched:
        owner = kernel.ledger.unmatched[0].owner
        return Trial(did, kernel.trace).missing("balanced", owner=owner)
    if refused_itself:
        return Trial(did, kernel.trace).missing("own")
    begin, stranger = len(kernel.trace), kernel.new_mm("stranger")
    addr = stranger.mmap(PAGE_SIZE)
    stranger.read(addr, 1)
    try:
        refused = not stranger.pin_user_pages(addr, 1)
    except OSError:
        refused = True
    return Trial(did, kernel.trace[begin:]).checked(
        {
            "refused": refused,
            "pins": pins < WRITES * PAGES,
            "holds": pins + references <= MOST_HOLDS,
        }
    )
