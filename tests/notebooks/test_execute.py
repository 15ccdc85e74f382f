"""Running: a clean kernel, in the notebook's folder, with the recorded machine."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from pinlab.lab.picture import COMES_OUT, fold
from tests.notebooks.examples import code, notebook
from tests.notebooks.execute import lent, run, runs, store
from tests.notebooks.normalise import METADATA, as_stored

STREAMS = """import sys
print(1, end="", flush=True)
print(2, flush=True)
_ = sys.stderr.write("3")
2"""

SOURCES = ("n = 0", "n += 1\nn", "n")


def stored(folder: Path, *sources: str) -> Path:
    path = folder / "00_try_it.ipynb"
    path.write_text(as_stored(notebook(*map(code, sources))), encoding="utf-8")
    return path


def test_it_runs_in_its_folder_with_the_recording_and_without_the_users_settings(
    tmp_path: Path,
) -> None:
    before = dict(os.environ)
    asked = "print(*map(os.getenv, ['PINLAB_MACHINE', 'JUPYTER_CONFIG_DIR']))"
    fresh = run(stored(tmp_path, f"import os, pathlib\n{asked}\npathlib.Path('here').touch()"))
    machine, folder = fresh.cells[0].outputs[0].text.split()
    assert machine == "recording"
    assert folder != before.get("JUPYTER_CONFIG_DIR")
    assert (tmp_path / "here").exists()
    assert dict(os.environ) == before


def test_what_a_cell_shows_each_time_that_it_is_run_is_kept(tmp_path: Path) -> None:
    path = stored(tmp_path, *SOURCES)
    found = runs(path)
    assert [[cell.source for cell in each.cells] for each in found] == [[*SOURCES]] * 3
    told = [[cell.outputs[0].data["text/plain"] for cell in each.cells[1:]] for each in found]
    assert told == [["1", "2"], ["2", "2"], ["1", "1"]]
    assert run(path).cells[2].outputs[0].data["text/plain"] == "1"


def test_a_kernel_that_is_lent_forgets_the_notebook_before(tmp_path: Path) -> None:
    path = stored(tmp_path, "'n' in globals()", "n = 0")
    with lent(tmp_path) as kernel:
        found = [run(path, kernel) for _ in range(2)]
    assert [len(notebook.cells) for notebook in found] == [2, 2]
    assert [notebook.cells[0].outputs[0].data["text/plain"] for notebook in found] == ["False"] * 2


def test_what_is_stored_depends_on_no_run_and_no_machine(tmp_path: Path) -> None:
    path = stored(tmp_path, "import ipywidgets\nipywidgets.IntSlider()", STREAMS)
    before = nbformat.read(path, as_version=4)
    before.metadata = {"widgets": {"state": {}}, "language_info": {"version": "3.12.1"}}
    before.cells[0].metadata = {"tags": ["live"], "execution": {"idle": "12:00"}, "scrolled": True}
    before.cells[1].execution_count = 17
    nbformat.write(before, path)
    assert store(path)
    assert not store(path)
    after = nbformat.read(path, as_version=4)
    assert after.metadata == METADATA
    assert after.cells[0].metadata == {"tags": ["live"]}
    assert [cell.execution_count for cell in after.cells] == [1, 2]
    assert list(after.cells[0].outputs[0].data) == ["text/plain"]
    *streams, result = after.cells[1].outputs
    assert [(one.name, one.text) for one in streams] == [("stdout", "12\n"), ("stderr", "3")]
    assert result.execution_count == 2


def test_what_answers_a_question_is_stored_folded(tmp_path: Path) -> None:
    path = stored(tmp_path, "print('<3')\n4")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata = {"tags": ["folded"]}
    nbformat.write(notebook, path)
    store(path)
    (output,) = nbformat.read(path, as_version=4).cells[0].outputs
    assert output.data["text/html"] == fold(COMES_OUT, "<pre>&lt;3\n</pre><pre>4</pre>")
    assert "4" not in output.data["text/plain"]
    assert not store(path)


def test_a_failing_cell_changes_no_file(tmp_path: Path) -> None:
    path = stored(tmp_path, "1 / 0")
    before = path.read_text(encoding="utf-8")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        store(path)
    assert path.read_text(encoding="utf-8") == before
