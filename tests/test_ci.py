"""What CI calls: it installs what is missing, only then, and runs make."""

import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

RUN = Path(__file__).resolve().parents[1] / ".ci" / "run"
# Stand-ins that say how they were called; installing anything brings make.
MAKE = '#!/bin/sh\necho "browser: $PINLAB_BROWSER"\necho "make $*"\n'
APT_GET = '#!/bin/sh\necho "apt-get $*"\n[ "$1" != install ] || ln -sf "$BIN/later" "$BIN/make"\n'
PROGRAMS = {"apt_get": "apt-get", "python3_13": "python3.13"}
TARGETS = ("test", "test-site", "test-oldest", "test-course", "test-wheel")
ROOT_USER, OTHER_USER = "#!/bin/sh\necho 0\n", "#!/bin/sh\necho 1000\n"


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A PATH with this Python and a browser, and nothing else that the script looks for."""
    (tmp_path / "python3").symlink_to(sys.executable)
    for program in ("chromium", "npm"):
        (tmp_path / program).touch(mode=0o755)
    for tool in ("dirname", "ln"):
        (tmp_path / tool).symlink_to(which(tool) or tool)
    return tmp_path


def ci_run(
    folder: Path, browser: str | None = None, **scripts: str
) -> subprocess.CompletedProcess[str]:
    """Run it with some more programs on its PATH, and perhaps a word about the browser."""
    settings = {} if browser is None else {"PINLAB_BROWSER": browser}
    for name, script in scripts.items():
        program = folder / PROGRAMS.get(name, name)
        program.write_text(script)
        program.chmod(0o755)
    return subprocess.run(
        [which("bash") or "bash", RUN],
        env={**dict.fromkeys(("PATH", "BIN", "HOME"), str(folder)), "CI": "true", **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_lessons_are_driven_in_the_browser_if_that_is_asked_for(bin_folder: Path) -> None:
    done = ci_run(bin_folder, make=MAKE, browser="all")
    assert "browser: all" in done.stdout.splitlines()


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_with_a_browser_of_any_name_it_installs_nothing(bin_folder: Path, name: str) -> None:
    (bin_folder / "chromium").rename(bin_folder / name)
    done = ci_run(bin_folder, make=MAKE, apt_get=APT_GET)
    assert done.returncode == 0
    ran = [line for line in done.stdout.splitlines() if line.startswith("make ")]
    assert ran == [f"make {target} PYTHON=python3" for target in TARGETS]


def test_the_wheel_is_tried_with_a_newer_python_too_if_one_runs(bin_folder: Path) -> None:
    found = bin_folder / ".pyenv" / "versions" / "3.13.0" / "bin" / "python"
    found.parent.mkdir(parents=True)
    found.symlink_to(sys.executable)
    shim = "#!/bin/sh\nexit 127\n"
    done = ci_run(bin_folder, make=MAKE, python3_13=shim)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == f"make test-wheel PYTHON={found}"


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        (("chromium", "npm"), "make"),
        (("make", "npm"), "chromium"),
        (("make", "chromium"), "npm"),
        ((), "make chromium npm"),
    ],
)
def test_what_is_missing_is_installed_in_one_go_and_named(
    bin_folder: Path, there: tuple[str, ...], missing: str
) -> None:
    for name in {"chromium", "npm"} - set(there):
        (bin_folder / name).unlink()
    make = {"make": MAKE} if "make" in there else {}
    done = ci_run(bin_folder, apt_get=APT_GET, id=ROOT_USER, later=MAKE, **make)
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        f".ci/run: installing {missing} with apt-get",
        "apt-get update -q",
        f"apt-get install -qy --no-install-recommends {missing}",
    ]
    assert "make test PYTHON=python3" in lines


def test_whoever_cannot_install_is_told_what_is_missing(bin_folder: Path) -> None:
    done = ci_run(bin_folder, apt_get=APT_GET, id=OTHER_USER)
    assert done.returncode != 0
    assert done.stderr.startswith(".ci/run: missing make,")
