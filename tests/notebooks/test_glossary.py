"""The glossary's rows, the notebook made of them, and the links that lessons owe it."""

import re

import pytest

from tests.notebooks.examples import code, text
from tests.notebooks.examples import lesson as example
from tests.notebooks.glossary import (
    GLOSSARY,
    Term,
    misplaced,
    notebook,
    terms,
    unlinked,
    wrong_links,
)
from tests.notebooks.lesson import FOLDER, paths, read
from tests.notebooks.shape import CODE, NAME

MOST_WORDS = 40
# A commit, a file or a mail; the first two with a release.
SOURCE = re.compile(r"(?=.*([0-9a-f]{12}|\.(c|h|rst|txt)\b)).*\b\d\.\d+\b.*|.*<\S+@\S+>.*")
# Words that the lessons do not use in a sense of their own.
LOOSE = re.compile(r"\b(counts?|lock\w*)\b", re.IGNORECASE)
LESSONS = sorted(FOLDER.glob("[0-9]*.ipynb"))
SOLUTION = FOLDER / "solutions" / "03_pin_a_page.ipynb"


def term(words: str, also: str = "", lesson: str = "03_pin_a_page") -> Term:
    return Term(words, also, "What it is.", "its source", lesson)


PAGE = term("page", "pages")
PIN = term("pin", "pins;pinned")
DIO = term("direct I/O", "DIO")
ROWS = [DIO, PAGE, PIN, term("page fault"), term("zero page", "zero pages"), term("refcount")]


def test_a_row_is_complete_short_and_sourced() -> None:
    for row in terms():
        assert 1 <= len(row.definition.split()) <= MOST_WORDS, row
        assert row.definition.endswith("."), row
        assert not LOOSE.search(row.definition), row
        assert SOURCE.fullmatch(row.source), row
        assert NAME.fullmatch(row.lesson), row
        assert all(spelling == spelling.strip() for spelling in row.spellings), row
        # What Markdown would read as a mark stands in code.
        assert not re.search(r"[_*<\[]", CODE.sub("", f"{row.definition} {row.source}")), row


def test_the_rows_are_sorted_and_no_spelling_has_two_meanings() -> None:
    rows = terms()
    assert rows == sorted(rows, key=lambda row: row.term.casefold())
    spellings = [spelling.lower() for row in rows for spelling in row.spellings]
    assert all(spellings)
    assert len(set(spellings)) == len(spellings)


def test_the_stored_glossary_is_made_of_the_rows() -> None:
    stored, made = read(GLOSSARY).notebook, notebook(terms())
    assert [(cell.id, cell.source) for cell in stored.cells] == [
        (cell.id, cell.source) for cell in made.cells
    ], "the glossary differs: run `make notebooks`"


def test_a_term_has_a_heading_its_definition_and_its_first_lesson() -> None:
    title, entry, *_ = notebook([term("zero page", lesson="00_start_here")]).cells
    assert title.source.startswith("# Glossary\n")
    assert entry.id == "zero-page"
    heading, definition, first, source = entry.source.split("\n\n")
    assert (heading, definition, source) == ("## zero page", "What it is.", "Source: its source.")
    assert first.startswith("First used in [Start here")
    assert first.endswith("](00_start_here.ipynb).")


TO = "(glossary.ipynb#cell-id="


@pytest.mark.parametrize(
    "cell",
    [
        "No word of it. Paged, unpinned, pincount, struct_page, direct `x` I/O.",
        f"A [page]{TO}page), and then a page.",
        f"A **[page]{TO}page)** and a [*pin*]{TO}pin). [Nailed]{TO}pin), that is, pinned.",
        f"[Pages]{TO}page) are [pinned]{TO}pin). [direct I/O]{TO}direct-i-o), short DIO",
        "## The page\n\nAbout it.",
        '> A page is pinned.\n> — Somebody\n\n*"a pin in it"*, they said.',
        "`page` and\n\n```\npin(page)\n```",
        "| page | pin |\n|---|---|\n| 1 | 2 |",
        '![a page](page.png) <img alt="a page" src="pin.png">',
        "[the page of the mail](https://a.org/pin)\n\n[mail]: https://a.org/page",
    ],
)
def test_a_term_is_linked_or_not_used(cell: str) -> None:
    assert list(unlinked(example(text(cell)), ROWS)) == []


