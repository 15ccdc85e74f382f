"""Exercises: what is asked, what is right, and which idea a wrong answer looks like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, SupportsIndex, cast

from pinlab.lab.exercises.misconceptions import misconceptions, reason
from pinlab.lab.exercises.reply import Reply
from pinlab.lab.powers import digits
from pinlab.model.arguments import whole

MISREAD: Mapping[int, str] = {2 ^ n: f"2**{n}" for n in range(10, 64)}
"""What Python makes of 2^10 and so on, where ^ is exclusive or."""

MOST = 2**80
"""The largest number that is judged: what is longer is a slip."""

HINT, BIGGER_HINT, SOLUTION = 1, 2, 3
"""How far a hint goes."""


@dataclass(frozen=True, kw_only=True)
class Exercise(ABC):
    """A question of a lesson; wrong answers are looked up among those that rest on an idea.

    `lesson` is the notebook's name without its ending, `because` says why the right answer is
    right, `given` is what the lesson hands out to work on, if anything. `question` is the whole
    question in Markdown, for those that are drawn from a seed: a worksheet has no lesson around it.
    """

    id: str
    lesson: str
    hints: tuple[str, str]
    because: str
    given: object = None
    question: str = ""

    def check(self, answer: object) -> Reply:
        """Judge an answer; None, `...` or a stub is answered kindly.

        Raises TypeError or ValueError for what cannot be an answer, naming what can be.
        """
        if is_open(answer):
            return self._open()
        return self._judge(answer)

    def hint(self, level: int) -> Reply:
        """Return hint 1, the bigger hint 2, or where the explained solution is (3)."""
        if level == SOLUTION:
            path = f"solutions/{self.lesson}.ipynb#cell-id={self.id}"
            return Reply(f"The explained solution of lesson {self.lesson}: [{path}]({path}).")
        more = {HINT: "A bigger hint", BIGGER_HINT: "The explained solution"}[level]
        return Reply(
            f"{self.hints[level - 1]} {more}: `lab.hint({_quoted(self.id)}, {level + 1})`."
        )

    @abstractmethod
    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""

    @abstractmethod
    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""

    @abstractmethod
    def _judge(self, answer: object) -> Reply:
        """Judge an answer that was given."""

    @abstractmethod
    def _wanted(self) -> str:
        """Say what an answer looks like."""

    def _open(self) -> Reply:
        return Reply(f"No answer yet: {self._wanted()}. {self._offer()}")

    def _offer(self) -> str:
        return f"A hint: `lab.hint({_quoted(self.id)})`."

    def _right(self, text: str) -> Reply:
        return Reply(f"{text} {self.because}", right=True)

    def _wrong(self, text: str, idea: str | None, details: str = "") -> Reply:
        told = f"{text} {reason(idea)}" if idea else text
        known = idea if idea in misconceptions() else None
        return Reply(f"{told} {self._offer()}", False, known, details)


def is_open(answer: object) -> bool:
    """Return whether this is the place of an answer and not an answer."""
    return answer is None or answer is ...


def besides(right: int, wrong: Mapping[int, str]) -> dict[int, str]:
    """Return the wrong answers that a seed has not turned into the right one.

    >>> besides(3, {2: "That is one less", 3: "That counts the writes"})
    {2: 'That is one less'}
    """
    return {number: idea for number, idea in wrong.items() if number != right}


def _quoted(text: str) -> str:
    return f'"{text}"'


@dataclass(frozen=True, kw_only=True)
class Number(Exercise):
    """A whole number to predict; `low` is the smallest that makes sense."""

    right: int
    wrong: Mapping[int, str]
    low: int | None = 0

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.right

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""
        return self.wrong.items()

    def _judge(self, answer: object) -> Reply:
        number = whole("your answer", cast(SupportsIndex, answer), self.low, MOST)
        if number == self.right:
            return self._right(f"{digits(number)}.")
        told = f"You expected {digits(number)}, the model gives {digits(self.right)}."
        idea = self.wrong.get(number)
        if idea is None and number in MISREAD and self.right >= 2**10:
            idea = f"If you meant a power: Python writes it {MISREAD[number]}"
        return self._wrong(told, idea)

    def _wanted(self) -> str:
        return "put a whole number in the place of `None`"


@dataclass(frozen=True, kw_only=True)
class Numbers(Exercise):
    """Several whole numbers to predict, each with a name; `low` is the smallest allowed."""

    parts: Mapping[str, tuple[int, Mapping[int, str]]]
    low: int = 0

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return {name: right for name, (right, _) in self.parts.items()}

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong numbers that are known, by name and number."""
        return (
            ((name, number), idea)
            for name, (_, wrong) in self.parts.items()
            for number, idea in wrong.items()
        )

    def check(self, answer: object) -> Reply:
        """Judge a dict of numbers, any of which may still be open."""
        if is_open(answer):
            return self._open()
        numbers = self._numbers(answer)
        if all(number is None for number in numbers.values()):
            return self._open()
        return self._judge(numbers)

    def _numbers(self, answer: object) -> dict[str, int | None]:
        if not isinstance(answer, Mapping):
            raise TypeError(f"your answer is {answer!r}: it has to be a dict of {list(self.parts)}")
        if set(answer) != set(self.parts):
            raise ValueError(f"your answer is {answer!r}: it needs exactly {list(self.parts)}")
        return {name: self._number(name, answer[name]) for name in self.parts}

    def _number(self, name: str, answer: object) -> int | None:
        if is_open(answer):
            return None
        return whole(f"your answer for {name}", cast(SupportsIndex, answer), self.low)

    def _judge(self, answer: object) -> Reply:
        numbers = cast("dict[str, int | None]", answer)
        lines = "\n".join(f"- {name}: {self._line(name, n)}" for name, n in numbers.items())
        wrong = [n for n in numbers if numbers[n] is not None and numbers[n] != self.parts[n][0]]
        if wrong:
            ideas = (self.parts[name][1].get(cast(int, numbers[name])) for name in wrong)
            known = next((idea for idea in ideas if idea in misconceptions()), None)
            return Reply(f"\n{lines}\n\n{self._offer()}", False, known)
        if None in numbers.values():
            return Reply(lines)
        return Reply(f"{self.because}\n\n{lines}", right=True)

    def _line(self, name: str, number: int | None) -> str:
        right, wrong = self.parts[name]
        if number is None:
            return "no answer yet"
        if number == right:
            return f"{digits(number)} is right."
        told = f"you expected {digits(number)}, the model gives {digits(right)}."
        return f"{told} {reason(wrong[number])}" if number in wrong else told

    def _wanted(self) -> str:
        return f"put whole numbers for {', '.join(self.parts)} in the places of `None`"


