"""Calls to the C library, and what they answer."""

import errno
import mmap
import os
import platform

import pytest

from pinlab.machine import libc

if platform.system() != "Linux":
    pytest.skip("needs Linux", allow_module_level=True)


def test_an_answer_and_an_error() -> None:
    assert libc.call("getpid") == os.getpid()
    with pytest.raises(OSError, match="close answers 'Bad file descriptor'") as caught:
        libc.call("close", -1)
    assert caught.value.errno == errno.EBADF


def test_a_function_that_the_library_does_not_have() -> None:
    with pytest.raises(OSError, match="vmsplot answers 'Function not implemented'") as caught:
        libc.call("vmsplot", 1)
    assert caught.value.errno == errno.ENOSYS


def test_a_system_call_that_the_kernel_does_not_have() -> None:
    with pytest.raises(OSError, match="vmsplot answers 'Function not implemented'"):
        libc.syscall("vmsplot", 0x7FFFFFFF)


def test_addresses_are_passed_whole() -> None:
    area = memoryview(mmap.mmap(-1, mmap.PAGESIZE))
    assert libc.address(area) > 1 << 32
    assert libc.call("mprotect", libc.address(area), len(area), mmap.PROT_READ) == 0


def test_a_span_is_the_memory_s() -> None:
    area = memoryview(mmap.mmap(-1, 3 * mmap.PAGESIZE))
    span = libc.span(area[mmap.PAGESIZE :])
    assert (span.base, span.length) == (libc.address(area) + mmap.PAGESIZE, 2 * mmap.PAGESIZE)
