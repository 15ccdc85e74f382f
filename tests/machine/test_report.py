"""Reports: two files that say what was measured, and that can be pooled."""

import csv
import errno
import importlib
import os
import platform
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest

from pinlab import Kernel, machine
from pinlab.machine.columns import rows
from pinlab.machine.recordings import Quantity, value
from pinlab.machine.report import Report
from tests.machine.kernels import measured_like


def read(path: Path) -> list[Quantity]:
    with path.open(encoding="utf-8", newline="") as file:
        next(rows_of_cells := csv.reader(file))
        return [Quantity._make([*cells[:5], value(cells[5])]) for cells in rows_of_cells]


def write(folder: Path, kernel: Kernel, build: str | None = None) -> Report:
    return machine.report(measured_like(kernel), folder, build)


def test_the_csv_is_a_recording(tmp_path: Path) -> None:
    measured = measured_like(Kernel("6.4"))
    found = machine.report(measured, tmp_path)
    assert found.csv == tmp_path / "which_kernel_9.9.9_imagined.csv"
    assert tuple(read(found.csv)) == measured.quantities
    assert sorted(tmp_path.iterdir()) == [found.csv, found.markdown]


def test_the_columns_of_the_csv_are_those_of_the_recordings(tmp_path: Path) -> None:
    path = write(tmp_path, Kernel("6.4")).csv
    assert path is not None
    assert path.read_text().splitlines()[0] == "kernel,build,experiment,case,quantity,value"


def test_the_markdown_has_every_row_and_every_answer(tmp_path: Path) -> None:
    measured = measured_like(Kernel("6.1.192"), without=(("frames", "read64"),))
    text = machine.report(measured, tmp_path).markdown.read_text(encoding="utf-8")
    for answer in measured.answers:
        if answer.name == "frames":
            assert f"- {answer.question}\n  Not measured: Nobody may.\n" in text
            continue
        assert f"- {answer.question}\n  {answer.answer} So does the model of: " in text
    for row in rows(measured):
        assert f"| {row.experiment} | {row.case} | {row.quantity} | {row.predicted} |" in text
    assert text.count("| yes |  |\n") == sum(row.agrees for row in rows(measured))
    assert "All together: of 6.1.y 6.1.135 and later." in text
    assert "- `frames`, `read64`: Nobody may." in text
    assert "`Kernel('6.1.135')`." in text


def test_rules_that_were_overridden_are_spelled_out(tmp_path: Path) -> None:
    strange = Kernel("6.18", dio_hold="get", zero_page_pins="counted", fixed_buffer_vmpin="absent")
    text = write(tmp_path, strange).markdown.read_text(encoding="utf-8")
    spelled = text.partition("`Kernel(")[2].partition("`")[0]
    made = eval(f"Kernel({spelled}", {"Kernel": Kernel})
    assert machine.kernel_like(measured_like(strange)).rules == made.rules


def test_a_machine_may_have_a_name(tmp_path: Path) -> None:
    found = write(tmp_path, Kernel("6.4"), "Fedora 42, my/laptop")
    assert found.csv is not None
    assert found.csv.name == "which_kernel_9.9.9_Fedora_42_my_laptop.csv"
    assert {row.build for row in read(found.csv)} == {"Fedora 42, my/laptop"}
    assert found.markdown.read_text().startswith("# Linux 9.9.9, Fedora 42, my/laptop\n")


def test_a_name_is_shown_as_it_is(tmp_path: Path) -> None:
    """Markdown and HTML of somebody else's is neither."""
    found = write(tmp_path, Kernel("6.4"), "<img src=x onerror=alert(1)> *a* [b](c) # d | e")
    assert found.markdown.read_text(encoding="utf-8").splitlines()[0] == (
        r"# Linux 9.9.9, &lt;img src=x onerror=alert(1)&gt; \*a\* \[b\](c) # d \| e"
    )


def test_reasons_are_shown_as_they_are(tmp_path: Path) -> None:
    measured = measured_like(Kernel("6.4"), without=(("frames", "read64"),))
    measured = replace(measured, missing={("frames", "read64"): "/tmp/<b> | x"}, note="<i>")
    text = machine.report(measured, tmp_path).markdown.read_text(encoding="utf-8")
    assert "<" not in text
    assert text.count(r"/tmp/&lt;b&gt; \| x") == 4  # the question, two rows and the list


def test_a_long_name_is_cut_and_stays_its_own(tmp_path: Path) -> None:
    found = [write(tmp_path, Kernel("6.4"), "x" * 300 + end) for end in "ab"]
    assert len({report.csv for report in found}) == 2
    assert all(len(report.markdown.name) < 150 for report in found)


def test_a_name_has_to_be_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"build is 'a\\nb': allowed are letters in one line"):
        write(tmp_path, Kernel("6.4"), "a\nb")
    with pytest.raises(TypeError, match="build is 7: it has to be of type str"):
        write(tmp_path, Kernel("6.4"), 7)  # type: ignore[arg-type]


def test_a_full_disk_leaves_the_earlier_report_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = write(tmp_path, Kernel("6.4"))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    made: list[int] = []

    def fill_up(handle: int, *arguments: object, **named: object) -> IO[str]:
        made.append(handle)
        if len(made) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, "w", encoding="utf-8", newline="")

    real = os.fdopen
    monkeypatch.setattr(os, "fdopen", fill_up)
    with pytest.raises(OSError, match="No space left on device"):
        write(tmp_path, Kernel("6.18"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert earlier.markdown in before


@pytest.mark.skipif(platform.system() == "Windows", reason="links need a privilege there")
def test_a_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    folder, victim = tmp_path / "reports", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("mine")
    for ending in ("md", "csv"):
        (folder / f"which_kernel_9.9.9_imagined.{ending}").symlink_to(victim)
    found = write(folder, Kernel("6.4"))
    assert victim.read_text() == "mine"
    assert found.csv is not None
    assert not found.markdown.is_symlink()
    assert not found.csv.is_symlink()


def test_it_is_replaced_by_the_next_one(tmp_path: Path) -> None:
    write(tmp_path, Kernel("6.4"))
    found = write(tmp_path, Kernel("6.18"))
    assert found.csv is not None
    assert tuple(read(found.csv)) == measured_like(Kernel("6.18")).quantities


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "nowhere", Kernel("6.4"))


def test_without_linux_there_is_nothing_to_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    found = machine.report(folder=tmp_path, build="my Mac")
    assert found.csv is None
    assert list(tmp_path.iterdir()) == [found.markdown]
    text = found.markdown.read_text(encoding="utf-8")
    assert text.startswith("# Linux 6.18.44, x86-64 virtual machine\n")
    assert "recording: Linux 6.18.44, November 2026" in text
    assert "Not measured: This system is Darwin, not Linux." in text


def test_it_measures_if_nothing_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("pinlab.machine.report")  # its function has the same name
    monkeypatch.setattr(module, "measure", lambda: measured_like(Kernel("6.6")))
    assert machine.report(folder=tmp_path) == write(tmp_path, Kernel("6.6"))


def test_the_readme_of_the_recordings_says_how() -> None:
    from pinlab.data_folder import DATA

    readme = (DATA / "recordings" / "README.md").read_text(encoding="utf-8")
    assert "machine.report(" in readme
    assert "machine.pooled(" in readme
