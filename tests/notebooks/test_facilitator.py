"""The plan for a group: minutes that add up, links that lead somewhere, the data's verdicts."""

import re
from pathlib import Path

import pytest

from pinlab.lessons.read_the_thread import NOTEBOOK, write_slides
from pinlab.words import turns
from tests.notebooks.lesson import FOLDER, ROOT, read
from tests.notebooks.minutes import cells
from tests.notebooks.shape import dead_links, targets

FILE = FOLDER / "facilitator.md"
PLAN = FILE.read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PLAN, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
MAIL = {turn.number for turn in turns("mail")}


def rows(section: str) -> list[tuple[int, list[str]]]:
    """The rows of a table that begin with a number, and their other cells."""
    found = ROW.findall(SECTIONS[section])
    return [(int(number), [cell.strip() for cell in rest.split("|")]) for number, rest in found]


def taken(section: str) -> list[int]:
    """The turns that are named one by one in a plan."""
    return [int(n) for _, (_, which) in rows(section) for n in re.findall(r"\b\d+\b", which)
            if re.fullmatch(r"[\d, ]+", which)]  # fmt: skip


@pytest.mark.parametrize("minutes", [45, 90])
def test_the_minutes_add_up(minutes: int) -> None:
    assert sum(number for number, _ in rows(f"{minutes} minutes")) == minutes


@pytest.mark.parametrize(("minutes", "times"), [(45, 3), (90, 4)])
def test_a_group_takes_some_times_as_long_for_its_turns_as_one_reader(
    minutes: int, times: int
) -> None:
    spent = dict[int, float]()
    for headings, time in cells(read(ROOT / NOTEBOOK)):
        for number in re.findall(r"^Turn (\d+): ", headings[-1] if headings else ""):
            spent[int(number)] = spent.get(int(number), 0) + time.both
    for told, (_, which) in rows(f"{minutes} minutes"):
        if re.fullmatch(r"[\d, ]+", which):
            alone = sum(spent[int(number)] for number in which.split(", "))
            assert abs(told - times * alone) <= 1, which


def test_in_90_minutes_every_turn_of_the_mail_has_its_place_once() -> None:
    found = taken("90 minutes")
    assert len(found) == len(set(found))
    assert set(found) >= MAIL
    assert set(found) <= {turn.number for turn in turns()}


def test_in_45_minutes_the_turns_that_are_left_out_are_named() -> None:
    left_out = re.search(r"Leave out ([\d, ]+ and \d+)", SECTIONS["45 minutes"])
    assert left_out
    found = taken("45 minutes")
    assert len(found) == len(set(found))
    assert {int(n) for n in re.findall(r"\d+", left_out[1])} == MAIL - set(found)


def test_each_turn_that_is_taken_has_a_question_and_the_verdict_of_the_data() -> None:
    asked = dict(rows("Questions, and answers to expect"))
    assert set(asked) == set(taken("90 minutes"))
    for turn in turns():
        if turn.number in asked:
            question, _, leads_to, verdict = asked[turn.number]
            assert question.endswith("?")
            assert leads_to
            assert verdict == turn.verdict


def test_it_tells_how_many_slides_there_are(tmp_path: Path) -> None:
    made = write_slides(ROOT / NOTEBOOK, tmp_path)[0].read_text("utf-8").count("<section ")
    assert f"The full set has {made} slides" in PLAN


def test_no_link_is_dead() -> None:
    assert list(dead_links(PLAN, FOLDER)) == []


def test_the_lesson_and_the_readme_lead_to_it() -> None:
    lesson = read(ROOT / NOTEBOOK)
    assert FILE.name in targets(lesson.notebook.cells[0].source)
    assert f"notebooks/{FILE.name}" in targets((ROOT / "README.md").read_text("utf-8"))
