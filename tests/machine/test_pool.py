"""Pool: many machines side by side, and files that are no recordings."""

from pathlib import Path

import pytest

from pinlab import Kernel, machine
from tests.machine.kernels import measured_like

HEAD = "kernel,build,experiment,case,quantity,value\n"


def test_two_reports(tmp_path: Path) -> None:
    files = [
        machine.report(measured_like(Kernel(release)), tmp_path, f"like {release}").csv
        for release in ("6.4", "6.18")
    ]
    frame = machine.pooled(*filter(None, files))
    assert list(frame.columns) == [
        "experiment", "case", "quantity", "9.9.9, like 6.4", "9.9.9, like 6.18",
    ]  # fmt: skip
    (row,) = frame[(frame.case == "zero64") & (frame.quantity == "acq")].to_numpy()
    assert list(row[3:]) == [64, 0]
    assert len(frame) == len(measured_like(Kernel("6.18")).quantities)


def test_what_a_machine_did_not_say_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEAD}1,a,e,c,q,7\n1,a,e,c,r,D\n")
    (tmp_path / "b.csv").write_text(f"{HEAD}2,b,e,c,r,-14\n")
    frame = machine.pooled(tmp_path / "a.csv", str(tmp_path / "b.csv"))
    assert frame.to_numpy().tolist() == [["e", "c", "q", 7, ""], ["e", "c", "r", "D", -14]]


def test_no_files() -> None:
    assert list(machine.pooled().columns) == ["experiment", "case", "quantity"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", r"line 1: column 1 is 'a', and has to be 'kernel': the columns are kernel,"),
        (f"{HEAD}1,a,e,c,7\n", r"line 2: 5 cells, not 6"),
        (
            f"{HEAD}1,a,e,c,q,7\n1,a,e,c,q,8\n",
            r"line 3: '1, a, e, c, q' is there twice, before in line 2",
        ),
    ],
)
def test_files_that_are_no_recordings(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"bad\.csv, {words}"):
        machine.pooled(tmp_path / "bad.csv")


def test_two_files_that_say_one_thing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEAD}1,a,e,c,q,7\n")
    with pytest.raises(ValueError, match=r"a\.csv: 1, a, e, c, q is in another of the files, too"):
        machine.pooled(tmp_path / "a.csv", tmp_path / "a.csv")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        machine.pooled(tmp_path / "none.csv")
