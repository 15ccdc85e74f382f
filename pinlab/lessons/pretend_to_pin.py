"""Lesson 05, pretend to pin: the zero page's refcount, on a 6.5 that lacks tests of the patch.

The patch (c8070b787519, 6.5) has three tests for the zero page that change what is counted. Each
can be left out here; the model then says what a hundred writes do to the zero page's refcount.
"""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from statistics import mode
from typing import TYPE_CHECKING

from pinlab.data_folder import DATA
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import Dial, Exhibit, choice, exhibit, moving, row, switch
from pinlab.lab.palette import EDGE, OVERFLOW, PIN
from pinlab.lab.picture import Picture, blank
from pinlab.lab.task import Trial, play
from pinlab.lab.text import listed, many
from pinlab.model.arguments import whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, R0
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Event, Trace
from pinlab.table import Table
from pinlab.text_files import table, whole_number

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["four_outcomes", "refcount_over_rounds", "uses_of_none"]

RELEASE = "6.5"

TESTS: Mapping[str, str] = {
    "slow": "try_grab_page()",
    "fast": "try_grab_folio()",
    "release": "gup_put_folio()",
}
"""What the three tests are called here, and the functions of mm/gup.c in 6.5 that have them."""


@dataclass(frozen=True)
class Switches:
    """Which of the patch's tests a kernel has; without one it counts there, as before."""

    slow: bool = True
    fast: bool = True
    release: bool = True

    def rules(self) -> dict[str, str]:
        """Return the keywords that make such a machine of a Kernel of 6.5."""
        kept = {
            "zero_page_grab": self.slow,
            "zero_page_grab_fast": self.fast,
            "zero_page_unpin": self.release,
        }
        return {rule: "skipped" if test else "counted" for rule, test in kept.items()}

    def kernel(self) -> Kernel:
        """Boot the machine."""
        return Kernel(RELEASE, **self.rules())

    @property
    def deleted(self) -> str:
        """Which tests it lacks, in words."""
        return listed([test for test in TESTS if not getattr(self, test)] or ["none"])

    def __str__(self) -> str:
        on = [test for test in TESTS if getattr(self, test)]
        return ", ".join(on) or "none"


EVERY = tuple(Switches(*on) for on in product((True, False), repeat=3))
"""All eight kernels, the one with the whole patch first."""


@dataclass(frozen=True)
class Rounds:
    """What some rounds did: `refcounts` before the first call and after each, in order.

    A round is two calls, a pin and its release; a pin that is refused has nothing to release.
    `refused` are the numbers of the calls that were, from 1 on. `reached` says how often the
    place of each test was reached, whether the test stood there or not.
    """

    switches: Switches
    rounds: int
    together: bool
    refcounts: tuple[int, ...]
    refused: tuple[int, ...]
    reached: Mapping[str, int]

    @property
    def end(self) -> int:
        """The refcount at the end."""
        return self.refcounts[-1]

    @property
    def farthest(self) -> int:
        """The refcount that was farthest from where it began."""
        return max(self.refcounts, key=lambda refcount: abs(refcount - R0))


@cache
def run(switches: Switches, rounds: int, *, together: bool = False) -> Rounds:
    """Write one never-written page to disk so often, and release each pin that was taken.

    One after another, or all pins held `together` before the first is released.
    """
    kernel = switches.kernel()
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    refcounts, refused = [kernel.zero_page.refcount], []
    in_flight: list[DirectIO] = []

    def release() -> None:
        while in_flight:
            in_flight.pop().complete()
            refcounts.append(kernel.zero_page.refcount)

    for _ in range(rounds):
        try:
            in_flight.append(kernel.submit_dio_write(mm, addr, 1))
        except OSError:
            refused.append(len(refcounts))
        refcounts.append(kernel.zero_page.refcount)
        if not together:
            release()
    release()
    reached = Counter(test for event in kernel.trace for test in _reached(event))
    return Rounds(
        switches, rounds, together, tuple(refcounts), tuple(refused),
        {test: reached[test] for test in TESTS},
    )  # fmt: skip


