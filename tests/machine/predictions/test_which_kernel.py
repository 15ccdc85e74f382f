"""Predictions of what `measure` adds to the recorded experiments, worked out by hand."""

import pytest

from pinlab import Kernel
from pinlab.machine import predict


@pytest.mark.parametrize(
    ("release", "pinned", "threshold"),
    [
        ("5.8", 1, -1),  # fork copies nothing yet
        ("5.9", 1, 1024 - 1),  # the mapping's own reference and 1023 more
        ("5.18", 1, 1024 - 1),
        ("5.19", 1, 1024 - 2),  # fork's own reference counts, too
        ("6.18", 1, 1024 - 2),
        ("5.9", 0, -1),
        ("6.18", 0, -1),
    ],
)
def test_thresholds(release: str, pinned: int, threshold: int) -> None:
    case = f"unpriv_threshold_haspinned_{pinned}"
    assert predict("fork_copy_threshold", case, Kernel(release)) == {"copies_from_extra": threshold}


def test_the_search_and_the_single_cases_agree() -> None:
    for release in ("5.10", "6.12"):
        kernel = Kernel(release)
        case = "unpriv_threshold_haspinned_1"
        first = int(predict("fork_copy_threshold", case, kernel)["copies_from_extra"])
        for extra in (first - 1, first):
            single = f"unpriv_refs_{extra}_haspinned_1"
            found = predict("fork_copy_threshold", single, kernel)
            assert found["child_Private_Dirty_kB"] == (4 if extra >= first else 0)


def test_a_threshold_needs_to_know_whether_anything_was_pinned() -> None:
    with pytest.raises(ValueError, match="haspinned is 2"):
        predict("fork_copy_threshold", "unpriv_threshold_haspinned_2", Kernel())


@pytest.mark.parametrize(("release", "kib"), [("5.8", 0), ("5.9", 256), ("6.18", 256)])
def test_vm_pin(release: str, kib: int) -> None:
    assert predict("fixed_buffer", "anon64", Kernel(release)) == {
        "VmPin_kB": kib, "VmPin_kB_unregistered": 0,
    }  # fmt: skip


def test_frames() -> None:
    assert predict("frames", "read64", Kernel()) == {"frames": 1, "zero_pages": 1}
    assert predict("frames", "written64", Kernel()) == {"frames": 64, "zero_pages": 0}


@pytest.mark.parametrize(
    ("release", "case", "same", "changed", "kept"),
    [
        ("6.18", "no_hold", 1, 1, 1),
        ("6.18", "io_uring", 0, 0, 0),
        ("5.8", "io_uring", 1, 1, 1),  # the pin keeps the old frame, which the child has now
    ],
)
def test_frames_of_a_fork(release: str, case: str, same: int, changed: int, kept: int) -> None:
    assert list(predict("fork_frames", case, Kernel(release)).values()) == [same, changed, kept]


def test_a_file_is_a_disk_like_the_others() -> None:
    for release in ("6.4", "6.5"):
        for transfer in ("write_zero64", "write_anon64", "write_thp512", "read_anon64"):
            assert predict("direct_io", f"file:{transfer}", Kernel(release)) == predict(
                "direct_io", f"/dev/vda:{transfer}", Kernel(release)
            )
