"""Litmus tests: one question about a few steps in each file of data/litmus, with its answer by era.

data/litmus/README.md says what stands in a file. The format is as plain as that of the kernel's
memory model (tools/memory-model/litmus-tests):

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

    5.6  Sometimes  where that is from

What is indented belongs to the line above; `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pinlab.data_folder import DATA
from pinlab.explore.question import Question
from pinlab.explore.scenario import MisfitError, Scenario, check_actor, check_length
from pinlab.explore.search import (
    ALWAYS,
    MOST_STATES,
    NEVER,
    SOMETIMES,
    Schedule,
    explore,
    trace,
)
from pinlab.explore.verbs import Step, parse_step
from pinlab.model.arguments import instance, one_of, several, shown
from pinlab.model.arguments import path as as_path
from pinlab.model.rules import Version, parse_release, rules_for, speaks_of
from pinlab.table import Table
from pinlab.text_files import decoded

FOLDER = DATA / "litmus"

LONGEST_NAME = 255
"""As many characters as a file's name has."""

VERDICTS = (NEVER, SOMETIMES, ALWAYS)

ERAS = ("5.7", "5.8", "5.9", "5.11", "5.19", "6.2", "6.5")
"""Releases with which something changes for at least one test; 5.7 answers as 5.6 does."""

MOST_BYTES = 64 * 1024
"""Of a file; the shipped ones have less than a hundredth of it."""


class Expected(NamedTuple):
    """A verdict from a release on, and where that is from."""

    version: Version
    verdict: str
    source: str


@dataclass(frozen=True)
class Litmus:
    """A test: its scenario, its question, and what is expected by release, oldest first."""

    name: str
    why: str
    scenario: Scenario
    exists: Question
    expected: tuple[Expected, ...]

    def expect(self, release: str) -> Expected:
        """Return what is expected of a release; ValueError if nothing is said about it.

        As with the rules, a line for X.Y.Z speaks of that stable branch alone, from Z on.
        """
        version = parse_release(release)
        known = [e for e in self.expected if speaks_of(e.version, version)]
        if not known:
            raise ValueError(f"{self.name} says nothing about {shown(release)}")
        return known[-1]


def names() -> list[str]:
    """Return the names of all tests, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.litmus"))


def load(name: str) -> Litmus:
    """Return a test by its name; ValueError names those there are."""
    return _load(one_of("name of a test", name, names()))


@cache
def _load(name: str) -> Litmus:
    return read(FOLDER / f"{name}.litmus")


def read(path: Path) -> Litmus:
    """Return the test in a file; ValueError with file and line for one that is wrong."""
    file = as_path("path", path)
    _check_size(file.stat().st_size, file.name)
    test = parse(decoded(file), file.name)
    if test.name != file.stem:
        raise ValueError(f"{file.name}, line 1: the name is {shown(test.name)}, the file's another")
    return test


def parse(text: str, where: str = "litmus test") -> Litmus:
    """Return the test in a text; ValueError with `where` and the line for one that is wrong."""
    if len(instance("where", where, str)) > LONGEST_NAME:
        raise ValueError(f"where is {shown(where)}: allowed are {LONGEST_NAME} characters")
    _check_size(len(instance("text", text, str)), where)
    try:
        return _test(*_lines(text))
    except ValueError as error:
        raise ValueError(f"{where}, {error}") from None


def _check_size(size: int, where: str) -> None:
    if size > MOST_BYTES:
        raise ValueError(f"{where}, line 1: {size} bytes, allowed are {MOST_BYTES}")


class _Line(NamedTuple):
    """A line that says something, and those that are indented below it."""

    number: int
    text: str
    body: list[_Line]


def _lines(text: str) -> tuple[list[_Line], int]:
    """Return the lines that say something, and the number of the last one."""
    lines: list[_Line] = []
    end = 1
    for number, whole in enumerate(text.splitlines(), start=1):
        if not (said := whole.partition("#")[0].rstrip()):
            continue
        end, line = number, _Line(number, said.strip(), [])
        if not said[0].isspace():
            lines.append(line)
        elif lines:
            lines[-1].body.append(line)
        else:
            raise ValueError(f"line {number}: nothing may be indented before the name")
    return lines, end


def _test(lines: list[_Line], end: int) -> Litmus:
    name, why = _opening(lines)
    memory: dict[str, str] = {}
    programs: dict[str, list[_Line]] = {}
    exists: list[_Line] = []
    expected: list[Expected] = []
    for line in lines[2:]:
        with _at(line):
            if line.text in programs or (line.text == "memory" and memory):
                raise ValueError(f"there is a {shown(line.text)} already")
            if line.text == "memory":
                _fill(memory, line.body)
            elif line.text[0].isdigit():
                expected.append(_expected(line.text, expected))
                _require_none(line.body)
            elif line.text.split()[0] == "exists":
                exists.append(line)
                _require_none(line.body)
            else:
                check_actor(line.text)
                programs[line.text] = line.body
    if len(exists) != 1:
        at = exists[1].number if exists else end
        raise ValueError(f"line {at}: there has to be one exists line, here are {len(exists)}")
    if not expected:
        raise ValueError(f"line {end}: there is no verdict, like 5.6 Never its source")
    with _at(exists[0]):
        question = Question(exists[0].text.removeprefix("exists").strip())
    with _at(lines[0]):
        scenario = _scenario(memory, programs)
    with _at(exists[0]):
        question.check(scenario)
        watched = tuple(dict.fromkeys(term.place for term in question.terms if term.place))
        scenario = Scenario(memory, scenario.programs, watched)
    return Litmus(name, why, scenario, question, tuple(expected))


def _opening(lines: list[_Line]) -> tuple[str, str]:
    if len(lines) < 2:
        raise ValueError("line 1: a name and a sentence are missing")
    name, why = lines[:2]
    _require_none([*name.body, *why.body])
    with _at(name):
        if not re.fullmatch(r"[\w+.-]+", name.text):
            allowed = "allowed are letters, digits, + - . _"
            raise ValueError(f"the name is {shown(name.text)}: {allowed}")
    with _at(why):
        if not re.fullmatch(r'".+"', why.text):
            raise ValueError(f"{shown(why.text)} is not in double quotes")
    return name.text, why.text.strip('"')


def _scenario(memory: dict[str, str], programs: dict[str, list[_Line]]) -> Scenario:
    check_length(sum(map(len, programs.values())))
    steps: list[tuple[Step, _Line]] = []
    for actor, body in programs.items():
        for line in body:
            with _at(line):
                steps.append((parse_step(actor, line.text), line))
    try:
        lines = {actor: [line.text for line in body] for actor, body in programs.items()}
        return Scenario(memory, lines, ())
    except MisfitError as error:
        # Of two that are alike the second is the one too many.
        wrong = [line for step, line in steps if step == error.step][-1]
        raise ValueError(f"line {wrong.number}: {error}") from None


@contextmanager
def _at(line: _Line) -> Iterator[None]:
    """Put the line's number before what went wrong there."""
    try:
        yield
    except ValueError as error:
        text = str(error)
        numbered = text if text.startswith("line ") else f"line {line.number}: {text}"
        raise ValueError(numbered) from None


