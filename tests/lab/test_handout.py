"""The handout: every turn of the mail with its words and verdict, from the data."""

from html import unescape

from pinlab.lab.handout import handout
from pinlab.words.thread import turns


def rows() -> list[str]:
    return [unescape(row) for row in handout().split("<tr>")[2:]]


def test_a_row_for_each_turn_of_the_mail_and_no_other() -> None:
    assert len(rows()) == len(turns("mail"))


def test_a_row_has_speaker_words_claim_verdict_and_condition() -> None:
    for row, turn in zip(rows(), turns("mail"), strict=True):
        assert row.startswith(f'<td class="number">{turn.number}</td><td>{turn.surname}<br>')
        for words in (turn.words, turn.claim, turn.condition, turn.verdict.capitalize()):
            assert words in row


def test_the_verdict_stands_beyond_the_line_to_fold_along() -> None:
    for row, turn in zip(rows(), turns("mail"), strict=True):
        front, behind = row.split('<td class="ours">')
        assert turn.verdict.capitalize() in behind
        assert f"{turn.verdict.capitalize()}." not in front


def test_it_names_the_mail() -> None:
    assert turns("mail")[-1].message in unescape(handout())
