"""The trace as a list, a plain-text table and a DataFrame."""

import re

import pytest

from pinlab import FOLL_PIN, PAGE_SIZE, Kernel
from pinlab.model.trace import Trace


def short_story() -> Kernel:
    kernel = Kernel("6.4")
    mm = kernel.new_mm()
    kernel.unpin_user_pages(mm.pin_user_pages(mm.mmap(2 * PAGE_SIZE), 2))
    kernel.alloc_folio(9)
    return kernel


def test_an_event_says_what_it_changed_and_what_it_left() -> None:
    kernel = Kernel("6.4")
    folio = kernel.alloc_folio(9)
    kernel.try_grab_folio(folio, 2, FOLL_PIN)
    folio.page(3).device_write(b"D")
    pinned, written = kernel.trace[1:]
    assert (pinned.pages, pinned.refcount_before, pinned.pincount_before) == (2, 1, 0)
    assert (pinned.refcount_after, pinned.pincount_after) == (3, 2)
    assert (written.operation, written.pages, written.note) == ("device write", 1, "1 byte")
    assert (written.refcount_before, written.pincount_before) == (3, 2)
    assert (written.refcount_after, written.pincount_after) == (3, 2)


def test_the_table_is_aligned_plain_text() -> None:
    table = short_story().trace[1:].table()
    assert table.splitlines() == [
        "step  actor   operation  page       pages   refcount  pincount  acquired  released",
        "   1  parent  pin        zero page      2  1 -> 2049         -         2         0",
        "   2  kernel  unpin      zero page      2  2049 -> 1         -         2         2",
        "   3  kernel  alloc      frame 512    512     0 -> 1         0         2         2",
    ]


def test_a_column_that_says_nothing_is_left_out() -> None:
    kernel = Kernel("6.4")
    page = kernel.alloc_folio().page(0)
    kernel.get_page(page)
    page.device_write(b"D")
    assert kernel.trace.table().splitlines() == [
        "step  actor   operation     page     refcount  note",
        "   0  kernel  alloc         frame 2    0 -> 1",
        "   1  kernel  get_page      frame 2    1 -> 2",
        "   2  device  device write  frame 2         2  1 byte",
    ]
    assert "note" not in kernel.trace[:2].table()
    assert kernel.trace[:1].table().splitlines()[0] == "step  actor   operation  page     refcount"


def test_notes_that_would_make_a_line_too_long_stand_below_the_events() -> None:
    event = short_story().trace[1]
    trace = Trace([event._replace(note="which is told " * 7), event])
    head, first, *note, second = trace.table().splitlines()
    assert (head, first, second) == tuple(Trace([event, event]).table().splitlines())
    assert note == [
        "      " + "which is told " * 4 + "which is",
        "      told which is told which is told",
    ]


@pytest.mark.parametrize(("longest", "lines"), [(72, 2), (73, 3)])
def test_a_note_stays_on_a_line_of_72_characters(longest: int, lines: int) -> None:
    kernel = Kernel("6.4")
    kernel.alloc_folio(0)
    (event,) = kernel.trace
    beside = len(Trace([event._replace(note="x")]).table().splitlines()[1]) - 1
    told = Trace([event._replace(note="x" * (longest - beside))]).table().splitlines()
    assert len(told) == lines
    assert max(map(len, told)) <= 72


def test_a_notebook_shows_the_same_cells_as_a_table() -> None:
    kernel = Kernel("6.4")
    kernel.get_page(kernel.alloc_folio().page(0))
    trace = Trace(event._replace(note="a < b") for event in kernel.trace)
    html = trace._repr_html_()
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</", row) for row in html.split("<tr>")[1:]]
    assert rows[0] == ["step", "actor", "operation", "page", "refcount", "note"]
    assert rows[2] == ["1", "kernel", "get_page", "frame 2", "1 -&gt; 2", "a &lt; b"]
    pretty = pytest.importorskip("IPython.lib.pretty").pretty
    assert pretty(trace) == trace.table()


def test_an_empty_trace_is_a_heading() -> None:
    assert str(Kernel().trace) == "step  actor  operation  page  refcount"
    assert Kernel().trace._repr_html_().count("<th") == 5
    assert repr(Kernel().trace) == "<Trace of 0 events>"


def test_a_slice_is_a_trace() -> None:
    trace = short_story().trace
    assert isinstance(trace[1:3], Trace)
    assert list(trace[1:3]) == [trace[1], trace[2]]
    assert len(trace[:0]) == 0


def test_the_dataframe_has_the_same_numbers() -> None:
    pytest.importorskip("pandas")
    trace = short_story().trace
    frame = trace.to_dataframe()
    assert list(frame.index) == [event.step for event in trace]
    assert frame["refcount_after"].tolist() == [event.refcount_after for event in trace]
    assert frame["pincount_after"].isna().tolist() == [True, True, True, False]
    empty = Kernel().trace.to_dataframe()
    assert len(empty) == 0
    assert empty["refcount_after"].dtype == frame["refcount_after"].dtype == "int64"
