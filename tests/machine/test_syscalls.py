"""System calls: what they do, what is left of them, and each refusal in words."""

import errno
import fcntl
import mmap
import os
import platform
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pinlab.machine import buffers, proc, syscalls
from tests.machine.faults import refuse

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_an_answer_and_an_error() -> None:
    assert syscalls.call("getpid") == os.getpid()
    area = memoryview(mmap.mmap(-1, mmap.PAGESIZE))
    assert proc.address(area) > 1 << 32  # passed whole
    assert syscalls.call("mprotect", proc.address(area), len(area), mmap.PROT_READ) == 0
    with pytest.raises(OSError, match="close answers 'Bad file descriptor'") as caught:
        syscalls.call("close", -1)
    assert caught.value.errno == errno.EBADF


@pytest.mark.parametrize("number", [None, 0x7FFFFFFF])
def test_what_the_library_or_the_kernel_does_not_have(number: int | None) -> None:
    with pytest.raises(OSError, match="vmsplot answers 'Function not implemented'") as caught:
        syscalls.call("vmsplot", number=number)
    assert caught.value.errno == errno.ENOSYS


# process_vm_readv


def test_read_copies_everything_and_write_the_other_way() -> None:
    target = buffers.new("letters")
    for buffer in ("zeros", "letters", "never", 5):
        syscalls.process_vm_readv(buffers.new(buffer), target)
        assert bytes(target) == bytes(buffers.new(buffer))
    syscalls.process_vm_writev(buffers.new("letters"), target)
    assert bytes(target) == bytes(buffers.new("letters"))


@pytest.mark.parametrize(
    ("size", "protection", "words", "number"),
    [
        (64, mmap.PROT_WRITE, "process_vm_readv answers 'Bad address'", errno.EFAULT),
        (128, mmap.PROT_READ | mmap.PROT_WRITE, "a read stopped after .* bytes", errno.EIO),
    ],
    ids=["memory that may not be read", "a target that is too small"],
)
def test_a_read_that_fails(size: int, protection: int, words: str, number: int) -> None:
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    source = mmap.mmap(-1, size * mmap.PAGESIZE, flags=private, prot=protection)
    with pytest.raises(OSError, match=words) as caught:
        syscalls.process_vm_readv(memoryview(source), buffers.new("never"))
    assert caught.value.errno == number


# vmsplice


@pytest.mark.parametrize("number", [0, 1, 255, 256, 257, 1100])
def test_each_reference_is_a_byte_in_a_pipe(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spliced: list[int] = []
    real = syscalls.call

    def call(name: str, *arguments: object) -> int:
        spliced.append(real(name, *arguments))
        return spliced[-1]

    page, before = buffers.lone_page(), open_files()
    monkeypatch.setattr(syscalls, "call", call)
    with syscalls.references(page, number):
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
    page = buffers.lone_page()
    with syscalls.references(page, 2):
        page[0] = ord("Z")
        assert os.read(ends[0], 10) == b"ZZ"


@pytest.mark.parametrize("number", [-1, 2049])
def test_numbers_out_of_bounds(number: int) -> None:
    with (
        pytest.raises(ValueError, match=f"number is {number}: allowed are .* 0 to 2048"),
        syscalls.references(buffers.new("letters"), number),
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
    with syscalls.references(buffers.new("letters"), 100):
        assert open_files() > before + 2
    assert open_files() == before


@pytest.mark.parametrize("files", [None, 3])
def test_a_refusal_leaves_no_pipe(files: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of vmsplice, or of a pipe: no more files than these."""
    page, before = buffers.new("letters"), open_files()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    if files is None:
        refuse(monkeypatch, "vmsplice", errno.ENOMEM)
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + files, hard))
    words = "vmsplice answers" if files is None else "Too many open files"
    try:
        with pytest.raises(OSError, match=words), syscalls.references(page, 2048):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert open_files() == before


# io_uring


@pytest.fixture
def ring() -> Iterator[int]:
    try:
        with syscalls.ring() as file:
            yield file
    except OSError as error:
        pytest.skip(str(error))


def test_it_is_pinned_while_it_is_registered_however_that_ends(ring: int) -> None:
    memory, before = buffers.new("letters"), proc.status_kib("VmPin")
    with suppress(KeyboardInterrupt), syscalls.registered(ring, memory):
        assert proc.status_kib("VmPin") - before in (0, len(memory) >> 10)  # 0: up to Linux 5.8
        raise KeyboardInterrupt
    assert proc.status_kib("VmPin") == before
    with syscalls.registered(ring, memory):  # EBUSY if the first were still there
        pass


def test_memory_that_may_not_be_written(ring: int) -> None:
    memory = buffers.new("letters")
    syscalls.call("mprotect", proc.address(memory), len(memory), mmap.PROT_READ)
    with (
        pytest.raises(OSError, match="io_uring_register answers 'Bad address'") as caught,
        syscalls.registered(ring, memory),
    ):
        pass
    assert caught.value.errno == errno.EFAULT


def test_a_ring_is_closed_again() -> None:
    before = open_files()
    try:
        with syscalls.ring():
            assert open_files() == before + 1
    except OSError as error:
        pytest.skip(str(error))
    assert open_files() == before


@pytest.mark.parametrize(
    ("setting", "more"), [(None, ""), ("0\n", ""), ("2\n", " (kernel.io_uring_disabled is 2)")]
)
def test_a_container_without_io_uring(
    setting: str | None, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "io_uring_setup", errno.EPERM)
    monkeypatch.setattr(syscalls, "DISABLED", tmp_path / "io_uring_disabled")
    if setting is not None:
        (tmp_path / "io_uring_disabled").write_text(setting)
    with pytest.raises(OSError, match="io_uring_setup") as caught, syscalls.ring():
        pass
    words = f"io_uring_setup answers 'Operation not permitted'{more}"
    assert (caught.value.errno, caught.value.strerror) == (errno.EPERM, words)


def test_a_limit_of_locked_memory(ring: int, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "io_uring_register", errno.ENOMEM)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (64 << 10, 64 << 10))
    with (
        pytest.raises(OSError, match="io_uring_register") as caught,
        syscalls.registered(ring, memoryview(bytearray(256 << 10))),
    ):
        pass
    assert caught.value.strerror == (
        "io_uring_register answers 'Cannot allocate memory' "
        "(RLIMIT_MEMLOCK is 64 KiB, and 256 KiB are needed)"
    )
