"""The exercises of lesson 07: what is asked, and what the model answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pinlab.lab.draw import Draw
from pinlab.lab.exercise import (
    IT_IS,
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
)
from pinlab.lab.powers import plural
from pinlab.lab.scenes import BEGIN, SCENES, Cast, ended, outcome
from pinlab.machine.buffers import PAGES
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS as BIAS
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Event, Trace

LESSON = "07_fork_during_direct_io"
MODEL = "6.4"
"""The release of part one: direct I/O takes references."""

COPIES, PARENT_KEEPS = "fork-copies-memory", "the-parent-keeps-the-original"
CHILD_WRITES, CHILD_EXITS = "the-child-has-to-write-for-trouble", "child-exit-undoes-fork"
OTHER_BYTES, SCREWED = "different-bytes-do-not-interfere", "pinning-is-what-screws-you"


def where_it_went() -> Choice:
    """Choose where the data is that the parent does not see."""
    assert outcome("parent writes", Kernel(MODEL)) == ("A", "D", "")
    return Choice(
        id="where-it-went",
        lesson=LESSON,
        gives=IT_IS,
        right="in the child's memory",
        wrong={
            "never delivered": "The device did what it was asked for, and nobody told it to stop",
            "overwritten": "The parent wrote into byte 7, and the device into bytes 0 to 3",
            "in a freed frame": "The device holds a reference on its frame, so that is not freed",
        },
        because="The frame to which the device was sent is behind the child's page now.",
        hints=(
            "The device was sent to a frame, not to a page. Which process has that frame now?",
            "One of the two has moved to another frame. The parent reads what it wrote, and no D.",
        ),
    )


def frames_at_fork() -> Number:
    """Predict the frames that two processes use together right after fork."""
    kernel = Kernel(MODEL)
    parent = kernel.new_mm()
    parent.write(parent.mmap(PAGES * PAGE_SIZE), b"A" * PAGES * PAGE_SIZE)
    parent.fork()
    return Number(
        id="frames-at-fork",
        lesson=LESSON,
        right=in_use(kernel),
        wrong={
            2 * PAGES: COPIES,
            PAGES + 1: "The pages stay what they are, and none is left out",
            1: "Pages that were written have a frame each",
            0: "The child's entries lead somewhere: to the frames of the parent",
        },
        because="Both page tables lead to the same frames, until somebody writes.",
        hints=(
            "What has to be different in the child, as long as nobody has written?",
            "Nothing. So each page of the child can have the frame of the parent's page.",
        ),
    )


def in_use(kernel: Kernel) -> int:
    """How many frames are in use, without the zero page."""
    return sum(not folio.freed for folio in kernel.folios if folio not in kernel.names)


def who_moves() -> Choice:
    """Choose the process that gets the new frame when the parent writes first."""
    cast = Cast(Kernel(MODEL))
    for step in (Cast.fill, Cast.fork):
        step(cast)
    frame = cast.parent.page_at(cast.addr)
    cast.parent_writes()
    moved = cast.parent.page_at(cast.addr) is not frame
    assert cast.child is not None
    assert cast.child.page_at(cast.addr) is frame
    right, other = ("the parent", "the child") if moved else ("the child", "the parent")
    return Choice(
        id="who-moves",
        lesson=LESSON,
        right=right,
        wrong={
            other: PARENT_KEEPS,
            "both": "One of the two can keep what was there: the one who has not written",
            "neither": "Then the child would read what the parent has written",
        },
        because="Whoever writes is given a copy. The other one is not even told.",
        hints=(
            "Who had a page fault?",
            "The fault is the parent's, so what is changed is the parent's page table.",
        ),
    )


def child_exits() -> Choice:
    """Choose what the parent reads if the child is gone before the parent writes."""
    end = outcome("child exits, parent writes", Kernel(MODEL))
    right, other = {"A": ("AAAAAAAp", "DDDDAAAp"), "D": ("DDDDAAAp", "AAAAAAAp")}[end.parent]
    return Choice(
        id="child-exits",
        lesson=LESSON,
        right=right,
        wrong={
            other: CHILD_EXITS,
            "DDDDAAAA": "The parent sees what it has written itself, whichever frame it is in",
            "AAAAAAAA": "The parent sees what it has written itself, whichever frame it is in",
        },
        because="The device's reference is in the refcount, so the frame still counts as shared.",
        hints=(
            "What does the refcount read when the parent writes, and who is in it?",
            "1 for the mapping and 1 for the device make 2. Is that a page which nobody else has?",
        ),
    )


WHAT = ("fork", "parent writes", "child writes", "same byte", "child lives on")


def what_it_takes() -> Selection:
    """Select what it takes to lose data from disk on a kernel whose direct I/O has references."""
    lost = {scene for scene in SCENES if outcome(scene, Kernel(MODEL)).parent == "A"}
    assert lost >= {"parent writes", "child exits, parent writes"}
    assert lost.isdisjoint({"nobody writes", "child writes", "no fork, parent writes"})
    return Selection(
        id="what-it-takes",
        lesson=LESSON,
        options=WHAT,
        right=frozenset({"fork", "parent writes"}),
        wrong={},
        missing={
            "fork": "Without fork the entry stays writable, and the parent writes into the frame "
            "in which the device delivers",
            "parent writes": "Who does not write stays where it is, and that is the device's frame",
        },
        extra={
            "child writes": CHILD_WRITES,
            "same byte": OTHER_BYTES,
            "child lives on": CHILD_EXITS,
        },
        because="fork makes the entry read-only, and the parent's write moves the parent.",
        hints=(
            "For each of the five: is the data still lost without it?",
            "In the first scene the child did nothing, and the bytes were different ones. In the "
            "second it had exited.",
        ),
    )


def pinned_page() -> Choice:
    """Choose who sees the data if direct I/O pins."""
    return Choice(
        id="pinned-page",
        lesson=LESSON,
        right=_seen(outcome("parent writes", Kernel("6.5"))),
        wrong={
            "parent A, child D": SCREWED,
            "parent D, child D": "fork copied the page for the child before the data came",
            "parent A, child A": "The device writes into the frame that it has pinned, and fork "
            "has left that one to the parent",
        },
        because="fork finds the pin, copies the page for the child, and the parent stays.",
        hints=(
            "Who gets the copy this time, and when?",
            "fork gives the child a copy at once. The parent's entry is not changed at all.",
        ),
    )


def _seen(end: Sequence[str]) -> str:
    return f"parent {end[0]}, child {end[1]}"


def refcount_at_the_write() -> Number:
    """Predict the refcount when the parent writes after the child's exit."""
    cast = Cast(Kernel("5.9"))
    for step in (*BEGIN, Cast.fork, Cast.child_exits):
        step(cast)
    page = cast.parent.page_at(cast.addr)
    assert page is not None
    return Number(
        id="refcount-at-the-write",
        lesson=LESSON,
        right=page.refcount,
        wrong={
            1: "The device has a hold on the frame, too",
            3: "The child's mapping has gone, and its reference with it",
            0: "The parent's mapping and the device hold it",
            1 + BIAS: "On Linux 5.9 direct I/O takes a reference, which adds 1",
        },
        because="1 of the mapping, 1 of direct I/O.",
        hints=(
            "Who holds the frame at that moment?",
            "The parent's mapping and the request in flight. Each of them adds 1 on Linux 5.9.",
        ),
    )


