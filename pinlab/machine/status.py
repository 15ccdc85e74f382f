"""What /proc/self/status says of this process's memory."""

from __future__ import annotations

import re
from pathlib import Path

from pinlab.machine import procfs
from pinlab.machine.availability import UnavailableError

STATUS = Path("/proc/self/status")


def kib(field: str) -> int:
    """Return VmLck, VmPin or the like, in KiB; UnavailableError where there is none."""
    try:
        text = procfs.text(STATUS)
    except OSError as error:
        raise UnavailableError(f"{STATUS} answers {error.strerror!r}.") from error
    found = re.search(rf"^{field}:\s*(\d+) kB", text, re.MULTILINE)
    if found is None:
        raise UnavailableError(f"{STATUS} has no {field}.")
    return int(found[1])
