"""The browser edition as its readers have it: built, handed out by a plain server, and opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Page

from pinlab.copies import MINE
from tests.browser.jupyterlab import wait_until_open
from tests.lab_server import Server


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """What `python -m http.server` does with a folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
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
