"""Every example in a docstring, the README and a page beside the lessons does what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import pinlab
from tests.readme import PICTURE, drawn

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *(ROOT / "notebooks" / f"{name}.md" for name in ("model", "toolkit"))]
MODULES = ["pinlab", *(m.name for m in pkgutil.walk_packages(pinlab.__path__, "pinlab."))]
TEACHING = {"pinlab.model.counter", "pinlab.model.kernel", "pinlab.model.rules"}
"""Modules that have examples for sure."""


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("worker")])
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name not in TEACHING


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_a_page(page: Path) -> None:
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_picture_of_the_readme_is_the_machine_of_its_example() -> None:
    assert PICTURE.read_text("utf-8") == drawn(), "run `python -m tests.readme`"
    assert f"]({PICTURE.relative_to(ROOT).as_posix()})" in PAGES[0].read_text("utf-8")
