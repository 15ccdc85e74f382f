"""Predictions about fork, also for cases that nobody recorded."""

import pytest

from pinlab import Kernel
from pinlab.machine import cases, predict, recording

KERNELS = {
    "5.10.262": "Debian 5.10.0-46-amd64",
    "6.1.192": "with the zero-page fix (A/B pair)",
    "6.12.117": "Debian 6.12.117+deb12-amd64",
    "7.3.4": "Debian 7.3.4+deb13-amd64",
}
SMALLEST = {"5.10.262": 1024, "6.1.192": 1023, "6.12.117": 1023, "7.3.4": 1023}
"""From which refcount on fork copies: data/recordings/README.md, Oddities."""


@pytest.mark.parametrize("kernel", KERNELS)
def test_recorded_smallest_refcount_that_fork_copies_from(kernel: str) -> None:
    found = [
        recording(kernel, "fork_copy_threshold", case, KERNELS[kernel])
        for case in cases(kernel, "fork_copy_threshold", KERNELS[kernel])
    ]
    copied = [int(row["refcount"]) for row in found if row.get("child_has_own_copy")]
    assert min(copied) == SMALLEST[kernel]


@pytest.mark.parametrize("kernel", KERNELS)
def test_predicted_copies_begin_at_one_number_of_references(kernel: str) -> None:
    found = {
        refs: predict("fork_copy_threshold", f"vmsplice_refs_{refs}_haspinned_1", Kernel(kernel))
        for refs in (0, 1020, 1021, 1022, 1023, 1500)
    }
    first = SMALLEST[kernel] - 1  # the mapping is the other reference
    assert {refs: row["child_has_own_copy"] for refs, row in found.items()} == {
        refs: int(refs >= first) for refs in found
    }
    assert all(row["refcount"] == refs + 1 for refs, row in found.items())


@pytest.mark.parametrize("release", ["5.7", "5.9", "6.18"])
def test_without_any_pin_no_number_of_references_makes_fork_copy(release: str) -> None:
    found = predict("fork_copy_threshold", "vmsplice_refs_3000_haspinned_0", Kernel(release))
    assert (found["child_has_own_copy"], found["child_Shared_Dirty_kB"]) == (0, 4)


def test_before_5_9_a_pinned_page_is_shared_all_the_same() -> None:
    found = predict("fork_copy_threshold", "really_pinned_iouring", Kernel("5.8"))
    assert (found["refcount"], found["child_has_own_copy"]) == (1025, 0)


@pytest.mark.parametrize("children", [0, 3, 57])
def test_each_child_adds_one_to_the_refcount(children: int) -> None:
    assert predict("counters", f"fork{children}", Kernel("6.5")) == {"refcount": 1 + children}


@pytest.mark.parametrize(
    ("release", "case", "parent", "child", "verdict"),
    [
        ("6.4", "fork_parent_writes", "A", "D", "DATA-LOST-IN-PARENT"),
        ("6.5", "fork_parent_writes", "D", "A", "OK"),
        ("5.8", "fork_childexits_parent_writes", "D", "-", "OK"),
        ("5.9", "fork_childexits_parent_writes", "A", "-", "DATA-LOST-IN-PARENT"),
        ("5.10", "iouring_readfixed_fork_parent_writes", "D", "A", "OK"),
        ("6.4", "nofork_parent_writes", "D", "-", "OK"),
    ],
)  # the table of the eras, as `lab.scenes_by_release` has it
def test_who_sees_the_data(release: str, case: str, parent: str, child: str, verdict: str) -> None:
    found = predict("dio_read_and_fork", case, Kernel(release))
    assert (found["parent_sees"], found["child_sees"]) == (parent, child)
    assert (found["verdict"], found["io_res"]) == (verdict, 512)
