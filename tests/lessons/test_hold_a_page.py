"""Lesson 02: its exercises worked out by hand; the ledger's bars and line."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.exercise import Program
from pinlab.lab.palette import OVERFLOW, PIN, REFERENCE
from pinlab.lab.picture import Picture
from pinlab.lab.problems import exercise
from pinlab.lessons import hold_a_page as here
from tests.lab.lines import points
from tests.lessons.given import recorded, trace

SEEDS = range(50)
GAINS = {"write fault": 1, "get, fast": 1, "put": -1, "unmap": -1}


def unmap(refcount: int, is_zero_page: int) -> tuple[int, bool]:
    """What unmapping one page does to its frame's refcount, and whether the frame is freed."""
    if is_zero_page:
        return refcount, False
    return refcount - 1, refcount - 1 == 0


def numbers(id: str, seed: int) -> list[int]:
    """The whole numbers in a question, the release's left out."""
    return [int(n) for n in re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", str(lab.given(id, seed)))]


def holders(seed: int) -> set[str]:
    """Who holds frame 2 at the end of the trace of `who-still-holds`."""
    left: Counter[str] = Counter()
    for event in trace("who-still-holds", seed):
        if event.page == "frame 2":
            name = event.actor.removeprefix("parent").removeprefix(", ") or "mapping"
            left[name] += GAINS[event.operation]
    return {name for name, holds in left.items() if holds}


def bugs(seed: int) -> dict[str, int]:
    """Which request of `two-bugs` has a hold left, and which has given back too many."""
    left: Counter[str] = Counter()
    for event in trace("two-bugs", seed):
        left[event.actor] += GAINS[event.operation]
    del left["parent"]
    number = {holds: int(actor.split()[-1]) for actor, holds in left.items() if holds}
    return {"leaks": number[1], "puts twice": number[-1]}


def refcount(seed: int) -> int:
    """The refcount that `refcount-after` asks for."""
    _, gets, puts, submitted, completed = numbers("refcount-after", seed)
    return 1 + gets - puts + submitted - completed


def zero_page(seed: int) -> int:
    """The refcount that `zero-page-mapped` asks for: a start, and what GUP adds."""
    _, _, gets, start = numbers("zero-page-mapped", seed)
    return start + gets


def sent() -> str:
    """What two requests send to disk in the model, if the page is written to between them."""
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"old")
    requests = [kernel.submit_dio_write(mm, addr, 1)]
    mm.write(addr, b"new")
    requests.append(kernel.submit_dio_write(mm, addr, 1))
    return ", ".join(request.device_read(3).decode() for request in requests)


def place_of_the_device() -> str:
    """Where the device writes in the model after the buffer was unmapped."""
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"old")
    frame = mm.page_at(addr)
    assert frame is not None
    request = kernel.submit_dio_read(mm, addr, 1)
    mm.munmap(addr, PAGE_SIZE)
    request.device_write(b"new")
    return "the same frame" if frame.device_read(3) == b"new" else "somebody else's frame"


def put_that_frees() -> int:
    """Which put frees a frame that was got twice, in the model."""
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio()
    kernel.get_page(folio.page(0))
    kernel.get_page(folio.page(0))
    puts = 0
    while not folio.freed:
        kernel.put_page(folio.page(0))
        puts += 1
    return puts


RIGHT: dict[str, object] = {
    "where-it-writes": place_of_the_device(),
    "which-put-frees": put_that_frees(),
    "what-goes-to-disk": sent(),
    "unmap": unmap,
    "zero-page-mapped": zero_page(seed=0),
    "refcount-after": refcount(seed=0),
    "who-still-holds": holders(seed=0),
    "two-bugs": bugs(seed=0),
}


ANSWERS = {
    "zero-page-mapped": zero_page,
    "refcount-after": refcount,
    "who-still-holds": holders,
    "two-bugs": bugs,
}


@pytest.mark.parametrize("id", ANSWERS)
def test_every_seed_has_the_answer_that_is_worked_out_from_what_it_hands_out(id: str) -> None:
    assert [seed for seed in SEEDS if not lab.check(id, ANSWERS[id](seed), seed).right] == []
    assert len({str(lab.given(id, seed)) for seed in SEEDS}) >= 25
    assert len({str(exercise(id, seed).solution()) for seed in SEEDS}) >= 5


def test_the_unmapping_is_tried_in_38_states_of_both_pages_and_both_ends() -> None:
    found = exercise("unmap")
    assert isinstance(found, Program)
    assert len(set(found.states)) == len(found.states) == 38
    assert {unmap(*state)[1] for state in found.states if not state[1]} == {True, False}
    assert {state[1] for state in found.states} == {True, False}


