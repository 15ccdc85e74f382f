"""The right answers of lesson 04, worked out by hand or from the model."""

from collections import Counter
from functools import cache
from itertools import accumulate

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.model.trace import Trace

SIGN = {"pin": 1, "unpin": -1}


def trace(id: str, seed: int) -> Trace:
    """The trace that an exercise hands out."""
    given = lab.given(id, seed)
    assert isinstance(given, Trace)
    return given


def pins_held(seed: int) -> list[int]:
    """The pins held after each event of `most-at-once`."""
    events = trace("most-at-once", seed)
    return list(accumulate(SIGN.get(e.operation, 0) * e.pages for e in events))


def leaking(seed: int) -> list[int]:
    """The numbers of the requests of `find-the-leak` that still hold pins at the end."""
    left: Counter[int] = Counter()
    for event in trace("find-the-leak", seed):
        if event.operation in SIGN:
            left[int(event.actor.rpartition(" ")[2])] += SIGN[event.operation] * event.pages
    return [number for number, pins in left.items() if pins]


@cache
def refcount_in_flight(name: str) -> int:
    """The zero page's refcount in the model with the mail's writes in flight, on a kernel."""
    kernel = Kernel("6.5", zero_page_pins="counted") if name == "feared" else Kernel(name)
    mm = kernel.new_mm()
    addr = mm.mmap(64 * PAGE_SIZE)
    for _ in range(32768):
        kernel.submit_dio_write(mm, addr, 64)
    return kernel.zero_page.refcount


def feared_by(release: str) -> bool:
    """Whether one direct write of a never-written page moves the zero page as a pin does."""
    kernel = Kernel(release)
    mm = kernel.new_mm()
    try:
        kernel.submit_dio_write(mm, mm.mmap(PAGE_SIZE), 1)
    except OSError:
        return False
    return kernel.zero_page.refcount == 1 + 1024


RIGHT: dict[str, object] = {
    "which-hold": "pins",
    "last-pin": 2**21,
    "what-it-reads": "-2147483647",
    "digits-that-change": 21 + 1,
    "one-after-another": 1 + 64 * 1024,
    "who-is-refused": {"process_vm_readv", "vmsplice", "O_DIRECT write", "/proc/self/mem"},
    "first-refused-reader": 2**21 // 1024 + 1,
    "three-kernels": {"6.4": 1 + 2**21, "6.5": 1, "feared": 1 - 2**31},
    "five-ends": {"wrap", "refuse", "exempt"},
    "which-end": "refuse",
    "feared-releases": sum(feared_by(release) for release in Kernel.releases()),
    "full-queues": 2**21 // (256 * 64),
    "last-reference": 2**31 - 1,
    "references-first": 2**21 - 2,
    "most-at-once": max(pins_held(seed=0)),
    "find-the-leak": leaking(seed=0)[0],
}
