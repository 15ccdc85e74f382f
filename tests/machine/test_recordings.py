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


def test_every_row_is_one_typed_quantity() -> None:
    rows = [row for path in files() for row in table(path)[1:]]
    found = machine.recordings()
    assert [[*q[:5], str(q.value)] for q in found] == rows
    words = {q.value for q in found if type(q.value) is not int}
    assert words == {"A", "D", "-", "OK", "DATA-LOST-IN-PARENT"}


def test_nobody_has_edited_a_recording_and_every_file_is_described() -> None:
    """`sha256sum -c SHA256SUMS`, in Python."""
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files()}
    assert {path.name for path in FOLDER.glob("*.csv")} == sums.keys() | set(NO_RECORDINGS)
    named = {name for q in machine.recordings() for name in q[:3]}
    assert [name for name in (*named, *NO_RECORDINGS, "SHA256SUMS") if name not in README] == []


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


def test_every_recorded_build_is_described_and_says_where_it_is_from() -> None:
    assert {b[:2] for b in machine.builds()} == {q[:2] for q in machine.recordings()}
    for build in machine.builds():
        assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", build.date)
        assert all((build.machine, build.asked_by))
        assert build.release == build.kernel == build.boot().release


def test_only_the_unfixed_build_follows_other_rules_than_its_release() -> None:
    overrides = {b.build: dict(b.overrides) for b in machine.builds() if b.overrides}
    assert overrides == {UNFIXED: {"zero_page_pins": "counted"}}
    rules = machine.boot("6.1.192", UNFIXED).rules
    hunks = (rules.zero_page_grab, rules.zero_page_grab_fast, rules.zero_page_unpin)
    assert hunks == ZERO_PAGE_PINS["counted"]


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


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("7.3.4", "dio", "x"), "experiment is 'dio': recorded are 'process_vm_readv', "),
        (("7.3.4", "direct_io", "x"), "case is 'x': recorded are '/dev/ram0:write_zero64', "),
        ((6.12, "direct_io", "x"), r"kernel is 6\.12: it has to be of type str"),
    ],
)
def test_what_was_not_recorded(question: tuple[Any, str, str], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        recording(*question)


@pytest.mark.parametrize("build", [FIXED, UNFIXED])
def test_cases_are_those_of_one_experiment_in_the_order_of_the_file(build: str) -> None:
    rows = [q for q in machine.recordings() if q[:3] == ("6.1.192", build, "held_pins")]
    found = cases("6.1.192", "held_pins", build)
    assert found == tuple(dict.fromkeys(row.case for row in rows))
    for case in found:
        told = {row.quantity: row.value for row in rows if row.case == case}
        assert recording("6.1.192", "held_pins", case, build) == told


def test_recorded_shows_the_three_buffers_of_lesson_00() -> None:
    answer = recorded("letters", "zeros", "never", 8)
    assert [m[:7] for m in answer] == [
        ("letters", 100, 64, 64, 6400, 6400, None),
        ("zeros", 100, 64, 64, 6400, 6400, None),
        ("never", 100, 64, 0, 0, 0, None),
    ]
    assert (answer.live, answer.date, answer.control) == (False, "November 2026", None)
    assert answer.table() == (
        "recording: Linux 6.18.44, November 2026, 100 writes each; direct I/O\n"
        "buffer   writes  pages  written  acquired  released  seconds\n"
        "letters     100     64       64      6400      6400        -\n"
        "zeros       100     64       64      6400      6400        -\n"
        "never       100     64        0         0         0        -\n"
        "Not recorded: 8."
    )


K = {k: (100, 100 * k) for k in (0, 1, 2, 8, 32, 64)}
LETTERS, ZEROS, HUGE = {"letters": (100, 6400)}, {"zeros": (100, 6400)}, {"huge-never": (100, 6400)}


@pytest.mark.parametrize(
    ("buffers", "writes", "told", "left_out"),
    [
        (("letters", "never"), 32768, {"letters": (32768, 2**21), "never": (32768, 0)}, ""),
        (("letters", "zeros"), 32768, LETTERS | ZEROS, ""),
        (("letters",), 32767, LETTERS, ""),
        (("huge-never", "zeros", 8), 100, HUGE | ZEROS, "8"),
        ((8, "letters"), 100, LETTERS, "8"),
        ((0, 1, 2, 7, 8, 9, 32, 64), 100, K, "7, 9"),
    ],
)
def test_one_kernel_answers_all_that_it_was_asked(
    buffers: tuple[str | int, ...],
    writes: int,
    told: dict[str | int, tuple[int, int]],
    left_out: str,
) -> None:
    answer = recorded(*buffers, writes=writes)
    assert {m.buffer: (m.writes, m.acquired) for m in answer} == told
    assert all(m.released == m.acquired for m in answer)
    assert answer.label.endswith(f"{answer[0].writes} writes each")
    assert answer.note == (f"Not recorded: {left_out}." if left_out else "")


@pytest.mark.parametrize(("buffers", "words"), [(("letter",), "'letter'"), ((), "no buffers")])
def test_recorded_refuses_what_is_no_buffer(buffers: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        recorded(*buffers)
