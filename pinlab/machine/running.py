"""A measurement under way, in a process of its own."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from pinlab.machine.dialogue import Dialogue, Message, Progress
from pinlab.model.arguments import function, shown

REPORT_EVERY = 0.2
LONGEST_WAIT = 1e9
"""Seconds."""

_ROOT = Path(__file__).resolve().parents[2]

T = TypeVar("T")


def launch(module: str, question: Message) -> subprocess.Popen[str]:
    """Start `python -m pinlab.machine.MODULE` with the question as JSON."""
    # It stays in the notebook's process group: Jupyter's Interrupt goes to all of that, and so
    # ends a run while no cell is running, too.
    # -P: a json.py in the folder of the notebook is none of the worker's business.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"pinlab.machine.{module}", json.dumps(question)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONPATH": _python_path()},
    )


def begin(dialogue: Dialogue, module: str, question: Message) -> subprocess.Popen[str] | None:
    """Launch the process and listen to it; where none can be had, the dialogue says why."""
    process = None
    try:
        process = launch(module, question)
        dialogue.listen_to(process)
    except (OSError, RuntimeError) as error:  # RuntimeError: no thread can be started
        _end(process)
        words = error.strerror if isinstance(error, OSError) else error
        dialogue.close({"refusal": f"No measuring process can be started here: {words}."})
        return None
    return process


def _python_path() -> str:
    return os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(_ROOT)]))


class Running(ABC, Generic[T]):
    """It ends with its with-block, with this object, or by `stop`."""

    steps: str
    """What its progress counts, in the plural."""

    def __init__(self, dialogue: Dialogue, process: subprocess.Popen[str] | None = None) -> None:
        self._dialogue = dialogue
        self._process = process
        self._stopped = False
        weakref.finalize(self, _end, process)

    @abstractmethod
    def _result(self, result: Message) -> T:
        """Return the answer that a result is."""

    @abstractmethod
    def _refused(self, reason: str) -> T:
        """Return the answer where the kernel cannot be asked."""

    @property
    def progress(self) -> Progress:
        """Steps done so far and steps to do."""
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
    ) -> T:
        """Return the answer when it is there.

        report is called with the progress about five times a second; an exception in it, or
        KeyboardInterrupt anywhere in here, stops the run. Raises TimeoutError after `timeout`
        seconds (the run goes on), OSError if a write failed, RuntimeError if the run was stopped
        or its process ended without an answer.
        """
        deadline = _deadline(timeout)
        if report is not None:
            function("report", report)
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

    def _answer(self) -> T:
        match self._dialogue.closing:
            case {"result": result}:
                return self._result(result)
            case {"refusal": reason}:
                return self._refused(reason)
            case {"error": [number, words, folder]}:
                raise OSError(number, words, folder)
        if self._stopped or self._interrupted():
            done, total = self.progress
            raise RuntimeError(
                f"stopped after {done} of {total} {self.steps}, so there is no answer"
            )
        raise RuntimeError(f"the measuring process ended without an answer: {self._last_words()}")

    def _last_words(self) -> str:
        code = None if self._process is None else self._process.returncode
        if code is None or code >= 0:
            return self._dialogue.stray or "it said nothing"
        killed = f"{signal.Signals(-code).name} ended it"
        return f"{killed}; {self._dialogue.stray}" if self._dialogue.stray else killed

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
        raise TypeError(f"timeout is {shown(timeout)}: it has to be a number of seconds or None")
    if not timeout >= 0:
        raise ValueError(f"timeout is {shown(timeout)}: allowed are 0 seconds and more")
    return time.monotonic() + min(timeout, LONGEST_WAIT)


def _end(process: subprocess.Popen[str] | None) -> None:
    if process is not None:
        process.kill()  # it has nothing to tidy up: its file never had a name
        process.wait()