def to_disk() -> Choice:
    """Choose whose bytes a device sends to disk on the oldest rules."""
    end = outcome("to disk, parent and child write", Kernel("5.7"))
    reasons = {
        "A": "The device has no copy of the bytes. It reads the frame when its time comes",
        "P": PARENT_KEEPS,
        "C": "The child would have moved to a copy",
    }
    right = end.device
    return Choice(
        id="to-disk",
        lesson=LESSON,
        right=right * 8,
        wrong={letter * 8: idea for letter, idea in reasons.items() if letter != right},
        because="The parent moves to a copy. Then the frame is mapped once, so the child writes "
        "into it, and that is the frame which the device reads.",
        hints=(
            "Who is still behind the first frame when the child writes, by the mapcount alone?",
            "The parent writes first and moves. Up to 5.8 a frame that is mapped once is kept.",
        ),
    )


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


def who_sees_what(seed: int) -> Choice:
    """Predict who sees the data, over scenes and releases."""
    draw = Draw("who-sees-what", seed)
    scene = draw.one(ALIVE)
    release = draw.one(("5.7", "5.9", "5.10", "5.15", "5.19", "6.1", "6.4", "6.5", "6.12", "6.18"))
    old, new = draw.one("AEKMR"), draw.one("DTXZ")
    kernel = Kernel(release)
    end = ended(SCENES[scene], Cast(kernel, old, new))
    seen = {_seen((p, c)): (p == new, c == new) for p in (new, old) for c in (new, old)}
    right = _seen(end)
    pinned = scene.startswith("pinned") or kernel.rules.dio_hold == "pin"
    copied = pinned and kernel.rules.fork_copies != "never"
    return Choice(
        id="who-sees-what",
        lesson=LESSON,
        right=right,
        wrong={
            answer: _why_not(scene, told, (end.parent == new, end.child == new), copied=copied)
            for answer, told in seen.items()
            if answer != right
        },
        because=_because(scene, (end.parent == new, end.child == new), copied=copied),
        question=(
            f"Linux {release}. A process has a page with {old * 8} in bytes 0 to 7. It "
            f"{REGISTERED if scene.startswith('pinned') else HELD}. While that is in flight it "
            f"forks. {LATER[scene]} At last the device writes {new * 4} into bytes 0 to 3. "
            "**What do parent and child read in byte 0?** Choose: "
            f"{', '.join(map(_quoted, sorted(seen)))}."
        ),
        hints=(
            "Two things decide: is the page pinned, and does this release's fork ask? If not, who "
            "writes, and is the frame kept or copied?",
            "Draw it: page tables, frames, the device. fork copies a pinned page since 5.9. Direct "
            "I/O to disks pins since 6.5. Since 5.9 references count when somebody writes.",
        ),
    )


