"""Guesses: what is said to a right one, a wrong one, one not made yet, and to nonsense."""

import pytest

from pinlab import lab
from pinlab.lab.exercises import MISCONCEPTIONS, Question, pins


def test_the_right_numbers_come_from_the_model() -> None:
    assert [pins(100, range(64)), pins(100, ()), pins(1000, (0, 5, 5))] == [6400, 0, 2000]


def test_right_guesses(capsys: pytest.CaptureFixture[str]) -> None:
    lab.guess_three_buffers(letters=6400, zeros=6400, never=0)
    assert capsys.readouterr().out.splitlines() == [
        "letters: 6400 is right.",
        "zeros you wrote: 6400 is right.",
        "never written: 0 is right.",
    ]
    lab.guess_two_pages(2000)
    assert capsys.readouterr().out == "pages 0, 5 and 5 again: 2000 is right.\n"


@pytest.mark.parametrize(
    ("guess", "line", "hint"),
    [
        ({"zeros": 0}, 1, "(pins-are-about-data)."),
        ({"never": 6400}, 2, "(64-pages-64-frames)."),
        ({"never": 64}, 2, "(64-pages-64-frames)."),
        ({"letters": 64}, 0, "That is for one write; every write takes its pins anew."),
        ({"zeros": 100}, 1, "That is one pin for each write; a pin is taken for each page."),
        ({"letters": 0}, 0, "and every write pins each of them."),
        ({"letters": 7}, 0, "the model counts 6400."),
    ],
)
def test_a_wrong_guess_is_told_what_it_looks_like(
    guess: dict[str, int], line: int, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.guess_three_buffers(**guess)
    told = capsys.readouterr().out.splitlines()[line]
    assert told.endswith(hint)
    assert f"you expected {next(iter(guess.values()))}" in told


@pytest.mark.parametrize(
    ("guess", "hint"),
    [
        (3000, "That counts the bytes; two of them went into one page."),
        (64000, "(64-pages-64-frames)."),
        (2, "That is for one write; every write takes its pins anew."),
        (1000, "That is one pin for each write; a pin is taken for each page."),
        (5, "the model counts 2000."),
    ],
)
def test_wrong_guesses_about_two_pages(
    guess: int, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.guess_two_pages(guess)
    assert capsys.readouterr().out.strip().endswith(hint)


@pytest.mark.parametrize("idea", MISCONCEPTIONS)
def test_an_idea_is_answered_in_a_sentence_and_by_its_id(idea: str) -> None:
    reply = Question("x", 3, {4: idea}).reply(4)
    assert reply == f"x: you expected 4, the model counts 3. {MISCONCEPTIONS[idea]} ({idea})."


@pytest.mark.parametrize("nothing", [None, ...])
def test_no_guess_is_answered_kindly(nothing: object, capsys: pytest.CaptureFixture[str]) -> None:
    lab.guess_three_buffers(nothing, nothing, nothing)
    lab.guess_two_pages(nothing)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all("no guess yet" in line for line in lines)


@pytest.mark.parametrize(
    ("guess", "error"),
    [("many", TypeError), (64.0, TypeError), (-1, ValueError), (True, TypeError)],
)
def test_a_guess_is_a_whole_number(guess: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="your guess for pages 0, 5 and 5 again is"):
        lab.guess_two_pages(guess)


def test_one_bad_guess_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError, match="your guess for never written is 'many'"):
        lab.guess_three_buffers(letters=3000, zeros=64000, never="many")
    assert capsys.readouterr().out == ""
