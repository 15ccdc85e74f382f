"""Exercise texts: data/exercises/NN_name.md, what is asked and what is right as Markdown.

The README there has the form. Where a text says `draw:`, it names a function of the lesson's module
that takes a `Draw` and returns what a seed has drawn; `from:` names one without a seed.
"""

from __future__ import annotations

import importlib
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from pinlab.data_folder import DATA
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exercise import (
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
    Worded,
)
from pinlab.lab.misconceptions import misconceptions
from pinlab.lab.task import Task
from pinlab.lab.text import digits, many
from pinlab.text_files import decoded

FOLDER = DATA / "exercises"

KINDS: Mapping[str, type[Exercise]] = {
    "number": Number,
    "numbers": Numbers,
    "choice": Choice,
    "selection": Selection,
    "program": Program,
    "task": Task,
    "worded": Worded,
}

KEYS = ("draw", "from", "judge", "low", "options")
"""What may stand below a heading, each in a line of its own."""

SIGNS = {"=": "right", "-": "wrong", "~": "what to check", "?": "a hint", "!": "because"}

EXERCISE = re.compile(
    r"## ([\w-]+) \((\w+)\)\n((?:\w+: [^\n]*\n)*)(.*?)^((?:[?!~-] |= ?).*)", re.M | re.S
)
"""Heading, keys, the question, and the lines with signs."""

SIGNED = re.compile(r"^([=?!~-]) ?([^\n]*)\n(?:```\w*\n(.*?)^```\n)?", re.M | re.S)
FENCED = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
BRACES = re.compile(r"\{([a-z_]\w*)(?: ([-+*]) (\w+))?(?::([^{}]+))?\}")
SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Line(NamedTuple):
    """A line that begins with a sign, and what stands fenced below it."""

    number: int
    text: str
    block: str


@dataclass(frozen=True)
class Text:
    """An exercise as it stands in a file; `make` reads it for one seed."""

    file: Path
    number: int
    id: str
    kind: str
    keys: Mapping[str, str]
    question: str
    signed: Mapping[str, Sequence[Line]]

    @property
    def lesson(self) -> str:
        """The name of its lesson's notebook, without the ending."""
        return self.file.stem

    @property
    def seeded(self) -> bool:
        """Whether its question is another one for each seed."""
        return "draw" in self.keys

    def make(self, seed: int = 0) -> Exercise:
        """Return the exercise; ValueError with file and line for what cannot be one."""
        return _Maker(self, seed).made()

    def wrong(self, number: int, told: str) -> ValueError:
        """Return the error of a line, with file, line and id."""
        return ValueError(f"{self.file.name}, line {number}: {self.id}: {told}")


def read(file: Path) -> list[Text]:
    """Return the exercises of a file; OSError, or ValueError with the line of what is wrong."""
    told = decoded(file) + "\n"
    places = [*(found.start() for found in re.finditer("^## ", told, re.M)), len(told)]
    return [
        _text(file, told.count("\n", 0, begin) + 1, told[begin:end])
        for begin, end in pairwise(places)
    ]


def _text(file: Path, number: int, told: str) -> Text:
    found = EXERCISE.match(told)
    if found is None or found[2] not in KINDS:
        allowed = f"allowed is ## id (kind), then keys, question, signs; the kinds are {[*KINDS]}"
        raise ValueError(f"{file.name}, line {number}: {told.splitlines()[0]!r}: {allowed}")
    id, kind, keys, question, signed = found.groups()
    first = number + told.count("\n", 0, found.start(5))
    signs: dict[str, list[Line]] = {sign: [] for sign in SIGNS}
    for each in SIGNED.finditer(signed):
        line = first + signed.count("\n", 0, each.start())
        signs[each[1]].append(Line(line, each[2], each[3] or ""))
    named = dict(key.split(": ", 1) for key in keys.splitlines())
    text = Text(file, number, id, kind, named, question.strip(), signs)
    if not named.keys() <= set(KEYS):
        raise text.wrong(number, f"its keys are {[*named]}: allowed are {', '.join(KEYS)}")
    left = SIGNED.sub(lambda each: "\n" * each[0].count("\n"), signed).splitlines()
    for line, words in enumerate(left, start=first):
        if words:
            allowed = ", ".join(f"{sign} ({meaning})" for sign, meaning in SIGNS.items())
            raise text.wrong(line, f"{words!r} begins with no sign: allowed are {allowed}")
    return text


