"""The buffers, and what the kernel says about their memory."""

import errno
import mmap
import os
import platform
import re
from pathlib import Path

import pytest

from pinlab import machine
from pinlab.machine import buffers, proc
from pinlab.machine.proc import UnavailableError
from tests.machine.counting import ask_for
from tests.machine.processes import output_of

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")

KIB = mmap.PAGESIZE // 1024


@pytest.mark.parametrize(
    ("buffer", "touched"),
    [("letters", 64), ("zeros", 64), ("never", 0), ("huge-never", 0), (0, 0), (7, 7), (64, 64)],
)
def test_a_buffer_and_how_much_of_it_is_touched(buffer: buffers.Buffer, touched: int) -> None:
    assert buffers.check_all((buffer,)) == (buffer,)
    assert buffers.touched(buffer) == touched


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        *((value, TypeError, "0 to 64") for value in (True, 1.5, None, b"letters", ["letters"])),
        *((value, ValueError, "'letters', 'zeros', 'never', 'hu") for value in ("", "Let", "8")),
        *((value, ValueError, "0 to 64") for value in (-1, 65)),
    ],
)
def test_what_is_no_buffer(value: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"{re.escape(repr(value))}.*{words}"):
        buffers.check_all((value,))  # type: ignore[arg-type]


def test_at_least_one_buffer() -> None:
    with pytest.raises(ValueError, match=r"no buffers.*'letters'"):
        buffers.check_all(())


@linux_only
def test_contents() -> None:
    assert bytes(buffers.new("letters")) == b"pins" * (16 * mmap.PAGESIZE)
    assert bytes(buffers.new("zeros")) == bytes(64 * mmap.PAGESIZE)
    assert bytes(buffers.new(3))[:: mmap.PAGESIZE] == b"\1\1\1" + bytes(61)


@linux_only
@pytest.mark.parametrize("buffer", ["letters", "zeros", "never", 0, 1, 33, 64])
def test_the_kernel_has_a_frame_for_each_touched_page_and_no_other(buffer: buffers.Buffer) -> None:
    memory, expected = buffers.new(buffer), buffers.touched(buffer) * KIB
    assert {proc.smaps_kib(memory, name) for name in ("Rss", "Private_Dirty")} == {expected}


@linux_only
def test_memory_is_private_and_without_huge_pages() -> None:
    memory = buffers.alone(1)
    _, _, mapping = Path("/proc/self/smaps").read_text().partition(f"{proc.address(memory):x}-")
    flags = mapping.partition("VmFlags:")[2].partition("\n")[0].split()
    assert "sh" not in flags
    if not Path("/sys/kernel/mm/transparent_hugepage").exists():
        pytest.skip("this kernel has no huge pages")
    assert "nh" in flags


class Unadvised(mmap.mmap):
    """Memory that takes no advice, with the error that `number` is."""

    number = errno.EINVAL

    def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
        raise OSError(self.number, os.strerror(self.number))


@linux_only
def test_a_kernel_without_huge_pages_needs_no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is like any other: what Python maps lies beside it, and joins no lone pages."""
    monkeypatch.setattr(mmap, "mmap", Unadvised)
    assert len(buffers.new("never")) == 64 * mmap.PAGESIZE
    memory = buffers.alone(3)
    beside = [mmap.mmap(-1, 1 << 16, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(8)]
    for neighbour in beside:
        neighbour[:] = b"x" * (1 << 16)
    memory[0] = 1
    assert [proc.smaps_kib(memory, name) for name in ("Size", "Rss")] == [3 * KIB, KIB]
    monkeypatch.setattr(Unadvised, "number", errno.ENOMEM)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        buffers.new("never")


@pytest.fixture
def huge() -> memoryview:
    if platform.system() != "Linux":
        pytest.skip("needs Linux")
    try:
        return buffers.new("huge-never")
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_64_pages_of_zeros_from_the_start_of_a_huge_page_on(huge: memoryview) -> None:
    """One read has mapped all of it, and nothing behind it; root sees that it is huge and zero."""
    size = int((buffers.SETTINGS / "hpage_pmd_size").read_text())
    start = proc.address(huge)
    assert bytes(huge) == bytes(64 * mmap.PAGESIZE)
    assert start % size == 0
    offsets = (0, mmap.PAGESIZE, 64 * mmap.PAGESIZE, size - mmap.PAGESIZE, size)
    assert [proc.is_mapped(start + offset) for offset in offsets] == [True] * 4 + [False]
    if os.geteuid() == 0:
        frame = proc.frames(huge)[5]
        assert [proc.has_flag(frame, flag) for flag in (proc.ZERO_PAGE, proc.THP)] == [True] * 2


def test_its_pins_are_counted(huge: memoryview, direct_io_pins: Path) -> None:
    ask_for([6400], lambda: machine.ask("huge-never", writes=100, folder=direct_io_pins))


@linux_only
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"enabled": "always madvise [never]"}, "{0}/enabled says 'always madvise [never]'"),
        ({"use_zero_page": "0"}, "{0}/use_zero_page says '0'"),
        ({"enabled": None}, "there is no {0}/enabled"),
        ({"mmap": "no advice"}, "the kernel answers 'Invalid argument'"),
        ({"hpage_pmd_size": str(1 << 60)}, "the kernel answers 'Cannot allocate memory'"),
        (
            {"mmap": "single pages"},
            "{what} maps a single page; memory is short, or this process may not",
        ),
        ({"pagemap": "none"}, "there is no {0}/self/pagemap"),
    ],
)
def test_each_obstacle_has_its_sentence(
    changed: dict[str, str | None], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Single(mmap.mmap):
        """As when there is no memory for a folio: the fault falls back to a small page."""

        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            super().madvise(mmap.MADV_NOHUGEPAGE)

    kept = {"enabled": "always [madvise] never", "use_zero_page": "1", "hpage_pmd_size": "2097152"}
    for name, text in (kept | changed).items():
        if text is not None:
            (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr(buffers, "SETTINGS", tmp_path)
    if "mmap" in changed:
        monkeypatch.setattr(mmap, "mmap", Single if changed["mmap"] != "no advice" else Unadvised)
    if "pagemap" in changed:
        monkeypatch.setattr(proc, "PROCESSES", tmp_path)
    assert len(buffers.new("never")) == 64 * mmap.PAGESIZE  # small pages are in nobody's way
    kinds = [("huge zero folio", "a read"), ("huge page", "a write")]
    for what, fault in kinds[: 1 if "use_zero_page" in changed else 2]:
        with pytest.raises(UnavailableError) as caught:
            buffers.huge_letters() if what == "huge page" else buffers.new("huge-never")
        told = reason.format(tmp_path, what=fault)
        assert str(caught.value) == f"There is no {what} to be had here: {told}."


def test_a_process_without_huge_pages_gets_the_recording_and_the_reason(
    huge: memoryview, folder: Path
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
