"""The glossary: its terms, the notebook made of them, and the links that lessons owe it."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode, v4

from pinlab.text_files import table
from tests.notebooks.lesson import FOLDER, ROOT, Lesson, read
from tests.notebooks.normalise import normalise
from tests.notebooks.quotations import IN_TEXT
from tests.notebooks.shape import ALONE, CODE

REGISTER = ROOT / "data" / "glossary.csv"
GLOSSARY = FOLDER / "glossary.ipynb"
TITLE = f"""# Glossary

The words that the lessons use in one fixed sense, each with the lesson that uses it first; \
`make notebooks` generates this page from [data/glossary.csv](../data/glossary.csv). At its end \
is [the map of the words](#cell-id=concept-map): which of them leads to which.

*{ALONE}*"""
MAP = """## The map of the words

A part for each lesson. Read along an arrow: a page gets its frame in a page fault. The number in \
a box is that of the lesson which uses the word first; it is filled where the word is new. The \
list below the picture has the same with links."""
# Lines and marks that are no prose: headings, quotations, tables, link definitions; images, tags.
NO_PROSE = re.compile(
    r"""^[ \t]*(?:\#{1,6}[ ]|>|\||\[[^\]\n]+\]:).*$ | !\[[^\]]*\]\([^)]*\) | <[/!a-zA-Z][^>]*>""",
    re.MULTILINE | re.VERBOSE,
)
LINK = r"\[(?P<label>[^\[\]]*)\]\(\s*(?P<target>[^)\s]+)[^)]*\)"
# Stands for what was taken out, so that the words around it do not become neighbours.
GAP = "|"


class Term(NamedTuple):
    """One row of data/glossary.csv; its definition and its source are Markdown."""

    term: str
    also: str
    definition: str
    source: str
    lesson: str

    @property
    def spellings(self) -> list[str]:
        """Everything that is read as this term: itself, its plural, its abbreviation."""
        return [self.term, *filter(None, self.also.split(";"))]

    def link(self, path: Path) -> str:
        """The target of a link from that notebook.

        JupyterLab goes to a cell by its id on the first click; to a heading only once the page
        that has it is open.
        """
        file = Path(os.path.relpath(GLOSSARY, path.parent)).as_posix()
        return f"{file}#cell-id={self.cell_id}"

    @property
    def cell_id(self) -> str:
        """The id of its cell in the glossary."""
        return re.sub(r"[^a-z0-9]+", "-", self.term.lower())


class Use(NamedTuple):
    """A term in the prose of a cell, in the words that stand there."""

    cell: int
    words: str
    term: Term
    linked: bool


def terms() -> list[Term]:
    """Every row of data/glossary.csv."""
    return table(REGISTER, Term._fields, lambda row: Term(**row))


def notebook(rows: Iterable[Term]) -> NotebookNode:
    """The glossary: a title, one cell for each term, and the map; not run yet."""
    cells = [v4.new_markdown_cell(TITLE, id="title")]
    cells += [v4.new_markdown_cell(_entry(row), id=row.cell_id) for row in rows]
    cells.append(v4.new_markdown_cell(MAP, id="concept-map"))
    cells.append(v4.new_code_cell("from pinlab import lab\n\nlab.concept_map()", id="drawn-map"))
    return normalise(v4.new_notebook(cells=cells))


def unlinked(lesson: Lesson, rows: list[Term]) -> Iterator[str]:
    """One message for each term whose first use in the prose is not a link to the glossary."""
    met = set()
    for use in uses(lesson, rows):
        if use.term not in met and not use.linked:
            wanted = f"[{use.words}]({use.term.link(lesson.path)})"
            yield f"cell {use.cell} uses {use.term.term!r} first, without a link: {wanted}"
        met.add(use.term)


def wrong_links(lesson: Lesson, rows: list[Term]) -> Iterator[str]:
    """Links into the glossary that name no term, or another one than their words do."""
    targets = {row.link(lesson.path): row for row in rows}
    spellings = _spellings(rows)
    for number, cell in lesson.cells("markdown"):
        for link in re.finditer(LINK, CODE.sub(GAP, cell.source)):
            label, target = link["label"], link["target"]
            if GLOSSARY.name + "#" not in target:
                continue
            if target not in targets:
                yield f"cell {number} links to no term: {target}"
            elif spellings.get(_key(label), targets[target]) != targets[target]:
                yield f"cell {number} links {label!r} to another term: {target}"


def misplaced(rows: list[Term], lessons: Iterable[Lesson]) -> Iterator[str]:
    """Terms that are not first used in the lesson that their row names."""
    first: dict[Term, str] = {}
    for lesson in sorted(lessons, key=lambda lesson: lesson.path.stem):
        for use in uses(lesson, rows):
            first.setdefault(use.term, lesson.path.stem)
    for row in rows:
        if (found := first.get(row, "no lesson")) != row.lesson:
            yield f"{row.term!r} is first used in {found}, not in {row.lesson}"


def uses(lesson: Lesson, rows: list[Term]) -> Iterator[Use]:
    """Every use of a term in the text below the title cell, in the order of reading."""
    targets = {row.link(lesson.path): row for row in rows}
    spellings = _spellings(rows)
    # The longest first: "zero page" is no use of "page".
    words = "|".join(map(_pattern, sorted(spellings, key=len, reverse=True)))
    scan = re.compile(rf"{LINK}|(?<!\w)(?P<words>{words})(?!\w)", re.IGNORECASE)
    for number, cell in lesson.cells("markdown"):
        if number == 1:
            continue
        for found in scan.finditer(_prose(cell.source)):
            if found["words"]:
                term = spellings[_key(found["words"])]
                yield Use(number, found["words"], term, linked=False)
            elif found["target"] in targets:
                yield Use(number, found["label"], targets[found["target"]], linked=True)


def _entry(row: Term) -> str:
    title = read(FOLDER / f"{row.lesson}.ipynb").notebook.cells[0].source.splitlines()[0]
    first = f"First used in [{title.removeprefix('# ')}]({row.lesson}.ipynb)."
    return "\n\n".join([f"## {row.term}", row.definition, first, f"Source: {row.source}."])


def _prose(source: str) -> str:
    """The author's running text: no code, headings, tables, pictures, nor the words of others."""
    for pattern in (CODE, NO_PROSE, IN_TEXT):
        source = pattern.sub(GAP, source)
    return source


def _spellings(rows: Iterable[Term]) -> dict[str, Term]:
    return {_key(spelling): row for row in rows for spelling in row.spellings}


def _key(words: str) -> str:
    """Words as they are looked up: in-flight, In flight and *in flight* are the same."""
    return re.sub(r"[\s-]+", " ", words.strip("*")).lower()


def _pattern(spelling: str) -> str:
    return re.escape(spelling).replace(r"\ ", r"[\s-]+")
