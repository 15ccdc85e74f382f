"""The reader's copies: what a lesson upstream may do to them, and what it may not."""

import json
from pathlib import Path

import pytest

from pinlab import copies
from tests.lab_server import ROOT

LESSON, NEW, NEW_2 = "07_a.ipynb", "07_a (new).ipynb", "07_a (new 2).ipynb"
SOLUTION, PLAN = "solutions/07_a.ipynb", "plan.md"


class Folders:
    """Lessons, and somebody's copies of them."""

    def __init__(self, folder: Path) -> None:
        self.lessons, self.mine = folder / "notebooks", folder / "mine"
        (self.lessons / "solutions").mkdir(parents=True)
        for name in (LESSON, SOLUTION):
            write(self.lessons / name, "one")
        (self.lessons / PLAN).write_text("one")
        self.told = self.renew()

    def renew(self) -> list[str]:
        """What is told by it."""
        return copies.renew(self.lessons, self.mine)

    def upstream(self, name: str, *sources: str, outputs: str = "") -> list[str]:
        """Change a lesson, and renew."""
        write(self.lessons / name, *sources, outputs=outputs)
        return self.renew()

    def found(self) -> dict[str, str]:
        """What stands in the copies."""
        files = [file for file in self.mine.rglob("*") if file.suffix in (".ipynb", ".md")]
        return {file.relative_to(self.mine).as_posix(): read(file) for file in files}


def write(file: Path, *sources: str, outputs: str = "", version: str = "") -> None:
    """A notebook, as far as copies look into it."""
    cells = [{"cell_type": "code", "source": [*s], "outputs": [outputs]} for s in sources]
    file.write_text(json.dumps({"cells": cells, "metadata": {"version": version}}))


def read(file: Path) -> str:
    """The sources of its cells, then what it shows."""
    if file.suffix == ".md":
        return file.read_text()
    cells = json.loads(file.read_text())["cells"]
    return " ".join([*("".join(cell["source"]) for cell in cells), *cells[0]["outputs"]]).strip()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_at_first_everything_is_copied_and_said_once(folders: Folders) -> None:
    assert len(folders.told) == 1
    assert str(folders.mine) in folders.told[0]
    assert folders.found() == {LESSON: "one", SOLUTION: "one", PLAN: "one"}
    before = {file: file.stat().st_mtime_ns for file in folders.mine.rglob("*.ipynb")}
    assert folders.renew() == []
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_what_was_run_and_not_changed_becomes_the_new_lesson(folders: Folders) -> None:
    write(folders.mine / LESSON, "one", outputs="mine", version="3.13.1")
    assert folders.renew() == []
    assert folders.found()[LESSON] == "one mine"
    assert folders.upstream(LESSON, "two") == []
    assert folders.found() == {LESSON: "two", SOLUTION: "one", PLAN: "one"}


def test_new_outputs_of_a_lesson_are_brought_where_nobody_has_worked(folders: Folders) -> None:
    write(folders.mine / SOLUTION, "my work")
    assert folders.upstream(LESSON, "one", outputs="better") == []
    assert folders.upstream(SOLUTION, "one", outputs="better") == []
    assert folders.found() == {LESSON: "one better", SOLUTION: "my work", PLAN: "one"}


def test_a_changed_lesson_is_put_beside_work_once_and_no_work_is_lost(folders: Folders) -> None:
    write(folders.mine / LESSON, "my work")
    assert folders.renew() == []
    (told,) = folders.upstream(LESSON, "two")
    assert LESSON in told
    assert NEW in told
    work = {LESSON: "my work", SOLUTION: "one", PLAN: "one"}
    assert folders.found() == {**work, NEW: "two"}
    assert folders.renew() == []
    assert len(folders.upstream(LESSON, "three")) == 1
    assert folders.found() == {**work, NEW: "three"}
    write(folders.mine / NEW, "more work")
    assert folders.renew() == []
    (told,) = folders.upstream(LESSON, "four")
    assert NEW_2 in told
    assert folders.found() == {**work, NEW: "more work", NEW_2: "four"}


def test_text_files_and_solutions_are_work_too(folders: Folders) -> None:
    write(folders.mine / SOLUTION, "my work")
    (folders.mine / PLAN).write_text("my plan")
    (folders.lessons / PLAN).write_text("two")
    assert len(folders.upstream(SOLUTION, "two")) == 2
    assert folders.found() == {
        LESSON: "one",
        SOLUTION: "my work",
        "solutions/07_a (new).ipynb": "two",
        PLAN: "my plan",
        "plan (new).md": "two",
    }


