"""The exercises of lesson 00."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import Exercise, Number, Numbers, besides
from pinlab.lab.writes import Writes
from pinlab.machine.buffers import PAGES
from pinlab.machine.predictions.touched_pages import buffer_in
from pinlab.model.counter import INT_MAX, INT_MIN, R0
from pinlab.model.kernel import Kernel

LESSON = "00_start_here"
ONE_WRITE = "That is for one write; every write takes its pins anew"
OWN_FRAMES = "Written pages have frames of their own, and every write pins each of them"
ONE_PIN = "That is one pin for each write; a pin is taken for each page"
UNWRITTEN = "Only a page that was written to has a frame of its own; the others are the zero page"
EXEMPT = (
    "Pages never written to share one frame, the zero page, and Linux does not pin it since 6.5"
)

SINCE = "On Linux 6.5 or newer"
TIMES = (10, 20, 25, 50, 200)
"""How often a buffer may go to disk in a question that is drawn."""


def three_buffers(seed: int) -> Numbers:
    """Predict the pins of some writes of 64 pages from each of the three buffers."""
    draw = Draw("three-buffers", seed)
    writes, zeros = (draw.one(TIMES), draw.one(range(8, 57))) if seed else (100, PAGES)
    full, some, none = (pins(writes, written=range(k)) for k in (PAGES, zeros, 0))
    slips = {PAGES: ONE_WRITE, writes: ONE_PIN}
    of_zeros = {full: UNWRITTEN, zeros: ONE_WRITE, writes: ONE_PIN, none: "pins-are-about-data"}
    return Numbers(
        id="three-buffers",
        lesson=LESSON,
        question=f"{SINCE} you have three buffers of 64 pages each, in ordinary private memory. "
        "Into every page of the first you have written letters. Into "
        f"{'every page' if zeros == PAGES else f'each of the first {zeros} pages'} of the second "
        "you have written zeros. Into the third you have written nothing at all. Each buffer goes "
        f"to disk {writes} times by direct I/O, all 64 pages at a time. **How many pins does the "
        f"kernel take for each buffer, over its {writes} writes together?** Three numbers: "
        "`letters`, `zeros`, `never`.",
        parts={
            "letters": (full, besides(full, slips | {none: OWN_FRAMES})),
            "zeros": (some, besides(some, of_zeros)),
            "never": (none, dict.fromkeys((full, PAGES, writes), EXEMPT)),
        },
        because="A pin is taken of a frame on every write, and the zero page is exempt.",
        hints=(
            "A pin is taken of a frame, not of bytes. Which buffers have frames of their own?",
            "Each page that was written to, with whatever, has a frame of its own, which every "
            "write pins. The kernel since Linux 6.5 does not pin the zero page.",
        ),
    )


def one_byte(seed: int) -> Number:
    """Predict the pins of some writes of 64 pages of which a few were written."""
    draw = Draw("one-byte", seed)
    k, writes = (draw.one(range(2, 63)), draw.one(TIMES)) if seed else (1, 100)
    right = pins(writes, written=range(k))
    wrong = {
        writes * PAGES: UNWRITTEN,
        writes * (PAGES - k): "Those are the pages without a frame of their own: the zero page "
        "stands behind them",
        0: OWN_FRAMES,
        writes: ONE_PIN,
        k: ONE_WRITE,
    }
    return Number(
        id="one-byte",
        lesson=LESSON,
        question=f"{SINCE} you have a buffer of 64 pages, in ordinary private memory that was "
        f"never written to. You write a single byte into "
        f"{'one page' if k == 1 else f'each of {k} pages'} of it. Then all 64 pages go to disk "
        f"{writes} times by direct I/O. **How many pins does the kernel take?**",
        right=right,
        wrong=besides(right, wrong),
        because=f"{k} of the {PAGES} pages times {writes} writes: a page with a byte has a frame "
        "of its own, which every write pins.",
        hints=(
            "How many of the 64 pages have a frame of their own now?",
            "Each page with a byte has a frame of its own, the others are the zero page. So every "
            "write takes as many pins as there are pages with a byte.",
        ),
    )


def two_pages(seed: int) -> Number:
    """Predict the pins of some writes after bytes went into a few pages, some of them twice."""
    draw = Draw("two-pages", seed)
    written, writes = [0, 5, 5], 1000
    if seed:
        different = draw.shuffled(range(PAGES))[: draw.one((2, 3, 4))]
        again = [draw.one(different) for _ in range(draw.one((1, 2)))]
        written, writes = draw.shuffled(different + again), draw.one(TIMES)
    frames = len(set(written))
    right = pins(writes, written)
    wrong = {
        writes * len(written): "That counts the bytes; where several went into one page, they "
        "share its frame",
        writes * PAGES: "64-pages-64-frames",
        frames: ONE_WRITE,
        writes: ONE_PIN,
    }
    return Number(
        id="two-pages",
        lesson=LESSON,
        question=f"{SINCE} you have a buffer of 64 pages, in ordinary private memory that was "
        "never written to. You write single bytes, one after another, into the pages "
        f"{', '.join(map(str, written[:-1]))} and {written[-1]}. Then all 64 pages go to "
        f"disk {writes} times by direct I/O. **How many pins does the kernel take?**",
        right=right,
        wrong=besides(right, wrong),
        because=f"{frames} pages have frames of their own, and each write pins each of them.",
        hints=(
            "How many of the 64 pages have a frame of their own after these bytes?",
            "A second byte in a page goes into the frame that the first one brought. So every "
            "write takes one pin for each different page in the list.",
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
            R0: "With the patch it would stay at 1. The kernel they feared counts these pins",
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
    "overflow": overflow,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "three-buffers": three_buffers,
    "one-byte": one_byte,
    "two-pages": two_pages,
}
