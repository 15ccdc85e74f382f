"""Lesson 07, fork during direct I/O: scenes in which a process forks while a device is at a page.

Every scene begins with a page of letters A and a request in flight, and ends with the request's
completion. What happens in between is its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import ipywidgets

from pinlab import machine
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exhibit import CSS_CLASS, Exhibit, choice, menu
from pinlab.lab.map import sheet
from pinlab.lab.picture import Drawing
from pinlab.lab.player import PlayedStep, Player
from pinlab.lab.reply import Reply
from pinlab.lab.task import Trial, play
from pinlab.lab.walk import Story, Walk, shots, walk
from pinlab.machine import boot, buffers, recording
from pinlab.machine.predictions.holds import LAST as LAST_TRIED
from pinlab.machine.predictions.holds import NEVER, first_that_copies
from pinlab.machine.proc import UnavailableError
from pinlab.machine.syscalls import process_vm_readv
from pinlab.model.arguments import function, one_of, shown, whole
from pinlab.model.counter import GUP_PIN_COUNTING_BIAS as BIAS
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.gup import FOLL_LONGTERM, FOLL_WRITE
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace
from pinlab.table import Table

if TYPE_CHECKING:
    from pinlab.model.dio import DirectIO
    from pinlab.model.folio import Page
    from pinlab.model.mm import Mm

LETTERS = 8
"""How many bytes of the page the scenes are about."""

LAST = LETTERS - 1
"""The byte that a process writes. The device writes the first half."""

OLD, NEW = "A", "D"
"""What is in the page at first, and what the device delivers."""


class Cast:
    """A parent with a page of letters, and who joins it: each method is a step, in words.

    `old` and `new` are the letters in the page at first and from the device.
    """

    def __init__(self, kernel: Kernel, old: str = OLD, new: str = NEW) -> None:
        self.kernel = kernel
        self.old, self.new = old, new
        self.parent = kernel.new_mm("parent")
        self.addr = self.parent.mmap(PAGE_SIZE)
        self.child: Mm | None = None
        self.request: DirectIO | None = None
        self.buffer: Page | None = None
        self.sent = ""

    def fill(self) -> str:
        """The page gets a frame."""
        self.parent.write(self.addr, self.old.encode() * LETTERS)
        return f"The parent writes {self.old * LETTERS} into a page."

    def ask(self) -> str:
        """A request from disk: the device is going to write."""
        self.request = self.kernel.submit_dio_read(self.parent, self.addr, 1)
        return "It asks the disk for data, to be put into that page."

    def ask_to_disk(self) -> str:
        """A request to disk: the device is going to read."""
        self.request = self.kernel.submit_dio_write(self.parent, self.addr, 1)
        return "It asks for that page to be written to disk."

    def register(self) -> str:
        """As io_uring does for a fixed buffer: a long-term pin, in every release."""
        flags = FOLL_WRITE | FOLL_LONGTERM
        (self.buffer,) = self.parent.pin_user_pages(self.addr, 1, flags)
        return "It registers the page with io_uring, and asks the disk for data."

    def fork(self) -> str:
        """A second process with the same memory."""
        self.child = self.parent.fork("child")
        return "It forks."

    def protect(self) -> str:
        """The entry becomes read-only, without any fork."""
        self.parent.write_protect(self.addr)
        return "The kernel makes the page table entry read-only."

    def parent_writes(self) -> str:
        """To a byte that the device leaves alone."""
        self.parent.write(self.addr + LAST, b"p")
        return "The parent writes p into the last of the eight bytes."

    def child_writes(self) -> str:
        """As the parent, in its own memory."""
        self._child().write(self.addr + LAST, b"c")
        return "The child writes c into the last of the eight bytes."

    def child_exits(self) -> str:
        """Its mappings go."""
        self._child().exit()
        self.child = None
        return "The child exits."

    def parent_overwrites(self) -> str:
        """All of what the device is going to read."""
        self.parent.write(self.addr, b"P" * LETTERS)
        return f"The parent writes {'P' * LETTERS}."

    def child_overwrites(self) -> str:
        """The same in the child."""
        self._child().write(self.addr, b"C" * LETTERS)
        return f"The child writes {'C' * LETTERS}."

    def deliver(self) -> str:
        """The device writes what was asked for."""
        device = self.request or self.buffer
        assert device is not None
        data = self.new * (LETTERS // 2)
        device.device_write(data.encode())
        return f"The device writes {data}."

    def send(self) -> str:
        """The device reads what goes to disk."""
        assert self.request is not None
        self.sent = self.request.device_read(LETTERS).decode()
        return f"The device reads {self.sent}. That is what the disk has now."

    def complete(self) -> str:
        """The hold goes, and everybody looks."""
        if self.request is not None:
            self.request.complete()
        if self.buffer is not None:
            self.kernel.unpin_user_page(self.buffer)
        seen = [f"The parent reads {self.sees(self.parent)}"]
        seen += [f"the child {self.sees(self.child)}"] if self.child is not None else []
        return f"The request is complete. {', '.join(seen)}."

    def sees(self, mm: Mm) -> str:
        """What a process reads in the page."""
        return mm.read(self.addr, LETTERS).decode()

    def _child(self) -> Mm:
        assert self.child is not None
        return self.child


Act: TypeAlias = Callable[[Cast], str]

BEGIN: tuple[Act, ...] = (Cast.fill, Cast.ask)
END: tuple[Act, ...] = (Cast.deliver, Cast.complete)

SCENES: Mapping[str, tuple[Act, ...]] = MappingProxyType(
    {
        "parent writes": (*BEGIN, Cast.fork, Cast.parent_writes, *END),
        "child exits, parent writes": (
            *BEGIN, Cast.fork, Cast.child_exits, Cast.parent_writes, *END,
        ),
        "child writes": (*BEGIN, Cast.fork, Cast.child_writes, *END),
        "child writes, parent writes": (
            *BEGIN, Cast.fork, Cast.child_writes, Cast.parent_writes, *END,
        ),
        "nobody writes": (*BEGIN, Cast.fork, *END),
        "no fork, parent writes": (*BEGIN, Cast.parent_writes, *END),
        "no fork, read-only, parent writes": (*BEGIN, Cast.protect, Cast.parent_writes, *END),
        "pinned buffer, parent writes": (
            Cast.fill, Cast.register, Cast.fork, Cast.parent_writes, *END,
        ),
        "to disk, parent and child write": (
            Cast.fill, Cast.ask_to_disk, Cast.fork, Cast.parent_overwrites,
            Cast.child_overwrites, Cast.send, Cast.complete,
        ),
    }
)  # fmt: skip
"""The steps of each scene, by its name."""


CODE: Mapping[Act, str] = {
    Cast.fill: 'parent.write(addr, b"A" * 8)',
    Cast.ask: "request = kernel.submit_dio_read(parent, addr, 1)",
    Cast.ask_to_disk: "request = kernel.submit_dio_write(parent, addr, 1)",
    Cast.register: "(page,) = parent.pin_user_pages(addr, 1, FOLL_WRITE | FOLL_LONGTERM)",
    Cast.fork: 'child = parent.fork("child")',
    Cast.protect: "parent.write_protect(addr)",
    Cast.parent_writes: 'parent.write(addr + 7, b"p")',
    Cast.child_writes: 'child.write(addr + 7, b"c")',
    Cast.child_exits: "child.exit()",
    Cast.parent_overwrites: 'parent.write(addr, b"P" * 8)',
    Cast.child_overwrites: 'child.write(addr, b"C" * 8)',
    Cast.deliver: 'request.device_write(b"DDDD")',
    Cast.send: "request.device_read(8)",
    Cast.complete: "request.complete()",
}
PINNED_CODE: Mapping[Act, str] = {
    **CODE,
    Cast.deliver: 'page.device_write(b"DDDD")',
    Cast.complete: "kernel.unpin_user_page(page)",
}
"""The code that a step comes to; with a registered buffer there is no request."""


def story(scene: str) -> Story:
    """Return the story of a scene, for pictures that go through it.

    Raises ValueError for an unknown scene.

    >>> from pinlab.lab.walk import tell
    >>> *_, last = tell(story("parent writes"), Kernel("6.4"))
    >>> print(last.words)
    The request is complete. The parent reads AAAAAAAp, the child DDDDAAAA.
    """
    return SceneStory(_steps(scene))


@dataclass(frozen=True)
class SceneStory:
    """A scene as a story, which says the code of its steps."""

    steps: tuple[Act, ...]

    def __call__(self, kernel: Kernel) -> Iterator[str]:
        """Play it on a machine."""
        cast = Cast(kernel)
        for step in self.steps:
            yield step(cast)

    @property
    def code(self) -> list[str]:
        """What each step does."""
        return [(PINNED_CODE if Cast.register in self.steps else CODE)[step] for step in self.steps]


def _steps(scene: str) -> tuple[Act, ...]:
    return SCENES[one_of("scene", scene, SCENES)]


class Outcome(NamedTuple):
    """The first byte that parent and child read at the end, and the device's; empty for none."""

    parent: str
    child: str
    device: str


