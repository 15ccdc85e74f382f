"""Whatever a reader's function or object does, it gets a reply and leaves the next check alone."""

import _thread
import gc
import itertools
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TextIO

import numpy
import pandas
import pytest

from pinlab.lab import strangers
from tests.lab.made_up import IDEA, KINDS, PROGRAM, mistaken

STATES: tuple[tuple[list[int], dict[str, int]], ...] = (
    ([1, 2], {"a": 3}),
    ([], {}),
    ([4], {"b": 5}),
)
SUM = replace(
    PROGRAM, name="add", arguments=("some", "more"), states=STATES,
    model=lambda some, more: sum(some) + sum(more.values()),
    trace=lambda some, more: "", wrong=[(IDEA, lambda some, more: sum(some))],
)  # fmt: skip
"""A program whose arguments can be changed."""

OTHERS = [kind for kind in KINDS if kind != "program"]


@pytest.fixture(scope="module", autouse=True)
def _kernels_looked_at() -> None:
    """The shortest sentence is looked for once, without haste."""
    assert KINDS["worded"].solution()


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "PATIENCE", 0.3)
    monkeypatch.setattr(strangers, "BUSY", 1)
    monkeypatch.setattr(strangers, "ENDING", 0.3)


class Agreeable:
    """Says that it is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 1


class Quarrelsome:
    """Raises whatever is asked of it."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        raise ZeroDivisionError

    __hash__ = None  # type: ignore[assignment]
    __index__ = __iter__ = __len__ = __str__ = __repr__


