"""Setting up: the two lists of packages agree, and pinlab imports from anywhere, any way."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENVIRONMENT = (ROOT / "environment.yml").read_text("utf-8")
FILES = [file for file in (ROOT / "data").rglob("*") if file.is_file()]
# conda-forge's name for matplotlib without desktop toolkits.
PYPI_NAMES = {"matplotlib-base": "matplotlib"}


def python(*arguments: str, folder: Path, path: str = "") -> str:
    """What a fresh interpreter prints in a folder, with at most one folder to import from."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = path
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def bounds(requirements: list[str]) -> dict[str, str]:
    """Name to bounds, without a marker and without spaces: conda allows them, and so does pip."""
    parts = (re.match(r"([\w-]+)\s*([^;]*)", requirement) for requirement in requirements)
    return {part[1]: part[2].replace(" ", "") for part in parts if part}


def test_environment_and_pyproject_have_the_same_packages_and_bounds() -> None:
    environment = yaml.safe_load(ENVIRONMENT)
    *lines, pip, here = environment["dependencies"]
    assert (pip, here) == ("pip", {"pip": ["-e ."]})
    conda = bounds(lines)
    conda = {PYPI_NAMES.get(name, name): bound for name, bound in conda.items()}
    wanted = bounds(PROJECT["dependencies"]) | {"python": PROJECT["requires-python"]}
    assert conda == wanted
    assert environment["channels"] == ["conda-forge"]


def test_each_line_has_a_reason_and_each_dependency_two_bounds() -> None:
    for line in re.findall(r"^ +- (?!pip:).*", ENVIRONMENT, re.MULTILINE):
        assert re.search(r"  # \w+", line), line
    for bound in bounds(PROJECT["dependencies"]).values():
        assert re.fullmatch(r">=[\d.]+,<[\d.]+", bound)


def test_the_citation_names_this_version_and_both_licences() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == ["MIT", "CC-BY-4.0"]


def test_importing_pinlab_imports_no_other_package(tmp_path: Path) -> None:
    print_new = (
        "import sys; before = set(sys.modules); import pinlab;"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(names - sys.stdlib_module_names))"
    )
    assert python("-c", print_new, folder=tmp_path) == "pinlab"


def test_pinlab_finds_its_data_from_anywhere_and_the_wheel_carries_all(tmp_path: Path) -> None:
    pip = ("-m", "pip", "--disable-pip-version-check", "--quiet")
    wheel = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT))
    python(*pip, *wheel, folder=tmp_path)
    (file,) = tmp_path.glob("pinlab-*.whl")
    installed = tmp_path / "installed"
    python(*pip, "install", "--no-deps", "--target", str(installed), str(file), folder=tmp_path)
    print_data = "from pinlab.data_folder import DATA; print(DATA)"
    data = Path(python("-c", print_data, folder=tmp_path, path=str(installed)))
    assert data.is_relative_to(installed)
    carried = {file.relative_to(data) for file in data.rglob("*") if file.is_file()}
    assert carried == {file.relative_to(ROOT / "data") for file in FILES}
    # An editable install finds the folder beside it, from anywhere.
    assert (Path(python("-c", print_data, folder=tmp_path)) / "quotations.csv").is_file()
