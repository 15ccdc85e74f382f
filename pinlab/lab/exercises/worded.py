"""Exercises whose answer is a sentence: held against the kernel, and against wrong ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pinlab.lab.exercises.exercise import Exercise
from pinlab.lab.exercises.reply import Reply
from pinlab.lab.exercises.strangers import plain, stopped
from pinlab.lab.powers import plural
from pinlab.model.arguments import instance
from pinlab.words import Sentence, Verdict, judge, shortest
from pinlab.words.vocabulary import length

ONE_THING, ENOUGH = "refcount-and-pin-count-are-one-thing", "true-is-enough"
CONTRADICTED = "One step that contradicts a sentence is enough"
NEARLY = "Ask what is wrong with those that are left: the sentence does not speak of it yet"
FEW = 3
"""So many kernels may be left to somebody who is on the way."""


@dataclass(frozen=True, kw_only=True)
class Worded(Exercise):
    """A sentence to word that is adequate: true of the release, and of none of its wrong kernels.

    `examples` are sentences that are not.
    """

    release: str
    examples: Sequence[Sentence]

    def solution(self) -> object:
        """Return a right answer, as `check` takes it: the shortest."""
        return shortest(self.release)

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return sentences that are not adequate, each with its idea's id or a sentence."""
        return ((each, _idea(judge(each, self.release))) for each in self.examples)

    def _read(self, answer: object) -> object:
        return answer if isinstance(answer, Sentence) else plain(answer)

    def _judge(self, answer: object) -> Reply:
        made = instance("your answer", answer, Sentence)
        shortest(self.release)  # before the clock runs: this looks at every kernel
        replies: list[Reply] = []
        trouble = stopped(lambda: replies.append(self._judged(made)))
        return replies[0] if trouble is None else self._wrong(f"Your sentence {trouble}.", None)

    def _judged(self, made: Sentence) -> Reply:
        verdict = judge(made, self.release)
        clauses, words = length(made)
        told = f"{clauses} {plural(clauses, 'clause')}, {words} words."
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
        return f"The shortest has {clauses} {plural(clauses, 'clause')} and {words} words."

    def _wanted(self) -> str:
        return "put a sentence of clauses in the place of `None`"


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