def _quoted(words: str) -> str:
    return f'"{words}"'


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


def frames_in_the_end(seed: int) -> Number:
    """Predict the frames that two processes use after some writes of both."""
    draw = Draw("frames-in-the-end", seed)
    pages = draw.one(range(12, 41))
    first, second, both = draw.one(range(3, 7)), draw.one(range(3, 7)), draw.one((1, 2))
    kernel = Kernel("6.18")
    parent = kernel.new_mm()
    addr = parent.mmap(pages * PAGE_SIZE)
    parent.write(addr, b"A" * pages * PAGE_SIZE)
    child = parent.fork()
    parent.write(addr, b"p" * first * PAGE_SIZE)
    child.write(addr + (first - both) * PAGE_SIZE, b"c" * second * PAGE_SIZE)
    right = in_use(kernel)
    return Number(
        id="frames-in-the-end",
        lesson=LESSON,
        right=right,
        wrong={
            2 * pages: COPIES,
            pages + first + second: "Where both have written, the second one was alone with the "
            "old frame, and kept it",
            pages: "Each page that at least one of them has written to has two frames now",
            pages + first: "A page that only the child has written to was copied, too",
            pages + second: "A page that only the parent has written to was copied, too",
            pages
            + first
            + second
            - 2 * both: "A page that both have written to was copied once, by the first of them",
            first + second - both: "Those are the copies; the frames that were there still are",
        },
        because=f"{pages} were there. {first + second - both} pages were written to by somebody, "
        "and each of these was copied once.",
        question=(
            f"Linux 6.18. A process has written to each of its {pages} pages, and it forks. Then "
            f"the parent writes to {first} of them, and after that the child writes to {second} of "
            f"them; {both} {plural(both, 'page')} {'is' if both == 1 else 'are'} written to by "
            "both. Nobody else holds any of the pages. **How many frames do the two processes use "
            "together in the end?**"
        ),
        hints=(
            "How many frames are there after fork? Which of the writes adds one?",
            "A page is copied by the first of the two who writes to it. The second one is alone "
            "with the old frame then.",
        ),
    )


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


