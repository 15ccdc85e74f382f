"""References on recorded kernels: the model's numbers stand beside the recorded ones."""

import csv

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.data_folder import DATA
from pinlab.lab.references import DEEDS, KERNELS

BY_HAND = {
    "vmsplice_anon_1": 1,
    "vmsplice_anon_16": 16,
    "vmsplice_anon_closed": 0,
    "anon_dio_inflight": 1,
    "anon_dio_inflight_x2": 2,
    "anon_dio_done": 0,
    "zero_mapped_1024x": 0,
    "vmsplice_zero_16": 16,
}
"""What each of them has to add where every hold is a reference."""


def column(name: str) -> dict[str, int]:
    """One column of the table, by the case of each row."""
    table = lab.references()
    return dict(zip([deed.case for deed in DEEDS], table[name], strict=True))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("source", ["model", "recorded"])
def test_each_reference_adds_one_and_a_mapping_of_the_zero_page_none(
    kernel: str, source: str
) -> None:
    assert column(f"{kernel}, {source}") == BY_HAND


@pytest.mark.parametrize(("kernel", "build"), KERNELS.items())
def test_what_is_called_recorded_stands_in_the_recording(kernel: str, build: str) -> None:
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        found = {
            row["case"]: int(row["value"])
            for row in csv.DictReader(file)
            if (row["kernel"], row["build"], row["experiment"]) == (kernel, build, "counters")
            and (row["case"], row["quantity"]) in {(case, "ref_delta") for case in BY_HAND}
        }
    assert column(f"{kernel}, recorded") == found


@pytest.mark.parametrize("kernel", ["6.12.117", "7.3.4"])
def test_newer_kernels_were_recorded_with_the_same_pipes(kernel: str) -> None:
    from pinlab.machine import recording

    cases = [case for case in BY_HAND if "dio" not in case]
    assert {c: recording(kernel, "counters", c)["ref_delta"] for c in cases} == {
        case: BY_HAND[case] for case in cases
    }


@pytest.mark.parametrize("kernel", KERNELS)
def test_direct_io_of_these_kernels_takes_references(kernel: str) -> None:
    booted = Kernel(kernel)
    mm = booted.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    booted.submit_dio_write(mm, addr, 1)
    assert {kind for kind, _ in booted.ledger.holds(booted.folios[-1])} == {"mapping", "reference"}


def test_the_table_has_a_model_and_a_recording_for_each_kernel() -> None:
    assert list(lab.references().columns) == [
        "5.10.262, model",
        "5.10.262, recorded",
        "6.1.192, model",
        "6.1.192, recorded",
    ]
