"""Minutes: what is told is what is computed, and what is computed counts all that takes time."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from pinlab.lab.problems import TEXTS
from tests.notebooks import minutes
from tests.notebooks.examples import code, display, notebook, picture, text
from tests.notebooks.lesson import FOLDER, Lesson, read
from tests.notebooks.minutes import LESSONS, README, Time, listed, told
from tests.notebooks.navigation import HEADING
from tests.notebooks.shape import targets

WRITE = "run `python -m tests.notebooks.minutes --write`"
PARTS = re.compile(r"^\| part \| minutes \|\n\|---\|---\|\n((?:\|.*\n?)+)", re.MULTILINE)
IMPORTS = "from pinlab import lab\nfrom pinlab.lessons import draw_a_page as here"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_tells_its_minutes_once_and_those_of_its_parts(path: Path) -> None:
    lesson = read(path)
    cells, texts = zip(*told(lesson), strict=True)
    assert len(minutes.TOP.findall("\n".join(texts))) == 1
    assert [cell.source for cell in cells] == list(texts), WRITE
    headings = {words for _, words in HEADING.findall("\n".join(texts))}
    for rows in PARTS.findall("\n".join(texts)):
        lines = [line for line in rows.splitlines() if line != "| *a break* | |"]
        parts = [row[2] for row in map(minutes.PART.fullmatch, lines) if row]
        assert len(parts) == len(lines)
        assert set(parts) <= headings


def the_list() -> str:
    """The list of lessons and the ways through it, as 00 has them."""
    source: str = read(LESSONS[0]).notebook.cells[-1].source
    return source[source.index("| lesson |") : source.index("\n\nThe next lesson")]


def test_the_readme_has_the_same_list_as_the_first_lesson() -> None:
    here = the_list().replace("`00_start_here`", "[00_start_here](00_start_here.ipynb)")
    readme = README.read_text("utf-8")
    assert here.replace("](", "](notebooks/") in readme
    assert listed(readme) == readme, WRITE
    assert len(minutes.ROW.findall(readme)) == len(LESSONS) + 1


def test_every_section_of_a_route_is_there_and_the_list_leads_to_those_of_the_mail() -> None:
    linked = set(targets(the_list()))
    for route, stretches in minutes.routes().items():
        for name, sections in groupby(stretches, key=lambda stretch: stretch.lesson):
            lesson = read(FOLDER / f"{name}.ipynb")
            first, *others = (stretch.section for stretch in sections)
            cells = {
                words: f"{name}.ipynb#cell-id={cell.id}"
                for _, cell in lesson.cells("markdown")
                for _, words in HEADING.findall(cell.source)
            }
            assert {first, *others} <= {"", *cells}
            assert not first or cells[first] in linked or route != "mail"


def lesson(*cells: object) -> Lesson:
    return Lesson(Path("00_a_b.ipynb"), notebook(text("# A"), code(IMPORTS), *cells))  # type: ignore[arg-type]


def doing(source: str, *outputs: object) -> float:
    """What a cell takes, but for running it."""
    cell = code(source, *outputs)  # type: ignore[arg-type]
    return minutes.of(lesson(cell)).doing - 2 * minutes.takes()["cell"]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("1 + 1", []),
        ('lab.check("last-pin", None)', ["number"]),
        ('lab.ask("last-pin", seed=7)', ["number"]),
        ('lab.predict("last-pin", lab.Guess("?"), then=here.touch())',
         ["number", "prediction", "exhibit"]),
        ('lab.earlier("04")', ["earlier"]),
        ('lab.task("any", None)', ["task"]),
        ('lab.timeline("fork", at="5.9")', ["timeline"]),
        ("here.touch(read=3).captioned('Figure 1.')", ["exhibit"]),
        ("lab.odometer(); lab.draw_map(1)", ["exhibit"]),
        ("here.turn_by_turn()", ["verdicts"]),
        ("here.nothing(); other.odometer(); odometer()", []),
    ],
)  # fmt: skip
def test_what_is_asked_and_moved_takes_the_time_of_its_kind(source: str, kinds: list[str]) -> None:
    expected = sum(minutes.takes()[kind] for kind in kinds)
    assert doing(source) == pytest.approx(expected)


def test_what_is_seen_takes_its_time_once() -> None:
    takes, a_table = minutes.takes(), display({"text/html": "<table></table>"})
    assert doing("1", picture(), a_table) == pytest.approx(takes["picture"])
    assert doing("1", a_table) == pytest.approx(takes["table"])
    assert doing("lab.odometer()", picture(), a_table) == pytest.approx(takes["exhibit"])


def test_each_kind_of_exercise_takes_some_time() -> None:
    assert {text.kind for text in TEXTS.values()} <= minutes.takes().keys()
    assert min(minutes.takes().values()) > 0


def test_the_lessons_fit_into_a_readers_life() -> None:
    course = minutes.course()
    whole = course[minutes.ALL]
    assert (whole.both <= 600, whole.reading <= 200) == (True, True), whole
    first = course["00_start_here"]
    assert (first.both <= 20, first.reading <= 10) == (True, True), first
    mail = minutes.added(stretch.time for stretch in minutes.routes()["mail"])
    assert mail.both <= 90, mail


def test_words_are_read_and_targets_of_links_are_not() -> None:
    assert minutes.reading("# See [these](a/b-c.md), `Kernel`\n\n- <b>it is</b>") == 5 / 180
    assert minutes.reading("| a | 2^21 |\n|---|---|") == 2 / 180


def test_the_question_of_an_exercise_is_read_where_it_is_shown() -> None:
    checked, asked = (
        minutes.of(lesson(code(f'lab.{name}("last-pin")'))).reading for name in ("check", "ask")
    )
    assert asked - checked == minutes.reading(TEXTS["last-pin"].question) > 0


def test_a_section_has_what_stands_below_it_and_the_curious_are_in_no_sum() -> None:
    made = lesson(
        text("## B\n\none"), text("### C\n\ntwo three"), text("four\n\n## For the curious\n\nfive"),
        text("### D\n\nsix"), text("## E"),
    )  # fmt: skip
    words = {name: round(180 * minutes.below(made, name).reading) for name in "ABCDE"}
    assert words == {"A": 14, "B": 5, "C": 3, "D": 2, "E": 1}
    assert round(180 * minutes.of(made).reading) == 1 + 5 + 1


def test_minutes_are_told_in_steps_of_five() -> None:
    assert [minutes.in_steps(m) for m in (0, 7.4, 7.6, 102)] == [5, 5, 10, 100]
    assert minutes.added([Time(1, 2), Time(3, 4)]) == Time(4, 6)
    assert Time(4, 6).both == 10
    assert minutes.added([]) == Time()


def test_other_tables_are_left_alone() -> None:
    made = lesson(text("0 minutes, 0 of them reading\n\n| A | 0 |\n| **x.** A | 0 |\n| pins | 4 |"))
    *_, (_, found) = told(made)
    assert found.splitlines() == [
        "5 minutes, 5 of them reading", "", "| A | 1 |", "| **x.** A | 1 |", "| pins | 4 |",
    ]  # fmt: skip
    assert listed("| 6400 | 0 | 0 |") == "| 6400 | 0 | 0 |"
