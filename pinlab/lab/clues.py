"""Clues: questions that five kernels were asked, and which of them an answer tells apart."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import combinations
from typing import NamedTuple

from pinlab.lab.draw import Draw
from pinlab.machine.predictions import predict
from pinlab.machine.recordings import boot, recording, recordings

MARGIN = {"ref_inflight": 1}
"""How far readings of a quantity may lie apart by chance: a per-CPU batch of the LRU lists may or
may not hold a reference of its own (data/recordings/README.md). All others are exact."""


class Clue(NamedTuple):
    """One question, in words, and the quantity of the recordings that answers it."""

    id: str
    words: str
    experiment: str
    case: str
    quantity: str

    @property
    def margin(self) -> int:
        """How far two answers may lie apart although nothing is different."""
        return MARGIN.get(self.quantity, 0)

    def __str__(self) -> str:
        return f"{self.id}: {self.words} ({self.experiment}, {self.case}, {self.quantity})"


CLUES = (
    Clue("read-zeros", "process_vm_readv of 64 pages never written: pins acquired",
         "process_vm_readv", "zero64", "acq"),
    Clue("hold-zeros", "2 readers, each with 1024 pins of the zero page: its refcount",
         "held_pins", "hold64:threads=2", "refcount"),
    Clue("write-letters", "one direct write to disk of 64 written pages: pins acquired",
         "direct_io", "/dev/vda:write_anon64", "acq"),
    Clue("read-from-disk", "one direct read from disk into 64 pages: pins acquired",
         "direct_io", "/dev/vda:read_anon64", "acq"),
    Clue("flight-letters", "a written page under a direct write in flight: refcount, how much more",
         "counters", "anon_dio_inflight", "ref_delta"),
    Clue("flight-zeros", "a 64-page direct write of zero pages in flight: zero page, how much more",
         "counters", "zero_dio", "ref_delta_inflight_1_reqs"),
    Clue("huge-buffer", "a 2 MiB huge page as an io_uring buffer: its pincount",
         "counters", "thp_iouring_reg_2MiB", "pincount_after"),
    Clue("lost-byte", "from disk, fork, parent writes elsewhere in the page: parent sees",
         "dio_read_and_fork", "fork_parent_writes", "parent_sees"),
    Clue("moved-away", "from disk, fork, parent writes: parent has another frame (1: yes)",
         "dio_read_and_fork", "fork_parent_writes", "parent_pfn_changed"),
    Clue("fork-1022", "fork with 1022 extra references, another page pinned: copies (1: yes)",
         "fork_copy_threshold", "vmsplice_refs_1022_haspinned_1", "child_has_own_copy"),
    Clue("smaps-1022", "the same fork, by the child's smaps: kB of Private_Dirty",
         "fork_copy_threshold", "vmsplice_refs_1022_haspinned_1", "child_Private_Dirty_kB"),
    Clue("flight-1", "a page in flight from disk, first run: its refcount",
         "dio_read_and_fork", "nofork_parent_writes", "ref_inflight"),
    Clue("flight-2", "a page in flight from disk, second run: its refcount",
         "dio_read_and_fork", "fork_child_writes", "ref_inflight"),
    Clue("flight-3", "a page in flight from disk, third run: its refcount",
         "dio_read_and_fork", "fork_parent_writes_again", "ref_inflight"),
    Clue("flight-ring", "a page in flight from disk into an io_uring buffer: its refcount",
         "dio_read_and_fork", "iouring_readfixed_fork_parent_writes", "ref_inflight"),
    Clue("write-zeros", "one direct write to disk of 64 pages never written: pins acquired",
         "direct_io", "/dev/vda:write_zero64", "acq"),
    Clue("read-letters", "process_vm_readv of 64 written pages: pins acquired",
         "process_vm_readv", "anon64", "acq"),
    Clue("read-huge-zeros", "process_vm_readv of 512 pages of the huge zero page: pins acquired",
         "process_vm_readv", "hugezero512", "acq"),
    Clue("fork-1023", "fork with 1023 extra references, another page pinned: copies (1: yes)",
         "fork_copy_threshold", "vmsplice_refs_1023_haspinned_1", "child_has_own_copy"),
    Clue("fork-2000", "fork with 2000 extra references, nothing ever pinned: copies (1: yes)",
         "fork_copy_threshold", "vmsplice_refs_2000_haspinned_0", "child_has_own_copy"),
    Clue("splice-zeros", "16 vmsplice references to the zero page: its refcount, how much more",
         "counters", "vmsplice_zero_16", "ref_delta"),
    Clue("ring-page", "one written page as an io_uring buffer: its refcount",
         "counters", "anon", "after_reg1_refcount"),
    Clue("ring-zeros", "four pages never written as an io_uring buffer: pins acquired",
         "counters", "reg_zero4", "acq"),
)  # fmt: skip

BY_ID = {clue.id: clue for clue in CLUES}
EXEMPT, TRAP = BY_ID["read-zeros"], BY_ID["write-zeros"]


class Recorded(NamedTuple):
    """A kernel that was asked everything."""

    kernel: str
    build: str


@cache
def kernels() -> dict[str, Recorded]:
    """Return the kernels that were asked everything, by name, in the order of the recordings.

    A name is the release, and where there are two builds of it the first word of the build.

    >>> list(kernels())
    ['5.10.262', '6.1.192 without', '6.1.192 with', '6.12.117', '7.3.4']
    """
    answers = {row[:5] for row in recordings()}
    asked = dict.fromkeys(Recorded(row.kernel, row.build) for row in recordings())
    found = [one for one in asked if all((*one, *clue[2:]) in answers for clue in CLUES)]
    releases = [one.kernel for one in found]
    return {
        f"{one.kernel} {one.build.split()[0]}"
        if releases.count(one.kernel) > 1
        else one.kernel: one
        for one in found
    }


@cache
def answer(clue: Clue, name: str) -> int | str:
    """Return what a recorded kernel answered."""
    kernel, build = kernels()[name]
    return recording(kernel, clue.experiment, clue.case, build)[clue.quantity]


@cache
def predicted(clue: Clue, name: str) -> int | str:
    """Return what a recorded kernel answers in the model."""
    return predict(clue.experiment, clue.case, boot(*kernels()[name]))[clue.quantity]


def tells(clue: Clue, one: str, other: str) -> bool:
    """Return whether the answers of two kernels lie further apart than chance may put them.

    >>> tells(BY_ID["read-zeros"], "6.1.192 with", "6.1.192 without")
    True
    >>> tells(BY_ID["flight-1"], "6.12.117", "7.3.4")  # 1026 and 1025
    False
    """
    first, second = answer(clue, one), answer(clue, other)
    if isinstance(first, int) and isinstance(second, int):
        return abs(first - second) > clue.margin
    return first != second


Pairs = frozenset[frozenset[str]]


@cache
def pairs(clue: Clue) -> Pairs:
    """Return the pairs of kernels that a clue tells apart."""
    return frozenset(frozenset(two) for two in combinations(kernels(), 2) if tells(clue, *two))


def told_apart(clues: Iterable[Clue]) -> Pairs:
    """Return the pairs that at least one of some clues tells apart."""
    return frozenset[frozenset[str]]().union(*map(pairs, clues))


def fewest(clues: Iterable[Clue]) -> tuple[Clue, ...]:
    """Return the first of the smallest sets of clues that tell apart what all of them do.

    >>> [clue.id for clue in fewest(CLUES)]
    ['read-zeros', 'write-letters', 'fork-1022']
    """
    shelf = tuple(clues)
    sizes = (some for size in range(len(shelf) + 1) for some in combinations(shelf, size))
    return next(some for some in sizes if told_apart(some) == told_apart(shelf))


def possible(clues: Iterable[Clue], name: str) -> frozenset[str]:
    """Return the kernels that no clue tells from this one, itself among them."""
    apart = told_apart(clues)
    return frozenset(other for other in kernels() if {name, other} not in apart)


def shelf(draw: Draw) -> tuple[Clue, ...]:
    """Return the clues of one game: of each kind one or two, so that other games need others.

    Kinds are what clues tell apart; noisy ones are a kind of their own. The one that is the same
    on all kernels and looks like an answer is always there.
    """
    kinds: dict[object, list[Clue]] = {}
    for clue in CLUES:
        kinds.setdefault("noisy" if clue.margin else pairs(clue), []).append(clue)
    kinds[pairs(TRAP)].remove(TRAP)
    drawn = [TRAP]
    for some in kinds.values():
        drawn += draw.shuffled(some)[: 2 if len(some) > 2 else draw.one((1, 2))]
    return tuple(draw.shuffled(drawn))
