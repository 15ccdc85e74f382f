"""The register of quotations, and finding quotations in a lesson's text."""

import re
from datetime import date

import pytest

from tests.notebooks.examples import lesson, text
from tests.notebooks.quotations import Quotation, Quoted, quotations, register, unregistered

ROW = Quotation(
    id="pins-or-references",
    speaker="David Hildenbrand",
    date="2023-05-31",
    source="<id@list>",
    words="2 millions pins (FOLL_PIN, which adds 1024) or 2 million references ?",
)
# A mail by its Message-ID, or a file of a release.
SOURCE = re.compile(r"<\S+@\S+>.*|\S+\.(c|h|rst|txt), \d+\.\d+(\.\d+)?")


def test_a_row_of_the_register_is_short_dated_sourced_and_has_its_own_id() -> None:
    for row in register():
        assert 1 <= len(row.words.split()) <= 40
        assert row.speaker.strip()
        date.fromisoformat(row.date)
        assert SOURCE.fullmatch(row.source)
    ids = [row.id for row in register()]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("cell", "words", "attribution"),
    [
        ("> 2 millions\n> pins ?\n>\n> — David H., 2023", "2 millions pins ?", "David H., 2023"),
        ('> *"2 millions pins ?"*\\\n> -- David H.', "2 millions pins ?", "David H."),
        (
            "> `pin_user_pages*()` or pin\\_user\\_pages\\*()\n> — D.",
            "pin_user_pages*() or pin_user_pages*()",
            "D.",
        ),
        ('He asks: *"2 millions\npins ?"* Both.', "2 millions pins ?", ""),
        ("He asks: *“2 millions pins ?”* Both.", "2 millions pins ?", ""),
    ],
)
def test_both_forms_are_found(cell: str, words: str, attribution: str) -> None:
    assert list(quotations(cell)) == [Quoted(words, attribution)]


@pytest.mark.parametrize("cell", ["> Hint: count the frames.", 'The word "pin" is *old*.', ">\n>"])
def test_hints_and_words_in_quotes_are_no_quotations(cell: str) -> None:
    assert list(quotations(cell)) == []


def complaints(cell: str) -> list[str]:
    return list(unregistered(lesson(text(cell)), [ROW]))


def test_registered_words_may_be_quoted_whole_in_part_or_with_words_left_out() -> None:
    assert complaints(f"> {ROW.words}\n> — David Hildenbrand, 31 May 2023") == []
    assert complaints('*"2 million references ?"* and *"2 millions pins … or 2 million"*') == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('*"2 billion pins"*', "2 billion pins"),
        ('*"2 million references … 2 millions pins"*', "2 million references … 2 millions pins"),
        (f"> {ROW.words}\n> — David Howells", f"{ROW.words} (David Howells)"),
    ],
    ids=["other words", "in another order", "of somebody else"],
)
def test_what_no_row_has_is_named_with_its_cell(cell: str, said: str) -> None:
    assert complaints(cell) == [f"cell 2 quotes what no row has: {said}"]
