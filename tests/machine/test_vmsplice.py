"""References through pipes: as many as asked for, and none is left."""

import errno
import fcntl
import os
import platform
from pathlib import Path
from typing import Any

import pytest

from pinlab.machine import fork_threshold, libc, vmsplice

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("number", [0, 1, 255, 256, 257, 1100])
def test_each_reference_is_a_byte_in_a_pipe(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spliced: list[int] = []
    real = vmsplice._splice

    def splice(writing: int, page: memoryview, wanted: int) -> int:
        spliced.append(real(writing, page, wanted))
        return spliced[-1]

    monkeypatch.setattr(vmsplice, "_splice", splice)
    before = open_files()
    with fork_threshold.lone_page() as page, vmsplice.references(page, number):
        assert sum(spliced) == number
        assert open_files() == before + 2 * len(spliced)
    assert open_files() == before


def test_it_is_the_page_itself_and_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written afterwards comes out of the pipe."""
    ends: list[int] = []
    real = os.pipe

    def pipe() -> tuple[int, int]:
        ends[:] = real()
        return ends[0], ends[1]

    monkeypatch.setattr(os, "pipe", pipe)
    with fork_threshold.lone_page() as page, vmsplice.references(page, 2):
        page[0] = ord("Z")
        assert os.read(ends[0], 10) == b"ZZ"


@pytest.mark.parametrize("number", [-1, 2049])
def test_numbers_out_of_bounds(number: int) -> None:
    with (
        fork_threshold.lone_page() as page,
        pytest.raises(ValueError, match=f"number is {number}: allowed are .* 0 to 2048"),
        vmsplice.references(page, number),
    ):
        pass


def test_small_pipes_do_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user whose share of pipe memory is used up."""
    real = fcntl.fcntl

    def grudging(file: int, command: int, *argument: Any) -> Any:  # noqa: ANN401
        if command == fcntl.F_SETPIPE_SZ:
            raise PermissionError(errno.EPERM, "no")
        return real(file, command, *argument)

    monkeypatch.setattr(fcntl, "fcntl", grudging)
    before = open_files()
    with fork_threshold.lone_page() as page, vmsplice.references(page, 100):
        assert open_files() > before + 2
    assert open_files() == before


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, errno.ENOMEM])
def test_a_refusal_leaves_no_pipe(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *arguments: object) -> int:
        raise OSError(number, f"{name} answers {os.strerror(number)!r}")

    before = open_files()
    with fork_threshold.lone_page() as page:
        monkeypatch.setattr(libc, "call", refuse)
        with pytest.raises(OSError, match="vmsplice answers"), vmsplice.references(page, 3):
            pass
        monkeypatch.undo()
    assert open_files() == before


def test_too_few_files_leave_no_pipe() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_files()
    with fork_threshold.lone_page() as page:
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 3, hard))
        try:
            with (
                pytest.raises(OSError, match="Too many open files"),
                vmsplice.references(page, 2048),
            ):
                pass
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert open_files() == before
