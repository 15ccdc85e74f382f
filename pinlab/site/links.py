"""Links of the lessons, which lead to notebooks and their cells, as links of the site."""

from __future__ import annotations

import re
from pathlib import Path

LINK = re.compile(r"\[([^\]\[]+)\]\(([\w./+-]*)(?:#cell-id=([\w-]+))?\)")
"""A link of Markdown that leads to a file, to a cell of it, or to a cell here."""

HREF = re.compile(r'(?<=href=")([\w./+-]*)(?:#cell-id=([\w-]+))?(?=")')
"""The same within a picture's caption or a table."""


def linked(text: str, file: Path) -> str:
    """Return Markdown of a file whose links lead on in the site."""
    return LINK.sub(
        lambda found: f'<a href="{_there(file, *found.groups()[1:])}">{found[1]}</a>', text
    )


def linked_page(html: str, file: Path) -> str:
    """Return HTML of a file whose links lead on in the site."""
    return HREF.sub(lambda found: _there(file, *found.groups()), html)


def anchor(heading: str) -> str:
    """Return what JupyterLab calls the place of a heading, so that links to it lead on here."""
    return heading.replace(" ", "-")


def place(file: Path, cell: str) -> str:
    """Return the name of a cell's place, which no other cell of any notebook has."""
    kind = "solution" if file.parent.name == "solutions" else "lesson"
    return f"{kind}-{file.stem.replace('_', '-')}-{cell}"


def _there(file: Path, path: str, cell: str | None) -> str:
    """Where a link leads in the site; what lies beside the lessons is a file there, too."""
    aside = re.fullmatch(r"(?:\.\./)+(data/.*|README\.md)", path)
    if aside:
        return f"{'../' if file.parent.name == 'solutions' else ''}{aside[1]}"
    page = re.sub(r"\.(?:ipynb|md)$", ".html", path)
    there = (file.parent / path).resolve() if path else file
    return f"{page}#{place(there, cell)}" if cell else page
