"""The browser edition: JupyterLab, Python and the lessons, as files that any web server hands out.

Its Python is Pyodide, whose core has no numpy. For matplotlib and pandas its list of packages
names the place where Pyodide itself keeps them, and a browser asks there when a cell imports them
and not before; what comes then could not be tried where this was written.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copy, rmtree
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import nbformat

from pinlab import copies
from pinlab.data_folder import DATA, HOME
from pinlab.site.browser_parts import (
    CORE,
    KERNEL,
    KERNEL_ASIDE,
    LAB_EXTENSIONS,
    LOCK,
    PARTS,
    normal,
)

FOLDER = "try"
"""Where it is in the site."""

SENTENCES = f"""
<a href="{FOLDER}/index.html">Run the lessons in this browser</a>, with nothing to install: the
first visit loads some 30 MB. Your answers stay in this browser only, and go with its site data. A
page that was opened from a disk cannot do that: it takes a web server, and any will do, such as
`python -m http.server` in the site's folder.
"""
"""What the site's first page says of it."""

EXTENSIONS = [
    KERNEL_ASIDE,
    *(LAB_EXTENSIONS / name for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget")),
]
FIRST = f"lab/index.html?path={copies.MINE}/00_start_here.ipynb"
INDEX = f"""<!doctype html>
<html lang="en"><title>pinlab</title><link rel="icon" href="lab/favicon.ico">
<meta http-equiv="refresh" content="0; url={FIRST}">
<a href="{FIRST}">Open the lessons</a>
<script id="jupyter-config-data" type="application/json">{{}}</script></html>
"""
"""In the place of JupyterLite's own, which cannot open a notebook; it looks for the last line."""

OVERRIDES = {"@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 10}}
"""Seconds: a reader who closes the tab is asked nothing, and has to find all answers again."""

CACHES = ("__pycache__", ".ipynb_checkpoints")


def ready(parts: Path = PARTS) -> bool:
    """Return whether what it is made of has been fetched."""
    return (parts / LOCK).exists()


def write(folder: Path) -> None:
    """Build the edition into a folder, in the place of what is there.

    Raises OSError where it cannot be written, ValueError with what JupyterLite says.
    """
    rmtree(folder, ignore_errors=True)
    with TemporaryDirectory() as name:
        made = Path(name)
        lessons, python = made / "contents", made / "static" / "pyodide"
        lessons.mkdir()
        python.mkdir(parents=True)
        write_lessons(lessons)
        build = {
            "apps": ["lab"], "contents": [str(lessons)], "output_dir": str(folder.resolve()),
            "ignore_sys_prefix": True, "federated_extensions": [*map(str, EXTENSIONS)],
            "no_sourcemaps": True, "no_unused_shared_packages": True,
        }  # fmt: skip
        for file, settings in (
            ("jupyter_lite_config.json", {"LiteBuildConfig": build}),
            ("jupyter-lite.json", page_settings(write_python(python))),
        ):
            (made / file).write_text(json.dumps(settings), encoding="utf-8")
        jupyter_lite = [sys.executable, "-m", "jupyterlite_core", "build"]
        done = subprocess.run(jupyter_lite, cwd=made, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"the browser edition was not built:\n{done.stdout}{done.stderr}")
    (folder / "index.html").write_text(INDEX, encoding="utf-8")


def write_lessons(folder: Path) -> None:
    """Put the lessons and what they link to into a folder, each cell's text in one piece.

    JupyterLite's table of contents fails on a text that is stored line by line.
    """
    copies.prepare(folder)
    for file in folder.rglob("*.ipynb"):
        file.write_text(json.dumps(nbformat.read(file, as_version=4)), encoding="utf-8")


def write_python(folder: Path) -> list[str]:
    """Put Pyodide, the wheels and pinlab into a folder; return the packages' names."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

    kernel = KERNEL_ASIDE / "static" / "pypi"
    core = [PARTS / name for name in CORE]
    for file in (*core, *PARTS.glob("*.whl"), *kernel.glob("[!w]*.whl")):  # w: a sham of widgets
        copy(file, folder)
    write_pinlab(folder / "pinlab-0-py3-none-any.zip")
    lock = json.loads((PARTS / LOCK).read_text("utf-8"))
    for entry in lock["packages"].values():
        entry["file_name"] = f"{PYODIDE_CDN_URL}/{entry['file_name']}"
    ours = {entry["name"]: entry for entry in map(_entry, folder.glob("*-any.*"))}
    lock["packages"] |= ours
    (folder / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    return sorted(ours)


def _entry(file: Path) -> dict[str, Any]:
    """What Pyodide's list says of a package; all of ours are loaded, so none asks for another."""
    name, release, *_ = file.name.split("-")
    return {
        "name": normal(name), "version": release, "file_name": file.name, "install_dir": "site",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "package_type": "package",
        "imports": [], "depends": [], "unvendored_tests": False,
    }  # fmt: skip


def write_pinlab(file: Path) -> None:
    """Pack pinlab as its wheel has it, data and lessons inside; from a wheel, too."""
    package = Path(__file__).parents[1]
    folders = {"pinlab": package, "pinlab/data": DATA, "pinlab/notebooks": HOME / copies.LESSONS}
    packed = {
        f"{place}/{path.relative_to(folder).as_posix()}": path
        for place, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name not in CACHES
    }
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for place, path in packed.items():
            archive.write(path, place)


def page_settings(packages: Sequence[str]) -> dict[str, Any]:
    """Return what JupyterLite's page is told: what to load, and that nobody wants news."""
    kernel = {"loadPyodideOptions": {"packages": packages}}
    told = {
        "appName": "pinlab",
        "disabledExtensions": ["@jupyterlab/apputils-extension:announcements"],
        "litePluginSettings": {f"{KERNEL}:kernel": kernel},
        "settingsOverrides": OVERRIDES,
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": told}
