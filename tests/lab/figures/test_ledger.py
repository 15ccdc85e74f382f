"""The ledger of one frame: bars as high as the holds, a line as high as the counter."""

import re
from collections.abc import Iterator

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.palette import OVERFLOW, PIN, REFERENCE
from pinlab.lab.picture import Picture
from tests.lab.lines import points


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
    return lab.ledger(two_requests, Kernel("6.4"), page)


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
    return {str(name): list(column) for name, column in picture.table.items()}


def test_the_line_is_the_refcount_from_the_step_on_in_which_the_frame_is_used() -> None:
    assert counters(old()) == [(2, 1), (3, 2), (4, 3), (5, 2), (6, 1), (7, 0)]


def test_the_bars_are_as_high_as_the_line_while_every_release_has_a_hold() -> None:
    assert tops(old()) == {2: 1, 3: 2, 4: 3, 5: 2, 6: 1}


def test_a_bar_stands_on_the_one_below() -> None:
    for stack in bars(old()).values():
        assert [bar.get_y() for bar in stack] == list(range(len(stack)))


def test_mappings_stand_below_and_look_unlike_references() -> None:
    mapping, reference = bars(old())[3]
    assert to_hex(mapping.get_facecolor()) == "#ffffff"
    assert to_hex(reference.get_facecolor()) == REFERENCE.lower()


def test_every_bar_has_its_holder_in_it() -> None:
    assert words_in(old()).count("mapping") == 3
    assert [words_in(old()).count(f"DIO {n}") for n in (1, 2)] == [3, 3]


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


def test_the_alt_text_has_the_line() -> None:
    assert "after each of 7 steps" in old().alt
    assert old().alt.endswith("none yet, 1, 2, 3, 2, 1, 0.")


def test_a_pin_is_as_high_as_what_it_adds_and_hatched() -> None:
    picture = lab.ledger(two_requests)
    mapping, pin = bars(picture)[3]
    assert (mapping.get_height(), pin.get_height()) == (1, 1024)
    assert to_hex(pin.get_facecolor()) == PIN.lower()
    assert pin.get_hatch()
    assert tops(picture) == dict(counters(picture)[:-1])
    assert table(picture)["pin of DIO 1"][2] == "1"


def test_a_double_put_parts_the_line_from_the_bars() -> None:
    picture = lab.ledger(put_twice, Kernel("6.4"))
    assert counters(picture)[-1] == (4, 0)
    assert tops(picture)[4] == 1
    assert picture.twin.endswith(
        "1 mapping of parent; refcount 0, although the holds add up to 1, and the frame is freed."
    )


def crosses(picture: Picture) -> list[tuple[float, float]]:
    return [p for line in panel(picture).lines if line.get_marker() == "X" for p in points(line)]


def test_where_they_part_there_is_a_cross_and_nowhere_else() -> None:
    assert crosses(lab.ledger(put_twice, Kernel("6.4"))) == [(4, 0)]
    assert crosses(old()) == []
    (line,) = (
        line
        for line in panel(lab.ledger(put_twice, Kernel("6.4"))).lines
        if line.get_marker() == "X"
    )
    assert line.get_markerfacecolor() == OVERFLOW


def test_a_page_can_be_chosen_by_its_name_in_the_trace() -> None:
    picture = lab.ledger(zero_page_and_another, Kernel("6.4"), page="zero page")
    assert counters(picture) == [(1, 2), (2, 2)]
    assert table(picture)["from the start"] == ["1", "1"]
    assert "1 from the start, 1 reference of parent; refcount 2" in picture.twin


def test_without_a_choice_it_is_the_page_with_the_most_holds() -> None:
    picture = lab.ledger(zero_page_and_another, Kernel("6.4"))
    assert "frame 2" in picture.twin
    assert counters(picture) == [(2, 2)]


def test_several_holds_of_one_holder_are_one_bar_with_their_number() -> None:
    picture = lab.ledger(sixteen_references)
    assert [bar.get_height() for bar in bars(picture)[2]] == [17]
    assert "17 x kernel" in words_in(picture)
    assert "17 references of kernel; refcount 17." in picture.twin


def test_the_axes_hold_everything() -> None:
    for story in (two_requests, put_twice, sixteen_references):
        picture = lab.ledger(story)
        low, high = panel(picture).get_ylim()
        assert low < 0
        assert high > max([*tops(picture).values(), *(y for _, y in counters(picture))])


def test_another_name_is_told_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=re.escape("page is 'frame 7': allowed are ")):
        old("frame 7")


def test_a_story_without_holds_has_no_ledger() -> None:
    with pytest.raises(ValueError, match="story: nobody takes a hold in it"):
        lab.ledger(only_reads)


@pytest.mark.parametrize("kernel", ["6.4", 6.4])
def test_a_kernel_is_a_kernel(kernel: object) -> None:
    with pytest.raises(TypeError, match="kernel is "):
        lab.ledger(two_requests, kernel)  # type: ignore[arg-type]
