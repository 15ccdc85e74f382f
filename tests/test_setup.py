"""Setting up: the two lists of packages agree, and pinlab imports from anywhere, any way."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENVIRONMENT = (ROOT / "environment.yml").read_text("utf-8")
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
    lines = yaml.safe_load(ENVIRONMENT)["dependencies"]
    conda = bounds([line for line in lines if isinstance(line, str) and line != "pip"])
    conda = {PYPI_NAMES.get(name, name): bound for name, bound in conda.items()}
    wanted = bounds(PROJECT["dependencies"]) | {"python": PROJECT["requires-python"]}
    assert conda == wanted


def test_the_environment_installs_this_folder_from_conda_forge_alone() -> None:
    environment = yaml.safe_load(ENVIRONMENT)
    assert environment["channels"] == ["conda-forge"]
    assert environment["dependencies"][-2:] == ["pip", {"pip": ["-e ."]}]


@pytest.mark.parametrize("line", re.findall(r"^ +- (?!pip:).*", ENVIRONMENT, re.MULTILINE))
def test_each_line_of_the_environment_has_a_reason(line: str) -> None:
    assert re.search(r"  # \w+", line)


@pytest.mark.parametrize("name", [*bounds(PROJECT["dependencies"])])
def test_each_dependency_is_bounded_on_both_sides(name: str) -> None:
    assert re.fullmatch(r">=[\d.]+,<\d+", bounds(PROJECT["dependencies"])[name])


def test_an_old_python_is_refused_and_not_a_package_that_it_lacks() -> None:
    """By pip up to 23, which looks for the packages first and at the Python last."""
    oldest = PROJECT["requires-python"]
    needs_it = {name for name in bounds(PROJECT["dependencies"]) if requires(name) == oldest}
    marked = {line for line in PROJECT["dependencies"] if line.endswith("; python_version>='3.11'")}
    assert set(bounds([*marked])) == needs_it == {"matplotlib", "pandas"}


def requires(name: str) -> str:
    """The Python that an installed package asks for."""
    return str(metadata(name)["Requires-Python"])


def test_the_citation_names_this_version_and_both_licences() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == ["MIT", "CC-BY-4.0"]


def test_pinlab_imports_from_another_folder_and_finds_its_data(tmp_path: Path) -> None:
    print_data = "from pinlab.data_folder import DATA; print(DATA)"
    data = Path(python("-c", print_data, folder=tmp_path))
    assert (data / "quotations.csv").is_file()


def test_importing_pinlab_imports_no_other_package(tmp_path: Path) -> None:
    print_new = (
        "import sys; before = set(sys.modules); import pinlab;"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(names - sys.stdlib_module_names))"
    )
    assert python("-c", print_new, folder=tmp_path) == "pinlab"


def test_the_wheel_carries_the_data(tmp_path: Path) -> None:
    pip = ("-m", "pip", "--disable-pip-version-check", "--quiet")
    wheel = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT))
    python(*pip, *wheel, folder=tmp_path)
    (file,) = tmp_path.glob("pinlab-*.whl")
    installed = tmp_path / "installed"
    python(*pip, "install", "--no-deps", "--target", str(installed), str(file), folder=tmp_path)
    print_data = "from pinlab.data_folder import DATA; print(DATA)"
    data = Path(python("-c", print_data, folder=tmp_path, path=str(installed)))
    assert data.is_relative_to(installed)
    assert (data / "quotations.csv").read_bytes() == (ROOT / "data/quotations.csv").read_bytes()
