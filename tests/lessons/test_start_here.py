"""The exercises of lesson 00: their numbers, and what each wrong one is told."""

import re

import pytest

from pinlab import lab
from pinlab.lab.problems import exercise

SEEDS = range(50)

RIGHT: dict[str, object] = {
    "three-buffers": {"letters": 100 * 64, "zeros": 100 * 64, "never": 0},
    "one-byte": 100 * 1,
    "two-pages": 1000 * 2,
    "overflow": 1 + 2**15 * 2**6 * 2**10 - 2**32,
}
"""Worked out by hand; the mail's writes are submitted in the tests of lesson 04."""


def asked(id: str, seed: int, pattern: str) -> list[str]:
    """What a question has in these places."""
    found = re.search(pattern, exercise(id, seed).question)
    assert found is not None
    return list(found.groups(""))


@pytest.mark.parametrize("seed", SEEDS)
def test_written_pages_times_writes_with_every_seed(seed: int) -> None:
    k, writes = asked(
        "one-byte", seed, r"into (?:one|each of (\d+)) pages? of .* to disk (\d+) times"
    )
    assert lab.check("one-byte", int(k or 1) * int(writes), seed).right
    pages, writes = asked("two-pages", seed, r"into the pages ([\d, and]+)\. .* disk (\d+) times")
    written = re.findall(r"\d+", pages)
    assert 1 < len(set(written)) < len(written)
    assert lab.check("two-pages", len(set(written)) * int(writes), seed).right


@pytest.mark.parametrize("seed", SEEDS)
def test_three_buffers_with_every_seed(seed: int) -> None:
    zeros, writes = asked(
        "three-buffers", seed, r"(?:the first (\d+)|every) pages? of the second .* (\d+) times"
    )
    times = int(writes)
    answer = {"letters": 64 * times, "zeros": int(zeros or 64) * times, "never": 0}
    assert lab.check("three-buffers", answer, seed).right


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        ({"zeros": 0}, "(mistaken: pins-are-about-data)."),
        ({"never": 6400}, "the zero page, and Linux does not pin it since 6.5."),
        ({"never": 64}, "the zero page, and Linux does not pin it since 6.5."),
        ({"never": 100}, "the zero page, and Linux does not pin it since 6.5."),
        ({"letters": 64}, "That is for one write;"),
        ({"zeros": 100}, "That is one pin for each write;"),
        ({"letters": 0}, "every write pins each of them."),
        ({"letters": 7}, "the model gives 6400"),
    ],
)
def test_a_wrong_guess_at_a_buffer_is_told_what_it_looks_like(
    guess: dict[str, int], words: str
) -> None:
    guesses = {"letters": None, "zeros": None, "never": None}
    reply = lab.check("three-buffers", guesses | guess)
    ((buffer, number),) = guess.items()
    (line,) = (line for line in reply.text.splitlines() if line.startswith(f"- {buffer}: "))
    assert f"you expected {number}, " in line
    assert words in line


@pytest.mark.parametrize(
    ("guess", "words"),
    [
        (3000, "That counts the bytes;"),
        (64000, "(mistaken: 64-pages-64-frames)."),
        (2, "That is for one write;"),
        (1000, "That is one pin for each write;"),
    ],
)
def test_a_wrong_guess_at_two_pages_is_told_what_it_looks_like(guess: int, words: str) -> None:
    reply = lab.check("two-pages", guess)
    assert f"You expected {guess}" in reply.text
    assert "the model gives 2000" in reply.text
    assert words in reply.text


@pytest.mark.parametrize("number", [2**31, 2**31 + 1])
def test_a_refcount_past_the_largest_value_would_need_more_bits(number: int) -> None:
    assert lab.check("overflow", number).misconception == "a-counter-has-64-bits"
