"""make: what it lists, what it installs and when, and the server that `make lab` starts."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import pytest

from tests.lab_server import ROOT, Server, clean_environment
from tests.machine.processes import ORDINARY_USER

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
FIRST = "my_lessons/00_start_here.ipynb"

# Stands in for Python: notes each call, creates an environment of itself, and obeys $BROKEN;
# mypy and the model's tests wait for each other, and then do what $HELD says.
FAKE_PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
meet() {
    touch "$1"
    for _ in $(seq 1000); do [ -e "$2" ] && return; sleep 0.01; done
    exit 1
}
case "$*" in
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *version_info*) [ "$BROKEN" != version ] ;;
    *ensurepip*) [ "$BROKEN" != venv ] ;;
    "-m pip"*) [ "$BROKEN" != pip ] ;;
    "-m mypy"*) meet lint model; echo "of lint"; [ "$BROKEN" != lint ] && exec ${HELD:-true} ;;
    *--cov*) meet model lint; echo "of model"; [ "$BROKEN" != model ] && exec ${HELD:-true} ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """A folder with the Makefile and a stand-in for Python."""

    folder: Path

    def make(
        self, *arguments: str, user: int | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run make; the calls it makes are in `calls`."""
        self.log.write_text("")
        return subprocess.run(
            ["make", "PYTHON=./python", *arguments],
            cwd=self.folder,
            env=clean_environment(LOG=str(self.log), **environment),
            user=user,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def log(self) -> Path:
        return self.folder.parent / "log"

    def calls(self, module: str) -> list[str]:
        """The calls of `python -m module` in the last run."""
        called = re.compile(rf"-m {re.escape(module)} ")
        return [line for line in self.log.read_text().splitlines() if called.search(line)]


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    """In a folder with a hard name that anybody may enter."""
    with TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / 'The "O\'Brien" lessons $HOME'
        folder.mkdir()
        for file in ("Makefile", "pyproject.toml"):
            copy(ROOT / file, folder)
        python = folder / "python"
        python.write_text(FAKE_PYTHON)
        python.chmod(0o755)
        yield Checkout(folder)
        folder.chmod(0o755)


def test_bare_make_lists_every_target(checkout: Checkout) -> None:
    phony = re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    assert phony
    listed = re.findall(r"^make ([\w-]+) +\S", checkout.make().stdout, re.MULTILINE)
    assert listed == phony[1].split()


def test_it_installs_once_what_is_needed_and_again_only_what_has_changed(
    checkout: Checkout,
) -> None:
    assert checkout.make("lab", "LABFLAGS=--no-browser").returncode == 0
    assert len(checkout.calls("pip")) == 1
    (call,) = checkout.calls("pinlab")
    assert call == "-m pinlab lab --LabApp.workspaces_dir=.venv/workspaces --no-browser"
    assert checkout.make("lab").returncode == 0
    assert checkout.log.read_text().splitlines() == [call.removesuffix(" --no-browser")]
    assert checkout.make("test").returncode == 0
    (install,) = checkout.calls("pip")
    assert ".[test]" in install
    later = time.time() + 60
    os.utime(checkout.folder / "pyproject.toml", (later, later))
    checkout.make("lab")
    assert len(checkout.calls("pip")) == 1


def test_test_installs_what_lab_needs_too(checkout: Checkout) -> None:
    checkout.make("test")
    checkout.make("lab")
    assert checkout.calls("pip") == []


@pytest.mark.parametrize("broken", ["lint", "model"])
def test_lint_and_the_model_run_side_by_side_and_either_may_fail(
    checkout: Checkout, broken: str
) -> None:
    done = checkout.make("test", BROKEN=broken)
    assert done.returncode != 0
    assert {"of lint", "of model"} <= set(done.stdout.splitlines())
    assert f"{broken}] Error 1" in done.stderr
    assert [line for line in checkout.calls("pytest") if "--cov" not in line] == []


def test_an_interrupt_ends_both(checkout: Checkout) -> None:
    held = clean_environment(LOG=str(checkout.log), HELD="sleep 60")
    with subprocess.Popen(
        ["make", "PYTHON=./python", "test"],
        cwd=checkout.folder,
        env=held,
        stdout=subprocess.PIPE,
        start_new_session=True,  # a group, as that of a terminal
    ) as process:
        files = [checkout.folder / name for name in ("lint", "model")]
        while process.poll() is None and not all(file.exists() for file in files):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)  # until nobody has its output open any more
    assert process.returncode != 0


@pytest.mark.parametrize("target", ["lab", "test"])
def test_a_failed_installation_is_done_again(checkout: Checkout, target: str) -> None:
    assert checkout.make(target, BROKEN="pip").returncode != 0
    assert checkout.make(target).returncode == 0
    assert len(checkout.calls("pip")) == 1


