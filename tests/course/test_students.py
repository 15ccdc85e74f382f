"""Students: the same name, the same seed; and what a class gets, whatever the names are."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest

from pinlab import lab
from pinlab.course import students
from pinlab.course.items import NONE
from pinlab.course.students import class_of, read_names, seed_of
from pinlab.lab.draw import checked_seed
from pinlab.lab.problems import exercise
from pinlab.lab.reply import literal

NAMES = [
    "Ada Lovelace",
    "Müller, Jürgen",
    "../../etc/passwd",
    "CON",
    "*<b>x</b>*",
    "李",
    "!",
    "x" * 300,
]


def test_a_seed_stays_what_it_is() -> None:
    assert seed_of("Ada Lovelace") == 346304126
    assert seed_of("Müller, Jürgen") == 396235291
    assert seed_of("Ada Lovelace", "tonight") == 700474393
    assert min(seed_of(str(n)) for n in range(1000)) > 0
    assert len({checked_seed(seed_of(str(n))) for n in range(1000)}) == 1000


@pytest.mark.parametrize(
    "other", ["ada lovelace", " Ada  Lovelace ", "ADA\tLOVELACE", "Ada\u00a0Lovelace"]
)
def test_how_a_name_is_written_does_not_matter(other: str) -> None:
    assert seed_of(other) == seed_of("Ada Lovelace")
    for form in ("NFC", "NFD"):
        assert seed_of(unicodedata.normalize(form, "MÜLLER, Jürgen")) == 396235291


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada\n\n  Bob  C \n", ["Ada", "Bob C"]),
        ("\ufeffName\r\nAda\r\nBob", ["Ada", "Bob"]),
        ('id,Student,mail\n1,"Lovelace, Ada",a@x\n,,\n2,Bob,-\n', ["Lovelace, Ada", "Bob"]),
        ("Ada\nName\n", ["Ada", "Name"]),
    ],
)
def test_a_list_of_names_is_read_as_it_comes(text: str, names: list[str], tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes(text.encode())
    assert read_names(file) == names


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": there is no name in it"),
        ("name\n\n", ": there is no name in it"),
        ("Ada\nBob\nADA\n", ", line 3: 'ADA' is there already, in line 1"),
        (
            "Ada\nLovelace, Ada\n",
            ", line 2: 2 cells, not 1: a name with a comma in it takes quotes",
        ),
        ("name,mail\nAda\n", ", line 2: 1 cells, not 2: "),
        ("name,mail\n,a@x\n", ", line 2: '' is no name"),
        ("Ada\n=1+1\n", ", line 2: '=1+1' is no name: it may not be empty, begin with one of ="),
        ("name;mail\nAda;a@x\n", ", line 1: 'name;mail' is no name: it may not be empty, "),
        ("Ada\n\x1b[31m\n", ", line 2: '\\x1b[31m' is no name"),
        ('Ada\n"Bob\n', ', line 2: a quote (") is missing'),
    ],
)
def test_what_is_no_list_of_names_is_told_by_line(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"names\.csv") as error:
        read_names(file)
    assert f"{file}{told}" in str(error.value)


def test_two_names_with_one_seed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(students, "LARGEST_SEED", 1)
    with pytest.raises(ValueError, match="'Ada' and 'Bob' have the same seed"):
        class_of("04", ["Ada", "Bob"])


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def read_back(id: str, cell: str) -> object:
    """An answer of the table as `lab.check` takes it."""
    right = exercise(id).solution()
    if isinstance(right, frozenset):
        return set(cell.split("; ")) - {NONE}
    if isinstance(right, dict):
        return dict(part.split(": ") for part in cell.split("; "))
    return cell


@pytest.mark.parametrize(
    ("lesson", "left_out", "word"),
    [("08", {"verdict", "missing-rule"}, "tonight"), ("05", set(), "")],
)
def test_a_class_gets_sheets_and_the_lecturer_keys_and_a_table(
    lesson: str, left_out: set[str], word: str, tmp_path: Path
) -> None:
    for folder in ("one", "two", "two"):
        made = class_of(lesson, NAMES, word)
        sheets, keys, answers = made.write(tmp_path / folder)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert set(made.left_out) == left_out
    table = [*csv.reader(answers.read_text("utf-8-sig").splitlines())]
    (_, _, *ids), rows = table[0], table[1:]
    assert [row[0] for row in rows] == NAMES
    for name, seed, *cells in rows:
        assert int(seed) == seed_of(name, word)
        (file,) = sheets.glob(f"*_{seed_of(name)}.md")
        sheet, key = (place.joinpath(file.name).read_text("utf-8") for place in (sheets, keys))
        assert sheet.startswith(f"# {literal(name)}\n\n## Problems: lesson {lesson}_")
        assert key.startswith(f"# {literal(name)}\n\n## Answers: lesson {lesson}_")
        assert (seed in sheet) == ("lab.check" in sheet) == (not word)
        for id, cell in zip(ids, cells, strict=True):
            assert lab.check(id, read_back(id, cell), int(seed)).right
            found = exercise(id, int(seed))
            assert found.asked in sheet
            assert found.because in key
            assert found.because not in sheet
        assert not [id for id in left_out if exercise(id, int(seed)).asked in sheet]
    files = {file.name.rpartition("_")[0] for file in sheets.iterdir()}
    assert files == {
        "Ada_Lovelace",
        "Müller_Jürgen",
        "etc_passwd",
        "CON",
        "b_x_b",
        "李",
        "",
        "x" * 40,
    }
    assert len([*sheets.iterdir()]) == len([*keys.iterdir()]) - 1 == len(NAMES)
    assert {path.parent.parent for path in (tmp_path / "two").rglob("*.md")} == {tmp_path / "two"}
