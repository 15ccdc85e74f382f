"""The map in words: what there is, and what a step has changed."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from pinlab import PAGE_SIZE, Kernel, Mm
from pinlab.lab.map import draw_map
from pinlab.lab.map_words import changes, in_words
from pinlab.lab.snapshot import group, snapshot
from tests.lab.machines import MACHINES, MIB2, machine

SAID = [
    ("nothing", "No process, and no frame in use."),
    ("64 never read", "parent: pages 0 to 63 (64 entries) are empty."),
    ("64 written", "Frames 2 to 65: each has refcount 1025."),
    ("8 pages", "pages 5 to 7 (3 entries) point to the zero page"),
    ("order 9", "Frame 512 (512 pages) has refcount 65 and pincount 64."),
    ("two processes", "child: pages 0 to 63 (64 entries) point to the zero page."),
    ("unmapped", "parent: nothing is mapped."),
    ("freed", "Frame 2 has refcount 0, freed."),
    ("overflow", "The zero page has refcount -2147483647 (-2³¹ + 1), below zero."),
    ("forked", "child: page 0 points to frame 2, read-only."),
    ("forked, 1 of 3 written", "parent: page 0 points to frame 5; page 1 points to frame 3, "
    "read-only; page 2 points to frame 4, read-only."),
    ("64 forked", "parent: pages 0 to 63 (64 entries) point to frames 2 to 65, read-only."),
    ("two areas", "page 0 points to frame 2; page 1 is empty; page 3 points to frame 3"),
    ("1 written, 63 zero", "Device, for DIO 1 of parent, reads memory (to disk): "
     "63 pages on the zero page, not counted; 1 pin on frame 2."),
    ("64 written", "64 pins, 1 on each of frames 2 to 65."),
    ("huge zero folio", "Held for parent: 1 pin on the huge zero folio."),
    ("freed", "1 page on frame 2, no hold left."),
    ("overflow", "Held by the kernel: 2097152 (2²¹) pins on the zero page."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "words"), SAID)
def test_what_there_is_and_what_each_holder_has(name: str, words: str) -> None:
    assert words in draw_map(MACHINES[name]()).twin


def pin(kernel: Kernel, mm: Mm, addr: int) -> None:
    mm.pin_user_pages(addr, 1)


def submit(kernel: Kernel, mm: Mm, addr: int) -> None:
    kernel.submit_dio_write(mm, addr, 2)


def unmap(kernel: Kernel, mm: Mm, addr: int) -> None:
    mm.munmap(addr, PAGE_SIZE)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (lambda *_: None, ["No counter changes."]),
        (lambda kernel, mm, addr: mm.write(addr + PAGE_SIZE, b"x"),
         ["Frame 3 is new, with refcount 1.", "parent: page 1 points to frame 3."]),
        (pin, ["Frame 2: refcount 1 to 1025."]),
        (submit, ["The zero page: refcount 1 to 2.", "Frame 2: refcount 1 to 2.",
                  "parent: page 1 points to the zero page.", "DIO 1 of parent is in flight."]),
        (unmap, ["Frame 2 is freed: refcount 1 to 0.", "parent now maps page 1."]),
        (lambda kernel, mm, addr: kernel.new_mm("child").mmap(PAGE_SIZE),
         ["No counter changes.", "child now maps page 0."]),
        (lambda kernel, mm, addr: mm.munmap(addr, 2 * PAGE_SIZE),
         ["Frame 2 is freed: refcount 1 to 0.", "parent now maps nothing."]),
    ],
)  # fmt: skip
def test_what_a_step_has_changed(step: Callable[[Kernel, Mm, int], None], said: list[str]) -> None:
    kernel, mm = machine("6.4")
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, b"x")
    before, told = snapshot(kernel), len(kernel.trace)
    step(kernel, mm, addr)
    assert changes(before, snapshot(kernel, kernel.trace[told:])) == said


def test_what_fork_and_a_write_change_of_an_entry() -> None:
    kernel, mm = machine("6.4")
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"AB")
    states = [snapshot(kernel, letters=2)]
    child = mm.fork("child")
    states.append(snapshot(kernel, letters=2))
    mm.write(addr, b"p")
    states.append(snapshot(kernel, letters=2))
    child.write(addr, b"c")
    states.append(snapshot(kernel, letters=2))
    assert [changes(*pair) for pair in pairwise(states)] == [
        ["Frame 2: refcount 1 to 2.", "parent: page 0 points to frame 2, read-only.",
         "child now maps page 0.", "child: page 0 points to frame 2, read-only."],
        ["Frame 2: refcount 2 to 1.", "Frame 3 is new, with refcount 1.",
         "Frame 3 begins with pB.", "parent: page 0 points to frame 3, writable."],
        ["No counter changes.", "Frame 2 begins with cB.",
         "child: page 0 points to frame 2, writable."],
    ]  # fmt: skip


def test_letters_are_said_only_if_they_were_asked_for() -> None:
    kernel, mm = machine()
    mm.write(mm.mmap(PAGE_SIZE), b"AB")
    for letters, said in ((0, "Frame 2 has refcount 1."),
                          (2, "Frame 2 has refcount 1, beginning with AB.")):  # fmt: skip
        state = snapshot(kernel, letters=letters)
        assert in_words(state, group(state))[-1] == said


def test_a_pincount_is_said_as_well() -> None:
    kernel, mm = machine("6.18")
    addr = mm.mmap(MIB2, order=9)
    mm.write(addr, b"x")
    before = snapshot(kernel)
    mm.pin_user_pages(addr, 2)
    assert changes(before, snapshot(kernel)) == ["Frame 512: refcount 1 to 3, pincount 0 to 2."]


def test_frames_that_change_alike_are_said_together() -> None:
    kernel, mm = machine("6.5")
    addr = mm.mmap(64 * PAGE_SIZE)
    before = snapshot(kernel)
    mm.write(addr, bytes(64 * PAGE_SIZE))
    written = snapshot(kernel)
    assert changes(before, written)[0] == "Frames 2 to 65 are new, each refcount 1."
    request = kernel.submit_dio_write(mm, addr, 64)
    assert changes(written, snapshot(kernel)) == [
        "Frames 2 to 65: each refcount 1 to 1025.",
        "DIO 1 of parent is in flight.",
    ]
    held = snapshot(kernel)
    request.complete()
    assert changes(held, snapshot(kernel))[-1] == "DIO 1 of parent has completed."
