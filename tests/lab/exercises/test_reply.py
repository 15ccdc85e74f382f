"""Replies: the same words in a terminal and, marked, in a notebook."""

import pytest

from pinlab.lab.exercises.reply import Reply


@pytest.mark.parametrize(
    ("right", "verdict"), [(None, ""), (True, "Right. "), (False, "Not yet. ")]
)
def test_a_reply_reads_the_same_printed_and_as_the_value_of_a_cell(
    right: bool | None, verdict: str
) -> None:
    reply = Reply("So it is.", right)
    assert str(reply) == repr(reply) == f"{verdict}So it is."


@pytest.mark.parametrize(
    ("right", "mark"), [(None, ""), (True, "**Right.** "), (False, "**Not yet.** ")]
)
def test_a_notebook_marks_what_is_right_and_what_is_not(right: bool | None, mark: str) -> None:
    assert Reply("So it is.", right)._repr_markdown_() == f"{mark}So it is."


def test_details_stand_apart_and_keep_their_columns() -> None:
    reply = Reply("Look:", False, details="a  1\nb  2")
    assert str(reply) == "Not yet. Look:\n\na  1\nb  2"
    assert reply._repr_markdown_() == "**Not yet.** Look:\n\n```\na  1\nb  2\n```"
