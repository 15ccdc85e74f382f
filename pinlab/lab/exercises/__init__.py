"""Exercises: checked the moment their cell runs, and a wrong answer is told its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache

from pinlab.lab.exercises import (
    ask_a_real_kernel,
    count_pins_apart,
    count_to_two_million,
    draw_a_page,
    fork_during_direct_io,
    hold_a_page,
    pin_a_page,
    pretend_to_pin,
    read_the_thread,
    say_what_pinned_means,
    start_here,
    try_every_interleaving,
    word_the_note,
)
from pinlab.lab.exercises.draw import checked_seed
from pinlab.lab.exercises.exercise import HINT, SOLUTION, Exercise, in_words
from pinlab.lab.exercises.misconceptions import reason
from pinlab.lab.exercises.reply import Reply
from pinlab.model.arguments import one_of, whole

LESSONS = (
    start_here,
    draw_a_page,
    hold_a_page,
    pin_a_page,
    count_to_two_million,
    pretend_to_pin,
    count_pins_apart,
    fork_during_direct_io,
    try_every_interleaving,
    say_what_pinned_means,
    word_the_note,
    ask_a_real_kernel,
    read_the_thread,
)
"""The modules with the exercises of each lesson, in the order of the lessons."""

FIXED: Mapping[str, Callable[[], Exercise]] = {
    id: make for lesson in LESSONS for id, make in lesson.FIXED.items()
}
"""Exercises with one question each, by id."""

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    id: make for lesson in LESSONS for id, make in lesson.SEEDED.items()
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
    """Return a copy of what an exercise hands out to work on, or else its question.

    Raises ValueError if its only question is the lesson's.
    """
    found = exercise(id, seed)
    if found.given is not None:
        return deepcopy(found.given)
    if found.question:
        return Reply(found.question)
    raise ValueError(f"exercise {id!r} hands out nothing: its question is in the lesson")


def exercise(id: str, seed: int = 0) -> Exercise:
    """Return an exercise; the same object for the same id and seed.

    Raises as `check`.
    """
    one_of("id", id, EXERCISES)
    seed = checked_seed(seed)
    if seed and id in FIXED:
        raise ValueError(f"seed is {seed}: exercise {id!r} has one question, so leave it out")
    return _made(id, seed)


@cache
def _made(id: str, seed: int) -> Exercise:
    return SEEDED[id](seed) if id in SEEDED else FIXED[id]()
