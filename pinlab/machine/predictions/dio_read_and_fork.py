"""Who sees what a slow read from disk delivers, if the process forks meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pinlab.machine.predictions.forms import Forms, nothing
from pinlab.machine.predictions.process import (
    Values,
    page_of,
    pin_something_else,
    written,
)
from pinlab.model.kernel import Kernel
from pinlab.model.mm import Mm

SECTOR = 512
"""Bytes that were asked for; who writes meanwhile, writes elsewhere in the page."""

NOBODY, NO_CHILD = "-", -1


@dataclass(frozen=True)
class Scene:
    """What happens while the device is at work.

    fork, child_exits, child_writes (else the parent does); registered: into a buffer registered
    with io_uring, else by O_DIRECT; pinned_before: the process had pinned another page.
    """

    fork: bool = True
    child_exits: bool = False
    child_writes: bool = False
    registered: bool = False
    pinned_before: bool = False

    def __call__(self, kernel: Kernel) -> Values:
        """Play it on a machine, and return what was looked at."""
        parent = kernel.new_mm()
        if self.pinned_before:
            pin_something_else(parent)
        addr = written(parent)
        page = page_of(parent, addr)
        deliver = self._ask(parent, addr)
        inflight = page.refcount
        child = self._fork(parent)
        writer = child if child is not None and self.child_writes else parent
        writer.write(addr + 4 * SECTOR, b"w")
        data = b"D" * SECTOR
        deliver(data)
        sees = _byte(parent, addr)
        return {
            "io_res": len(data),
            "ref_inflight": inflight,
            "parent_pfn_changed": int(page_of(parent, addr) is not page),
            "child_pfn_same_as_orig": (
                NO_CHILD if child is None else int(page_of(child, addr) is page)
            ),
            "parent_sees": sees,
            "child_sees": NOBODY if child is None else _byte(child, addr),
            "verdict": "OK" if sees == "D" else "DATA-LOST-IN-PARENT",
        }

    def _ask(self, mm: Mm, addr: int) -> Callable[[bytes], None]:
        if self.registered:
            (page,) = mm.register_buffer(addr, 1).pages
            return page.device_write
        return mm.kernel.submit_dio_read(mm, addr, 1).device_write

    def _fork(self, parent: Mm) -> Mm | None:
        if not self.fork:
            return None
        child = parent.fork()
        if not self.child_exits:
            return child
        child.exit()
        return None


def _byte(mm: Mm, addr: int) -> str:
    return mm.read(addr, 1).decode()


FORMS: Forms = {
    "nofork_parent_writes": Scene(fork=False),
    "fork_parent_writes": Scene(),
    "fork_childexits_parent_writes": Scene(child_exits=True),
    "fork_child_writes": Scene(child_writes=True),
    "iouring_readfixed_fork_parent_writes": Scene(registered=True),
    "dontfork_parent_writes": nothing,
    "fork_parent_writes_again": Scene(pinned_before=True),
}
