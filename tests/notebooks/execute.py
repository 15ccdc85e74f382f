"""Run lessons on a clean kernel; as a program: the pages, every lesson, and their minutes.

python -m tests.notebooks.execute [04 ...]    (lessons and solutions whose names begin so)
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.lab_server import FOLDERS
from tests.notebooks import glossary, instructor, minutes, misconceptions
from tests.notebooks.lesson import ROOT, paths, read
from tests.notebooks.normalise import as_stored, normalise

SECONDS_PER_CELL = 300
KERNEL = "python3"
# Names, and how often an exercise was tried.
FORGET = "%reset -f\nfrom pinlab.lab.problems import TRIED\nTRIED.clear()\ndel TRIED"
HEAVY = ("matplotlib", "numpy", "pandas")
"""Libraries that there are none of in a browser without a net."""

HIDE = """
class Finder:
    def find_spec(self, name, *_):
        if name in {}:
            raise ModuleNotFoundError(name=name)
__import__("sys").meta_path.insert(0, Finder())
"""

OPTIONS = [
    # Spares every run a warning that the kernel's loopback connection is not encrypted.
    "--IPKernelApp.log_level=ERROR",
    # Cycles are looked for less often than usual, as in tests/conftest.py.
    "--IPKernelApp.exec_lines=__import__('gc').set_threshold(50_000, 20, 20)",
]


def run(path: Path, kernel: KernelManager | None = None) -> NotebookNode:
    """The notebook with fresh outputs, normalised; the file stays as it is.

    A kernel that runs already is lent for it, and forgets first.
    """
    (fresh,) = runs(path, again=False, kernel=kernel)
    return fresh


def runs(path: Path, again: bool = True, kernel: KernelManager | None = None) -> list[NotebookNode]:
    """The same from each time that its cells are run on one kernel.

    `again`: each twice in a row, from top to bottom, and then all of them once more.
    """
    notebook = read(path).notebook
    cells = notebook.cells
    order = [*(cell for cell in cells for _ in range(2)), *cells] if again else cells
    notebook.cells = [deepcopy(cell) for cell in order]
    client = NotebookClient(
        notebook,
        km=kernel,
        extra_arguments=OPTIONS,
        kernel_name=KERNEL,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        startup_timeout=SECONDS_PER_CELL,
        timeout=SECONDS_PER_CELL,
    )
    with clean_environment():
        if kernel is not None:
            notebook.cells.insert(0, new_code_cell(FORGET))
        client.execute()
    if client.kc is not None:  # who is lent a kernel leaves it running, and its channels open
        client.kc.stop_channels()
    ran, twice = notebook.cells[kernel is not None :], 2 * len(cells)
    parts = [ran[:twice:2], ran[1:twice:2], ran[twice:]] if again else [ran]
    return [normalise(NotebookNode(notebook, cells=part)) for part in parts]


@contextmanager
def lent(folder: Path, *without: str) -> Iterator[KernelManager]:
    """A kernel that several notebooks of a folder use, one after the other.

    without: libraries that it does not find.
    """
    kernel = KernelManager(kernel_name=KERNEL)
    options = [*OPTIONS, f"--IPKernelApp.exec_lines={HIDE.format(without)}"]
    with clean_environment():
        kernel.start_kernel(cwd=str(folder), extra_arguments=options)
        try:
            yield kernel
        finally:
            kernel.shutdown_kernel(now=True)


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
    """Generate the pages, run every notebook, say what became of each; write the minutes."""
    generated = as_stored(glossary.notebook(glossary.terms()))
    glossary.GLOSSARY.write_text(generated, encoding="utf-8", newline="\n")
    misconceptions.FILE.write_text(misconceptions.page(), encoding="utf-8", newline="\n")
    begun = (*sys.argv[1:], "glossary") if sys.argv[1:] else ("",)
    for path in (path for path in paths() if path.name.startswith(begun)):
        print(f"{path.relative_to(ROOT)}: running ...", end=" ", flush=True)
        print("outputs stored" if store(path) else "unchanged")
    minutes.write()
    instructor.write()


if __name__ == "__main__":
    main()
