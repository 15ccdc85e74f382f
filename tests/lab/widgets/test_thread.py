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
    assert parts.picture == tree(mail, (), first.number)
    assert parts.sentence.endswith("Your verdict?")
    assert not [verdict for verdict in VERDICTS if verdict in parts.picture]


@pytest.mark.parametrize("number", [9, 17, 24])
def test_the_sentence_has_speaker_words_and_claim_of_the_turn(number: int) -> None:
    parts = Parts(lab.walk_the_thread())
    parts.rows[0].box.value = number
    (turn,) = (turn for turn in turns() if turn.number == number)
    for words in (turn.speaker, turn.words, turn.claim, f"Turn {number}"):
        assert words in parts.sentence
    assert turn.condition == "" or turn.condition not in parts.sentence


@pytest.mark.parametrize(("given", "told"), [("wrong", "as you say"), ("right", "you say right")])
def test_ours_is_told_when_yours_is_given(given: str, told: str) -> None:
    parts = Parts(lab.walk_the_thread(at=20))
    parts.toggle.value = given
    assert f"Wrong ({told})." in parts.sentence
    assert parts.picture == tree(turns("mail"), {20}, 20)
    (turn,) = (turn for turn in turns() if turn.number == 20)
    assert parts.sentence.endswith(turn.condition)


def test_verdicts_are_kept_while_the_slider_moves_and_can_be_taken_back() -> None:
    parts = Parts(lab.walk_the_thread())
    parts.toggle.value = "right"
    parts.rows[0].bar.value += 1
    assert parts.toggle.value == "none yet"
    assert parts.picture == tree(turns("mail"), {9}, 10)
    parts.rows[0].bar.value -= 1
    assert parts.toggle.value == "right"
    parts.toggle.value = "none yet"
    assert parts.picture == tree(turns("mail"), (), 9)


def test_two_widgets_share_nothing() -> None:
    one, other = (Parts(lab.walk_the_thread()) for _ in range(2))
    one.toggle.value = "right"
    assert other.toggle.value == "none yet"


def test_the_filmstrip_gives_no_verdict_away() -> None:
    shown = str(lab.walk_the_thread())
    assert "Your verdict?" in shown
    assert "ondition" not in shown


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("end",), ValueError, "part is 'end'"),
        (("mail", 8), ValueError, "turn is 8: allowed are whole numbers from 9 to 24"),
        (("after", "25"), TypeError, "turn is '25'"),
    ],
)
def test_bad_arguments_are_named(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lab.walk_the_thread(*arguments)
