"""Closed until answered: no reply to a first wrong answer contains what is right."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, islice

import pytest

from pinlab.lab.exercise import MISREAD, Choice, Exercise, Number, Numbers, Selection
from pinlab.lab.problems import EXERCISES, SEEDED, exercise
from tests.lab.patterns import number, typed, words

SEEDS = range(5)


Wrong = tuple[object, list[str]]
"""An answer, and patterns of all that its reply has to keep to itself."""


def unlisted(right: int, wrong: Mapping[int, str], low: int | None) -> Iterator[int]:
    """A few wrong numbers that no idea explains."""
    for near in (right + 3, right + 17, right * 5 + 2):
        if near not in {right, *wrong, *MISREAD} and near >= (low or 0):
            yield near


def wrong_numbers(found: Number) -> Iterator[Wrong]:
    for answer in (*found.wrong, *unlisted(found.right, found.wrong, found.low)):
        yield answer, [number(found.right)]


def wrong_parts(found: Numbers) -> Iterator[Wrong]:
    none = dict.fromkeys(found.parts)
    for name, (right, wrong) in found.parts.items():
        for answer in (*wrong, *unlisted(right, wrong, found.low)):
            yield {**none, name: answer}, [number(right)]
    for those, _ in found.together:
        yield {**none, **those}, [number(found.parts[name][0]) for name in those]


def wrong_selections(found: Selection) -> Iterator[Wrong]:
    listed = [answer for answer, _ in found.mistakes() if isinstance(answer, frozenset)]
    more = (frozenset(some) for n in range(5) for some in combinations(found.options, n))
    for answer in {*listed, *islice(more, 40)} - {found.right}:
        yield answer, [words(option) for option in found.right - answer]


def wrong_answers(found: Exercise) -> Iterator[Wrong]:
    """What is tried of the kinds whose right answer can be said in a word."""
    match found:
        case Number():
            yield from wrong_numbers(found)
        case Numbers():
            yield from wrong_parts(found)
        case Choice():
            yield from ((answer, [words(found.right)]) for answer in found.wrong)
        case Selection():
            yield from wrong_selections(found)


def open_to_all(found: Exercise, pattern: str) -> bool:
    """Whether a number stands in the question itself; options always do, and are no excuse."""
    return isinstance(found, Number | Numbers) and bool(re.search(pattern, typed(found.question)))


def told(found: Exercise, answer: object, patterns: list[str]) -> list[str]:
    """What of the right answer stands in the reply to a wrong one, and not in the answer itself."""
    reply = found.check(answer)
    assert reply.right is False, answer
    left = [pattern for pattern in patterns if not re.search(pattern, str(answer))]
    return [
        f"{answer}: {pattern}: {reply.text}"
        for pattern in left
        if re.search(pattern, typed(reply.text)) and not open_to_all(found, pattern)
    ]


@pytest.mark.parametrize("id", EXERCISES)
def test_the_reply_to_a_wrong_answer_does_not_contain_what_is_right(id: str) -> None:
    for seed in SEEDS if id in SEEDED else [0]:
        found = exercise(id, seed)
        for answer, patterns in wrong_answers(found):
            assert told(found, answer, patterns) == [], seed


@pytest.mark.parametrize("id", EXERCISES)
def test_every_wrong_answer_is_told_an_idea_or_what_to_check_next(id: str) -> None:
    for seed in SEEDS if id in SEEDED else [0]:
        found = exercise(id, seed)
        for answer, _ in wrong_answers(found):
            text = found.check(answer).text
            assert re.search(r"(said|chose) .*\. \S|not right\. \S|\n\n\S", text), (seed, answer)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("2097152 pins", True), ("2 097 152", True), ("2^21.", True), ("2²¹ - 1", True),
        ("2097153", False), ("-2097152", False), ("12097152", False), ("2^210", False),
    ],
)  # fmt: skip
def test_a_number_is_found_in_any_spelling(text: str, hidden: bool) -> None:
    assert bool(re.search(number(2**21), typed(text))) is hidden
    assert bool(re.search(words("pins"), f"{text}, two Pins")) is True
