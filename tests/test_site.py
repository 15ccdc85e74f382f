"""The site: a page for every lesson, links that lead on, words for pictures, nothing fetched."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.lab_server import ROOT, clean_environment
from tests.notebooks.lesson import FOLDER, paths


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "pinlab", "site"]
    environment = clean_environment(PYTHONPATH=str(ROOT))
    subprocess.run(command, cwd=folder, env=environment, check=True)
    return folder / "site"


@cache
def page(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text("utf-8"), "html.parser")


@cache
def places(file: Path) -> set[str]:
    return {str(tag["id"]) for tag in page(file).find_all(id=True)}


def lessons(built: Path) -> list[Path]:
    """The pages of all lessons and solutions."""
    return [built / path.relative_to(FOLDER).with_suffix(".html") for path in paths()]


def test_every_lesson_is_a_page_that_leads_to_the_next(built: Path) -> None:
    files = lessons(built)
    assert all(file.exists() for file in files)
    following = page(files[0]).find(class_="next-page")
    assert following is not None
    assert following["href"] == files[1].name


def test_every_link_leads_to_a_page_or_a_place_on_one(built: Path) -> None:
    dead = []
    others = (
        built / f"{name}.html" for name in ("index", "misconceptions", "facilitator", "instructor")
    )
    for file in [*lessons(built), *others]:
        for tag in page(file).find_all("a", href=True):
            parts = urlsplit(str(tag["href"]))
            if parts.scheme:
                continue
            there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            known = there.exists() and (not parts.fragment or parts.fragment in places(there))
            dead += [] if known else [f"{file.name}: {tag['href']}"]
    assert dead == []


def test_every_picture_has_words_and_nothing_is_fetched_from_elsewhere(built: Path) -> None:
    for file in lessons(built):
        assert [tag for tag in page(file).find_all("img") if not tag.get("alt")] == []
        fetched = page(file).find_all(["img", "script", "link", "iframe"])
        addresses = [str(tag.get("src") or tag.get("href") or "") for tag in fetched]
        assert [each for each in addresses if re.match(r"(https?:)?//", each)] == []