def outcome(scene: str, kernel: Kernel) -> Outcome:
    """Return how a scene ends on a machine; ValueError for an unknown scene."""
    return ended(_steps(scene), Cast(kernel))


def ended(steps: tuple[Act, ...], cast: Cast) -> Outcome:
    """Go through some steps, and return how that ends."""
    for step in steps:
        step(cast)
    child = "" if cast.child is None else cast.sees(cast.child)[0]
    return Outcome(cast.sees(cast.parent)[0], child, cast.sent[:1])


def in_short(end: Outcome) -> str:
    """Return an outcome as a cell of a table: the parent's byte, the child's, and what is wrong.

    >>> in_short(Outcome("A", "D", ""))
    'A (child D): lost'
    """
    if end.device:
        return f"{end.device} to disk" + (": leak" if end.device == "C" else "")
    seen = end.parent + (f" (child {end.child})" if end.child else "")
    return seen if end.parent == NEW else f"{seen}: lost"


RELEASES = ("5.7", "5.9", "5.19", "6.4", "6.5", "6.18")
"""The releases that the lesson looks at: with 5.9, 5.19 and 6.5 the rules change."""


def scenes_by_release() -> Table:
    """Return a table: a row for each scene, a column for each release, how it ends in the model."""
    columns = {
        release: [in_short(outcome(scene, Kernel(release))) for scene in SCENES]
        for release in RELEASES
    }
    return Table(columns, [*SCENES], "scene")


