"""What /proc/self/smaps says of a mapping of this process."""

from __future__ import annotations

import re
from pathlib import Path

from pinlab.machine import libc, procfs

SMAPS = Path("/proc/self/smaps")
HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) ")


def kib(memory: memoryview, field: str) -> int:
    """Return a field of the mapping that has this memory, in KiB.

    Raises OSError if the file cannot be read, LookupError if it does not tell.
    """
    addr = libc.address(memory)
    wanted = re.compile(rf"{field}:\s+(\d+) kB")
    inside = False
    for line in procfs.text(SMAPS).splitlines():
        if head := HEAD.match(line):
            inside = int(head[1], 16) <= addr < int(head[2], 16)
        elif inside and (found := wanted.match(line)):
            return int(found[1])
    raise LookupError(f"{SMAPS} has no {field} for {addr:#x}")
