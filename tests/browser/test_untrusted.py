"""A fresh clone, which JupyterLab does not trust: every picture of it is seen without a run."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import some
from tests.browser.jupyterlab import SECONDS, SECONDS_TO_RUN, address, choose
from tests.lab_server import ROOT, Server
from tests.notebooks.lesson import FOLDER, Lesson, images, paths, read

WIDTH, HEIGHT = 1024, 768
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook"
SHOWN = f"cells => document.querySelectorAll('{NOTEBOOK} .jp-Cell').length === cells"
PICTURES = f"""() => [...document.querySelectorAll('{NOTEBOOK} .jp-OutputArea img')].map(one => {{
    const seen = one.complete && one.naturalWidth > 0 && one.checkVisibility();
    const column = one.closest('.jp-OutputArea-output').getBoundingClientRect();
    return [seen, one.getBoundingClientRect().right <= column.right, one.alt];
}})"""
LOADED = f"""() =>
    [...document.querySelectorAll('{NOTEBOOK} .jp-OutputArea img')].every(one => one.complete)
"""
FOLDS = f"""() =>
    [...document.querySelectorAll('{NOTEBOOK} .jp-OutputArea details')].map(one => one.open)
"""
UNCOVER = f"""() =>
    document.querySelectorAll('{NOTEBOOK} .jp-OutputArea details:has(img)').forEach(one => {{
        one.open = true;
    }})
"""
"""What is to be guessed first is covered: its picture is seen when a reader asks for it."""


class Picture(NamedTuple):
    """A picture as it should be: seen, no wider than its column, and with its alt text."""

    seen: bool
    inside: bool
    alt: str


def stored(lesson: Lesson) -> list[Picture]:
    """The pictures that a notebook stores, as they should be."""
    return [
        Picture(seen=True, inside=True, alt=image.alt)
        for _, output in lesson.outputs()
        for image in images(output)
    ]


LESSONS = [path for path in paths() if stored(read(path))]


@pytest.fixture(scope="module")
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """One narrow window for all of them."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(address(server, FOLDER.name))
    page.get_by_role("menuitem", name="File", exact=True).wait_for(timeout=SECONDS_TO_RUN * SECONDS)
    yield page
    page.close()
    server.close_notebooks()


@pytest.mark.parametrize("path", some(LESSONS), ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_picture_is_seen_and_described_and_fits(path: Path, page: Page) -> None:
    lesson = read(path)
    choose(page, "File", "Open from Path…")
    page.locator(".jp-Dialog input").fill(str(path.relative_to(ROOT)))
    page.keyboard.press("Enter")
    page.wait_for_function(SHOWN, arg=len(lesson.notebook.cells), timeout=SECONDS_TO_RUN * SECONDS)
    for placeholder in page.locator(f"{NOTEBOOK} .jp-OutputPlaceholder").all()[::-1]:
        placeholder.click()
    folded = page.evaluate(FOLDS)
    page.evaluate(UNCOVER)
    page.wait_for_function(LOADED, timeout=SECONDS_TO_RUN * SECONDS)
    found = [Picture(*each) for each in page.evaluate(PICTURES)]
    assert found == stored(lesson)
    assert all(picture.alt for picture in found)
    assert not any(folded)
    assert len(folded) >= len(found)


def test_each_lesson_has_pictures() -> None:
    lessons = [path for path in paths() if path.parent == FOLDER and path.name[0].isdigit()]
    assert [path for path in LESSONS if path in lessons] == lessons
