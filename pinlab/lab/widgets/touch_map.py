"""The sliders over pages that are read and written: what the page tables and frames are then."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pinlab.lab.map import NARROW, Panel, draw_map, sheet
from pinlab.lab.picture import Drawing
from pinlab.lab.powers import plural
from pinlab.lab.snapshot import Frame, Snapshot, snapshot
from pinlab.lab.widgets.controls import Dial
from pinlab.lab.widgets.exhibit import Exhibit, Stage
from pinlab.machine.buffers import PAGES
from pinlab.model.folio import PAGE_SIZE
from pinlab.model.kernel import Kernel

NAMES = ("parent", "other")


@dataclass(frozen=True)
class Touches:
    """How many pages of a fresh 64-page buffer are read and then written, by how many processes.

    The pages that are read or written are the first ones.
    """

    read: int
    written: int
    processes: int

    @property
    def done(self) -> str:
        """It in words."""
        who = ", by each of 2 processes" if self.processes > 1 else ""
        return f"{self.read} {plural(self.read, 'page')} read, {self.written} written{who}."

    @property
    def kernel(self) -> Kernel:
        """A machine on which it was done."""
        kernel = Kernel()
        for name in NAMES[: self.processes]:
            mm = kernel.new_mm(name)
            addr = mm.mmap(PAGES * PAGE_SIZE)
            mm.read(addr, self.read * PAGE_SIZE)
            mm.write(addr, b"x" * self.written * PAGE_SIZE)
        return kernel


def touch_the_map(read: int = PAGES, written: int = 0, processes: int = 1) -> Exhibit:
    """Return sliders over the pages read and written and over the processes, with the map.

    Each process has a fresh buffer of 64 pages; the sliders begin at these numbers. Raises
    TypeError or ValueError for a number beyond its slider: 0 to 64 pages, 1 or 2 processes.
    """

    def draw(_: object = None) -> None:
        now = Touches(reads.value, writes.value, users.value)
        kernel = now.kernel
        stage.show(draw_map(kernel).svg, sentence(now, snapshot(kernel)))

    reads = Dial("pages read", read, range(PAGES + 1), draw, argument="read")
    writes = Dial("pages written", written, range(PAGES + 1), draw, argument="written")
    users = Dial("processes", processes, range(1, len(NAMES) + 1), draw)
    rows = (dial.widget for dial in (reads, writes, users))
    stage = Stage(*rows)
    draw()
    return Exhibit(stage.widget, touch_filmstrip())


def touch_filmstrip() -> Drawing:
    """Draw the map for four positions of the sliders, two abreast, each below what was done."""
    positions = Touches(PAGES, 3, 1), Touches(40, 3, 1), Touches(PAGES, 3, 2), Touches(0, 3, 1)
    states = [snapshot(touches.kernel) for touches in positions]
    panels = [Panel(state, touches.done) for touches, state in zip(positions, states, strict=True)]
    told = [sentence(touches, state) for touches, state in zip(positions, states, strict=True)]
    counters = {frame.refcount for state in states for frame in state.frames}
    told.append(f"Refcount of each frame: {', '.join(map(str, sorted(counters)))}.")
    return replace(sheet(panels, NARROW, abreast=2), twin="\n".join(told))


def sentence(touches: Touches, state: Snapshot) -> str:
    """Return what was done, where the entries point to, and how many frames that takes.

    >>> touches = Touches(read=64, written=1, processes=1)
    >>> told = sentence(touches, snapshot(touches.kernel))
    >>> for part in told.split(". "):
    ...     print(part)
    64 pages read, 1 written
    1 page has a frame of its own, 63 entries point to the zero page, 0 are empty
    Behind 64 pages: 2 frames.
    """
    pages = touches.processes * PAGES
    behind = _behind(state)
    zeros = sum(frame.zero for frame in behind)
    own, empty = len(behind) - zeros, pages - len(behind)
    frames = len({frame.number for frame in behind})
    return (
        f"{touches.done} {_own(own)}, {_point(zeros)} to the zero page, "
        f"{empty} {'is' if empty == 1 else 'are'} empty. "
        f"Behind {pages} pages: {frames} {plural(frames, 'frame')}."
    )


def _behind(state: Snapshot) -> list[Frame]:
    """The frame of each entry that is not empty."""
    areas = (area for process in state.processes for area in process.areas)
    found = (state.frame(number) for area in areas for _, number in area.entries)
    return [frame for frame in found if frame is not None]


def _own(pages: int) -> str:
    return (
        "1 page has a frame of its own" if pages == 1 else f"{pages} pages have frames of their own"
    )


def _point(entries: int) -> str:
    return "1 entry points" if entries == 1 else f"{entries} entries point"
