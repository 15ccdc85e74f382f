"""How much RAM a buffer takes that was read and partly written: any program may ask that."""

from __future__ import annotations

import mmap
import platform
from dataclasses import dataclass
from typing import NamedTuple

from pinlab.machine import buffers, proc
from pinlab.machine.answer import version
from pinlab.machine.availability import no_linux_wanted
from pinlab.machine.buffers import PAGES
from pinlab.machine.recordings import DATE, recording
from pinlab.model.arguments import whole

RECORDED = "6.18.44"


class Resident(NamedTuple):
    """One buffer: written is how many of its pages got a byte, rss how many KiB of it are in RAM.

    The kernel leaves the zero page out of Rss (vm_normal_page() in smaps_pte_entry(),
    fs/proc/task_mmu.c, 6.18).
    """

    written: int
    rss: int


@dataclass(frozen=True, repr=False)
class Residents:
    """What was measured, or recorded.

    live: whether it was measured just now. note: why not, else "". label: the words to put
    beside the numbers.
    """

    rows: tuple[Resident, ...]
    live: bool
    note: str
    label: str

    def __str__(self) -> str:
        head = f"{self.label}: buffers of {PAGES} pages, all of them read"
        lines = [f"{row.written:13}  {row.rss:3} kB" for row in self.rows]
        return "\n".join([head, "pages written     Rss", *lines, *filter(None, [self.note])])

    __repr__ = __str__


def resident(*written: int) -> Residents:
    """Read 64 fresh pages, write one byte into some, and return how much of them is in RAM.

    There is a buffer for each number of written pages. Where Linux cannot be asked, or does not
    tell, it is the recording, with those of the numbers that it has. Raises ValueError for no
    number or one beyond 64, TypeError for what is none.
    """
    if not written:
        raise ValueError(f"no buffers: name at least one number of written pages, 0 to {PAGES}")
    asked = [whole("written", number, 0, PAGES) for number in written]
    reason = no_linux_wanted()
    if reason is None:
        try:
            rows = tuple(Resident(number, _rss_of_one(number)) for number in asked)
        except (OSError, LookupError):
            reason = f"This system has no {proc.SMAPS} that tells."
        else:
            label = f"your kernel, {version(platform.release())}"
            return Residents(rows, live=True, note="", label=label)
    return _recorded(asked, reason)


def _rss_of_one(written: int) -> int:
    memory = buffers.alone(PAGES)
    for page in range(PAGES):
        memory[page * mmap.PAGESIZE]
    for page in range(written):
        memory[page * mmap.PAGESIZE] = 1
    return proc.smaps_kib(memory, "Rss")


def _recorded(asked: list[int], reason: str) -> Residents:
    told = recording(RECORDED, "resident_pages", "64 pages read")
    rows = (Resident(n, int(told[f"k={n}"])) for n in asked if f"k={n}" in told)
    left_out = [str(n) for n in asked if f"k={n}" not in told]
    note = f"{reason} Not recorded: {', '.join(left_out)}." if left_out else reason
    return Residents(tuple(rows), False, note, f"recording: Linux {RECORDED}, {DATE}")
