"""Text files from other people's hands: every way of saving one, and every fault by its line."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlab.data_folder import DATA
from pinlab.explore import litmus
from pinlab.machine.recordings import read as read_recording
from pinlab.model.rules import read_rows
from pinlab.text_files import LARGEST, decoded, table, whole_number

COLUMNS = ("kernel", "build", "experiment", "case", "quantity", "value")
HEAD = ",".join(COLUMNS) + "\n"
RULES = "release,rule,value,source\n"
GOOD = f'{HEAD}1,a,e,c,q,7\n1,a,e,"c, too",q,8\n'


def read(file: Path) -> list[tuple[str, int]]:
    return table(file, COLUMNS, lambda row: (row["case"], whole_number(row["value"])), COLUMNS[:-1])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_however_it_was_saved(mark: bytes, end: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(mark + GOOD.encode().replace(b"\n", end) + end)
    assert read(file) == [("c", 7), ("c, too", 8)]
    name = litmus.names()[0]
    copy = tmp_path / f"{name}.litmus"
    copy.write_bytes(mark + (litmus.FOLDER / copy.name).read_bytes().replace(b"\n", end))
    found, there = litmus.read(copy), litmus.load(name)
    assert (found.why, found.expected) == (there.why, there.expected)
    assert found.scenario.programs == there.scenario.programs


LATIN_1 = GOOD.replace("too", "é").encode("latin-1")
FAULTS = {
    "nothing": (b"", 1, "it is empty: the columns have to be kernel,build"),
    "no rows": (HEAD.encode(), 2, "there is no row below"),
    "a blank in the head": (HEAD.replace("build", "build ").encode(), 1, "column 2 is 'build '"),
    "a mark in the head": (b"\xef\xbb\xbf" * 2 + HEAD.encode(), 1, r"column 1 is '\\ufeffkernel'"),
    "a column less": (HEAD.replace(",value", "").encode(), 1, "5 columns, and have to be 6"),
    "a column more": (HEAD.replace("value", "value,").encode(), 1, "7 columns, and have to be 6"),
    "Latin 1": (LATIN_1, 3, "byte 0xe9 is not UTF-8"),
    "Latin 1, old line ends": (LATIN_1.replace(b"\n", b"\r"), 3, "byte 0xe9"),
    "UTF-16": (GOOD.encode("utf-16"), 1, "byte 0xff is not UTF-8: save the file as UTF-8"),
    "NUL": (GOOD.encode() + b"2,\0", 4, "a NUL .* save the file as UTF-8"),
    "two files in one": ((GOOD + GOOD).encode(), 4, "columns' names are there again"),
    "a short row": (GOOD.encode() + b"\n \t\n2,b,e,c,7\n", 6, "5 cells, not 6: what has a comma"),
    "a long row": (GOOD.encode() + b"2,b,e,c,q,7,8\n", 4, "7 cells, not 6"),
    "a doubled row": (GOOD.encode() + b"1,a,e,c,q,8", 4, "1, a, e, c, q' is .* before in line 2"),
    "no last quote": (HEAD.encode() + b'1,a,e,"c,q,7\n1,a,e,"d",q,7\n', 2, "a quote .* missing"),
    "no first quote": (HEAD.encode() + b'1,a,e,c",q,7\n1,a,e,"d",q,7\n', 2, "a quote .* missing"),
    "a quote too many": (HEAD.encode() + b'1,a,e,"c"d",""",q,7\n', 2, "',' expected after '\"'"),
    "a long cell": (HEAD.encode() + b"1,a,e,c,q," + b"x" * 131073, 2, "larger than field limit"),
    "a long number": (HEAD.encode() + b"\n1,a,e,c,q," + b"7" * 5000, 3, "'77.* is no whole number"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_by_file_and_line(fault: str, tmp_path: Path) -> None:
    raw, line, words = FAULTS[fault]
    file = tmp_path / "from somebody.csv"
    file.write_bytes(raw)
    with pytest.raises(ValueError, match=rf"from somebody\.csv, line {line}: .*{words}") as caught:
        read(file)
    assert len(str(caught.value)) < len(str(file)) + 200


def test_a_litmus_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "a.litmus"
    file.write_bytes("a\n# \xe9".encode("latin-1"))
    with pytest.raises(ValueError, match=r"a\.litmus, line 2: byte 0xe9 is not UTF-8"):
        litmus.read(file)


def test_a_file_without_end(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGEST + 1)
    for name in (str(tmp_path / "large"), "/dev/zero"):
        with pytest.raises(ValueError, match=rf"{name}: it is larger than {LARGEST} bytes"):
            decoded(name)


@pytest.mark.parametrize(
    ("reader", "lines", "said"),
    [
        (
            read_rows,
            "release,rule,value,source\n" + "5.7,dio_hold,get,x\n" * 2,
            "'5.7, dio_hold' is",
        ),
        (
            read_recording,
            f"{HEAD}1,a,e,c,q,7\n2,,e,c,,7\n",
            "nothing stands under build",
        ),
        (read_recording, f"{HEAD}1,a,e,c,q,7\n1,a,e,c,q,8\n", "'1, a, e, c, q' is there twice"),
    ],
)
def test_a_row_that_a_loader_refuses(
    reader: Callable[[Path], object], lines: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(lines)
    with pytest.raises(ValueError, match=rf"a\.csv, line 3: {said}"):
        reader(tmp_path / "a.csv")


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.csv")), ids=lambda path: path.name)
def test_every_file_here_is_read_as_csv_reads_it(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert table(path, list(reader.fieldnames or ()), dict) == rows
