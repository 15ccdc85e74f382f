"""The browser edition as its readers have it: built, handed out by a plain server, and opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

from playwright.sync_api import Page

from pinlab.copies import MINE
from pinlab.site import browser_edition
from tests.browser.chromium import launched
from tests.browser.jupyterlab import (
    CLEARED,
    FINISHED,
    HANDLE,
    PROMPTS,
    SECONDS,
    SECONDS_TO_RUN,
    choose,
    wait_until_open,
)
from tests.browser.latency import PRESSES, WARM_UP, redraws
from tests.lab_server import Server

FIRST_RESULT = f"() => {PROMPTS}[0] === '[1]:'"


class Quiet(SimpleHTTPRequestHandler):
    """What `python -m http.server` answers with, and no word about it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server that hands out a folder, and knows nothing of what is in it."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield Server(pid=0, port=server.server_port, token="")
        finally:
            server.shutdown()


def open_lesson(page: Page, server: Server, path: str, cells: int) -> None:
    """Open a lesson by its name, and wait for its kernel and its code cells."""
    page.goto(f"http://{server.address}/lab/index.html?path={MINE}/{path}")
    wait_until_open(page, cells)


def measure(executable: str, path: str, cells: int) -> tuple[float, float]:
    """Return what a first visit waits for, in a browser that has nothing of it yet.

    Seconds until the first cell of a lesson has its result, and the median milliseconds of the
    odometer's slider in its last cell.
    """
    with TemporaryDirectory() as name, launched(executable) as browser:
        folder = Path(name) / browser_edition.FOLDER
        browser_edition.write(folder)
        with served(folder) as server:
            page, start = browser.new_page(), perf_counter()
            open_lesson(page, server, path, cells)
            choose(page, "Edit", "Clear Outputs of All Cells")
            page.wait_for_function(CLEARED)
            choose(page, "Run", "Run All Cells")
            page.wait_for_function(FIRST_RESULT, timeout=SECONDS_TO_RUN * SECONDS)
            seconds = perf_counter() - start
            page.wait_for_function(FINISHED, timeout=SECONDS_TO_RUN * SECONDS)
            last = page.locator(".jp-CodeCell .cm-content").last
            last.fill("from pinlab import lab; lab.odometer()")
            last.press("Control+Enter")
            page.locator(HANDLE).first.wait_for()
            redraws(page, WARM_UP)
            return seconds, median(redraws(page, PRESSES))
