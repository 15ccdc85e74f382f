"""The house: arrows between rooms point down only, and no two public classes share a name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pinlab

FOLDER = Path(pinlab.__path__[0])
FOUNDATION = ("data_folder", "table", "text_files")
BELOW = {
    "model": (),
    "explore": ("model",),
    "words": ("explore", "model"),
    "machine": ("model",),
    "lab": ("words", "explore", "machine", "model"),
    "lessons": ("lab", "words", "explore", "machine", "model"),
    "course": ("lessons", "lab", "words", "explore", "machine", "model"),
    "site": ("copies", "lessons", "lab", "words", "explore", "machine", "model"),
}


@cache
def trees() -> dict[Path, ast.Module]:
    """Every module, read once."""
    paths = FOLDER.rglob("*.py")
    return {path.relative_to(FOLDER): ast.parse(path.read_text("utf-8")) for path in paths}


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules of pinlab that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("pinlab"))
        elif isinstance(node, ast.ImportFrom) and node.module == "pinlab":
            yield from (f"pinlab.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pinlab."):
            yield str(node.module)


@pytest.mark.parametrize("room", BELOW)
def test_arrows_point_down_only(room: str) -> None:
    allowed = {room, *BELOW[room], *FOUNDATION}
    found = {
        (str(path), name.split(".")[1])
        for path, tree in trees().items()
        if path.parts[0] == room
        for name in imported(tree)
    }
    assert found
    assert {(path, other) for path, other in found if other not in allowed} == set()


def test_no_two_public_classes_share_a_name() -> None:
    classes = defaultdict(set)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].add(str(path))
    shared = {name: paths for name, paths in classes.items() if len(paths) > 1}
    assert shared == {}
