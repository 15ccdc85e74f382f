"""Lesson 00, start here: what its exercises draw."""

from __future__ import annotations

from collections.abc import Iterable

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.text import listed
from pinlab.machine.buffers import PAGES
from pinlab.machine.predictions.calls import buffer_in
from pinlab.model.kernel import Kernel

TIMES = (10, 20, 25, 50, 200)
"""How often a buffer may go to disk in a question that is drawn."""


def three_buffers(draw: Draw) -> Drawn:
    """Draw how many pages of a buffer have zeros, and how often each buffer goes to disk."""
    writes, zeros = (draw.one(TIMES), draw.one(range(8, 57))) if draw.seed else (100, PAGES)
    return {
        "writes": writes,
        "zeros": zeros,
        "which": "every page" if zeros == PAGES else f"each of the first {zeros} pages",
        "full": _pins(writes, range(PAGES)),
        "some": _pins(writes, range(zeros)),
    }


def one_byte(draw: Draw) -> Drawn:
    """Draw how many pages get a byte."""
    k, writes = (draw.one(range(2, 63)), draw.one(TIMES)) if draw.seed else (1, 100)
    return {
        "writes": writes,
        "k": k,
        "which": "one page" if k == 1 else f"each of {k} pages",
        "pins": _pins(writes, range(k)),
        "others": writes * (PAGES - k),
    }


def two_pages(draw: Draw) -> Drawn:
    """Draw a few pages that get a byte, some of them twice."""
    written, writes = [0, 5, 5], 1000
    if draw.seed:
        different = draw.shuffled(range(PAGES))[: draw.one((2, 3, 4))]
        again = [draw.one(different) for _ in range(draw.one((1, 2)))]
        written, writes = draw.shuffled(different + again), draw.one(TIMES)
    return {
        "writes": writes,
        "places": listed(map(str, written)),
        "pins": _pins(writes, written),
        "by_bytes": writes * len(written),
        "frames": len(set(written)),
    }


def _pins(writes: int, written: Iterable[int]) -> int:
    """The pins of that many writes to disk, in the newest model, by written pages."""
    kernel = Kernel()
    mm, addr = buffer_in(kernel, written)
    for _ in range(writes):
        kernel.submit_dio_write(mm, addr, PAGES).complete()
    return kernel.vmstat["nr_foll_pin_acquired"]
