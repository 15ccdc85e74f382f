"""The model beside the recordings: every row agrees, or is explained by an entry that names it."""

from itertools import product
from typing import NamedTuple

import pandas
import pytest

from pinlab import machine
from pinlab.data_folder import DATA
from pinlab.machine.compare import NOT_EXPLAINED, Compared, Difference, compared, differences
from pinlab.machine.recordings import Quantity

COLUMNS = [
    "kernel", "build", "experiment", "case", "quantity", "predicted", "recorded", "agrees", "why",
]  # fmt: skip


class Where(NamedTuple):
    kernel: str
    case: str
    quantity: str


@pytest.fixture(scope="module")
def rows() -> list[Compared]:
    return list(compared(machine.recordings()))


def test_a_row_for_each_recorded_quantity(rows: list[Compared]) -> None:
    assert [(*row[:5], row.recorded) for row in rows] == list(machine.recordings())


def test_it_agrees_where_the_two_are_the_same_and_gives_a_reason_where_not(
    rows: list[Compared],
) -> None:
    for row in rows:
        assert row.agrees == (row.predicted == row.recorded)
        assert bool(row.why) == (not row.agrees)


def test_no_row_is_left_unexplained(rows: list[Compared]) -> None:
    assert [row for row in rows if row.why == NOT_EXPLAINED] == []


def test_nine_of_ten_rows_agree_plainly(rows: list[Compared]) -> None:
    assert sum(row.agrees for row in rows) / len(rows) >= 0.9


def test_no_prediction_is_an_empty_one(rows: list[Compared]) -> None:
    nothing = {(row.experiment, row.case.split(":")[0]) for row in rows if row.predicted == ""}
    assert nothing >= {
        ("process_vm_readv", "memfd64"),
        ("held_pins", "memfd_hold2056"),
        ("counters", "reg_readonly_vma"),
        ("dio_read_and_fork", "dontfork_parent_writes"),
    }
    assert not any(row.agrees for row in rows if row.predicted == "")


def test_each_reason_names_kernel_case_quantity_and_source(rows: list[Compared]) -> None:
    for row in rows:
        if not row.agrees:
            head, _ = row.why.split(": ", 1)
            assert row.kernel in head
            assert head.endswith(f", {row.case}, {row.quantity}") or ":" in row.case
            assert f", {row.case}, {row.quantity}: " in row.why
            assert row.why.endswith(")")


@pytest.mark.parametrize("entry", differences(), ids=lambda d: f"{d.cases[0]} {d.kernels}")
def test_every_word_of_an_entry_is_of_use(entry: Difference, rows: list[Compared]) -> None:
    """Each combination that an entry names was recorded, and differs."""
    named = {Where(*names) for names in product(entry.kernels, entry.cases, entry.quantities)}
    found = [
        row
        for row in rows
        if row.experiment == entry.experiment
        and Where(row.kernel, row.case, row.quantity) in named
        and (not entry.builds or row.build in entry.builds)
    ]
    assert {Where(row.kernel, row.case, row.quantity) for row in found} == named
    assert not any(row.agrees for row in found)
    if entry.by is None:
        assert {row.predicted for row in found} == {""}
    else:
        by = {int(row.recorded) - int(row.predicted) for row in found}
        assert by == {entry.by}


def test_no_row_has_two_reasons(rows: list[Compared]) -> None:
    for row in rows:
        if not row.agrees:
            quantity = Quantity(*row[:5], row.recorded)
            predicted = None if row.predicted == "" else row.predicted
            assert len([d for d in differences() if d.explains(quantity, predicted)]) == 1


def test_another_difference_than_the_named_one_is_not_explained() -> None:
    entry = next(d for d in differences() if d.kernels == ("6.12.117",) and d.by == 1)
    row = Quantity("6.12.117", "b", "dio_read_and_fork", entry.cases[0], "ref_inflight", 1026)
    assert entry.explains(row, 1025)
    assert not entry.explains(row, 1024)
    assert not entry.explains(row, None)
    assert not entry.explains(row._replace(value="D"), 1025)
    assert not entry.explains(row._replace(kernel="6.1.192"), 1025)


def test_a_difference_that_nobody_has_explained_says_so() -> None:
    wrong = Quantity("6.12.117", "Debian 6.12.117+deb12-amd64", "counters", "fork2", "refcount", 4)
    (row,) = compared([wrong])
    assert (row.predicted, row.agrees, row.why) == (3, False, NOT_EXPLAINED)


def test_without_its_override_the_unfixed_build_would_be_predicted_wrongly() -> None:
    """A version number lies: both builds are 6.1.192."""
    case = "hold2056:threads=2047"
    plain = machine.predict("held_pins", case, machine.boot("6.12.117"))["refcount"]
    without, with_fix = (
        machine.predict("held_pins", case, machine.boot("6.1.192", build))["refcount"]
        for build in (b.build for b in machine.builds() if b.kernel == "6.1.192")
    )
    assert (plain, without, with_fix) == (1, 2146435073, 1)


def test_the_frame() -> None:
    frame = machine.compare()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == COLUMNS
    assert (len(frame), str(frame["agrees"].dtype)) == (len(machine.recordings()), "bool")


def test_the_readme_states_the_share(rows: list[Compared]) -> None:
    agreeing = sum(row.agrees for row in rows)
    text = (DATA.parent / "README.md").read_text(encoding="utf-8")
    assert f"{agreeing} of {len(rows)}" in text
