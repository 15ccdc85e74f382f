"""Running: a clean kernel, in the notebook's folder, with the recorded machine."""

import os
from pathlib import Path

import pytest
from nbclient.exceptions import CellExecutionError

from tests.notebooks.examples import code, notebook
from tests.notebooks.execute import clean_environment, run, store
from tests.notebooks.normalise import as_stored


def stored(folder: Path, *sources: str) -> Path:
    path = folder / "00_try_it.ipynb"
    path.write_text(as_stored(notebook(*map(code, sources))), encoding="utf-8")
    return path


def test_a_notebook_runs_in_its_folder_with_the_recording(tmp_path: Path) -> None:
    source = "import os, pathlib\nprint(os.environ['PINLAB_MACHINE'])\npathlib.Path('here').touch()"
    fresh = run(stored(tmp_path, source))
    assert fresh.cells[0].outputs[0].text == "recording\n"
    assert (tmp_path / "here").exists()


def test_what_a_cell_shows_when_it_is_run_again_is_kept(tmp_path: Path) -> None:
    path = stored(tmp_path, "n = 0", "n += 1\nn", "n")
    again = run(path, times=2)
    assert [cell.source for cell in again.cells] == ["n = 0", "n += 1\nn", "n"]
    assert [cell.outputs[0].data["text/plain"] for cell in again.cells[1:]] == ["2", "2"]
    assert run(path).cells[2].outputs[0].data["text/plain"] == "1"


def test_storing_twice_changes_the_file_once(tmp_path: Path) -> None:
    path = stored(tmp_path, "import ipywidgets\nipywidgets.IntSlider()", "print(2)\n2")
    assert store(path)
    assert not store(path)
    assert "model_id" not in path.read_text(encoding="utf-8")


def test_a_failing_cell_is_shown_and_nothing_is_stored(tmp_path: Path) -> None:
    path = stored(tmp_path, "1 / 0")
    before = path.read_text(encoding="utf-8")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        store(path)
    assert path.read_text(encoding="utf-8") == before


def test_the_users_settings_are_out_of_reach_only_while_it_runs() -> None:
    before = dict(os.environ)
    with clean_environment():
        assert os.environ["JUPYTER_CONFIG_DIR"] != before.get("JUPYTER_CONFIG_DIR")
    assert dict(os.environ) == before
