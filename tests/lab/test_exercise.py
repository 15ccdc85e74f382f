"""The seven kinds of exercise: what is said to which answer."""

import csv
import re
from dataclasses import replace

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.exercise import Exercise, in_words, misconceptions, reason
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

MISTAKEN = f"{misconceptions()[IDEA]} (mistaken: {IDEA})."
LARGE = replace(NUMBER, right=2**31)
SIGNS = replace(PROGRAM, model=lambda a: a > 0, meaning=bool, wrong=[(IDEA, lambda a: 5 * (a > 1))])
ALL = {"a": 1, "b": 5, "c": 2**21}


def stub(*state: object) -> None: ...


@pytest.mark.parametrize(
    ("found", "answer", "right", "idea", "words"),
    [
        (NUMBER, 3, True, None, "3. 1 + 2."),
        (NUMBER, 2, False, IDEA, f"You expected 2, the model gives 3. {MISTAKEN} A hint"),
        (NUMBER, 4, False, None, "the model gives 3. That counts one twice. A hint"),
        (NUMBER, 2**21, False, None, "You expected 2097152 (2²¹), the model gives 3. A hint"),
        (replace(NUMBER, gives="it is"), 4, False, None, "You expected 4, it is 3."),
        (replace(NUMBER, low=-5), -5, False, None, "You expected -5"),
        (replace(NUMBER, low=None), -(2**70), False, None, "You expected -"),
        (LARGE, 2 ^ 21, False, None, "If you meant a power: Python writes it 2**21."),
        (LARGE, 2 ^ 10, False, None, "If you meant a power: Python writes it 2**10."),
        (NUMBER, 2 ^ 21, False, None, "the model gives 3. A hint"),
        (replace(NUMBER, right=64), 2 ^ 10, False, None, "the model gives 64. A hint"),
        (NUMBERS, ALL, True, None, "So.\n\n- a: 1 is right.\n- b: 5 is right.\n- c: 2"),
        (NUMBERS, {"c": None, "b": ..., "a": 1}, None, None, "no answer yet"),
        (NUMBERS, ALL | {"a": 2}, False, IDEA,
         f"\n- a: you expected 2, the model gives 1. {MISTAKEN}"),
        (NUMBERS, {"a": 2, "b": 6, "c": 7}, False, IDEA, "That is b and one.\n- c: you expected"
         " 7, the model gives 2097152 (2²¹).\n\nA hint"),
        (NUMBERS, {"b": 6, "a": 2, "c": 1}, False, IDEA, "- a: "),
        (NUMBERS, {"a": None, "b": 6, "c": None}, False, None, "- a: no answer yet\n- b: you"),
        (NUMBERS, ALL | {"a": 3, "b": 7}, False, None, "1. Both are too large.\n- b: you "
         "expected 7, the model gives 5. Both are"),
        (NUMBERS, ALL | {"b": 7}, False, None, "the model gives 5.\n"),
        (CHOICE, "pins", True, None, "pins. So."),
        (CHOICE, " PINS ", True, None, "pins. So."),
        (CHOICE, "references", False, IDEA,
         f"You chose 'references', the model gives 'pins'. {MISTAKEN}"),
        (CHOICE, "both", False, None, "That is one too many. A hint"),
        (CHOICE, -1, False, None, "You chose '-1', the model gives 'pins'. Less."),
        (SELECTION, ["z", "x", "z"], True, None, "x, z. So."),
        (SELECTION, ("X", "z"), True, None, "x, z. So."),
        (SELECTION, frozenset("xz"), True, None, "x, z. So."),
        (SELECTION, set(), False, IDEA, f"You selected none of them; it is x, z. {MISTAKEN}"),
        (SELECTION, {"x"}, False, None, "You selected x; it is x, z. And z."),
        (SELECTION, {"x", "y", "z"}, False, None, "You selected x, y, z; it is x, z. Not y."),
        (SELECTION, {"x", "y"}, False, None, "it is x, z. Not y. A hint"),
        (SELECTION, {"z"}, False, None, "You selected z; it is x, z. A hint"),
        (PROGRAM, lambda a: a + a, True, None, "In all 4 states it does what the model does. So."),
        (PROGRAM, lambda a: 2 if a else 0, False, None, "It does what the model does in 2 of 4 "
         "states. The first that differs is `double(a=3)`: expected 6, came 2."),
        (PROGRAM, lambda a: a if a >= 3 else a + a, False, IDEA, MISTAKEN),
        (PROGRAM, lambda a: 2 * a if a < 4 else a, False, None, "(a=4)`: expected 8, came 4. A"),
        (PROGRAM, lambda a: 6 // (a - 1), False, None, "`double(a=1)` raised ZeroDivisionError: "),
        (PROGRAM, lambda: 0, False, None, "`double(a=0)` raised TypeError: "),
        (PROGRAM, lambda a: 0 if a == 0 else None, False, None, "(a=1)`: expected 2, came None"),
        (replace(PROGRAM, gives="it is"), double, True, None, "In all 4 states it is right."),
        (replace(PROGRAM, large=((9,),)), double, True, None, "In all 5 states"),
        (replace(PROGRAM, large=((9,),)), lambda a: a * (2 - a // 9), False, None, "`double(a=9)`"),
        (SIGNS, lambda a: 7 * a, True, None, "In all 4 states"),
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
    "number": ("put a whole number in", []),
    "numbers": (
        "put whole numbers for a, b, c in", [dict.fromkeys("abc"), dict.fromkeys("abc", ...)]
    ),
    "choice": ('put one of "-1", "both", "pins", "references" in', []),
    "selection": ('put a set of some of "x", "y", "z" in', []),
    "program": ("write the body of `double`", [stub, lambda *state: ...]),
    "worded": ("put a sentence of clauses in", []),
    "written": ("put the text of a litmus test in", []),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_open_answer_is_answered_kindly(kind: str) -> None:
    wanted, stubs = OPEN[kind]
    for each in (None, ..., *stubs):
        reply = KINDS[kind].check(each)
        assert (reply.right, reply.misconception, reply.details) == (None, None, "")
        assert reply.text.startswith(f"No answer yet: {wanted}")
        assert reply.text.endswith(f'A hint: `lab.hint("{KINDS[kind].id}")`.')


NO_STEP = 'mine\n"Why?"\nmemory\n    x = A\nparent\n    jump x\nexists v = P\n6.5 Never x\n'
NO_NUMBERS: list[tuple[object, type[Exception]]] = [
    *((bad, TypeError) for bad in ("many", "64", True, 1.5, 64.0, {1, 2})), (-1, ValueError),
]  # fmt: skip
NONSENSE: dict[str, list[tuple[object, object, type[Exception]]]] = {
    "number": [*((bad, bad, error) for bad, error in NO_NUMBERS), (2**81, 2**81, ValueError)],
    "numbers": [
        *((ALL | {"c": bad}, bad, error) for bad, error in NO_NUMBERS),
        ({}, {}, ValueError), ({"a": 1}, ["b", "c"], ValueError), ([1], [1], TypeError),
        (ALL | {"another": 1}, ["another"], ValueError), (1, 1, TypeError),
    ],
    "choice": [(bad, bad, ValueError) for bad in ("pages", "", 3, True, {"a"})],
    "selection": [
        *((bad, bad, TypeError) for bad in ("x", "xz", 3, True)),
        ({"nobody"}, "nobody", ValueError), ([["x"]], ["x"], ValueError),
    ],
    "program": [(bad, bad, TypeError) for bad in ("double", 3, (0, 1025))],
    "worded": [(bad, bad, TypeError) for bad in ("a pin", 3, True)],
    "written": [
        *((bad, bad, TypeError) for bad in (3, True, ["a"])), (NO_STEP, "jump x", ValueError),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answer", "named", "error"),
    [(kind, *case) for kind, cases in NONSENSE.items() for case in cases],
)
def test_nonsense_is_named_in_one_line(
    kind: str, answer: object, named: object, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"^(in )?your answer") as caught:
        KINDS[kind].check(answer)
    assert shown(named) in str(caught.value)
    line = f"{type(caught.value).__name__}: {caught.value}"
    assert vars(caught.value)["_render_traceback_"]() == [line]


def test_what_is_allowed_does_not_tell_what_is_right() -> None:
    with pytest.raises(ValueError, match=r"'pages': allowed are '-1', 'both', 'pins', 'r.*'$"):
        CHOICE.check("pages")


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
    assert {row["id"]: row["sentence"] for row in rows} == dict(misconceptions())
    assert len(misconceptions()) == len(rows)
    assert [row for row in rows if re.search(r"^$|[. ]$", row["sentence"])] == []
    assert all((FOLDER / f"{row['lesson']}.ipynb").exists() for row in rows)
    with pytest.raises(TypeError):
        misconceptions()["another"] = "idea"  # type: ignore[index]
    assert reason(IDEA) == MISTAKEN
    assert reason("That counts the bytes") == "That counts the bytes."
