"""Litmus tests: one question about a few steps in each file of data/litmus, with its answer by era.

The format is as plain as that of the kernel's memory model (tools/memory-model/litmus-tests):

    name of the file
    "One sentence that says why."

    memory
        x = A

    parent
        submit_dio_read r x
        fork child
        write x+8 P
    device
        device_write r D

    exists parent:x = A

    5.7  Sometimes  where that is from

What is indented belongs to the line above; `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pinlab.data_folder import DATA
from pinlab.explore.explorer import (
    ALWAYS,
    NEVER,
    SOMETIMES,
    Question,
    Schedule,
    explore,
    trace,
)
from pinlab.explore.program import Scenario, parse_step, place
from pinlab.model.arguments import instance
from pinlab.model.rules import parse_release

if TYPE_CHECKING:
    import pandas

FOLDER = DATA / "litmus"
ERAS = ("5.7", "5.8", "5.9", "5.19", "6.2", "6.5")
"""Releases that begin an era for at least one test."""

VERDICTS = (NEVER, SOMETIMES, ALWAYS)
TERM = re.compile(r"(?P<name>[\w:+]+)\s*(?P<sign>!?=)\s*(?P<value>\w+)")
ZERO = "zero"
"""What stands for a byte that nobody wrote."""


class Expected(NamedTuple):
    """A verdict from a release on, and where that is from."""

    release: str
    verdict: str
    source: str


@dataclass(frozen=True)
class Litmus:
    """A test: its scenario, its question, and what is expected by release, oldest first."""

    name: str
    why: str
    scenario: Scenario
    exists: str
    expected: tuple[Expected, ...]

    def question(self) -> Question:
        """Return the exists line as a function of what is left at the end."""
        return _question(self.exists)

    def expect(self, release: str) -> Expected:
        """Return what is expected of a release."""
        version = parse_release(release)
        known = [e for e in self.expected if parse_release(e.release) <= version]
        if not known:
            raise ValueError(f"{self.name} says nothing about {release!r}")
        return known[-1]


@dataclass(frozen=True)
class Observation:
    """What came out of a test on a release; witness is a trace where the answer is yes."""

    name: str
    release: str
    verdict: str
    states: int
    runs: int
    schedule: Schedule | None
    witness: str

    def __str__(self) -> str:
        head = f"{self.name} on Linux {self.release}: {self.verdict} ({self.states} states, "
        return f"{head}{self.runs} orders)" + (f"\n\n{self.witness}" if self.witness else "")


def names() -> list[str]:
    """Return the names of all tests, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.litmus"))


@cache
def load(name: str) -> Litmus:
    """Return a test by its name; ValueError names those there are."""
    if name not in names():
        raise ValueError(f"litmus test is {name!r}: there are {', '.join(names())}")
    return read(FOLDER / f"{name}.litmus")


def run(name: str | Litmus, release: str, **rules: object) -> Observation:
    """Try every order of a test's steps on a release; `rules` override some of its rules.

    The test is given by its name, or as `parse` returns it.
    """
    test = name if isinstance(name, Litmus) else load(name)
    found = explore(test.scenario, release, rules)
    question = test.question()
    schedule = found.witness(question)
    witness = "" if schedule is None else trace(test.scenario, schedule, release, rules)
    return Observation(
        test.name, release, found.verdict(question), found.states, found.runs, schedule, witness
    )


def table(releases: tuple[str, ...] = ERAS) -> pandas.DataFrame:
    """Return the verdicts as a DataFrame: a row for each test, a column for each release."""
    import pandas

    rows = {name: [run(name, release).verdict for release in releases] for name in names()}
    return pandas.DataFrame.from_dict(rows, orient="index", columns=list(releases))


def read(path: Path) -> Litmus:
    """Return the test in a file; ValueError with file and line for one that is wrong."""
    try:
        return _Reader(_lines(path.read_text("utf-8")), path.stem).test()
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def parse(text: str) -> Litmus:
    """Return the test that a text is; ValueError with the line for one that is wrong.

    >>> parse("mine").name
    Traceback (most recent call last):
    ...
    ValueError: line 1: it needs a name and a sentence
    """
    return _Reader(_lines(instance("text", text, str))).test()


