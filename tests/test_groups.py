"""What two workers are given: the tests of a group to one of them, for that they rely on it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.groups import group
from tests.lab_server import ROOT

WHO = """
import os, pytest
@pytest.mark.parametrize("n", range(8))
def test_who(n):
    with open(f"{os.path.dirname(__file__)}/{os.environ['PYTEST_XDIST_WORKER']}", "a") as file:
        file.write(os.path.basename(__file__) + "\\n")
"""


GROUPS = {
    "tests/machine/test_a.py::test_b": "machine",
    "tests/machine/test_a.py::test_b[00_a.ipynb]": "machine",
    "tests/browser/test_a.py::test_b[00_a.ipynb]": "browser",
    "tests/test_makefile.py::test_b": "browser",
    "tests/notebooks/test_a.py::test_b[solutions/00_a.ipynb-links]": "solutions/00_a.ipynb",
    "tests/model/test_a.py::test_b[1]": "tests/model/test_a.py",
}


def test_a_group_is_a_notebook_a_file_or_what_has_to_be_together() -> None:
    assert {nodeid: group(nodeid) for nodeid in GROUPS} == GROUPS


def test_one_worker_runs_a_group(tmp_path: Path) -> None:
    """As `make test` would: pytest-xdist's own groups were passed over without a word."""
    folder = tmp_path / "tests"
    folder.mkdir()
    names = ["test_a.py", "test_b.py"]
    for name in names:
        (folder / name).write_text(WHO)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "xdist", "-p", "tests.groups"]
    subprocess.run(
        [*command, f"--rootdir={tmp_path}", str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    ran = sorted((folder / worker).read_text().split() for worker in ("gw0", "gw1"))
    assert ran == [[name] * 8 for name in names]
