"""Where the data files are: data/ beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PACKAGED = _PACKAGE / "data"

DATA = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent / "data"
"""The folder with the rules, recordings and quotations."""
