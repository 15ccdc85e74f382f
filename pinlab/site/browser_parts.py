"""What the browser edition is made of and npm and pip have to fetch: Pyodide's core, and wheels.

`python -m pinlab.site.browser_parts` does that once; from then on nothing is fetched.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from shutil import copytree, move, rmtree, which
from tempfile import TemporaryDirectory

PARTS = Path(sys.prefix) / "browser-edition"
LAB_EXTENSIONS = Path(sys.prefix, "share", "jupyter", "labextensions")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
KERNEL_ASIDE = Path(sys.prefix) / "browser-edition-kernel"
"""Where the kernel's front end lies, out of JupyterLab's sight."""

LOCK = "pyodide-lock.json"
CORE = (LOCK, "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
FROM_PYODIDE = ("micropip", "ipython", "jedi", "typing-extensions")
"""What the kernel and the widgets import: pure Python, in the versions that Pyodide lists."""

FROM_HERE = ("ipywidgets", "comm", "anywidget", "psygnal")
"""Widgets, in the versions that are installed here, because their JavaScript is taken from here."""

NO_NPM = "npm is not on PATH: without it the site has no browser edition, and all else works"


def fetch(parts: Path = PARTS) -> None:
    """Put Pyodide's core and the wheels into a folder, in the place of what is there.

    Raises FileNotFoundError without npm, CalledProcessError where npm or pip fails.
    """
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    npm = which("npm")
    if npm is None:
        raise FileNotFoundError(NO_NPM)
    with TemporaryDirectory() as made:
        pack = [npm, "pack", f"pyodide@{PYODIDE_VERSION}", "--silent", "--pack-destination", made]
        subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(made).glob("*.tgz")
        with tarfile.open(packed) as archive:
            for name in CORE:
                archive.extract(f"package/{name}", made)
        package = Path(made, "package")
        download(package)
        rmtree(parts, ignore_errors=True)
        copytree(package, parts)


def set_kernel_aside() -> None:
    """Move the kernel's front end away from where it was installed, if it is there.

    It is made for JupyterLite. JupyterLab would load it, too, and complain on every page.
    """
    installed = LAB_EXTENSIONS / KERNEL
    if installed.exists():
        rmtree(KERNEL_ASIDE, ignore_errors=True)
        move(installed, KERNEL_ASIDE)


def download(folder: Path) -> None:
    """Put the wheels beside Pyodide's list of packages; raises CalledProcessError."""
    lock = json.loads((folder / LOCK).read_text("utf-8"))
    wanted = [f"{name}=={version(name)}" for name in FROM_HERE]
    names = list(FROM_PYODIDE)
    for name in names:  # grows while it is read, by what each of them needs
        entry = lock["packages"][normal(name)]
        wanted.append(f"{name}=={entry['version']}")
        names += [needed for needed in entry["depends"] if needed not in names]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    # A wheel for this machine is of no use in a browser.
    pure = ["--only-binary=:all:", "--implementation=py", "--abi=none", "--platform=any"]
    python = f"--python-version={lock['info']['python']}"
    subprocess.run([*pip, "--no-deps", *pure, python, f"--dest={folder}", *wanted], check=True)


def normal(name: str) -> str:
    """Return the name of a package as Pyodide's list of packages has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    set_kernel_aside()
    try:
        fetch()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