@pytest.mark.parametrize(
    ("cell", "links"),
    [
        ("A page.", [f"[page]{TO}page)"]),
        ("Two pages.", [f"[pages]{TO}page)"]),
        ("*Page* by page", [f"[Page]{TO}page)"]),
        ("the page's content", [f"[page]{TO}page)"]),
        (f"A page, then a [page]{TO}page).", [f"[page]{TO}page)"]),
        (f"A [page]{TO}pin).\n\nA page.", [f"[page]{TO}page)"]),
        ("the zero\npages", [f"[zero\npages]{TO}zero-page)"]),
        ("a page fault", [f"[page fault]{TO}page-fault)"]),
        ("direct-I/O", [f"[direct-I/O]{TO}direct-i-o)"]),
        ("- DIO\n- pins", [f"[DIO]{TO}direct-i-o)", f"[pins]{TO}pin)"]),
    ],
)
def test_a_first_use_without_a_link_is_found(cell: str, links: list[str]) -> None:
    found = list(unlinked(example(text(cell)), ROWS))
    assert [message.split(": ", 1)[1] for message in found] == links


def test_only_the_first_use_below_the_title_is_asked_for() -> None:
    found = list(unlinked(example(code("page"), text("A page."), text("Pages.")), ROWS))
    assert found == [
        "cell 3 uses 'page' first, without a link: [page](glossary.ipynb#cell-id=page)"
    ]


def test_from_a_solution_the_glossary_is_one_folder_up() -> None:
    up = example(text("A [page](../glossary.ipynb#cell-id=page)."), path=SOLUTION)
    assert list(unlinked(up, ROWS)) == []
    assert list(wrong_links(up, ROWS)) == []
    beside = example(text("A [page](glossary.ipynb#cell-id=page)."), path=SOLUTION)
    assert list(wrong_links(beside, ROWS)) == [
        "cell 2 links to no term: glossary.ipynb#cell-id=page"
    ]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (f"All [terms](glossary.ipynb). `[nail]{TO}nail)`", []),
        (f"| [nail]{TO}nail) |", ["cell 2 links to no term: glossary.ipynb#cell-id=nail"]),
        ("[Pin](glossary.ipynb#Pin)", ["cell 2 links to no term: glossary.ipynb#Pin"]),
        (
            f"[*pin*]{TO}page)",
            ["cell 2 links '*pin*' to another term: glossary.ipynb#cell-id=page"],
        ),
    ],
)
def test_a_link_to_no_term_or_to_another_one_is_found(cell: str, found: list[str]) -> None:
    assert list(wrong_links(example(text(cell)), ROWS)) == found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (PAGE, []),
        (term("refcount"), ["'refcount' is first used in no lesson, not in 03_pin_a_page"]),
        (
            term("pin", lesson="04_count_to_two_million"),
            ["'pin' is first used in 03_pin_a_page, not in 04_count_to_two_million"],
        ),
    ],
)
def test_a_term_that_is_first_used_in_another_lesson_is_found(row: Term, found: list[str]) -> None:
    assert list(misplaced([row], [example(text("A page is pinned: pin."))])) == found


def test_every_lesson_links_every_term_where_it_uses_it_first() -> None:
    lessons = list(map(read, LESSONS))
    found = [
        f"{lesson.path.stem}, {told}" for lesson in lessons for told in unlinked(lesson, terms())
    ]
    assert found == []
    assert list(misplaced(terms(), lessons)) == []


def test_every_link_into_the_glossary_leads_to_its_term() -> None:
    found = [
        f"{path.name}, {told}" for path in paths() for told in wrong_links(read(path), terms())
    ]
    assert found == []
