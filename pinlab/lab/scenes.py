"""Scenes: a page that a device works on, a fork, and who writes before the device is done.

Every scene begins with a page of letters A and a request in flight, and ends with the request's
completion. What happens in between is its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pinlab.lab.walk import Story
from pinlab.machine import boot, recording
from pinlab.model.arguments import one_of
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.gup import FOLL_LONGTERM, FOLL_WRITE
from pinlab.model.kernel import Kernel

if TYPE_CHECKING:
    import pandas

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


Step = Callable[[Cast], str]

BEGIN: tuple[Step, ...] = (Cast.fill, Cast.ask)
END: tuple[Step, ...] = (Cast.deliver, Cast.complete)

SCENES: Mapping[str, tuple[Step, ...]] = MappingProxyType(
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


def fork_story(scene: str) -> Story:
    """Return the story of a scene, for pictures that go through it.

    Raises ValueError for an unknown scene.

    >>> from pinlab.lab.walk import tell
    >>> *_, last = tell(fork_story("parent writes"), Kernel("6.4"))
    >>> print(last.words)
    The request is complete. The parent reads AAAAAAAp, the child DDDDAAAA.
    """
    steps = _steps(scene)

    def story(kernel: Kernel) -> Iterator[str]:
        cast = Cast(kernel)
        for step in steps:
            yield step(cast)

    return story


def _steps(scene: str) -> tuple[Step, ...]:
    return SCENES[one_of("scene", scene, SCENES)]


class Outcome(NamedTuple):
    """The first byte that parent and child read at the end, and the device's; empty for none."""

    parent: str
    child: str
    device: str


def outcome(scene: str, kernel: Kernel) -> Outcome:
    """Return how a scene ends on a machine; ValueError for an unknown scene."""
    return ended(_steps(scene), Cast(kernel))


def ended(steps: tuple[Step, ...], cast: Cast) -> Outcome:
    """Go through some steps, and return how that ends."""
    for step in steps:
        step(cast)
    child = "" if cast.child is None else cast.sees(cast.child)[0]
    return Outcome(cast.sees(cast.parent)[0], child, cast.sent[:1])


def in_short(end: Outcome) -> str:
    """Return an outcome as a cell of a table: the parent's byte, the child's, and what is wrong.

    >>> in_short(Outcome("A", "D", ""))
    'A, D: lost'
    """
    if end.device:
        return f"{end.device} to disk" + (": leak" if end.device == "C" else "")
    seen = ", ".join(filter(None, (end.parent, end.child)))
    return seen if end.parent == NEW else f"{seen}: lost"


RELEASES = ("5.7", "5.9", "5.19", "6.4", "6.5", "6.18")
"""The releases that the lesson looks at: with 5.9, 5.19 and 6.5 the rules change."""


def scenes_by_release() -> pandas.DataFrame:
    """Return a table: a row for each scene, a column for each release, how it ends in the model."""
    import pandas

    columns = {
        release: {scene: in_short(outcome(scene, Kernel(release))) for scene in SCENES}
        for release in RELEASES
    }
    return pandas.DataFrame(columns).rename_axis("scene")


UNFIXED = "without the zero-page fix (A/B pair)"
RECORDED: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "5.10.262": ("5.10.262", None),
        "6.1.192": ("6.1.192", "with the zero-page fix (A/B pair)"),
        "6.1.192, no fix": ("6.1.192", UNFIXED),
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


def recorded_scenes() -> pandas.DataFrame:
    """Return a table: for each recorded scene the model's prediction, and below it what happened.

    A column for each recorded kernel.
    """
    import pandas

    columns = {
        name: {
            row: words
            for scene in CASES
            for row, words in (
                ((scene, "model"), predicted(scene, name)),
                ((scene, "recorded"), in_short(recorded(scene, name))),
            )
        }
        for name in RECORDED
    }
    return pandas.DataFrame(columns).rename_axis(index=["scene", ""])


def predicted(scene: str, name: str) -> str:
    """Return what the model says of a scene on one of the recorded kernels."""
    if scene not in SCENES:
        return "not modelled"
    kernel, build = RECORDED[name]
    return in_short(outcome(scene, boot(kernel, build)))


def recorded(scene: str, name: str) -> Outcome:
    """Return how a scene ended on one of the recorded kernels."""
    kernel, build = RECORDED[name]
    found = recording(kernel, "dio_read_and_fork", CASES[scene], build)
    child = str(found["child_sees"])
    return Outcome(str(found["parent_sees"]), "" if child == "-" else child, "")
