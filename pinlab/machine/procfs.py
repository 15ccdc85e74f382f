"""Files of /proc and /sys, which a container may hide behind an empty file."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def text(file: Path) -> str:
    """Return what a file says; OSError if it cannot be read, ENODATA if it says nothing at all."""
    said = file.read_text(encoding="utf-8", errors="replace")
    if not said:
        raise nothing(file)
    return said


def nothing(file: Path) -> OSError:
    """Return the error of a file that has nothing where a kernel's own has something."""
    return OSError(errno.ENODATA, os.strerror(errno.ENODATA), str(file))
