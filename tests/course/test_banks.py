"""Banks: every answer in them is judged by the exercise itself, and read back by other readers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from pinlab import lab
from pinlab.course.banks import LARGEST_FIRST, MOST_WANTED, Bank, bank
from pinlab.course.gift import gift
from pinlab.course.items import NONE, SHARE, Item, Option, fair, items, seeded
from pinlab.course.markup import html, plain
from pinlab.course.qti import qti
from pinlab.lab.exercise import Choice, Number, Numbers, Selection
from pinlab.lab.misconceptions import misconceptions, reason
from pinlab.lab.problems import SEEDED, TEXTS, exercise
from tests.course import gift_reader, qti_reader

CANVAS = {
    "number": "numerical_question",
    "one": "multiple_choice_question",
    "several": "multiple_answers_question",
}


@pytest.fixture(scope="module")
def full() -> Bank:
    return bank()


@pytest.fixture(scope="module")
def small() -> Bank:
    """More of the first lesson, and one item of each exercise of the others."""
    first = bank("00", 8)
    others = [items(id, 3)[:1] for id in SEEDED if TEXTS[id].lesson != first.lesson]
    return first._replace(groups=[*first.groups, *others])


def answer(item: Item, option: Option) -> object:
    """An option as `lab.check` takes it: the other numbers right, or added to what is right."""
    match item.kind:
        case "number" if item.part:
            others = exercise(item.id, item.seed).solution()
            assert isinstance(others, dict)
            return {**others, item.part: int(option.text)}
        case "number":
            return int(option.text)
        case "one":
            return option.text
    added = () if option.text == NONE else (*item.right, option.text)
    return set(item.right if option.right else added) - {NONE}


def told(option: Option) -> str:
    """What an option is told, as HTML."""
    return html(reason(option.idea)) if option.idea else ""


def texts(item: Item) -> list[str]:
    """All answers that an exercise knows, the right ones of a number first."""
    match exercise(item.id, item.seed):
        case Number(right=right, wrong=wrong):
            return [str(number) for number in (right, *wrong)]
        case Numbers(parts=parts):
            right, wrong = parts[item.part]
            return [str(number) for number in (right, *wrong)]
        case Choice(options=options):
            return options
        case Selection(options=options):
            return [*options, NONE]
    raise AssertionError(item)


def test_each_answer_is_judged_as_its_option_says(full: Bank) -> None:
    for item in (item for group in full.groups for item in group):
        assert [option.text for option in item.options] == texts(item)
        for option in item.options:
            reply = lab.check(item.id, answer(item, option), item.seed)
            assert reply.right is option.right, (item, option)
            if not option.right:
                known = option.idea if option.idea in misconceptions() else None
                assert reply.misconception == known, (item, option)
                assert option.idea in misconceptions() or option.idea in str(reply)


def test_a_bank_has_enough_of_each_and_no_answer_is_too_common(full: Bank) -> None:
    assert sum(map(len, full.groups)) >= 1100
    for group in full.groups:
        assert len({item.name for item in group}) == 1
        assert len({item.text for item in group}) == len(group)
        assert max(Counter(item.right for item in group).values()) <= len(group) / SHARE
    assert {"verdict", "own-frames", "missing-rule", "zero-of-what"} <= set(full.left_out)
    named = {group[0].id for group in full.groups} | {name.split()[0] for name in full.left_out}
    assert named == set(SEEDED)


def made(answers: str) -> list[Item]:
    option = Option("", True)
    one = items("false-positive", 1)[0]
    return [replace(one, options=(option._replace(text=answer),)) for answer in answers]


@pytest.mark.parametrize(
    ("answers", "wanted", "taken"),
    [
        ("abcd", 4, "abcd"),
        ("aabcd", 4, "abcd"),
        ("aaaabbbbccccdddd", 8, "aabbccdd"),
        ("aaabbbcccd", 8, "abcd"),
        ("aaabbbccc", 8, ""),
        ("aabcdee", 8, "abcde"),
        ("abcde", 3, ""),
    ],
)
def test_what_is_too_common_is_left_out(answers: str, wanted: int, taken: str) -> None:
    assert "".join("".join(item.right) for item in fair(made(answers), wanted)) == taken


def test_seeds_begin_where_they_are_told_to() -> None:
    (group,) = seeded("one-byte", 4, LARGEST_FIRST).values()
    assert group[0].seed == LARGEST_FIRST
    assert items("one-byte", LARGEST_FIRST + 2 * MOST_WANTED - 1)  # the last that may be tried


def test_moodle_reads_each_item(small: Bank) -> None:
    read = gift_reader.read(gift(small.groups))
    for group in small.groups:
        for number, item in enumerate(group, start=1):
            found = next(read)
            assert found.category == f"pinlab/{item.lesson}/{item.name}"
            assert found.name == f"{item.name}, {number}"
            assert (found.text, found.feedback) == (html(item.text), html(item.because))
            assert found.is_number == (item.kind == "number")
            assert found.single == (item.kind != "several")
            if item.unlisted and found.is_number:
                assert found.answers.pop() == ("*", 0, html(item.unlisted))
            worth = 100 / len(item.right), -100 * (item.kind == "several")
            for (text, value, feedback), option in zip(found.answers, item.options, strict=True):
                assert (text, feedback) == (plain(option.text), told(option))
                assert value == pytest.approx(worth[not option.right], abs=1e-5)
    assert next(read, None) is None


def test_canvas_reads_each_item(small: Bank) -> None:
    read = qti_reader.read(qti(small.groups))
    assert [*read] == [(f"pinlab {g[0].lesson}", g[0].name) for g in small.groups]
    for group, questions in zip(small.groups, read.values(), strict=True):
        for number, (item, question) in enumerate(zip(group, questions, strict=True), start=1):
            assert (question.title, question.text) == (f"{item.name}, {number}", html(item.text))
            assert question.type == CANVAS[item.kind]
            assert question.ident == f"{item.name.replace(' ', '_')}_{item.seed}"
            check(item, question)


def check(item: Item, question: qti_reader.Question) -> None:
    """Answer an item with each option, and with the right ones together."""
    right = question.answer(*map(plain, item.right))
    assert right == (100, {"correct_fb": html(item.because)})
    for number, option in enumerate(item.options, start=1):
        score, feedback = question.answer(plain(option.text))
        assert (score == 100) == (item.right == {option.text})
        if option.right:
            continue
        if item.kind == "several":
            assert question.answer(*map(plain, [*item.right, option.text])).score == 0
        if item.kind == "number":
            assert html(item.unlisted) in feedback["general_incorrect_fb"]
            known = told(option)[len("<p>") : -len("</p>")]
            assert option.idea not in misconceptions() or known in feedback["general_incorrect_fb"]
            assert option.text not in feedback["general_incorrect_fb"] or len(option.text) < 3
        else:
            assert feedback == ({f"{number}_fb": told(option)} if option.idea else {})


def test_what_has_a_meaning_in_gift_or_html_comes_back_as_it_was() -> None:
    signs = "a~b=c#d{e}f:g\\h\\n<i>&amp;\"'\nnew line -> 100%"
    item = replace(
        items("whose-outcome", 1)[0], text=f"`{signs}`", because=signs,
        options=(Option(signs, True), Option(f"{signs}2", False, signs)),
    )  # fmt: skip
    (found,) = gift_reader.read(gift([[item]]))
    assert found.text == html(item.text)
    assert found.answers == [
        (plain(signs), 100, ""),
        (plain(f"{signs}2"), 0, told(item.options[1])),
    ]
    ((question,),) = qti_reader.read(qti([[item]])).values()
    assert [*question.labels] == [plain(signs), plain(f"{signs}2")]


def test_the_same_again_is_the_same_and_other_seeds_are_not(small: Bank) -> None:
    again = bank("05", 8)
    assert gift(again.groups) == gift(bank("05_pretend_to_pin", 8).groups)
    assert qti(again.groups) == qti(bank("05", 8).groups)
    assert gift(again.groups) != gift(bank("05", 8, first=1000).groups)


def test_a_program_is_no_item() -> None:
    programs = [id for id, text in TEXTS.items() if text.kind == "program"]
    assert [items(id, 0) for id in programs] == [[]] * len(programs)
