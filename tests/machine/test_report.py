"""Reports: two files that say what was measured, and that can be pooled."""

import errno
import os
import platform
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import IO

import pytest

from pinlab import Kernel, machine
from pinlab.data_folder import DATA
from pinlab.machine import Measured, predict, recording
from pinlab.machine.recordings import read
from pinlab.machine.report import UNEXPLAINED, Report
from tests.machine.kernels import changed, measured_like

module = import_module("pinlab.machine.report")  # its function has the same name
HEAD = "kernel,build,experiment,case,quantity,value\n"


def write(folder: Path, kernel: Kernel, build: str | None = None) -> Report:
    return machine.report(measured_like(kernel), folder, build)


def told(measured: Measured, folder: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Predicted, recorded, yours, agrees and why not, by experiment, case and quantity."""
    text = machine.report(measured, folder).markdown.read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| ")][1:]
    rows = [tuple(cell.strip() for cell in line.split(" | ")) for line in table]
    return {(row[0][2:], *row[1:3]): (*row[3:7], row[7].removesuffix("|").strip()) for row in rows}


def test_the_csv_is_a_recording(tmp_path: Path) -> None:
    measured, folder = measured_like(Kernel("6.4")), tmp_path / "a" / "folder"
    found = machine.report(measured, folder)
    assert found.csv == folder / "which_kernel_9.9.9_me.csv"
    assert sorted(folder.iterdir()) == [found.csv, found.markdown]
    assert found.csv.read_text().startswith(HEAD)
    assert os.name != "posix" or found.csv.stat().st_mode & 0o777 == 0o644
    assert {row[2:5]: row.value for row in read(found.csv)} == measured.values
    assert {row[:2] for row in read(found.csv)} == {("9.9.9", "me")}


def test_the_markdown_has_every_answer(tmp_path: Path) -> None:
    measured = measured_like(Kernel("6.1.192"), without=(("frames", "read64"),))
    text = machine.report(measured, tmp_path).markdown.read_text(encoding="utf-8")
    for finding in measured.findings:
        words = f"{finding.answer} So does the model of: " if finding.answer else (
            "Not measured: Nobody may.\n"
        )  # fmt: skip
        assert f"- {finding.question.text}\n  {words}" in text
    assert "All together: of 6.1.y 6.1.135 and later." in text
    assert "- `frames`, `read64`: Nobody may." in text
    assert "`Kernel('6.1.135')`." in text


def test_the_columns_are_the_three_sources(tmp_path: Path) -> None:
    kernel = Kernel("6.4")
    rows = told(measured_like(kernel), tmp_path)
    for (experiment, case, quantity), (predicted, recorded, yours, _, _) in rows.items():
        value = predict(experiment, case, kernel).get(quantity, "")
        assert predicted == yours == str(value)
        assert recorded == str(recording("6.18.44", experiment, case)[quantity])
    assert rows["process_vm_readv", "zero64", "acq"] == ("64", "0", "64", "yes", "")
    agreeing = sum(row[3] == "yes" for row in rows.values())
    agree = f"The model agrees in {agreeing} of {len(rows)} rows."
    text = next(tmp_path.glob("*.md")).read_text()
    assert f"Recorded by Linux 6.18.44, x86-64 virtual machine. {agree}" in text


@pytest.mark.parametrize("release", ["5.8", "6.1.130", "6.18"])
def test_every_row_that_does_not_agree_has_a_reason(release: str, tmp_path: Path) -> None:
    for _, _, yours, agrees, why in told(measured_like(Kernel(release)), tmp_path).values():
        assert (agrees == "yes") == (not why)
        assert agrees == "yes" or yours == ""


def test_without_linux_the_recording_is_judged_and_there_is_nothing_to_pool(
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
    rows = told(machine.measure(), tmp_path)
    assert {yours for _, _, yours, _, _ in rows.values()} == {""}
    differing = {place[1] for place, row in rows.items() if row[3] == "no"}
    assert differing == {"memfd64", "reg_readonly_vma"}
    assert rows["process_vm_readv", "memfd64", "acq"][4].startswith("a memfd is a file in memory")
    assert {place[0] for place in told(machine.measure("frames"), tmp_path)} == {"frames"}


def test_why_a_row_does_not_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, place = measured_like(Kernel("6.18")), ("process_vm_readv", "thp512", "acq")
    forbidden = measured_like(Kernel("6.18"), without=(("frames", "read64"),))
    row = told(forbidden, tmp_path)["frames", "read64", "frames"]
    assert row[2:] == ("", "no", "Nobody may.")
    other = changed(usual, "thp512", "acq", 515)
    assert told(other, tmp_path)[place][2:] == ("515", "no", UNEXPLAINED)
    noisy = replace(other, noisy=True, note="Others acquired 9 pins.")
    why = "Others acquired 9 pins. Measure again when it is quieter."
    assert told(noisy, tmp_path)[place][3:] == ("no", why)
    place = ("fork_copy_threshold", "vmsplice_refs_0_haspinned_0", "child_has_own_copy")
    values = {known: value for known, value in usual.values.items() if known != place}
    assert told(replace(usual, values=values), tmp_path)[place][2:] == (
        "", "no", "It takes frame numbers to see that, which are for CAP_SYS_ADMIN only.",
    )  # fmt: skip
    monkeypatch.setattr(module.mmap, "PAGESIZE", 65536)
    row = told(changed(usual, "zero64", "rel", 3), tmp_path)["process_vm_readv", "zero64", "rel"]
    assert row[4] == "A page has 65536 bytes here, and 4096 in the model."


def test_rules_that_were_overridden_are_spelled_out(tmp_path: Path) -> None:
    strange = Kernel("6.18", dio_hold="get", zero_page_pins="counted", fixed_buffer_vmpin="absent")
    text = write(tmp_path, strange).markdown.read_text(encoding="utf-8")
    spelled = text.partition("`Kernel(")[2].partition("`")[0]
    made = eval(f"Kernel({spelled}", {"Kernel": Kernel})
    assert machine.kernel_like(measured_like(strange)).rules == made.rules


@pytest.mark.parametrize(
    ("build", "slug", "head"),
    [
        ("Fedora 42, my/laptop", "Fedora_42_my_laptop", "Fedora 42, my/laptop"),
        (
            "<img src=x onerror=alert(1)> *a* [b](c) # d | e",
            "img_src_x_onerror_alert_1_a_b_c_d_e",
            r"&lt;img src=x onerror=alert(1)&gt; \*a\* \[b\](c) # d \| e",
        ),
    ],
)
def test_a_machine_may_have_a_name_which_is_shown_as_it_is(
    build: str, slug: str, head: str, tmp_path: Path
) -> None:
    """Markdown and HTML of somebody else's is neither."""
    found = write(tmp_path, Kernel("6.4"), build)
    assert found.csv == tmp_path / f"which_kernel_9.9.9_{slug}.csv"
    assert {row.build for row in read(found.csv)} == {build}
    assert found.markdown.read_text().startswith(f"# Linux 9.9.9, {head}\n")


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


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        ("a\nb", ValueError, r"build is 'a\\nb': allowed are letters in one line"),
        ("", ValueError, "build is ''"),
        (7, TypeError, "build is 7: it has to be of type str"),
    ],
)
def test_bad_arguments(build: str, error: type[Exception], words: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=words):
        write(tmp_path, Kernel("6.4"), build)


