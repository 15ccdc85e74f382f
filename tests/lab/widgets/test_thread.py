"""The slider through the thread: first the reader's verdict, then ours."""

from typing import Any

import pytest

from pinlab import lab
from pinlab.lab.figures.thread import tree
from pinlab.words.thread import VERDICTS, turns
from tests.lab.widgets.parts import Parts


def test_it_begins_at_the_first_turn_without_a_verdict() -> None:
    parts = Parts(lab.walk_the_thread())
    (first, *_) = mail = turns("mail")
    assert parts.rows[0].box.value == first.number
    assert parts.picture == tree(mail, {}, first.number)
    assert parts.sentence.endswith("Your verdict: none yet.")
    assert not [verdict for verdict in VERDICTS if verdict in parts.picture]


@pytest.mark.parametrize("number", [9, 17, 24])
def test_the_sentence_has_speaker_words_and_claim_of_the_turn(number: int) -> None:
    parts = Parts(lab.walk_the_thread())
    parts.rows[0].box.value = number
    (turn,) = (turn for turn in turns() if turn.number == number)
    for words in (turn.speaker, turn.words, turn.claim, f"Turn {number}"):
        assert words in parts.sentence


def test_your_verdict_is_shown_and_ours_is_not() -> None:
    parts = Parts(lab.walk_the_thread(at=20))
    (turn,) = (turn for turn in turns() if turn.number == 20)
    assert turn.verdict == "no claim"
    parts.toggle.value = "right"
    assert parts.picture == tree(turns("mail"), {20: "right"}, 20)
    assert parts.sentence.endswith("Your verdict: right.")
    assert turn.condition not in parts.sentence


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("no claim", "Your verdict: no claim. Ours: no claim as well: "),
        ("right", "Your verdict: right. Ours: no claim: "),
        ("none yet", "Your verdict: none yet. Ours: no claim: "),
    ],
)
def test_the_switch_puts_ours_in_their_place(given: str, told: str) -> None:
    parts = Parts(lab.walk_the_thread(at=20))
    parts.toggle.value = given
    (switch,) = parts.switches
    switch.value = True
    (turn,) = (turn for turn in turns() if turn.number == 20)
    assert parts.sentence.endswith(told + turn.condition)
    ours = {turn.number: turn.verdict for turn in turns("mail")}
    assert parts.picture == tree(turns("mail"), ours, 20)
    switch.value = False
    assert "Ours" not in parts.sentence


def test_verdicts_are_kept_while_the_slider_moves_and_can_be_taken_back() -> None:
    parts = Parts(lab.walk_the_thread())
    parts.toggle.value = "right"
    parts.rows[0].bar.value += 1
    assert parts.toggle.value == "none yet"
    assert parts.picture == tree(turns("mail"), {9: "right"}, 10)
    parts.rows[0].bar.value -= 1
    assert parts.toggle.value == "right"
    parts.toggle.value = "none yet"
    assert parts.picture == tree(turns("mail"), {}, 9)


def test_two_widgets_share_nothing() -> None:
    one, other = (Parts(lab.walk_the_thread()) for _ in range(2))
    one.toggle.value = "right"
    assert other.toggle.value == "none yet"


def test_the_filmstrip_gives_no_verdict_away() -> None:
    shown = str(lab.walk_the_thread())
    assert "Your verdict: none yet." in shown
    assert "ondition" not in shown


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("end",), ValueError, "part is 'end'"),
        (("mail", 8), ValueError, "at is 8: allowed are whole numbers from 9 to 24"),
        (("after", "25"), TypeError, "at is '25'"),
    ],
)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.walk_the_thread(*arguments)
