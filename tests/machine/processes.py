"""Processes: finding the worker of a process, and seeing it end."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
ORDINARY_USER = 65534  # nobody

T = TypeVar("T")


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def eventually(question: Callable[[], T], seconds: float = 15.0) -> T:
    """The first true answer; the last one if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return answer


def worker_of(parent: int, folder: Path) -> int | None:
    """The measuring process that `parent` started, once its unnamed file is in `folder`."""
    return next((pid for pid in children_of(parent) if _has_file_in(folder, pid)), None)


def children_of(parent: int) -> set[int]:
    """The processes that `parent` started and has not reaped; the tests' browser may be one."""
    found = Path("/proc").glob("[0-9]*/stat")
    return {int(status.parent.name) for status in found if _parent(status) == parent}


def descendants_of(parent: int) -> set[int]:
    """Its children, and theirs."""
    children = children_of(parent)
    return children.union(*map(descendants_of, children))


def _parent(status: Path) -> int | None:
    try:
        return int(status.read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return None


def _has_file_in(folder: Path, pid: int) -> bool:
    try:
        targets = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(target.startswith(f"{folder}/") for target in targets)


@contextmanager
def python(code: str, *before: str) -> Iterator[subprocess.Popen[str]]:
    """A Python in a process group of its own running `code`, after the command `before`."""
    command = [*before, sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def output_of(code: str, *before: str) -> str:
    """What `code` prints; it has to end well."""
    with python(code, *before) as process:
        words, _ = process.communicate(timeout=120)
        assert process.returncode == 0, words
        return words
