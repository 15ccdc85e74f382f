"""A function in a child process, which ends with the process that started it."""

from __future__ import annotations

import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from pinlab.machine import syscalls
from pinlab.machine.proc import UnavailableError

PR_SET_PDEATHSIG = 1

PATIENCE = 20.0
"""Seconds; what is done in a child here takes milliseconds."""


Numbers = Sequence[int | None]


def in_child(answer: Callable[[], Numbers]) -> Numbers:
    """Return what `answer` returns in a forked child.

    The child is reaped whatever happens, and killed if this process dies or is interrupted.
    Raises its OSError or UnavailableError here, UnavailableError if it fails in another way.
    """
    reading, writing = os.pipe()
    try:
        with _child(lambda: _say(writing, _packed(answer))):
            os.close(writing)
            writing = -1
            return _unpacked(_everything(reading))
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


@contextmanager
def idle_child() -> Iterator[int]:
    """Fork a child that does nothing until the with-block ends; give its process number."""
    with _child(lambda: time.sleep(PATIENCE)) as child:
        yield child


@contextmanager
def _child(run: Callable[[], None]) -> Iterator[int]:
    parent, child = os.getpid(), 0
    try:
        child = _fork()
        if not child:
            _run_and_exit(run, parent)
        yield child
    finally:
        if child:
            os.kill(child, signal.SIGKILL)  # it has ended already, or has nothing to tidy up
            os.waitpid(child, 0)


def end_with(parent: int) -> None:
    """Have the kernel kill this process as soon as the thread that forked it is gone."""
    syscalls.call("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


def _fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 and later warn of forks in a process with threads, for the sake of their
        # mutexes. The child calls nothing that another thread here could be in the middle of.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _run_and_exit(run: Callable[[], None], parent: int) -> NoReturn:
    try:
        end_with(parent)
        run()
    finally:
        os._exit(0)


def _packed(answer: Callable[[], Numbers]) -> dict[str, Any]:
    try:
        return {"result": answer()}
    except OSError as error:
        return {"error": [error.errno, error.strerror]}
    except UnavailableError as reason:
        return {"refusal": str(reason)}


def _say(writing: int, message: dict[str, Any]) -> None:
    left = json.dumps(message).encode()
    while left:
        left = left[os.write(writing, left) :]


def _everything(reading: int) -> bytes:
    """Read until the other end is closed; UnavailableError if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    pieces: list[bytes] = []
    while select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(reading, 65536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
    raise UnavailableError(f"A child process gave no answer within {PATIENCE:g} s.")


def _unpacked(said: bytes) -> Numbers:
    match json.loads(said or b"null"):
        case {"result": [*numbers]}:
            return numbers
        case {"error": [number, words]}:
            raise OSError(number, words)
        case {"refusal": reason}:
            raise UnavailableError(reason)
    raise UnavailableError("A child process ended without an answer.")