class _Line(NamedTuple):
    number: int
    indented: bool
    text: str


def _lines(text: str) -> list[_Line]:
    """The lines that say something, without comments."""
    texts = (line.partition("#")[0].rstrip() for line in text.splitlines())
    return [_Line(n, t[0].isspace(), t.strip()) for n, t in enumerate(texts, start=1) if t]


class _Reader:
    """One pass over the lines of a file, which has the test's name, or of a text."""

    def __init__(self, lines: list[_Line], stem: str = "") -> None:
        self._stem = stem
        self._heads = [n for n, line in enumerate(lines) if not line.indented]
        self._lines = lines

    def test(self) -> Litmus:
        sections = list(self._sections())
        if len(sections) < 2:
            raise ValueError("line 1: it needs a name and a sentence")
        (name, _), (why, _), *rest = sections
        if self._stem and name.text != self._stem:
            raise ValueError(f"line {name.number}: the name is {name.text!r}, the file's another")
        if not re.fullmatch(r'".+[.?]"', why.text):
            raise ValueError(f"line {why.number}: {why.text!r} is no sentence in double quotes")
        memory: dict[str, str] = {}
        programs: dict[str, tuple[str, ...]] = {}
        exists: list[_Line] = []
        expected: list[Expected] = []
        for head, body in rest:
            with _at(head):
                if head.text == "memory":
                    memory = dict(_cell(line) for line in body)
                elif head.text.startswith("exists "):
                    exists.append(head)
                elif head.text[0].isdigit():
                    expected.append(_expected(head))
                else:
                    programs[head.text] = tuple(line.text for line in body)
        if len(exists) != 1 or not expected:
            raise ValueError("it needs one exists line and at least one verdict")
        question = exists[0].text.removeprefix("exists ")
        with _at(exists[0]):
            watched = _watched(question)
        for head, body in rest:
            if head.text in programs:
                self._check(head, body)
        scenario = Scenario(memory, programs, watched)
        return Litmus(name.text, why.text.strip('"'), scenario, question, tuple(expected))

    def _check(self, head: _Line, body: list[_Line]) -> None:
        for line in body:
            with _at(line):
                parse_step(head.text, line.text)

    def _sections(self) -> Iterator[tuple[_Line, list[_Line]]]:
        ends = [*self._heads[1:], len(self._lines)]
        for start, end in zip(self._heads, ends, strict=True):
            yield self._lines[start], self._lines[start + 1 : end]


@contextmanager
def _at(line: _Line) -> Iterator[None]:
    """Put the line's number before what went wrong there."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"line {line.number}: {error}") from None


def _cell(line: _Line) -> tuple[str, str]:
    name, sign, letter = (part.strip() for part in line.text.partition("="))
    if not sign:
        raise ValueError(f"{line.text!r} has to be like x = A or x = {ZERO}")
    return name, "" if letter == ZERO else letter


def _expected(line: _Line) -> Expected:
    release, verdict, *source = line.text.split(maxsplit=2)
    parse_release(release)
    if verdict not in VERDICTS or not source:
        raise ValueError(f"{line.text!r}: after the release one of {', '.join(VERDICTS)}, a source")
    return Expected(release, verdict, source[0])


def _terms(exists: str) -> Iterator[tuple[str, str, str]]:
    for part in exists.split(" and "):
        found = TERM.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"{part!r} has to be like parent:x = A or v != {ZERO}")
        value = "" if found["value"] == ZERO else found["value"]
        yield found["name"], found["sign"], value


def _watched(exists: str) -> tuple[str, ...]:
    places = [name.partition(":")[2] for name, _, _ in _terms(exists) if ":" in name]
    for where in places:
        place(where)
    return tuple(dict.fromkeys(places))


def _question(exists: str) -> Callable[[Mapping[str, str]], bool]:
    terms = list(_terms(exists))

    def holds(left: Mapping[str, str]) -> bool:
        return all((left.get(name) == value) == (sign == "=") for name, sign, value in terms)

    return holds
