"""Slider to redraw: how long it takes from a key press until JupyterLab shows the new picture."""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from tests.browser.chromium import launched
from tests.browser.jupyterlab import (
    HANDLE,
    SECONDS,
    SECONDS_TO_SHOW,
    arrow,
    open_notebook,
    run_all,
    wait_until_idle,
)
from tests.lab_server import Server, free_port, running

PRESSES, ROUND, WARM_UP = 25, 5, 3

# From the next key press until the picture beside the slider is another one, decoded, and in the
# frame that is about to be painted.
LISTEN = """handle => {
    const output = handle.closest('.jp-OutputArea-output');
    const shown = () => {
        const picture = output.querySelector('img, svg');
        return picture && (picture.src || picture.outerHTML);
    };
    const before = shown();
    let pressed;
    addEventListener(
        'keydown', () => { pressed = performance.now(); }, { capture: true, once: true }
    );
    window.redrawn = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('the picture stays as it is')), LIMIT);
        const observer = new MutationObserver(async () => {
            const now = shown();
            if (!now || now === before) return;
            observer.disconnect();
            await output.querySelector('img')?.decode();
            requestAnimationFrame(() => resolve(performance.now() - pressed));
        });
        observer.observe(
            output, { attributes: true, characterData: true, childList: true, subtree: true }
        );
    });
}""".replace("LIMIT", str(SECONDS_TO_SHOW * SECONDS))


def compare(executable: str, exhibit: str, plain: str) -> tuple[float, float]:
    """Return the median milliseconds of an exhibit and of the same plot without pinlab.lab.

    Both are lines of code, in a notebook each; their first slider is moved, and each step of it
    changes the picture. They take turns, so that a busy moment of the machine slows down both.
    """
    with TemporaryDirectory() as name, launched(executable) as browser:
        folder = Path(name)
        with running(jupyterlab(folder), folder) as server:
            pages = [shown(browser, server, folder, code) for code in (exhibit, plain)]
            times: list[list[float]] = [[], []]
            for page in pages:
                redraws(page, WARM_UP)
            for _ in range(PRESSES // ROUND):
                for page, measured in zip(pages, times, strict=True):
                    measured += redraws(page, ROUND)
    return median(times[0]), median(times[1])


def jupyterlab(folder: Path) -> list[str]:
    """Return the command that serves a folder."""
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={free_port()}",
        f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip


def shown(browser: Browser, server: Server, folder: Path, code: str) -> Page:
    """Return the page of a new notebook that has run this code."""
    path = folder / f"{len(browser.contexts)}.ipynb"
    kernel = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    nbformat.write(new_notebook(cells=[new_code_cell(code)], metadata=kernel), path)
    page = browser.new_page()
    open_notebook(page, server, path.name, cells=1)
    run_all(page)
    page.locator(HANDLE).first.wait_for()
    return page


def redraws(page: Page, presses: int) -> list[float]:
    """Return the milliseconds that each of some moves of the first slider takes."""
    page.bring_to_front()
    handle = page.locator(HANDLE).first
    measured = []
    for _ in range(presses):
        wait_until_idle(page)
        handle.evaluate(LISTEN)
        handle.press(arrow(handle))
        milliseconds: float = page.evaluate("() => window.redrawn")
        measured.append(milliseconds)
    return measured
