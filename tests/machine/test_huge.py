"""Never-written memory in huge pages, where there are any, and each reason why not."""

import errno
import mmap
import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.machine import buffers, huge, proc
from pinlab.machine.proc import UnavailableError
from tests.machine.counting import ask_for
from tests.machine.processes import output_of

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)

ZERO_PAGE, HUGE_PAGE = 24, 22
"""Bits in /proc/kpageflags: KPF_ZERO_PAGE and KPF_THP."""


@pytest.fixture
def memory() -> memoryview:
    try:
        return buffers.new("huge-never")
    except UnavailableError as reason:
        pytest.skip(str(reason))


def entry(memory: memoryview, page: int) -> int:
    """What the page table has for a page of the memory, or beyond it."""
    address = proc.address(memory) + page * mmap.PAGESIZE
    with Path("/proc/self/pagemap").open("rb", buffering=0) as file:
        return int.from_bytes(os.pread(file.fileno(), 8, address // mmap.PAGESIZE * 8), "little")


def test_it_reads_as_64_pages_of_zeros_from_the_start_of_a_huge_page_on(memory: memoryview) -> None:
    assert bytes(memory) == bytes(64 * mmap.PAGESIZE)
    size = int((huge.SETTINGS / "hpage_pmd_size").read_text())
    assert proc.address(memory) % size == 0


def test_one_read_has_mapped_all_of_one_huge_page(memory: memoryview) -> None:
    pages = int((huge.SETTINGS / "hpage_pmd_size").read_text()) // mmap.PAGESIZE
    mapped = [bool(entry(memory, page) >> 63) for page in (0, 1, 63, 64, pages - 1, pages)]
    assert mapped == [True] * 5 + [False]


def test_what_is_mapped_is_a_huge_page_of_zeros(memory: memoryview) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root sees which frames are mapped")
    frame = entry(memory, 5) & (1 << 55) - 1
    with Path("/proc/kpageflags").open("rb", buffering=0) as kpageflags:
        flags = int.from_bytes(os.pread(kpageflags.fileno(), 8, 8 * frame), "little")
    assert [flags >> bit & 1 for bit in (ZERO_PAGE, HUGE_PAGE)] == [1, 1]


def test_its_pins_are_counted(memory: memoryview, direct_io_pins: Path) -> None:
    ask_for([6400], lambda: machine.ask("huge-never", writes=100, folder=direct_io_pins))


def settings(tmp_path: Path, **changed: str) -> Path:
    """A folder like the kernel's, with some of the settings changed."""
    kept = {"enabled": "always [madvise] never", "use_zero_page": "1", "hpage_pmd_size": "2097152"}
    for name, value in (kept | changed).items():
        (tmp_path / name).write_text(f"{value}\n")
    return tmp_path


Obstruct = Callable[[pytest.MonkeyPatch, Path], None]


def switch_huge_pages_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = settings(tmp_path, enabled="always madvise [never]")
    monkeypatch.setattr(huge, "SETTINGS", folder)


def switch_the_huge_zero_folio_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huge, "SETTINGS", settings(tmp_path, use_zero_page="0"))


def have_no_such_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huge, "SETTINGS", tmp_path)


def take_no_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Memory(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(huge, "SETTINGS", settings(tmp_path))
    monkeypatch.setattr(mmap, "mmap", Memory)


def map_single_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As when there is no memory for the folio: the fault falls back to the small zero page."""

    class Memory(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            super().madvise(mmap.MADV_NOHUGEPAGE)

    monkeypatch.setattr(huge, "SETTINGS", settings(tmp_path))
    monkeypatch.setattr(mmap, "mmap", Memory)


def hide_the_page_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huge, "SETTINGS", settings(tmp_path))
    monkeypatch.setattr(proc, "PROCESSES", tmp_path)


OBSTACLES = pytest.mark.parametrize(
    ("obstruct", "reason"),
    [
        (switch_huge_pages_off, "{tmp_path}/enabled says 'always madvise [never]'"),
        (switch_the_huge_zero_folio_off, "{tmp_path}/use_zero_page says '0'"),
        (have_no_such_settings, "there is no {tmp_path}/enabled"),
        (take_no_advice, "the kernel answers 'Invalid argument'"),
        (
            map_single_pages,
            "a read maps a single page; memory is short, or this process may not",
        ),
        (hide_the_page_table, "there is no {tmp_path}/self/pagemap"),
    ],
)


@OBSTACLES
def test_each_obstacle_has_its_sentence(
    obstruct: Obstruct, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstruct(monkeypatch, tmp_path)
    with pytest.raises(UnavailableError) as caught:
        buffers.new("huge-never")
    told = reason.format(tmp_path=tmp_path)
    assert str(caught.value) == f"There is no huge zero folio to be had here: {told}."


@OBSTACLES
def test_no_obstacle_is_in_the_way_of_small_pages(
    obstruct: Obstruct, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstruct(monkeypatch, tmp_path)
    assert bytes(buffers.new("never")) == bytes(64 * mmap.PAGESIZE)


def test_memory_that_cannot_be_mapped_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huge, "SETTINGS", settings(tmp_path, hpage_pmd_size=str(1 << 60)))
    with pytest.raises(UnavailableError, match="the kernel answers 'Cannot allocate memory'"):
        buffers.new("huge-never")


def test_a_process_without_huge_pages_gets_the_recording_and_the_reason(
    memory: memoryview, folder: Path
) -> None:
    """A real obstacle, which the worker inherits: prctl(PR_SET_THP_DISABLE)."""
    code = (
        "import ctypes\n"
        "from pinlab import machine\n"
        "ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)\n"
        f"print(machine.ask('never', 'huge-never', writes=100, folder={str(folder)!r}))\n"
    )
    said = output_of(code)
    assert said.startswith("recording: Linux 6.18.44")
    assert said.endswith(
        "There is no huge zero folio to be had here: "
        "a read maps a single page; memory is short, or this process may not.\n"
    )
