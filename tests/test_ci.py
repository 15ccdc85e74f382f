"""What CI calls: it installs what is missing, only then, and runs `make test`."""

import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

RUN = Path(__file__).resolve().parents[1] / ".ci" / "run"
# Stand-ins that say how they were called; installing anything brings make.
MAKE = '#!/bin/sh\necho "browser: $PINLAB_BROWSER"\necho "make $*"\n'
APT_GET = '#!/bin/sh\necho "apt-get $*"\n[ "$1" != install ] || ln -s "$BIN/later" "$BIN/make"\n'
ROOT_USER, OTHER_USER = "#!/bin/sh\necho 0\n", "#!/bin/sh\necho 1000\n"


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A PATH with this Python and a browser, and nothing else that the script looks for."""
    (tmp_path / "python3").symlink_to(sys.executable)
    (tmp_path / "chromium").touch(mode=0o755)
    for tool in ("dirname", "ln"):
        (tmp_path / tool).symlink_to(which(tool) or tool)
    return tmp_path


def add(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def ci_run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [which("bash") or "bash", RUN],
        env={"PATH": str(folder), "BIN": str(folder), "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_everything_there_it_installs_nothing(bin_folder: Path) -> None:
    add(bin_folder, "make", MAKE)
    add(bin_folder, "apt-get", APT_GET)
    done = ci_run(bin_folder)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "make test PYTHON=python3"
    assert "apt-get" not in done.stdout


def test_without_make_it_installs_make_and_says_so(bin_folder: Path) -> None:
    add(bin_folder, "apt-get", APT_GET)
    add(bin_folder, "id", ROOT_USER)
    add(bin_folder, "later", MAKE)
    lines = ci_run(bin_folder).stdout.splitlines()
    assert lines[0] == ".ci/run: installing make with apt-get"
    assert lines[1:3] == ["apt-get update -q", "apt-get install -qy --no-install-recommends make"]
    assert lines[-1] == "make test PYTHON=python3"


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_of_any_name_is_enough(bin_folder: Path, name: str) -> None:
    (bin_folder / "chromium").rename(bin_folder / name)
    add(bin_folder, "make", MAKE)
    add(bin_folder, "apt-get", APT_GET)
    assert "apt-get" not in ci_run(bin_folder).stdout


def test_without_a_browser_it_installs_chromium(bin_folder: Path) -> None:
    (bin_folder / "chromium").unlink()
    add(bin_folder, "make", MAKE)
    add(bin_folder, "apt-get", '#!/bin/sh\necho "apt-get $*"\n')
    add(bin_folder, "id", ROOT_USER)
    lines = ci_run(bin_folder).stdout.splitlines()
    assert lines[0] == ".ci/run: installing chromium with apt-get"
    assert lines[2] == "apt-get install -qy --no-install-recommends chromium"
    assert lines[-1] == "make test PYTHON=python3"


def test_what_is_missing_is_installed_in_one_go(bin_folder: Path) -> None:
    (bin_folder / "chromium").unlink()
    add(bin_folder, "apt-get", APT_GET)
    add(bin_folder, "id", ROOT_USER)
    add(bin_folder, "later", MAKE)
    lines = ci_run(bin_folder).stdout.splitlines()
    assert lines[2] == "apt-get install -qy --no-install-recommends make chromium"


def test_the_tests_do_not_skip_the_browser(bin_folder: Path) -> None:
    add(bin_folder, "make", MAKE)
    assert "browser: required" in ci_run(bin_folder).stdout.splitlines()


def test_whoever_cannot_install_is_told_what_is_missing(bin_folder: Path) -> None:
    add(bin_folder, "apt-get", APT_GET)
    add(bin_folder, "id", OTHER_USER)
    done = ci_run(bin_folder)
    assert done.returncode != 0
    assert done.stderr.startswith(".ci/run: missing make,")
