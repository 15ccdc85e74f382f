"""How much of a buffer is in RAM: on this Linux, by a made-up smaps, and in the recording."""

import csv
import errno
import mmap
import platform
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.data_folder import DATA
from pinlab.machine import buffers, proc
from pinlab.machine import smaps as module

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")
KIB = mmap.PAGESIZE // 1024


def rss(found: object) -> dict[int, int]:
    assert isinstance(found, module.Residents)
    return {row.written: row.rss for row in found.rows}


@linux_only
def test_only_written_pages_are_in_ram_on_this_kernel() -> None:
    found = machine.resident(0, 3, 64)
    if not found.live:
        pytest.skip(found.note)
    assert rss(found) == {0: 0, 3: 3 * KIB, 64: 64 * KIB}
    assert found.label.startswith("your kernel, ")
    assert found.note == ""


@linux_only
def test_it_is_a_table_with_its_label() -> None:
    found = module.Residents(
        (module.Resident(0, 0), module.Resident(3, 12)), live=True, note="", label="your kernel, 6"
    )
    assert str(found).splitlines() == [
        "your kernel, 6: buffers of 64 pages, all of them read",
        "pages written     Rss",
        "            0    0 kB",
        "            3   12 kB",
    ]


def test_where_no_measurement_is_wanted_it_is_the_recording(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    found = machine.resident(0, 3, 5, 64)
    assert not found.live
    assert rss(found) == {0: 0, 3: 12, 64: 256}
    assert found.label == "recording: Linux 6.18.44, November 2026"
    assert "PINLAB_MACHINE=recording" in found.note
    assert found.note.endswith("Not recorded: 5.")
    assert found.note in str(found)


def test_the_recording_has_what_pages_of_4_kib_take() -> None:
    with (DATA / "recordings" / "resident_pages.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 3
    for row in rows:
        assert int(row["value"]) == 4 * int(row["quantity"].removeprefix("k="))


@linux_only
@pytest.mark.parametrize("text", [None, "", "0-1 rw-p 0 0:0 0\nRss:   4 kB\n"])
def test_without_a_file_that_tells_it_is_the_recording(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "smaps"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(proc, "SMAPS", file)
    found = machine.resident(3)
    assert (found.live, rss(found)) == (False, {3: 12})
    assert found.note == f"This system has no {file} that tells."


@linux_only
def test_a_kernel_without_huge_pages_joins_neighbours_and_that_does_no_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without its advice the memory is like any other, and what Python maps lies beside it."""

    class Memory(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            raise OSError(errno.EINVAL, "no huge pages")

    neighbours: list[mmap.mmap] = []

    def beside(pages: int) -> memoryview:
        found = alone(pages)
        for _ in range(8):
            neighbours.append(mmap.mmap(-1, 1 << 16, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
            neighbours[-1][:] = b"x" * (1 << 16)
        return found

    alone = buffers.alone
    monkeypatch.setattr(mmap, "mmap", Memory)
    monkeypatch.setattr(buffers, "alone", beside)
    found = machine.resident(0, 3)
    if not found.live:
        pytest.skip(found.note)
    assert rss(found) == {0: 0, 3: 3 * KIB}


@pytest.mark.parametrize("number", [-1, 65])
def test_a_number_of_pages_that_a_buffer_does_not_have(number: int) -> None:
    with pytest.raises(ValueError, match=f"written is {number}"):
        machine.resident(0, number)


def test_no_number_and_no_number_at_all() -> None:
    with pytest.raises(ValueError, match="no buffers"):
        machine.resident()
    with pytest.raises(TypeError, match="written is 'letters'"):
        machine.resident("letters")  # type: ignore[arg-type]
