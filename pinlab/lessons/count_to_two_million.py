"""Lesson 04, count to two million: what its exercises draw."""

from __future__ import annotations

from errno import ENOMEM
from itertools import accumulate, product

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.figures.cliff import PINS_PER_READER
from pinlab.lab.text import digits
from pinlab.lab.writes import PAGES, R0, WRITES, Writes
from pinlab.model.counter import (
    GUP_PIN_COUNTING_BIAS,
    INT_MAX,
    INT_MIN,
    last_grab,
    last_pin,
    refcount_with,
    wrap,
)
from pinlab.model.dio import DirectIO
from pinlab.model.folio import PAGE_SIZE, Folio
from pinlab.model.gup import FOLL_PIN
from pinlab.model.kernel import Kernel


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
    each, before = PINS_PER_READER, 0
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


def _looks_at_both_values(refcount: int, refs: int) -> tuple[int, int]:
    after = wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)
    return (-ENOMEM, refcount) if refcount <= 0 or after <= 0 else (0, after)


def _looks_at_the_new_value(refcount: int, refs: int) -> tuple[int, int]:
    after = wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)
    return (-ENOMEM, refcount) if after <= 0 else (0, after)


def _one_by_one(refcount: int, refs: int) -> tuple[int, int]:
    for _ in range(refs):
        if refcount <= 0:
            return -ENOMEM, refcount
        refcount = wrap(refcount + GUP_PIN_COUNTING_BIAS)
    return 0, refcount


def _positive_error(refcount: int, refs: int) -> tuple[int, int]:
    error, after = _grab(refcount, refs)
    return -error, after


def _error_alone(refcount: int, refs: int) -> int | tuple[int, int]:
    error, after = _grab(refcount, refs)
    return error or (0, after)


def _without_guard(refcount: int, refs: int) -> tuple[int, int]:
    return 0, wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)


def _without_wrap(refcount: int, refs: int) -> tuple[int, int]:
    after = refcount + refs * GUP_PIN_COUNTING_BIAS
    return (-ENOMEM, refcount) if refcount <= 0 else (0, after)


def _adds_references(refcount: int, refs: int) -> tuple[int, int]:
    return (-ENOMEM, refcount) if refcount <= 0 else (0, wrap(refcount + refs))


def _lets_zero_pass(refcount: int, refs: int) -> tuple[int, int]:
    if refcount < 0:
        return -ENOMEM, refcount
    return 0, wrap(refcount + refs * GUP_PIN_COUNTING_BIAS)
