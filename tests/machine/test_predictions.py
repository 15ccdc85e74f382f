"""predict: what it may be asked, what it must not look at, and numbers worked out by hand."""

import re
from pathlib import Path
from typing import cast

import pytest

from pinlab import Kernel
from pinlab.machine import predict, predictions
from pinlab.machine.predictions.holds import StoppedReaders

FOLDER = Path(predictions.__path__[0])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_knows_the_model_only_and_no_recording(path: Path) -> None:
    lines = re.findall(r"(?m)^ *(?:from|import) +(pinlab[\w.]*)", path.read_text("utf-8"))
    assert lines
    assert [m for m in lines if not m.startswith(("pinlab.model", predictions.__name__))] == []


@pytest.mark.parametrize(
    ("experiment", "case", "message"),
    [
        ("dio", "zero64", "experiment is 'dio': allowed are process_vm_readv, direct_io, "),
        ("counters", "fork-1", "case is 'fork-1': counters has 'anon', "),
        ("counters", "fork99999", "children is 99999: allowed are "),
        ("counters", "vmsplice_zero_99999", "times is 99999: allowed are "),
        ("counters", "zero_mapped_0x", "pages is 0: allowed are "),
        ("held_pins", "hold64:threads=65", "threads is 65: allowed are whole numbers from 0 to 64"),
        ("held_pins", "hold9999", "hold is 9999: allowed are "),
        ("held_pins", "hold9999:threads=4097", "threads is 4097: allowed are "),
        ("held_pins", "hugezero_hold9999:threads=4097", "threads is 4097: allowed are "),
        ("fork_copy_threshold", "unpriv_refs_1_haspinned_2", "haspinned is 2: allowed are "),
        ("fork_copy_threshold", "unpriv_threshold_haspinned_2", "haspinned is 2: allowed are "),
        ("fork_copy_threshold", "vmsplice_refs_99999_haspinned_0", "refs is 99999: allowed are "),
        ("touched_pages", "k=65:writes=1", "k is 65: allowed are "),
        ("touched_pages", f"k=1:writes={10**9}", "case is 'k=1:writes=1000000000': touched_p"),
        ("resident_pages", "0 pages read", "pages is 0: allowed are "),
        ("resident_pages", "513 pages read", "pages is 513: allowed are "),
    ],
)
def test_what_it_cannot_be_asked(experiment: str, case: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        predict(experiment, case, Kernel("6.5"))


@pytest.mark.parametrize("kernel", ["6.5", None])
def test_a_kernel_is_a_machine_and_not_its_name(kernel: object) -> None:
    with pytest.raises(TypeError, match=r"kernel is .*: it has to be of type Kernel"):
        predict("process_vm_readv", "zero64", cast(Kernel, kernel))


def test_the_machine_that_was_named_stays_as_it_is() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    mm.pin_user_pages(mm.mmap(4096), 1)
    first = predict("counters", "zero_dio", kernel)
    assert first == predict("counters", "zero_dio", kernel)
    assert (kernel.zero_page.refcount, len(kernel.mms), len(kernel.trace)) == (1025, 1, 2)
    assert first["ref_before"] == 1


@pytest.mark.parametrize(
    ("kernel", "acquired", "returned"),
    [
        (Kernel("5.6"), 0, 2**18),
        (Kernel("5.7"), 64, 2**18),
        (Kernel("6.4"), 64, 2**18),
        (Kernel("6.5"), 0, 2**18),
        (Kernel("6.5", zero_page_pins="counted"), 64, 2**18),  # the rules count, not the release
        (Kernel("6.1.130"), 0, -14),  # a backport that refused every pin
    ],
)
def test_pins_of_the_zero_page(kernel: Kernel, acquired: int, returned: int) -> None:
    assert predict("process_vm_readv", "zero64", kernel) == {
        "acq": acquired, "rel": acquired, "ret": returned
    }  # fmt: skip


@pytest.mark.parametrize(
    ("readers", "refcount", "pins"),
    [
        (0, 1, 0),
        (1, 1 + 2**20, 1024),
        (1000, 1 + 1000 * 2**20, 1000 * 1024),
        (2047, 2**31 - 2**20 + 1, 2**21 - 1024),
        (2048, -(2**31) + 1, 2**21),
        (3000, -(2**31) + 1, 2**21),
    ],
)
def test_readers_of_the_zero_page(readers: int, refcount: int, pins: int) -> None:
    case = f"hold4096:threads={readers}"
    found = predict("held_pins", case, Kernel("6.1.192", zero_page_pins="counted"))
    assert (found["refcount"], found["vmstat_inflight"]) == (refcount, pins)
    fixed = predict("held_pins", case, Kernel("6.1.192"))
    assert (fixed["refcount"], fixed["delta"], fixed["vmstat_inflight"]) == (1, 0, 0)


def test_the_last_of_the_readers_gets_what_is_left() -> None:
    """With one reference more on the zero page the 2^21st pin is refused: 1023 of 1024."""
    kernel = Kernel("6.4")
    for _ in range(1023):
        kernel.get_page(kernel.zero_page)
    assert StoppedReaders(kernel).let_in(2048) == (1024 + 1024 * (2**21 - 1) - 2**32, 2**21 - 1)


def test_each_refusal_has_its_own_errno() -> None:
    found = predict("held_pins", "overflowed", Kernel("6.4"))
    errnos = {name: value for name, value in found.items() if int(value) < 0}
    assert errnos == {
        "zero_refcount": -(2**31) + 1, "process_vm_readv_zero64": -14, "vmsplice_zero": -12,
        "odirect_write_zero64": -12, "proc_self_mem_read_zero": -5,
    }  # fmt: skip


SHARED = {"same_frame_after_fork": 1, "parent_pfn_changed": 1, "child_pfn_same_as_orig": 1}
UNCOUNTED = {"extra": 0, "has_pinned": 1, "refcount": 1025, "child_has_own_copy": 0}


@pytest.mark.parametrize(
    ("experiment", "case", "release", "found"),
    [
        ("counters", "vmsplice_zero_16", "5.8", {"ref_delta": 0, "acq": 0}),  # GUP made it a copy
        ("counters", "fork57", "6.5", {"refcount": 58}),
        ("touched_pages", "k=9:writes=7", "6.18", {"acq": 63, "rel": 63}),
        ("touched_pages", "k=9:writes=7", "6.4", {"acq": 0, "rel": 0}),
        ("mlocked_pages", "process_vm_readv:times=3", "5.7", {"acq": 192, "rel": 192}),
        ("resident_pages", "3 pages read", "5.8", {"k=0": 0, "k=1": 4, "k=2": 8, "k=3": 12}),
        ("fixed_buffer", "anon64", "5.8", {"VmPin_kB": 0, "VmPin_kB_unregistered": 0}),
        ("fixed_buffer", "anon64", "5.9", {"VmPin_kB": 256, "VmPin_kB_unregistered": 0}),
        ("fork_frames", "io_uring", "5.8", SHARED),  # the pin keeps the frame that the child has
        (
            "fork_copy_threshold",
            "really_pinned_iouring",
            "5.8",
            UNCOUNTED | {"child_Shared_Dirty_kB": 4, "child_Private_Dirty_kB": 0},
        ),
    ],
)
def test_releases_that_nobody_recorded(
    experiment: str, case: str, release: str, found: dict[str, int]
) -> None:
    assert predict(experiment, case, Kernel(release)) == found


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
def test_from_how_many_references_on_fork_copies(release: str, pinned: int, threshold: int) -> None:
    case = f"unpriv_threshold_haspinned_{pinned}"
    assert predict("fork_copy_threshold", case, Kernel(release)) == {"copies_from_extra": threshold}
    for refs in (0, 1021, 1022, 1023, 3000):
        copies = 0 <= threshold <= refs
        single = f"vmsplice_refs_{refs}_haspinned_{pinned}"
        assert predict("fork_copy_threshold", single, Kernel(release)) == {
            "extra": refs,
            "has_pinned": pinned,
            "refcount": refs + 1,
            "child_has_own_copy": int(copies),
            "child_Shared_Dirty_kB": 0 if copies else 4,
            "child_Private_Dirty_kB": 4 if copies else 0,
        }


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
)
def test_who_sees_the_data(release: str, case: str, parent: str, child: str, verdict: str) -> None:
    found = predict("dio_read_and_fork", case, Kernel(release))
    assert (found["parent_sees"], found["child_sees"]) == (parent, child)
    assert (found["verdict"], found["io_res"]) == (verdict, 512)