def test_the_first_state_that_differs_is_shown_with_the_models_trace() -> None:
    reply = lab.check("unmap", lambda refcount, zero: (refcount - 1, False))
    assert "`unmap(refcount=2, is_zero_page=True)`: expected (2, False)" in reply.text
    assert "unmap" in reply.details
    assert "zero page" in reply.details


def two_requests(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    yield "It maps a page."
    mm.write(addr, b"x")
    yield "It writes."
    first = kernel.submit_dio_write(mm, addr, 1)
    yield "To disk."
    second = kernel.submit_dio_read(mm, addr, 1)
    yield "From disk."
    mm.munmap(addr, PAGE_SIZE)
    yield "It unmaps."
    first.complete()
    yield "The first completes."
    second.complete()
    yield "The second completes."


def put_twice(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    yield "It writes."
    request = kernel.submit_dio_write(mm, addr, 1)
    yield "To disk."
    (page,) = request.pages
    request.complete()
    yield "It completes."
    kernel.put_page(page)
    yield "Once more."


def only_reads(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    mm.read(mm.mmap(PAGE_SIZE), 1)
    yield "It reads."


def zero_page_and_another(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.get_user_pages(addr, 1)
    yield "One reference to the zero page."
    mm.write(addr + PAGE_SIZE, b"x")
    mm.get_user_pages(addr + PAGE_SIZE, 1)
    yield "A written page, and a reference to its frame."


def sixteen_references(kernel: Kernel) -> Iterator[str]:
    page = kernel.alloc_folio().page(0)
    yield "A frame is allocated."
    for _ in range(16):
        kernel.get_page(page)
    yield "16 references."


def old(page: str | None = None) -> Picture:
    return here.ledger(two_requests, Kernel("6.4"), page)


def panel(picture: Picture) -> Axes:
    (only,) = picture.figure.axes
    return only


def bars(picture: Picture) -> dict[int, list[Rectangle]]:
    """The bars of each step, from below."""
    found: dict[int, list[Rectangle]] = {}
    for patch in panel(picture).patches:
        assert isinstance(patch, Rectangle)
        found.setdefault(round(patch.get_x() + patch.get_width() / 2), []).append(patch)
    return {step: sorted(stack, key=Rectangle.get_y) for step, stack in found.items()}


def tops(picture: Picture) -> dict[int, float]:
    return {s: stack[-1].get_y() + stack[-1].get_height() for s, stack in bars(picture).items()}


def counters(picture: Picture) -> list[tuple[float, float]]:
    """The line: the one with a point for each step in which the frame is in use."""
    (line,) = (line for line in panel(picture).lines if line.get_drawstyle() == "steps-mid")
    return points(line)


def words_in(picture: Picture) -> list[str]:
    return [text.get_text() for text in panel(picture).texts]


def table(picture: Picture) -> dict[str, list[str]]:
    assert picture.table is not None
    return {str(name): list(column) for name, column in picture.table.columns.items()}


def test_line_and_bars_are_as_high_as_the_refcount_while_every_release_has_a_hold() -> None:
    heights = {2: 1, 3: 2, 4: 3, 5: 2, 6: 1}
    assert counters(old()) == [*heights.items(), (7, 0)]
    assert tops(old()) == heights
    for stack in bars(old()).values():
        assert [bar.get_y() for bar in stack] == list(range(len(stack)))


def test_mappings_stand_below_and_look_unlike_references_and_each_has_its_holder_in_it() -> None:
    mapping, reference = bars(old())[3]
    assert to_hex(mapping.get_facecolor()) == "#ffffff"
    assert to_hex(reference.get_facecolor()) == REFERENCE.lower()
    assert [words_in(old()).count(name) for name in ("mapping", "DIO 1", "DIO 2")] == [3, 3, 3]


def test_the_table_has_the_holds_by_holder_and_the_refcount() -> None:
    assert table(old()) == {
        "mapping of parent": ["-", "1", "1", "1", "0", "0", "0"],
        "reference of DIO 1": ["-", "0", "1", "1", "1", "0", "0"],
        "reference of DIO 2": ["-", "0", "0", "1", "1", "1", "0"],
        "refcount": ["-", "1", "2", "3", "2", "1", "0"],
    }


def test_the_words_tell_each_step() -> None:
    title, *lines = old().twin.split("\n")
    assert title == "The ledger of frame 2 on Linux 6.4, and its refcount:"
    assert lines[0] == "1. It maps a page. Frame 2 is not in use yet."
    assert lines[3] == (
        "4. From disk. 1 mapping of parent, 1 reference of DIO 1, 1 reference of DIO 2; refcount 3."
    )
    assert lines[6] == (
        "7. The second completes. Nobody holds it; refcount 0, and the frame is freed."
    )
    assert old().alt.endswith("none yet, 1, 2, 3, 2, 1, 0.")


def test_a_pin_is_as_high_as_what_it_adds_and_hatched() -> None:
    picture = here.ledger(two_requests)
    mapping, pin = bars(picture)[3]
    assert (mapping.get_height(), pin.get_height()) == (1, 1024)
    assert to_hex(pin.get_facecolor()) == PIN.lower()
    assert pin.get_hatch()
    assert tops(picture) == dict(counters(picture)[:-1])
    assert table(picture)["pin of DIO 1"][2] == "1"


def test_a_double_put_parts_the_line_from_the_bars() -> None:
    picture = here.ledger(put_twice, Kernel("6.4"))
    assert counters(picture)[-1] == (4, 0)
    assert tops(picture)[4] == 1
    assert picture.twin.endswith(
        "1 mapping of parent; refcount 0, although the holds add up to 1, and the frame is freed."
    )


def test_where_they_part_there_is_a_cross_and_nowhere_else() -> None:
    (cross,) = crosses(here.ledger(put_twice, Kernel("6.4")))
    assert (points(cross), cross.get_markerfacecolor()) == ([(4, 0)], OVERFLOW)
    assert crosses(old()) == []


def crosses(picture: Picture) -> list[Line2D]:
    return [line for line in panel(picture).lines if line.get_marker() == "X"]


def test_a_page_can_be_chosen_by_its_name_in_the_trace() -> None:
    picture = here.ledger(zero_page_and_another, Kernel("6.4"), page="zero page")
    assert counters(picture) == [(1, 2), (2, 2)]
    assert table(picture)["from the start"] == ["1", "1"]
    assert "1 from the start, 1 reference of parent; refcount 2" in picture.twin


def test_without_a_choice_it_is_the_page_with_the_most_holds() -> None:
    picture = here.ledger(zero_page_and_another, Kernel("6.4"))
    assert "frame 2" in picture.twin
    assert counters(picture) == [(2, 2)]


def test_several_holds_of_one_holder_are_one_bar_with_their_number() -> None:
    picture = here.ledger(sixteen_references)
    assert [bar.get_height() for bar in bars(picture)[2]] == [17]
    assert "17 x kernel" in words_in(picture)
    assert "17 references of kernel; refcount 17." in picture.twin


def test_the_axes_hold_everything() -> None:
    for story in (two_requests, put_twice, sixteen_references):
        picture = here.ledger(story)
        low, high = panel(picture).get_ylim()
        assert low < 0
        assert high > max([*tops(picture).values(), *(y for _, y in counters(picture))])


def test_another_name_is_told_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=re.escape("page is 'frame 7': allowed are ")):
        old("frame 7")


def test_a_story_without_holds_has_no_ledger() -> None:
    with pytest.raises(ValueError, match="story: nobody takes a hold in it"):
        here.ledger(only_reads)


def test_the_riddle_is_drawn_before_the_request() -> None:
    kernel = here.buffer()
    assert not kernel.requests
    assert kernel.folios[-1].refcount == 1


def test_what_is_right_of_a_guess_is_worked_out_by_hand() -> None:
    assert here.refcounts(two_requests) == [0, 1, 2, 3, 2, 1, 0]
    assert here.fate(put_twice) == "freed"
    assert here.fate(sixteen_references) == "still in use"


BY_HAND = {"vmsplice_anon_16": 16, "anon_dio_inflight_x2": 2, "zero_mapped_1024x": 0}
"""What each of them adds to a refcount where every hold is a reference."""


@pytest.mark.parametrize("kernel", ["5.10.262", "6.1.192"])
@pytest.mark.parametrize(("case", "added"), BY_HAND.items())
def test_two_kernels_were_recorded_with_what_the_text_says(
    kernel: str, case: str, added: int
) -> None:
    rows = recorded(kernel=kernel, experiment="counters", case=case, quantity="ref_delta")
    assert {row["value"] for row in rows} == {str(added)}


def test_a_put_too_many_is_taken_and_only_a_freed_frame_is_refused() -> None:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.write(addr, b"x")
    (page,) = mm.get_user_pages(addr, 1)
    kernel.put_page(page)
    kernel.put_page(page)
    assert page.folio.freed
    with pytest.raises(RuntimeError):
        kernel.put_page(page)