@pytest.mark.parametrize(
    ("broken", "words"), [("version", "Python 3.11 or newer"), ("venv", "package python3-venv")]
)
def test_an_unfit_python_is_refused_in_one_line(
    checkout: Checkout, broken: str, words: str
) -> None:
    done = checkout.make("lab", BROKEN=broken)
    complaint, from_make = done.stderr.splitlines()
    assert words in complaint
    assert from_make.startswith("make: ***")
    assert not (checkout.folder / ".venv").exists()


ORDINARY = ORDINARY_USER if os.geteuid() == 0 else None


def test_a_folder_that_cannot_be_written_is_named_with_a_way_out(checkout: Checkout) -> None:
    checkout.folder.chmod(0o555)
    done = checkout.make("lab", user=ORDINARY, HOME="/home/me")
    complaint, from_make = done.stderr.splitlines()
    assert "installs into .venv" in complaint
    assert complaint.endswith("try make lab VENV=/home/me/pinlab")
    assert from_make.startswith("make: ***")


def test_lab_works_from_a_folder_that_cannot_be_written(checkout: Checkout) -> None:
    venv = checkout.folder.parent / "venv"
    (venv / "bin").mkdir(parents=True)
    copy(checkout.folder / "python", venv / "bin")
    for stamp in ("created", "installed", "test-tools"):
        (venv / stamp).touch()
    checkout.folder.chmod(0o555)
    assert checkout.make("lab", f"VENV={venv}", user=ORDINARY).returncode == 0
    for target in ("worksheet", "slides", "test", "notebooks", "bench"):
        done = checkout.make(target, f"VENV={venv}", user=ORDINARY)
        assert done.returncode != 0
        assert done.stderr.splitlines()[0].startswith("This folder cannot be written")


@pytest.mark.parametrize(
    "value", ["04", "04' 1; touch made; echo '", "$(shell touch made)", "`touch made`"]
)
def test_worksheet_hands_its_values_on_and_runs_nothing_that_stands_in_them(
    checkout: Checkout, value: str
) -> None:
    for lesson, seed in ((value, "1"), ("04", value)):
        handed_on = [f"-m pinlab worksheet {lesson} {seed}"]
        checkout.make("worksheet", f"LESSON={lesson}", f"SEED={seed}")
        assert checkout.calls("pinlab") == handed_on
        checkout.make("worksheet", LESSON=lesson, SEED=seed)
        assert checkout.calls("pinlab") == handed_on
    assert not (checkout.folder / "made").exists()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (["SEED=7"], "lesson is ''"),
        (["LESSON=04"], "SEED is ''"),
        (["LESSON=04", "SEED=$$"], "'$$'"),
    ],
)
def test_worksheet_names_the_value_that_is_missing_or_wrong(
    checkout: Checkout, values: list[str], named: str
) -> None:
    checkout.make("worksheet", "LESSON=04", "SEED=7")
    python = f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" "$@"\n'
    (checkout.folder / ".venv" / "bin" / "python").write_text(python)
    done = checkout.make("worksheet", *values)
    assert done.returncode != 0
    assert done.stdout == ""
    assert named in done.stderr


def test_slides_needs_no_more_than_lab_does(checkout: Checkout) -> None:
    assert checkout.make("slides").returncode == 0
    assert len(checkout.calls("pip")) == 1
    assert not [line for line in checkout.calls("pip") if ".[test]" in line]
    assert checkout.log.read_text().splitlines()[-1] == "-m pinlab slides"


def test_clean_leaves_the_environment_the_lessons_and_what_was_written(checkout: Checkout) -> None:
    checkout.make("lab")
    names = ("notebooks/a.ipynb", "my_lessons/a.ipynb", "worksheets/a.md", "slides/a.html")
    mine = {checkout.folder / name for name in names}
    kept = {*mine, checkout.folder / ".venv" / "installed"}
    caches = {checkout.folder / "tests" / "__pycache__", checkout.folder / ".pytest_cache"}
    for folder in (*(file.parent for file in mine), *caches):
        folder.mkdir(parents=True)
    for file in mine:
        file.touch()
    assert checkout.make("clean").returncode == 0
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in caches)


def test_lab_opens_at_the_first_lesson_and_asks_for_no_news(server: Server) -> None:
    assert server.get("/", server.token).location.rstrip("?") == f"/lab/tree/{FIRST}"
    assert server.get(f"/lab/tree/{FIRST}", server.token).status == 200
    assert server.get(f"/api/contents/{FIRST}?content=0", server.token).status == 200
    config = re.search(r'"disabledExtensions": (\[.*?\])', server.get("/lab", server.token).page)
    assert config
    assert "@jupyterlab/apputils-extension:announcements" in json.loads(config[1])


def test_lab_refuses_whoever_has_no_token_and_listens_on_loopback_alone(server: Server) -> None:
    assert server.token
    assert server.get("/api/contents").status == 403
    assert server.get("/api/contents", "guess").status == 403
    # A server on every address would answer at 127.0.0.2 as well.
    with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)
