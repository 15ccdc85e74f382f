"""The oldest releases that pyproject.toml allows, as constraints for pip."""

import re
import tomllib

from tests.lab_server import ROOT


def constraints() -> list[str]:
    """Each package that pinlab needs, at the lower end of its range."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [re.sub(r">=([\d.]+).*", r"==\1", line) for line in project["dependencies"]]


if __name__ == "__main__":
    print(*constraints(), sep="\n")
