"""Child processes: each answers in JSON, and ends with the process that started it."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, NamedTuple, Self, TypeVar

from pinlab.machine.proc import UnavailableError
from pinlab.model.arguments import function, shown

PATIENCE = 20.0
"""Seconds; what is done in a forked child takes milliseconds."""

CHECK_EVERY = 0.05
REPORT_EVERY = 0.2
LONGEST_WAIT = 1e9
"""Seconds."""

_ROOT = Path(__file__).resolve().parents[2]

Message = dict[str, Any]
T = TypeVar("T")


def outcome(work: Callable[[], object], folder: str | None = None) -> Message:
    """Return what some work comes to, as a message for `answer_of`.

    folder: where the work is done, which an OSError of it then names.
    """
    try:
        return {"result": work()}
    except UnavailableError as reason:
        return {"refusal": str(reason)}
    except OSError as error:
        return {"error": [error.errno, error.strerror, folder]}


def answer_of(message: Message, make: Callable[[Any], T]) -> T:
    """Return what `make` makes of the result in a message; LookupError if it has no outcome.

    Raises the OSError or UnavailableError that the message is about.
    """
    match message:
        case {"result": result}:
            return make(result)
        case {"refusal": reason}:
            raise UnavailableError(reason)
        case {"error": details}:
            raise OSError(*details)
    raise LookupError("a message without an answer")


def end_with(parent: int) -> None:
    """Have this process end soon after the one that started it, whichever thread that was."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    # A pipe that closes would be no sign: another child of the parent may hold it open.
    while os.getppid() == parent:
        time.sleep(CHECK_EVERY)
    os._exit(1)


def in_child(answer: Callable[[], T]) -> T:
    """Return what `answer` returns in a forked child, as JSON brings it here.

    The child is reaped whatever happens, and killed if this process dies or is interrupted.
    Raises its OSError or UnavailableError here, UnavailableError if it fails in another way.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as told, os.fdopen(writing, "wb") as tell:

        def run() -> None:
            tell.write(json.dumps(outcome(answer)).encode())
            tell.close()

        with _child(run):
            tell.close()
            if not select.select([told], [], [], PATIENCE)[0]:
                raise UnavailableError(f"A child process gave no answer within {PATIENCE:g} s.")
            message: Message = json.loads(told.read() or b"{}")
    try:
        found: T = answer_of(message, lambda result: result)
    except LookupError:
        raise UnavailableError("A child process ended without an answer.") from None
    return found


@contextmanager
def idle_child() -> Iterator[int]:
    """Fork a child that does nothing until the with-block ends; give its process number."""
    with _child(lambda: time.sleep(PATIENCE)) as child:
        yield child


@contextmanager
def _child(run: Callable[[], None]) -> Iterator[int]:
    parent = os.getpid()
    with warnings.catch_warnings():
        # Python 3.12 and later warn of forks in a process with threads, for the sake of their
        # mutexes. The child calls nothing that another thread here could be in the middle of.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    try:
        if not child:
            end_with(parent)
            run()
            os._exit(0)
        yield child
    finally:
        if not child:
            os._exit(1)
        os.kill(child, signal.SIGKILL)  # it has ended already, or has nothing to tidy up
        os.waitpid(child, 0)


class Progress(NamedTuple):
    """Steps done and steps to do."""

    done: int
    total: int


class _Talk:
    """What a measuring process says, line by line.

    The thread that listens holds this object but no Run, so that a Run which nobody holds any
    more can end its process. closing: the last message, {} before. ended: set when nothing can
    follow and the process is gone.
    """

    def __init__(self, total: int) -> None:
        self.progress = Progress(0, total)
        self.closing: Message = {}
        self.ended = threading.Event()
        self.stray: deque[str] = deque(maxlen=20)

    def listen(self, process: subprocess.Popen[str]) -> None:
        """Take in what the process says until it ends."""
        try:
            with process:
                for line in process.stdout or ():
                    self._take(line)
        finally:
            self.ended.set()

    def _take(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self.stray.append(line)  # why it broke down
            return
        if "done" in message:
            self.progress = self.progress._replace(done=message["done"])
        else:
            self.closing = message


class Run(Generic[T]):
    """A measurement under way; it ends with its with-block, with this object, or by `stop`.

    steps: what its progress counts, in the plural. answer: makes an answer of the result;
    instead: makes one where the kernel cannot be asked, of the reason why. question: gives what
    the worker is asked; its UnavailableError is a reason, too.
    """

    def __init__(
        self,
        steps: str,
        total: int,
        answer: Callable[[Any], T],
        instead: Callable[[str], T],
        question: Callable[[], Message],
    ) -> None:
        self._steps, self._of_result, self._instead = steps, answer, instead
        self._talk = _Talk(total)
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        try:
            self._begin(question() | {"parent": os.getpid()})
        except UnavailableError as reason:  # there is nothing to do
            self._talk.progress = Progress(total, total)
            self._talk.closing = {"refusal": str(reason)}
            self._talk.ended.set()

    def _begin(self, question: Message) -> None:
        try:
            self._process = _launch(question)
            weakref.finalize(self, _end, self._process)
            threading.Thread(target=self._talk.listen, args=[self._process], daemon=True).start()
        except (OSError, RuntimeError) as error:  # RuntimeError: no thread can be started
            _end(self._process)
            words = error.strerror if isinstance(error, OSError) else error
            reason = f"No measuring process can be started here: {words}."
            raise UnavailableError(reason) from error

    @property
    def progress(self) -> Progress:
        """Steps done so far and steps to do."""
        return self._talk.progress

    @property
    def running(self) -> bool:
        """Whether the measuring process is still there."""
        return not self._talk.ended.is_set()

    def stop(self) -> None:
        """End the measurement; return when its process is gone."""
        self._stopped = True
        _end(self._process)
        self._talk.ended.wait()

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
        try:
            return answer_of(self._talk.closing, self._of_result)
        except UnavailableError as reason:
            return self._instead(str(reason))
        except LookupError:
            raise RuntimeError(self._why_no_answer()) from None

    def _watch(self, deadline: float, report: Callable[[Progress], object] | None) -> bool:
        """Return at the end of the run or at the deadline, and whether it was the former."""
        while True:
            left = max(0.0, deadline - time.monotonic())
            ended = self._talk.ended.wait(min(REPORT_EVERY, left))
            if report is not None:
                report(self.progress)
            if ended or time.monotonic() >= deadline:
                return ended

    def _why_no_answer(self) -> str:
        code = None if self._process is None else self._process.returncode
        if self._stopped or code == -signal.SIGINT:
            done, total = self.progress
            return f"stopped after {done} of {total} {self._steps}, so there is no answer"
        killed = f"{signal.Signals(-code).name} ended it" if code and code < 0 else ""
        said = "".join(self._talk.stray).strip()
        words = "; ".join(filter(None, [killed, said])) or "it said nothing"
        return f"the measuring process ended without an answer: {words}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def _launch(question: Message) -> subprocess.Popen[str]:
    # It stays in the notebook's process group: Jupyter's Interrupt goes to all of that, and so
    # ends a run while no cell is running, too.
    # -P: a json.py in the folder of the notebook is none of the worker's business.
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(_ROOT)]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pinlab.machine.worker", json.dumps(question)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONPATH": path},
    )


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
