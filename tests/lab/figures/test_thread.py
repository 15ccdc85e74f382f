"""The thread as a tree."""

import re
import xml.etree.ElementTree as ET

import pytest

from pinlab import lab
from pinlab.lab.figures.thread import VERDICT, tree
from pinlab.lab.svg import measured
from pinlab.words.thread import PARTS, VERDICTS, turns

SVG = "{http://www.w3.org/2000/svg}"
PART = pytest.mark.parametrize("part", ["", *PARTS])


def root(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[ET.Element]:
    return list(root(svg).iter(f"{SVG}text"))


def words(svg: str) -> list[str]:
    return [str(one.text) for one in texts(svg)]


@PART
def test_each_turn_has_its_number_speaker_claim_and_verdict(part: str) -> None:
    told = words(lab.draw_thread(part).svg)
    shown = " ".join(told)
    for turn in turns(part):
        assert str(turn.number) in told
        assert turn.claim in shown
    assert [word for word in told if word in VERDICTS] == [turn.verdict for turn in turns(part)]


@PART
def test_a_branch_for_each_answer_within_a_part_and_a_number_for_the_others(part: str) -> None:
    svg = lab.draw_thread(part).svg
    of = {turn.number: turn.part for turn in turns()}
    answers = [turn for turn in turns(part) if turn.answers]
    inside = [turn for turn in answers if of[turn.answers or 0] == turn.part]
    assert len(re.findall('class="branch"', svg)) == len(inside)
    assert len(re.findall("\\(to\N{NO-BREAK SPACE}\\d+\\)", svg)) >= len(answers) - len(inside)


def test_an_answer_stands_below_and_further_in() -> None:
    where = {}
    for one, following in zip(texts(tree(turns("mail"))), texts(tree(turns("mail")))[2:],
                              strict=False):  # fmt: skip
        if str(one.text).isdigit():
            where[int(str(one.text))] = (float(following.attrib["x"]), float(one.attrib["y"]))
    for turn in turns("mail"):
        if turn.answers in where:
            x, y = where[turn.answers]
            assert where[turn.number][0] > x
            assert where[turn.number][1] > y


@PART
def test_nothing_is_cut_off_and_no_claim_runs_into_a_verdict(part: str) -> None:
    svg = lab.draw_thread(part).svg
    width, height = (float(root(svg).attrib[side]) for side in ("width", "height"))
    for one in texts(svg):
        wide = measured(str(one.text), int(one.attrib["font-size"]))
        assert float(one.attrib["y"]) < height
        if one.get("text-anchor") == "start" and float(one.attrib["x"]) < VERDICT:
            assert float(one.attrib["x"]) + wide <= VERDICT
        assert float(one.attrib["x"]) + wide <= width


def test_only_what_is_judged_shows_a_verdict_and_one_turn_has_the_frame() -> None:
    svg = tree(turns("mail"), judged={11: "right with a condition", 20: "no claim"}, at=20)
    assert [word for word in words(svg) if word in VERDICTS] == [
        "right with a condition",
        "no claim",
    ]
    assert len([one for one in root(svg).iter() if one.get("class") == "here"]) == 1
    bare = tree(turns("mail"))
    assert not [word for word in words(bare) if word in VERDICTS]
    assert "here" not in bare
    assert "condition" not in str(root(bare).get("aria-label"))


@PART
def test_the_twin_counts_the_verdicts_and_links_to_every_cell(part: str) -> None:
    drawing = lab.draw_thread(part)
    found = [turn.verdict for turn in turns(part)]
    for verdict in VERDICTS:
        assert f" {found.count(verdict)} {verdict}" in drawing.twin.splitlines()[0]
    links = re.findall(r"\]\((\w+)\.ipynb#cell-id=([\w-]+)\)", drawing.twin)
    assert links == [(turn.notebook, turn.cell) for turn in turns(part)]


def test_another_part_is_named() -> None:
    with pytest.raises(ValueError, match="part is 'end'"):
        lab.draw_thread("end")
