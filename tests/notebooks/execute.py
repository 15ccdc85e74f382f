"""Run lessons on a clean kernel; as a program: generate the glossary, run every lesson."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.lab_server import FOLDERS
from tests.notebooks import glossary
from tests.notebooks.lesson import ROOT, paths, read
from tests.notebooks.normalise import as_stored, normalise

SECONDS_PER_CELL = 300


def run(path: Path, times: int = 1) -> NotebookNode:
    """The notebook with fresh outputs, normalised; the file stays as it is.

    times: how often each cell is run before the next one; what it shows last is kept.
    """
    notebook = read(path).notebook
    notebook.cells = [deepcopy(cell) for cell in notebook.cells for _ in range(times)]
    client = NotebookClient(
        notebook,
        # Spares every run a warning that the kernel's loopback connection is not encrypted.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        timeout=SECONDS_PER_CELL,
    )
    with clean_environment():
        client.execute()
    notebook.cells = notebook.cells[times - 1 :: times]
    return normalise(notebook)


def store(path: Path) -> bool:
    """Run a notebook and store its outputs; whether that changed the file."""
    before, after = path.read_text(encoding="utf-8"), as_stored(run(path))
    path.write_text(after, encoding="utf-8", newline="\n")
    return after != before


@contextmanager
def clean_environment() -> Iterator[None]:
    """No settings of the user, and the recorded machine for cells that would measure this one."""
    with TemporaryDirectory() as folder:
        settings = {name: str(Path(folder, name.lower())) for name in FOLDERS}
        with patch.dict(os.environ, settings, PINLAB_MACHINE="recording"):
            yield


def main() -> None:
    """Generate the glossary, run every notebook, and say what became of each file."""
    generated = as_stored(glossary.notebook(glossary.terms()))
    glossary.GLOSSARY.write_text(generated, encoding="utf-8", newline="\n")
    for path in paths():
        print(f"{path.relative_to(ROOT)}: running ...", end=" ", flush=True)
        print("outputs stored" if store(path) else "unchanged")


if __name__ == "__main__":
    main()