SHOWN = ("child exits, parent writes", "parent writes", "child writes", "nobody writes")
"""What readers without widgets see, on 6.4: each when the device has written."""


def got_worse() -> set[str]:
    """Return the scenes in which the parent has the disk's data on 5.7, and not on 5.9."""
    before, after = (
        {name for name in SCENES if outcome(name, Kernel(release)).parent == NEW}
        for release in ("5.7", "5.9")
    )
    return before - after


def scene(scene: str = "parent writes", release: str = "6.4", at: int = 4) -> Exhibit:
    """Return a menu of scenes, buttons for releases, and the stage on which they are played.

    They begin with these values; step 0 is before the first, and a scene that is shorter than what
    was shown is shown at its end. Raises ValueError for an unknown scene, a release without a
    button or a step that is not there, TypeError for what is no number.
    """
    scenes = menu("scene", SCENES, one_of("scene", scene, SCENES))
    releases = choice("Linux", RELEASES, release, argument="release")
    player = Player(steps=_shots(scene, release))
    player.at = whole("at", at, 0, player.last)

    def show(_: object) -> None:
        player.load(_shots(scenes.value, releases.value))

    for control in (scenes, releases):
        control.observe(show, "value")
    player.remove_class(CSS_CLASS)  # the exhibit is all three
    box = ipywidgets.VBox([scenes, releases, player])
    box.add_class(CSS_CLASS)
    return Exhibit(box, _shown())


def _shots(scene: str, release: str) -> list[PlayedStep]:
    return shots(_walked(scene, release), f"Linux {release}. ")


@cache
def _walked(scene: str, release: str) -> Walk:
    return walk(story(scene), Kernel(release), LETTERS)


