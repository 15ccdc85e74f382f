"""The cliff: the model lies on what was recorded, and the picture on the model."""

import csv
import re
from functools import cache

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.callers import KERNEL, WITH_FIX, WITHOUT_FIX
from pinlab.lab.figures.cliff import (
    MOST_READERS,
    Cliff,
    cliff,
    modelled_readers,
    recorded_readers,
    sentence,
)
from pinlab.machine.predictions.holds import Held
from tests.lab.figures.lines import points

BUILDS = (WITHOUT_FIX, WITH_FIX)
whole_cliff = cache(cliff)
drawn_cliff = cache(Cliff)


def in_the_file(build: str, quantity: str) -> dict[int, int]:
    """A recorded quantity by the number of readers, straight from the data file."""
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        return {
            int(case[1]): int(row["value"])
            for row in csv.DictReader(file)
            if (row["kernel"], row["build"], row["quantity"]) == (KERNEL, build, quantity)
            and (case := re.fullmatch(r"hold2056:threads=(\d+)", row["case"]))
        }


@pytest.mark.parametrize("build", BUILDS)
def test_what_was_recorded_is_what_the_file_says(build: str) -> None:
    refcounts, pins = in_the_file(build, "refcount"), in_the_file(build, "vmstat_inflight")
    recorded = {n: held for n, held in recorded_readers(build).items() if n}
    assert len(recorded) > 15
    assert recorded == {n: Held(refcounts[n], pins[n]) for n in refcounts if n <= MOST_READERS}


@pytest.mark.parametrize("build", BUILDS)
def test_with_no_reader_the_refcount_is_the_one_of_the_start(build: str) -> None:
    assert recorded_readers(build)[0] == Held(refcount=1, pins=0)


@pytest.mark.parametrize(
    ("build", "readers"), [(build, n) for build in BUILDS for n in recorded_readers(build)]
)
def test_the_model_has_what_was_recorded(build: str, readers: int) -> None:
    assert modelled_readers(build)[readers] == recorded_readers(build)[readers]


def test_the_recording_goes_over_the_edge_and_four_readers_on() -> None:
    assert {2047, 2048, 2049, 2052} <= set(recorded_readers(WITHOUT_FIX))
    assert max(recorded_readers(WITHOUT_FIX)) == MOST_READERS == 2052


@pytest.mark.parametrize(
    ("readers", "held"),
    [
        (0, Held(1, 0)),
        (1, Held(1025 + 1023 * 1024, 1024)),
        (2047, Held(2146435073, 2047 * 1024)),
        (2048, Held(-2147483647, 2**21)),
        (2049, Held(-2147483647, 2**21)),
        (2052, Held(-2147483647, 2**21)),
    ],
)
def test_without_the_patch_it_climbs_falls_and_stays(readers: int, held: Held) -> None:
    assert modelled_readers(WITHOUT_FIX)[readers] == held


def test_with_the_patch_nothing_moves() -> None:
    assert set(modelled_readers(WITH_FIX)) == {Held(1, 0)}


PANELS = pytest.mark.parametrize("panel", [0, 1], ids=["whole", "edge"])


@PANELS
def test_every_recorded_point_is_drawn_on_a_line_of_the_model(panel: int) -> None:
    *model, without, with_fix, _ = map(points, drawn_cliff().figure.axes[panel].lines)
    assert len(without) == len(with_fix) > 15
    assert {*without, *with_fix} <= {point for line in model for point in line}


@PANELS
def test_the_climb_ends_with_the_last_pin_above_zero(panel: int) -> None:
    climb, fall, *_ = map(points, drawn_cliff().figure.axes[panel].lines)
    assert climb[-1] == (2**21 - 1, 2**31 - 1023)
    assert fall[:2] == [(2**21 - 1, 2**31 - 1023), (2**21, 1 - 2**31)]


@PANELS
@pytest.mark.parametrize("readers", [0, 1000, 2047, 2048, 2052])
def test_the_mark_is_where_the_model_is(readers: int, panel: int) -> None:
    drawn = drawn_cliff()
    drawn.draw(readers)
    *_, mark = drawn.figure.axes[panel].lines
    assert points(mark) == [(1024 * readers, modelled_readers(WITHOUT_FIX)[readers].refcount)]


@pytest.mark.parametrize("readers", [0, 2048])
def test_the_title_has_the_readers_and_the_refcount(readers: int) -> None:
    drawn = drawn_cliff()
    drawn.draw(readers)
    title = drawn.figure.axes[0].get_title()
    assert str(readers) in title
    assert str(modelled_readers(WITHOUT_FIX)[readers].refcount) in title


@PANELS
def test_drawing_moves_the_mark_and_not_the_axes(panel: int) -> None:
    drawn = drawn_cliff()
    axes = drawn.figure.axes[panel]
    before = axes.get_xlim(), axes.get_ylim(), len(axes.get_children())
    for readers in (0, 2052):
        drawn.draw(readers)
    assert (axes.get_xlim(), axes.get_ylim(), len(axes.get_children())) == before


@pytest.mark.parametrize("readers", [0, 1, 2047, 2048, 2049])
def test_the_sentence_has_the_modelled_and_the_recorded_numbers(readers: int) -> None:
    told = sentence(readers)
    without, with_fix = (modelled_readers(build)[readers] for build in BUILDS)
    assert f"{readers} reader" in told
    assert str(1024 * readers) in told
    assert told.count(f"recorded {without.refcount}") == 1 + (without == with_fix)
    assert f"recorded {with_fix.refcount}" in told
    assert str(without.pins) in told


def test_the_sentence_says_nothing_of_a_recording_where_there_is_none() -> None:
    told = sentence(1000)
    assert str(modelled_readers(WITHOUT_FIX)[1000].refcount) in told
    assert "recorded" not in told


def test_one_reader_wants_and_two_readers_want() -> None:
    assert "1 reader wants 1024" in sentence(1)
    assert "2 readers want 2048" in sentence(2)


@pytest.mark.parametrize("readers", [0, 1, 1024, 2047, 2048, 2049, 2052])
def test_the_table_has_the_numbers_of_both_builds(readers: int) -> None:
    rows = [line.split() for line in str(whole_cliff()).splitlines()]
    (row,) = (row for row in rows if row and row[0] == str(readers))
    without = str(recorded_readers(WITHOUT_FIX)[readers].refcount)
    assert row[1:] == [str(1024 * readers), without, without, "1", "1"]


def test_the_alt_text_tells_the_climb_and_the_step() -> None:
    alt = whole_cliff().alt
    assert "2147482625" in alt
    assert "-2147483647" in alt


def test_one_panel_shows_all_readers_and_one_the_last_few() -> None:
    whole, edge = whole_cliff().figure.axes
    assert whole.get_xlim()[0] <= 0 < edge.get_xlim()[0] < 2048 * 1024 < edge.get_xlim()[1]
    assert whole.get_ylim() == edge.get_ylim()