class Liar(str):
    """Looks like another text than it is."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def strip(self, chars: str | None = None, /) -> "Liar":
        return self

    casefold = strip


class Unspeakable(BaseException):
    """No Exception, and without words."""

    def __str__(self) -> str:
        raise ZeroDivisionError


def raises(error: BaseException) -> Callable[..., object]:
    def function(*args: object) -> object:
        raise error

    return function


def empties(*args: object) -> object:
    for each in args:
        if isinstance(each, list | dict):
            each.clear()
    return None


def changes(*args: object) -> object:
    for each in args:
        if isinstance(each, dict):
            each.update(dict.fromkeys(each, 0))
        if isinstance(each, list):
            each.append(each)
    return 0


def runs_for_ever(*args: object) -> object:
    while True:
        pass


def catches_everything(*args: object) -> object:
    while True:
        try:
            len(args)
        except BaseException:
            continue


def will_not_be_stopped(*args: object) -> object:
    """Ends all the same, so that it does not go on beside the other tests."""
    until = time.monotonic() + 4
    while time.monotonic() < until:
        try:
            time.sleep(0.001)
        except BaseException:
            continue
    return 0


def sleeps(*args: object) -> object:
    time.sleep(4)
    return 0


def recurses(*args: object) -> object:
    return recurses(*args)


def prints(*args: object) -> object:
    while True:
        print("x" * 100)


def without_end(*args: object) -> Iterator[int]:
    yield from itertools.count()


def knot(*args: object) -> object:
    tied: list[object] = []
    tied.append(tied)
    return tied


HOSTILE: dict[str, tuple[Callable[..., object], str]] = {
    "empties": (empties, "No answer yet"),
    "changes": (changes, "expected 6, came 0."),
    "array": (lambda *args: numpy.array([0, 1]), "came [0, 1]."),
    "table": (lambda *args: pandas.DataFrame({"a": [0, 1]}), ""),
    "nan": (lambda *args: float("nan"), "came nan."),
    "huge": (lambda *args: 10**5000, "came a number of 16610 bits."),
    "knot": (knot, ""),
    "agrees": (lambda *args: Agreeable(), ""),
    "agrees in a pair": (lambda *args: (Agreeable(), Agreeable()), ""),
    "quarrels": (lambda *args: Quarrelsome(), ""),
    "raises": (raises(ZeroDivisionError("no")), "raised ZeroDivisionError: no."),
    "raises KeyboardInterrupt": (raises(KeyboardInterrupt()), "raised KeyboardInterrupt."),
    "raises what has no words": (raises(Unspeakable()), "raised Unspeakable."),
    "sys.exit": (lambda *args: sys.exit(3), "raised SystemExit: 3."),
    "exit": (lambda *args: exit(), "raised SystemExit."),
    "quit": (lambda *args: quit("bye"), "raised SystemExit: bye."),
    "runs for ever": (runs_for_ever, "had not ended after 3 s."),
    "catches everything": (catches_everything, "had not ended after 3 s."),
    "will not be stopped": (will_not_be_stopped, "had not ended after 3 s."),
    "sleeps": (sleeps, "had not ended after 3 s."),
    "recurses": (recurses, "raised RecursionError: maximum recursion depth exceeded"),
    "prints": (prints, "had not ended after 3 s."),
    "generator": (without_end, ""),
}
"""What may be handed in for a program, and what the reply has to say of it."""

ANSWERS: dict[str, Callable[[], object]] = {
    "agrees": Agreeable,
    "agrees in a set": lambda: {Agreeable()},
    "agrees in a dict": lambda: {"a": Agreeable(), "b": Agreeable(), "c": Agreeable()},
    "quarrels": Quarrelsome,
    "lies": lambda: Liar("references"),
    "lies in a list": lambda: [Liar("y")],
    "endless": without_end,
    "the same for ever": lambda: itertools.cycle("xz"),
    "array": lambda: numpy.array([1.5]),
    "table": lambda: pandas.DataFrame({"a": range(500)}),
    "nan": lambda: float("nan"),
    "huge": lambda: 10**5000,
    "a dict for a set": lambda: dict.fromkeys("xz"),
    "a function": lambda: runs_for_ever,
    "bytes": lambda: b"pins",
}


@pytest.mark.parametrize("does", HOSTILE)
def test_a_hostile_function_gets_a_reply_that_says_what_happened_and_spoils_nothing(
    does: str,
) -> None:
    known, begun = SUM.check(mistaken(SUM)[0][0]), time.monotonic()
    function, words = HOSTILE[does]
    reply = SUM.check(function)
    assert time.monotonic() - begun < 5
    assert reply.right is (None if does == "empties" else False)
    assert words in reply.text
    assert len(str(reply)) < 6000
    assert (SUM.states, SUM.check(mistaken(SUM)[0][0])) == (STATES, known)
    assert STATES == (([1, 2], {"a": 3}), ([], {}), ([4], {"b": 5}))
    assert SUM.check(SUM.model).right


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_hostile_answer_is_named_or_told_that_it_is_wrong(answer: str, kind: str) -> None:
    found = KINDS[kind]
    known, begun = found.check(mistaken(found)[0][0]), time.monotonic()
    reply = found.check(ANSWERS[answer]())
    assert reply.right is False or reply.text.strip("` ").startswith("Not judged: your answer")
    assert time.monotonic() - begun < 5
    assert len(str(reply)) < 1000
    assert found.check(mistaken(found)[0][0]) == known
    assert found.check(found.solution()).right


def test_who_empties_the_arguments_in_the_end_may_be_right() -> None:
    def function(some: list[int], more: dict[str, int]) -> object:
        result = SUM.model(some, more)
        empties(some, more)
        return result

    assert SUM.check(function).right


def test_results_of_numpy_count_as_the_numbers_they_are() -> None:
    assert PROGRAM.check(lambda a: numpy.int64(2 * a)).right
    pairs = replace(PROGRAM, model=lambda a: [a, a + 1])
    assert pairs.check(lambda a: numpy.array([a, a + 1])).right


def test_what_is_printed_is_seen_up_to_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    SUM.check(prints)
    printed = capsys.readouterr().out
    assert printed.startswith("x" * 100 + "\n")
    assert printed.endswith("(what else is printed is left out)\n")
    assert len(printed) < strangers.MOST_PRINTED + 100


def test_an_interrupt_ends_the_check_and_the_function() -> None:
    strangers.PATIENCE = 10.0  # the fixture takes it back
    turns: list[int] = []

    def counts(*args: object) -> object:
        while True:
            turns.append(1)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.2, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            SUM.check(counts)
    finally:
        signal.signal(signal.SIGINT, before)
    counted = len(turns)
    time.sleep(0.1)
    assert len(turns) == counted > 0


def test_exit_and_quit_are_themselves_again() -> None:
    before = (exit, quit, sys.stdin, sys.stdout)
    SUM.check(HOSTILE["exit"][0])
    SUM.check(HOSTILE["runs for ever"][0])
    assert (exit, quit, sys.stdin, sys.stdout) == before
    assert not sys.stdin.closed


@pytest.mark.parametrize("limit", [200, 10**6])
def test_the_recursion_limit_is_itself_again(limit: int) -> None:
    before = sys.getrecursionlimit()
    SUM.check(lambda *args: sys.setrecursionlimit(limit))
    assert sys.getrecursionlimit() == before


def test_who_still_prints_after_the_check_has_something_to_print_on() -> None:
    outs: list[weakref.ref[TextIO]] = []

    def function(*args: object) -> object:
        outs.append(weakref.ref(sys.stdout))
        return 0

    SUM.check(function)
    gc.collect()
    assert all(out() is not None for out in outs)
    assert len(outs) > 1


def test_what_is_left_behind_in_one_state_begins_no_other() -> None:
    calls = 0

    def function(*args: object) -> None:
        nonlocal calls
        calls += 1
        until = time.monotonic() + 1
        while time.monotonic() < until:
            with suppress(BaseException):
                time.sleep(0.001)

    assert SUM.check(function).right is False
    time.sleep(1)
    assert calls == 1


@pytest.mark.parametrize("does", ["runs for ever", "prints", "raises", "exit", "recurses"])
def test_where_no_thread_can_be_started_it_runs_here_and_is_stopped_as_well(
    does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading.Thread, "start", raises(RuntimeError("can't start new thread")))
    function, words = HOSTILE[does]
    traced = sys.gettrace()
    assert words in SUM.check(function).text
    assert SUM.check(SUM.model).right
    assert sys.gettrace() is traced
