"""Fixed buffers: pinned while they are registered, and each refusal in words."""

import errno
import mmap
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinlab.machine import buffers, io_uring, libc, status

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


@pytest.fixture
def ring() -> Iterator[int]:
    try:
        with io_uring.ring() as file:
            yield file
    except OSError as error:
        pytest.skip(str(error))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_vm_pin_rises_while_it_is_registered(ring: int) -> None:
    memory, before = buffers.new("letters"), status.kib("VmPin")
    with io_uring.registered(ring, memory):
        assert status.kib("VmPin") - before in (0, len(memory) >> 10)  # 0: up to Linux 5.8
    assert status.kib("VmPin") == before


def test_it_ends_with_the_block_however_that_ends(ring: int) -> None:
    memory, before = buffers.new("letters"), status.kib("VmPin")
    with pytest.raises(KeyboardInterrupt), io_uring.registered(ring, memory):
        raise KeyboardInterrupt
    assert status.kib("VmPin") == before
    with io_uring.registered(ring, memory):  # EBUSY if the first were still there
        pass


def test_two_rings_may_have_the_same_memory(ring: int) -> None:
    memory = buffers.new("letters")
    with (
        io_uring.ring() as second,
        io_uring.registered(ring, memory),
        io_uring.registered(second, memory),
    ):
        pass


def test_memory_that_may_not_be_written(ring: int) -> None:
    memory = buffers.new("letters")
    libc.call("mprotect", libc.address(memory), len(memory), mmap.PROT_READ)
    with (
        pytest.raises(OSError, match="io_uring_register answers 'Bad address'") as caught,
        io_uring.registered(ring, memory),
    ):
        pass
    assert caught.value.errno == errno.EFAULT


def test_a_ring_is_closed_again() -> None:
    before = open_files()
    try:
        with io_uring.ring():
            assert open_files() == before + 1
    except OSError as error:
        pytest.skip(str(error))
    assert open_files() == before


def refuse(monkeypatch: pytest.MonkeyPatch, wanted: str, number: int) -> None:
    real = libc.syscall

    def syscall(name: str, *arguments: object) -> int:
        if name == wanted:
            raise OSError(number, f"{name} answers {os.strerror(number)!r}")
        return real(name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(libc, "syscall", syscall)


@pytest.mark.parametrize(
    ("number", "setting", "words"),
    [
        (errno.ENOSYS, None, "io_uring_setup answers 'Function not implemented'"),
        (errno.EPERM, None, "io_uring_setup answers 'Operation not permitted'"),
        (errno.EPERM, "0\n", "io_uring_setup answers 'Operation not permitted'"),
        (
            errno.EPERM,
            "2\n",
            "io_uring_setup answers 'Operation not permitted' (kernel.io_uring_disabled is 2)",
        ),
    ],
)
def test_a_container_without_io_uring(
    number: int, setting: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "io_uring_setup", number)
    monkeypatch.setattr(io_uring, "DISABLED", tmp_path / "io_uring_disabled")
    if setting is not None:
        (tmp_path / "io_uring_disabled").write_text(setting)
    with pytest.raises(OSError, match="io_uring_setup") as caught, io_uring.ring():
        pass
    assert (caught.value.errno, caught.value.strerror) == (number, words)


def test_a_limit_of_locked_memory(ring: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    refuse(monkeypatch, "io_uring_register", errno.ENOMEM)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (64 << 10, 64 << 10))
    with (
        pytest.raises(OSError, match="io_uring_register") as caught,
        io_uring.registered(ring, memoryview(bytearray(256 << 10))),
    ):
        pass
    assert caught.value.strerror == (
        "io_uring_register answers 'Cannot allocate memory' "
        "(RLIMIT_MEMLOCK is 64 KiB, and 256 KiB are needed)"
    )
