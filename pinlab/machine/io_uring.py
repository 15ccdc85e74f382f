"""A fixed buffer of io_uring(7): a long-term pin, held for as long as it stays registered.

Registering takes FOLL_PIN, FOLL_LONGTERM and FOLL_WRITE (io_pin_pages(), io_uring/memmap.c, 6.18).
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinlab.machine import libc, procfs

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
        file = libc.syscall("io_uring_setup", SETUP, 1, params)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}{_disabled()}") from None
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def registered(ring: int, memory: memoryview) -> Iterator[None]:
    """Register the memory as the ring's fixed buffer; it is one no more after the with-block.

    Raises OSError: EFAULT for memory that may not be written, ENOMEM beyond RLIMIT_MEMLOCK.
    """
    spans = (libc.Span * 1)(libc.span(memory))
    try:
        _register(ring, REGISTER_BUFFERS, spans, 1)
    except OSError as error:
        words = f"{error.strerror}{libc.memlock_limit(error, len(memory))}"
        raise OSError(error.errno or errno.EIO, words) from None
    try:
        yield
    finally:
        # Closing the ring would give them back, too, but some time later.
        _register(ring, UNREGISTER_BUFFERS, None, 0)


def _register(ring: int, what: int, spans: object, number: int) -> None:
    libc.syscall("io_uring_register", REGISTER, ring, what, spans, number)


def _disabled() -> str:
    """Linux 6.6 and later let an administrator switch it off."""
    try:
        value = procfs.text(DISABLED).strip()
    except OSError:
        return ""
    return "" if value == "0" else f" (kernel.io_uring_disabled is {value})"
