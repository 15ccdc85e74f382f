"""The thread: a tree of claims, each with words that were said and a cell that settles it."""

import csv
from functools import cache
from pathlib import Path

import pytest

from pinlab.explore import litmus
from pinlab.words.thread import (
    FILE,
    NO_CLAIM,
    PARTS,
    RIGHT,
    VERDICTS,
    Turn,
    read,
    thread,
    turns,
)
from tests.notebooks.lesson import FOLDER, Lesson
from tests.notebooks.lesson import read as notebook
from tests.notebooks.quotations import register

LESSON = "12_read_the_thread"
MAIL = "<492558dc-1377-fc4b-126f-c358bb000ff7@redhat.com>"


@cache
def lesson(name: str) -> Lesson:
    return notebook(FOLDER / f"{name}.ipynb")


def rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_answers_form_one_tree_in_which_nobody_answers_what_was_not_said_yet() -> None:
    assert [turn.number for turn in turns() if turn.answers is None] == [1]
    known = {turn.number: turn for turn in turns()}
    for turn in turns()[1:]:
        before = known[turn.answers or 0]
        assert before.number < turn.number
        assert before.date <= turn.date


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_read_as_its_tree_is_drawn(part: str) -> None:
    """Each turn stands below the one it answers, and no line has to pass one that it does not."""
    way: list[int] = []
    here = {turn.number for turn in turns(part)}
    for turn in turns(part):
        answered = turn.answers if turn.answers in here else None
        assert answered is None or answered in way
        way = [*way[: way.index(answered) + 1 if answered else 0], turn.number]


def test_the_mail_has_all_the_turns_that_it_quotes() -> None:
    """The patch, the review of it, the answer and the mail itself, and no other mail."""
    messages = list(dict.fromkeys(turn.message for turn in turns("mail")))
    assert len(messages) == 4
    assert turns("mail")[-1].message == MAIL
    assert {turn.surname for turn in turns("mail")} == {"Howells", "Hildenbrand"}
    quoted_there = {row.id for row in register() if MAIL in row.source and row.source != MAIL}
    assert quoted_there >= {t.quotation for t in turns("mail") if t.message != MAIL} - {
        "definitely-pins"
    }


@pytest.mark.parametrize("turn", turns(), ids=lambda turn: str(turn.number))
def test_a_turn_has_registered_words_and_a_cell_that_settles_it(turn: Turn) -> None:
    (row,) = (row for row in register() if row.id == turn.quotation)
    assert (row.words, row.speaker) == (turn.words, turn.speaker)
    assert row.date == f"{turn.date:%Y-%m-%d}"
    assert turn.message.rsplit("-", 1)[0] in row.source  # v3 is named by its cover letter
    (cell,) = (cell for _, cell in lesson(turn.notebook).cells() if cell.id == turn.cell)
    assert cell.cell_type == "markdown" or cell.outputs
    assert bool(turn.condition) == (turn.verdict != RIGHT)
    assert len(turn.claim) <= 80
    assert turn.claim not in turn.words
    assert not turn.claim.endswith(".")


def test_a_verdict_of_the_mail_is_folded_away_below_its_question_in_the_mails_own_order() -> None:
    cells = [cell for _, cell in lesson(LESSON).cells()]
    ids = [cell.id for cell in cells]
    for turn in turns("mail"):
        told = cells[ids.index(f"turn-{turn.number}-verdict")].source
        folded = "<details><summary>Our verdict</summary>\n\n"
        assert told.startswith(f"{folded}**{turn.verdict.capitalize()}.**")
        assert told.endswith("\n\n</details>")
        asked = cells[ids.index(f"turn-{turn.number}")].source
        assert asked.startswith(f"### Turn {turn.number}: ")
        assert f"\n> — {turn.speaker}, {turn.date.day} {turn.date:%B %Y}\n" in asked
        assert "?" in asked.split("**")[1]
    order = [f"turn-{turn.number}{told}" for turn in turns("mail") for told in ("", "-verdict")]
    main = [id for id in order if ids.index(id) < ids.index("summary")]
    curious = [id for id in order if id not in main]
    for some in main, curious:
        assert sorted(some, key=ids.index) == some


def test_every_verdict_occurs_and_a_question_an_impression_a_hope_and_a_joke_are_no_claims() -> (
    None
):
    assert {turn.verdict for turn in turns()} == set(VERDICTS)
    assert [turn.number for turn in turns() if turn.verdict == NO_CLAIM] == [6, 17, 20, 26]


@pytest.mark.parametrize(
    ("number", "column", "said"),
    [
        (4, "source", "<522654.1685092526@warthog.procyon.org.uk>"),  # of all pins; 4 of two users
        (5, "condition", "hugetlb"),
        (10, "source", "<20220907142416.4badb879.alex.williamson@redhat.com>"),
        (14, "condition", "On 1 June"),
        (29, "condition", "FOLL_GET alone"),
        (33, "claim", "For now"),
    ],
)
def test_what_else_was_said_of_it_stands_there(number: int, column: str, said: str) -> None:
    (turn,) = (turn for turn in turns() if turn.number == number)
    assert said in getattr(turn, column)


@pytest.mark.parametrize(
    ("way", "test", "last", "next_one"),
    [
        ("from a disk up to", "dio-read+fork+parent-writes", "6.4", "6.5"),
        ("to a disk up to", "dio-write+fork+both-write", "5.8", "5.9"),
    ],
)
def test_the_releases_in_which_fork_spoils_direct_io_are_those_of_the_model(
    way: str, test: str, last: str, next_one: str
) -> None:
    (turn,) = (turn for turn in turns() if turn.number == 19)
    assert f"{way} {last}" in turn.condition
    assert litmus.run(test, last).verdict == "Sometimes"
    assert litmus.run(test, next_one).verdict == "Never"


def test_the_parts_are_the_whole() -> None:
    assert sum(map(turns, PARTS), ()) == turns()
    assert thread().index.tolist() == [turn.number for turn in turns()]
    assert thread("mail")["verdict"].tolist() == [turn.verdict for turn in turns("mail")]
    assert thread()["answers"].tolist()[0] == 0


def test_another_part_is_named() -> None:
    with pytest.raises(ValueError, match="part is 'end': allowed are before, mail, after"):
        turns("end")


@pytest.mark.parametrize(
    ("line", "column", "value", "complaint"),
    [
        (3, "verdict", "maybe", "verdict is 'maybe': allowed are right, right with a condition"),
        (3, "part", "end", "part is 'end': allowed are before, mail, after"),
        (2, "quotation", "nobody-said-it", "quotation is 'nobody-said-it'"),
        (2, "cell", "", "nothing stands under cell"),
        (2, "condition", "", "verdict is right with a condition, and condition is ''"),
        (10, "condition", "If it rains", "verdict is right, and condition is 'If it rains'"),
        (4, "number", "7", "number is '7': the next one is 3"),
        (4, "answers", "9", "answers is '9': allowed are the turns before it"),
        (4, "answers", "", "answers is '': allowed are the turns before it"),
        (4, "date", "2023-05-20 10:00 +0100", "it answers turn 2, which was sent later"),
        (4, "date", "26 May", "does not match format"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(
    tmp_path: Path, line: int, column: str, value: str, complaint: str
) -> None:
    content = rows()
    content[line - 2][column] = value
    path = tmp_path / "thread.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(content[0]))
        writer.writeheader()
        writer.writerows(content)
    with pytest.raises(ValueError, match=rf"thread\.csv, line {line}: .*") as caught:
        read(path)
    assert complaint in str(caught.value)
