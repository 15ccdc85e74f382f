"""The wheel, in an empty environment: what `make test-wheel` runs, and `make test` does not.

PINLAB_PYTHON is the Python that the environment is made of.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from pinlab.command import FIRST, FOLDER
from pinlab.copies import MINE, README
from tests.browser.jupyterlab import errors, open_notebook, run_all, watch
from tests.lab_server import ROOT, clean_environment, free_port, running
from tests.notebooks.lesson import read
from tests.notebooks.navigation import files_of
from tests.notebooks.shape import targets

PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def call(*command: str | Path, folder: Path) -> str:
    """What a program prints that runs in a folder and succeeds."""
    done = subprocess.run(
        command, cwd=folder, env=clean_environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def pinlab() -> Iterator[Path]:
    """The command that pip installs; its environment is half a gigabyte, and does not stay."""
    with TemporaryDirectory() as name:
        folder, python = Path(name), Path(name, "venv", "bin", "python")
        call(os.environ["PINLAB_PYTHON"], "-m", "venv", folder / "venv", folder=folder)
        build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
        call(sys.executable, *PIP, *build, folder=folder)
        wheels = folder.glob("pinlab-*.whl")
        call(python, *PIP, "install", "--no-compile", *wheels, folder=folder)
        yield python.with_name("pinlab")


def linked_from(page: Path) -> Iterator[Path]:
    """The files that a page of Markdown leads to."""
    for target in map(urlsplit, targets(page.read_text("utf-8"))):
        if target.path and not target.scheme:
            yield page.parent / unquote(target.path)


def test_it_opens_the_first_lesson_which_runs_and_its_links_lead_on(
    pinlab: Path, browser: Browser, tmp_path: Path
) -> None:
    command = [str(pinlab), "--no-browser", f"--ServerApp.port={free_port()}"]
    lessons = tmp_path / FOLDER / MINE
    with running(command, tmp_path, tmp_path) as server:
        page = browser.new_page()
        complaints = watch(page, server)
        location = server.get("/", server.token).location
        assert location.rstrip("?") == f"/lab/tree/{MINE}/{FIRST}"
        lesson = read(lessons / FIRST)
        open_notebook(page, server, f"{MINE}/{FIRST}", len([*lesson.cells("code")]))
        run_all(page)
        assert (errors(page), complaints) == ([], [])
        open_notebook(page, server, f"{MINE}/glossary.ipynb", 1)
        page.get_by_role("link", name="data/glossary.csv").click()
        expect(page.get_by_role("tab", name="glossary.csv")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.close()
    linked = {file for path in lessons.rglob("*.ipynb") for file in files_of(read(path)) if file}
    assert {file for file in linked if not file.is_relative_to(tmp_path / FOLDER)} == set()
    assert {file for file in linked if not file.exists()} == set()
    pages = [tmp_path / FOLDER / README, *lessons.glob("*.md")]
    missing = {file.name for page in pages for file in linked_from(page) if not file.exists()}
    assert missing == {"CITATION.cff", "CONTRIBUTING.md", "LICENSE"}


def test_it_writes_what_a_course_takes(pinlab: Path, tmp_path: Path) -> None:
    for asked in (("worksheet", "04", "7"), ("slides",)):
        written = call(pinlab, *asked, folder=tmp_path).split()
        assert len(written) == 2
        assert all((tmp_path / name).is_file() for name in written)
