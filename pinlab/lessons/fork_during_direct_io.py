"""Lesson 07, fork during direct I/O: what its exercises draw."""

from __future__ import annotations

from collections.abc import Mapping

from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.scenes import SCENES, Cast, ended
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS as BIAS
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Event, Trace

COPIES, PARENT_KEEPS = "fork-copies-memory", "the-parent-keeps-the-original"
CHILD_WRITES, SCREWED = "the-child-has-to-write-for-trouble", "pinning-is-what-screws-you"

ALIVE = ("parent writes", "child writes", "child writes, parent writes", "nobody writes",
         "pinned buffer, parent writes")  # fmt: skip
"""Scenes at whose end there are two to look."""

LATER: Mapping[str, str] = {
    "parent writes": "Then the parent writes to byte 7.",
    "child writes": "Then the child writes to byte 7.",
    "child writes, parent writes": "Then the child writes to byte 7, and after it the parent.",
    "nobody writes": "Neither process writes.",
    "pinned buffer, parent writes": "Then the parent writes to byte 7.",
}
HELD = "asks for data from disk by direct I/O, to be put into that page"
REGISTERED = "registers that page with io_uring, which pins it, and asks for data from disk"


def who_sees_what(draw: Draw) -> Drawn:
    """Draw a scene and a release."""
    scene = draw.one(ALIVE)
    release = draw.one(("5.7", "5.9", "5.10", "5.15", "5.19", "6.1", "6.4", "6.5", "6.12", "6.18"))
    old, new = draw.one("AEKMR"), draw.one("DTXZ")
    kernel = Kernel(release)
    end = ended(SCENES[scene], Cast(kernel, old, new))
    pinned = scene.startswith("pinned") or kernel.rules.dio_hold == "pin"
    copied = pinned and kernel.rules.fork_copies != "never"
    gets = end.parent == new, end.child == new
    a, z = sorted((old, new))
    return {
        "release": release,
        "letters": old * 8,
        "asks": REGISTERED if scene.startswith("pinned") else HELD,
        "later": LATER[scene],
        "data": new * 4,
        "a": a,
        "z": z,
        "seen": f"parent {end.parent}, child {end.child}",
        "wrong": {
            f"parent {p}, child {c}": _why_not(scene, (p == new, c == new), gets, copied=copied)
            for p in (new, old)
            for c in (new, old)
        },
        "why": _because(scene, gets, copied=copied),
    }


def _because(scene: str, gets: tuple[bool, bool], *, copied: bool) -> str:
    parent, child = gets
    if copied:
        return "fork copied the pinned page for the child, and the parent kept the frame."
    if scene == "nobody writes":
        return "Both still have the frame to which the device was sent."
    if not (parent or child):
        return "Both have moved to copies, and nobody maps the device's frame any more."
    return f"The {'parent' if parent else 'child'} has the frame to which the device was sent."


def _why_not(scene: str, told: tuple[bool, bool], gets: tuple[bool, bool], *, copied: bool) -> str:
    """What a wrong answer overlooks; both pairs say of parent and child whether they see it."""
    if copied:
        return SCREWED if told == (False, True) else (
            "The pin made fork copy the page for the child at once, and left the parent its frame"
        )  # fmt: skip
    if scene == "nobody writes":
        return COPIES if told != (False, False) else (
            "The device writes into its frame, and somebody maps that"
        )  # fmt: skip
    if told == (True, True):
        return "Whoever has written after fork and was given a copy has parted from the other one"
    if told == (True, False):
        return PARENT_KEEPS if any(gets) else (
            "The parent's write finds the request's reference in the refcount, and copies"
        )  # fmt: skip
    if not any(gets):
        return "The child was the first to write, and it moved to a copy, too"
    if told == (False, False):
        return "Somebody has stayed with the frame to which the device was sent"
    return "The parent still maps the frame to which the device was sent"


def frames_in_the_end(draw: Draw) -> Drawn:
    """Draw how many pages two processes write to after a fork."""
    pages = draw.one(range(12, 41))
    first, second, both = draw.one(range(3, 7)), draw.one(range(3, 7)), draw.one((1, 2))
    kernel = Kernel("6.18")
    parent = kernel.new_mm()
    addr = parent.mmap(pages * PAGE_SIZE)
    parent.write(addr, b"A" * pages * PAGE_SIZE)
    child = parent.fork()
    parent.write(addr, b"p" * first * PAGE_SIZE)
    child.write(addr + (first - both) * PAGE_SIZE, b"c" * second * PAGE_SIZE)
    return {
        "pages": pages,
        "first": first,
        "second": second,
        "both": both,
        "are": "is" if both == 1 else "are",
        "frames": sum(not f.freed for f in kernel.folios if f not in kernel.names),
        "copies": first + second - both,
    }


def _among_others(draw: Draw, scene: str, release: str) -> tuple[Cast, Trace]:
    """A scene up to the device's write, in a process that has other pages, too."""
    kernel = Kernel(release)
    cast = Cast(kernel)
    others = draw.one((2, 3))
    area = cast.parent.mmap(others * PAGE_SIZE)
    cast.parent.write(area, b"B" * others * PAGE_SIZE)
    places = [area + n * PAGE_SIZE for n in draw.shuffled(range(others))]
    steps = SCENES[scene][:-1]
    forked = steps.index(Cast.fork) + 1
    later = draw.one(range(forked, len(steps)))
    for n, step in enumerate(steps):
        if n == forked:
            cast.parent.write(places[0], b"b")
        if n == later:
            cast.parent.write(places[1], b"b")
        step(cast)
    return cast, kernel.trace


