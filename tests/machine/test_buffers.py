"""The buffers, and what the kernel says about their memory."""

import ctypes
import errno
import mmap
import platform
from pathlib import Path

import pytest

from pinlab.machine import buffers

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux")


@pytest.mark.parametrize("buffer", ["letters", "zeros", "never", "huge-never", 0, 1, 64])
def test_check_accepts(buffer: buffers.Buffer) -> None:
    assert buffers.check(buffer) == buffer


@pytest.mark.parametrize("value", [True, 1.5, None, b"letters", ["letters"]])
def test_check_refuses_a_wrong_type(value: object) -> None:
    with pytest.raises(TypeError) as caught:
        buffers.check(value)  # type: ignore[arg-type]
    assert repr(value) in str(caught.value)
    assert "0 to 64" in str(caught.value)


@pytest.mark.parametrize("value", ["", "Letters", "8"])
def test_check_refuses_an_unknown_name(value: str) -> None:
    with pytest.raises(ValueError, match="'letters', 'zeros', 'never', 'huge-never'") as caught:
        buffers.check(value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [-1, 65])
def test_check_refuses_an_impossible_number_of_pages(value: int) -> None:
    with pytest.raises(ValueError, match=f"{value}.* 0 to 64"):
        buffers.check(value)


def test_at_least_one_buffer() -> None:
    with pytest.raises(ValueError, match=r"no buffers.*'letters'"):
        buffers.check_all(())


@pytest.mark.parametrize(
    ("buffer", "pages"),
    [("letters", 64), ("zeros", 64), ("never", 0), ("huge-never", 0), (0, 0), (7, 7)],
)
def test_touched(buffer: buffers.Buffer, pages: int) -> None:
    assert buffers.touched(buffer) == pages


def test_nothing_touched_is_described_as_never_written() -> None:
    assert buffers.describe(0) == buffers.describe("never") == "memory never written"
    assert buffers.describe(8) == "memory with one byte written into 8 of its 64 pages"


@linux_only
def test_contents() -> None:
    assert bytes(buffers.new("letters")) == b"pins" * (16 * mmap.PAGESIZE)
    assert bytes(buffers.new("zeros")) == bytes(64 * mmap.PAGESIZE)
    assert bytes(buffers.new(3))[:: mmap.PAGESIZE] == b"\1\1\1" + bytes(61)


@linux_only
@pytest.mark.parametrize("buffer", ["letters", "zeros", "never", 0, 1, 33, 64])
def test_the_kernel_has_a_frame_for_each_touched_page_and_no_other(buffer: buffers.Buffer) -> None:
    mapping = _smaps(buffers.new(buffer))
    expected = buffers.touched(buffer) * mmap.PAGESIZE // 1024
    assert mapping["Rss"] == mapping["Private_Dirty"] == f"{expected} kB"


@linux_only
def test_memory_is_private_and_without_huge_pages() -> None:
    flags = _smaps(buffers.new("never"))["VmFlags"].split()
    assert "sh" not in flags
    if not Path("/sys/kernel/mm/transparent_hugepage").exists():
        pytest.skip("this kernel has no huge pages")
    assert "nh" in flags


@linux_only
def test_a_kernel_without_huge_pages_needs_no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    _let_madvise_fail(monkeypatch, errno.EINVAL)
    assert len(buffers.new("never")) == 64 * mmap.PAGESIZE


@linux_only
def test_advice_that_fails_otherwise_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _let_madvise_fail(monkeypatch, errno.ENOMEM)
    with pytest.raises(OSError, match="no advice"):
        buffers.new("never")


def _let_madvise_fail(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    class Memory(mmap.mmap):
        def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
            raise OSError(number, "no advice")

    monkeypatch.setattr(mmap, "mmap", Memory)


def _smaps(memory: memoryview) -> dict[str, str]:
    """What /proc/self/smaps says about the mapping that holds the memory, itself included."""
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    found: dict[str, str] = {}
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        head, _, rest = line.partition(" ")
        if not head.endswith(":"):
            low, high = (int(end, 16) for end in head.split("-"))
            inside = low <= start < high
        elif inside:
            found[head.rstrip(":")] = rest.strip()
    return found