@dataclass(frozen=True, kw_only=True)
class Choice(Exercise):
    """One of a few answers to choose; each wrong one has its reason."""

    right: str
    wrong: Mapping[str, str]

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.right

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""
        return self.wrong.items()

    def _judge(self, answer: object) -> Reply:
        chosen = _one_of("your answer", answer, [self.right, *self.wrong])
        if chosen == self.right:
            return self._right(f"{chosen}.")
        told = f"You chose {chosen!r}, the model gives {self.right!r}."
        return self._wrong(told, self.wrong[chosen])

    def _wanted(self) -> str:
        options = sorted([self.right, *self.wrong])
        return f"put one of {', '.join(map(_quoted, options))} in the place of `None`"


@dataclass(frozen=True, kw_only=True)
class Selection(Exercise):
    """Some of a few things to select, in any order.

    `wrong` has reasons for whole selections; of others the first thing that is `missing` or too
    many (`extra`) is told its reason.
    """

    options: Sequence[str]
    right: frozenset[str]
    wrong: Mapping[frozenset[str], str]
    missing: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.right

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""
        known = {self.right | {one}: idea for one, idea in self.extra.items()}
        known |= {self.right - {one}: idea for one, idea in self.missing.items()}
        return (known | dict(self.wrong)).items()

    def _idea(self, chosen: frozenset[str]) -> str | None:
        if chosen in self.wrong:
            return self.wrong[chosen]
        ideas = [self.extra.get(one) for one in self.options if one in chosen - self.right]
        ideas += [self.missing.get(one) for one in self.options if one in self.right - chosen]
        return next(filter(None, ideas), None)

    def _judge(self, answer: object) -> Reply:
        if isinstance(answer, str) or not isinstance(answer, Iterable):
            raise TypeError(f"your answer is {answer!r}: it has to be a set of {self.options}")
        chosen = frozenset(_one_of("in your answer", each, self.options) for each in answer)
        if chosen == self.right:
            return self._right(f"{_listed(chosen, self.options)}.")
        told = (
            f"You selected {_listed(chosen, self.options)}; "
            f"it is {_listed(self.right, self.options)}."
        )
        return self._wrong(told, self._idea(chosen))

    def _wanted(self) -> str:
        return (
            f"put a set of some of {', '.join(map(_quoted, self.options))} in the place of `None`"
        )


