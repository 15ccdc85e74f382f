"""Snapshots: what is in use, who holds it, and that they stay as they were."""

from collections.abc import Callable

import pytest

from pinlab import FOLL_PIN, PAGE_SIZE, Kernel
from pinlab.lab.map import draw_map
from pinlab.lab.snapshot import (
    FROM_DISK,
    NO_HOLD_LEFT,
    NOT_COUNTED,
    TEETH,
    TO_DISK,
    FrameHold,
    group,
    snapshot,
)
from tests.lab.machines import MACHINES, machine, mapped


def holds(kernel: Kernel) -> dict[str, list[tuple[str, str, int]]]:
    """{holder: [(frame, kind, times)]}"""
    state = snapshot(kernel)
    names = {frame.number: frame.name for frame in state.frames}
    return {
        holder.name: [(names[hold.frame], hold.kind, hold.times) for hold in holder.holds]
        for holder in state.holders
    }


@pytest.mark.parametrize("name", MACHINES)
def test_it_has_the_machines_counters_entries_and_holders(name: str) -> None:
    kernel = MACHINES[name]()
    state, base = snapshot(kernel), 0x7F00_0000_0000 // PAGE_SIZE
    by_number = {folio.pfn: folio for folio in kernel.folios}
    for frame in state.frames:
        folio = by_number[frame.number]
        assert (frame.refcount, frame.pincount) == (folio.refcount, folio.pincount)
        assert (frame.name, frame.order, frame.freed) == (folio.name, folio.order, folio.freed)
    there = {frame.number for frame in state.frames}
    assert len(there) == len(state.frames)
    assert {hold.frame for holder in state.holders for hold in holder.holds} <= there
    for mm, process in zip(kernel.mms, state.processes, strict=True):
        assert process.name == mm.name
        for area in process.areas:
            filled = dict(area.entries)
            assert set(filled.values()) <= there
            for page in range(area.first, area.last + 1, 1 << area.order):
                found = mm.page_at((base + page) * PAGE_SIZE)
                assert (None if found is None else found.folio.pfn) == filled.get(page)
        readonly = {page for area in process.areas for page in area.readonly}
        zeros = set(kernel.names)
        faults = {e.vpn - base for e in mm.mapped() if not e.writable and e.page.folio not in zeros}
        assert readonly == faults


def test_letters_are_kept_of_single_frames_that_are_no_zero_page() -> None:
    kernel, mm = machine()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, b"AB\xe9")
    mm.read(addr, 2 * PAGE_SIZE)
    mm.write(mm.mmap(1, order=9), b"CD")
    state = snapshot(kernel, letters=4)
    assert [(frame.name, frame.letters) for frame in state.frames] == [
        ("zero page", ""), ("frame 2", "AB··"), ("frame 512", ""),
    ]  # fmt: skip
    assert {frame.letters for frame in snapshot(kernel).frames} == {""}


def test_a_zero_page_is_in_use_from_when_it_is_met_and_its_counters_are_known_before() -> None:
    kernel, mm = machine("6.4")
    zero = kernel.zero_page.folio
    for used in (0, 1, 1):
        state = snapshot(kernel)
        assert (len(state.frames), len(state.waiting)) == (used, 1 - used)
        frame = state.frame(zero.pfn)
        assert frame is not None
        assert frame.refcount == zero.refcount
        addr = mm.mmap(PAGE_SIZE)
        kernel.submit_dio_write(mm, addr, 1)
        mm.munmap(addr, PAGE_SIZE)
    assert snapshot(kernel).frame(77) is None
    assert len(kernel.folios) == 1  # the huge zero folio is not allocated by looking


def test_a_frame_that_a_step_has_freed_is_shown_once_more() -> None:
    kernel, mm = machine()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    mm.munmap(addr, PAGE_SIZE)
    assert snapshot(kernel).frames == ()
    (frame,) = snapshot(kernel, kernel.trace).frames
    assert (frame.freed, frame.refcount) == (True, 0)


def test_page_numbers_stay_when_something_else_is_unmapped() -> None:
    kernel, mm = machine()
    first, second = mm.mmap(2 * PAGE_SIZE), mm.mmap(3 * PAGE_SIZE)
    mm.munmap(first, PAGE_SIZE)
    mm.munmap(second + PAGE_SIZE, PAGE_SIZE)
    areas = snapshot(kernel).processes[0].areas
    assert [(area.first, area.last) for area in areas] == [(1, 1), (3, 3), (5, 5)]


