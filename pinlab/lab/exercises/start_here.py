"""The exercises of lesson 00."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pinlab.lab.counterpart import buffer_in
from pinlab.lab.exercises.exercise import Exercise, Number, Numbers
from pinlab.lab.writes import R0, Writes
from pinlab.machine.buffers import PAGES
from pinlab.model.counter import INT_MAX, INT_MIN
from pinlab.model.kernel import Kernel

LESSON = "00_start_here"
ONE_WRITE = "That is for one write; every write takes its pins anew"
OWN_FRAMES = "Written pages have frames of their own, and every write pins each of them"
ONE_PIN = "That is one pin for each write; a pin is taken for each page"


def three_buffers() -> Numbers:
    """Predict the pins of 100 writes of 64 pages from each of the three buffers."""
    full, none = pins(100, written=range(PAGES)), pins(100, written=())
    slips = {full // 100: ONE_WRITE, 100: ONE_PIN}
    return Numbers(
        id="three-buffers",
        lesson=LESSON,
        parts={
            "letters": (full, slips | {none: OWN_FRAMES}),
            "zeros": (full, slips | {none: "pins-are-about-data"}),
            "never": (none, dict.fromkeys((full, full // 100), "64-pages-64-frames")),
        },
        because="A pin is taken of a frame on every write, and the zero page is exempt.",
        hints=(
            "A pin is taken of a frame, not of bytes. Which buffers have frames of their own?",
            "A buffer with frames of its own has 64 of them, each pinned on each of 100 writes. "
            "The kernel since Linux 6.5 does not pin the zero page.",
        ),
    )


def one_byte() -> Number:
    """Predict the pins of 100 writes of 64 pages of which one was written."""
    return Number(
        id="one-byte",
        lesson=LESSON,
        right=pins(100, written=(0,)),
        wrong={
            pins(100, written=range(PAGES)): "Only the page with the byte has a frame of its own; "
            "the other 63 are the zero page",
            pins(100, written=()): OWN_FRAMES,
            pins(1, written=(0,)): ONE_WRITE,
        },
        because="One page has a frame of its own, and each of 100 writes pins it.",
        hints=(
            "How many of the 64 pages have a frame of their own now?",
            "One page has a frame of its own, 63 are the zero page. So it is 1 pin a write.",
        ),
    )


def two_pages() -> Number:
    """Predict the pins of 1000 writes after three bytes went into pages 0, 5 and 5."""
    return Number(
        id="two-pages",
        lesson=LESSON,
        right=pins(1000, written=(0, 5, 5)),
        wrong={
            pins(1000, written=range(3)): "That counts the bytes; two of them went into one page",
            pins(1000, written=range(PAGES)): "64-pages-64-frames",
            pins(1, written=(0, 5, 5)): ONE_WRITE,
            1000: ONE_PIN,
        },
        because="Two pages have frames of their own, and each write pins both.",
        hints=(
            "How many of the 64 pages have a frame of their own after the three bytes?",
            "The second byte in page 5 goes into the frame that the first one brought. So it is "
            "2 pins a write.",
        ),
    )


def overflow() -> Number:
    """Predict the refcount of the zero page with the mail's writes in flight."""
    writes = Writes()
    return Number(
        id="overflow",
        lesson=LESSON,
        right=writes.refcount,
        low=INT_MIN,
        wrong={
            R0 + 2**31: "a-counter-has-64-bits",
            2**31: "a-counter-has-64-bits",
            0: "overflow-wraps-to-zero-and-frees",
            R0 + writes.wanted: "pins-and-references-are-the-same",
            writes.wanted: "pins-and-references-are-the-same",
            INT_MAX: "The refcount does not stop at its largest value, it wraps around",
            INT_MIN: "The refcount began at 1",
        },
        because="1 + 2^31 is two more than the largest value, and wraps around.",
        hints=(
            "How many pins are held, and what does each add to the refcount?",
            "1 + 2^21 * 2^10 is 1 + 2^31. A signed number of 32 bits that passes 2^31 - 1 goes on "
            "at -2^31.",
        ),
    )


def pins(writes: int, written: Iterable[int]) -> int:
    """Return the pins of that many writes to disk, in the newest model, by written pages."""
    kernel = Kernel()
    mm, addr = buffer_in(kernel, written)
    for _ in range(writes):
        kernel.submit_dio_write(mm, addr, PAGES).complete()
    return kernel.vmstat["nr_foll_pin_acquired"]


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "three-buffers": three_buffers,
    "one-byte": one_byte,
    "two-pages": two_pages,
    "overflow": overflow,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {}
