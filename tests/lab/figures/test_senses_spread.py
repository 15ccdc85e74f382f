"""The places that say pin, one mark each: as many marks as rows, where they belong."""

import csv
import re
from collections import Counter

import pytest

from pinlab.data_folder import DATA
from pinlab.lab.figures.senses_spread import where_they_say_pin
from tests.lab import lines

with (DATA / "terms.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("by", ["kind", "release"])
def test_there_is_a_mark_for_each_place(by: str) -> None:
    (panel,) = where_they_say_pin(by).figure.axes
    marks = [point for line in panel.lines for point in lines.points(line)]
    assert len(marks) == len(set(marks)) == len(ROWS)
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    assert all(left < x < right and high < y < low for x, y in marks)


@pytest.mark.parametrize("by", ["kind", "release"])
def test_the_marks_of_a_cell_are_as_many_as_its_rows(by: str) -> None:
    (panel,) = where_they_say_pin(by).figure.axes
    counted = Counter((row["sense"], row[by] or "mail") for row in ROWS)
    drawn = Counter(len(lines.points(line)) for line in panel.lines if lines.points(line))
    assert drawn == Counter(counted.values())


def test_what_is_about_foll_pin_has_a_shape_of_its_own() -> None:
    (panel,) = where_they_say_pin().figure.axes
    marks: Counter[object] = Counter()
    for line in panel.lines:
        marks[line.get_marker()] += len(lines.points(line))
    senses = Counter(row["sense"] for row in ROWS)
    pins = senses["foll-pin"] + senses["refcount-says-maybe"] + senses["pincount-above-zero"]
    assert marks["s"] == pins
    assert marks["o"] == senses["any-reference"]
    assert marks["^"] == len(ROWS) - marks["s"] - marks["o"]


@pytest.mark.parametrize("by", ["kind", "release"])
def test_the_words_have_every_count(by: str) -> None:
    picture = where_they_say_pin(by)
    counted = Counter(row["sense"] for row in ROWS)
    assert str(len(ROWS)) in picture.alt
    for sense, number in counted.items():
        assert re.search(rf"{sense}: {number} places? \(", picture.twin)
        assert sense in picture.alt
    for row in ROWS:
        assert (row[by] or "mail") in picture.alt


def test_other_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="by is 'sense': allowed are kind, release"):
        where_they_say_pin("sense")
