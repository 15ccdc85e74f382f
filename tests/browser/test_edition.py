"""The browser edition: offline it runs the lessons, and it keeps what a reader types."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL
from playwright.sync_api import Browser, expect

from pinlab.site import browser_edition
from tests.browser.chromium import missing, some
from tests.browser.edition import open_lesson, served
from tests.browser.jupyterlab import (
    PROMPTS,
    SECONDS,
    SECONDS_TO_RUN,
    choose,
    errors,
    run_all,
    watch,
)
from tests.lab_server import Server
from tests.notebooks.lesson import FOLDER, read

LESSONS = sorted(FOLDER.glob("[0-9]*.ipynb"))
SOLUTIONS = sorted(FOLDER.glob("solutions/*.ipynb"))
OPENED = [*some(LESSONS, few=("03",)), *some(SOLUTIONS, few=())]
NO_ICON = (
    "logged Failed to load resource: the server responded with a status of 404 (File not found)"
)
"""The server's root is asked for one before the page names its own."""

OUTSIDE = re.compile(r"https?://(?!127\.0\.0\.1)")


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder."""
    if not browser_edition.ready():
        missing("its parts are not there: python -m pinlab.site.browser_parts fetches them")
    folder = tmp_path_factory.mktemp("site") / browser_edition.FOLDER
    browser_edition.write(folder)
    return folder


@pytest.fixture(scope="module")
def server(edition: Path) -> Iterator[Server]:
    """Who hands it out."""
    with served(edition) as server:
        yield server


def test_what_is_loaded_is_there_and_all_else_is_named_where_it_lies(edition: Path) -> None:
    settings = json.loads((edition / "jupyter-lite.json").read_text())["jupyter-config-data"]
    (kernel,) = settings["litePluginSettings"].values()
    folder = edition / "static" / "pyodide"
    packages = json.loads((folder / "pyodide-lock.json").read_text())["packages"]
    here = {name for name, each in packages.items() if not each["file_name"].startswith("https:")}
    assert here == set(kernel["loadPyodideOptions"]["packages"])
    assert {"pinlab", "ipywidgets", "ipython", "piplite"} <= here
    assert {"numpy", "matplotlib", "pandas"} <= set(packages) - here
    for name in here:
        file = folder / packages[name]["file_name"]
        assert sha256(file.read_bytes()).hexdigest() == packages[name]["sha256"]


def test_each_text_is_in_one_piece(edition: Path) -> None:
    lessons = [*(edition / "files" / "my_lessons").rglob("*.ipynb")]
    assert len(lessons) == len([*FOLDER.rglob("*.ipynb")])
    for file in lessons:
        cells = json.loads(file.read_text("utf-8"))["cells"]
        assert {type(cell["source"]) for cell in cells} == {str}, file.name


@pytest.mark.parametrize("path", OPENED, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_lesson_runs_offline_and_keeps_what_is_typed_and_asks_for_what_is_imported_alone(
    path: Path, browser: Browser, server: Server
) -> None:
    page = browser.new_page()
    page.context.route(OUTSIDE, lambda route: route.abort())
    complaints = watch(page, server)
    name = path.relative_to(FOLDER).as_posix()
    open_lesson(page, server, name, len([*read(path).cells("code")]))
    run_all(page)
    assert errors(page) == []
    assert "[ ]:" not in page.evaluate(PROMPTS)
    assert set(complaints) <= {NO_ICON}
    typed = page.locator(".jp-CodeCell .cm-content").last
    typed.fill("import matplotlib")
    typed.press("Control+Enter")
    expect(page.locator(".jp-CodeCell").last).to_contain_text("No module named 'matplotlib'")
    asked = [each for each in complaints if each.startswith("asked")]
    assert any("/matplotlib-" in each for each in asked)
    assert {each.rpartition("/")[0] for each in asked} == {f"asked {PYODIDE_CDN_URL}"}
    typed.fill("mine = 42")
    choose(page, "File", "Save Notebook")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    page.reload()
    expect(typed).to_have_text("mine = 42", timeout=SECONDS_TO_RUN * SECONDS)
    page.close()
