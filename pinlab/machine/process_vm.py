"""process_vm_readv(2) on one's own memory: FOLL_PIN without any device.

The call pins the pages it reads from in every release that has pins (mm/process_vm_access.c),
whatever direct I/O does there.
"""

from __future__ import annotations

import ctypes
import errno
import os

from pinlab.machine import libc


def read(source: memoryview, target: memoryview) -> None:
    """Copy all of `source` into `target` by one system call; OSError if it does not."""
    _copy("process_vm_readv", "read", target, source)


def write(target: memoryview, source: memoryview) -> None:
    """Copy all of `source` into `target`, of which the pages are pinned, for writing.

    Raises OSError as `read`.
    """
    _copy("process_vm_writev", "write", source, target)


def _copy(name: str, noun: str, ours: memoryview, pinned: memoryview) -> None:
    spans = [ctypes.byref(libc.span(memory)) for memory in (ours, pinned)]
    copied = libc.call(name, os.getpid(), spans[0], 1, spans[1], 1, 0)
    if copied != len(pinned):
        raise OSError(errno.EIO, f"a {noun} stopped after {copied} of {len(pinned)} bytes")
