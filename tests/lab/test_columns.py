"""Three columns: predicted, recorded and yours, with answers of kernels made up for the test."""

from dataclasses import replace
from typing import Any

import pytest

from pinlab import lab, machine
from pinlab.lab.columns import UNLIKE, Columns
from pinlab.machine import Measured
from pinlab.machine.measured import Answer, Place, of_buffers
from tests.lab.answers import an_answer

READ = "process_vm_readv"
CLAIMS: dict[str, Place] = {
    "64 zero pages": (READ, "zero64", "acq"),
    "64 written pages": (READ, "anon64", "acq"),
}
WITHOUT, WITH = "without the zero-page fix (A/B pair)", "with the zero-page fix (A/B pair)"


def measured(kernel: str, zero: int | None, written: int | None = 64) -> Measured:
    """An answer of a kernel that says it is `kernel`."""
    found = {"zero64": zero, "anon64": written}
    values = {(READ, case, "acq"): pins for case, pins in found.items() if pins is not None}
    missing = {(READ, case): "It is forbidden." for case, pins in found.items() if pins is None}
    return Measured(kernel, live=True, label="yours", values=values, missing=missing)


def cells(columns: Columns) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in columns.rows[1:]}


def test_all_three_agree() -> None:
    columns = lab.three_columns(CLAIMS, measured("6.18.1-custom", zero=0))
    assert columns.rows[0] == ("", "predicted", "recorded", "yours", "")
    assert cells(columns) == {
        "64 zero pages": ("0", "0", "0", "agree"),
        "64 written pages": ("64", "64", "64", "agree"),
    }
    assert columns.notes == ()
    assert columns.head == (
        "predicted: the model of Linux 6.18.1",
        "recorded: Linux 6.18.44, November 2026",
        "yours: your kernel, 6.18.1",
    )


def test_another_release_is_another_prediction_and_the_recording_is_explained() -> None:
    columns = lab.three_columns(CLAIMS, measured("6.4.2", zero=64))
    assert cells(columns)["64 zero pages"] == ("64", "0", "64", "differs: recorded")
    (note,) = columns.notes
    assert note == '"recorded" is what the model predicts of that build.'


def test_a_kernel_that_is_not_what_it_says_is_found_out() -> None:
    columns = lab.three_columns(CLAIMS, measured("6.1.5", zero=0))
    assert cells(columns)["64 zero pages"] == ("64", "0", "0", "differs: recorded, yours")
    assert any("release that it says it is" in note for note in columns.notes)
    like = machine.boot("6.1.192", WITH)
    again = lab.three_columns(CLAIMS, measured("6.1.5", zero=0), kernel=like)
    assert cells(again)["64 zero pages"] == ("0", "0", "0", "agree")


def test_two_builds_have_a_column_each() -> None:
    columns = lab.three_columns(CLAIMS, measured("6.18", zero=0), recorded="6.1.192")
    assert cells(columns) == {
        "64 zero pages": ("0", "64", "0", "0", "differs: recorded without"),
        "64 written pages": ("64", "64", "64", "64", "agree"),
    }
    assert columns.notes == ('"recorded without" is what the model predicts of that build.',)


def test_what_was_not_measured_has_its_reason_and_no_line_of_the_text_a_blank_at_its_end() -> None:
    columns = lab.three_columns(CLAIMS, measured("6.18", zero=None))
    assert cells(columns)["64 zero pages"] == ("0", "0", "-", "agree")
    assert columns.notes == ("Not measured on your kernel: 64 zero pages. It is forbidden.",)
    text = str(columns)
    assert repr(columns) == text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "64 written pages         64        64     64  agree" in text.splitlines()


def test_a_recording_in_place_of_an_answer_is_not_yours() -> None:
    answer = replace(measured("6.18.44", zero=0), live=False, note="There is no Linux here.")
    columns = lab.three_columns(CLAIMS, answer)
    assert [row[-2] for row in columns.rows[1:]] == ["-", "-"]
    assert columns.notes == ("Not measured on your kernel. There is no Linux here.",)
    assert "predicted: the model of Linux 6.18.44" in columns.head
    assert not any(line.startswith("yours") for line in columns.head)


def test_held_pins_are_never_measured_on_your_kernel() -> None:
    claims = {"2048 readers": ("held_pins", "hold2056:threads=2048", "refcount")}
    for answer in (None, measured("6.18", zero=0)):
        columns = lab.three_columns(claims, answer, recorded="6.1.192")
        assert cells(columns)["2048 readers"][1:4] == ("-2147483647", "1", "-")
        assert "from a recording only" in columns.notes[0]


