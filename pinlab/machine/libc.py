"""System calls that Python has no function for, through the C library."""

from __future__ import annotations

import ctypes
import errno
import os
from functools import cache


class Span(ctypes.Structure):
    """One stretch of memory, as struct iovec has it."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def address(memory: memoryview) -> int:
    """Return where writable memory begins in this process."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def span(memory: memoryview) -> Span:
    """Return the stretch that a buffer takes up."""
    return Span(address(memory), len(memory))


def call(name: str, *arguments: object) -> int:
    """Return what a function of the C library returns: 0 or more.

    Whole numbers are passed as machine words, anything else as ctypes passes it. Raises OSError
    naming the function if it returns less, ENOSYS if the library has no such function.
    """
    return _checked(name, name, arguments)


def syscall(name: str, number: int, *arguments: object) -> int:
    """Return what a system call without a function of its own returns; OSError as `call`."""
    return _checked(name, "syscall", (number, *arguments))


def memlock_limit(error: OSError, nbytes: int) -> str:
    """Return the usual reason for an error in brackets, "" if that is none.

    How much a program without CAP_IPC_LOCK may mlock, or register with io_uring, is limited.
    """
    import resource  # there is none on Windows

    allowed, needed = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] >> 10, nbytes >> 10
    if error.errno not in (errno.ENOMEM, errno.EPERM) or not 0 <= allowed < needed:
        return ""
    return f" (RLIMIT_MEMLOCK is {allowed} KiB, and {needed} KiB are needed)"


def _checked(name: str, function: str, arguments: tuple[object, ...]) -> int:
    try:
        entry = getattr(_library(), function)
    except AttributeError:
        raise _refused(name, errno.ENOSYS) from None
    entry.restype = ctypes.c_long
    answer = int(entry(*map(_word, arguments)))
    # A function that returns an int leaves the upper half of the register alone.
    if ctypes.c_int(answer).value < 0:
        raise _refused(name, ctypes.get_errno())
    return answer


def _refused(name: str, number: int) -> OSError:
    return OSError(number, f"{name} answers {os.strerror(number)!r}")


def _word(argument: object) -> object:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
