"""The parts of the browser edition: without npm one sentence, and nothing is spoilt."""

import subprocess
import sys
from pathlib import Path

from pinlab.site import browser_edition, browser_parts
from tests.lab_server import ROOT, clean_environment

NPM = f"#!{sys.executable}\nimport sys; sys.exit('npm: no network')\n"


def fetched(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the step of the installation does, with one folder as PATH."""
    environment = clean_environment(PYTHONPATH=str(ROOT), PATH=str(folder))
    command = [sys.executable, "-m", "pinlab.site.browser_parts"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_without_npm_it_says_so_and_the_installation_goes_on(tmp_path: Path) -> None:
    done = fetched(tmp_path)
    assert (done.returncode, done.stderr) == (0, f"{browser_parts.NO_NPM}\n")


def test_where_npm_fails_the_step_fails_and_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "npm").write_text(NPM)
    (tmp_path / "npm").chmod(0o755)
    before = browser_edition.ready()
    done = fetched(tmp_path)
    assert done.returncode != 0
    assert "npm: no network" in done.stderr
    assert browser_edition.ready() == before
