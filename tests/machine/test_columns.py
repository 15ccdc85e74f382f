"""Three columns: what is in them, and a reason wherever they part."""

from dataclasses import replace

import pytest

from pinlab import Kernel, machine
from pinlab.machine import columns, predict, recording
from pinlab.machine.columns import NOT_SEEN, UNEXPLAINED, Row, rows
from pinlab.machine.measuring import measure
from tests.machine.kernels import measured_like


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> machine.Measured:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    return measure()


def one(found: list[Row], case: str, quantity: str) -> Row:
    (row,) = (row for row in found if (row.case, row.quantity) == (case, quantity))
    return row


def test_the_columns_are_the_three_sources() -> None:
    kernel = Kernel("6.4")
    found = rows(measured_like(kernel))
    for row in found:
        told = predict(row.experiment, row.case, kernel).get(row.quantity, "")
        assert row.predicted == row.yours == told
        assert row.recorded == recording("6.18.44", row.experiment, row.case)[row.quantity]
    assert one(found, "zero64", "acq")[3:8] == (64, 0, "6.18.44, x86-64 virtual machine", 64, True)


def test_every_row_that_does_not_agree_has_a_reason() -> None:
    for release in ("5.8", "6.1.130", "6.18"):
        for row in rows(measured_like(Kernel(release))):
            assert row.agrees == (not row.why)
            assert row.agrees or row.yours == ""


def test_without_linux_the_recording_is_judged(recorded: machine.Measured) -> None:
    found = rows(recorded)
    assert {row.yours for row in found} == {""}
    assert {row.case for row in found if not row.agrees} == {"memfd64", "reg_readonly_vma"}
    assert one(found, "memfd64", "acq").why.startswith("a memfd is a file in memory")
    assert all(row.predicted == row.recorded for row in found if row.agrees)


def test_some_experiments(recorded: machine.Measured) -> None:
    frame = machine.three_columns(recorded, "frames", "fixed_buffer")
    assert list(frame.columns) == list(Row._fields)
    assert set(frame.experiment) == {"frames", "fixed_buffer"}
    assert frame.agrees.all()


def test_only_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLAB_MACHINE", "recording")
    assert {row.experiment for row in rows(measure("frames"))} == {"frames"}
    assert rows(measure("frames"), "direct_io") == []


def test_another_recording_beside_it(recorded: machine.Measured) -> None:
    old = rows(recorded, "direct_io", kernel="5.10.262")
    assert {row.recorded_by for row in old} == {"5.10.262, Debian 5.10.0-46-amd64"}
    assert one(old, "file:write_anon64", "acq")[3:5] == (64, 0)  # of its virtio disk


@pytest.mark.parametrize(
    ("kernel", "build", "complaint"),
    [
        ("6.5", None, "^kernel is '6.5': recorded are '"),
        ("6.1.192", None, "^build= is missing: of '6.1.192' there are 'without .*', 'with the"),
        ("6.12.117", "mine", "^build is 'mine': recorded are '"),
    ],
)
def test_a_kernel_that_was_not_recorded(
    kernel: str, build: str | None, complaint: str, recorded: machine.Measured
) -> None:
    with pytest.raises(ValueError, match=complaint):
        rows(recorded, kernel=kernel, build=build)
    assert rows(recorded, kernel="6.1.192", build="with the zero-page fix (A/B pair)")


def test_bad_arguments(recorded: machine.Measured) -> None:
    with pytest.raises(ValueError, match="experiment is 'dio': allowed are process_vm_readv"):
        rows(recorded, "dio")
    with pytest.raises(TypeError, match="measured is None: it has to be of type Measured"):
        machine.three_columns(None)  # type: ignore[arg-type]


def test_why_a_case_is_missing() -> None:
    measured = measured_like(Kernel("6.18"), without=(("frames", "read64"),))
    row = one(rows(measured, "frames"), "read64", "frames")
    assert (row.predicted, row.recorded, row.yours, row.agrees, row.why) == (
        1, 1, "", False, "Nobody may.",
    )  # fmt: skip


def test_why_a_part_of_a_case_is_missing() -> None:
    measured = measured_like(Kernel("6.18"))
    kept = tuple(row for row in measured.quantities if row.quantity != "child_has_own_copy")
    found = rows(replace(measured, quantities=kept), "fork_copy_threshold")
    row = one(found, "vmsplice_refs_0_haspinned_0", "child_has_own_copy")
    assert (row.yours, row.why) == ("", NOT_SEEN)


def changed(measured: machine.Measured, case: str, quantity: str, to: int) -> machine.Measured:
    found = tuple(
        row._replace(value=to) if row[3:5] == (case, quantity) else row
        for row in measured.quantities
    )
    return replace(measured, quantities=found)


def test_a_difference_that_nobody_can_explain() -> None:
    measured = changed(measured_like(Kernel("6.18")), "thp512", "acq", 1)
    row = one(rows(measured), "thp512", "acq")
    assert (row.predicted, row.yours, row.agrees, row.why) == (512, 1, False, UNEXPLAINED)


def test_a_noisy_machine_is_measured_again() -> None:
    measured = changed(measured_like(Kernel("6.18")), "thp512", "acq", 515)
    measured = replace(measured, noisy=True, note="Others acquired 9 pins.")
    why = one(rows(measured), "thp512", "acq").why
    assert why == "Others acquired 9 pins. Measure again when it is quieter."


def test_pages_of_another_size(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = changed(measured_like(Kernel("6.18")), "zero64", "rel", 3)
    monkeypatch.setattr(columns.mmap, "PAGESIZE", 65536)  # type: ignore[attr-defined]
    assert one(rows(measured), "zero64", "rel").why == (
        "A page has 65536 bytes here, and 4096 in the model."
    )