def _require_none(body: list[_Line]) -> None:
    if body:
        raise ValueError(f"line {body[0].number}: nothing may be indented here")


def _fill(memory: dict[str, str], body: list[_Line]) -> None:
    for line in body:
        with _at(line):
            name, sign, letter = (part.strip() for part in line.text.partition("="))
            if name in memory:
                raise ValueError(f"there is a page {shown(name)} already")
            Scenario({name: letter if sign else ""}, {})  # says what is wrong with it
            memory[name] = letter


def _expected(text: str, before: list[Expected]) -> Expected:
    release, verdict, source = [*text.split(maxsplit=2), "", ""][:3]
    version = parse_release(release)
    rules_for(release)  # says so if it is too old
    if verdict not in VERDICTS or not source:
        allowed = ", ".join(VERDICTS)
        raise ValueError(f"{shown(text)}: after the release one of {allowed}, then a source")
    if before and version <= before[-1].version:
        raise ValueError(f"{release} stands after a release that is not older")
    return Expected(version, verdict, source)


@dataclass(frozen=True, repr=False)
class Observation:
    """What came out of a test on a release; witness is a trace where the answer is yes.

    outcomes is how many ends can be told apart by what the question asks for; remarks, who still
    waits at some end and what used a freed folio; complete, whether it was not interrupted.
    """

    name: str
    release: str
    verdict: str
    states: int
    runs: int
    outcomes: int
    schedule: Schedule | None
    witness: str
    remarks: tuple[str, ...] = ()
    complete: bool = True

    def __str__(self) -> str:
        orders = f"{self.runs} orders" if self.complete else "interrupted"
        numbers = f"{self.states} states, {orders}, {self.outcomes} outcomes"
        head = f"{self.name} on Linux {self.release}: {self.verdict} ({numbers})"
        told = [head, *(f"at some ends {remark}" for remark in self.remarks)]
        return "\n".join([*told, "", self.witness] if self.witness else told)

    __repr__ = __str__

    def require_complete(self) -> Observation:
        """Return it; KeyboardInterrupt if it was interrupted, for who needs all of it."""
        if not self.complete:
            raise KeyboardInterrupt(f"interrupted after {self.states} states")
        return self


def run(
    test: str | Litmus,
    release: str,
    rules: Mapping[str, object] = MappingProxyType({}),
    *,
    most_states: int = MOST_STATES,
) -> Observation:
    """Try every order of a test's steps on a release; `rules` override some of its rules.

    test is a name of those in data/litmus, or one that was parsed. Raises ValueError for a name
    that is none, a release that is not modelled, and rules that are none; RuntimeError for more
    than `most_states` states, and if it was interrupted before the verdict is known.
    """
    test = load(test) if isinstance(test, str) else instance("test", test, Litmus)
    found = explore(test.scenario, release, rules, most_states=most_states)
    schedule = found.witness(test.exists)
    witness = "" if schedule is None else trace(test.scenario, schedule, release, rules)
    return Observation(
        test.name, release, found.verdict(test.exists), found.states, found.runs,
        len(found.outcomes), schedule, witness, found.remarks, found.complete,
    )  # fmt: skip


def whole_verdict(
    test: Litmus, release: str, rules: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Return the verdict of all orders; KeyboardInterrupt if there was an Interrupt meanwhile."""
    return explore(test.scenario, release, rules).require_complete().verdict(test.exists)


def table(releases: Sequence[str] = ERAS) -> Table:
    """Return the verdicts as a table: a row for each test, a column for each release.

    Interrupt stops it.
    """
    columns = several("releases", releases, str)
    tests = names()
    found = {each: [whole_verdict(load(name), each) for name in tests] for each in columns}
    return Table(found, tests, "test", "release")
