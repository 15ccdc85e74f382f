"""Problems: every exercise by id, checked the moment its cell runs; and sheets of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import FunctionType

from pinlab.lab.draw import checked_seed
from pinlab.lab.exercise import HINT, SOLUTION, Exercise, Program, in_words, is_open
from pinlab.lab.exercise_texts import FOLDER, Text, read
from pinlab.lab.misconceptions import reason
from pinlab.lab.reply import Reply
from pinlab.lab.text import listed
from pinlab.model.arguments import instance, one_of, shown, whole

TEXTS: Mapping[str, Text] = {
    text.id: text for file in sorted(FOLDER.glob("[0-9][0-9]_*.md")) for text in read(file)
}
"""Every exercise as it stands in its lesson's text, by id."""

SEEDED = [id for id, text in TEXTS.items() if text.seeded]
"""Exercises that draw their question from a seed: the same seed, the same question."""

TASKS = [id for id, text in TEXTS.items() if text.kind == "task"]
"""What has many right answers: the last question of each lesson."""

EXERCISES = (*(id for id in TEXTS if id not in {*SEEDED, *TASKS}), *SEEDED)


TRIED: dict[tuple[str, int], list[tuple[str, object]]] = defaultdict(list)
"""The wrong answers of this session, by id and seed: what was said to them, and a program's code.

The same answer again is no new one. Whoever clears this begins anew.
"""


def check(id: str, answer: object = None, seed: int = 0) -> Reply:
    """Judge an answer to an exercise; one that is open, or cannot be one, is not judged.

    A wrong one is told the idea that it rests on, the second also of the hints, the third also of
    `answer`. Raises ValueError or TypeError for an unknown id, or a seed where there is no choice.

    >>> print(check("last-pin", 2**21 - 1).misconception)
    the-last-pin-fails
    """
    reply = exercise(id, seed).check(answer)
    tried = TRIED[id, seed]
    if reply.right is not False:
        return replace(reply, tries=len(tried) + 1)
    one = (reply.text, answer.__code__ if isinstance(answer, FunctionType) else None)
    if one not in tried:
        tried.append(one)
    asked = f'"{id}", seed={seed}' if seed else f'"{id}"'
    named = "One of many answers" if id in TASKS else "The answer"
    offers = f'A hint: `lab.hint("{id}")`.', f"{named}: `lab.answer({asked})`."
    return replace(reply, tries=len(tried), offer=" ".join(offers[: len(tried) - 1]))


def answer(id: str, seed: int = 0) -> Reply:
    """Return the right answer to an exercise, why, and where the explained solution is.

    Raises as `check`.
    """
    found = exercise(id, seed)
    return Reply("\n\n".join([_solved(found), found.because, found.hint(SOLUTION).text]))


def _solved(found: Exercise) -> str:
    """The right answer, as a reader would write it."""
    if source := getattr(found, "source", ""):
        return f"```python\n{source.rstrip()}\n```"
    return f"**{in_words(found.solution())}**."


def task(id: str, mine: object = None) -> Reply:
    """Try an answer to a task: what it does, and why that is or is not what was asked for.

    Without `mine`: the question, and what `mine` has to be. Raises ValueError for an unknown id.

    >>> print(task("suspected-wrongly", lambda kernel: kernel.new_mm()).text.split(":")[0])
    No frame is taken for pinned
    """
    found = exercise(id)
    one_of("id", id, TASKS)
    return Reply(found.question) if is_open(mine) else check(id, mine)


def hint(id: str, level: int = HINT) -> Reply:
    """Return hint 1 of an exercise, the bigger hint 2, or where its explained solution is (3)."""
    return exercise(id).hint(whole("level", level, HINT, SOLUTION))


def mistakes(id: str) -> Reply:
    """Return the usual wrong answers to an exercise, and the idea each of them rests on."""
    return Reply(_mistakes(exercise(id)))


def _mistakes(found: Exercise) -> str:
    return "\n".join(f"- {in_words(answer)}: {reason(idea)}" for answer, idea in found.mistakes())


def solution(id: str, answer: object = None) -> Reply:
    """Return an exercise's hints, the reply to a right answer, and the usual wrong ones, in one.

    The right answer is its own, with its program, or the one that is given, worked out by hand.
    Raises as `check`.
    """
    found = exercise(id)
    first, bigger = found.hints
    parts = [f"*A hint.* {first}", f"*A bigger hint.* {bigger}"]
    if answer is None and isinstance(found, Program):
        parts.append(_solved(found))
    reply = found.check(found.solution() if answer is None else answer)
    parts.append(reply._repr_markdown_())
    if usual := _mistakes(found):
        parts += ["The usual wrong answers:", usual]
    return Reply("\n\n".join(parts))


def given(id: str, seed: int = 0) -> object:
    """Return a copy of what an exercise hands out to work on, or else its question."""
    found = exercise(id, seed)
    return Reply(found.question) if found.given is None else deepcopy(found.given)


