"""The kinds of exercise, on small made-up ones: what is said to which answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pinlab.lab.exercise import (
    Choice,
    Number,
    Numbers,
    Program,
    Selection,
    in_words,
    misconceptions,
)

IDEA = "the-last-pin-fails"
SENTENCE = misconceptions()[IDEA]
HINTS = ("Think.", "Think harder.")


def number(low: int | None = 0) -> Number:
    return Number(
        id="sum", lesson="00_start_here", hints=HINTS, because="1 + 2.",
        right=3, wrong={2: IDEA, 4: "That counts one twice"}, low=low,
    )  # fmt: skip


def numbers() -> Numbers:
    parts = {"a": (1, {2: IDEA}), "b": (5, {6: "That is b and one"}), "c": (2**21, {})}
    return Numbers(id="parts", lesson="00_start_here", hints=HINTS, because="So.", parts=parts)


def choice() -> Choice:
    return Choice(
        id="kind", lesson="00_start_here", hints=HINTS, because="So.",
        right="pins", wrong={"references": IDEA, "both": "That is one too many"},
    )  # fmt: skip


def selection() -> Selection:
    return Selection(
        id="some", lesson="00_start_here", hints=HINTS, because="So.", options=("x", "y", "z"),
        right=frozenset("xz"), wrong={frozenset(): IDEA},
        extra={"y": "Not y"}, missing={"z": "And z"},
    )  # fmt: skip


def double(a: int) -> int:
    return 2 * a


def _forgets_the_end(a: int) -> int:
    return 2 * a if a < 3 else a


def program() -> Program:
    return Program(
        id="lines", lesson="00_start_here", hints=HINTS, because="So.", name="double",
        arguments=("a",), states=((0,), (1,), (3,), (4,)), model=double,
        trace=lambda a: f"the model at {a}", wrong=[(IDEA, _forgets_the_end)],
    )  # fmt: skip


def test_a_right_number_is_told_why_it_is_right() -> None:
    reply = number().check(3)
    assert (reply.text, reply.right, reply.misconception) == ("3. 1 + 2.", True, None)


def test_a_wrong_number_that_rests_on_an_idea_is_told_the_idea() -> None:
    reply = number().check(2)
    assert reply.text == (
        f"You expected 2, the model gives 3. {SENTENCE} (mistaken: {IDEA}). "
        'A hint: `lab.hint("sum")`.'
    )  # fmt: skip
    assert (reply.right, reply.misconception) == (False, IDEA)


def test_a_slip_has_a_sentence_and_no_id() -> None:
    reply = number().check(4)
    assert "the model gives 3. That counts one twice. A hint" in reply.text
    assert (reply.right, reply.misconception) == (False, None)


def test_another_wrong_number_is_told_what_was_expected_and_what_came() -> None:
    reply = number().check(2**21)
    assert reply.text.startswith("You expected 2097152 (2^21), the model gives 3. A hint")
    assert (reply.right, reply.misconception) == (False, None)


@pytest.mark.parametrize(("typed", "meant"), [(2 ^ 21, "2**21"), (2 ^ 10, "2**10")])
def test_an_exclusive_or_is_told_how_python_writes_a_power(typed: int, meant: str) -> None:
    large = replace(number(), right=2**31)
    assert f"If you meant a power: Python writes it {meant}." in large.check(typed).text
    assert "If you meant a power" not in number().check(typed).text
    assert "If you meant a power" not in replace(number(), right=64).check(63).text


@pytest.mark.parametrize("low", [0, -5, None])
def test_a_number_may_be_as_low_as_makes_sense(low: int | None) -> None:
    assert number(low).check(low or 0).right is False


def test_a_number_below_that_is_no_answer() -> None:
    with pytest.raises(ValueError, match="your answer is -6: allowed are whole numbers from -5 to"):
        number(-5).check(-6)


def test_all_numbers_right() -> None:
    reply = numbers().check({"a": 1, "b": 5, "c": 2**21})
    assert reply.right
    assert reply.text.splitlines() == [
        "So.",
        "",
        "- a: 1 is right.",
        "- b: 5 is right.",
        "- c: 2097152 (2^21) is right.",
    ]


def test_some_numbers_right_and_the_others_open_is_neither_right_nor_wrong() -> None:
    reply = numbers().check({"c": None, "b": ..., "a": 1})
    assert reply.right is None
    assert [line for line in reply.text.splitlines() if line] == [
        "- a: 1 is right.",
        "- b: no answer yet",
        "- c: no answer yet",
    ]


def test_each_wrong_number_has_its_own_line() -> None:
    reply = numbers().check({"a": 2, "b": 6, "c": 7})
    assert (reply.right, reply.misconception) == (False, IDEA)
    lines = [line for line in reply.text.splitlines() if line]
    assert lines[0] == f"- a: you expected 2, the model gives 1. {SENTENCE} (mistaken: {IDEA})."
    assert lines[1] == "- b: you expected 6, the model gives 5. That is b and one."
    assert lines[2] == "- c: you expected 7, the model gives 2097152 (2^21)."
    assert lines[3] == 'A hint: `lab.hint("parts")`.'


def test_a_wrong_number_counts_though_others_are_open() -> None:
    reply = numbers().check({"a": None, "b": 6, "c": None})
    assert (reply.right, reply.misconception) == (False, None)


def test_an_idea_is_found_behind_a_slip() -> None:
    assert numbers().check({"b": 6, "a": 2, "c": 2**21}).misconception == IDEA


def test_one_bad_number_and_none_is_judged() -> None:
    with pytest.raises(TypeError, match="your answer for c is 'many'"):
        numbers().check({"a": 2, "b": 6, "c": "many"})


def test_a_right_choice_is_told_why() -> None:
    reply = choice().check("pins")
    assert (reply.text, reply.right) == ("pins. So.", True)


@pytest.mark.parametrize(
    ("chosen", "words", "idea"),
    [
        ("references", f"{SENTENCE} (mistaken: {IDEA}).", IDEA),
        ("both", "That is one too many.", None),
    ],
)
def test_a_wrong_choice_is_told_its_reason(chosen: str, words: str, idea: str | None) -> None:
    reply = choice().check(chosen)
    assert (reply.right, reply.misconception) == (False, idea)
    assert f"You chose '{chosen}', the model gives 'pins'. {words}" in reply.text


def test_an_open_choice_lists_what_there_is_without_telling_which() -> None:
    assert 'put one of "both", "pins", "references" in' in choice().check(None).text


@pytest.mark.parametrize("answer", [{"x", "z"}, ["z", "x", "z"], ("x", "z"), frozenset("xz"), "xz"])
def test_a_selection_may_be_any_collection_but_a_string(answer: object) -> None:
    if isinstance(answer, str):
        with pytest.raises(TypeError, match="'xz'"):
            selection().check(answer)
    else:
        assert selection().check(answer).right


@pytest.mark.parametrize(
    ("answer", "words", "idea"),
    [
        (set(), f"You selected none of them; it is x, z. {SENTENCE} (mistaken: {IDEA}).", IDEA),
        ({"x"}, "You selected x; it is x, z. And z.", None),
        ({"x", "y", "z"}, "You selected x, y, z; it is x, z. Not y.", None),
        ({"x", "y"}, "You selected x, y; it is x, z. Not y.", None),
        ({"z"}, "You selected z; it is x, z. A hint", None),
    ],
)
def test_a_wrong_selection_is_told_both(answer: object, words: str, idea: str | None) -> None:
    reply = selection().check(answer)
    assert (reply.right, reply.misconception) == (False, idea)
    assert words in reply.text


def test_the_known_mistakes_of_a_selection_are_whole_ones_and_single_slips() -> None:
    assert dict(selection().mistakes()) == {
        frozenset(): IDEA,
        frozenset("xyz"): "Not y",
        frozenset("x"): "And z",
    }


@pytest.mark.parametrize("answer", ["Pins", " pins ", "PINS"])
def test_large_letters_and_spaces_do_not_matter(answer: str) -> None:
    assert choice().check(answer).right


def test_what_is_allowed_does_not_tell_what_is_right() -> None:
    with pytest.raises(ValueError, match=r"'pages': allowed are 'both', 'pins', 'references'$"):
        choice().check("pages")


def test_a_number_may_stand_for_its_digits() -> None:
    asked = Choice(id="n", lesson="l", hints=HINTS, because="So.", right="-1", wrong={"0": IDEA})
    assert asked.check(-1).right
    assert asked.check(0).misconception == IDEA


def test_a_right_program_is_right_in_every_state() -> None:
    reply = program().check(lambda a: a + a)
    assert reply.right
    assert reply.details == ""
    assert "all 4 states" in reply.text


def test_a_wrong_program_is_shown_the_first_state_that_differs() -> None:
    reply = program().check(lambda a: 2 if a else 0)
    assert reply.right is False
    assert "2 of 4 states" in reply.text
    assert "`double(a=3)`: expected 6, came 2." in reply.text
    assert reply.details == "the model at 3"


def test_a_program_is_known_by_what_it_does_in_every_state() -> None:
    assert program().check(lambda a: a if a >= 3 else a + a).misconception == IDEA
    assert program().check(lambda a: 2 * a if a < 4 else a).misconception is None


def test_a_program_is_judged_by_what_the_kernel_makes_of_its_results() -> None:
    signs = replace(
        program(), model=lambda a: a > 0, meaning=bool, wrong=[(IDEA, lambda a: 5 * (a > 1))]
    )
    assert signs.check(lambda a: 7 * a).right
    reply = signs.check(lambda a: a // 2)
    assert (reply.right, reply.misconception) == (False, IDEA)
    assert "`double(a=1)`: expected True, came 0." in reply.text


def test_a_program_that_raises_is_told_where() -> None:
    reply = program().check(lambda a: 6 // (a - 1))
    assert reply.right is False
    assert "`double(a=1)` raised ZeroDivisionError: " in reply.text
    assert reply.details == "the model at 1"


def test_a_program_with_other_arguments_is_told_so_too() -> None:
    reply = program().check(lambda: 0)
    assert reply.right is False
    assert "`double(a=0)` raised TypeError: " in reply.text


def test_a_program_that_is_half_written_is_judged() -> None:
    reply = program().check(lambda a: 0 if a == 0 else None)
    assert reply.right is False
    assert "`double(a=1)`: expected 2, came None" in reply.text


MADE: list[Callable[[], Number | Numbers | Choice | Selection | Program]] = [
    number, numbers, choice, selection, program,
]  # fmt: skip


@pytest.mark.parametrize("make", MADE)
def test_hints_lead_from_one_to_the_next_and_to_the_solution(
    make: Callable[[], Number | Numbers | Choice | Selection | Program],
) -> None:
    exercise = make()
    first, second, third = (exercise.hint(level).text for level in (1, 2, 3))
    assert first == f'Think. A bigger hint: `lab.hint("{exercise.id}", 2)`.'
    assert second == f'Think harder. The explained solution: `lab.hint("{exercise.id}", 3)`.'
    assert third.count(f"solutions/00_start_here.ipynb#cell-id={exercise.id}") == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (2**21, "2097152 (2^21)"),
        ("pins", '"pins"'),
        (frozenset({"b", "a"}), "a, b"),
        (frozenset(), "none of them"),
        (("letters", 64), "64 for letters"),
        (_forgets_the_end, "`forgets_the_end`"),
        (double, "`double`"),
    ],
)
def test_a_known_answer_in_words(answer: object, words: str) -> None:
    assert in_words(answer) == words
