"""The kernel's guess: one refcount, every mixture of pins and references that it could be.

What is held is taken on a page of the model; the guess and the ledger are the model's, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pinlab.lab.figures.odometer import TALL, WIDTH, binary, heads
from pinlab.lab.mapped_once import mapped_once
from pinlab.lab.palette import EDGE, REFERENCE
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import plural
from pinlab.lab.svg import PINNED, document, text
from pinlab.model import ledger
from pinlab.model.arguments import instance, whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS, split_refcount
from pinlab.model.folio import Folio

MOST_PINS, MOST_REFERENCES = 8, 4096
"""What fits on the picture's axis."""

MOST = 1 + MOST_REFERENCES + MOST_PINS * GUP_PIN_COUNTING_BIAS

HEAD, LEFT, BAR, GAP = 24, 206, 16, 20
CAPTION, LEDGER, AXIS = 20, 18, 22
SCALE = (WIDTH - LEFT - 10) / MOST
"""Pixels for each 1 of the refcount."""

DASHED = 'stroke-width="2.2" stroke-dasharray="3 2"'
"""The line from which on the guess is yes."""


@dataclass(frozen=True)
class Held:
    """Pins and extra references on a single page that one page table maps.

    pins: 0 to 8. references: 0 to 4096, on top of the mapping's. Raises TypeError or ValueError
    for others.
    """

    pins: int
    references: int = 0

    def __post_init__(self) -> None:
        whole("pins", self.pins, 0, MOST_PINS)
        whole("references", self.references, 0, MOST_REFERENCES)

    @cached_property
    def _folio(self) -> Folio:
        return mapped_once(self.pins, self.references)

    @property
    def refcount(self) -> int:
        """What the refcount reads."""
        return self._folio.refcount

    @property
    def guess(self) -> bool:
        """What the kernel takes it for: maybe pinned, or not."""
        return self._folio.kernel.folio_maybe_dma_pinned(self._folio)

    def known(self, kind: str) -> int:
        """Return how many holds of a kind the ledger has."""
        return self._folio.kernel.ledger.count(self._folio, kind)

    @property
    def mixtures(self) -> list[tuple[int, int]]:
        """All (pins, references) that give this refcount; the mapping's reference is among them."""
        most, _ = split_refcount(self.refcount)
        return [(n, self.refcount - n * GUP_PIN_COUNTING_BIAS) for n in range(most + 1)]


def guess(held: Held) -> Drawing:
    """Draw one page with room for as many mixtures as there can be: nothing moves under a slider.

    Raises TypeError for what is no Held.
    """
    return _draw(instance("held", held, Held), rows=len(Held(MOST_PINS, MOST_REFERENCES).mixtures))


def guess_filmstrip() -> Drawing:
    """Draw a page that is only mapped, one with a pin, one that fools the kernel, and a mixture."""
    return _draw(Held(0), Held(1), Held(0, GUP_PIN_COUNTING_BIAS - 1), Held(2, 1))


def sentence(held: Held) -> str:
    """Return the refcount, the guess, what the ledger knows, and the mixtures."""
    pins, extra = held.known(ledger.PIN), held.known(ledger.REFERENCE)
    return (
        f"{_many(pins, 'pin')} and {_many(extra, 'extra reference')} on a page that is mapped "
        f"once: the refcount is {held.refcount}. {_verdict(held)} {_others(held)}"
    )


def _verdict(held: Held) -> str:
    fooled = held.guess and not held.known(ledger.PIN)
    truth = "No pin is held: a false positive." if fooled else "That is so."
    return f"The kernel reads: {words(held)}. {truth}"


def _others(held: Held) -> str:
    pairs = held.mixtures
    if len(pairs) == 1:
        return "No pin fits into it."
    return f"{len(pairs)} mixtures give it: {'; '.join(mixture(*pair) for pair in pairs)}."


def words(held: Held) -> str:
    """Return the kernel's guess with its reason."""
    if held.guess:
        return f"{held.refcount} ≥ {GUP_PIN_COUNTING_BIAS}, maybe pinned"
    return f"{held.refcount} < {GUP_PIN_COUNTING_BIAS}, not pinned"