def whose_frame(seed: int) -> Numbers:
    """Tell from a trace which frame everybody is at in the end."""
    draw = Draw("whose-frame", seed)
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
    frames = {name: page.folio.pfn for name, page in pages.items() if page is not None}
    named = sorted({folio.pfn for folio in cast.kernel.folios if folio not in cast.kernel.names})
    overlooked = {
        "parent": "Follow the parent's own `copy` lines: `of frame` says which frame it left",
        "child": "Follow the child's lines: what fork gave it, and its own `copy`, if there is one",
        "device": "A device stays at the frame on which its request has a hold",
    }
    return Numbers(
        id="whose-frame",
        lesson=LESSON,
        gives=IT_IS,
        given=trace,
        parts={
            name: (right, {n: overlooked[name] for n in named if n != right})
            for name, right in frames.items()
        },
        because="A process moves with a copy: with its own when it writes, or with the one that "
        "fork made for the child.",
        question=(
            f"Linux {release}. In this trace a process has asked for data from disk, into one "
            "of its pages, forked, and gone on. **To which frame do the entries of parent and "
            "child for that page lead in the end, and at which frame is the device?**"
        ),
        hints=(
            "Find the line in which the request takes its hold. That is the device's frame.",
            "From there on: a `copy` by somebody with `of` that frame in the note moves him to the "
            "frame of that line. `fork copy` is the child's.",
        ),
    )


LOSING = ("parent writes", "child exits, parent writes", "child writes, parent writes")


def losing_step(seed: int) -> Number:
    """Find in a trace the step with which the parent loses the data."""
    draw = Draw("losing-step", seed)
    release = draw.one(("5.9", "5.10", "5.15", "5.19", "6.1", "6.4"))
    cast, trace = _among_others(draw, draw.one(LOSING), release)
    assert cast.request is not None
    held = cast.request.pages[0].name
    right = next(e.step for e in trace if (e.actor, e.note) == ("parent", f"of {held}"))
    wrong = {event.step: _no_loss(event, held) for event in trace if event.step != right}
    return Number(
        id="losing-step",
        lesson=LESSON,
        gives=IT_IS,
        given=trace,
        right=right,
        wrong=wrong,
        because=f"With that the parent has left {held}, where the device is. Nothing that comes "
        "later can bring the data to the parent.",
        question=(
            f"Linux {release}. In this trace a process asks for data from disk, forks, and never "
            "sees the data. **With which step is it lost for the parent?** (What comes after that "
            "step does not matter any more; before it, all could still have gone well.)"
        ),
        hints=(
            "At which frame is the device? With which step does the parent's page leave it?",
            "Look for a `copy` by the parent with that frame in the note.",
        ),
    )


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


ERAS = ("5.7", "5.9", "5.19", "6.5")
SHOWS: Mapping[str, str] = {
    "5.7": "On 5.7 nobody asks about references: both writes keep their frames",
    "5.9": "On 5.9 a frame is kept at refcount 1 only, so both writes copy",
    "5.19": "On 5.19 the write without fork keeps its frame, which is exclusive, and the one after "
    "fork copies",
    "6.5": "On 6.5 direct I/O pins, and fork copies for the child",
}


