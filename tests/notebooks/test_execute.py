"""Running: a clean kernel, in the notebook's folder, with the recorded machine."""

import os
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError

from tests.notebooks.examples import code, notebook
from tests.notebooks.execute import lent, run, runs, store
from tests.notebooks.normalise import as_stored


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
    path = stored(tmp_path, "n = 0", "n += 1\nn", "n")
    first, again = runs(path, times=2)
    assert [cell.source for cell in again.cells] == ["n = 0", "n += 1\nn", "n"]
    assert [cell.outputs[0].data["text/plain"] for cell in first.cells[1:]] == ["1", "2"]
    assert [cell.outputs[0].data["text/plain"] for cell in again.cells[1:]] == ["2", "2"]
    assert run(path).cells[2].outputs[0].data["text/plain"] == "1"


def test_a_kernel_that_is_lent_forgets_the_notebook_before(tmp_path: Path) -> None:
    path = stored(tmp_path, "'n' in globals()", "n = 0")
    with lent(tmp_path) as kernel:
        found = [runs(path, 1, kernel)[0] for _ in range(2)]
    assert [len(notebook.cells) for notebook in found] == [2, 2]
    assert [notebook.cells[0].outputs[0].data["text/plain"] for notebook in found] == ["False"] * 2


def test_storing_twice_changes_the_file_once_and_a_failing_cell_not_at_all(tmp_path: Path) -> None:
    path = stored(tmp_path, "import ipywidgets\nipywidgets.IntSlider()", "print(2)\n2")
    assert store(path)
    assert not store(path)
    assert "model_id" not in path.read_text(encoding="utf-8")
    path = stored(tmp_path, "1 / 0")
    before = path.read_text(encoding="utf-8")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        store(path)
    assert path.read_text(encoding="utf-8") == before
