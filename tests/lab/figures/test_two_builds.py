"""Two builds side by side: the points are the recording's, the lines the model's."""

import csv
import re
from functools import cache

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.figures.two_builds import TwoBuilds, sentence, two_builds_filmstrip
from tests.lab.figures.lines import points

WITHOUT, WITH = "without the zero-page fix (A/B pair)", "with the zero-page fix (A/B pair)"
PANELS = pytest.mark.parametrize(("panel", "build"), [(0, WITHOUT), (1, WITH)])
drawn_builds = cache(TwoBuilds)
filmstrip = cache(two_builds_filmstrip)


def in_the_file(build: str) -> set[tuple[int, int]]:
    """Readers and refcount, straight from the data file."""
    with (DATA / "recordings" / "real_kernels.csv").open(encoding="utf-8", newline="") as file:
        return {(0, 1)} | {
            (int(case[1]), int(row["value"]))
            for row in csv.DictReader(file)
            if (row["build"], row["quantity"]) == (build, "refcount")
            and (case := re.fullmatch(r"hold2056:threads=(\d+)", row["case"]))
            and int(case[1]) <= 2052
        }


@PANELS
def test_the_points_are_what_was_recorded(panel: int, build: str) -> None:
    lines = drawn_builds().figure.axes[panel].lines
    (recorded,) = (line for line in lines if line.get_label() == "recorded")
    assert set(points(recorded)) == in_the_file(build)


@PANELS
def test_every_recorded_point_lies_on_a_line(panel: int, build: str) -> None:
    lines = drawn_builds().figure.axes[panel].lines
    solid = [line for line in lines if line.get_linestyle() in ("-", "--")]
    assert in_the_file(build) <= {point for line in solid for point in points(line)}


def test_one_climbs_and_falls_and_the_other_is_flat() -> None:
    left, right = ([points(line) for line in panel.lines] for panel in drawn_builds().figure.axes)
    climb = next(line for line in left if len(line) == 2048)
    fall = next(line for line in left if (2048, -2147483647) in line and len(line) == 6)
    assert climb[-1] == fall[0] == (2047, 2146435073)
    assert {y for _, y in fall[1:]} == {-2147483647}
    assert next(line for line in right if len(line) == 2053) == [(n, 1) for n in range(2053)]


@pytest.mark.parametrize(
    ("readers", "without"), [(0, 1), (1, 1048577), (2047, 2146435073), (2048, -2147483647)]
)
def test_marks_and_titles_follow_the_readers(readers: int, without: int) -> None:
    drawn = drawn_builds()
    drawn.draw(readers)
    for panel, refcount in zip(drawn.figure.axes, (without, 1), strict=True):
        assert points(panel.lines[-1]) == [(readers, refcount)]
        assert panel.get_title().endswith(f": {refcount}")


def test_drawing_moves_nothing_else() -> None:
    drawn = drawn_builds()
    before = [(p.get_xlim(), p.get_ylim(), len(p.get_children())) for p in drawn.figure.axes]
    for readers in (0, 2052):
        drawn.draw(readers)
    after = [(p.get_xlim(), p.get_ylim(), len(p.get_children())) for p in drawn.figure.axes]
    assert after == before
    assert before[0][:2] == before[1][:2]


def test_the_sentence_has_the_predicted_and_the_recorded_refcount_of_both() -> None:
    told = sentence(2048)
    assert "2048 readers want 2097152 (2^21) pins." in told
    assert "2097152 (2^21) held, refcount predicted -2147483647" in told
    assert "recorded -2147483647." in told
    assert "With the three tests: 0 held, refcount predicted 1, recorded 1." in told
    assert "1 reader wants" in sentence(1)
    assert sentence(1000).count("not recorded") == 2


def test_the_twin_has_every_number_that_was_recorded_on_both() -> None:
    rows = [line.split() for line in str(filmstrip()).splitlines()]
    both = {n: refcount for n, refcount in in_the_file(WITHOUT) if n in dict(in_the_file(WITH))}
    for readers, refcount in both.items():
        (row,) = (row for row in rows if row and row[0] == str(readers))
        assert row[1:] == [str(1024 * readers), str(refcount), str(refcount), "1", "1"]


def test_the_alt_text_tells_both_curves() -> None:
    for words in ("0 to 2052", "2146435073 with 2047", "-2147483647 with 2048", "level at 1"):
        assert words in filmstrip().alt
