"""process_vm_readv on our own memory."""

import errno
import mmap
import platform

import pytest

from pinlab.machine import buffers, process_vm, vmstat
from pinlab.machine.availability import UnavailableError, require_counters

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def test_read_copies_everything() -> None:
    target = buffers.new("letters")
    for buffer in ("zeros", "letters", "never", 5):
        process_vm.read(buffers.new(buffer), target)
        assert bytes(target) == bytes(buffers.new(buffer))


def test_memory_that_may_not_be_read_is_an_error() -> None:
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    closed = mmap.mmap(-1, 64 * mmap.PAGESIZE, flags=private, prot=mmap.PROT_WRITE)
    with pytest.raises(OSError, match="process_vm_readv answers 'Bad address'") as caught:
        process_vm.read(memoryview(closed), buffers.new("never"))
    assert caught.value.errno == errno.EFAULT


def test_a_short_read_is_an_error() -> None:
    target = buffers.new("never")
    source = mmap.mmap(-1, 2 * len(target), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with pytest.raises(OSError, match=f"after {len(target)} of {len(source)} bytes") as caught:
        process_vm.read(memoryview(source), target)
    assert caught.value.errno == errno.EIO


def test_written_memory_is_pinned() -> None:
    try:
        require_counters()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    source, target = buffers.new("letters"), buffers.new("never")
    before = vmstat.settle()
    for _ in range(50):
        process_vm.read(source, target)
    after = vmstat.settle()
    assert after.acquired - before.acquired >= 3200
    assert after.released - before.released >= 3200
