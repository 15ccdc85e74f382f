"""Exercises: checked the moment their cell runs, and a wrong answer is told its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from pinlab.lab.exercises import count_to_two_million, start_here
from pinlab.lab.exercises.exercise import HINT, SOLUTION, Exercise, in_words
from pinlab.lab.exercises.misconceptions import reason
from pinlab.lab.exercises.reply import Reply
from pinlab.model.arguments import whole

FIXED: Mapping[str, Callable[[], Exercise]] = {
    "three-buffers": start_here.three_buffers,
    "one-byte": start_here.one_byte,
    "two-pages": start_here.two_pages,
    "overflow": start_here.overflow,
    "which-hold": count_to_two_million.which_hold,
    "last-pin": count_to_two_million.last_pin_of_all,
    "what-it-reads": count_to_two_million.what_it_reads,
    "digits-that-change": count_to_two_million.digits_that_change,
    "one-after-another": count_to_two_million.one_after_another,
    "who-is-refused": count_to_two_million.who_is_refused,
    "first-refused-reader": count_to_two_million.first_refused_reader,
    "three-kernels": count_to_two_million.three_kernels,
    "five-ends": count_to_two_million.five_ends,
    "which-end": count_to_two_million.which_end,
    "feared-releases": count_to_two_million.feared_releases,
    "full-queues": count_to_two_million.full_queues,
    "last-reference": count_to_two_million.last_reference_of_all,
    "references-first": count_to_two_million.references_first,
    "try-grab": count_to_two_million.try_grab,
}
"""Exercises with one question each, by id."""

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "most-at-once": count_to_two_million.most_at_once,
    "find-the-leak": count_to_two_million.find_the_leak,
}
"""Exercises that draw their question from a seed: the same seed, the same question."""

EXERCISES = (*FIXED, *SEEDED)


def check(id: str, answer: object = None, seed: int = 0) -> Reply:
    """Judge an answer to an exercise; an open one (None, `...`, a stub) is answered kindly.

    Raises ValueError for an unknown id or a seed where there is no choice, TypeError or
    ValueError for what cannot be an answer.

    >>> print(check("last-pin", 2**21 - 1).misconception)
    the-last-pin-fails
    """
    return exercise(id, seed).check(answer)


def hint(id: str, level: int = HINT) -> Reply:
    """Return hint 1 of an exercise, the bigger hint 2, or where its explained solution is (3)."""
    return exercise(id).hint(whole("level", level, HINT, SOLUTION))


def mistakes(id: str) -> Reply:
    """Return the usual wrong answers to an exercise, and the idea each of them rests on."""
    found = exercise(id).mistakes()
    return Reply("\n".join(f"- {in_words(answer)}: {reason(idea)}" for answer, idea in found))


def given(id: str, seed: int = 0) -> object:
    """Return what an exercise hands out to work on, such as a trace.

    Raises ValueError if it hands out nothing.
    """
    found = exercise(id, seed).given
    if found is None:
        raise ValueError(f"exercise {id!r} hands out nothing: its question is in the lesson")
    return found


def exercise(id: str, seed: int = 0) -> Exercise:
    """Return an exercise; the same object for the same id and seed.

    Raises as `check`.
    """
    if id not in EXERCISES:
        raise ValueError(f"exercise is {id!r}: there are {', '.join(EXERCISES)}")
    seed = whole("seed", seed, 0)
    if seed and id in FIXED:
        raise ValueError(f"seed is {seed}: exercise {id!r} has one question, so leave it out")
    return _made(id, seed)


@cache
def _made(id: str, seed: int) -> Exercise:
    return SEEDED[id](seed) if id in SEEDED else FIXED[id]()