def mixture(pins: int, references: int) -> str:
    """Return a mixture in words."""
    return f"{_many(pins, 'pin')} + {_many(references, 'reference')}"


def _many(number: int, noun: str) -> str:
    return f"{number} {plural(number, noun)}"


def _draw(*pages: Held, rows: int = 0) -> Drawing:
    tops, y = [], HEAD
    for held in pages:
        tops.append(y)
        y += TALL + CAPTION + LEDGER + AXIS + BAR * (rows or len(held.mixtures)) + GAP
    drawn = "".join(_page(top, held) for top, held in zip(tops, pages, strict=True))
    twin = "\n".join(map(sentence, pages))
    svg = document(WIDTH, y, heads() + drawn, twin)
    alt = "The 32 binary digits of a refcount, and a bar for each mixture that gives it."
    return Drawing(svg, f"{alt} {twin}", twin)


def _page(y: int, held: Held) -> str:
    told = (
        f"the ledger: {_many(held.known(ledger.MAPPING), 'mapping')}, "
        f"{_many(held.known(ledger.REFERENCE), 'extra reference')}, "
        f"{_many(held.known(ledger.PIN), 'pin')}"
    )
    caption = y + TALL + 16
    axis = y + TALL + CAPTION + LEDGER + AXIS - 5
    parts = [
        binary(y, held.refcount, held.refcount),
        text(6, caption, f"refcount {held.refcount}", size=15, weight="bold"),
        text(LEFT, caption, f"the kernel: {words(held)}", size=13, weight="bold"),
        text(LEFT, caption + LEDGER, told, size=13),
        text(6, axis, "the same refcount as", size=11),
        _axis(axis, BAR * len(held.mixtures)),
    ]
    parts += [
        _bar(axis + 5 + BAR * row, pins, references, true=pins == held.known(ledger.PIN))
        for row, (pins, references) in enumerate(held.mixtures)
    ]
    turns = _line(1, axis + 2, BAR * len(held.mixtures) + 9, DASHED)
    return "".join([*parts, turns])


def _x(refcount: int) -> float:
    return LEFT + SCALE * refcount


def _axis(y: int, tall: int) -> str:
    """A thin line and a label for each pin that would fit."""
    pins = range(MOST // GUP_PIN_COUNTING_BIAS + 1)
    lines = "".join(_line(pin, y + 3, tall + 3) for pin in pins)
    labels = "".join(_label(pin, y) for pin in (0, 1, 2, 4, 8, pins[-1]))
    return lines + labels


def _line(pin: int, y: int, tall: int, style: str = 'stroke-opacity="0.25"') -> str:
    return f'<path d="M{_x(pin * GUP_PIN_COUNTING_BIAS):g} {y}v{tall}" stroke="{EDGE}" {style}/>'


def _label(pin: int, y: int) -> str:
    refcount = pin * GUP_PIN_COUNTING_BIAS
    last = refcount + GUP_PIN_COUNTING_BIAS > MOST
    anchor = "start" if pin == 0 else "end" if last else "middle"
    return text(_x(refcount), y, str(refcount), size=10, anchor=anchor)


def _bar(y: int, pins: int, references: int, *, true: bool) -> str:
    """Pins one after the other, then the references; what the ledger has is marked."""
    boxes = "".join(
        _box(_x(n * GUP_PIN_COUNTING_BIAS), y, GUP_PIN_COUNTING_BIAS, PINNED) for n in range(pins)
    )
    if references:
        boxes += _box(_x(pins * GUP_PIN_COUNTING_BIAS), y, references, REFERENCE)
    label = f"{'▶ ' if true else ''}{mixture(pins, references)}"
    weight = "bold" if true else "normal"
    return boxes + text(6 if true else 19, y + 11, label, size=11, weight=weight)


def _box(x: float, y: int, holds: int, fill: str) -> str:
    """A box as wide as what it adds, and never too narrow to be seen."""
    return (
        f'<rect x="{x:g}" y="{y + 2}" width="{max(SCALE * holds, 2.5):g}" height="{BAR - 4}" '
        f'fill="{fill}" stroke="{EDGE}" stroke-width="0.8"/>'
    )
