"""Lesson 01: its exercises right where the model is, every seed a question of its own; its map."""

import re
from collections.abc import Callable

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Number, Program
from pinlab.lab.problems import exercise
from pinlab.lessons import draw_a_page as here

SEEDS = range(50)
NONE, ZERO = 0, 1


def page_fault(entry: int, write: int, free: int) -> tuple[int, int]:
    """What a page fault does to an entry."""
    if write and entry in (NONE, ZERO):
        return free, free + 1
    if entry == NONE:
        return ZERO, free
    return entry, free


def written(seed: int) -> set[tuple[str, int]]:
    """The pages in which the bytes of `own-frames` lie, with their process."""
    rows = re.findall(r"\| (first|second) \| (\d+) \| (\d+) \|", str(lab.given("own-frames", seed)))
    return {
        (process, byte // 4096)
        for process, start, nbytes in rows
        for byte in range(int(start), int(start) + int(nbytes))
    }


LINE = re.compile(r"\d\. (?P<what>\D+?) (?:a byte into )?pages? (?P<first>\d)(?: to (?P<last>\d))?")
BRINGS = {
    "the program reads": "the zero page",
    "direct I/O to disk takes": "the zero page",
    "the program writes": "frame",
    "direct I/O from disk fills": "frame",
}


def impossible(seed: int) -> list[int]:
    """The pages of `entry-that-cannot-be` whose entry is not what the accesses brought."""
    done, _, table = str(lab.given("entry-that-cannot-be", seed)).partition("\n\n")
    wanted = dict.fromkeys(range(8), "- (empty)")
    for line in done.splitlines():
        found = LINE.fullmatch(line)
        assert found is not None, line
        first, last = int(found["first"]), int(found["last"] or found["first"])
        for page in range(first, last + 1):
            if wanted[page] != "frame":
                wanted[page] = BRINGS[found["what"]]
    rows = [line.split(maxsplit=1) for line in table.splitlines()[1:]]
    assert [int(page) for page, _ in rows] == list(range(8))
    return [int(page) for page, entry in rows if not entry.startswith(wanted[int(page)])]


def how_many_frames() -> dict[str, int]:
    """The three numbers, counted in the model."""
    kernel = Kernel("6.18")
    behind = list[set[object]]()
    for name in ("first", "second"):
        mm = kernel.new_mm(name)
        addr = mm.mmap(64 * PAGE_SIZE)
        addresses = range(addr, addr + 64 * PAGE_SIZE, PAGE_SIZE)
        mm.read(addr, 64 * PAGE_SIZE)
        behind.append({mm.page_at(each) for each in addresses})
        for page in (0, 9, 63):
            mm.write(addresses[page], b"\0")
        behind.append({mm.page_at(each) for each in addresses})
    read, written, _, others = behind
    return {"read": len(read), "written": len(written), "both": len(written | others)}


def bytes_on_the_way() -> str:
    kernel = Kernel("6.18")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"old")
    request = kernel.submit_dio_write(mm, addr, 1)
    mm.write(addr, b"new")
    return request.device_read(3).decode()


def with_the_zero_page() -> set[str]:
    """The requests whose device is given the zero page by the model."""
    found = set()
    for direction in ("to disk", "from disk"):
        for state in ("never touched", "only read", "all written"):
            kernel = Kernel("6.18")
            mm = kernel.new_mm()
            addr = mm.mmap(PAGE_SIZE)
            if state == "only read":
                mm.read(addr, 1)
            if state == "all written":
                mm.write(addr, b"\0")
            to_disk = direction == "to disk"
            submit = kernel.submit_dio_write if to_disk else kernel.submit_dio_read
            if submit(mm, addr, 1).pages == [kernel.zero_page]:
                found.add(f"{direction}: {state}")
    return found


RIGHT: dict[str, object] = {
    "how-many-frames": how_many_frames(),
    "which-bytes": bytes_on_the_way(),
    "meets-the-zero-page": with_the_zero_page(),
    "page-fault": page_fault,
    "own-frames": len(written(seed=0)),
    "entry-that-cannot-be": impossible(seed=0)[0],
}


