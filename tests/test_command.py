"""The command `pinlab`: what it opens, what it writes, and how it refuses what is wrong."""

import importlib
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from pinlab import command, copies, lab
from tests.lab_server import ROOT


def pinlab(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command does in a folder, without a new interpreter."""
    code: object = 0
    with chdir(folder), redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as told:
        try:
            command.main(arguments)
        except SystemExit as end:
            code = end.code
    return subprocess.CompletedProcess(arguments, int(str(code)), out.getvalue(), told.getvalue())


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """What the command would have become, with its environment."""
    calls: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(command, "_become", lambda run, told: calls.append((run, dict(told))))
    return calls


def settings(environment: dict[str, str]) -> dict[str, object]:
    first, *_ = environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    return dict(json.loads(Path(first, "labconfig", "page_config.json").read_text("utf-8")))


@pytest.mark.parametrize("asked", [[], ["lab"], ["lab", "--no-browser"]])
def test_it_opens_the_first_lesson_of_a_checkout(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    become: list[tuple[list[str], dict[str, str]]],
) -> None:  # fmt: skip
    monkeypatch.setattr(copies, "prepare", lambda root: ("my_lessons", ["a line"]))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    done = pinlab(tmp_path, *asked)
    assert (done.returncode, done.stderr) == (0, "a line\n")
    ((run, environment),) = become
    assert run[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={ROOT}" in run
    assert "--LabApp.default_url=/lab/tree/my_lessons/00_start_here.ipynb" in run
    assert ("--no-browser" in run) == ("--no-browser" in asked)
    assert "announcements" in str(settings(environment))
    assert environment["JUPYTER_CONFIG_PATH"].endswith(f"{os.pathsep}/mine")


def test_without_a_checkout_it_puts_them_into_a_folder_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    become: list[tuple[list[str], dict[str, str]]],
) -> None:  # fmt: skip
    monkeypatch.setattr(command, "HOME", Path(command.__file__).parent)
    assert pinlab(tmp_path).returncode == 0
    root = tmp_path / command.FOLDER
    assert f"--ServerApp.root_dir={root}" in become[0][0]
    assert (root / "my_lessons" / command.FIRST).exists()
    assert (root / "data" / "glossary.csv").exists()


def test_importing_what_python_m_runs_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["-c"])  # as in a worker, which would become a server
    monkeypatch.setattr(command, "main", lambda: pytest.fail("it ran"))
    monkeypatch.delitem(sys.modules, "pinlab.__main__", raising=False)
    importlib.import_module("pinlab.__main__")


def test_its_help_names_all_that_it_does(tmp_path: Path) -> None:
    done = pinlab(tmp_path, "--help")
    assert done.returncode == 0
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("    ")}
    assert listed >= command.COMMANDS.keys()


def test_the_program_writes_a_sheet_and_a_key_and_prints_their_names(tmp_path: Path) -> None:
    for _ in range(2):
        done = pinlab(tmp_path, "worksheet", "04", "7")
        assert (done.returncode, done.stderr) == (0, "")
    name = "worksheets/04_count_to_two_million_7"
    names = [Path(line).as_posix() for line in done.stdout.splitlines()]
    assert names == [f"{name}.md", f"{name}_answers.md"]
    sheet = lab.problems("04", 7)
    written = [(tmp_path / name).read_text(encoding="utf-8") for name in names]
    assert written == [sheet.worksheet, sheet.key]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99", "1"], "lesson is '99': there are problems for "),
        (["04", ""], "SEED is '': allowed are whole numbers from 0 to 1000000000"),
        (["04", "-7"], "SEED is '-7': allowed are whole numbers from 0 to 1000000000"),
        (["04", "9" * 300], "SEED is '99999999"),
        (["04", "1000000001"], "SEED is '1000000001': allowed are whole numbers from 0 to"),
        (["04"], "the following arguments are required: SEED"),
        (["04", "7", "8"], "unrecognized arguments: 8"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = pinlab(tmp_path, "worksheet", *arguments)
    *_, complaint = done.stderr.splitlines()
    assert (done.returncode, words in complaint) == (2, True)
    assert len(complaint) < 700
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "worksheets").write_text("mine")
    done = pinlab(tmp_path, "worksheet", "04", "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pinlab: worksheets cannot be read or written: File exists\n" in done.stderr
    assert (tmp_path / "worksheets").read_text() == "mine"


def test_a_class_and_a_bank_are_written_and_what_is_left_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Ada\nBob\n", encoding="utf-8")
    asked = [
        ("class", "08", "names.txt", "--word", "tonight"),
        ("questions", "08", "--seeds", "4", "--form", "qti"),
        ("questions", "08", "--seeds", "4", "--first", "1000000"),
    ]
    done = [pinlab(tmp_path, *arguments) for arguments in asked]
    assert [each.returncode for each in done] == [0, 0, 0]
    assert all("Left out, since one answer is right for too" in each.stderr for each in done)
    assert all("verdict, missing-rule" in each.stderr for each in done)
    assert "\n4 questions\n" in f"\n{done[1].stderr}"
    names = [name for each in done for name in each.stdout.splitlines()]
    assert len(names) == 5
    assert all((tmp_path / name).exists() for name in names)
    assert "seed 1000000\n" in (tmp_path / names[-1]).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["questions", "99"], "lesson is '99': there are questions for "),
        (["questions", ""], "lesson is '': there are questions for "),
        (
            ["questions", "08", "--seeds", "3"],
            "--seeds is '3': allowed are whole numbers from 4 to",
        ),
        (["questions", "08", "--seeds", "many"], "--seeds is 'many': allowed are whole numbers"),
        (["questions", "08", "--first", "-1"], "--first"),
        (["questions", "08", "--first", ""], "--first is ''"),
        (["questions", "08", "--first", "1000000000"], "whole numbers from 0 to 999998000"),
        (["questions", "08", "--seeds", "4", "--form", "x"], "form is 'x': allowed are gift, qti"),
        (["class", "08", "none.txt"], "NAMES is 'none.txt' (No such file or directory): allowed"),
        (["class", "08", "."], "NAMES is '.' (Is a directory): allowed is a file with a name in"),
        (["class", "08", "none.txt", "--word", ""], "--word is ''"),
    ],
)
def test_a_wrong_argument_of_a_course_is_named(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = pinlab(tmp_path, *arguments)
    assert (done.returncode, words in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