def which_era(seed: int) -> Choice:
    """Tell from a trace by which release's rules it was made."""
    draw = Draw("which-era", seed)
    release = draw.one(ERAS)
    kernel = Kernel(release)
    parent = kernel.new_mm("parent")
    for part in draw.shuffled([_write_protected, _forked]):
        for _ in range(draw.one(range(3))):
            parent.write(parent.mmap(PAGE_SIZE), b"B")
        addr = parent.mmap(PAGE_SIZE)
        parent.write(addr, b"A")
        part(kernel, addr)
    return Choice(
        id="which-era",
        lesson=LESSON,
        gives=IT_IS,
        given=kernel.trace,
        right=release,
        wrong={other: SHOWS[other] for other in ERAS if other != release},
        because=f"{SHOWS[release]}.",
        question=(
            "The trace is of Linux 5.7, 5.9, 5.19 or 6.5. A process has two requests from disk in "
            "flight, each with a page of its own. One of these pages has its entry made read-only, "
            "and the process writes to it. With the other one in flight the process forks, the "
            "child exits, and the process writes to that page. (Other pages are in the trace, "
            "too.) **Which release is it?**"
        ),
        hints=(
            "Look first how the requests hold their pages, and then what each of the two writes "
            "does: `reuse`, `copy`, or nothing.",
            "A pin: 6.5. If both writes reuse, references were not asked about. If both copy, "
            "they were, and nobody knew of exclusive pages.",
        ),
    )


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


RULES = ("5.7", "5.9", "5.19")
"""A release of each rule for write faults; the number of the rule is its place."""


EARLY = "Up to 5.8 references are not asked about: the mapcount decides alone"


def reuses() -> Program:
    """Write when a write fault keeps the frame, by era."""
    states = [
        (era, mapcount, mapcount + extra, exclusive)
        for era in range(len(RULES))
        for mapcount in (1, 2, 3)
        for extra in (0, 1, 2, 64, BIAS, 2 * BIAS)
        for exclusive in ((0, 1) if era == 2 and mapcount == 1 else (0,))
    ]
    return Program(
        id="reuses",
        lesson=LESSON,
        name="reuses",
        arguments=("era", "mapcount", "refcount", "exclusive"),
        states=states,
        model=_keeps,
        trace=lambda *state: str(_fault(*state)[1]),
        wrong=(
            ("The mapcount alone decides up to 5.8; since 5.9 the other two numbers do",
             _mapped_once),
            (EARLY, _always_counted),
            (EARLY, _held_once),
            ("Since 5.19 a page that is not exclusive can be kept, too, if nobody else holds it",
             _exclusive_only),
            ("Since 5.19 an exclusive page is kept whatever its refcount is", _never_exclusive),
            (SCREWED, _not_pinned),
        ),
        because="Three rules, each of them one comparison or two.",
        hints=(
            "One `if` for each era. Which of the three numbers does it look at?",
            "Era 0: the mapcount is 1. Era 1: the refcount is 1. Era 2: exclusive, or the refcount "
            "is 1.",
        ),
    )  # fmt: skip


def _fault(era: int, mapcount: int, refcount: int, exclusive: int) -> tuple[bool, Trace]:
    """Let a process write to a page in such a state; whether it keeps the frame, and the trace."""
    kernel = Kernel(RULES[era])
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


def _keeps(era: int, mapcount: int, refcount: int, exclusive: int) -> bool:
    return _fault(era, mapcount, refcount, exclusive)[0]


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


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "where-it-went": where_it_went,
    "frames-at-fork": frames_at_fork,
    "who-moves": who_moves,
    "child-exits": child_exits,
    "what-it-takes": what_it_takes,
    "pinned-page": pinned_page,
    "refcount-at-the-write": refcount_at_the_write,
    "to-disk": to_disk,
    "reuses": reuses,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "who-sees-what": who_sees_what,
    "frames-in-the-end": frames_in_the_end,
    "whose-frame": whose_frame,
    "losing-step": losing_step,
    "which-era": which_era,
}