def exercise(id: str, seed: int = 0) -> Exercise:
    """Return an exercise; the same object for the same id and seed.

    Raises as `check`.
    """
    try:
        return _made(_known(id), _allowed(id, seed))
    except (TypeError, ValueError) as error:
        line = f"{type(error).__name__}: {error}"
        vars(error)["_render_traceback_"] = lambda: [line]  # IPython's, for a traceback
        raise


def _known(id: str) -> str:
    if instance("id", id, str) in TEXTS:
        return id
    near = get_close_matches(id, TEXTS) or [*TEXTS][:3]
    told = f"allowed are the {len(TEXTS)} ids of exercises, such as {listed(near)}"
    raise ValueError(f"id is {shown(id)}: {told}")


def _allowed(id: str, seed: int) -> int:
    if checked_seed(seed) and id not in SEEDED:
        raise ValueError(f"seed is {seed}: exercise {id!r} has one question, so leave it out")
    return checked_seed(seed)


@cache
def _made(id: str, seed: int) -> Exercise:
    return TEXTS[id].make(seed)


DOTS = "." * 60
"""Room to write: a reader takes dots for it in a terminal, in a notebook and on paper."""

SHEETS = Path("worksheets")
"""Where sheets are written, seen from where the program runs."""


class Sheet(str):
    """Markdown that a notebook shows as such."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return str(self)


@dataclass(frozen=True, repr=False)
class Problems:
    """The seeded exercises of one lesson for one seed; a notebook shows the worksheet.

    `lesson` is the notebook's name without its ending.
    """

    lesson: str
    seed: int
    exercises: tuple[Exercise, ...]

    @property
    def worksheet(self) -> Sheet:
        """The questions with what they hand out and room to answer, in Markdown."""
        asked = "On paper, or in a notebook with your answer in the place of `...`."
        return self._sheet("Problems", [asked, *self._numbered(self._question)])

    @property
    def key(self) -> Sheet:
        """The right answers under the same numbers, why, and the usual wrong ones, in Markdown."""
        solved = (
            "The solutions of the lesson explain each question with the lesson's own numbers: "
            f"`notebooks/solutions/{self.lesson}.ipynb`."
        )
        return self._sheet("Answers", [*self._numbered(_answer), solved])

    def write(self, folder: Path = SHEETS) -> tuple[Path, Path]:
        """Write worksheet and key into a folder; return their files. Raises OSError."""
        folder.mkdir(exist_ok=True)
        name = f"{self.lesson}_{self.seed}"
        files = folder / f"{name}.md", folder / f"{name}_answers.md"
        for file, text in zip(files, (self.worksheet, self.key), strict=True):
            file.write_text(text, encoding="utf-8", newline="\n")
        return files

    def __str__(self) -> str:
        return self.worksheet

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.worksheet

    def _sheet(self, kind: str, parts: Iterable[str]) -> Sheet:
        title = f"## {kind}: lesson {self.lesson}, seed {self.seed}"
        return Sheet("\n\n".join([title, *parts]) + "\n")

    def _numbered(self, part: Callable[[Exercise], str]) -> Iterable[str]:
        return (f"**{n}.** {part(found)}" for n, found in enumerate(self.exercises, start=1))

    def _question(self, found: Exercise) -> str:
        check = f'Check: `lab.check("{found.id}", ..., seed={self.seed})`'
        room = [f"Answer: {DOTS}", f"Because: {DOTS}"]
        return "\n\n".join([found.asked, *_choices(found), *room, check])


def _choices(found: Exercise) -> list[str]:
    """What there is to choose, where the question does not name it."""
    options = [str(option) for option in getattr(found, "options", ())]
    if all(each in found.asked for each in options):
        return []
    return [f"Choose from: {'; '.join(options)}."]


def _answer(found: Exercise) -> str:
    right = f"**{in_words(found.solution())}**. {found.because}"
    return "\n\n".join([right, "The usual wrong answers:", _mistakes(found)])


def named(lesson: str, names: Collection[str], told: str) -> str:
    """Return the notebook's name of a lesson, which may be its number ("04").

    Raises TypeError or ValueError for one that is not among the names, which are `told`.
    """
    instance("lesson", lesson, str)
    for name in names:
        if lesson in (name, name[:2]):
            return name
    raise ValueError(f"lesson is {shown(lesson)}: {told} {', '.join(names)}")


def problems(lesson: str, seed: int) -> Problems:
    """Return problems of a lesson ("04", or the notebook's name), as many as you have seeds.

    The same seed gives the same problems on every Python version; seed 0 gives the lesson's own.
    Raises ValueError for a lesson without problems, TypeError or ValueError for what is no seed.

    >>> sheet = problems("04", seed=7)
    >>> print(sheet.key.splitlines()[0])
    ## Answers: lesson 04_count_to_two_million, seed 7
    """
    names = dict.fromkeys(TEXTS[id].lesson for id in SEEDED)
    name = named(lesson, names, "there are problems for")
    seed = checked_seed(seed)
    found = tuple(exercise(id, seed) for id in SEEDED if TEXTS[id].lesson == name)
    return Problems(name, seed, found)
