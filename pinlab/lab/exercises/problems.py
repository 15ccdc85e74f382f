"""Problems: a lesson's seeded exercises on a sheet of paper, and the key to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pinlab.lab.exercises import LESSONS, exercise
from pinlab.lab.exercises.draw import checked_seed
from pinlab.lab.exercises.exercise import Exercise, in_words
from pinlab.lab.exercises.misconceptions import reason
from pinlab.model.arguments import instance, shown

DOTS = "." * 60
"""Room to write: a reader takes dots for it in a terminal, in a notebook and on paper."""


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
        given = [] if found.given is None else [f"```\n{found.given}\n```"]
        check = f'Check: `lab.check("{found.id}", ..., seed={self.seed})`'
        room = [f"Answer: {DOTS}", f"Because: {DOTS}"]
        return "\n\n".join([found.question, *given, *room, check])


def _answer(found: Exercise) -> str:
    right = f"**{in_words(found.solution())}**. {found.because}"
    wrong = (f"- {in_words(answer)}: {reason(idea)}" for answer, idea in found.mistakes())
    return "\n\n".join([right, "The usual wrong answers:", "\n".join(wrong)])


def problems(lesson: str, seed: int) -> Problems:
    """Return problems of a lesson ("04", or the notebook's name), as many as you have seeds.

    The same seed gives the same problems on every Python version; seed 0 gives the lesson's own.
    Raises ValueError for a lesson without problems, TypeError or ValueError for what is no seed.

    >>> sheet = problems("04", seed=7)
    >>> print(sheet.key.splitlines()[0])
    ## Answers: lesson 04_count_to_two_million, seed 7
    """
    seeded = {module.LESSON: module.SEEDED for module in LESSONS if module.SEEDED}
    instance("lesson", lesson, str)
    name = next((name for name in seeded if lesson in (name, name[:2])), None)
    if name is None:
        raise ValueError(f"lesson is {shown(lesson)}: there are problems for {', '.join(seeded)}")
    seed = checked_seed(seed)
    return Problems(name, seed, tuple(exercise(id, seed) for id in seeded[name]))
