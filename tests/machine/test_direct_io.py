"""The unnamed file and the folders it can be in."""

import errno
import mmap
import os
import platform
from pathlib import Path

import pytest

from pinlab.machine import buffers, direct_io

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


def test_a_chosen_folder_is_the_only_one(tmp_path: Path) -> None:
    assert direct_io.folders(tmp_path) == direct_io.folders(str(tmp_path)) == [str(tmp_path)]


def test_a_chosen_folder_has_to_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"does not exist.*nowhere"):
        direct_io.folders(tmp_path / "nowhere")


def test_a_chosen_folder_has_to_be_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NotADirectoryError, match=r"not a folder.*file"):
        direct_io.folders(file)


def test_a_chosen_folder_has_to_be_a_path() -> None:
    with pytest.raises(TypeError, match="folder is 7: it has to be a path"):
        direct_io.folders(7)  # type: ignore[arg-type]


def test_the_usual_folders_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/scratch")
    monkeypatch.setenv("HOME", "/home/reader")
    assert direct_io.folders() == ["/scratch", "/var/tmp", ".", "/home/reader"]


def test_a_reader_may_have_neither_temporary_folder_nor_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_folder() -> str:
        raise FileNotFoundError

    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr("tempfile.gettempdir", no_folder)
    monkeypatch.setattr(Path, "home", no_home)
    assert direct_io.folders() == ["/var/tmp", "."]


@linux_only
def test_proc_cannot_hold_a_file() -> None:
    assert direct_io.file_system("/proc") == "proc"
    refusal = "Operation not supported" if os.geteuid() == 0 else "Permission denied"
    assert direct_io.objection("/proc") == f"/proc answers {refusal!r}"


@linux_only
@pytest.mark.parametrize("kind", ["tmpfs", "devtmpfs", "ramfs"])
def test_memory_is_no_device(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _mount(folder, kind, monkeypatch)
    assert direct_io.objection(str(folder)) == f"{folder} is on {kind}, which copies instead"


@linux_only
def test_a_device_that_no_mount_has_may_still_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = direct_io.MOUNTS.with_name("none")
    monkeypatch.setattr(direct_io, "MOUNTS", table)
    assert direct_io.objection(str(folder)) == f"{folder} answers 'No such file or directory'"
    _mount(Path("/proc"), "proc", monkeypatch)
    assert direct_io.file_system(str(folder)) == ""
    assert direct_io.objection(str(folder)) is None


def _mount(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the mount table by one that has this folder's device only."""

    class Table:
        def read_text(self, encoding: str, errors: str) -> str:
            device = folder.stat().st_dev
            number = f"{os.major(device)}:{os.minor(device)}"
            return f"25 1 {number} / /mnt\\040x rw,relatime shared:1 - {kind} none rw\n"

    monkeypatch.setattr(direct_io, "MOUNTS", Table())


def test_the_file_has_no_name(folder: Path) -> None:
    import fcntl  # there is none on Windows

    with direct_io.unnamed_file(str(folder)) as file:
        direct_io.write(file, buffers.new("letters"))
        assert fcntl.fcntl(file, fcntl.F_GETFL) & os.O_DIRECT
        assert os.fstat(file).st_nlink == 0
        assert os.fstat(file).st_size == 64 * mmap.PAGESIZE
        assert list(folder.iterdir()) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_writes_go_over_the_same_pages(folder: Path) -> None:
    with direct_io.unnamed_file(str(folder)) as file:
        for buffer in ("letters", "never", 1):
            direct_io.write(file, buffers.new(buffer))
        assert os.fstat(file).st_size == 64 * mmap.PAGESIZE
        check = buffers.new("letters")
        assert os.preadv(file, [check], 0) == len(check)
        assert bytes(check) == bytes(buffers.new(1))


@linux_only
def test_a_short_write_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda file, buffer, offset: 4096)
    memory = buffers.new("letters")
    with pytest.raises(OSError, match=f"after 4096 of {len(memory)} bytes") as caught:
        direct_io.write(0, memory)
    assert caught.value.errno == errno.EIO
