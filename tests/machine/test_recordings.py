"""The recordings: what is in the files, what is shown of them, and the model of each build."""

import csv
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from pinlab import machine
from pinlab.data_folder import DATA
from pinlab.machine import cases, recorded, recording
from pinlab.machine.recordings import NO_RECORDINGS, files
from pinlab.model.rules import ZERO_PAGE_PINS

FOLDER = DATA / "recordings"
FIXED = "with the zero-page fix (A/B pair)"
UNFIXED = "without the zero-page fix (A/B pair)"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# The files.


def test_every_row_is_one_typed_quantity() -> None:
    rows = [row for path in files() for row in table(path)[1:]]
    found = machine.recordings()
    assert [[*q[:5], str(q.value)] for q in found] == rows
    assert {q.value for q in found if type(q.value) is not int} == {
        "A", "D", "-", "OK", "DATA-LOST-IN-PARENT",
    }  # fmt: skip


def test_every_file_is_a_recording_or_describes_them() -> None:
    found = {path.name for path in FOLDER.glob("*.csv")}
    assert found == {path.name for path in files()} | set(NO_RECORDINGS)
    assert all(name in README for name in (*NO_RECORDINGS, "SHA256SUMS"))


def test_nobody_has_edited_a_recording() -> None:
    """`sha256sum -c SHA256SUMS`, in Python."""
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files()}


@pytest.mark.parametrize("column", ["kernel", "build", "experiment"])
def test_the_description_mentions_every(column: str) -> None:
    assert {
        name for q in machine.recordings() if (name := getattr(q, column)) not in README
    } == set()


def test_values_are_what_the_dictionary_says_and_each_quantity_is_in_it_once() -> None:
    head, *rows = table(FOLDER / "quantities.csv")
    assert head == ["experiment", "quantity", "values", "meaning"]
    assert all(map(all, rows))
    values = {(row[0], row[1]): row[2] for row in rows}
    assert len(values) == len(rows)
    assert set(values) == {(q.experiment, q.quantity) for q in machine.recordings()}
    for q in machine.recordings():
        allowed = values[q.experiment, q.quantity]
        words = re.findall(r"[^, ]+", allowed.replace(" or ", " "))
        if allowed.startswith(("0 or 1", "0, 1", "A", "OK")):
            assert str(q.value) in words, q
        else:
            assert isinstance(q.value, int), q


# Builds.


def test_every_recorded_build_is_described_and_says_where_it_is_from() -> None:
    assert {b[:2] for b in machine.builds()} == {q[:2] for q in machine.recordings()}
    for build in machine.builds():
        assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", build.date)
        assert build.machine
        assert build.asked_by
        assert build.release == build.kernel


def test_only_the_unfixed_build_follows_other_rules_than_its_release() -> None:
    assert {b.build: dict(b.overrides) for b in machine.builds() if b.overrides} == {
        UNFIXED: {"zero_page_pins": "counted"}
    }
    without = machine.boot("6.1.192", UNFIXED)
    rules = without.rules
    hunks = (rules.zero_page_grab, rules.zero_page_grab_fast, rules.zero_page_unpin)
    assert hunks == ZERO_PAGE_PINS["counted"]
    assert (without.release, machine.boot("7.3.4").release) == ("6.1.192", "7.3.4")


@pytest.mark.parametrize("ask", [machine.boot, recording, cases])
@pytest.mark.parametrize(
    ("kernel", "build", "message"),
    [
        ("6.5", None, "kernel is '6.5': recorded are '5.10.262', '6.1.192', "),
        ("7.3.4", "SUSE", "build is 'SUSE': recorded are 'Debian 7.3.4"),
        ("6.1.192", None, f"build= is missing: of '6.1.192' there are '{UNFIXED}', '{FIXED}'"),
    ],
)
def test_which_build(ask: Any, kernel: str, build: str | None, message: str) -> None:  # noqa: ANN401
    more = {machine.boot: (), recording: ("direct_io", "x"), cases: ("direct_io",)}[ask]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        ask(kernel, *more, build=build)


# What is shown of them.


