"""System calls that Python has no function for, through the C library."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from pinlab.machine import proc
from pinlab.model.arguments import whole


class Span(ctypes.Structure):
    """One stretch of memory, as struct iovec has it."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def call(name: str, *arguments: object, number: int | None = None) -> int:
    """Return what a function of the C library returns, or a system call: 0 or more.

    number: of a system call that the library has no function for. Whole numbers are passed as
    machine words, anything else as ctypes passes it. Raises OSError with the name if it returns
    less, ENOSYS if the library has no such function.
    """
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    if number is not None:
        words.insert(0, ctypes.c_long(number))
    function = getattr(_library(), name if number is None else "syscall", None)
    if function is None:
        raise _refused(name, errno.ENOSYS)
    function.restype = ctypes.c_long
    answer = int(function(*words))
    # A function that returns an int leaves the upper half of the register alone.
    if ctypes.c_int(answer).value < 0:
        raise _refused(name, ctypes.get_errno())
    return answer


def _refused(name: str, number: int) -> OSError:
    return OSError(number, f"{name} answers {os.strerror(number)!r}")


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


# mlock(2) and what limits it


def mlock(memory: memoryview) -> None:
    """Keep memory in RAM until `munlock`; OSError saying why not, with the limit if it is that."""
    with _limit_named(len(memory)):
        call("mlock", proc.address(memory), len(memory))


def munlock(memory: memoryview) -> None:
    """Let go of what `mlock` keeps in RAM."""
    call("munlock", proc.address(memory), len(memory))


@contextmanager
def _limit_named(nbytes: int) -> Iterator[None]:
    """Add to an error that a program without CAP_IPC_LOCK may lock, or register, no more."""
    import resource  # there is none on Windows

    try:
        yield
    except OSError as error:
        allowed, needed = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] >> 10, nbytes >> 10
        if error.errno not in (errno.ENOMEM, errno.EPERM) or not 0 <= allowed < needed:
            raise
        limit = f"RLIMIT_MEMLOCK is {allowed} KiB, and {needed} KiB are needed"
        raise OSError(error.errno, f"{error.strerror} ({limit})") from None


# process_vm_readv(2) on one's own memory: FOLL_PIN without any device. It pins the pages it reads
# from in every release that has pins (mm/process_vm_access.c), whatever direct I/O does there.


def process_vm_readv(source: memoryview, target: memoryview) -> None:
    """Copy all of `source`, whose pages are pinned, into `target`; OSError if it does not."""
    _copy("process_vm_readv", "read", target, source)


def process_vm_writev(source: memoryview, target: memoryview) -> None:
    """Copy all of `source` into `target`, whose pages are pinned for writing; OSError as above."""
    _copy("process_vm_writev", "write", source, target)


def _copy(name: str, noun: str, ours: memoryview, pinned: memoryview) -> None:
    spans = [ctypes.byref(_span(memory)) for memory in (ours, pinned)]
    require_all(noun, call(name, os.getpid(), spans[0], 1, spans[1], 1, 0), pinned)


def require_all(noun: str, done: int, memory: memoryview) -> None:
    """Raise OSError if a transfer stopped before the end of its memory."""
    if done != len(memory):
        raise OSError(errno.EIO, f"a {noun} stopped after {done} of {len(memory)} bytes")


def _span(memory: memoryview) -> Span:
    return Span(proc.address(memory), len(memory))


# vmsplice(2) puts a page itself into a pipe, once for each slot. It takes FOLL_GET, a reference,
# and never a pin, in every release of the model (iter_to_pipe(), fs/splice.c, 6.18). A reference
# is in its slot until somebody reads or closes the pipe.

MAX_REFERENCES = 2048
"""Twice what one pin adds to a refcount; far from any limit of the page's counter."""

SLOTS = 256
"""Of a pipe of 1 MiB, the largest that an ordinary user may have (fs.pipe-max-size)."""

SPLICE_F_NONBLOCK = 2


@contextmanager
def references(page: memoryview, number: int) -> Iterator[None]:
    """Hold so many references to the page at the start of `page`; they end with the with-block.

    Raises ValueError for a number beyond 0 to 2048, OSError where pipes or vmsplice are refused.
    """
    left = whole("number", number, 0, MAX_REFERENCES)
    with ExitStack() as pipes:
        while left:
            writing, slots = _pipe(pipes, min(left, SLOTS))
            wanted = min(left, slots)
            spans = (Span * wanted)(*[Span(proc.address(page), 1)] * wanted)
            left -= call("vmsplice", writing, spans, wanted, SPLICE_F_NONBLOCK)
        yield


def _pipe(pipes: ExitStack, wanted: int) -> tuple[int, int]:
    """Return the end to write to of a new pipe, and its slots: as many as wanted, or fewer."""
    import fcntl  # there is none on Windows

    reading, writing = os.pipe()
    pipes.callback(os.close, reading)
    pipes.callback(os.close, writing)
    try:
        size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, wanted * mmap.PAGESIZE)
    except PermissionError:  # beyond what this user may have in pipes: then more of them
        size = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
    return writing, size // mmap.PAGESIZE


# A fixed buffer of io_uring(7): a long-term pin, for as long as it stays registered. Registering
# takes FOLL_PIN, FOLL_LONGTERM and FOLL_WRITE (io_pin_pages(), io_uring/memmap.c, 6.18).

SETUP, REGISTER = 425, 427
"""System calls; these numbers are the same on all machines but alpha and mips."""

REGISTER_BUFFERS, UNREGISTER_BUFFERS = 0, 1
PARAMS_SIZE = 120
"""Bytes of struct io_uring_params."""

DISABLED = Path("/proc/sys/kernel/io_uring_disabled")


@contextmanager
def ring() -> Iterator[int]:
    """Open a ring of one entry, which nothing is ever submitted to; OSError saying why not."""
    params = (ctypes.c_char * PARAMS_SIZE)()
    try:
        file = call("io_uring_setup", 1, params, number=SETUP)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}{_disabled()}") from None
    try:
        yield file
    finally:
        os.close(file)


def _disabled() -> str:
    """Linux 6.6 and later let an administrator switch it off."""
    try:
        value = proc.text(DISABLED).strip()
    except OSError:
        return ""
    return "" if value == "0" else f" (kernel.io_uring_disabled is {value})"


@contextmanager
def registered(ring: int, memory: memoryview) -> Iterator[None]:
    """Register the memory as the ring's fixed buffer; it is one no more after the with-block.

    Raises OSError: EFAULT for memory that may not be written, ENOMEM beyond RLIMIT_MEMLOCK.
    """
    spans = (Span * 1)(_span(memory))
    with _limit_named(len(memory)):
        call("io_uring_register", ring, REGISTER_BUFFERS, spans, 1, number=REGISTER)
    try:
        yield
    finally:
        # Closing the ring would give them back, too, but some time later.
        call("io_uring_register", ring, UNREGISTER_BUFFERS, None, 0, number=REGISTER)
