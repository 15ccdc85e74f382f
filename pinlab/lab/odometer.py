"""The odometer: the 32 binary digits of a refcount, read as a sign, pins and references.

A reading aid: the kernel adds to one number, and there are no separate fields in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pinlab.lab.exhibit import Dial, Exhibit, exhibit
from pinlab.lab.palette import EDGE, OVERFLOW, REFERENCE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import PINNED, text
from pinlab.lab.text import digits, many
from pinlab.model.arguments import instance
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, R0, last_pin, refcount_with

BITS = 32
REFERENCE_DIGITS = GUP_PIN_COUNTING_BIAS.bit_length() - 1
PIN_DIGITS = BITS - 1 - REFERENCE_DIGITS

CELL, TALL, GAP, MARGIN = 18, 28, 8, 6
HEAD, ROW = 24, 62
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


def odometer(pins: int = LAST - 1, references: int = 0) -> Exhibit:
    """Return sliders over pins tried and extra references held: the refcount, digit by digit.

    They begin at `pins` and `references`. The slider stops at the last few pins that fit, the
    number box takes any number. Raises TypeError or ValueError for what is out of its range.
    """
    return exhibit(
        lambda pins, references: odometers(Tries(pins, references)),
        Dial("pins tried", pins, STOPS, argument="pins"),
        Dial(
            "extra references", references, REFERENCES,
            high=2 * GUP_PIN_COUNTING_BIAS, argument="references",
        ),
        filmstrip=odometers(*map(Tries, (0, 1, LAST - 1, LAST, LAST + 1))),
    )  # fmt: skip


def odometers(*rows: Tries) -> Drawing:
    """Draw one row of 32 digits for each set of tries.

    Raises TypeError for what is no Tries, ValueError for none.
    """
    if not rows:
        raise ValueError("no tries: odometers() draws at least one row")
    drawn = [_row(HEAD + ROW * n, instance("tries", tries, Tries)) for n, tries in enumerate(rows)]
    about = f"Rows of {BITS} binary digits, the refcount in each."
    height = HEAD + ROW * len(rows)
    return drawing(WIDTH, height, [heads(), *drawn], about, map(outcome, rows))


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
    return cells + text(left(0), y + TALL + 18, words, size=15, fill=colour, weight="bold")


def left(place: int) -> int:
    """Return the left side of a digit; place 0 is the sign."""
    return MARGIN + CELL * place + GAP * (place > 0) + GAP * (place > PIN_DIGITS)


def heads() -> str:
    """Draw what the three groups of digits are, above the first row."""
    words = (
        (0, "sign"),
        (1, f"{PIN_DIGITS} digits: {GUP_PIN_COUNTING_BIAS} for each pin"),
        (PIN_DIGITS + 1, f"{REFERENCE_DIGITS} digits: references"),
    )
    return "".join(text(left(place), 16, head, size=11) for place, head in words)


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
    box = (
        f'<rect x="{left(place)}" y="{y}" width="{CELL - 3}" height="{TALL}" rx="2" '
        f'fill="{colour if on else "white"}" stroke="{EDGE}" stroke-width="{3 if changed else 1}"/>'
    )
    return box + text(left(place) + (CELL - 3) / 2, y + 19, bit, size=14, fill=ink, anchor="middle")