class _Maker:
    """Makes an exercise of a text, for one seed."""

    def __init__(self, text: Text, seed: int) -> None:
        self.text, self.kind = text, KINDS[text.kind]
        self.drawn: Drawn = {}
        if text.seeded:
            self.drawn = self._python(text.keys["draw"])(Draw(text.id, seed))
        elif "from" in text.keys:
            self.drawn = self._python(text.keys["from"])()

    def made(self) -> Exercise:
        """Return the exercise: its fields from the text, or else from what was drawn."""
        text = self.text
        of_kind = {field.name for field in fields(self.kind)}
        own = {name: value for name, value in self.drawn.items() if name in of_kind}
        if "low" in text.keys:
            own["low"] = self._whole(text.keys["low"], text.number)
        match text.kind:
            case "numbers":
                self._numbers(own)
            case "selection":
                self._selection(own)
            case "program":
                self._program(own)
            case "worded":
                own["source"], _ = self._right()
            case "task":
                self._task(own)
            case "number" | "choice":
                self._listed(own)
        hints, because, checks = (tuple(told for told, _, _ in self._lines(s)) for s in "?!~")
        if (bool(text.question), len(hints), len(because)) != (True, 2, 1) or len(checks) > 1:
            needed = "a question, two hints (?) and one !, and one ~ at most"
            raise text.wrong(text.number, f"it has to have {needed}")
        own |= {"id": text.id, "lesson": text.lesson, "hints": hints, "because": because[0]}
        own["unlisted"] = "".join(checks)
        own["question"] = self._filled(text.question, text.number)
        try:
            return self.kind(**own)
        except TypeError as error:
            raise text.wrong(text.number, f"{error}: neither the text nor Python says so") from None

    def _python(self, name: str) -> Callable[..., Any]:
        """A function of the lesson's module; a lesson imports lab, so it is found only now."""
        module = f"pinlab.lessons.{self.text.lesson.partition('_')[2]}"
        found: Callable[..., Any] | None = getattr(importlib.import_module(module), name, None)
        if found is None:
            raise self.text.wrong(self.text.number, f"{module} has no function {name}")
        return found

    def _filled(self, words: str, number: int, drawn: Drawn | None = None) -> str:
        """Put what was drawn in the place of the braces; what has none of them is left as it is."""
        names = drawn or self.drawn
        return BRACES.sub(lambda m: self._told(m, number, names), words) if names else words

    def _told(self, braces: re.Match[str], number: int, drawn: Drawn) -> str:
        """{n}, {n + 1}, {n - m}; {n:page} with its noun; {n:^} with its power."""
        name, sign, other, noun = braces.groups()
        for each in (name, other):
            if each and not each.isdigit() and each not in drawn:
                allowed = ", ".join(drawn)
                raise self.text.wrong(number, f"{{{each}}} is not drawn: allowed are {allowed}")
        value = drawn[name]
        if sign:
            value = SUMS[sign](value, int(other) if other.isdigit() else drawn[other])
        if noun == "^":
            return digits(value)
        return many(value, noun) if noun else str(value)

    def _lines(self, sign: str) -> Iterator[tuple[str, str, int]]:
        """The lines of a sign, filled in, with what is fenced below: none without, many with many.

        A name that was drawn as None takes its line away. One that was drawn as a list has the line
        for each of its things, a dict for each of its keys, with the names that it has for it.
        """
        for line in self.text.signed[sign]:
            names = {m[1] for m in BRACES.finditer(line.text)} & set(self.drawn)
            if any(self.drawn[name] is None for name in names):
                continue
            several = next((n for n in names if isinstance(self.drawn[n], list | Mapping)), None)
            things = {None: {}} if several is None else self.drawn[several]
            for thing in things:
                more = things[thing] if isinstance(things, Mapping) else {}
                drawn = {**self.drawn, **more, **({several: thing} if several else {})}
                yield self._filled(line.text, line.number, drawn), line.block, line.number

    def _answers(self, sign: str) -> Iterator[tuple[str, str, int]]:
        """The lines of a sign as answer and reason, which is not looked at yet."""
        for told, _, number in self._lines(sign):
            yield *self._split(told), number

    def _split(self, told: str) -> tuple[str, str]:
        """Answer and reason; a colon may be a part of an option, and of options in brackets."""
        options = self.text.keys.get("options", "").split(" | ")
        for option in sorted(options, key=len, reverse=True):
            if option and told.startswith(option):
                return option, told.removeprefix(option).removeprefix(": ")
        end = "]: " if told.startswith("[") else ": "
        answer, _, reason = told.partition(end)
        return answer + end[:-2], reason

    def _reasoned(self, idea: str, number: int) -> str:
        if " " in idea or idea in misconceptions():
            return idea
        told = f"{idea!r} is no sentence, and no id in data/misconceptions.csv"
        raise self.text.wrong(number, told)

    def _whole(self, told: str, number: int) -> int:
        try:
            return int(told)
        except ValueError:
            raise self.text.wrong(number, f"{told!r} is no whole number") from None

    def _right(self) -> tuple[str, int]:
        lines = [(block or told, number) for told, block, number in self._lines("=")]
        if len(lines) != 1:
            told = f"it has to have 1 right answer, not {len(lines)}"
            raise self.text.wrong(self.text.number, told)
        return lines[0]

    def _but(self, right: object, wrong: dict[Any, str]) -> dict[Any, str]:
        """Take out a wrong answer that a seed has turned into the right one."""
        if right in wrong and not self.drawn:
            raise self.text.wrong(self.text.number, f"{right!r} is right and wrong")
        return {answer: idea for answer, idea in wrong.items() if answer != right}

    def _listed(self, own: dict[str, Any]) -> None:
        """The right answer and the wrong ones."""
        take = self._whole if self.kind is Number else lambda words, number: words
        if self.text.signed["="] or "right" not in own:
            own["right"] = take(*self._right())
        wrong = {take(a, n): self._reasoned(idea, n) for a, idea, n in self._answers("-")}
        own["wrong"] = self._but(own["right"], wrong | dict(own.get("wrong", {})))

    def _program(self, own: dict[str, Any]) -> None:
        """The fenced program has name and arguments; a wrong one is `_its_name` in the module."""
        source, number = self._right()
        heads = re.findall(r"^def (\w+)\((.*?)\)", source, flags=re.MULTILINE)
        if not heads:
            raise self.text.wrong(number, "the right program stands fenced below =, with its def")
        name, arguments = heads[-1]
        own |= {"name": name, "arguments": tuple(arguments.split(", ")), "source": source}
        own["wrong"] = tuple(
            (self._reasoned(idea, n), self._python(f"_{function}"))
            for function, idea, n in self._answers("-")
        )

    def _task(self, own: dict[str, Any]) -> None:
        """Below = one right answer; `- name: sentence` is what is told who misses a condition."""
        own["source"], _ = self._right()
        if not (beginnings := FENCED.findall(self.text.question)):
            told = "its question has to have a beginning of mine, fenced as python"
            raise self.text.wrong(self.text.number, told)
        own["beginning"] = beginnings[-1]
        own["judge"] = self._python(self.text.keys.get("judge", "judge"))
        own["conditions"] = dict(self._split(told) for told, _, _ in self._lines("-"))

    def _numbers(self, own: dict[str, Any]) -> None:
        """`= name: 3`, `- name: 4: reason`, `- name: 4 + other: 5: reason` for several at once."""
        pairs = [(*told.partition(": ")[::2], n) for told, _, n in self._lines("=")]
        right = {name: self._whole(value, n) for name, value, n in pairs}
        wrong: dict[str, dict[int, str]] = {name: {} for name in right}
        together: list[tuple[dict[str, int], str]] = []
        part = rf"({'|'.join(map(re.escape, right))}): (-?\d+)"
        for line, _, n in self._lines("-"):
            found = re.fullmatch(rf"({part}(?: \+ {part})*): (.+)", line)
            if found is None:
                told = f"allowed is - name: number: reason, for {', '.join(right)}"
                raise self.text.wrong(n, told)
            those = {name: int(number) for name, number in re.findall(part, found[1])}
            idea = self._reasoned(found[found.re.groups], n)
            if len(those) == 1:
                ((name, number),) = those.items()
                wrong[name][number] = idea
            else:
                together.append((those, idea))
        for name, more in self.drawn.get("wrong", {}).items():
            wrong[name] |= more
        own["parts"] = {name: (n, self._but(n, wrong[name])) for name, n in right.items()}
        own["together"] = together

    def _selection(self, own: dict[str, Any]) -> None:
        """`= option: reason if it is missing`, `- option: reason if it is chosen`, in their order.

        `- [one + other]: reason` is about a whole selection, `[]` about none, `[*]` about all.
        """
        whole: list[tuple[str, str]] = []
        options: dict[str, tuple[str, str]] = {}
        signed = [(n, sign, a, idea) for sign in "=-" for a, idea, n in self._answers(sign)]
        for number, sign, answer, idea in sorted(signed, key=itemgetter(0)):
            if sign == "-" and answer.startswith("["):
                whole.append((answer[1:-1], self._reasoned(idea, number)))
            else:
                options[answer] = sign, idea and self._reasoned(idea, number)
        if options:
            order = self.text.keys.get("options", " | ".join(options)).split(" | ")
            if set(order) != set(options):
                named = f"options are {order}: the lines below have {list(options)}"
                raise self.text.wrong(self.text.number, named)
            own["options"] = tuple(order)
            own["right"] = frozenset(a for a, (sign, _) in options.items() if sign == "=")
        for name, wanted in (("missing", "="), ("extra", "-")):
            told = {a: idea for a, (sign, idea) in options.items() if sign == wanted and idea}
            own[name] = told | dict(own.get(name, {}))
        every = " + ".join(own.get("options", ()))
        wrong = {
            frozenset((every if told == "*" else told).split(" + ") if told else ()): idea
            for told, idea in whole
        }
        own["wrong"] = self._but(own["right"], wrong | dict(own.get("wrong", {})))
