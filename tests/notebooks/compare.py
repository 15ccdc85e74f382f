"""Stored outputs against fresh ones: words, tables, and which kinds of picture there are."""

import re
from collections.abc import Iterator
from difflib import unified_diff

from nbformat import NotebookNode

from tests.notebooks.lesson import Lesson, is_live, is_text

# What is in a picture depends on the software that drew it; its kind and its words do not.
CONTENT = re.compile(r'(?<=;base64,)[^"]*')


def differences(stored: Lesson, fresh: NotebookNode) -> Iterator[str]:
    """One message for each cell whose stored outputs are not those of a fresh run."""
    for number, cell in stored.cells("code"):
        again = fresh.cells[number - 1]
        if is_live(cell):
            if again.outputs and not cell.outputs:
                yield f"cell {number} is live and stores no output"
        elif (old := _words(cell)) != (new := _words(again)):
            diff = unified_diff(old, new, "stored", "fresh", lineterm="")
            yield "\n".join([f"cell {number}, stored outputs are not the fresh ones:", *diff])


def _words(cell: NotebookNode) -> list[str]:
    return [line for output in cell.outputs for line in _output_words(output)]


def _output_words(output: NotebookNode) -> list[str]:
    if output.output_type == "stream":
        return [f"[{output.name}]", *output.text.splitlines()]
    lines = []
    for mime, content in sorted(output.get("data", {}).items()):
        words = CONTENT.sub("", content) if is_text(mime) else ""
        lines += [f"[{mime}]", *words.splitlines()]
    return lines
