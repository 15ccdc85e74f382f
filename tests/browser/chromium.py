"""The Chromium that is installed; playwright's own is never downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium on PATH: on Debian, install the package chromium"
FLAGS = (
    "--no-sandbox",  # root has none, and in a container the user often is root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The first Chromium on PATH."""
    return next(filter(None, map(which, NAMES)), None)


def find_or_skip() -> str:
    """The same, or the end of the test: a failure where PINLAB_BROWSER says it is required."""
    found = find()
    if found is not None:
        return found
    if os.environ.get("PINLAB_BROWSER") == "required":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@contextmanager
def launched(executable: str) -> Iterator[Browser]:
    """A browser without a window, with nobody's profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