def test_quantities_of_a_case() -> None:
    found = recording("6.12.117", "direct_io", "/dev/ram0:write_anon64")
    assert found == {"acq": 64, "rel": 64, "ret": 262144}
    held = recording("6.1.192", "held_pins", "hold2056:threads=2048", build=UNFIXED)
    assert (held["refcount"], held["vmstat_inflight"]) == (-2147483647, 2**21)
    seen = recording("6.1.192", "dio_read_and_fork", "fork_parent_writes", build=FIXED)
    assert (seen["parent_sees"], seen["verdict"]) == ("A", "DATA-LOST-IN-PARENT")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("7.3.4", "dio", "x"), "experiment is 'dio': recorded are 'process_vm_readv', "),
        (("7.3.4", "direct_io", "x"), "case is 'x': recorded are '/dev/ram0:write_zero64', "),
    ],
)
def test_what_was_not_recorded(question: tuple[str, str, str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        recording(*question)


def test_a_kernel_is_named_by_a_str() -> None:
    with pytest.raises(TypeError, match=r"kernel is 6\.12: it has to be of type str"):
        recording(6.12, "direct_io", "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("build", [FIXED, UNFIXED])
def test_cases_are_those_of_one_experiment_in_the_order_of_the_file(build: str) -> None:
    rows = [q for q in machine.recordings() if q[:3] == ("6.1.192", build, "held_pins")]
    found = cases("6.1.192", "held_pins", build)
    assert found == tuple(dict.fromkeys(row.case for row in rows))
    assert all(recording("6.1.192", "held_pins", case, build) for case in found)


# In the place of an answer.


def test_recorded_shows_the_three_buffers_of_lesson_00() -> None:
    answer = recorded("letters", "zeros", "never")
    assert [m[:7] for m in answer] == [
        ("letters", 100, 64, 64, 6400, 6400, None),
        ("zeros", 100, 64, 64, 6400, 6400, None),
        ("never", 100, 64, 0, 0, 0, None),
    ]
    assert (answer.live, answer.date, answer.control) == (False, "November 2026", None)
    assert answer.note == ""


def test_table_of_a_recording() -> None:
    assert recorded("letters", "never", 8).table() == (
        "recording: Linux 6.18.44, November 2026, 100 writes each; direct I/O\n"
        "buffer   writes  pages  written  acquired  released  seconds\n"
        "letters     100     64       64      6400      6400        -\n"
        "never       100     64        0         0         0        -\n"
        "Not recorded: 8."
    )


def test_touched_pages_are_another_recording() -> None:
    answer = recorded(0, 1, 2, 8, 9, 32, 64)
    assert {m.buffer: (m.writes, m.acquired, m.released) for m in answer} == {
        k: (100, 100 * k, 100 * k) for k in (0, 1, 2, 8, 32, 64)
    }
    assert answer.label == "recording: Linux 6.18.44, November 2026, 100 writes each"
    assert answer.note == "Not recorded: 9."


@pytest.mark.parametrize(
    ("buffers", "writes", "told"),
    [
        (("letters", "never"), 32768, {"letters": (32768, 2**21), "never": (32768, 0)}),
        (("letters", "zeros"), 32768, {"letters": (100, 6400), "zeros": (100, 6400)}),
        (("letters",), 32767, {"letters": (100, 6400)}),
        (("huge-never", "zeros", 8), 100, {"huge-never": (100, 6400), "zeros": (100, 6400)}),
        ((8, "letters"), 100, {"letters": (100, 6400)}),
    ],
)
def test_one_kernel_answers_all_that_it_was_asked(
    buffers: tuple[str | int, ...], writes: int, told: dict[str, tuple[int, int]]
) -> None:
    answer = recorded(*buffers, writes=writes)
    assert {m.buffer: (m.writes, m.acquired) for m in answer} == told
    assert answer.label.endswith(f"{answer[0].writes} writes each")
    assert answer.note == ("Not recorded: 8." if 8 in buffers else "")


@pytest.mark.parametrize(("buffers", "words"), [(("letter",), "'letter'"), ((), "no buffers")])
def test_recorded_refuses_what_is_no_buffer(buffers: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        recorded(*buffers)
