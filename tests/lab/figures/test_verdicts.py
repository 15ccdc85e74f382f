"""The heat map of tests by releases, and the sets of rules."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from pinlab import lab
from pinlab.explore import litmus
from pinlab.explore.rescue import PINNED, RULES, all_sets, overrides, saved, smallest
from pinlab.lab.palette import OVERFLOW
from pinlab.lab.svg import measured

SVG = "{http://www.w3.org/2000/svg}"


def root(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def cells(svg: ET.Element) -> list[ET.Element]:
    return [one for one in svg.iter(f"{SVG}rect") if one.get("class") == "cell"]


def words(svg: ET.Element) -> list[str]:
    return [str(one.text) for one in svg.iter(f"{SVG}text")]


def test_every_cell_is_what_the_files_expect_of_the_release() -> None:
    table = lab.draw_verdicts().table
    assert table is not None
    assert sorted(table.index) == litmus.names()
    for name in table.index:
        for release in table.columns:
            assert table.loc[name, release] == litmus.load(name).expect(release).verdict


def test_the_cells_are_drawn_in_the_order_of_the_table() -> None:
    drawing = lab.draw_verdicts()
    assert drawing.table is not None
    svg = root(drawing.svg)
    told = [word for word in words(svg) if word in ("Never", "Sometimes", "Always")]
    assert told == [str(v) for row in drawing.table.to_numpy() for v in row]
    fills = {"Never": "white", "Sometimes": "url(#some)", "Always": OVERFLOW}
    assert [cell.get("fill") for cell in cells(svg)] == [fills[verdict] for verdict in told]


def test_a_thick_line_for_each_verdict_that_changed() -> None:
    drawing = lab.draw_verdicts()
    assert drawing.table is not None
    changed = sum(one != other for row in drawing.table.to_numpy() for one, other in pairwise(row))
    lines = [one for one in root(drawing.svg).iter() if one.get("class") == "change"]
    assert len(lines) == changed > 0
    told = [int(n) for n in re.findall(r"(\d+) tests? changed", drawing.twin)]
    assert sum(told) == changed


def test_tests_with_the_same_verdicts_stand_together() -> None:
    table = lab.draw_verdicts().table
    assert table is not None
    rows = [tuple(row) for row in table.to_numpy()]
    starts = [row for n, row in enumerate(rows) if n == 0 or rows[n - 1] != row]
    assert len(starts) == len(set(starts))


@pytest.mark.parametrize("make", [lab.draw_verdicts, lab.draw_rule_sets])
def test_nothing_is_cut_off_and_no_word_is_wider_than_its_cell(make: object) -> None:
    drawing = make()  # type: ignore[operator]
    svg = root(drawing.svg)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    left = min(float(cell.attrib["x"]) for cell in cells(svg))
    for cell in cells(svg):
        assert float(cell.attrib["x"]) + float(cell.attrib["width"]) <= width <= 800
        assert float(cell.attrib["y"]) + float(cell.attrib["height"]) <= height
    for one in svg.iter(f"{SVG}text"):
        wide = measured(str(one.text), int(one.attrib["font-size"]))
        if one.get("text-anchor") == "start":
            assert float(one.attrib["x"]) + wide <= left
        else:
            assert wide < float(cells(svg)[0].attrib["width"])


@pytest.mark.parametrize("make", [lab.draw_verdicts, lab.draw_rule_sets])
def test_the_drawing_says_itself_what_it_shows(make: object) -> None:
    drawing = make()  # type: ignore[operator]
    assert str(root(drawing.svg).get("aria-label")).split() == drawing.twin.split()
    assert drawing.twin in drawing.alt


def test_other_releases_can_be_asked_for_and_bad_ones_are_named() -> None:
    table = lab.draw_verdicts(["6.4", "6.5"]).table
    assert table is not None
    assert table.columns.tolist() == ["6.4", "6.5"]
    with pytest.raises(ValueError, match=r"release is '5\.5'"):
        lab.draw_verdicts(["5.5"])
    with pytest.raises(TypeError, match=r"releases is '6\.5': it has to be a sequence of str"):
        lab.draw_verdicts("6.5")


def test_all_three_are_needed_and_enough() -> None:
    assert smallest() == [frozenset(RULES)]
    assert saved(frozenset(RULES)) == frozenset(PINNED)
    assert all(saved(frozenset(RULES) - {one}) < frozenset(PINNED) for one in RULES)


def test_unshare_saves_nothing_alone_and_something_with_reuse() -> None:
    assert saved(frozenset({"unshare"})) == saved(frozenset())
    with_reuse = saved(frozenset({"unshare", "reuse"})) - saved(frozenset({"reuse"}))
    assert "readonly-pin-of-shared-page" in with_reuse


def test_one_more_rule_loses_nothing() -> None:
    for rules in all_sets():
        assert all(saved(rules) <= saved(rules | {one}) for one in RULES)


def test_there_is_a_column_for_each_set_with_its_switches() -> None:
    svg = root(lab.draw_rule_sets().svg)
    assert len(all_sets()) == 8 == len(set(all_sets()))
    assert words(svg).count("on") == sum(map(len, all_sets())) == 12
    assert words(svg).count("saved") == sum(len(saved(rules)) for rules in all_sets())
    assert words(svg).count("lost") == len(cells(svg)) - words(svg).count("saved")


def test_all_on_is_what_6_5_does_by_itself() -> None:
    never = {test for test in PINNED if litmus.run(test, "6.5").verdict == "Never"}
    assert never == saved(frozenset(RULES))


def test_a_rule_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="rule is 'lend': there are copy, unshare, reuse"):
        overrides({"lend"})
