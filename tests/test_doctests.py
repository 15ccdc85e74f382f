"""Every example in a docstring and in the README does what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import pinlab

README = Path(__file__).resolve().parents[1] / "README.md"
MODULES = ["pinlab", *(m.name for m in pkgutil.walk_packages(pinlab.__path__, "pinlab."))]
TEACHING = {"pinlab.model.counter", "pinlab.model.kernel", "pinlab.model.rules"}
"""Modules that have examples for sure."""


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("worker")])
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name not in TEACHING


def test_examples_in_the_readme() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
