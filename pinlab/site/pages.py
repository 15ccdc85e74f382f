"""The lessons as a site: their stored form, prepared for Sphinx with myst-nb and furo."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from pinlab.copies import LESSONS, MINE, README, readme
from pinlab.data_folder import HOME
from pinlab.site import browser_edition, moving
from pinlab.site.links import linked, linked_page, place

Cell: TypeAlias = dict[str, Any]

FOLDER = Path("site")
"""Where the site is written, seen from where the program runs."""

OPTIONS = {
    "project": "pinlab", "html_title": "pinlab", "author": "The pinlab authors",
    "project_copyright": "CC BY 4.0, The pinlab authors",
    "extensions": "myst_nb", "html_theme": "furo", "nb_execution_mode": "off",
    "myst_heading_anchors": "4", "myst_heading_slug_func": "pinlab.site.links.anchor",
    "html_show_sphinx": "0", "html_copy_source": "0",
    "html_static_path": "own", "html_js_files": "exhibits.js", "html_css_files": "exhibits.css",
    "suppress_warnings": "myst.header,mystnb.unknown_mime_type",
}  # fmt: skip
"""Sphinx's configuration; whatever it fetches from outside would have to be named here."""

INDEX = """# pinlab

Lessons about one mail of the Linux kernel's list, and a sentence that two people differ about.
Most of what moves and asks works on these pages: [start here](00_start_here.ipynb).
{edition}

```{{toctree}}
:maxdepth: 1
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

RUNNING = f"{browser_edition.FOLDER}/lab/index.html?path={MINE}/{{name}}"
"""Where a lesson runs in the browser."""

TITLE = re.compile(r"^# (.*)$", re.M)
HERE = "Every cell here has been run, also where you are told to run one: press and type below it."
OPEN = ' To change code, <a href="{where}">run this lesson in the browser</a>.'
HOW = "This stands still here. It moves", "Some of its controls are missing here. All are there"
MORE = '<p class="pinlab-more">{how} where <a href="{where}">{what}</a>.</p>'


def write(folder: Path = FOLDER) -> Path:
    """Build the site into a folder, and return its first page.

    Needs the extra `site`. Raises OSError where it cannot be written, ValueError with what Sphinx
    says where a page is wrong.
    """
    from sphinx.cmd.build import build_main

    edition = browser_edition.ready()
    with TemporaryDirectory() as made:
        source = Path(made)
        prepare(HOME / LESSONS, source, edition=edition)
        options = chain.from_iterable(("-D", f"{name}={told}") for name, told in OPTIONS.items())
        if build_main(["-qWC", "--keep-going", "-d", f"{made}/read", *options, made, str(folder)]):
            raise ValueError("the site was not built: what is wrong stands above")
    shutil.copytree(HOME / "data", folder / "data", dirs_exist_ok=True)
    (folder / README).write_text(readme(), encoding="utf-8")
    if edition:
        browser_edition.write(folder / browser_edition.FOLDER)
    return folder / "index.html"


def prepare(lessons: Path, source: Path, *, edition: bool) -> None:
    """Write the lessons, and what belongs to them, as Sphinx reads them."""
    (source / "solutions").mkdir(parents=True)
    numbered = sorted(lessons.glob("[0-9]*.ipynb"))
    moves = moving.write(numbered, source / "own")
    for file in [*sorted(lessons.glob("*.ipynb")), *sorted(lessons.glob("solutions/*.ipynb"))]:
        book = json.loads(file.read_text("utf-8"))
        cells = [each for cell in book["cells"] for each in _cells(cell, file)]
        if file in moves:
            let_move(cells, file, moves[file], edition=edition)
        book["cells"] = cells
        (source / file.relative_to(lessons)).write_text(json.dumps(book), encoding="utf-8")
    for file in lessons.glob("*.md"):
        (source / file.name).write_text(linked(file.read_text("utf-8"), file), encoding="utf-8")
    names = [file.stem for file in numbered]
    index = INDEX.format(
        edition=browser_edition.SENTENCES if edition else "",
        lessons="\n".join(names),
        pages="\n".join(["glossary", *sorted(file.stem for file in lessons.glob("*.md"))]),
        solutions="\n".join(f"solutions/{name}" for name in names),
    )
    (source / "index.md").write_text(index, encoding="utf-8")


def _cells(cell: Cell, file: Path) -> Iterator[Cell]:
    """A cell with its links, and before it the place that links to it lead to."""
    target = f'<a id="{place(file, cell["id"])}"></a>\n\n'
    if cell["cell_type"] == "markdown":
        yield cell | {"source": target + linked("".join(cell["source"]), file)}
        return
    yield {"cell_type": "markdown", "id": f"to-{cell['id']}", "metadata": {}, "source": target}
    for output in cell["outputs"]:
        data = output.get("data", {})
        for mime, link in (("text/markdown", linked), ("text/html", linked_page)):
            if mime in data:
                data[mime] = link("".join(data[mime]), file)
    yield cell


def let_move(cells: Sequence[Cell], file: Path, moves: moving.Moving, *, edition: bool) -> None:
    """Say in a lesson's cells what moves on its page, and where more does."""
    where = RUNNING.format(name=file.name) if edition else "anywhere.html"
    what = "the lesson runs" if edition else "pinlab is installed"
    told = f"*{HERE}{OPEN.format(where=where) * edition}*"
    cells[0]["source"] = TITLE.sub(rf"# {file.name[:2]}. \1\n\n{told}", cells[0]["source"], count=1)
    for cell in cells:
        shown = [each["data"] for each in cell.get("outputs", ()) if "data" in each]
        name = f"{file.stem}/{cell['id']}"
        for part, (output, here, elsewhere) in enumerate(moves.get(cell["id"], ())):
            more = MORE.format(how=HOW[here], where=where, what=what) * elsewhere
            data = shown[output]
            mime = "text/html" if "text/html" in data else "text/markdown"
            before, end, after = data[mime].rpartition("</details>")
            told = f"{before}{more}{end}{after}" if end else after
            host = f'<div class="pinlab-moving" data-cell="{name}" data-part="{part}">'
            data[mime] = (f"{host}\n\n{told}\n\n</div>" if here else told) + more * (not end)
