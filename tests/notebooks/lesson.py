"""A stored lesson: where the lessons are, and the few questions that every check asks of one."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"


@dataclass(frozen=True)
class Lesson:
    """A notebook and the file it came from; cells are numbered from 1, as a reader counts."""

    path: Path
    notebook: NotebookNode

    def cells(self, kind: str = "") -> Iterator[tuple[int, NotebookNode]]:
        """Numbered cells: all of them, or those of one kind."""
        for number, cell in enumerate(self.notebook.cells, start=1):
            if kind in ("", cell.cell_type):
                yield number, cell

    def outputs(self) -> Iterator[tuple[int, NotebookNode]]:
        """Every stored output, with the number of its cell."""
        for number, cell in self.cells("code"):
            for output in cell.outputs:
                yield number, output


def paths() -> list[Path]:
    """Every lesson, then every solution."""
    return sorted(FOLDER.glob("*.ipynb")) + sorted(FOLDER.glob("solutions/*.ipynb"))


def read(path: Path) -> Lesson:
    """The lesson stored in a file."""
    return Lesson(path, nbformat.read(path, as_version=4))


def is_live(cell: NotebookNode) -> bool:
    """Whether the output depends on the reader's machine, and so is not compared."""
    return "live" in cell.metadata.get("tags", [])


def is_text(mime: str) -> bool:
    """Whether a representation is read as words: text, tables, but not pictures."""
    return mime.startswith("text/")


class Image(NamedTuple):
    """A picture within HTML; what is not said of it is empty."""

    alt: str
    style: str
    src: str

    @property
    def mime(self) -> str:
        """Its kind, if the page itself holds it."""
        kind, _, _ = self.src.partition(";")
        return kind.removeprefix("data:") if kind.startswith("data:") else ""

    @property
    def drawing(self) -> str:
        """The source of a drawing; nothing for other pictures."""
        encoded = self.src.partition(";base64,")[2]
        return b64decode(encoded).decode() if self.mime == "image/svg+xml" else ""


def images_in(markup: str) -> list[Image]:
    """The pictures of some HTML, with what each <img> says of itself."""
    found = BeautifulSoup(markup, "html.parser").find_all("img")
    return [Image(*(str(tag.get(name, "")) for name in Image._fields)) for tag in found]


def figures(lesson: Lesson) -> list[Image]:
    """The stored pictures that matplotlib has drawn."""
    shown = (image for _, output in lesson.outputs() for image in images(output))
    return [image for image in shown if image.mime == "image/png"]


def images(output: NotebookNode) -> list[Image]:
    """The pictures that an output shows in every front end, trusted or not."""
    return images_in(output.get("data", {}).get("text/html", ""))
