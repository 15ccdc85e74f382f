"""Small lessons for the tests of the checks: one that is as it should be, and its parts."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests.notebooks.lesson import FOLDER, Lesson
from tests.notebooks.normalise import METADATA

PIXEL = "iVBORw0KGgo="


def node(content: dict[str, object]) -> NotebookNode:
    """A part of a notebook."""
    made: NotebookNode = nbformat.from_dict(content)
    return made


def text(source: str) -> NotebookNode:
    """A markdown cell."""
    return node({"cell_type": "markdown", "metadata": {}, "source": source})


def code(source: str, *outputs: NotebookNode, **metadata: object) -> NotebookNode:
    """A code cell with stored outputs."""
    return node(
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": metadata,
            "outputs": list(outputs),
            "source": source,
        }
    )


def stream(words: str, name: str = "stdout") -> NotebookNode:
    """Something printed."""
    return node({"output_type": "stream", "name": name, "text": words})


def display(data: dict[str, str], **metadata: object) -> NotebookNode:
    """Something displayed, by MIME type."""
    return node({"output_type": "display_data", "data": data, "metadata": metadata})


def picture(alt: str = "Three bars.", src: str = f"data:image/png;base64,{PIXEL}") -> NotebookNode:
    """A displayed picture with alt text."""
    html = f'<img alt="{alt}" style="max-width:100%" src="{src}">'
    return display({"text/html": html, "text/plain": alt})


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A notebook of these cells, its ids given by their order."""
    numbered = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells, start=1)]
    return node({"cells": numbered, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})


def lesson(*cells: NotebookNode, path: Path = FOLDER / "03_pin_a_page.ipynb") -> Lesson:
    """A lesson of these cells after a title; it need not be stored anywhere."""
    return Lesson(path, notebook(text("# Pin a page"), *cells))
