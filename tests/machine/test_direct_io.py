"""The unnamed file and the folders it can be in; each obstacle has its words."""

import errno
import mmap
import os
import platform
from pathlib import Path

import pytest

from pinlab.machine import buffers, direct_io
from pinlab.machine.direct_io import place
from pinlab.machine.proc import UnavailableError

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("nowhere", FileNotFoundError, "does not exist.*nowhere"),
        ("file", NotADirectoryError, "not a folder.*file"),
        (7, TypeError, "folder is 7: it has to be a path"),
    ],
)
def test_a_chosen_folder_has_to_be_one_whatever_else_is_missing(
    name: str | int, error: type[Exception], words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    (tmp_path / "file").touch()
    with pytest.raises(error, match=words):
        place(tmp_path / name if isinstance(name, str) else name)  # type: ignore[arg-type]


def test_the_usual_folders_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader may have neither temporary folder nor home."""

    def nothing(error: type[Exception]) -> str:
        raise error

    monkeypatch.setattr("tempfile.gettempdir", lambda: "/scratch")
    monkeypatch.setenv("HOME", "/home/reader")
    assert direct_io._usual_folders() == ["/scratch", "/var/tmp", ".", "/home/reader"]
    monkeypatch.setattr("tempfile.gettempdir", lambda: nothing(FileNotFoundError))
    monkeypatch.setattr(Path, "home", lambda: nothing(RuntimeError))
    assert direct_io._usual_folders() == ["/var/tmp", "."]


def refused(folder: Path | str | None = None) -> str:
    """Why there is no place for a measurement, of which the sentence begins always the same."""
    with pytest.raises(UnavailableError) as caught:
        place(folder)
    before, _, reason = str(caught.value).partition("Direct I/O to an unnamed file is not ")
    assert before == ""
    return reason


@linux_only
def test_the_first_usable_folder_is_taken_or_all_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct_io, "_usual_folders", lambda: ["/proc", str(folder), "/sys"])
    assert place(None) == str(folder)
    assert direct_io.file_system("/proc") == "proc"
    _mount(folder, "tmpfs", monkeypatch)
    monkeypatch.setattr(direct_io, "_usual_folders", lambda: [str(folder), "/proc"])
    assert refused().startswith(
        f"possible here: {folder} is on tmpfs, which copies instead; /proc answers '"
    )


@linux_only
def test_a_full_disk_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: int, data: object, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", refuse)
    assert refused(folder) == f"possible here: {folder} answers 'No space left on device'."


@linux_only
@pytest.mark.parametrize("kind", ["devtmpfs", "ramfs"])
def test_memory_is_no_device(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _mount(folder, kind, monkeypatch)
    assert refused(folder) == f"possible here: {folder} is on {kind}, which copies instead."


@linux_only
def test_a_device_that_no_mount_has_may_still_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct_io, "MOUNTS", direct_io.MOUNTS.with_name("none"))
    assert refused(folder) == f"possible here: {folder} answers 'No such file or directory'."
    _mount(Path("/proc"), "proc", monkeypatch)
    assert direct_io.file_system(str(folder)) == ""
    assert place(folder) == str(folder)


def _mount(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the mount table by one that has this folder's device only."""

    class Table:
        def read_text(self, encoding: str, errors: str) -> str:
            device = folder.stat().st_dev
            number = f"{os.major(device)}:{os.minor(device)}"
            return f"25 1 {number} / /mnt\\040x rw,relatime shared:1 - {kind} none rw\n"

    monkeypatch.setattr(direct_io, "MOUNTS", Table())


def test_the_file_has_no_name_and_writes_go_over_the_same_pages(folder: Path) -> None:
    import fcntl  # there is none on Windows

    with direct_io.unnamed_file(str(folder)) as file:
        for buffer in ("letters", "never", 1):
            direct_io.write(file, buffers.new(buffer))
        assert fcntl.fcntl(file, fcntl.F_GETFL) & os.O_DIRECT
        found = os.fstat(file)
        assert (found.st_nlink, found.st_size) == (0, 64 * mmap.PAGESIZE)
        assert list(folder.iterdir()) == []
        check = buffers.new("letters")
        direct_io.read(file, check)
        assert bytes(check) == bytes(buffers.new(1))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


@linux_only
def test_a_short_write_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda file, buffer, offset: 4096)
    memory = buffers.new("letters")
    with pytest.raises(OSError, match=f"after 4096 of {len(memory)} bytes") as caught:
        direct_io.write(0, memory)
    assert caught.value.errno == errno.EIO
