"""The Chromium that is installed; playwright's own is never downloaded."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ALL = "all"
FEW = ("00", "09", "11")
"""A lesson that measures this machine, one with every kind of control, and one with a game."""
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
    """The same, or the end of the test."""
    return find() or missing(MISSING)


def missing(what: str) -> NoReturn:
    """End a test that cannot be run here: a failure where PINLAB_BROWSER asks for it."""
    if os.environ.get("PINLAB_BROWSER") in ("required", ALL):
        pytest.fail(what)
    pytest.skip(what)


def some(lessons: Sequence[Path], few: tuple[str, ...] = FEW) -> list[Path]:
    """The lessons that are opened: few, and their solutions; PINLAB_BROWSER=all opens all."""
    everything = os.environ.get("PINLAB_BROWSER") == ALL
    return [path for path in lessons if everything or path.name.startswith(few)]


@contextmanager
def launched(executable: str) -> Iterator[Browser]:
    """A browser without a window, with nobody's profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
