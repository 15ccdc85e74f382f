"""Exercises whose answer is a litmus test: held against the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pinlab.explore import explore, litmus
from pinlab.explore.graph import Outcome
from pinlab.lab.exercises.exercise import Exercise
from pinlab.lab.exercises.reply import Reply
from pinlab.lab.exercises.strangers import stopped
from pinlab.model.arguments import instance

Found = tuple[str, frozenset[Outcome], frozenset[str]]
"""A verdict, everything that was left at some end, and which way data was sent."""


@dataclass(frozen=True, kw_only=True)
class Written(Exercise):
    """A litmus test to write: right if it has verdicts, ends and transfers of the one asked for.

    `wrong` has other tests, each with its idea; all are compared on `releases`.
    """

    right: str
    wrong: Mapping[str, str]
    releases: Sequence[str]

    def solution(self) -> object:
        """Return the right answer, as `check` takes it."""
        return self.right

    def mistakes(self) -> Iterable[tuple[object, str]]:
        """Return the wrong answers that are known, each with its idea's id or a sentence."""
        return self.wrong.items()

    def _judge(self, answer: object) -> Reply:
        text, asked = instance("your answer", answer, str), self._found(self.right)
        came: list[dict[str, Found] | ValueError] = []
        trouble = stopped(lambda: came.append(self._tried(text)))
        if trouble is not None:
            return self._wrong(f"Trying all orders of your test {trouble}.", None)
        (found,) = came
        if isinstance(found, ValueError):
            raise found
        table = "\n".join(
            f"- Linux {release}: {found[release][0]}{self._guessed(text, release)}"
            for release in self.releases
        )
        if found == asked:
            return self._right(f"It asks what was to be asked.\n\n{table}\n\n")
        release = next(r for r in self.releases if found[r] != asked[r])
        (verdict, ends, _), (wanted, other_ends, _) = found[release], asked[release]
        told = f"On Linux {release} yours is {verdict}, the one asked for is {wanted}."
        if verdict == wanted:
            differs = "data goes another way" if ends == other_ends else "other bytes are read"
            told = f"On Linux {release} yours is {verdict}, too, but {differs}."
        idea = next((idea for other, idea in self.wrong.items() if self._found(other) == found), "")
        return self._wrong(told, idea or None)

    def _tried(self, text: str) -> dict[str, Found] | ValueError:
        """What comes out of a reader's test, or what says why it is none."""
        try:
            return self._found(text)
        except ValueError as error:
            return error

    def _found(self, text: str) -> dict[str, Found]:
        return {release: found(text, release) for release in self.releases}

    def _guessed(self, text: str, release: str) -> str:
        """What the text expects of a release, if it says so."""
        guesses = {".".join(map(str, e.version)): e.verdict for e in litmus.parse(text).expected}
        return f" (your guess: {guesses[release]})" if release in guesses else ""

    def _wanted(self) -> str:
        return "put the text of a litmus test in the place of `None`"


@cache
def found(text: str, release: str) -> Found:
    """Return what comes out of a test; ValueError with the line for a text that is none."""
    test = litmus.parse(text, "your answer")
    explored = explore(test.scenario, release).require_complete()
    sent = (step.verb for step in test.scenario.all_steps if step.verb.startswith("submit_"))
    return explored.verdict(test.exists), frozenset(explored.outcomes), frozenset(sent)
