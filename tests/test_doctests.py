"""Every example in a docstring and in the README does what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import pinlab

README = Path(__file__).resolve().parents[1] / "README.md"
MODULES = ["pinlab", *(m.name for m in pkgutil.walk_packages(pinlab.__path__, "pinlab."))]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("worker")])
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_where_they_teach() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    with_examples = {
        name
        for name in MODULES
        if any(test.examples for test in finder.find(importlib.import_module(name)))
    }
    assert {"pinlab.model.counter", "pinlab.model.kernel", "pinlab.model.rules"} <= with_examples


def test_examples_in_the_readme() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
