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
    ("guess", "line", "idea"),
    [
        ({"zeros": 0}, 1, "pins-are-about-data"),
        ({"never": 6400}, 2, "64-pages-64-frames"),
        ({"letters": 0}, 0, "64-pages-64-frames"),
    ],
)
def test_a_wrong_guess_is_told_which_idea_it_looks_like(
    guess: dict[str, int], line: int, idea: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.guess_three_buffers(**guess)
    told = capsys.readouterr().out.splitlines()[line]
    assert f"looks like {idea}: {MISCONCEPTIONS[idea]}." in told
    assert f"you expected {next(iter(guess.values()))}" in told


@pytest.mark.parametrize(
    ("guess", "idea"), [(3000, "pins-are-about-data"), (64000, "64-pages-64-frames")]
)
def test_wrong_guesses_about_two_pages(
    guess: int, idea: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.guess_two_pages(guess)
    assert f"the model counts 2000. This looks like {idea}" in capsys.readouterr().out


def test_an_unknown_wrong_guess_is_only_told_the_number() -> None:
    assert Question("x", 3, {}).reply(4) == "x: you expected 4, the model counts 3."


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
    with pytest.raises(error, match="your guess is"):
        lab.guess_two_pages(guess)