def _reached(event: Event) -> list[str]:
    """The test whose place this event went past; a refused pin has met the guard before it."""
    places = {"pin": "slow", "pin, fast": "fast", "unpin": "release"}
    known = event.operation in places and event.note != "refused"
    return [places[event.operation]] * event.pages if known else []


BALANCED, LEAKING, STUCK, EXEMPT = "balanced", "leaking", "stuck", "exempt"

OUTCOMES: Mapping[str, str] = {
    BALANCED: "each release takes away what the pin has added",
    LEAKING: "each pin adds 1024, and no release takes it away",
    STUCK: "each release takes away 1024 that no pin has added, and below zero the guard refuses",
    EXEMPT: "nothing is added and nothing is taken away",
}
"""What can become of the refcount, and why."""


@cache
def outcome(switches: Switches) -> str:
    """Return what becomes of the zero page's refcount on such a kernel, by two rounds of it."""
    tried = run(switches, 2)
    if tried.refused:
        return STUCK
    if tried.end != R0:
        return LEAKING
    return EXEMPT if tried.farthest == R0 else BALANCED


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


class Curve:
    """The refcount over the calls, with a cross for each call that is refused.

    Artists are kept and changed (`draw`); those that change are in `moving`. The axes reach as
    far as `most` rounds can; `scaled` ones as far as the refcount does, in steps of two.
    """

    def __init__(self, panel: Axes, most: int, *, scaled: bool = False) -> None:
        far = most * GUP_PIN_COUNTING_BIAS
        self._panel, self._scaled, self._scale = panel, scaled, 0
        panel.set(xlim=(0, 2 * most + 0.5), ylim=(-3.2 * GUP_PIN_COUNTING_BIAS, 1.25 * far))
        panel.set_xticks(range(0, 2 * most + 1, most // 2 if scaled else 2))
        ticks = [R0 - GUP_PIN_COUNTING_BIAS, R0, R0 + far]
        panel.set_yticks(ticks, [str(tick) for tick in ticks])
        panel.axhspan(-3 * far, 0, color=OVERFLOW, alpha=0.08, lw=0)
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

    def draw(self, made: Rounds) -> None:
        """Show what the refcount does in such rounds."""
        calls = range(len(made.refcounts))
        for line in (self._edge, self._line):
            line.set_data(calls, made.refcounts)
        self._crosses.set_data(made.refused, [made.refcounts[call] for call in made.refused])
        self._end.set_data(calls[-1:], [made.end])
        self._number.xy = (calls[-1], made.end)
        self._number.xyann = (-6, 7 if made.end > R0 else -17)
        self._number.set_text(str(made.end))
        self._title.set_text(f"{outcome(made.switches)} ({made.switches.deleted} deleted)")
        if self._scaled:
            self._rescale(abs(made.farthest - R0) // GUP_PIN_COUNTING_BIAS)

    def _rescale(self, pins: int) -> None:
        """Let the axis end at the power of two that has room for so many pins, up and down."""
        scale = 1 << max(pins - 1, 0).bit_length()
        if scale != self._scale:
            self._scale = scale
            reach = scale * GUP_PIN_COUNTING_BIAS
            ticks = [R0 + k * reach // 2 for k in range(-2, 3)]
            self._panel.set_yticks(ticks, [str(tick) for tick in ticks])
            self._panel.set_ylim(-1.5 * reach, 1.3 * reach)


def pin_once(release: str) -> str:
    """Pin a never-written page on a release; return what comes of it. ValueError for no release."""
    kernel = Kernel(release)
    mm = kernel.new_mm()
    try:
        mm.pin_user_pages(mm.mmap(PAGE_SIZE), 1)
        told = kernel.trace[-1].note or "counted"
        came = f"pinned, {told}, refcount {kernel.zero_page.refcount}"
    except OSError as error:
        came = str(error)
    return f"{came}; {many(len(kernel.warnings), 'warning')}"


def four_outcomes() -> Picture:
    """Draw the refcount over a few rounds on four kernels: pin skipped or not, release or not."""
    told = {kind: run(each, FEW_ROUNDS) for kind, each in ONE_OF_EACH.items()}
    alt = "; ".join(f"{kind}: {_shape(made)}" for kind, made in told.items())
    twin = f"{FEW_ROUNDS} rounds of pin and release on four kernels, one after another:"
    start = f"Four plots of the zero page's refcount over {FEW_ROUNDS} rounds."
    return Picture(_four_panels, f"{start} {alt}.", twin, _table())


def _four_panels() -> Figure:
    figure = blank(8.4, 5.2)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for panel, switches in zip(panels.flat, ONE_OF_EACH.values(), strict=True):
        Curve(panel, FEW_ROUNDS).draw(run(switches, FEW_ROUNDS))
    for panel, test in zip(
        panels[0], ("the release counts", "the release is skipped"), strict=True
    ):
        panel.set_title(f"{test}\n\n{panel.get_title()}", fontsize=10)
    for line, test in zip(panels, ("the pin counts", "the pin is skipped"), strict=True):
        line[0].set_ylabel(f"{test}\n\nrefcount")
    for panel in panels[1]:
        panel.set_xlabel("calls: pin, release, pin, ...")
    return figure


def _shape(made: Rounds) -> str:
    """The curve in a few words."""
    if made.refused:
        return f"one drop to {made.end}, then level, with crosses"
    if made.end != R0:
        return f"a staircase up to {made.end}"
    if made.farthest != R0:
        return f"up to {made.farthest} and back to {made.end}, again and again"
    return f"level at {made.end}"


def _table() -> Table:
    rows = []
    for kind, switches in ONE_OF_EACH.items():
        made = run(switches, FEW_ROUNDS)
        first = ", ".join(map(str, made.refcounts[:5]))
        does = _does(switches.slow), _does(switches.release)
        rows.append((kind, *does, first, made.end, len(made.refused)))
    columns = ["pin", "release", "refcount, two rounds", "at the end", "pins refused"]
    return Table.of_rows(columns, rows, "outcome")


def _does(test: bool) -> str:
    return "skipped" if test else "counted"


APART, TOGETHER = "one after another", "held together, then released"


def refcount_over_rounds(
    *, slow: bool = True, fast: bool = True, release: bool = False, rounds: int = MOST_ROUNDS
) -> Exhibit:
    """Return a switch for each test of the patch: what do some rounds leave in the refcount?

    A round is one pin of the zero page and its release on Linux 6.5, with the tests that are
    switched on; a toggle sets whether the pins come one after another or are held together. They
    begin with these values. Raises TypeError for what is no bool or whole number, ValueError for
    rounds beyond 1 to 100.
    """
    begin = {"slow": slow, "fast": fast, "release": release}
    controls = (
        choice("", (APART, TOGETHER), APART),
        row(*(switch(f"{test}: {place}", begin[test], wide="17em", argument=test)
              for test, place in TESTS.items())),
        Dial("rounds", rounds, range(1, MOST_ROUNDS + 1)),
    )  # fmt: skip
    draw = moving(_curve, sentence)
    return exhibit(
        lambda order, slow, fast, release, rounds: draw(
            run(Switches(slow, fast, release), rounds, together=order == TOGETHER)
        ),
        *controls,
        filmstrip=_filmstrip(),
    )


def _curve() -> Curve:
    panel = blank(7.2, 3.5).subplots()
    panel.set(xlabel="calls", ylabel="refcount of the zero page")
    curve = Curve(panel, MOST_ROUNDS, scaled=True)
    # The longest numbers beside the axis: there is room for them from the first.
    curve.draw(run(Switches(release=False), MOST_ROUNDS, together=True))
    return curve


def sentence(made: Rounds) -> str:
    """Return what happens in words, with every number of the picture."""
    end = f"{_setting(made)}: the refcount ends at {made.end}"
    end += f", and was {made.farthest} in between" if made.farthest != made.end else ""
    kind = outcome(made.switches)
    return " ".join(
        [f"Tests: {made.switches}. {end}.", *_refusals(made),
         f"{kind.capitalize()}: {OUTCOMES[kind]}.", _places(made)]
    )  # fmt: skip


def _setting(made: Rounds) -> str:
    if made.together:
        return f"{many(made.rounds, 'pin')} held together, then released"
    return f"{many(made.rounds, 'round')}, one after another"


def _refusals(made: Rounds) -> list[str]:
    if made.refused:
        are = "are" if len(made.refused) > 1 else "is"
        return [f"{many(len(made.refused), 'pin')} {are} refused, and never released."]
    return ["The next pin will be refused."] if made.end <= 0 else []


def _places(made: Rounds) -> str:
    """How often the place of each test was reached."""
    times = {0: "never", 1: "once"}
    told = (f"{test} {times.get(n, many(n, 'time'))}" for test, n in made.reached.items())
    return f"Places reached: {', '.join(told)}."


def _filmstrip() -> Picture:
    """Draw the four outcomes, each one after another and held together."""
    alt = [
        f"{kind}, {ORDERS[together]}: {_ends(run(switches, MOST_ROUNDS, together=together))}"
        for (kind, switches), together in product(ONE_OF_EACH.items(), ORDERS)
    ]
    start = "Eight plots of the zero page's refcount over the calls."
    twin = f"{MOST_ROUNDS} rounds on a kernel of each outcome:"
    return Picture(_eight_panels, f"{start} {'; '.join(alt)}.", twin, _film_table())


def _eight_panels() -> Figure:
    figure = blank(8.4, 9.6)
    grid = figure.subplots(len(ONE_OF_EACH), 2, sharex=True)
    for line, switches in zip(grid, ONE_OF_EACH.values(), strict=True):
        for panel, together in zip(line, ORDERS, strict=True):
            made = run(switches, MOST_ROUNDS, together=together)
            Curve(panel, MOST_ROUNDS, scaled=True).draw(made)
        line[0].set_ylabel("refcount")
    for panel, when in zip(grid[0], ORDERS.values(), strict=True):
        panel.set_title(f"{when}\n\n{panel.get_title()}", fontsize=10)
    for panel in grid[-1]:
        panel.set_xlabel("calls")
    return figure


def _ends(made: Rounds) -> str:
    """The curve in a few words."""
    between = f", {made.farthest} in between" if made.farthest != made.end else ""
    crosses = f", {len(made.refused)} crosses" if made.refused else ""
    return f"ends at {made.end}{between}{crosses}"


def _film_table() -> Table:
    rows = []
    for (kind, switches), together in product(ONE_OF_EACH.items(), ORDERS):
        made = run(switches, MOST_ROUNDS, together=together)
        reached = ", ".join(str(number) for number in made.reached.values())
        rows.append((kind, ORDERS[together], made.end, made.farthest, len(made.refused), reached))
    places = f"reached: {', '.join(TESTS)}"
    heads = ["order", "at the end", "farthest from 1", "pins refused", places]
    return Table.of_rows(heads, rows, "outcome")


# None: Python's zero page, an object that everybody uses and nobody may free. CPython counts the
# uses of every object in a refcount. Since 3.12 it leaves that of None and of some others alone
# (PEP 683, immortal objects), by a test in what adds and one in what takes away.

USES, MOST_USES = 1000, 10**6
TRIES = 9
"""Other threads may use the object meanwhile, so what most tries say is believed."""


def rise(thing: object, uses: int = USES) -> int:
    """Return by how much the refcount of a thing rises when it is used so many times more.

    Raises TypeError or ValueError for what is no number of uses.

    >>> rise(object(), 10)
    10
    """
    uses = whole("uses", uses, 1, MOST_USES)
    return mode(_rise(thing, uses) for _ in range(TRIES))


def _rise(thing: object, uses: int) -> int:
    before = sys.getrefcount(thing)
    held = [thing] * uses
    risen = sys.getrefcount(thing) - before
    del held
    return risen


def uses_of_none(uses: int = USES) -> Table:
    """Return by how much so many more uses raise two refcounts: None's and an ordinary object's.

    The first row is the Python that runs this; below are those that were recorded, with 1000 uses
    (data/none_refcount.csv). Raises as `rise`.
    """
    here = f"your {platform.python_implementation()} {platform.python_version()}"
    now = here, uses, rise(None, uses), rise(object(), uses)
    head = ("python", "uses", "none", "object", "source")
    recorded = table(DATA / "none_refcount.csv", head, _recorded, unique=["python"])
    columns = ["more uses", "refcount of None", "of an ordinary object"]
    return Table.of_rows(columns, [now, *recorded], "Python")


def _recorded(row: Mapping[str, str]) -> tuple[str, int, int, int]:
    uses, none, thing = (whole_number(row[name]) for name in ("uses", "none", "object"))
    return f"recorded: {row['python']}", uses, none, thing


# What the exercises draw.

MOVING = tuple(each for each in EVERY if outcome(each) != EXEMPT)
"""Kernels on which a round moves the zero page's refcount."""


def gets_and_pins(draw: Draw) -> Drawn:
    """Draw references and pins of the zero page that are held on 6.5, and some released."""
    gets, pins = draw.one(range(8, 64)), draw.one(range(8, 64))
    puts, unpins = draw.one(range(1, 8)), draw.one(range(1, 8))
    return {
        "gets": gets,
        "pins": pins,
        "puts": puts,
        "unpins": unpins,
        "left": _held(Kernel("6.5"), gets, pins, puts, unpins),
        "as_before": _held(Kernel("6.4"), gets, pins, puts, unpins),
        "taken": GUP_PIN_COUNTING_BIAS * unpins,
        "still_pinned": pins - unpins,
    }


def _held(kernel: Kernel, gets: int, pins: int, puts: int, unpins: int) -> int:
    """The zero page's refcount with these holds taken, and some of them released."""
    mm = kernel.new_mm()
    addr = mm.mmap(max(gets, pins) * PAGE_SIZE)
    for page in mm.get_user_pages(addr, gets)[:puts]:
        kernel.put_page(page)
    kernel.unpin_user_pages(mm.pin_user_pages(addr, pins)[:unpins])
    return kernel.zero_page.refcount


def whose_outcome(draw: Draw) -> Drawn:
    """Draw one of the eight kernels, and what may be expected of it by mistake."""
    draw = Draw("four-outcomes", draw.seed)
    switches, rounds = draw.one(EVERY), draw.one((10, 50, 100, 500))
    right = outcome(switches)
    if_fast_were_reached = outcome(Switches(slow=switches.fast, release=switches.release))
    return {
        "kernel": _spelled(switches),
        "rounds": rounds,
        "outcome": right,
        "why": OUTCOMES[right],
        "wrong": {
            **({EXEMPT: "skip-the-pin-only"} if right == STUCK else {}),
            if_fast_were_reached: "all-ifs-are-reached",
        },
    }


def _spelled(switches: Switches) -> str:
    """The kernel as Python makes it."""
    rules = ", ".join(f'{rule}="{value}"' for rule, value in switches.rules().items())
    return f'Kernel("6.5", {rules})'


def after_n_rounds(draw: Draw) -> Drawn:
    """Draw one of the eight kernels, and rounds in both orders."""
    switches, rounds = draw.one(MOVING), draw.one((2, 3, 5, 8, 10, 16, 20, 50, 64, 100))
    kind = outcome(switches)
    down = R0 - GUP_PIN_COUNTING_BIAS * rounds
    ideas = {
        LEAKING: {R0: "the-zero-page-is-never-counted"},
        STUCK: {down: "a-hundred-rounds-run"},
    }
    return {
        "kernel": _spelled(switches),
        "rounds": rounds,
        "apart": run(switches, rounds).end,
        "together": run(switches, rounds, together=True).end,
        "outcome": kind,
        "why": OUTCOMES[kind],
        "part": list(ORDERS.values()),
        "up": R0 + GUP_PIN_COUNTING_BIAS * rounds,
        "down": down,
        "stuck": R0 - GUP_PIN_COUNTING_BIAS if kind == STUCK else None,
        "wrong": dict.fromkeys(ORDERS.values(), ideas.get(kind, {})),
    }


def which_tests(draw: Draw) -> Drawn:
    """Draw one of the eight kernels, and the trace that it leaves."""
    switches, gets = draw.one(EVERY), draw.one(range(2, 10))
    pages, others = draw.one((1, 2, 4, 8, 16)), draw.one((1, 2, 3))
    told = {"slow": switches.slow, "release": switches.release}
    return {
        "given": _trace(switches, gets, pages, others),
        "has": [test for test, there in told.items() if there],
        "lacks": [test for test, there in told.items() if not there],
    }


def _trace(switches: Switches, gets: int, pages: int, others: int) -> Trace:
    """References and a direct write of the zero page, and a write of written pages between."""
    kernel = switches.kernel()
    reader, writer = kernel.new_mm("reader"), kernel.new_mm("writer")
    fresh, written = writer.mmap(pages * PAGE_SIZE), writer.mmap(others * PAGE_SIZE)
    held = reader.get_user_pages(reader.mmap(gets * PAGE_SIZE), gets)
    writer.write(written, bytes(others * PAGE_SIZE))
    requests = [
        kernel.submit_dio_write(writer, fresh, pages),
        kernel.submit_dio_write(writer, written, others),
    ]
    for request in requests:
        request.complete()
    kernel.put_page(held[0])
    notes = {"not counted": ""}
    return Trace(event._replace(note=notes.get(event.note, event.note)) for event in kernel.trace)


# The open task.

CALLS = {
    "pin": ("pin", 1), "pin, fast": ("pin", 1), "unpin": ("pin", -1), "get": ("reference", 1),
    "get, fast": ("reference", 1), "get_page": ("reference", 1), "put": ("reference", -1),
}  # fmt: skip
"""What each operation of a trace adds to the holds of a kind."""

LAST_ROUND = 3
"""The round of the stranger's that has to be refused, and no earlier one."""


def second_round(mine: Callable[[Kernel], object]) -> Trial:
    """Try a program where the test at the release is missing: which round of a stranger's fails."""
    kernel = Switches(release=False).kernel()
    play(mine, kernel)
    zero, begin = kernel.zero_page, len(kernel.trace)
    did = f"After your program the refcount of the zero page is {zero.refcount}."
    if not _held_what_it_released(kernel):
        return Trial(did, kernel.trace).missing("balanced")
    last = _refused_round(kernel)
    trial = Trial(did, kernel.trace[begin:])
    if last != LAST_ROUND:
        return trial.missing("late") if last is None else trial.missing("early", round=last)
    read = {event.refcount_after for event in kernel.trace if event.page == zero.name}
    return trial.checked({"zero": 0 not in read})


def _held_what_it_released(kernel: Kernel) -> bool:
    """Whether each release of the zero page has a hold before it, also if that was not counted."""
    held = Counter[str]()
    for event in kernel.trace:
        if event.page == kernel.zero_page.name and event.note != "refused":
            kind, sign = CALLS.get(event.operation, ("", 0))
            held[kind] += sign * event.pages
            if held[kind] < 0:
                return False
    return True


def _refused_round(kernel: Kernel) -> int | None:
    """The first round of a stranger's that is refused, if it is among the first three."""
    stranger = kernel.new_mm("stranger")
    addr = stranger.mmap(PAGE_SIZE)
    for number in range(1, LAST_ROUND + 1):
        try:
            kernel.unpin_user_pages(stranger.pin_user_pages(addr, 1))
        except OSError:
            return number
    return None
