"""The program that writes worksheets: its two files, and what it says to wrong arguments."""

import subprocess
import sys
from pathlib import Path

import pytest

from pinlab import lab
from tests.lab_server import ROOT, clean_environment


def worksheet(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pinlab.lab.problems import main; main()", *arguments],
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("lesson", ["04", "04_count_to_two_million"])
def test_it_writes_a_sheet_and_a_key_and_prints_their_names(tmp_path: Path, lesson: str) -> None:
    for _ in range(2):
        done = worksheet(tmp_path, lesson, "7")
        assert (done.returncode, done.stderr) == (0, "")
    names = [
        "worksheets/04_count_to_two_million_7.md",
        "worksheets/04_count_to_two_million_7_answers.md",
    ]
    assert [Path(line).as_posix() for line in done.stdout.splitlines()] == names
    sheet = lab.problems("04", 7)
    written = [(tmp_path / name).read_text(encoding="utf-8") for name in names]
    assert written == [sheet.worksheet, sheet.key]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99", "1"], "lesson is '99': there are problems for "),
        (["", "1"], "lesson is '': there are problems for "),
        (["04", ""], "SEED is '': allowed are whole numbers from 0 to 1000000000"),
        (["04", "-7"], "SEED is '-7': allowed are whole numbers from 0 to 1000000000"),
        (["04", "seven"], "SEED is 'seven': allowed are whole numbers from 0 to 1000000000"),
        (["04", "9" * 300], "SEED is '99999999"),
        (["04", "1000000001"], "seed is 1000000001: allowed are whole numbers from 0 to"),
        (["04"], "the following arguments are required: SEED"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = worksheet(tmp_path, *arguments)
    usage, complaint = done.stderr.splitlines()
    assert done.returncode == 2
    assert words in complaint
    assert usage.startswith("usage: make worksheet LESSON=04 SEED=7")
    assert len(complaint) < 700
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "worksheets").write_text("mine")
    done = worksheet(tmp_path, "04", "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing is written: [Errno 17] File exists: 'worksheets'" in done.stderr
    assert (tmp_path / "worksheets").read_text() == "mine"
