"""The odometer: the 32 binary digits of a refcount, read as a sign, pins and references.

A reading aid: the kernel adds to one number, and there are no separate fields in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pinlab.lab.callers import callers, callers_in_words
from pinlab.lab.exhibit import Dial, Exhibit, exhibit
from pinlab.lab.palette import EDGE, OVERFLOW, REFERENCE
from pinlab.lab.panel import ButtonPanel, Face, button
from pinlab.lab.panel import row as side_by_side
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import PINNED, moved, text
from pinlab.lab.text import digits, many
from pinlab.model.arguments import instance
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, R0, last_pin, refcount_with

BITS = 32
REFERENCE_DIGITS = GUP_PIN_COUNTING_BIAS.bit_length() - 1
PIN_DIGITS = BITS - 1 - REFERENCE_DIGITS

CELL, TALL, GAP, MARGIN = 22, 32, 16, 6
HEAD, ROW, STRIP = 26, 84, 136
WIDTH = 2 * MARGIN + BITS * CELL + 2 * GAP


@dataclass(frozen=True)
class Tries:
    """Pins that were tried one after another on a small page that others hold, too.

    The refcount begins at 1; `references` are extra ones, taken before the first pin.
    """

    pins: int
    references: int = 0

    @property
    def held(self) -> int:
        """Pins that succeeded."""
        return min(self.pins, last_pin(R0 + self.references))

    @property
    def refcount(self) -> int:
        """What the refcount reads after all tries."""
        return self.after(self.held)

    @property
    def before(self) -> int:
        """What the refcount read before the last try."""
        return self.after(max(min(self.pins - 1, self.held), 0))

    def after(self, pins: int) -> int:
        """Return what the refcount reads with that many pins."""
        return refcount_with(R0, self.references, pins)


LAST = last_pin(R0)
STOPS = (0, 1, 2, 3, *range(LAST - 3, LAST + 3))
REFERENCES = (0, 1, 2, 511, 1022, 1023, 1024, 2047)

AT_ONCE = {1: "Pin one page", 64: "One write of 64 pages", 64 * 1024: "1024 such writes"}
"""What a press of a button pins, and its words."""

AGAIN = "again"


def odometer(pins: int = 1, references: int = 0, others: bool = False) -> Exhibit:
    """Return buttons that pin while they are held down, and a refcount, digit by digit.

    Below them the same numbers with sliders: pins tried and extra references held, which begin at
    `pins` and `references`. others: draw what calls of other programs get meanwhile. Raises
    TypeError or ValueError for what is out of its range.
    """
    instance("others", others, bool)
    dial = Dial("pins tried", pins, STOPS, high=LAST + max(AT_ONCE), argument="pins")
    extra = Dial(
        "extra references", references, REFERENCES,
        high=2 * GUP_PIN_COUNTING_BIAS, argument="references",
    )  # fmt: skip
    made = exhibit(
        lambda pins, references: _scene(Tries(pins, references), others=others), dial, extra,
        filmstrip=odometers(
            *map(Tries, (0, 1, LAST - 1, LAST, LAST + 1)), others=(False, True) if others else ()
        ),
    )  # fmt: skip

    def answer(press: str) -> Face:
        if press == AGAIN:
            dial.box.value = extra.box.value = 0
        elif press:
            dial.box.value = further(Tries(dial.value, extra.value), press)
        return Face(_buttons(stop=Tries(dial.value, extra.value).refcount < 0))

    made.widget.children = (ButtonPanel(answer), *made.widget.children)
    return made


def further(tries: Tries, press: str) -> int:
    """Return how many pins are tried after a press, which stops where the sign turns.

    >>> further(Tries(1), "64"), further(Tries(2**21 - 3), "64")
    (65, 2097152)
    """
    last = last_pin(R0 + tries.references)
    then = tries.pins + int(press)
    return last if tries.pins < last < then else min(then, LAST + max(AT_ONCE))


def _buttons(*, stop: bool) -> str:
    hint = f"<span{' data-stop' * stop}>Hold a button down: it repeats.</span>"
    held = (button(str(pins), words, data_hold="") for pins, words in AT_ONCE.items())
    return side_by_side(*held, button(AGAIN, "Start again"), hint)


def _scene(tries: Tries, *, others: bool) -> Drawing:
    return odometers(tries, others=[tries.refcount < 0] * others)


def odometers(*rows: Tries, others: Iterable[bool] = ()) -> Drawing:
    """Draw one row of 32 digits for each set of tries.

    others: below them what other programs get, for each True of a refcount below zero, for each
    False of one above. Raises TypeError for what is no Tries, ValueError for none.
    """
    if not rows:
        raise ValueError("no tries: odometers() draws at least one row")
    drawn = [_row(HEAD + ROW * n, instance("tries", tries, Tries)) for n, tries in enumerate(rows)]
    height, told = HEAD + ROW * len(rows), [outcome(tries) for tries in rows]
    for below_zero in others:
        drawn.append(moved(MARGIN, height, callers(WIDTH - 2 * MARGIN, below_zero=below_zero)))
        told.append(callers_in_words(below_zero=below_zero))
        height += STRIP
    about = f"Rows of {BITS} binary digits, the refcount in each."
    return drawing(WIDTH, height, [heads(), *drawn], about, told)


UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def lasting(seconds: int) -> str:
    """Return a time in whole units of the largest that fits.

    >>> lasting(2**21), lasting(65536), lasting(61), lasting(1)
    ('24 days', '18 hours', '1 minute', '1 second')
    """
    for unit, size in UNITS:
        if seconds >= size:
            return many(seconds // size, unit)
    return many(seconds, "second")


def outcome(tries: Tries) -> str:
    """Return what became of the last try, with the refcount before and after it."""
    extra = f" on top of {_extra(tries)}" if tries.references else ""
    if not tries.pins:
        return f"No pin yet{extra}: the refcount is {digits(tries.refcount)}."
    if tries.pins > tries.held:
        return (
            f"Pin {digits(tries.pins)}{extra} finds the refcount at {digits(tries.refcount)}, "
            f"not above zero: it is refused (ENOMEM). {digits(tries.held)} pins are held."
        )
    below = ", below zero" if tries.refcount < 0 else ""
    return (
        f"Pin {digits(tries.pins)}{extra} finds the refcount at {digits(tries.before)}, above "
        f"zero: it succeeds. Now it is {digits(tries.refcount)}{below}."
    )


def _extra(tries: Tries) -> str:
    return many(tries.references, "extra reference")


def _row(y: int, tries: Tries) -> str:
    refcount = tries.refcount
    tried = f"pin {tries.pins}" if tries.pins else "no pin yet"
    fate = " refused" if tries.pins > tries.held else ""
    extra = f", {_extra(tries)}" if tries.references else ""
    words = f"{tried}{fate}{extra}: refcount {refcount}"
    colour = OVERFLOW if refcount < 0 else EDGE
    cells = binary(y, refcount, tries.before)
    pace = f"at one pin a second: {lasting(tries.pins)}" if tries.pins else ""
    return (
        cells
        + text(left(0), y + TALL + 20, words, size=15, fill=colour, weight="bold")
        + text(left(0), y + TALL + 38, pace, size=13)
    )


def left(place: int) -> int:
    """Return the left side of a digit; place 0 is the sign."""
    return MARGIN + CELL * place + GAP * (place > 0) + GAP * (place > PIN_DIGITS)


def heads(high: str = f"{GUP_PIN_COUNTING_BIAS} for each pin", low: str = "references") -> str:
    """Draw what the three groups of digits are, above the first row."""
    words = (
        (0, "sign"),
        (1, f"{PIN_DIGITS} digits: {high}"),
        (PIN_DIGITS + 1, f"{REFERENCE_DIGITS} digits: {low}"),
    )
    return "".join(text(left(place), 16, head, size=12) for place, head in words)


def binary(y: int, refcount: int, before: int) -> str:
    """Draw the 32 digits of a refcount, those that differ from what it was before thick."""
    digits, old = _bits(refcount), _bits(before)
    return "".join(
        _digit(place, y, digit, changed=digit != old[place]) for place, digit in enumerate(digits)
    )


def _bits(refcount: int) -> str:
    return f"{refcount % 2**BITS:0{BITS}b}"


def _digit(place: int, y: int, bit: str, *, changed: bool) -> str:
    """A box with a digit: filled if it is 1, with a thick edge if the last try changed it."""
    on, is_pin = bit == "1", 0 < place <= PIN_DIGITS
    colour = OVERFLOW if place == 0 else PINNED if is_pin else REFERENCE
    ink = "white" if on and not is_pin else EDGE
    turned = ' class="turned"' if changed else ""
    box = (
        f'<rect x="{left(place)}" y="{y}" width="{CELL - 3}" height="{TALL}" rx="2" '
        f'fill="{colour if on else "white"}" stroke="{EDGE}" stroke-width="{3 if changed else 1}"/>'
    )
    number = text(left(place) + (CELL - 3) / 2, y + 22, bit, size=15, fill=ink, anchor="middle")
    return box + f"<g{turned}>{number}</g>"