def test_a_kernel_older_than_the_model_is_compared_with_the_recorded_one() -> None:
    columns = lab.three_columns(CLAIMS, measured("4.19.1", zero=64))
    assert columns.head[0] == "predicted: the model of Linux 6.18.44"
    assert cells(columns)["64 zero pages"][-1] == "differs: yours"


def test_what_nobody_predicts_and_what_only_root_sees_is_said() -> None:
    columns = lab.three_columns({"memfd": (READ, "memfd64", "acq")}, recorded="7.3.4")
    assert cells(columns) == {"memfd": ("-", "64", "-", "not predicted")}
    claims = {"still zero?": (READ, "zero64", "still_zero_pfn")}
    assert "CAP_SYS_ADMIN" in lab.three_columns(claims, measured("6.18", zero=0)).notes[0]


def test_answers_of_every_kind_fill_the_third_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")  # the answers' numbers are known then
    written = replace(machine.ask(8), live=True, kernel="6.18.44")
    resident = replace(machine.resident(3), live=True)
    mlocked = replace(machine.ask_mlock(), live=True)
    yours = {
        "pins": lab.three_columns({"": ("touched_pages", "k=8:writes=100", "rel")}, written),
        "kB": lab.three_columns({"": ("resident_pages", "64 pages read", "k=3")}, resident),
        "VmLck": lab.three_columns({"": ("mlocked_pages", "mlock:times=100", "VmLck_kB")}, mlocked),
    }
    assert {name: columns.rows[1][3] for name, columns in yours.items()} == {
        "pins": "800", "kB": "12", "VmLck": "256"
    }  # fmt: skip


def test_pins_of_another_system_call_are_not_those_of_direct_io() -> None:
    rows = [row._replace(method=READ) for row in machine.recorded("letters")]
    mine = Answer("6.4", live=True, label="your kernel, 6.4")
    instead = of_buffers(mine, rows, READ, note="Direct I/O takes no pins here.")
    claims = {"letters": ("touched_pages", "letters:writes=100", "acq")}
    columns = lab.three_columns(claims, instead)
    assert columns.rows[1][3] == "-"
    assert columns.notes[0].endswith("Direct I/O takes no pins here.")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"claims": {}}, ValueError, "no claims: "),
        ({"recorded": "6.5"}, ValueError, "recorded is '6.5': "),
        ({"claims": {"x": ("dio", "zero64", "acq")}}, ValueError, "experiment is 'dio': "),
        ({"claims": {"x": (READ, "zero63", "acq")}}, ValueError, "case is 'zero63': "),
        ({"measured": "6.5"}, TypeError, r"measured is '6\.5': it has to be an answer"),
        ({"kernel": "6.5"}, TypeError, r"kernel is '6\.5': it has to be of type Kernel"),
    ],
)
def test_bad_arguments_are_named(
    wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        lab.three_columns(**{"claims": CLAIMS, **wrong})


def test_noise_is_a_reason_for_a_difference() -> None:
    noisy = replace(measured("6.18", zero=3), noisy=True, note="Others pinned 3 pages meanwhile.")
    told = lab.three_columns(CLAIMS, noisy).notes
    assert told == ("Others pinned 3 pages meanwhile. Measure again when it is quieter.",)
    same = replace(noisy, values=measured("6.18", zero=0).values)
    assert lab.three_columns(CLAIMS, same).notes == ()
    quiet = replace(noisy, noisy=False, note="Controls saw no pin of others.")
    assert lab.three_columns(CLAIMS, quiet).notes == (UNLIKE,)


def test_a_number_with_others_pins_in_it_is_not_yours() -> None:
    claims: dict[str, Place] = {
        name: ("touched_pages", f"{name}:writes=100", "acq") for name in ("letters", "never")
    }
    mine = an_answer({"letters": 6400, "never": 5952}, unsure=("never",), others=9)
    columns = lab.three_columns(claims, mine)
    assert [row[3:] for row in columns.rows[1:]] == [("6400", "agree"), ("-", "agree")]
    assert columns.notes == (f"Not measured on your kernel: never. {mine.note}",)


def test_a_part_of_an_answer_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    answer = machine.ask_mlock()
    claims: dict[str, Place] = {
        "mlock": ("mlocked_pages", "mlock:times=100", "acq"),
        "VmLck": ("mlocked_pages", "mlock:times=100", "VmLck_kB"),
        "readv": ("mlocked_pages", "process_vm_readv:times=100", "acq"),
    }
    values = {place: value for place, value in answer.values.items() if place != claims["mlock"]}
    missing = {claims["mlock"][:2]: "Others were pinning meanwhile."}
    columns = lab.three_columns(claims, replace(answer, values=values, missing=missing, live=True))
    assert [row[3] for row in columns.rows[1:]] == ["-", "256", "6400"]
    assert columns.notes == ("Not measured on your kernel: mlock. Others were pinning meanwhile.",)
