"""Where data/ and the lessons are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

HOME = _PACKAGE if (_PACKAGE / "data").is_dir() else _PACKAGE.parent
"""The folder that has data/ and notebooks/."""

DATA = HOME / "data"
"""The folder with the rules, recordings and quotations."""
