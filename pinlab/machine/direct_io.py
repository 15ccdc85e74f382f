"""Direct I/O with an unnamed file, and where that is possible: the device has the buffer's frames.

The file has no name from its first moment on (O_TMPFILE), so it ends with its process, however
that ends.
"""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pinlab.machine import proc
from pinlab.machine.proc import UnavailableError, require_counters
from pinlab.machine.syscalls import require_all
from pinlab.model.arguments import path

MOUNTS = Path("/proc/self/mountinfo")

NBYTES = 64 * mmap.PAGESIZE
"""What the file has to have room for: one write of a buffer."""

IN_MEMORY = ("tmpfs", "devtmpfs", "ramfs")
"""File systems without a device. tmpfs takes O_DIRECT since 6.6 (e88e0d366f9c), and copies."""


def place(folder: str | os.PathLike[str] | None) -> str:
    """Return the folder to measure in; UnavailableError if that or anything else is lacking.

    folder: None takes the first usual one that can do direct I/O. Raises FileNotFoundError or
    NotADirectoryError if it is no folder, ValueError for an unknown value of PINLAB_MACHINE.
    """
    candidates = _usual_folders() if folder is None else [_given(folder)]
    require_counters()
    objections = []
    for candidate in candidates:
        objection = _objection(candidate)
        if objection is None:
            return candidate
        objections.append(objection)
    raise UnavailableError(
        f"Direct I/O to an unnamed file is not possible here: {'; '.join(objections)}."
    )


def _given(folder: str | os.PathLike[str]) -> str:
    given = path("folder", folder)
    if not given.exists():
        raise FileNotFoundError(errno.ENOENT, "the folder does not exist", str(given))
    if not given.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "this is not a folder", str(given))
    return str(given)


def _usual_folders() -> list[str]:
    usual = ["/var/tmp", os.curdir]
    with suppress(FileNotFoundError):  # no folder for temporary files is writable
        usual.insert(0, tempfile.gettempdir())
    with suppress(RuntimeError):  # this user has no home
        usual.append(str(Path.home()))
    return list(dict.fromkeys(usual))


def _objection(folder: str) -> str | None:
    """Return in a few words why `folder` cannot do a direct write, None if it can."""
    try:
        kind = file_system(folder)
        if kind in IN_MEMORY:
            return f"{folder} is on {kind}, which copies instead"
        with unnamed_file(folder) as file:
            write(file, memoryview(mmap.mmap(-1, NBYTES)))
            return None
    except OSError as error:
        return f"{folder} answers {error.strerror!r}"


def file_system(folder: str) -> str:
    """Return the type of the file system that `folder` is on, "" if the kernel lists none.

    btrfs gives its subvolumes device numbers that no mount has.
    """
    device = Path(folder).stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in proc.text(MOUNTS).splitlines():
        fields = line.split()
        if fields[2] == number:
            return fields[fields.index("-") + 1]
    return ""


@contextmanager
def unnamed_file(folder: str) -> Iterator[int]:
    """Open a file without a name in `folder` for direct I/O; OSError if that is impossible."""
    file = os.open(folder, os.O_TMPFILE | os.O_DIRECT | os.O_RDWR, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def write(file: int, buffer: memoryview) -> None:
    """Write the whole buffer over the start of the file; OSError if not all of it arrives."""
    require_all("write", os.pwrite(file, buffer, 0), buffer)


def read(file: int, buffer: memoryview) -> None:
    """Fill the whole buffer from the start of the file; OSError if not all of it arrives."""
    require_all("read", os.preadv(file, [buffer], 0), buffer)
