"""The six kinds of exercises: what is right, and which idea a wrong answer looks like."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, ClassVar, SupportsIndex, TypeVar, cast

from pinlab.lab.misconceptions import diagnosis, misconceptions
from pinlab.lab.reply import Reply, literal
from pinlab.lab.strangers import LATE, plain, stopped
from pinlab.lab.text import digits, many
from pinlab.model.arguments import in_a_line, instance, shown, whole
from pinlab.words import Sentence, Verdict, judge, shortest
from pinlab.words.vocabulary import length

T = TypeVar("T")

MISREAD = {2 ^ n for n in range(10, 64)}
"""What Python makes of 2^10 and so on, where ^ is exclusive or."""

POWER = "If you meant a power: Python writes it with **, and ^ is another operation"

MOST = 2**80
"""The largest number that is judged: what is longer is a slip."""

HINT, BIGGER_HINT, SOLUTION = 1, 2, 3
"""How far a hint goes."""


@dataclass(frozen=True, kw_only=True)
class Exercise(ABC):
    """A question of a lesson; wrong answers are looked up among those that rest on an idea.

    `lesson` is the notebook's name without its ending, `because` says why the right answer is
    right, `given` is what the lesson hands out to work on, if anything. `question` is the whole
    question in Markdown, as it stands on a worksheet. `unlisted` says what can be checked next to
    whoever gave a wrong answer that rests on no known idea.
    """

    OWN: ClassVar[Any] = ()
    """What a kind takes as a reader has made it; all else is read as plain data."""

    id: str
    lesson: str
    hints: tuple[str, str]
    because: str
    given: object = None
    question: str = ""
    unlisted: str = ""

    @property
    def asked(self) -> str:
        """The question, and below it what is handed out, in Markdown."""
        return self.question if self.given is None else f"{self.question}\n\n```\n{self.given}\n```"

    def check(self, answer: object) -> Reply:
        """Judge an answer; what is open (None, `...`, a stub), or none at all, is not judged."""
        if is_open(answer):
            return self._open()
        came, trouble = tried(lambda: self._read(answer))
        if trouble is not None:
            return self._wrong(f"Reading your answer {trouble}.")
        try:
            judging = self._judging(came[0])
        except (TypeError, ValueError) as error:
            return slip(error)
        return judging()

    def _read(self, answer: object) -> object:
        """Return an answer as plain data; whatever a reader's object does, it does here."""
        return answer if isinstance(answer, self.OWN) else plain(answer)

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
    def _judging(self, answer: object) -> Callable[[], Reply]:
        """Return what judges an answer; TypeError or ValueError for what cannot be one."""

    @abstractmethod
    def _wanted(self) -> str:
        """Say what an answer looks like."""

    def _open(self) -> Reply:
        return Reply(f"No answer yet: {self._wanted()}.")

    def _right(self, text: str) -> Reply:
        return Reply(f"{_begun(text)} {self.because}", right=True)

    def _wrong(self, text: str, idea: str | None = None, details: str = "") -> Reply:
        told = diagnosis(idea) if idea else self.unlisted
        known = idea if idea in misconceptions() else None
        return Reply(f"{text} {told}".rstrip(), False, known, details)


def _begun(text: str) -> str:
    """A text as a sentence begins; what is no plain word, such as a name, stays as it is."""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]{2,}(?![\w-])", text) else text


def slip(error: Exception) -> Reply:
    """Return what is said to what cannot be an answer: one line, and nothing is judged."""
    return Reply(literal(f"Not judged: {error}."))


def tried(work: Callable[[], T]) -> tuple[list[T], str | None]:
    """Do something that runs a reader's code; return what came of it, if it did, or its trouble."""
    came: list[T] = []
    return came, stopped(lambda: came.append(work()))


def is_open(answer: object) -> bool:
    """Return whether this is the place of an answer and not an answer."""
    return answer is None or answer is ...


def _quoted(text: str) -> str:
    return f'"{text}"'


@dataclass(frozen=True, kw_only=True)
class Listed(Exercise):
    """An exercise with one right answer, and wrong ones that stand in a list."""

    right: Any
    wrong: Mapping[Any, str]

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.right

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""
        return self.wrong.items()


@dataclass(frozen=True, kw_only=True)
class Number(Listed):
    """A whole number to predict; `low` is the smallest that makes sense."""

    right: int
    wrong: Mapping[int, str]
    low: int | None = 0

    def _judging(self, answer: object) -> Callable[[], Reply]:
        return partial(self._judge, _number("your answer", answer, self.low))

    def _judge(self, answer: int) -> Reply:
        if answer == self.right:
            return self._right(f"{digits(answer)}.")
        idea = self.wrong.get(answer)
        if idea is None and answer in MISREAD and self.right >= 2**10:
            idea = POWER
        return self._wrong(f"You said {answer}.", idea)

    def _wanted(self) -> str:
        return "a whole number"


