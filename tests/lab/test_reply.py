"""Replies: the same words in a terminal and, marked, in a notebook."""

from html import escape

import pytest
from nbconvert.filters import markdown2html

from pinlab.lab.reply import Reply, literal


@pytest.mark.parametrize(("right", "verdict"), [(True, "Right."), (False, "Not yet.")])
def test_a_reply_says_what_is_right_and_a_notebook_marks_it(right: bool, verdict: str) -> None:
    reply, nothing = Reply("So it is.", right), Reply("So it is.")
    assert str(reply) == repr(reply) == f"{verdict} So it is."
    assert reply._repr_markdown_() == f"**{verdict}** So it is."
    assert str(nothing) == nothing._repr_markdown_() == "So it is."


def test_details_stand_apart_and_keep_their_columns() -> None:
    reply = Reply("Look:", False, details="a  1\nb  2")
    assert str(reply) == "Not yet. Look:\n\na  1\nb  2"
    assert reply._repr_markdown_() == "**Not yet.** Look:\n\n```\na  1\nb  2\n```"


@pytest.mark.parametrize(
    "words",
    [
        "division by zero", "a list [1, 2]", "f.<locals>.<lambda>", "2 * 3 * 4", "__init__",
        "a&lt;b", "`", "``a` b`", "[a](javascript:b)", "![a](b)", "$x$ and $y$", "a | b", "\\*",
    ],
)  # fmt: skip
def test_somebodys_words_are_shown_letter_by_letter(words: str) -> None:
    shown = markdown2html(f"It raised {literal(words)}.")
    told = shown.replace("<code>", "").replace("</code>", "")
    assert told.strip() == f"<p>It raised {escape(words)}.</p>"


def test_somebodys_lines_stay_within_a_reply() -> None:
    assert literal("one\n\n# two") == "one # two"
