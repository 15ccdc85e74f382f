"""Exercise texts: what a file says becomes an exercise, and what is wrong is said by its line."""

from pathlib import Path

import pytest

from pinlab.lab.exercise import Exercise, Number, Numbers, Selection
from pinlab.lab.exercise_texts import read

LINES = """\
# A lesson

## which (number)
low: 1

How *many*?

* no sign: this is the question

= 3
- 4: the-last-pin-fails
- 5: One: too many
? Count.
? Count again.
! There are three.
"""


def made(text: str, folder: Path) -> Exercise:
    """The one exercise of a text."""
    file = folder / "04_count_to_two_million.md"
    file.write_text(text, encoding="utf-8")
    (found,) = read(file)
    return found.make()


def test_all_that_stands_there_is_in_the_exercise(tmp_path: Path) -> None:
    assert made(LINES, tmp_path) == Number(
        id="which", lesson="04_count_to_two_million", low=1, right=3,
        question="How *many*?\n\n* no sign: this is the question",
        wrong={4: "the-last-pin-fails", 5: "One: too many"},
        hints=("Count.", "Count again."), because="There are three.",
    )  # fmt: skip


SIGNED = "= 3\n- 4: the-last-pin-fails\n- 5: One: too many\n"
NUMBERS = "= a: 1\n= b: -2\n- a: 2: Two is b\n- a: 3 + b: 4: Three is c\n"
SELECTION = "= a: No a\n- b: One b\n= c\n- [a + b]: No b\n- []: Not none\n- [*]: Not all\n"


def test_numbers_one_by_one_and_together(tmp_path: Path) -> None:
    found = made(LINES.replace("(number)", "(numbers)").replace(SIGNED, NUMBERS), tmp_path)
    assert isinstance(found, Numbers)
    assert found.parts == {"a": (1, {2: "Two is b"}), "b": (-2, {})}
    assert found.together == [({"a": 3, "b": 4}, "Three is c")]


@pytest.mark.parametrize(("key", "order"), [("", "abc"), ("options: c | a | b\n", "cab")])
def test_a_selection_in_its_order(key: str, order: str, tmp_path: Path) -> None:
    text = LINES.replace("(number)\nlow: 1\n", f"(selection)\n{key}").replace(SIGNED, SELECTION)
    found = made(text, tmp_path)
    assert isinstance(found, Selection)
    assert (found.options, found.right) == (tuple(order), frozenset("ac"))
    assert (found.missing, found.extra) == ({"a": "No a"}, {"b": "One b"})
    assert found.wrong == {
        frozenset("ab"): "No b", frozenset(): "Not none", frozenset("abc"): "Not all",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("(number)", "(numerals)", r"line 3: .*: allowed is ## id \(kind\), "),
        ("low: 1", "high: 1", r"line 3: which: its keys are \['high'\]: allowed are draw, "),
        ("How *many*?\n\n* no sign: this is the question", "", "which: it has to have a question"),
        ("? Count.\n", "", "line 3: which: it has to have .*two hints"),
        ("= 3\n", "", "line 3: which: it has to have 1 right answer, not 0"),
        ("= 3", "= three", "line 10: which: 'three' is no whole number"),
        ("the-last-pin-fails", "the-last-pin", "line 11: which: 'the-last-pin' is no sentence"),
        ("4: the", "3: the", "line 3: which: 3 is right and wrong"),
        ("! There", "There", r"line 15: .* begins with no sign: allowed are = \(right\), "),
        ("(number)\nlow: 1", "(program)", "line 9: which: the right program stands fenced"),
        ("low: 1", "draw: nothing", "pinlab.lessons.count_to_two_million has no function nothing"),
        ("low: 1\n\nHow", "draw: find_the_leak\n\n{much}", "line 3: which: {much} is not drawn: "),
        ("= 3\n", "= 3\n```\n", "line 11: which: '```' begins with no sign"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_its_line(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert old in LINES
    with pytest.raises(ValueError, match=told):
        made(LINES.replace(old, new), tmp_path)