def test_a_full_disk_leaves_the_earlier_report_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, Kernel("6.4"))
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
    monkeypatch.undo()
    later = write(tmp_path, Kernel("6.18")).csv
    assert later is not None
    assert {row[2:5]: row.value for row in read(later)} == measured_like(Kernel("6.18")).values


@pytest.mark.skipif(platform.system() == "Windows", reason="links need a privilege there")
def test_a_link_of_that_name_is_not_followed(tmp_path: Path) -> None:
    folder, victim = tmp_path / "reports", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("mine")
    for ending in ("md", "csv"):
        (folder / f"which_kernel_9.9.9_me.{ending}").symlink_to(victim)
    found = write(folder, Kernel("6.4"))
    assert victim.read_text() == "mine"
    assert not any(file.is_symlink() for file in filter(None, found))


def test_it_measures_if_nothing_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "measure", lambda: measured_like(Kernel("6.6")))
    assert machine.report(folder=tmp_path) == write(tmp_path, Kernel("6.6"))


def test_the_readme_of_the_recordings_says_how() -> None:
    readme = (DATA / "recordings" / "README.md").read_text(encoding="utf-8")
    assert "machine.report(" in readme
    assert "machine.pooled(" in readme


def test_what_a_machine_did_not_say_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEAD}1,a,e,c,q,7\n1,a,e,c,r,D\n")
    (tmp_path / "b.csv").write_text(f"{HEAD}2,b,e,c,r,-14\n")
    frame = machine.pooled(tmp_path / "a.csv", str(tmp_path / "b.csv"))
    assert list(frame.columns) == ["experiment", "case", "quantity", "1, a", "2, b"]
    assert list(machine.pooled().columns) == list(frame.columns)[:3]
    assert frame.to_numpy().tolist() == [["e", "c", "q", 7, ""], ["e", "c", "r", "D", -14]]


def test_files_that_are_no_recordings(tmp_path: Path) -> None:
    """What is wrong inside a file is in the tests of the recordings."""
    (tmp_path / "a.csv").write_text(f"{HEAD}1,a,e,c,q,7\n")
    with pytest.raises(
        ValueError, match=r"a\.csv: 1, a, e, c, q is in another of the files, too: each"
    ):
        machine.pooled(tmp_path / "a.csv", tmp_path / "a.csv")
    (tmp_path / "bad.csv").write_text(f"{HEAD}1,a,e,c,7\n")
    with pytest.raises(ValueError, match=r"bad\.csv, line 2: 5 cells, not 6"):
        machine.pooled(tmp_path / "bad.csv")
    with pytest.raises(FileNotFoundError):
        machine.pooled(tmp_path / "none.csv")
