"""process_vm_readv(2) on one's own memory: FOLL_PIN without any device.

The call pins the pages it reads from in every release that has pins (mm/process_vm_access.c),
whatever direct I/O does there.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from functools import cache


class _Span(ctypes.Structure):  # struct iovec
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def read(source: memoryview, target: memoryview) -> None:
    """Copy all of `source` into `target` by one system call; OSError if it does not."""
    copied = _system_call()(os.getpid(), _span(target), 1, _span(source), 1, 0)
    if copied < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"process_vm_readv answers {os.strerror(number)!r}")
    if copied != len(source):
        raise OSError(errno.EIO, f"a read stopped after {copied} of {len(source)} bytes")


@cache
def _system_call() -> Callable[..., int]:
    call = ctypes.CDLL(None, use_errno=True).process_vm_readv
    span, number = ctypes.POINTER(_Span), ctypes.c_ulong
    call.argtypes = (ctypes.c_int, span, number, span, number, number)
    call.restype = ctypes.c_ssize_t
    return call


def _span(memory: memoryview) -> _Span:
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return _Span(start, len(memory))
