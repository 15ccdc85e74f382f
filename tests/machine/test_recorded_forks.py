"""Every recorded row about fork, predicted by the model: what real kernels did is the measure.

The model reads no recordings; here the two are laid side by side. A request of 512 bytes is a
submit_dio_read of its page, a buffer registered with io_uring a long-term pin for writing, and
vmsplice a read-only get_user_pages.
"""

import csv
import re

import pytest

from pinlab import FOLL_LONGTERM, FOLL_WRITE, PAGE_SIZE, Kernel, Mm, Page
from pinlab.data_folder import DATA
from pinlab.machine import cases, recording

FIXED = "with the zero-page fix (A/B pair)"
UNFIXED = "without the zero-page fix (A/B pair)"
KERNELS = [
    ("5.10.262", "Debian 5.10.0-46-amd64"),
    ("6.1.192", FIXED),
    ("6.1.192", UNFIXED),
    ("6.12.117", "Debian 6.12.117+deb12-amd64"),
    ("7.3.4", "Debian 7.3.4+deb13-amd64"),
]

NOT_MODELLED = {
    "dontfork_parent_writes": "MADV_DONTFORK: the child does not get the mapping",
    "io_res": "how many bytes the disk delivered; the model's device is told what to store",
}
"""Cases and quantities that the model has no words for, with the reason."""

LRU_BATCH = 1
"""In ref_inflight: the reference that a per-CPU batch of the LRU lists may hold for a while."""


def boot(kernel: str, build: str) -> Kernel:
    return Kernel(kernel, **({"zero_page_pins": "counted"} if build == UNFIXED else {}))


def all_cases(experiment: str) -> list[tuple[str, str, str]]:
    return [
        (kernel, build, case)
        for kernel, build in KERNELS
        for case in cases(kernel, experiment, build)
        if case not in NOT_MODELLED
    ]


def mapped(mm: Mm, addr: int) -> Page:
    page = mm.page_at(addr)
    assert page is not None
    return page


def written(mm: Mm) -> int:
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"A" * PAGE_SIZE)
    return addr


def pin_something_else(mm: Mm) -> None:
    """As in the cases with haspinned_1; `again` comes after the io_uring case, so there, too."""
    mm.kernel.unpin_user_pages(mm.pin_user_pages(written(mm), 1, FOLL_WRITE))


def read_and_fork(kernel: Kernel, case: str) -> dict[str, int | str]:
    """Do what the program did in one case, and return what it looked at."""
    parent = kernel.new_mm()
    if case.endswith("_again"):
        pin_something_else(parent)
    addr = written(parent)
    frame = mapped(parent, addr)
    if case.startswith("iouring"):
        (buffer,) = parent.pin_user_pages(addr, 1, FOLL_WRITE | FOLL_LONGTERM)
        deliver = buffer.device_write
    else:
        deliver = kernel.submit_dio_read(parent, addr, 1).device_write
    inflight = frame.refcount
    child = None if case.startswith("nofork") else parent.fork()
    if child is not None and "childexits" in case:
        child.exit()
        child = None
    writer = child if child is not None and "child_writes" in case else parent
    writer.write(addr + 2048, b"w")
    deliver(b"D" * 512)
    kernel.check()
    sees = parent.read(addr, 1).decode()
    return {
        "ref_inflight": inflight,
        "parent_pfn_changed": int(mapped(parent, addr) is not frame),
        "child_pfn_same_as_orig": -1 if child is None else int(mapped(child, addr) is frame),
        "parent_sees": sees,
        "child_sees": "-" if child is None else child.read(addr, 1).decode(),
        "verdict": "OK" if sees == "D" else "DATA-LOST-IN-PARENT",
    }


@pytest.mark.parametrize(("kernel", "build", "case"), all_cases("dio_read_and_fork"))
def test_a_read_from_disk_and_a_fork(kernel: str, build: str, case: str) -> None:
    recorded = recording(kernel, "dio_read_and_fork", case, build)
    predicted = read_and_fork(boot(kernel, build), case)
    batched = int(recorded.pop("ref_inflight")) - int(predicted.pop("ref_inflight"))
    assert batched in (0, LRU_BATCH)
    assert recorded.pop("io_res") == 512
    assert predicted == recorded


def copied_at_fork(kernel: Kernel, case: str) -> dict[str, int]:
    """Return what a page with extra references, or a real pin, looks like after fork."""
    parent = kernel.new_mm()
    addr = written(parent)
    frame = mapped(parent, addr)
    numbers = re.fullmatch(r"\w+_refs_(\d+)_haspinned_(\d)", case)
    if numbers is None:
        extra, has_pinned = 0, 2  # what the program wrote for the real pin
        parent.pin_user_pages(addr, 1, FOLL_WRITE | FOLL_LONGTERM)
    else:
        extra, has_pinned = int(numbers[1]), int(numbers[2])
        if has_pinned:
            pin_something_else(parent)
        for _ in range(extra):
            parent.get_user_pages(addr, 1)
    refcount = frame.refcount
    own_copy = mapped(parent.fork(), addr) is not frame
    kernel.check()
    return {
        "extra": extra,
        "has_pinned": has_pinned,
        "refcount": refcount,
        "child_has_own_copy": int(own_copy),
        "child_Shared_Dirty_kB": 0 if own_copy else 4,
        "child_Private_Dirty_kB": 4 if own_copy else 0,
    }


@pytest.mark.parametrize(("kernel", "build", "case"), all_cases("fork_copy_threshold"))
def test_from_how_many_references_on_fork_copies(kernel: str, build: str, case: str) -> None:
    recorded = recording(kernel, "fork_copy_threshold", case, build)
    predicted = copied_at_fork(boot(kernel, build), case)
    if case.startswith("unpriv_"):  # without rights the program could not look at the frame
        del predicted["refcount"], predicted["child_has_own_copy"]
    assert predicted == recorded


def test_every_recorded_kernel_is_compared_and_the_eras_differ() -> None:
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        recorded = {
            (row["kernel"], row["build"], row["experiment"]) for row in csv.DictReader(file)
        }
    for experiment in ("dio_read_and_fork", "fork_copy_threshold"):
        assert {(k, b) for k, b, e in recorded if e == experiment} == set(KERNELS)
    smallest = {
        kernel: min(
            int(row["refcount"])
            for case in cases(kernel, "fork_copy_threshold", build)
            if (row := recording(kernel, "fork_copy_threshold", case, build)).get(
                "child_has_own_copy"
            )
        )
        for kernel, build in KERNELS
    }
    assert smallest == {"5.10.262": 1024, "6.1.192": 1023, "6.12.117": 1023, "7.3.4": 1023}


@pytest.mark.parametrize(("kernel", "build"), KERNELS)
@pytest.mark.parametrize("children", [0, 1, 2, 10, 100, 1022, 1023])
def test_each_child_adds_one_to_the_refcount(kernel: str, build: str, children: int) -> None:
    parent = boot(kernel, build).new_mm()
    addr = written(parent)
    forked = [parent.fork() for _ in range(children)]
    refcount = recording(kernel, "counters", f"fork{children}", build)["refcount"]
    assert mapped(parent, addr).refcount == refcount
    for child in forked:
        child.exit()
    reaped = recording(kernel, "counters", "fork_reaped", build)["refcount"]
    assert mapped(parent, addr).refcount == reaped
