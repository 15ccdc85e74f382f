"""Frames behind pages, with files in the place of /proc."""

import mmap
import os
import platform
import sys
from pathlib import Path

import pytest

from pinlab.machine import buffers, children, libc, pagemap
from pinlab.machine.availability import UnavailableError
from pinlab.machine.experiments.case import read_once

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_mapped_and_not_mapped() -> None:
    memory = buffers.new("never")
    assert not pagemap.is_mapped(libc.address(memory))
    memory[0] = 1
    assert pagemap.is_mapped(libc.address(memory))


@root_only
def test_frames() -> None:
    try:
        zeros = pagemap.frames(read_once(buffers.new("never")))
    except UnavailableError as reason:
        pytest.skip(str(reason))
    written = pagemap.frames(buffers.new("letters"))
    assert (len(zeros), len(set(zeros)), len(set(written))) == (64, 1, 64)
    assert pagemap.has_flag(zeros[0], pagemap.ZERO_PAGE)
    assert not any(pagemap.has_flag(frame, pagemap.ZERO_PAGE) for frame in written)


@root_only
def test_frames_of_a_child() -> None:
    memory = buffers.new("letters")
    with children.idle_child() as child:
        try:
            assert pagemap.frames(memory, child) == pagemap.frames(memory)
        except UnavailableError as reason:
            pytest.skip(str(reason))


def fake(tmp_path: Path, memory: memoryview, entries: list[int]) -> None:
    """A page table with these entries for the memory; the rest of the file is a hole."""
    (tmp_path / "self").mkdir(exist_ok=True)
    with (tmp_path / "self" / "pagemap").open("wb") as file:
        file.seek(libc.address(memory) // mmap.PAGESIZE * 8)
        file.write(b"".join(entry.to_bytes(8, sys.byteorder) for entry in entries))


def test_the_number_is_in_the_lower_55_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = buffers.new("never")[: 2 * mmap.PAGESIZE]
    monkeypatch.setattr(pagemap, "PROC", tmp_path)
    fake(tmp_path, memory, [1 << 63 | 1 << 56 | 0x12345, 1 << 63 | 1 << 55 | 7])
    assert pagemap.frames(memory) == [0x12345, 7]
    assert pagemap.is_mapped(libc.address(memory))


def test_an_ordinary_user_sees_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = buffers.new("never")[: mmap.PAGESIZE]
    monkeypatch.setattr(pagemap, "PROC", tmp_path)
    fake(tmp_path, memory, [1 << 63])
    with pytest.raises(UnavailableError, match="frame numbers to CAP_SYS_ADMIN only"):
        pagemap.frames(memory)


def test_files_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagemap, "PROC", tmp_path)
    monkeypatch.setattr(pagemap, "KPAGEFLAGS", tmp_path / "kpageflags")
    with pytest.raises(UnavailableError, match="pagemap answers 'No such file or directory'"):
        pagemap.frames(buffers.new("never"))
    with pytest.raises(UnavailableError, match="kpageflags answers 'No such file or directory'"):
        pagemap.has_flag(1, pagemap.ZERO_PAGE)


def test_files_masked_by_empty_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container masks a file with /dev/null. Nothing read is no zero."""
    monkeypatch.setattr(pagemap, "KPAGEFLAGS", Path("/dev/null"))
    with pytest.raises(UnavailableError, match="/dev/null answers 'No data available'"):
        pagemap.has_flag(1, pagemap.ZERO_PAGE)
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "pagemap").write_bytes(b"")
    monkeypatch.setattr(pagemap, "PROC", tmp_path)
    memory = buffers.new("never")
    with pytest.raises(UnavailableError, match="pagemap answers 'No data available'"):
        pagemap.frames(memory)
    with pytest.raises(OSError, match="No data available"):
        pagemap.is_mapped(libc.address(memory))


def test_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagemap, "KPAGEFLAGS", tmp_path / "kpageflags")
    words = [0, 1 << 24, 1 << 22 | 1 << 24]
    pagemap.KPAGEFLAGS.write_bytes(b"".join(word.to_bytes(8, sys.byteorder) for word in words))
    assert [pagemap.has_flag(frame, pagemap.ZERO_PAGE) for frame in range(3)] == [False, True, True]
    assert [pagemap.has_flag(frame, pagemap.THP) for frame in range(3)] == [False, False, True]
