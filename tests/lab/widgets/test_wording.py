"""The menus from which a sentence is put together."""

from typing import Any

import ipywidgets
import pytest

from pinlab import lab, words
from pinlab.lab.widgets.wording import MOST_CLAUSES
from pinlab.words.vocabulary import CALLS, COUNTERS, HOW, ON
from tests.lab.widgets.parts import Parts


def menus(parts: Parts) -> list[list[Any]]:
    return [list(row.children) for row in parts.menus]


def shown(parts: Parts) -> int:
    return sum(row.layout.display != "none" for row in parts.menus)


def choose(parts: Parts, *clauses: tuple[str, str, str, str]) -> None:
    parts.rows[0].box.value = len(clauses)
    for row, chosen in zip(menus(parts), clauses, strict=False):
        for menu, word in zip(row, chosen, strict=True):
            menu.value = word


def test_there_are_four_menus_with_the_vocabulary_for_each_clause() -> None:
    parts = Parts(lab.word_a_note())
    assert len(parts.menus) == MOST_CLAUSES
    for row in menus(parts):
        assert [list(menu.options) for menu in row] == [
            list(CALLS), list(ON), list(COUNTERS), list(HOW),
        ]  # fmt: skip
        assert all(isinstance(menu, ipywidgets.Dropdown) and menu.tooltip for menu in row)


def test_as_many_rows_are_shown_as_there_are_clauses() -> None:
    parts = Parts(lab.word_a_note(clauses=2))
    assert shown(parts) == 2
    parts.rows[0].bar.value = MOST_CLAUSES - 1
    assert shown(parts) == MOST_CLAUSES
    parts.rows[0].box.value = 1
    assert shown(parts) == 1


REVIEWER = (
    ("pin", "zero page", "refcount", "not by this call"),
    ("unpin", "zero page", "refcount", "not by this call"),
)


def test_sentence_and_picture_are_those_of_the_menus() -> None:
    parts = Parts(lab.word_a_note())
    choose(parts, *REVIEWER)
    assert parts.sentence.startswith("A pin of the zero page does not change the refcount and an ")
    missed = words.judge("refcount-sentence").missed or ()
    size = f"2 clauses, {len(parts.sentence.partition('. ')[0].split())} words"
    assert f"{size}. True of Linux 6.5; {len(missed)} of 8" in parts.sentence
    assert parts.sentence.endswith(f"{', '.join(missed)}.")
    made = words.sentence(*(words.clause(*each) for each in REVIEWER))
    assert parts.picture == lab.draw_adequacy({f"yours: {size}": made}).svg


def test_a_false_sentence_is_answered_with_the_steps() -> None:
    parts = Parts(lab.word_a_note())
    choose(parts, ("pin", "zero page", "refcount", "never"))
    assert "1 clause, " in parts.sentence
    assert parts.sentence.endswith(
        "False of Linux 6.5: A takes a reference to the zero page: refcount 1 -> 2; "
        "A pins the zero page: no counter changes."
    )


def test_an_adequate_sentence_can_be_put_together() -> None:
    parts = Parts(lab.word_a_note())
    choose(
        parts,
        ("pin or unpin", "zero page", "any counter", "not by this call"),
        ("pin", "zero page", "success", "always"),
        ("get", "zero page", "refcount", "always"),
        ("pin", "huge zero folio", "refcount", "always"),
    )
    assert parts.sentence.endswith("no wrong kernel slips through: it is adequate.")


def test_clauses_that_are_the_same_are_one() -> None:
    parts = Parts(lab.word_a_note(clauses=3))
    assert "3 clauses, " in parts.sentence
    choose(parts, *[("get", "zero page", "refcount", "always")] * 3)
    assert "1 clause, " in parts.sentence


def test_what_makes_no_sense_is_said() -> None:
    parts = Parts(lab.word_a_note())
    choose(parts, ("pin", "zero page", "success", "not by this call"))
    assert parts.sentence == "A call has success or not: allowed are always, never."
    assert parts.picture == ""


@pytest.mark.parametrize(("clauses", "error"), [(0, ValueError), (6, ValueError), ("1", TypeError)])
def test_it_begins_within_its_range(clauses: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="clauses is"):
        lab.word_a_note(clauses)
