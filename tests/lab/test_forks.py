"""When fork copies: the table holds the recording, and the guess where fork asks it."""

import csv

import pytest

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.lab.forks import CASES, KERNELS

TABLE = lab.when_fork_copies()


def rows(kernel: str, case: str) -> dict[str, str]:
    """The recorded quantities of a case, straight from the file; the first build of several."""
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["quantity"]: row["value"]
            for row in csv.DictReader(file)
            if (row["kernel"], row["experiment"], row["case"])
            == (kernel, "fork_copy_threshold", case)
        }


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("held", "case"), CASES.items())
def test_a_cell_is_what_was_recorded(held: str, case: str, kernel: str) -> None:
    found = rows(kernel, case)
    assert TABLE.loc[held, "refcount"] == int(found["refcount"])
    assert TABLE.loc[held, kernel] == {"1": "copies", "0": "shares"}[found["child_has_own_copy"]]


@pytest.mark.parametrize("kernel", KERNELS)
def test_fork_does_what_the_guess_says_where_something_was_pinned(kernel: str) -> None:
    asked = "model's guess" if kernel.startswith("5.") else "guess at 1 more"
    known = TABLE[[not held.endswith("nothing ever pinned") for held in TABLE.index]]
    assert len(known) == 8
    copies = {"maybe pinned": "copies", "not pinned": "shares"}
    assert list(known[kernel]) == [copies[guess] for guess in known[asked]]


def test_the_two_guesses_differ_in_one_row_and_so_do_the_kernels() -> None:
    differ = TABLE[TABLE["model's guess"] != TABLE["guess at 1 more"]]
    assert list(differ.index) == ["1022 extra references"]
    assert list(TABLE[TABLE["5.10.262"] != TABLE["6.12.117"]].index) == list(differ.index)


def test_a_process_that_never_pinned_anything_is_not_asked_about() -> None:
    never = TABLE.loc["2000, and nothing ever pinned"]
    assert never["model's guess"] == "maybe pinned"
    assert {never[kernel] for kernel in KERNELS} == {"shares"}


def test_both_builds_of_6_1_did_the_same() -> None:
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["kernel"] == "6.1.192"]
    by_build: dict[str, dict[tuple[str, str], str]] = {}
    for row in found:
        if row["experiment"] == "fork_copy_threshold" and row["quantity"] == "child_has_own_copy":
            by_build.setdefault(row["build"], {})[row["case"], row["quantity"]] = row["value"]
    first, second = by_build.values()
    assert first == second != {}
