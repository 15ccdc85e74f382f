"""The glossary's rows, the notebook made of them, and the links that lessons owe it."""

import re
from pathlib import Path

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


@pytest.mark.parametrize("row", terms(), ids=lambda row: row.term)
def test_a_row_is_complete_short_and_sourced(row: Term) -> None:
    assert 1 <= len(row.definition.split()) <= MOST_WORDS
    assert row.definition.endswith(".")
    assert not LOOSE.search(row.definition)
    assert SOURCE.fullmatch(row.source)
    assert NAME.fullmatch(row.lesson)
    assert all(spelling == spelling.strip() for spelling in row.spellings)


@pytest.mark.parametrize("row", terms(), ids=lambda row: row.term)
def test_what_markdown_would_read_as_a_mark_stands_in_code(row: Term) -> None:
    assert not re.search(r"[_*<\[]", CODE.sub("", f"{row.definition} {row.source}"))


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
    title, entry, *_ = notebook([term("zero page", lesson="99_write_it")]).cells
    assert title.source.startswith("# Glossary\n")
    assert entry.id == "zero-page"
    assert entry.source.split("\n\n") == [
        "## zero page",
        "What it is.",
        "First used in `99_write_it`.",
        "Source: its source.",
    ]


def test_a_lesson_that_is_there_is_linked_by_its_title() -> None:
    entry = notebook([term("pin", lesson="00_start_here")]).cells[1]
    assert "\n\nFirst used in [Start here" in entry.source
    assert "](00_start_here.ipynb).\n" in entry.source


@pytest.mark.parametrize(
    "cell",
    [
        "No word of it.",
        "A [page](glossary.ipynb#cell-id=page), and then a page.",
        "A **[page](glossary.ipynb#cell-id=page)** and a [*pin*](glossary.ipynb#cell-id=pin).",
        "[Pages](glossary.ipynb#cell-id=page) are [pinned](glossary.ipynb#cell-id=pin).",
        "[Nailed](glossary.ipynb#cell-id=pin), that is, pinned.",
        "[direct I/O](glossary.ipynb#cell-id=direct-i-o), short DIO",
        "## The page\n\nAbout it.",
        "> A page is pinned.\n> — Somebody",
        '*"a pin in it"*, they said.',
        "`page` and\n\n```\npin(page)\n```",
        "| page | pin |\n|---|---|\n| 1 | 2 |",
        "![a page](page.png)",
        '<img alt="a page" src="pin.png">',
        "[the page of the mail](https://lists.example.org/pin)",
        "[mail]: https://lists.example.org/page",
        "Paged, unpinned, pincount, struct_page.",
        "direct `x` I/O",
    ],
)
def test_a_term_is_linked_or_not_used(cell: str) -> None:
    assert list(unlinked(example(text(cell)), ROWS)) == []


@pytest.mark.parametrize(
    ("cell", "links"),
    [
        ("A page.", ["[page](glossary.ipynb#cell-id=page)"]),
        ("Two pages.", ["[pages](glossary.ipynb#cell-id=page)"]),
        ("*Page* by page", ["[Page](glossary.ipynb#cell-id=page)"]),
        ("the page's content", ["[page](glossary.ipynb#cell-id=page)"]),
        (
            "A page, then a [page](glossary.ipynb#cell-id=page).",
            ["[page](glossary.ipynb#cell-id=page)"],
        ),
        (
            "A [page](glossary.ipynb#cell-id=pin).\n\nA page.",
            ["[page](glossary.ipynb#cell-id=page)"],
        ),
        ("the zero\npages", ["[zero\npages](glossary.ipynb#cell-id=zero-page)"]),
        ("a page fault", ["[page fault](glossary.ipynb#cell-id=page-fault)"]),
        ("direct-I/O", ["[direct-I/O](glossary.ipynb#cell-id=direct-i-o)"]),
        (
            "- DIO\n- pins",
            ["[DIO](glossary.ipynb#cell-id=direct-i-o)", "[pins](glossary.ipynb#cell-id=pin)"],
        ),
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
        ("All [terms](glossary.ipynb).", []),
        ("`[nail](glossary.ipynb#cell-id=nail)`", []),
        (
            "| [nail](glossary.ipynb#cell-id=nail) |",
            ["cell 2 links to no term: glossary.ipynb#cell-id=nail"],
        ),
        ("[Pin](glossary.ipynb#Pin)", ["cell 2 links to no term: glossary.ipynb#Pin"]),
        (
            "[*pin*](glossary.ipynb#cell-id=page)",
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
        (term("pin", lesson="02_hold_a_page"), []),
        (term("refcount"), ["'refcount' is first used in no lesson, not in 03_pin_a_page"]),
        (
            term("pin", lesson="04_count_to_two_million"),
            ["'pin' is first used in 03_pin_a_page, not in 04_count_to_two_million"],
        ),
    ],
)
def test_a_term_whose_lesson_is_there_is_first_used_in_it(row: Term, found: list[str]) -> None:
    assert list(misplaced([row], [example(text("A page is pinned: pin."))])) == found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_links_every_term_where_it_uses_it_first(path: Path) -> None:
    found = list(unlinked(read(path), terms()))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", paths(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_link_into_the_glossary_leads_to_its_term(path: Path) -> None:
    found = list(wrong_links(read(path), terms()))
    assert not found, "\n".join(found)


def test_every_term_is_first_used_in_the_lesson_that_its_row_names() -> None:
    found = list(misplaced(terms(), map(read, LESSONS)))
    assert not found, "\n".join(found)
