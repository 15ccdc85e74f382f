"""The recordings: what is in the file, and what is shown of it."""

import csv
from pathlib import Path
from typing import Any

import pytest

from pinlab import machine
from pinlab.data_folder import DATA
from pinlab.machine import cases, recorded, recording
from pinlab.machine.recordings import files

FIXED = "with the zero-page fix (A/B pair)"
UNFIXED = "without the zero-page fix (A/B pair)"


def test_quantities_of_a_case() -> None:
    assert recording("6.12.117", "direct_io", "/dev/ram0:write_anon64") == {
        "acq": 64,
        "rel": 64,
        "ret": 262144,
    }


def test_the_mails_overflow() -> None:
    held = recording("6.1.192", "held_pins", "hold2056:threads=2048", build=UNFIXED)
    assert held["refcount"] == -2147483647
    assert held["vmstat_inflight"] == 2**21


def test_words_stay_words() -> None:
    seen = recording("6.1.192", "dio_read_and_fork", "fork_parent_writes", build=FIXED)
    assert (seen["parent_sees"], seen["verdict"]) == ("A", "DATA-LOST-IN-PARENT")


def test_two_builds_have_to_be_told_apart() -> None:
    with pytest.raises(ValueError, match="several builds") as caught:
        recording("6.1.192", "direct_io", "/dev/vda:write_zero64")
    assert FIXED in str(caught.value)
    assert UNFIXED in str(caught.value)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("6.5", "direct_io", "x"), "kernel is '6.5': recorded are '5.10.262', '6.1.192'"),
        (("7.3.4", "dio", "x"), "experiment is 'dio': recorded are 'process_vm_readv', "),
        (("7.3.4", "direct_io", "x"), "case is 'x': recorded are '/dev/ram0:write_zero64', "),
        (("7.3.4", "direct_io", "x", "SUSE"), "build is 'SUSE': recorded are 'Debian 7.3.4"),
    ],
)
def test_what_was_not_recorded(question: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match="recorded are") as caught:
        recording(*question)
    assert str(caught.value).startswith(message)


def test_a_kernel_is_named_by_a_str() -> None:
    with pytest.raises(TypeError, match=r"kernel is 6\.12: it has to be of type str"):
        recording(6.12, "direct_io", "x")  # type: ignore[arg-type]


def test_cases_are_those_of_one_experiment_in_the_order_of_the_file() -> None:
    found = [row["case"] for row in rows() if row["experiment"] == "touched_pages"]
    assert cases("6.18.44", "touched_pages") == tuple(dict.fromkeys(found))
    assert found[0] == "k=0:writes=100"


@pytest.mark.parametrize("build", [FIXED, UNFIXED])
def test_every_case_is_named_once_and_can_be_asked_for(build: str) -> None:
    found = cases("6.1.192", "held_pins", build)
    assert len(found) == len(set(found)) > 20
    assert all(recording("6.1.192", "held_pins", case, build) for case in found)


def test_the_cases_of_two_builds_have_to_be_told_apart() -> None:
    with pytest.raises(ValueError, match="several builds"):
        cases("6.1.192", "held_pins")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (("6.5", "held_pins"), "kernel is '6.5': recorded are '5.10.262', "),
        (("6.18.44", "held"), "experiment is 'held': recorded are "),
        (("6.18.44", "touched_pages", "SUSE"), "build is 'SUSE': recorded are "),
    ],
)
def test_cases_of_what_was_not_recorded(question: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match="recorded are") as caught:
        cases(*question)
    assert str(caught.value).startswith(message)


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
    ],
)
def test_as_many_writes_as_in_the_mail(
    buffers: tuple[str, ...], writes: int, told: dict[str, tuple[int, int]]
) -> None:
    answer = recorded(*buffers, writes=writes)
    assert {m.buffer: (m.writes, m.acquired) for m in answer} == told
    assert answer.label.endswith(f"{answer[0].writes} writes each")


def test_huge_pages_are_answered_together_with_the_other_names_by_one_kernel() -> None:
    answer = recorded("huge-never", "never", "letters", "zeros", 8)
    assert {m.buffer: (m.writes, m.touched, m.acquired, m.released) for m in answer} == {
        "huge-never": (100, 0, 6400, 6400),
        "never": (100, 0, 0, 0),
        "letters": (100, 64, 6400, 6400),
        "zeros": (100, 64, 6400, 6400),
    }
    assert answer.label == "recording: Linux 6.18.44, November 2026, 100 writes each"
    assert answer.note == "Not recorded: 8."


def test_a_question_about_both_kinds_gets_one_kernel() -> None:
    answer = recorded(8, "letters")
    assert (answer.kernel, [m.buffer for m in answer]) == ("6.18.44", ["letters"])
    assert answer.note == "Not recorded: 8."


def test_recorded_refuses_what_is_no_buffer() -> None:
    with pytest.raises(ValueError, match="'letter'"):
        recorded("letter")
    with pytest.raises(ValueError, match="no buffers"):
        recorded()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows() -> list[dict[str, str]]:
    return [row for path in files() for row in rows_of(path)]


def test_every_quantity_was_recorded_once() -> None:
    keys = [tuple(value for name, value in row.items() if name != "value") for row in rows()]
    assert len(keys) == len(set(keys)) > 0


@pytest.mark.parametrize("column", ["kernel", "build", "experiment"])
def test_the_description_mentions_every(column: str) -> None:
    text = (DATA / "recordings" / "README.md").read_text(encoding="utf-8")
    missing = {row[column] for row in rows() if row[column] not in text}
    assert missing == set()


def test_every_row_is_one_typed_quantity() -> None:
    found = machine.recordings()
    assert [(*q[:5], str(q.value)) for q in found] == [tuple(row.values()) for row in rows()]
    assert {type(q.value) for q in found} == {int, str}
    assert {q.value for q in found if isinstance(q.value, str)} == {
        "A",
        "D",
        "-",
        "OK",
        "DATA-LOST-IN-PARENT",
    }
