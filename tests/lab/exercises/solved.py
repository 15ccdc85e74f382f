"""The right answers, worked out here and not with the exercises, and one of each other kind."""

import errno
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import accumulate

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercises import EXERCISES, exercise
from pinlab.lab.exercises.exercise import Choice, Exercise, Number, Numbers, Program, Selection
from pinlab.model.trace import Trace

Errors = type[Exception] | tuple[type[Exception], ...]
EITHER = (TypeError, ValueError)

SIGN = {"pin": 1, "unpin": -1}


def try_grab(refcount: int, refs: int) -> tuple[int, int]:
    """The grab of a small page, with the wrap written out."""
    if refcount <= 0:
        return -errno.ENOMEM, refcount
    after = refcount + 1024 * refs
    return 0, after - 2**32 if after >= 2**31 else after


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
    "three-buffers": {"letters": 100 * 64, "zeros": 100 * 64, "never": 0},
    "one-byte": 100 * 1,
    "two-pages": 1000 * 2,
    "overflow": 1 + 2**15 * 2**6 * 2**10 - 2**32,
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
    "try-grab": try_grab,
    "most-at-once": max(pins_held(seed=0)),
    "find-the-leak": leaking(seed=0)[0],
}


def stubs(id: str) -> list[object]:
    """What stands in the place of an answer that nobody has given yet."""

    def body_to_write(refcount: int, refs: int) -> None: ...

    match exercise(id, 0):
        case Numbers(parts=parts):
            return [None, ..., dict.fromkeys(parts), dict.fromkeys(parts, ...)]
        case Program():
            return [None, ..., body_to_write, lambda refcount, refs: ...]
    return [None, ...]


def nonsense(id: str) -> list[tuple[object, object, Errors]]:
    """What cannot be an answer, the part of it that is named, and the exception that does so."""
    match exercise(id, 0):
        case Number(low=low):
            return [(bad, bad, error) for bad, error in _no_numbers(low)]
        case Numbers(parts=parts, low=low):
            empty = dict.fromkeys(parts)
            inside: list[tuple[object, object, Errors]] = [
                (empty | {name: bad}, bad, error)
                for name in parts
                for bad, error in _no_numbers(low)
            ]
            others: list[object] = [{}, {next(iter(parts)): 1}, empty | {"another": 1}, [1], 1]
            return inside + [(bad, bad, EITHER) for bad in others]
        case Choice():
            texts = [(bad, bad, ValueError) for bad in ("nothing of that", "")]
            return [*texts, *((bad, bad, EITHER) for bad in (3, True, {"a"}))]
        case Selection(options=options):
            known = options[0]
            whole = [(bad, bad, TypeError) for bad in (known, 3, True)]
            inside = [({"nobody"}, "nobody", ValueError), ([known, "nobody"], "nobody", ValueError)]
            return [*whole, *inside, ([[known]], [known], EITHER)]
        case Program(name=name):
            return [(bad, bad, TypeError) for bad in (name, 3, (0, 1025))]
    raise AssertionError(f"{id} is of a new kind")


def _no_numbers(low: int | None) -> list[tuple[object, Errors]]:
    assert low is not None
    kinds: list[object] = ["many", "64", True, 1.5, 64.0, {1, 2}]
    return [*((bad, TypeError) for bad in kinds), (low - 1, ValueError)]


def mistaken(found: Exercise) -> list[tuple[object, str]]:
    """Each wrong answer that an exercise knows, as a reader would give it, and its idea."""
    if isinstance(found, Numbers):
        right = {name: number for name, (number, _) in found.parts.items()}
        return [
            (right | {name: number}, idea)
            for name, (_, wrong) in found.parts.items()
            for number, idea in wrong.items()
        ]
    return list(found.mistakes())


def each(what: Callable[[str], list[object]]) -> list[tuple[str, object]]:
    """Pairs of an exercise's id and one of its answers."""
    return [(id, answer) for id in EXERCISES for answer in what(id)]
