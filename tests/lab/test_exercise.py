"""The seven kinds of exercise: what is said to which answer."""

import csv
import re
from dataclasses import replace

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.exercise import Exercise, in_words
from pinlab.lab.misconceptions import diagnosis, misconceptions, reason
from pinlab.model.arguments import shown
from tests.lab.made_up import (
    CHOICE,
    IDEA,
    KINDS,
    NUMBER,
    NUMBERS,
    PROGRAM,
    SELECTION,
    double,
)
from tests.notebooks.lesson import FOLDER

MISTAKEN = diagnosis(IDEA)
LARGE = replace(NUMBER, right=2**31)
SIGNS = replace(PROGRAM, model=lambda a: a > 0, meaning=bool, wrong=[(IDEA, lambda a: 5 * (a > 1))])
ALL = {"a": 1, "b": 5, "c": 2**21}


def stub(*state: object) -> None: ...


@pytest.mark.parametrize(
    ("found", "answer", "right", "idea", "words"),
    [
        (NUMBER, 3, True, None, "3. 1 + 2."),
        (NUMBER, "3", True, None, "3. 1 + 2."),
        (replace(NUMBER, right=2**21), " 2 097 152", True, None, "2097152 (2²¹). 1 + 2."),
        (NUMBER, 2, False, IDEA, f"You said 2. {MISTAKEN}"),
        (NUMBER, 4, False, None, "You said 4. That counts one twice."),
        (NUMBER, 2**21, False, None, "You said 2097152. Count what is held."),
        (replace(NUMBER, low=-5), -5, False, None, "You said -5. Count"),
        (replace(NUMBER, low=None), -(2**70), False, None, "You said -"),
        (LARGE, 2 ^ 21, False, None, "If you meant a power: Python writes it with **, and"),
        (LARGE, 2 ^ 10, False, None, "If you meant a power: Python writes it with **, and"),
        (NUMBER, 2 ^ 21, False, None, "You said 23. Count"),
        (replace(NUMBER, right=64), 2 ^ 10, False, None, "You said 8. Count"),
        (NUMBERS, ALL, True, None, "So.\n\n- a: 1 is right.\n- b: 5 is right.\n- c: 2"),
        (NUMBERS, ALL | {"a": "1"}, True, None, "- a: 1 is right."),
        (NUMBERS, {"c": None, "b": ..., "a": 1}, None, None, "no answer yet"),
        (NUMBERS, ALL | {"a": 2}, False, IDEA, f"\n- a: 2 is not right. {MISTAKEN}\n- b: 5 is r"),
        (NUMBERS, {"a": 2, "b": 6, "c": 7}, False, IDEA,
         "That is b and one.\n- c: 7 is not right.\n\nCount what is held."),
        (NUMBERS, {"b": 6, "a": 2, "c": 1}, False, IDEA, "- a: "),
        (NUMBERS, {"a": None, "b": 6, "c": None}, False, None,
         "\n- a, c: no answer yet\n- b: 6 is not right. That is b and one."),
        (NUMBERS, ALL | {"a": 3, "b": 7}, False, None,
         "- a: 3 is not right. Both are too large.\n- b: 7 is not right. Both are too large."),
        (NUMBERS, ALL | {"b": 7}, False, None, "- b: 7 is not right.\n"),
        (CHOICE, "pins", True, None, "Pins. So."),
        (CHOICE, " PINS ", True, None, "Pins. So."),
        (CHOICE, "references", False, IDEA, f'You chose "references". {MISTAKEN}'),
        (CHOICE, "both", False, None, 'You chose "both". That is one too many.'),
        (CHOICE, -1, False, None, 'You chose "-1". Less.'),
        (SELECTION, ["z", "x", "z"], True, None, "x, z. So."),
        (SELECTION, ("X", "z"), True, None, "x, z. So."),
        (SELECTION, frozenset("xz"), True, None, "x, z. So."),
        (SELECTION, set(), False, IDEA, f"You said none of them. {MISTAKEN}"),
        (SELECTION, {"x"}, False, None, "are right, and something is missing. And another."),
        (SELECTION, {"x", "y", "z"}, False, None, 'You said x, y, z. Not "y". Not that.'),
        (SELECTION, {"x", "y"}, False, None,
         'You said x, y. Not "y", and something is missing. Not that.'),
        (SELECTION, {"z"}, False, None, "All of these are right, and something is missing. Count"),
        (PROGRAM, lambda a: a + a, True, None, "It is right in all 4 cases. So."),
        (PROGRAM, lambda a: 2 if a else 0, False, None, "It is right in 2 of 4 cases. "
         "The first that differs is `double(a=3)`: expected 6, came 2."),
        (PROGRAM, lambda a: a if a >= 3 else a + a, False, IDEA, MISTAKEN),
        (PROGRAM, lambda a: 2 * a if a < 4 else a, False, None, "(a=4)`: expected 8, came 4."),
        (PROGRAM, lambda a: 6 // (a - 1), False, None, "`double(a=1)` raised ZeroDivisionError: "),
        (PROGRAM, lambda: 0, False, None, "`double(a=0)` raised TypeError: "),
        (PROGRAM, lambda a: 0 if a == 0 else None, False, None, "(a=1)`: expected 2, came None"),
        (replace(PROGRAM, large=((9,),)), double, True, None, "in all 5 cases"),
        (replace(PROGRAM, large=((9,),)), lambda a: a * (2 - a // 9), False, None, "`double(a=9)`"),
        (SIGNS, lambda a: 7 * a, True, None, "in all 4 cases"),
        (SIGNS, lambda a: a // 2, False, IDEA, "`double(a=1)`: expected True, came 0."),
    ],
)  # fmt: skip
def test_an_answer_is_told_what_it_rests_on(
    found: Exercise, answer: object, right: bool | None, idea: str | None, words: str
) -> None:
    reply = found.check(answer)
    assert (reply.right, reply.misconception) == (right, idea)
    assert words in reply.text
    assert reply.details == "" or reply.details.startswith("the model at ")


OPEN: dict[str, tuple[str, list[object]]] = {
    "number": ("a whole number", []),
    "numbers": (
        "whole numbers for a, b, c", [dict.fromkeys("abc"), dict.fromkeys("abc", ...)]
    ),
    "choice": ("one of 4 answers", []),
    "selection": ("some of 3 answers, as a set", []),
    "program": ("the body of `double`", [stub, lambda *state: ...]),
    "worded": ("a sentence of clauses", []),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_open_answer_is_answered_kindly(kind: str) -> None:
    wanted, stubs = OPEN[kind]
    for each in (None, ..., *stubs):
        reply = KINDS[kind].check(each)
        assert (reply.right, reply.misconception, reply.details) == (None, None, "")
        assert str(reply) == f"No answer yet: {wanted}."


NO_NUMBERS = ("many", "6 4x", "", True, 1.5, 64.0, {1, 2}, -1, 2**81, "9" * 31)
NONSENSE: dict[str, list[tuple[object, object]]] = {
    "number": [(bad, bad) for bad in NO_NUMBERS],
    "numbers": [
        *((ALL | {"c": bad}, bad) for bad in NO_NUMBERS), ({}, {}), ([1], [1]), (1, 1),
        ({"a": 1}, ["b", "c"]), (ALL | {"another": 1}, ["another"]),
    ],
    "choice": [(bad, bad) for bad in ("pages", "", 3, True, {"a"})],
    "selection": [
        *((bad, bad) for bad in ("x", "xz", 3, True)), ({"nobody"}, "nobody"), ([["x"]], ["x"]),
    ],
    "program": [(bad, bad) for bad in ("double", 3, (0, 1025))],
    "worded": [(bad, bad) for bad in ("a pin", 3, True)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answer", "named"),
    [(kind, *case) for kind, cases in NONSENSE.items() for case in cases],
)
def test_a_slip_is_named_in_one_line_and_not_judged(
    kind: str, answer: object, named: object
) -> None:
    reply = KINDS[kind].check(answer)
    assert (reply.right, reply.details, "\n" in str(reply)) == (None, "", False)
    assert str(reply).strip("` ").startswith(("Not judged: your answer", "Not judged: in your"))
    assert shown(named) in str(reply)


def test_what_is_allowed_does_not_tell_what_is_right() -> None:
    told = "Not judged: your answer is 'pages': allowed are '-1', 'both', 'pins', 'references'."
    assert str(CHOICE.check("pages")) == told


@pytest.mark.parametrize("kind", KINDS)
def test_hints_lead_from_one_to_the_next_and_to_the_solution(kind: str) -> None:
    found = KINDS[kind]
    first, second, third = (found.hint(level).text for level in (1, 2, 3))
    assert first == f'{found.hints[0]} A bigger hint: `lab.hint("{found.id}", 2)`.'
    assert second == f'{found.hints[1]} The explained solution: `lab.hint("{found.id}", 3)`.'
    assert third.count(f"solutions/{found.lesson}.ipynb#cell-id={found.id}") == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (2**21, "2097152 (2²¹)"),
        ("pins", '"pins"'),
        ("one\n  two\n", "`one; two`"),
        (frozenset({"b", "a"}), "a, b"),
        (frozenset(), "none of them"),
        (("letters", 64), "64 for letters"),
        ({"a": 3, "b": 7}, "3 for a, 7 for b"),
        (PROGRAM.wrong[0][1], "`forgets_the_end`"),
        (double, "`double`"),
    ],
)
def test_a_known_answer_in_words(answer: object, words: str) -> None:
    assert in_words(answer) == words


def test_misconceptions_are_a_closed_list_of_sentences_without_an_end() -> None:
    with (DATA / "misconceptions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row._asdict() for row in misconceptions().values()] == rows
    assert [row for row in rows if re.search(r"^$|[. ]$", row["sentence"])] == []
    assert all(re.fullmatch("[A-Z][A-Za-z0-9 -]+[a-z0-9]", row["name"]) for row in rows)
    assert len({row["name"] for row in rows}) == len(rows)
    assert all((FOLDER / f"{row['lesson']}.ipynb").exists() for row in rows)
    with pytest.raises(TypeError):
        misconceptions()["another"] = misconceptions()[IDEA]  # type: ignore[index]


def test_an_idea_is_named_in_words_and_a_sentence_stands_as_it_is() -> None:
    sentence, name = misconceptions()[IDEA].sentence, "The hold that goes past the end fails"
    link = f"[{name}](misconceptions.md#The-hold-that-goes-past-the-end-fails)"
    assert diagnosis(IDEA) == f"{sentence}. A common mistake: {link}."
    assert reason(IDEA) == f"{sentence} (*{name}*)."
    assert reason("That counts the bytes") == diagnosis("That counts the bytes")
    assert reason("That counts the bytes") == "That counts the bytes."
