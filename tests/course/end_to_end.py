"""An assignment through nbgrader: four students, from the source notebook to their points.

`make test-course` runs this in an environment that has nbgrader; `make test` has none.
"""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import read, write

from tests.course.students import answered, cells, edition, tampering
from tests.lab_server import clean_environment

NAME = "04_count_to_two_million"


def run(folder: Path, *arguments: str) -> None:
    """Run a module of this Python in a folder; what it says is shown if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=clean_environment(PATH=path),  # nbgrader calls alembic by its name
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """What each student gets, and the most that there is."""
    folder = tmp_path_factory.mktemp("course")
    run(folder, "pinlab", "assignment", "04", "--seed", "7")
    course = folder / "assignment"
    run(course, "nbgrader", "generate_assignment", NAME)
    source = read(course / "source" / NAME / f"{NAME}.ipynb", 4)
    handed_out = read(course / "release" / NAME / f"{NAME}.ipynb", 4)
    assert [cell.source for cell in handed_out.cells] == [
        cell.source for cell in edition(source).cells
    ]
    handed_in = {
        "right": answered(source, handed_out, right=True),
        "wrong": answered(source, handed_out, right=False),
        "blank": handed_out,
        "tampering": tampering(handed_out),
    }
    deleted = cells(handed_in["tampering"], "grade")["which-hold"]
    handed_in["tampering"].cells.remove(deleted)
    for student, notebook in handed_in.items():
        place = course / "submitted" / student / NAME
        place.mkdir(parents=True)
        write(notebook, place / f"{NAME}.ipynb")
    (place / "pinlab.py").write_text("raise SystemExit")
    run(course, "nbgrader", "autograde", NAME)
    run(course, "nbgrader", "export")
    with (course / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in rows}


def test_each_gets_what_is_right(points: dict[str, tuple[float, float]]) -> None:
    assert points == {
        "right": (28, 28), "wrong": (0, 28), "blank": (0, 28), "tampering": (2, 28),
    }  # fmt: skip