def _number(name: str, answer: object, low: int | None) -> int:
    """A whole number, which may also be typed as text."""
    typed = answer.replace(" ", "") if isinstance(answer, str) else ""
    number = int(typed) if re.fullmatch(r"[-+]?[0-9]{1,30}", typed) else answer
    found = whole(name, cast(SupportsIndex, number), low)
    if found > MOST:
        raise ValueError(f"{name} is {shown(found)}: no answer here is that large")
    return found


@dataclass(frozen=True, kw_only=True)
class Numbers(Exercise):
    """Several whole numbers to predict, each with a name; `low` is the smallest allowed.

    `together` has ideas that show in several numbers at once. Whoever gave all of these is told the
    idea in the place of what each of the numbers would be told by itself.
    """

    parts: Mapping[str, tuple[int, Mapping[int, str]]]
    together: Sequence[tuple[Mapping[str, int], str]] = ()
    low: int = 0

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return {name: right for name, (right, _) in self.parts.items()}

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong numbers that are known, by name and number, and those together."""
        for name, (_, wrong) in self.parts.items():
            yield from (((name, number), idea) for number, idea in wrong.items())
        yield from self.together

    def _judging(self, answer: object) -> Callable[[], Reply]:
        if not isinstance(answer, Mapping):
            raise TypeError(
                f"your answer is {shown(answer)}: it has to be a dict of {list(self.parts)}"
            )
        if set(answer) != set(self.parts):
            missing = [name for name in self.parts if name not in answer]
            extra = [name for name in answer if name not in self.parts]
            raise ValueError(
                f"your answer is {shown(answer)}: it needs exactly {list(self.parts)}; "
                f"missing are {missing or 'none'}, too many {shown(extra) if extra else 'none'}"
            )
        return partial(self._judge, {n: self._number(n, answer[n]) for n in self.parts})

    def _number(self, name: str, answer: object) -> int | None:
        return None if is_open(answer) else _number(f"your answer for {name}", answer, self.low)

    def _judge(self, answer: Mapping[str, int | None]) -> Reply:
        if set(answer.values()) == {None}:
            return self._open()
        ideas = self._ideas(answer)
        told: dict[str, list[str]] = {}
        for name, n in answer.items():
            told.setdefault(self._line(name, n, ideas.get(name)), []).append(name)
        lines = [f"- {', '.join(names)}: {line}" for line, names in told.items()]
        wrong = {name for name, n in answer.items() if n not in (None, self.parts[name][0])}
        if wrong:
            known = next((idea for idea in ideas.values() if idea in misconceptions()), None)
            more = f"\n\n{self.unlisted}" if self.unlisted and wrong - set(ideas) else ""
            return Reply("\n" + "\n".join(lines) + more, False, known)
        listed = "\n".join(lines)
        if None in answer.values():
            return Reply(listed)
        return Reply(f"{self.because}\n\n{listed}", True)

    def _ideas(self, numbers: Mapping[str, int | None]) -> dict[str, str]:
        """What each number is told: the idea that it shows with others, or else its own."""
        for those, idea in self.together:
            if all(numbers[name] == number for name, number in those.items()):
                return dict.fromkeys(those, idea)
        known = ((name, self.parts[name][1].get(n)) for name, n in numbers.items() if n is not None)
        return {name: idea for name, idea in known if idea is not None}

    def _line(self, name: str, number: int | None, idea: str | None) -> str:
        if number is None:
            return "no answer yet"
        if number == self.parts[name][0]:
            return f"{digits(number)} is right."
        return f"{number} is not right. {diagnosis(idea) if idea else ''}".rstrip()

    def _wanted(self) -> str:
        return f"whole numbers for {', '.join(self.parts)}"


@dataclass(frozen=True, kw_only=True)
class Choice(Listed):
    """One of a few answers to choose; each wrong one has its reason."""

    right: str
    wrong: Mapping[str, str]

    @property
    def options(self) -> list[str]:
        """All answers, in an order that does not tell which one is right."""
        return sorted([self.right, *self.wrong])

    def _judging(self, answer: object) -> Callable[[], Reply]:
        return partial(self._judge, _one_of("your answer is {}", answer, self.options))

    def _judge(self, answer: str) -> Reply:
        if answer == self.right:
            return self._right(f"{answer}.")
        return self._wrong(f"You chose {_quoted(answer)}.", self.wrong[answer])

    def _wanted(self) -> str:
        return f"one of {len(self.options)} answers"


@dataclass(frozen=True, kw_only=True)
class Selection(Listed):
    """Some of a few things to select, in any order.

    `wrong` has reasons for whole selections; of others the first thing that is too many (`extra`)
    is told its reason, or else that of the first one that is `missing`, which is not named.
    """

    options: Sequence[str]
    right: frozenset[str]
    wrong: Mapping[frozenset[str], str]
    missing: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""
        known = {self.right | {one}: idea for one, idea in self.extra.items()}
        known |= {self.right - {one}: idea for one, idea in self.missing.items()}
        return (known | dict(self.wrong)).items()

    def _told(self, chosen: frozenset[str]) -> tuple[str, str | None]:
        """What is said of a wrong selection, and the idea that it looks like."""
        few = len(chosen) <= FEW_NAMED
        named = _listed(chosen, self.options) if few else f"{len(chosen)} of {len(self.options)}"
        said = f"You said {named}."
        if chosen in self.wrong:
            return said, self.wrong[chosen]
        for one in self.options:
            if one in chosen - self.right:
                rest = "" if chosen > self.right else ", and something is missing"
                return f"{said} Not {_quoted(one)}{rest}.", self.extra.get(one)
        missing = (self.missing.get(one) for one in self.options if one in self.right - chosen)
        more = " All of these are right, and something is missing." if chosen else ""
        return f"{said}{more}", next(filter(None, missing), None)

    def _read(self, answer: object) -> object:
        if isinstance(answer, str | Mapping) or not isinstance(answer, Iterable):
            return plain(answer)
        named = [plain(each) for each in islice(answer, MOST_NAMED + 1)]
        return named if len(named) <= MOST_NAMED else plain(answer)

    def _judging(self, answer: object) -> Callable[[], Reply]:
        if not isinstance(answer, list):
            raise TypeError(f"your answer is {shown(answer)}: it has to be a set of {self.options}")
        named = (_one_of("your answer has {} in it", each, self.options) for each in answer)
        return partial(self._judge, frozenset(named))

    def _judge(self, answer: frozenset[str]) -> Reply:
        if answer == self.right:
            return self._right(f"{_listed(answer, self.options)}.")
        return self._wrong(*self._told(answer))

    def _wanted(self) -> str:
        return f"some of {len(self.options)} answers, as a set"


FEW_NAMED = 3
"""So many things of a selection are said again in a reply."""

MOST_NAMED = 1000
"""More than these are no selection, but something without end."""


def _one_of(told: str, answer: object, options: Sequence[str]) -> str:
    """The option that is meant: a number may stand for its digits, and letters may be large."""
    text = (answer if isinstance(answer, str) else shown(answer)).strip().casefold()
    for option in options:
        if text == option.casefold():
            return option
    allowed = ", ".join(map(repr, options))
    raise ValueError(f"{told.format(shown(answer))}: allowed are {allowed}")


def _listed(chosen: frozenset[str], order: Sequence[str]) -> str:
    return ", ".join(option for option in order if option in chosen) or "none of them"


@dataclass(frozen=True, kw_only=True)
class Program(Exercise):
    """A few lines of kernel to write, held against the model in many states.

    `states` are the arguments, `model` gives the right result, `trace` shows what the model does
    in one state, and `wrong` has functions that show an idea at work. `meaning` is what the
    kernel makes of a result, where that differs from what Python does. `large` are states that are
    tried when the others have come out right; whoever does not come to an end there is told `slow`.
    `source` is a right answer in Python.
    """

    OWN = Callable

    name: str
    arguments: Sequence[str]
    states: Sequence[tuple[Any, ...]]
    model: Callable[..., object]
    trace: Callable[..., str]
    wrong: Sequence[tuple[str, Callable[..., object]]]
    source: str
    meaning: Callable[[object], object] = lambda result: result
    large: Sequence[tuple[Any, ...]] = ()
    slow: str | None = None

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.model

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return functions that rest on an idea, each with its id or a sentence."""
        return ((function, idea) for idea, function in self.wrong)

    def _judging(self, answer: object) -> Callable[[], Reply]:
        if callable(answer):
            return partial(self._judge, answer)
        raise TypeError(
            f"your answer is {shown(answer)}: it has to be a function, without calling it"
        )

    def _judge(self, answer: Callable[..., object]) -> Reply:
        trouble = self._trouble(answer, self.states) or self._trouble(answer, self.large)
        if trouble is not None:
            return trouble
        states = len(self.states) + len(self.large)
        return self._right(f"It is right in all {states} cases.")

    def _trouble(
        self, function: Callable[..., object], states: Sequence[tuple[Any, ...]]
    ) -> Reply | None:
        """What is to be said of a function in some states, None if it is right in all of them.

        It gets copies: whatever it does to them, the next one and the model have the original.
        """
        results: list[object] = []
        left = deque(states)

        def run() -> None:
            while left:
                results.append(plain(function(*deepcopy(left.popleft()))))

        trouble = stopped(run)
        left.clear()  # what is left behind in one state begins no other
        if trouble is not None:
            state = states[min(len(results), len(states) - 1)]
            idea = self.slow if trouble == LATE and states is self.large else None
            return self._wrong(f"`{self._call(state)}` {trouble}.", idea, self.trace(*state))
        if results and all(is_open(result) for result in results):
            return self._open()
        return self._compared(results, states)

    def _compared(
        self, results: Sequence[object], states: Sequence[tuple[Any, ...]]
    ) -> Reply | None:
        right = [self.model(*state) for state in states]
        differ = [i for i, result in enumerate(results) if self.meaning(result) != right[i]]
        if not differ:
            return None
        first = differ[0]
        told = (
            f"It is right in {len(right) - len(differ)} of {len(right)} cases. "
            f"The first that differs is `{self._call(states[first])}`: expected {right[first]}, "
            f"came {_as_printed(results[first])}."
        )
        idea = self._idea(results) if states is self.states else None
        return self._wrong(told, idea, self.trace(*states[first]))

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
        named = (
            f"{name}={in_a_line(str(value))}"
            for name, value in zip(self.arguments, state, strict=True)
        )
        return f"{self.name}({', '.join(named)})"

    def _wanted(self) -> str:
        return f"the body of `{self.name}`"


