"""Exercise texts: data/exercises/NN_name.md, what is asked and what is right as Markdown.

README has the form. Python is asked where a text says so: `draw:` names a function of the lesson's
module that takes a `Draw` and returns what a seed has drawn, `from:` one without a seed.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pinlab.data_folder import DATA
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.exercise import (
    IT_IS,
    MODEL_GIVES,
    Choice,
    Exercise,
    Number,
    Numbers,
    Program,
    Selection,
    Worded,
    Written,
    misconceptions,
)
from pinlab.lab.text import digits, plural
from pinlab.text_files import decoded

FOLDER = DATA / "exercises"

KINDS: Mapping[str, type[Exercise]] = {
    "number": Number,
    "numbers": Numbers,
    "choice": Choice,
    "selection": Selection,
    "program": Program,
    "worded": Worded,
    "written": Written,
}

KEYS = ("draw", "from", "gives", "low", "options", "releases")
"""What may stand below a heading, each in a line of its own."""

SIGNS = {"=": "right", "-": "wrong", "?": "a hint", "!": "because"}

HEADING = re.compile(r"## ([\w-]+) \((\w+)\)")
BRACES = re.compile(r"\{([a-z_]\w*)(?: ([-+*]) (\w+))?(?::([^{}]+))?\}")
NUMBER = r"-?\d+|\{[^{}]*\}"


@dataclass(frozen=True)
class Line:
    """A line that begins with a sign, and what stands fenced below it."""

    number: int
    text: str
    block: str = ""


@dataclass
class Text:
    """An exercise as it stands in a file; `make` reads it for one seed."""

    file: Path
    number: int
    id: str
    kind: str
    keys: dict[str, str] = field(default_factory=dict)
    question: str = ""
    signed: dict[str, list[Line]] = field(default_factory=lambda: {sign: [] for sign in SIGNS})

    def make(self, seed: int = 0) -> Exercise:
        """Return the exercise; ValueError with file and line for what cannot be one."""
        return _Maker(self, seed).made()

    def wrong(self, number: int, told: str) -> ValueError:
        """Return the error of a line, with file, line and id."""
        return ValueError(f"{self.file.name}, line {number}: {self.id}: {told}")


def read(file: Path) -> list[Text]:
    """Return the exercises of a file; OSError, or ValueError with the line of what is wrong."""
    texts: list[Text] = []
    lines = list(enumerate(decoded(file).split("\n"), start=1))
    while lines:
        number, line = lines.pop(0)
        if line.startswith("## "):
            texts.append(_begun(file, number, line))
        elif texts:
            _take(texts[-1], number, line, lines)
        elif line and not line.startswith("# "):
            raise ValueError(f"{file.name}, line {number}: an exercise begins with ## id (kind)")
    for text in texts:
        text.question = text.question.strip()
        _complete(text)
    return texts


def _begun(file: Path, number: int, line: str) -> Text:
    heading = HEADING.fullmatch(line)
    if heading is None or heading[2] not in KINDS:
        allowed = f"allowed is ## id (kind), the kinds are {', '.join(KINDS)}"
        raise ValueError(f"{file.name}, line {number}: {line!r}: {allowed}")
    return Text(file, number, heading[1], heading[2])


def _take(text: Text, number: int, line: str, lines: list[tuple[int, str]]) -> None:
    """Add a line to a text, with what stands fenced below it: a key, a sign or the question."""
    key, _, value = line.partition(": ")
    sign, _, rest = line.partition(" ")
    begun = any(text.signed.values())
    if key in KEYS and not text.question and not begun:
        text.keys[key] = value
    elif sign in SIGNS:
        text.signed[sign].append(Line(number, rest, _fenced(text, number, lines)))
    elif not begun:
        text.question += f"{line}\n"
    elif line:
        allowed = ", ".join(f"{sign} ({words})" for sign, words in SIGNS.items())
        raise text.wrong(number, f"{line!r} begins with no sign: allowed are {allowed}")


def _fenced(text: Text, number: int, lines: list[tuple[int, str]]) -> str:
    """Take what stands between two fences below a line, if that is what follows."""
    if not lines or not lines[0][1].startswith("```"):
        return ""
    lines.pop(0)
    block = []
    while lines and lines[0][1] != "```":
        block.append(lines.pop(0)[1])
    if not lines:
        raise text.wrong(number, "the fence below has no end")
    lines.pop(0)
    return "\n".join(block) + "\n"


def _complete(text: Text) -> None:
    if not text.question:
        raise text.wrong(text.number, "it has no question")
    for sign, wanted in (("?", 2), ("!", 1)):
        found = len(text.signed[sign])
        if found != wanted:
            raise text.wrong(
                text.number, f"it has to have {wanted} of the sign {sign}, and has {found}"
            )
    gives = text.keys.get("gives", IT_IS)
    if gives not in (IT_IS, MODEL_GIVES):
        raise text.wrong(text.number, f"gives is {gives!r}: allowed are {IT_IS}, {MODEL_GIVES}")


class _Maker:
    """Makes an exercise of a text, for one seed."""

    def __init__(self, text: Text, seed: int) -> None:
        self.text, self.kind = text, KINDS[text.kind]
        self.drawn: Drawn = {}
        if "draw" in text.keys:
            self.drawn = self._python(text.keys["draw"])(Draw(text.id, seed))
        elif "from" in text.keys:
            self.drawn = self._python(text.keys["from"])()

    def made(self) -> Exercise:
        """Return the exercise: its own fields from the text, or else from what was drawn."""
        text, hints = self.text, self.text.signed["?"]
        (because,) = text.signed["!"]
        of_kind = {field.name for field in fields(self.kind)}
        own = {name: value for name, value in self.drawn.items() if name in of_kind}
        if "low" in text.keys:
            own["low"] = int(text.keys["low"])
        if "gives" in text.keys:
            own["gives"] = text.keys["gives"]
        getattr(self, f"_{text.kind}")(own)
        try:
            return self.kind(
                **own | {
                    "id": text.id,
                    "lesson": text.file.stem,
                    "question": self._filled(text.question, text.number),
                    "because": self._filled(because.text, because.number),
                    "hints": tuple(self._filled(hint.text, hint.number) for hint in hints),
                }
            )  # fmt: skip
        except TypeError as error:
            raise text.wrong(text.number, f"{error}: neither the text nor Python says so") from None

    def _python(self, name: str) -> Callable[..., Any]:
        """A function of the lesson's module; a lesson imports lab, so it is found only now."""
        module = f"pinlab.lessons.{self.text.file.stem.partition('_')[2]}"
        found = getattr(importlib.import_module(module), name, None)
        if not callable(found):
            raise self.text.wrong(self.text.number, f"{module} has no function {name}")
        return found  # type: ignore[no-any-return]

    def _filled(self, words: str, number: int) -> str:
        """Put what was drawn in the place of the braces."""
        return BRACES.sub(lambda m: self._told(m, number), words) if self.drawn else words

    def _told(self, braces: re.Match[str], number: int) -> str:
        """{n}, {n + 1}, {n - m}; {n:page} with its noun; {n:^} with its power."""
        name, sign, other, noun = braces.groups()
        for each in (name, other):
            if each and not each.isdigit() and each not in self.drawn:
                names = ", ".join(self.drawn)
                raise self.text.wrong(number, f"{{{each}}} is not drawn: allowed are {names}")
        value = self.drawn[name]
        if sign:
            second = int(other) if other.isdigit() else self.drawn[other]
            value = {"+": value + second, "-": value - second, "*": value * second}[sign]
        if noun == "^":
            return digits(value)
        return f"{value} {plural(value, noun)}" if noun else str(value)

    def _lines(self, sign: str) -> Iterator[tuple[str, str, int]]:
        """The lines of a sign as answer and reason; without what was drawn as None."""
        for line in self.text.signed[sign]:
            answer, reason = ("", line.text) if line.block else self._split(line.text)
            if not self._absent(answer):
                told = self._filled(reason, line.number)
                yield line.block or self._filled(answer, line.number), told, line.number

    def _split(self, told: str) -> tuple[str, str]:
        """Answer and reason; a colon may be a part of an option, and of options in brackets."""
        options = self.text.keys.get("options", "").split(" | ")
        for option in sorted(options, key=len, reverse=True):
            if option and told.startswith(option):
                return option, told.removeprefix(option).removeprefix(": ")
        end = "]: " if told.startswith("[") else ": "
        answer, _, reason = told.partition(end)
        return answer + end[:-2], reason

    def _absent(self, answer: str) -> bool:
        return any(self.drawn.get(m[1], m) is None for m in BRACES.finditer(answer))

    def _whole(self, told: str, number: int) -> int:
        try:
            return int(told)
        except ValueError:
            raise self.text.wrong(number, f"{told!r} is no whole number") from None

    def _right(self) -> tuple[str, int]:
        lines = list(self._lines("="))
        if len(lines) != 1:
            raise self.text.wrong(
                self.text.number, f"it has to have 1 right answer, not {len(lines)}"
            )
        ((answer, _, number),) = lines
        return answer, number

    def _listed(self, own: dict[str, Any], take: Callable[[str, int], Any]) -> None:
        """The right answer and the wrong ones; `take` makes an answer of its words."""
        if self.text.signed["="] or "right" not in own:
            own["right"] = take(*self._right())
        wrong = {take(answer, n): self._reasoned(idea, n) for answer, idea, n in self._lines("-")}
        own["wrong"] = self._but(own["right"], wrong | dict(own.get("wrong", {})))

    def _but(self, right: object, wrong: dict[Any, str]) -> dict[Any, str]:
        """Take out a wrong answer that a seed has turned into the right one."""
        if right in wrong and not self.drawn:
            raise self.text.wrong(self.text.number, f"{right!r} is right and wrong")
        return {answer: idea for answer, idea in wrong.items() if answer != right}

    def _reasoned(self, idea: str, number: int) -> str:
        if " " in idea or idea in misconceptions():
            return idea
        raise self.text.wrong(
            number, f"{idea!r} is no sentence, and in data/misconceptions.csv no id"
        )

    def _number(self, own: dict[str, Any]) -> None:
        self._listed(own, self._whole)

    def _choice(self, own: dict[str, Any]) -> None:
        self._listed(own, lambda answer, number: answer)

    def _written(self, own: dict[str, Any]) -> None:
        own["releases"] = tuple(self.text.keys.get("releases", "").split(" | "))
        self._listed(own, lambda answer, number: answer)

    def _worded(self, own: dict[str, Any]) -> None:
        """All of it is made of clauses, so it comes from Python."""

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
            for function, idea, n in self._lines("-")
        )

    def _numbers(self, own: dict[str, Any]) -> None:
        """`= name: 3`, `- name: 4: reason`, `- name: 4 + other: 5: reason` for several at once."""
        right = {name: self._whole(told, n) for name, told, n in self._lines("=")}
        wrong: dict[str, dict[int, str]] = {name: {} for name in right}
        together: list[tuple[dict[str, int], str]] = []
        part = rf"({'|'.join(map(re.escape, right))}): ({NUMBER})"
        for line in self.text.signed["-"]:
            found = re.fullmatch(rf"({part}(?: \+ {part})*): (.+)", line.text)
            if found is None:
                names = ", ".join(right)
                raise self.text.wrong(
                    line.number, f"allowed is - name: number: reason, for {names}"
                )
            those = {} if self._absent(found[1]) else {
                name: self._whole(self._filled(told, line.number), line.number)
                for name, told in re.findall(part, found[1])
            }  # fmt: skip
            idea = self._reasoned(self._filled(found[found.re.groups], line.number), line.number)
            if len(those) == 1:
                ((name, number),) = those.items()
                wrong[name][number] = idea
            elif those:
                together.append((those, idea))
        for name, more in self.drawn.get("wrong", {}).items():
            wrong[name] |= more
        if right or "parts" not in own:
            own["parts"] = {name: (n, self._but(n, wrong[name])) for name, n in right.items()}
            own["together"] = together

    def _selection(self, own: dict[str, Any]) -> None:
        """`= option: reason if it is missing`, `- option: reason if it is chosen`, in their order.

        `- [one + other]: reason` is about a whole selection, `[]` about none, `[*]` about all.
        """
        drawn, options, right = dict(own.get("wrong", {})), [], []
        missing, extra = dict(own.get("missing", {})), dict(own.get("extra", {}))
        whole: list[tuple[str, str]] = []
        signed = [(n, "=", a, idea) for a, idea, n in self._lines("=")]
        signed += [(n, "-", a, idea) for a, idea, n in self._lines("-")]
        for number, sign, answer, idea in sorted(signed):
            if sign == "-" and answer.startswith("["):
                whole.append((answer[1:-1], self._reasoned(idea, number)))
                continue
            options.append(answer)
            if sign == "=":
                right.append(answer)
            if idea:
                (missing if sign == "=" else extra)[answer] = idea
        if "options" in self.text.keys:
            options = self.text.keys["options"].split(" | ")
        if unknown := {*right, *extra, *missing} - set(options or own.get("options", ())):
            listed = " | ".join(options)
            raise self.text.wrong(self.text.number, f"{unknown} is none of the options: {listed}")
        if options:
            own |= {"options": tuple(options), "right": frozenset(right)}
        every = own.get("options", ())
        wrong = {self._chosen(told, every): idea for told, idea in whole} | drawn
        own |= {"wrong": self._but(own["right"], wrong), "missing": missing, "extra": extra}

    @staticmethod
    def _chosen(told: str, every: tuple[str, ...]) -> frozenset[str]:
        return frozenset(every) if told == "*" else frozenset(told.split(" + ") if told else ())