def _shown() -> Drawing:
    """Four scenes after the device has written."""
    panels = []
    for scene in SHOWN:
        way = _walked(scene, "6.4")
        step = len(way.steps) - 1
        words = f"{scene}, Linux 6.4"
        panels.append(way.panel(step, words, f"{words}. {way.told(step)}"))
    return sheet(panels)


UNFIXED = "without the zero-page fix (A/B pair)"
RECORDED: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "5.10.262": ("5.10.262", None),
        "6.1.192 with the patch": ("6.1.192", "with the zero-page fix (A/B pair)"),
        "6.1.192 without the patch": ("6.1.192", UNFIXED),
        "6.12.117": ("6.12.117", None),
        "7.3.4": ("7.3.4", None),
    }
)
"""The recorded kernels, and the build where there are two."""

CASES: Mapping[str, str] = MappingProxyType(
    {
        "no fork, parent writes": "nofork_parent_writes",
        "parent writes": "fork_parent_writes",
        "child exits, parent writes": "fork_childexits_parent_writes",
        "child writes": "fork_child_writes",
        "pinned buffer, parent writes": "iouring_readfixed_fork_parent_writes",
        "MADV_DONTFORK, parent writes": "dontfork_parent_writes",
    }
)
"""What was recorded for which scene; the model does not know MADV_DONTFORK."""


def recorded_scenes() -> Table:
    """Return a table of how each recorded scene ended, a column for each recorded kernel.

    Where the model predicts another end, or none, that stands behind it.
    """
    columns = {
        name: [told(in_short(recorded(scene, name)), predicted(scene, name)) for scene in CASES]
        for name in RECORDED
    }
    return Table(columns, [*CASES], "scene")


def told(recorded: str, predicted: str) -> str:
    """Return an end and the prediction where they differ.

    >>> told("D", "D"), told("D", "A: lost"), told("D", "")
    ('D', 'D (model: A: lost)', 'D (not in the model)')
    """
    if predicted == recorded:
        return recorded
    return f"{recorded} ({f'model: {predicted}' if predicted else 'not in the model'})"


def predicted(scene: str, name: str) -> str:
    """Return what the model says of a scene on one of the recorded kernels; nothing of others."""
    if scene not in SCENES:
        return ""
    kernel, build = RECORDED[name]
    return in_short(outcome(scene, boot(kernel, build)))


def recorded(scene: str, name: str) -> Outcome:
    """Return how a scene ended on one of the recorded kernels."""
    kernel, build = RECORDED[name]
    found = recording(kernel, "dio_read_and_fork", CASES[scene], build)
    child = str(found["child_sees"])
    return Outcome(str(found["parent_sees"]), "" if child == "-" else child, "")


COPIES, PARENT_KEEPS = "fork-copies-memory", "the-parent-keeps-the-original"
SCREWED = "pinning-is-what-screws-you"

ALIVE = ("parent writes", "child writes", "child writes, parent writes", "nobody writes",
         "pinned buffer, parent writes")  # fmt: skip
"""Scenes at whose end there are two to look."""

BOTH_WRITE = "parent writes, child writes"
"""In the order that the lesson does not show."""

DRAWN: Mapping[str, tuple[Act, ...]] = {
    **{scene: SCENES[scene] for scene in ALIVE},
    BOTH_WRITE: (*BEGIN, Cast.fork, Cast.parent_writes, Cast.child_writes, *END),
}

LATER: Mapping[str, str] = {
    "parent writes": "Then the parent writes to byte 7.",
    "child writes": "Then the child writes to byte 7.",
    "child writes, parent writes": "Then the child writes to byte 7, and after it the parent.",
    BOTH_WRITE: "Then the parent writes to byte 7, and after it the child.",
    "nobody writes": "Neither process writes.",
    "pinned buffer, parent writes": "Then the parent writes to byte 7.",
}
HELD = "asks for data from disk by direct I/O, to be put into that page"
REGISTERED = "registers that page with io_uring, which pins it, and asks for data from disk"