def _as_printed(result: object) -> str:
    """A result as print() has it, if that is short."""
    return literal(in_a_line(result) if isinstance(result, str) else shown(result))


ONE_THING, ENOUGH = "refcount-and-pin-count-are-one-thing", "true-is-enough"
CONTRADICTED = "One step that contradicts a sentence is enough"
NEARLY = "Ask what is wrong with those that are left: the sentence does not speak of it yet"
FEW = 3
"""So many kernels may be left to somebody who is on the way."""


@dataclass(frozen=True, kw_only=True)
class Worded(Exercise):
    """A sentence to word that is adequate: true of the release, and of none of its wrong kernels.

    `examples` are sentences that are not. `source` is the shortest one in Python, named `mine`.
    """

    OWN = Sentence

    release: str
    examples: Sequence[Sentence]
    source: str

    def solution(self) -> object:
        """Return a right answer, as `check` takes it: the shortest."""
        return shortest(self.release)

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return sentences that are not adequate, each with its idea's id or a sentence."""
        return ((each, _idea(judge(each, self.release))) for each in self.examples)

    def _judging(self, answer: object) -> Callable[[], Reply]:
        return partial(self._judge, instance("your answer", answer, Sentence))

    def _judge(self, answer: Sentence) -> Reply:
        shortest(self.release)  # before the clock runs: this looks at every kernel
        replies, trouble = tried(lambda: self._judged(answer))
        return replies[0] if trouble is None else self._wrong(f"Your sentence {trouble}.")

    def _judged(self, made: Sentence) -> Reply:
        verdict = judge(made, self.release)
        clauses, words = length(made)
        told = f"{many(clauses, 'clause')}, {words} words."
        if verdict.counterexample is not None:
            told += (
                f" It is false of Linux {self.release}: {'; '.join(verdict.counterexample.steps)}."
            )
            return self._wrong(told, _idea(verdict), str(verdict.counterexample.trace))
        if verdict.missed:
            told += f" It is true of Linux {self.release}, and of {', '.join(verdict.missed)}."
            return self._wrong(told, _idea(verdict))
        return self._right(f"{told} {self._compared(made)}")

    def _compared(self, made: Sentence) -> str:
        best = shortest(self.release)
        if length(made) <= length(best):
            return "No adequate sentence of this vocabulary is shorter."
        clauses, words = length(best)
        return f"The shortest has {many(clauses, 'clause')} and {words} words."

    def _wanted(self) -> str:
        return "a sentence of clauses"


def _idea(verdict: Verdict) -> str:
    """The idea that a sentence which is not adequate looks like."""
    if verdict.missed is None:
        return CONTRADICTED
    if (
        "pincount-still-counted" in verdict.missed
        and "refcount-still-counted" not in verdict.missed
    ):
        return ONE_THING
    return ENOUGH if len(verdict.missed) > FEW else NEARLY


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