def whose_frame(draw: Draw) -> Drawn:
    """Draw a trace at whose end everybody is at some frame."""
    scenes = [scene for scene in ALIVE if not scene.startswith("pinned")]
    release = draw.one(("5.7", "5.9", "5.19", "6.4", "6.5", "6.18"))
    cast, trace = _among_others(draw, draw.one(scenes), release)
    assert cast.child is not None
    assert cast.request is not None
    pages = {
        "parent": cast.parent.page_at(cast.addr),
        "child": cast.child.page_at(cast.addr),
        "device": cast.request.pages[0],
    }
    return {
        "release": release,
        "given": trace,
        **{name: page.folio.pfn for name, page in pages.items() if page is not None},
        "frame": sorted({f.pfn for f in cast.kernel.folios if f not in cast.kernel.names}),
    }


LOSING = ("parent writes", "child exits, parent writes", "child writes, parent writes")


def losing_step(draw: Draw) -> Drawn:
    """Draw a trace in which the parent loses the data with one step."""
    release = draw.one(("5.9", "5.10", "5.15", "5.19", "6.1", "6.4"))
    cast, trace = _among_others(draw, draw.one(LOSING), release)
    assert cast.request is not None
    held = cast.request.pages[0].name
    return {
        "release": release,
        "given": trace,
        "held": held,
        "step": next(e.step for e in trace if (e.actor, e.note) == ("parent", f"of {held}")),
        "wrong": {event.step: _no_loss(event, held) for event in trace},
    }


def _no_loss(event: Event, held: str) -> str:
    """Why nothing is lost with a step."""
    if event.operation == "fork":
        return "fork has only shared the frame. If the parent did not write, it would see the data"
    if "DIO" in event.actor:
        return "With that the device is sent to its frame, and the parent still maps it"
    if event.operation == "write fault":
        return "That is where a page gets its first frame; no request is in flight yet"
    if event.operation == "device write":
        return f"The device writes where it was sent. When it does, the parent has left {held}"
    if held not in (event.page, event.note.removeprefix("of ")):
        return f"That is about another frame. The device is at {held}"
    if event.operation == "copy":
        return CHILD_WRITES
    if event.actor == "parent":
        return "That belongs to the same page fault; it began with the copy, one line above"
    return "With that the child gives up the frame; the parent still maps it"


SHOWS: Mapping[str, str] = {
    "5.7": "On 5.7 nobody asks about references: both writes keep their frames",
    "5.9": "On 5.9 a frame is kept at refcount 1 only, so both writes copy",
    "5.19": "On 5.19 the write without fork keeps its frame, which is exclusive, and the one after "
    "fork copies",
    "6.5": "On 6.5 direct I/O pins, and fork copies for the child",
}


def which_era(draw: Draw) -> Drawn:
    """Draw a release, and a trace that was made by its rules."""
    release = draw.one(tuple(SHOWS))
    kernel = Kernel(release)
    parent = kernel.new_mm("parent")
    for part in draw.shuffled([_write_protected, _forked]):
        for _ in range(draw.one(range(3))):
            parent.write(parent.mmap(PAGE_SIZE), b"B")
        addr = parent.mmap(PAGE_SIZE)
        parent.write(addr, b"A")
        part(kernel, addr)
    return {"given": kernel.trace, "release": release, "shows": SHOWS[release], "wrong": SHOWS}


def _write_protected(kernel: Kernel, addr: int) -> None:
    parent = kernel.mms[0]
    kernel.submit_dio_read(parent, addr, 1)
    parent.write_protect(addr)
    parent.write(addr, b"w")


def _forked(kernel: Kernel, addr: int) -> None:
    parent = kernel.mms[0]
    kernel.submit_dio_read(parent, addr, 1)
    parent.fork().exit()
    parent.write(addr, b"w")


ERAS = ("5.7", "5.9", "5.19")
"""A release of each rule for write faults; the number of the rule is its place."""


def reuses() -> Drawn:
    """Return states of a read-only page, and what the model makes of a write to it."""
    states = [
        (era, mapcount, mapcount + extra, exclusive)
        for era in range(len(ERAS))
        for mapcount in (1, 2, 3)
        for extra in (0, 1, 2, 64, BIAS, 2 * BIAS)
        for exclusive in ((0, 1) if era == 2 and mapcount == 1 else (0,))
    ]
    return {
        "states": states,
        "model": lambda *state: _fault(*state)[0],
        "trace": lambda *state: str(_fault(*state)[1]),
    }


def _fault(era: int, mapcount: int, refcount: int, exclusive: int) -> tuple[bool, Trace]:
    """Let a process write to a page in such a state; whether it keeps the frame, and the trace."""
    kernel = Kernel(ERAS[era])
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    mm.write_protect(addr)
    page = mm.page_at(addr)
    assert page is not None
    folio, start = page.folio, len(kernel.trace)
    folio.mapcount, folio.refcount, folio.anon_exclusive = mapcount, refcount, bool(exclusive)
    mm.write(addr, b"y")
    return mm.page_at(addr) is page, kernel.trace[start:]


def _mapped_once(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return mapcount == 1


def _held_once(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return bool(exclusive) or refcount == 1


def _always_counted(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return refcount == 1


def _exclusive_only(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return (mapcount == 1, refcount == 1, bool(exclusive))[era]


def _never_exclusive(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return mapcount == 1 if era == 0 else refcount == 1


def _not_pinned(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return mapcount == 1 and refcount < BIAS