@pytest.mark.parametrize(
    ("kernel", "found"),
    [
        (lambda: mapped("6.4", 3, written=1, dio=True),
         {"parent, DIO 1": [("zero page", "reference", 2), ("frame 2", "reference", 1)]}),
        (lambda: mapped("6.5", 3, written=1, dio=True),
         {"parent, DIO 1": [("zero page", NOT_COUNTED, 2), ("frame 2", "pin", 1)]}),
        (lambda: mapped("6.5", 3, written=1, read=True), {}),
        (MACHINES["freed"], {"parent, DIO 1": [("frame 2", NO_HOLD_LEFT, 1)]}),
    ],
)  # fmt: skip
def test_who_holds_what_but_for_mappings_and_the_boot_reference(
    kernel: Callable[[], Kernel], found: dict[str, list[tuple[str, str, int]]]
) -> None:
    assert holds(kernel()) == found


def test_other_holders_come_after_the_requests() -> None:
    kernel, mm = machine("6.4")
    addr = mm.mmap(PAGE_SIZE)
    mm.pin_user_pages(addr, 1)
    kernel.try_grab_folio(kernel.zero_page.folio, 3, FOLL_PIN)
    kernel.submit_dio_read(mm, addr, 1)
    kernel.submit_dio_write(mm, addr, 1)
    state = snapshot(kernel)
    assert [(holder.name, holder.request) for holder in state.holders] == [
        ("parent, DIO 1", FROM_DISK),
        ("parent, DIO 2", TO_DISK),
        ("parent", ""),
        ("kernel", ""),
    ]
    assert state.holders[3].holds == (FrameHold(1, "pin", 3),)


def test_a_snapshot_stays_as_it_was() -> None:
    kernel = MACHINES["three requests"]()
    before = snapshot(kernel)
    copy = snapshot(kernel)
    for request in list(kernel.requests.values()):
        request.complete()
    kernel.mms[0].mmap(PAGE_SIZE)
    assert before == copy != snapshot(kernel)


# What is drawn as one.


def test_frames_with_other_letters_are_not_stacked() -> None:
    kernel, mm = machine()
    addr = mm.mmap(12 * PAGE_SIZE)
    for page in range(12):
        mm.write(addr + page * PAGE_SIZE, b"AB"[page % 2 : page % 2 + 1])
    assert len(group(snapshot(kernel)).stacks) == 1
    stacks = group(snapshot(kernel, letters=1)).stacks
    assert [(stack.first.letters, len(stack.frames)) for stack in stacks] == [("A", 6), ("B", 6)]


def test_frames_are_stacked_only_if_they_are_many_and_alike() -> None:
    def stacks(name: str) -> list[str]:
        return [stack.name for stack in group(snapshot(MACHINES[name]())).stacks]

    assert stacks("8 pages") == ["zero page", "frame 2", "frame 3", "frame 4", "frame 5", "frame 6"]
    assert stacks("64 written") == ["frames 2 to 65"]
    assert stacks("mixed") == ["zero page", "frames 2 to 4", "28 frames"]


@pytest.mark.parametrize("name", MACHINES)
def test_strips_cover_each_page_once(name: str) -> None:
    state = snapshot(MACHINES[name]())
    for process, areas in zip(state.processes, group(state).strips, strict=True):
        for area, strips in zip(process.areas, areas, strict=True):
            covered = [page for one in strips for page in range(one.first, one.last + 1)]
            assert covered == list(range(area.first, area.last + 1))


def test_a_mapping_as_large_as_the_address_space_is_told_by_its_runs() -> None:
    kernel, mm = machine()
    addr = mm.mmap(2**39)
    for page in range(0, 64, 2):
        mm.write(addr + page * PAGE_SIZE, b"x")
    (((strip,),),) = group(snapshot(kernel)).strips
    assert (strip.first, strip.last) == (0, 2**27 - 1)
    assert strip.teeth == (0, *[None] * (TEETH - 1))
    assert f"pages 0 to {2**27 - 1}" in draw_map(kernel).twin