def _one_of(name: str, answer: object, options: Sequence[str]) -> str:
    """The option that is meant: a number may stand for its digits, and letters may be large."""
    for option in options:
        if str(answer).strip().casefold() == option.casefold():
            return option
    raise ValueError(f"{name} is {answer!r}: allowed are {', '.join(map(repr, options))}")


def _listed(chosen: frozenset[str], order: Sequence[str]) -> str:
    return ", ".join(option for option in order if option in chosen) or "none of them"


def as_it_is(result: object) -> object:
    """Return a result of a function as Python has it."""
    return result


@dataclass(frozen=True, kw_only=True)
class Program(Exercise):
    """A few lines of kernel to write, held against the model in many states.

    `states` are the arguments, `model` gives the right result, `trace` shows what the model does
    in one state, and `wrong` has functions that show an idea at work. `meaning` is what the
    kernel makes of a result, where that differs from what Python does.
    """

    name: str
    arguments: Sequence[str]
    states: Sequence[tuple[Any, ...]]
    model: Callable[..., object]
    trace: Callable[..., str]
    wrong: Sequence[tuple[str, Callable[..., object]]]
    meaning: Callable[[object], object] = as_it_is

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.model

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return functions that rest on an idea, each with its id or a sentence."""
        return ((function, idea) for idea, function in self.wrong)

    def _judge(self, answer: object) -> Reply:
        if not callable(answer):
            raise TypeError(
                f"your answer is {answer!r}: it has to be a function, without calling it"
            )
        results = []
        for state in self.states:
            try:
                results.append(answer(*state))
            except Exception as error:  # whatever a reader's function raises is an answer, too
                told = f"`{self._call(state)}` raised {type(error).__name__}: {error}."
                return self._wrong(told, None, self.trace(*state))
        if all(is_open(result) for result in results):
            return self._open()
        return self._compare(results)

    def _compare(self, results: Sequence[object]) -> Reply:
        right = [self.model(*state) for state in self.states]
        differ = [i for i, result in enumerate(results) if self.meaning(result) != right[i]]
        if not differ:
            return self._right(f"In all {len(right)} states it does what the model does.")
        first = differ[0]
        state = self.states[first]
        told = (
            f"It does what the model does in {len(right) - len(differ)} of {len(right)} states. "
            f"The first that differs is `{self._call(state)}`: expected {right[first]}, "
            f"came {results[first]}."
        )
        return self._wrong(told, self._idea(results), self.trace(*state))

    def _idea(self, results: Sequence[object]) -> str | None:
        """The idea whose function does the very same in every state."""
        meant = [self.meaning(result) for result in results]
        return next(
            (
                idea
                for idea, function in self.wrong
                if [self.meaning(function(*state)) for state in self.states] == meant
            ),
            None,
        )

    def _call(self, state: tuple[Any, ...]) -> str:
        named = (f"{name}={value}" for name, value in zip(self.arguments, state, strict=True))
        return f"{self.name}({', '.join(named)})"

    def _wanted(self) -> str:
        return f"write the body of `{self.name}`"


def in_words(answer: object) -> str:
    """Return a known answer as a reader would write it."""
    match answer:
        case int():
            return digits(answer)
        case str() if "\n" in answer:
            return f"`{'; '.join(line.strip() for line in answer.splitlines() if line.strip())}`"
        case str():
            return _quoted(answer)
        case frozenset():
            return ", ".join(sorted(answer)) or "none of them"
        case (name, number):
            return f"{number} for {name}"
        case dict():
            return ", ".join(map(in_words, answer.items()))
    return f"`{getattr(answer, '__name__', answer)}`".replace("`_", "`")
