"""The lessons as a site: their stored form, prepared for Sphinx with myst-nb and furo."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pinlab.copies import LESSONS, README, readme
from pinlab.data_folder import HOME
from pinlab.site import browser_edition

FOLDER = Path("site")
"""Where the site is written, seen from where the program runs."""

LINK = re.compile(r"\[([^\]\[]+)\]\(([\w./+-]*)(?:#cell-id=([\w-]+))?\)")
"""A link of Markdown that leads to a file, to a cell of it, or to a cell here."""

HREF = re.compile(r'(?<=href=")([\w./+-]*)(?:#cell-id=([\w-]+))?(?=")')
"""The same within a picture's caption or a table."""

OPTIONS = {
    "project": "pinlab", "html_title": "pinlab", "author": "The pinlab authors",
    "project_copyright": "CC BY 4.0, The pinlab authors",
    "extensions": "myst_nb", "html_theme": "furo", "nb_execution_mode": "off",
    "myst_heading_anchors": "4", "myst_heading_slug_func": "pinlab.site.pages.anchor",
    "html_show_sphinx": "0", "html_copy_source": "0",
    "suppress_warnings": "myst.header,mystnb.unknown_mime_type",
}  # fmt: skip
"""Sphinx's configuration; whatever it fetches from outside would have to be named here."""

INDEX = """# pinlab

Lessons about one mail of the Linux kernel's list, and a sentence that two people differ about.
[Start here](00_start_here.ipynb). Every picture is here; what moves in them needs pinlab itself.
{edition}

```{{toctree}}
:hidden:
:caption: Lessons

{lessons}
```

```{{toctree}}
:hidden:
:caption: To look up

{pages}
```

```{{toctree}}
:hidden:
:caption: Solutions

{solutions}
```
"""


def anchor(heading: str) -> str:
    """Return what JupyterLab calls the place of a heading, so that links to it lead on here."""
    return heading.replace(" ", "-")


def write(folder: Path = FOLDER) -> Path:
    """Build the site into a folder, and return its first page.

    Needs the extra `site`. Raises OSError where it cannot be written, ValueError with what Sphinx
    says where a page is wrong.
    """
    from sphinx.cmd.build import build_main

    with TemporaryDirectory() as made:
        source = Path(made)
        prepare(HOME / LESSONS, source)
        options = chain.from_iterable(("-D", f"{name}={told}") for name, told in OPTIONS.items())
        if build_main(["-q", "-W", "--keep-going", "-C", *options, made, str(folder)]):
            raise ValueError("the site was not built: what is wrong stands above")
    shutil.copytree(HOME / "data", folder / "data", dirs_exist_ok=True)
    (folder / README).write_text(readme(), encoding="utf-8")
    if browser_edition.ready():
        browser_edition.write(folder / browser_edition.FOLDER)
    return folder / "index.html"


def prepare(lessons: Path, source: Path) -> None:
    """Write the lessons, and what belongs to them, as Sphinx reads them."""
    (source / "solutions").mkdir(parents=True)
    files = [*sorted(lessons.glob("*.ipynb")), *sorted(lessons.glob("solutions/*.ipynb"))]
    for file in files:
        book = json.loads(file.read_text("utf-8"))
        book["cells"] = [each for cell in book["cells"] for each in _cells(cell, file)]
        (source / file.relative_to(lessons)).write_text(json.dumps(book), encoding="utf-8")
    for file in lessons.glob("*.md"):
        (source / file.name).write_text(_linked(file.read_text("utf-8"), file), encoding="utf-8")
    numbered = sorted(file.stem for file in lessons.glob("[0-9]*.ipynb"))
    index = INDEX.format(
        edition=browser_edition.SENTENCES if browser_edition.ready() else "",
        lessons="\n".join(numbered),
        pages="\n".join(["glossary", *sorted(file.stem for file in lessons.glob("*.md"))]),
        solutions="\n".join(f"solutions/{name}" for name in numbered),
    )
    (source / "index.md").write_text(index, encoding="utf-8")


def _cells(cell: dict[str, Any], file: Path) -> Iterator[dict[str, Any]]:
    """A cell with its links, and before it the place that links to it lead to."""
    place = f'<a id="{_place(file, cell["id"])}"></a>\n\n'
    if cell["cell_type"] == "markdown":
        yield cell | {"source": place + _linked("".join(cell["source"]), file)}
        return
    yield {"cell_type": "markdown", "id": f"to-{cell['id']}", "metadata": {}, "source": place}
    for output in cell["outputs"]:
        data = output.get("data", {})
        for mime, link in (("text/markdown", _linked), ("text/html", _linked_page)):
            if mime in data:
                data[mime] = link("".join(data[mime]), file)
    yield cell


def _linked(text: str, file: Path) -> str:
    """Markdown whose links lead on in the site."""
    return LINK.sub(
        lambda found: f'<a href="{_there(file, *found.groups()[1:])}">{found[1]}</a>', text
    )


def _linked_page(html: str, file: Path) -> str:
    """HTML whose links lead on in the site."""
    return HREF.sub(lambda found: _there(file, *found.groups()), html)


def _there(file: Path, path: str, cell: str | None) -> str:
    """Where a link leads in the site; what lies beside the lessons is a file there, too."""
    aside = re.fullmatch(r"(?:\.\./)+(data/.*|README\.md)", path)
    if aside:
        return f"{'../' if file.parent.name == 'solutions' else ''}{aside[1]}"
    page = re.sub(r"\.(?:ipynb|md)$", ".html", path)
    there = (file.parent / path).resolve() if path else file
    return f"{page}#{_place(there, cell)}" if cell else page


def _place(file: Path, cell: str) -> str:
    """The name of a cell's place, which no other cell of any notebook has."""
    kind = "solution" if file.parent.name == "solutions" else "lesson"
    return f"{kind}-{file.stem.replace('_', '-')}-{cell}"