def test_what_is_thrown_away(folders: Folders) -> None:
    """A copy is made afresh; an offer comes again only when there is something new in it."""
    write(folders.mine / LESSON, "my work")
    folders.upstream(LESSON, "two")
    (folders.mine / NEW).unlink()
    assert folders.renew() == []
    assert folders.found()[LESSON] == "my work"
    assert NEW not in folders.found()
    assert len(folders.upstream(LESSON, "three")) == 1
    (folders.mine / LESSON).unlink()
    assert folders.renew() == []
    assert folders.found()[LESSON] == "three"


def test_who_takes_the_new_lesson_over_is_asked_no_more(folders: Folders) -> None:
    write(folders.mine / LESSON, "my work")
    folders.upstream(LESSON, "two")
    (folders.mine / NEW).replace(folders.mine / LESSON)
    assert folders.renew() == []
    assert folders.upstream(LESSON, "three") == []
    assert folders.found() == {LESSON: "three", SOLUTION: "one", PLAN: "one"}


@pytest.mark.parametrize("stamps", [None, "", "[]", '{"07_a.ipynb": 1}'])
def test_without_its_stamps_a_copy_counts_as_work(folders: Folders, stamps: str | None) -> None:
    (folders.mine / copies.STAMPS).unlink()
    if stamps is not None:
        (folders.mine / copies.STAMPS).write_text(stamps)
    assert len(folders.upstream(LESSON, "two")) == 1
    assert folders.found()[LESSON] == "one"


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 1}', '{"cells": [{"source": 1}]}'])
def test_a_copy_that_is_no_notebook_any_more_is_work(folders: Folders, text: str) -> None:
    (folders.mine / LESSON).write_text(text)
    assert len(folders.upstream(LESSON, "two")) == 1
    assert (folders.mine / LESSON).read_text() == text


def refuse(self: Path, *arguments: object, **more: object) -> None:
    raise PermissionError(13, "Permission denied", str(self))


@pytest.fixture
def checkout(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pinlab takes for its own."""
    root = folders.lessons.parent
    monkeypatch.setattr(copies, "HOME", root)
    (root / "data").mkdir()
    (root / "data/rules.csv").write_text("one")
    (root / "README.md").write_text(f"[a](notebooks/{LESSON})")
    return root


@pytest.mark.parametrize("refused", [None, "mkdir", "write_bytes"])
def test_a_checkout_that_cannot_be_written_is_opened_as_it_is(
    refused: str | None, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if refused:
        monkeypatch.setattr(Path, refused, refuse)
    folder, (line,) = copies.prepare(checkout)
    assert folder == ("notebooks" if refused else "my_lessons")
    assert ("(Permission denied)" in line and "copy this whole folder" in line) == bool(refused)


def test_elsewhere_what_the_lessons_link_to_is_put_beside_them(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "elsewhere"
    assert copies.prepare(root)[0] == "my_lessons"
    (root / "data/rules.csv").write_text("my work")
    (checkout / "data/rules.csv").write_text("two")
    _, told = copies.prepare(root)
    assert names(root) == {
        ".copied.json", "README.md", "data/rules.csv", "data/rules (new).csv",
        *(f"my_lessons/{name}" for name in (LESSON, SOLUTION, PLAN, copies.STAMPS)),
    }  # fmt: skip
    assert (root / "data/rules.csv").read_text() == "my work"
    assert (root / "README.md").read_text() == f"[a](my_lessons/{LESSON})"
    assert [line for line in told if "rules (new).csv" in line]
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(PermissionError):
        copies.prepare(tmp_path / "another")


def names(folder: Path) -> set[str]:
    """What is in a folder, but for what an editor leaves there."""
    files = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    return {file.as_posix() for file in files if ".ipynb_checkpoints" not in file.parts}


def test_all_that_stands_beside_the_lessons_is_copied_to_where_git_does_not_look(
    tmp_path: Path,
) -> None:
    copies.renew(ROOT / copies.LESSONS, tmp_path / "mine")
    assert names(tmp_path / "mine") == names(ROOT / copies.LESSONS) | {copies.STAMPS}
    assert f"/{copies.MINE}/" in (ROOT / ".gitignore").read_text().splitlines()