@pytest.mark.parametrize(
    ("id", "right"),
    [
        ("own-frames", lambda seed: len(written(seed))),
        ("entry-that-cannot-be", lambda seed: impossible(seed)[0]),
    ],
)
def test_each_seed_has_a_problem_of_its_own_and_its_answer_worked_out_by_hand(
    id: str, right: Callable[[int], int]
) -> None:
    assert [seed for seed in SEEDS if not lab.check(id, right(seed), seed).right] == []
    made = [exercise(id, seed) for seed in SEEDS]
    assert len({f"{each.question}\n{each.given}" for each in made}) >= 45
    assert len({each.right for each in made if isinstance(each, Number)}) >= 3


def test_the_fault_is_tried_in_64_states_with_every_kind_of_entry_read_and_written() -> None:
    fault = exercise("page-fault")
    assert isinstance(fault, Program)
    assert len(set(fault.states)) == len(fault.states) == 64
    kinds = {(min(entry, 2), write) for entry, write, _ in fault.states}
    assert kinds == {(kind, write) for kind in range(3) for write in range(2)}


def test_the_first_fault_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("page-fault", lambda entry, write, free: (2, 3))
    assert "`page_fault(entry=0, write=0, free=2)`: expected (1, 2), came (2, 3)" in reply.text
    assert "read fault" in reply.details
    reply = lab.check("page-fault", lambda *of: (of[2], of[2] + 1) if of[1] else page_fault(*of))
    assert reply.details == "In the model nothing happens: the entry allows this access."


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    ("read", "written"), [(64, 0), (64, 3), (0, 3), (10, 3), (3, 10), (64, 64), (1, 0), (0, 0)]
)
def test_entries_and_sentence_are_of_the_machine_worked_out_by_hand(
    read: int, written: int, processes: int
) -> None:
    brush = here.touch(read, written, processes).widget
    zero, empty = max(read - written, 0), 64 - max(read, written)
    own = [range(2 + n * written, 2 + (n + 1) * written) for n in range(processes)]
    assert brush.entries == [[*frames, *[1] * zero, *[0] * empty] for frames in own]
    done, _, found = brush.said.partition("written")
    assert list(map(int, re.findall(r"\d+", done))) == [read, written]
    frames = processes * written + (zero > 0)
    by_hand = [*(processes * n for n in (written, zero, empty, 64)), frames]
    found = found.removeprefix(", by each of 2 processes")
    assert list(map(int, re.findall(r"\d+", found))) == by_hand


@pytest.mark.parametrize(
    ("read", "written", "words"),
    [
        (64, 1, "1 page has a frame of its own, 63 entries point to the zero page, 0 are empty."),
        (1, 0, "1 page read, 0 written. 0 pages have frames of their own, 1 entry points to"),
        (63, 0, "1 is empty. Behind 64 pages: 1 frame."),
    ],
)
def test_one_is_one(read: int, written: int, words: str) -> None:
    assert words in here.touch(read, written).widget.said


def test_a_page_that_is_touched_points_to_the_zero_page_or_gets_the_next_frame() -> None:
    brush = here.touch(0, 0).widget
    said = []
    for write, page in ((False, 5), (True, 5), (True, 5), (False, 5), (True, 0)):
        brush.hear({"process": 0, "pages": [page], "write": write})
        said.append((brush.said.partition(".")[0], brush.entries[0][0], brush.entries[0][5]))
    assert said == [
        ("parent reads page 5", 0, 1),
        ("parent writes page 5", 0, 2),
        ("parent writes page 5, and nothing changes", 0, 2),
        ("parent reads page 5, and nothing changes", 0, 2),
        ("parent writes page 0", 3, 2),
    ]
    brush.hear({"processes": 2})
    assert (brush.names, brush.entries) == (["parent", "other"], [[0] * 64] * 2)
    brush.hear({"process": 1, "pages": [*range(64)], "write": False})
    assert brush.entries == [[0] * 64, [1] * 64]
    assert brush.said.startswith("other reads all pages. 0 pages have frames of their own, 64 ")
    brush.hear({"process": None, "pages": [*range(64)], "write": False})
    assert brush.said.startswith("both read all pages. 0 pages have frames of their own, 128 ")
    brush.hear({"process": None, "pages": [*range(64)], "write": False})
    assert brush.said.startswith("both read all pages, and nothing changes. ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((65,), "read is 65"), ((0, -1), "written is -1"), ((0, 0, 3), "processes is 3")],
)
def test_numbers_that_cannot_be_are_named(arguments: tuple[int, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        here.touch(*arguments)
