"""Strangers: a reader's function or object, run so that it can spoil nothing but its own answer."""

from __future__ import annotations

import builtins
import ctypes
import io
import operator
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time
from types import EllipsisType, FrameType
from typing import Any, TextIO

from pinlab.lab.reply import literal
from pinlab.model.arguments import in_a_line, shown

PATIENCE, BUSY = 3.0, 4
"""Seconds of processor time that a reader's code has; what checks are made for takes milliseconds.

By the wall clock it is as many times longer at most: the processor may be busy with others.
"""

ENDING, LOOK = 1.0, 0.02
"""Seconds for ending what is late, and between two looks: Windows has no Ctrl-C while one waits."""

MOST_PRINTED = 10_000
"""Characters that a reader's code may print; what comes after them is dropped."""

OURS = str(Path(__file__).parents[1])
"""The folder of code that needs no clock."""

LATE = f"had not ended after {PATIENCE:.0f} s"


def stopped(work: Callable[[], None]) -> str | None:
    """Do something that runs a reader's code; return what stopped it, None if it ended by itself.

    It runs in a thread of its own: signals can end a loop in the main thread of Unix alone. What is
    late or interrupted gets SystemExit again and again until it ends. That does not reach into a
    call to C: `time.sleep` is left behind and ends when it returns, while a call that keeps the
    interpreter to itself, such as `sum(itertools.count())` or `10**10**10`, keeps it from this
    clock, too. A loop that catches everything may be left behind as well. Nor is there a limit on
    memory. Where no thread can be started it runs in this one.
    """
    said: list[str] = []
    done = threading.Event()  # not join(): up to 3.12 Ctrl-C makes it take the thread for ended

    def run() -> None:
        try:
            work()
        except BaseException as error:  # whatever a reader's function raises is an answer, too
            said.append(f"raised {_error_in_words(error)}")
        finally:
            done.set()

    thread = threading.Thread(target=copy_context().run, args=(run,), daemon=True)
    printed = _Some(sys.stdout)
    PRINTED.append(printed)
    deepest = sys.getrecursionlimit()
    with redirect_stdout(printed), _exit_raises():
        try:
            late = not _wait(done, PATIENCE) if _starts(thread) else _runs_late(run)
        finally:
            _end(thread, done)
            sys.setrecursionlimit(deepest)
    return LATE if late else next(iter(said), None)


def _starts(thread: threading.Thread) -> bool:
    try:
        thread.start()
    except RuntimeError:  # in a browser
        return False
    return True


def _runs_late(run: Callable[[], None]) -> bool:
    """Do without a thread; a late line of a reader's code raises SystemExit once, if it is Python.

    A call to C or a loop that catches everything keeps the kernel until it is restarted.
    """
    until = monotonic() + PATIENCE

    def look(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401
        if frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line" and monotonic() > until:
            raise SystemExit
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        run()
    finally:
        sys.settrace(before)
    return monotonic() > until


def _wait(done: threading.Event, seconds: float) -> bool:
    until, used = monotonic() + BUSY * seconds, process_time() + seconds
    while not done.wait(LOOK) and monotonic() < until and process_time() < used:
        pass
    return done.is_set()


def _end(thread: threading.Thread, done: threading.Event) -> None:
    """Raise SystemExit in a thread until it ends or seems to sleep; `except:` may catch a few."""
    until = monotonic() + ENDING
    while not done.is_set() and monotonic() < until:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )
        done.wait(LOOK)


@contextmanager
def _exit_raises() -> Iterator[None]:
    """Let exit() and quit() raise SystemExit: the real ones close stdin, or end the kernel."""
    spaces = (vars(builtins), vars(sys.modules["__main__"]))
    ours = ("_sitebuiltins", "IPython.core.autocall")
    real = [
        (space, name, space[name])
        for space in spaces
        for name in ("exit", "quit")
        if type(space.get(name)).__module__ in ours
    ]
    try:
        for space, name, _ in real:
            space[name] = sys.exit
        yield
    finally:
        for space, name, value in real:
            space[name] = value


class _Some(io.TextIOBase):
    """Passes on the first that is printed, and drops the rest."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._left = out, MOST_PRINTED

    def write(self, text: str) -> int:
        if self._left > 0:
            self._out.write(text[: self._left])
            self._left -= len(text)
            if self._left <= 0:
                self._out.write("\n... (what else is printed is left out)\n")
        return len(text)

    def flush(self) -> None:
        self._out.flush()


PRINTED: list[_Some] = []
"""Kept for good: print() in a thread that a reader left running may still write to one of them,
and does not hold it itself (CPython gh-130163, up to 3.13), so that the kernel would crash."""


def _error_in_words(error: BaseException) -> str:
    """An exception's name and words, whatever its class makes of str()."""
    try:
        words = literal(in_a_line(str(error)))
    except Exception:
        words = ""
    name = literal(type(error).__name__)
    return f"{name}: {words}" if words else name


@dataclass(frozen=True, eq=False, repr=False)
class Strange:
    """What is no number, text or collection: equal to itself alone, with words to name it."""

    words: str

    def __repr__(self) -> str:
        return self.words


def plain(value: object) -> object:
    """Return a value as built-in types have it, whatever its class makes of ==, loops or str().

    Arrays and their elements become lists and numbers; what is neither becomes Strange. This runs
    a reader's code, so it wants to be stopped.
    """
    try:
        return _plain(value)
    except Exception:
        return Strange(shown(value))


def _plain(value: object) -> object:
    """As `plain`, by each type's own way to read it, which a subclass cannot replace."""
    match value:
        case None | bool() | range() | EllipsisType():
            return value
        case int():
            return int.__index__(value)
        case float():
            return float.__float__(value)
        case str():
            return str.__str__(value)
        case list():
            return [plain(each) for each in list.__iter__(value)]
        case tuple():
            return tuple(plain(each) for each in tuple.__iter__(value))
        case set():
            return {plain(each) for each in set.__iter__(value)}
        case frozenset():
            return frozenset(plain(each) for each in frozenset.__iter__(value))
        case dict():
            return {plain(key): plain(each) for key, each in dict.items(value)}
        case Mapping():
            return {plain(key): plain(each) for key, each in value.items()}
    if callable(listed := getattr(value, "tolist", None)):
        return plain(listed())
    return operator.index(value)  # type: ignore[arg-type]