def who_sees_what(draw: Draw) -> Drawn:
    """Draw a scene and a release."""
    scene = draw.one(tuple(DRAWN))
    release = draw.one(("5.7", "5.9", "5.10", "5.15", "5.19", "6.1", "6.4", "6.5", "6.12", "6.18"))
    old, new = draw.one("AEKMR"), draw.one("DTXZ")
    kernel = Kernel(release)
    end = ended(DRAWN[scene], Cast(kernel, old, new))
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
        return "The child wrote, too, and moved to a copy as well"
    if told == (False, False):
        return "Somebody has stayed with the frame to which the device was sent"
    return "The parent still maps the frame to which the device was sent"


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


# The open task.


def newer_loses(mine: Callable[..., object]) -> Trial:
    """Try a story during a read from disk: lost on 5.9 alone, with a child that only looks on."""
    left = {release: _left(mine, release) for release in ("5.7", "5.9")}
    told = ", ".join(f"{name}: {found.did}" for name, found in left.items())
    traces = "\n\n".join(f"Linux {name}\n{found.details}" for name, found in left.items())
    trial = Trial(f"The parent reads: {told}.", traces)
    for release, found in left.items():
        if found.misses == "parent":
            return trial.missing("parent", release=release)
    kept = {release: found.did == "DDDD" for release, found in left.items()}
    unasked = {found.misses for found in left.values()}
    return trial.checked(
        {
            "older": kept["5.7"],
            "newer": not kept["5.9"],
            "gone": "gone" not in unasked,
            "wrote": "wrote" not in unasked,
        }
    )


def _left(mine: Callable[..., object], release: str) -> Trial:
    """What the parent reads after a story, when the device is done; and what the story lacks."""
    kernel = Kernel(release)
    parent = kernel.new_mm()
    addr = parent.mmap(PAGE_SIZE)
    parent.write(addr, b"A" * LETTERS)
    request = kernel.submit_dio_read(parent, addr, 1)
    frame = f"frame {request.pages[0].folio.pfn}"
    play(mine, kernel, parent, addr, request)
    children = [mm for mm in kernel.mms if mm is not parent]
    if request.in_flight:
        request.device_write(b"DDDD")
        request.complete()
    if parent.exited or parent.page_at(addr) is None:
        return Trial("nothing", kernel.trace, "parent")
    trial = Trial(parent.read(addr, 4).decode("ascii", "replace"), kernel.trace)
    wrote = any(
        (event.operation, event.page) == ("reuse", frame)
        or (event.operation, event.note) == ("copy", f"of {frame}")
        for event in kernel.trace
        if event.actor != parent.name
    )
    return trial.checked({"gone": bool(children), "wrote": not wrote})


THRESHOLD = ("fork_copy_threshold", "unpriv_threshold_haspinned_1", "copies_from_extra")


LOOK = "Are the references still held at the fork, and is it the child that reads its smaps?"


def copies_from(own_kib: Callable[[int], int]) -> Reply:
    """Find out from how many references on fork copies a page, by an experiment of the reader's.

    own_kib: says how many KiB of a page with so many extra references a child has to itself right
    after fork. It is asked for one number after another, each time in a process that has pinned
    something before, and what comes out is judged by `machine.measure`.
    """
    function("own_kib", own_kib)

    def copies(extra: int) -> bool:
        found = machine.attempt(_after_a_pin, own_kib, extra)
        if isinstance(found, int):
            return found > 0
        known = isinstance(found, machine.Failed)
        raise UnavailableError(
            str(found) if known else f"own_kib({extra}) returns {shown(found)}, and no number yet."
        )

    try:
        mine = first_that_copies(copies)
    except UnavailableError as reason:
        return Reply(str(reason))
    measured = machine.measure(THRESHOLD[0])
    if THRESHOLD not in measured.values:
        why = next(iter(measured.missing.values()), "")
        return Reply(f"You find {mine}. `machine.measure` found nothing to hold it against. {why}")
    right = mine == measured.values[THRESHOLD]
    never = f"never copies, tried up to {LAST_TRIED} references"
    told = f"By your experiment fork {never if mine == NEVER else f'copies from {mine} on'}."
    return Reply(told if right else f"{told} {LOOK}", right)


def _after_a_pin(own_kib: Callable[[int], int], extra: int) -> int:
    """Without a pin, of whatever page, fork would not ask."""
    process_vm_readv(buffers.new("letters"), buffers.new("never"))
    return own_kib(extra)
