"""The explorer rests on the model alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pinlab.explore

ALLOWED = ("pinlab.explore", "pinlab.model", "pinlab.data_folder", "pinlab.text_files")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_of_pinlab_it_imports_the_model_alone() -> None:
    modules = list(Path(pinlab.explore.__path__[0]).rglob("*.py"))
    assert len(modules) > 8
    names = {name for path in modules for name in imported(path) if name.startswith("pinlab")}
    assert any(name.startswith("pinlab.model") for name in names)
    assert [name for name in names if not name.startswith(ALLOWED)] == []
