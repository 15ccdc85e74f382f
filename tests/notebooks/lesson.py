"""A stored lesson: where the lessons are, and the few questions that every check asks of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
PICTURES = ("image/png", "image/svg+xml")


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


def alt_text(output: NotebookNode, mime: str) -> str:
    """What a picture says to those who do not see it; empty if nobody wrote it."""
    alt: str = output.metadata.get(mime, {}).get("alt", "")
    return alt.strip()
