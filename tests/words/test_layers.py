"""Words rest on the model and the explorer, on neither the lab nor the machine."""

from pathlib import Path

import pinlab.words
from tests.explore.test_layers import imported

ALLOWED = (
    "pinlab.words", "pinlab.explore", "pinlab.model", "pinlab.data_folder", "pinlab.text_files",
)  # fmt: skip


def test_of_pinlab_it_imports_the_model_and_the_explorer_alone() -> None:
    modules = list(Path(pinlab.words.__path__[0]).rglob("*.py"))
    assert len(modules) > 2
    names = {name for path in modules for name in imported(path) if name.startswith("pinlab")}
    assert any(name.startswith("pinlab.model") for name in names)
    assert [name for name in names if not name.startswith(ALLOWED)] == []
