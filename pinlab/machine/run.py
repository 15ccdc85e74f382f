"""Asking the running kernel: one experiment, in a process of its own."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from pinlab.machine.answer import Answer, from_this_kernel
from pinlab.machine.availability import UnavailableError, place
from pinlab.machine.buffers import Buffer, check_all
from pinlab.machine.dialogue import Dialogue, Message, Progress
from pinlab.machine.recordings import recorded
from pinlab.model.arguments import whole

MAX_WRITES = 32768
"""The mail's number: 2^15 writes of 64 pages take 2^21 pins, here one write after another."""

REPORT_EVERY = 0.2
"""Seconds."""

_ROOT = Path(__file__).resolve().parents[2]


def ask(
    *buffers: Buffer, writes: int = 1024, folder: str | os.PathLike[str] | None = None
) -> Answer:
    """Write each buffer to disk `writes` times and return the pins this kernel counted.

    Where it cannot be asked the answer is a recording, and its note says why. Arguments and
    errors are those of `start` and `Run.wait`.
    """
    with start(*buffers, writes=writes, folder=folder) as run:
        return run.wait()


def start(
    *buffers: Buffer, writes: int = 1024, folder: str | os.PathLike[str] | None = None
) -> Run:
    """Begin what `ask` does and return at once.

    buffers: "letters", "zeros", "never", "huge-never" (never written, in huge pages), or in how
    many of the 64 pages one byte is written.
    writes: of each buffer, 1 to 32768, one after another over the same 64 pages of the file.
    folder: where the unnamed file is; None takes the first usual one that can do direct I/O.
    Raises TypeError or ValueError for a bad argument, FileNotFoundError or NotADirectoryError
    for what is no folder.
    """
    asked = check_all(buffers)
    times = whole("writes", writes, 1, MAX_WRITES)
    dialogue = Dialogue(total=len(asked) * times)
    try:
        where = place(folder)
    except UnavailableError as reason:
        dialogue.close({"refusal": str(reason)})
        return Run(asked, dialogue)
    process = _launch({"names": asked, "writes": times, "folder": where, "parent": os.getpid()})
    dialogue.listen_to(process)
    return Run(asked, dialogue, process)


def _launch(question: Message) -> subprocess.Popen[str]:
    # It stays in the notebook's process group: Jupyter's Interrupt goes to all of that, and so
    # ends a run while no cell is running, too.
    # -P: a json.py in the folder of the notebook is none of the worker's business.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pinlab.machine.worker", json.dumps(question)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONPATH": _python_path()},
    )


def _python_path() -> str:
    return os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(_ROOT)]))


class Run:
    """An experiment under way. It ends with its with-block, with this object, or by `stop`."""

    def __init__(
        self,
        buffers: tuple[Buffer, ...],
        dialogue: Dialogue,
        process: subprocess.Popen[str] | None = None,
    ) -> None:
        self._buffers = buffers
        self._dialogue = dialogue
        self._process = process
        self._stopped = False
        weakref.finalize(self, _end, process)

    @property
    def progress(self) -> Progress:
        """Writes done so far and writes to do, over all buffers."""
        return self._dialogue.progress

    @property
    def running(self) -> bool:
        """Whether the measuring process is still there."""
        return not self._dialogue.ended.is_set()

    def stop(self) -> None:
        """End the measurement; return when its process is gone."""
        self._stopped = True
        _end(self._process)
        self._dialogue.ended.wait()

    def wait(
        self, timeout: float | None = None, report: Callable[[Progress], object] | None = None
    ) -> Answer:
        """Return the answer when it is there.

        report is called with the progress about five times a second; an exception in it, or
        KeyboardInterrupt anywhere in here, stops the run. Raises TimeoutError after `timeout`
        seconds (the run goes on), OSError if a write failed, RuntimeError if the run was stopped
        or its process ended without an answer.
        """
        deadline = _deadline(timeout)
        if report is not None and not callable(report):
            raise TypeError(f"report is {report!r}: it has to be a function of the progress")
        try:
            ended = self._watch(deadline, report)
        except BaseException:
            self.stop()
            raise
        if not ended:
            raise TimeoutError(f"no answer within {timeout} s; the run goes on")
        return self._answer()

    def _watch(self, deadline: float, report: Callable[[Progress], object] | None) -> bool:
        """Return at the end of the run or at the deadline, and whether it was the former."""
        while True:
            left = max(0.0, deadline - time.monotonic())
            ended = self._dialogue.ended.wait(min(REPORT_EVERY, left))
            if report is not None:
                report(self.progress)
            if ended or time.monotonic() >= deadline:
                return ended

    def _answer(self) -> Answer:
        match self._dialogue.closing:
            case {"result": result}:
                return from_this_kernel(**result)
            case {"refusal": reason}:
                return _recorded(self._buffers, reason)
            case {"error": [number, words, folder]}:
                raise OSError(number, words, folder)
        if self._stopped or self._interrupted():
            done, total = self.progress
            raise RuntimeError(f"stopped after {done} of {total} writes, so there is no answer")
        raise RuntimeError(f"the measuring process ended without an answer: {self._dialogue.stray}")

    def _interrupted(self) -> bool:
        return self._process is not None and self._process.returncode == -signal.SIGINT

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _deadline(timeout: float | None) -> float:
    if timeout is None:
        return math.inf
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout is {timeout!r}: it has to be a number of seconds or None")
    if not timeout >= 0:
        raise ValueError(f"timeout is {timeout!r}: allowed are 0 seconds and more")
    return time.monotonic() + timeout


def _recorded(buffers: tuple[Buffer, ...], reason: str) -> Answer:
    answer = recorded(*buffers)
    return replace(answer, note=f"{reason} {answer.note}".rstrip())


def _end(process: subprocess.Popen[str] | None) -> None:
    if process is not None:
        process.kill()  # it has nothing to tidy up: its file never had a name
        process.wait()
