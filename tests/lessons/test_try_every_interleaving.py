"""Lesson 08: its exercises right where the model is; tests by releases; three rules."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.explore import YES, Scenario, explore, litmus
from pinlab.explore import Graph as States
from pinlab.explore.rescue import PINNED, all_sets, saved
from pinlab.lab import strangers
from pinlab.lab.exercise import Program
from pinlab.lab.grid import ALL
from pinlab.lab.palette import EDGE
from pinlab.lab.picture import Drawing
from pinlab.lab.problems import exercise
from pinlab.lab.svg import measured
from pinlab.lessons import try_every_interleaving as here
from tests.explore.test_rescue import NEEDED

SEEDS = range(50)
SVG = "{http://www.w3.org/2000/svg}"


def lined_up(*steps: int) -> int:
    """How many different rows there are of so many steps of each actor, by growing them."""
    rows = {(0,) * len(steps): 1}
    for _ in range(sum(steps)):
        longer: dict[tuple[int, ...], int] = {}
        for done, ways in rows.items():
            for n, most in enumerate(steps):
                if done[n] < most:
                    after = (*done[:n], done[n] + 1, *done[n + 1 :])
                    longer[after] = longer.get(after, 0) + ways
        rows = longer
    return sum(rows.values())


def test_the_riddle_has_a_square_for_each_order_and_ten_dark_ones() -> None:
    drawn, every = here.ten_runs(), lined_up(5, 3, 3)
    assert "a parent with 5 steps, a child with 3 and a device with 3" in told("ten-good-runs", 0)
    assert f"{every} orders" in told("ten-good-runs", 0)
    assert f"{every} squares" in drawn.twin
    boxes = list(ET.fromstring(drawn.svg).iter(f"{SVG}rect"))
    (field,) = (box for box in boxes if box.get("fill") == "url(#order)")
    wide, tall = float(field.attrib["width"]), float(field.attrib["height"])
    assert wide / here.SQUARE * tall / here.SQUARE == every
    dark = {(float(b.attrib["x"]), float(b.attrib["y"])) for b in boxes if b.get("fill") == EDGE}
    assert len(dark) == 10
    assert all(-here.SQUARE < x < wide and -here.SQUARE < y < tall for x, y in dark)


def told(id: str, seed: int) -> str:
    """What an exercise hands out, with its question."""
    return str(lab.given(id, seed))


def litmus_text(name: str) -> str:
    """A test's file without its name, its sentence, its verdicts and its empty lines."""
    text = (DATA / "litmus" / f"{name}.litmus").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines()[2:] if line.strip()]
    return "\n".join(line for line in lines if not line[0].isdigit() and line[0] != "#")


TESTS = {litmus_text(name): litmus.load(name) for name in litmus.names()}


def expected(seed: int) -> str:
    """What `verdict` asks for: what the file expects of the release."""
    release, _, text = told("verdict", seed).partition("\n\n")
    return TESTS[text].expect(release.removeprefix("Linux ")).verdict


def earliest(seed: int) -> int:
    """What `too-late` asks for: the steps up to the parent's write, with an exit it waits for."""
    lines = told("too-late", seed).splitlines()
    own = lines.index("    write x+8 P") - lines.index("parent")
    return own + ("    wait child" in lines)


def lacking(seed: int) -> str:
    """The rule that a trace shows to be missing, read off its lines."""
    _, _, trace = told("missing-rule", seed).partition("\nstep")
    done = [re.split(" {2,}", line.strip())[2] for line in trace.splitlines()[1:]]
    pinned = done.index("pin")
    if "fork" in done[:pinned] and "unshare" not in done:
        return "unshare"
    return "copy" if "fork" in done[pinned:] else "reuse"


def unmerged(start: int, after: Mapping[int, Sequence[int]]) -> tuple[int, int]:
    """States and orders by going through every order from the start to its end."""
    waiting: list[tuple[int, ...]] = [(start,)]
    met, ends = set[int](), 0
    while waiting:
        way = waiting.pop()
        met.add(way[-1])
        ends += not after[way[-1]]
        waiting += [(*way, following) for following in after[way[-1]]]
    return len(met), ends


SCENE = Scenario(
    {"x": "A"},
    {
        "parent": ("submit_dio_read r x", "fork child", "write x+8 P"),
        "device": ("device_write r D",),
    },
)
"""What the lesson explores, and what `waiting-orders` asks for."""

ANSWERS: dict[str, Callable[[int], object]] = {
    "verdict": expected,
    "too-late": earliest,
    "missing-rule": lacking,
}
RIGHT: dict[str, object] = {
    "ten-good-runs": "some order is good",
    "waiting-orders": explore(SCENE, "6.4").runs,
    "equal-states": len({(n, m) for n in range(11) for m in range(11)}),
    "never-of-what": "a slow disk",
    "smallest-set": {3: "all three"}[len(frozenset().union(*NEEDED.values()))],
    **{id: answer(0) for id, answer in ANSWERS.items()},
}


@pytest.mark.parametrize("id", ANSWERS)
def test_every_seed_has_the_answer_that_its_question_asks_for(id: str) -> None:
    assert [seed for seed in SEEDS if not lab.check(id, ANSWERS[id](seed), seed).right] == []
    assert len({str(ANSWERS[id](seed)) for seed in SEEDS}) >= 3
    assert "Linux " in exercise(id).question


@pytest.mark.parametrize(
    ("id", "answer", "idea"),
    [
        ("ten-good-runs", "no order is bad", "a-few-runs-are-enough"),
        ("smallest-set", "copy", "one-rule-fixes-it"),
    ],
)
def test_an_answer_is_told_its_idea(id: str, answer: object, idea: str) -> None:
    assert lab.check(id, answer).misconception == idea


def test_no_problem_shows_a_verdict_of_the_lesson_or_what_solves_its_task() -> None:
    solving = {text for text, test in TESTS.items() if solves(test.name)}
    assert {TESTS[text].name for text in solving} >= set(here.SOLVES_THE_TASK)
    for seed in SEEDS:
        text = told("verdict", seed).partition("\n\n")[2]
        assert text not in solving
        assert TESTS[text].name not in here.TELLING
        scenario = told("missing-rule", seed).partition("\n\n")[2].partition("\n\n")[0]
        letters = re.compile(r"\b[A-Z]\b")
        assert letters.sub("A", scenario) not in {letters.sub("A", text) for text in solving}


def solves(name: str) -> bool:
    """Whether a shipped test would be right in the task."""
    text = (DATA / "litmus" / f"{name}.litmus").read_text(encoding="utf-8")
    return lab.task("fixed-by-then", text).right is True


def test_the_orders_that_end_with_a_yes_are_counted_one_by_one() -> None:
    for name, release in (
        ("vmsplice-in-child+parent-writes", "5.7"),
        ("dio-read+fork+child-exits", "5.9"),
    ):
        test = litmus.load(name)
        graph = explore(test.scenario, release).graph.asked(test.exists)
        ends = [way[-1] for way in ways(graph)]
        yes = {node.number for node in graph.nodes if node.end and node.answer == YES}
        assert here.orders_to_yes(name, release) == sum(end in yes for end in ends) > 0
        assert len(ends) == explore(test.scenario, release).runs


def ways(graph: States) -> list[list[int]]:
    """Every way through a graph of states, from the start to an end."""
    found, waiting = list[list[int]](), [[0]]
    while waiting:
        way = waiting.pop()
        after = [[*way, edge.end] for edge in graph.edges if edge.start == way[-1]]
        waiting += after
        found += [] if after else [way]
    return found


def test_who_says_never_where_some_orders_are_bad_is_sent_to_look_for_one() -> None:
    for seed in SEEDS:
        if expected(seed) != "Never":
            assert "at whose end the line is true" in lab.check("verdict", "Never", seed).text


def test_no_exercise_of_the_lesson_asks_what_it_has_shown() -> None:
    assert earliest(0) != earliest_of(SCENE) == 3
    assert lacking(0) != "reuse"


def earliest_of(scene: Scenario) -> int:
    """After how many steps a yes can be certain, in the lesson's own graph."""
    graph = explore(scene, "6.4").graph.asked(here.EXISTS)
    return min(node.depth for node in graph.nodes if node.answer == YES)


def test_who_misses_copy_is_told_what_fork_did_after_the_pin() -> None:
    for seed in SEEDS:
        _, _, shown = told("missing-rule", seed).partition("\nstep")
        after = shown[shown.index("  pin ") :]
        words = "fork copies only what belongs" if "  fork " in after else "Nobody forks after"
        words = "fork has copied" if "  fork copy " in after else words
        assert ("  fork copy " in shown, lacking(seed)) != (True, "copy")
        if lacking(seed) != "copy":
            assert words in lab.check("missing-rule", "copy", seed).text


def explorer() -> Program:
    found = exercise("explored")
    assert isinstance(found, Program)
    return found


def test_the_explorer_has_every_order_walked_on_its_side_in_every_graph() -> None:
    states = explorer().states
    assert len(states) == 56 + len(litmus.names())
    walked = [unmerged(*state) for state in states]
    assert walked == [explorer().model(*state) for state in states]
    left = [len(after) - number for (number, _), (_, after) in zip(walked, states, strict=True)]
    assert left == [0] * 4 + [1] + [0] * (len(states) - 5)  # one graph has what nothing leads to
    ends = [sum(not following for following in after.values()) for _, after in states]
    assert {orders > end for (_, orders), end in zip(walked, ends, strict=True)} == {True, False}


def test_a_search_that_merges_no_states_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "PATIENCE", 0.2)
    reply = lab.check("explored", unmerged)
    assert reply.right is False
    assert "had not ended after" in reply.text
    assert "81 states have 2⁴⁰" in reply.text
    assert here.explored_in_the_model(*explorer().large[0]) == (81, 2**40)


Graph = Mapping[int, Sequence[int]]


def greedy(start: int, after: Graph) -> tuple[int, int]:
    way = [start]
    while after[way[-1]]:
        way.append(after[way[-1]][0])
    return len(way), 1


def forgets(start: int, after: Graph) -> tuple[int, int]:
    seen, runs, stack = {start}, 0, [start]
    while stack:
        state = stack.pop()
        runs += not after[state]
        stack += [n for n in after[state] if n not in seen]
        seen |= set(after[state])
    return len(seen), runs


@pytest.mark.parametrize(
    ("function", "idea", "words"),
    [
        (greedy, "a-few-runs-are-enough", "A run is one order"),
        (forgets, None, "was met before still has its orders"),
    ],
)
def test_a_wrong_explorer_is_known_however_it_is_written(
    function: Callable[[int, Graph], tuple[int, int]], idea: str | None, words: str
) -> None:
    reply = lab.check("explored", function)
    assert (reply.right, reply.misconception) == (False, idea)
    assert words in reply.text


def test_the_first_graph_that_differs_is_shown_with_its_orders() -> None:
    reply = lab.check("explored", forgets)
    assert "explored(start=0, after={0: [1, 2], 1: [3], 2: [3], 3: []})" in reply.text
    assert reply.details.splitlines() == ["0 -> 1 -> 3", "0 -> 2 -> 3"]


def cells(drawing: Drawing) -> list[ET.Element]:
    return [
        one for one in ET.fromstring(drawing.svg).iter(f"{SVG}rect") if one.get("class") == "cell"
    ]


def words(drawing: Drawing) -> list[str]:
    return [str(one.text) for one in ET.fromstring(drawing.svg).iter(f"{SVG}text")]


VERDICTS, RULE_SETS = here.verdicts(every=True), here.rule_sets()


def rows(drawing: Drawing) -> dict[str, list[str]]:
    """The table of a drawing by the names of its rows."""
    assert drawing.table is not None
    return {str(name): list(map(str, row)) for name, row in drawing.table.rows().items()}


def test_every_cell_is_what_the_files_expect_of_the_release() -> None:
    assert sorted(rows(VERDICTS)) == litmus.names()
    for name, row in rows(VERDICTS).items():
        test = litmus.load(name)
        assert row == [test.expect(release).verdict for release in litmus.ERAS]


@pytest.mark.parametrize("drawing", [VERDICTS, RULE_SETS], ids=["verdicts", "rule sets"])
def test_the_cells_are_drawn_as_the_table_and_nothing_is_cut_off(drawing: Drawing) -> None:
    fills = {"Never": "white", "Sometimes": "url(#some)", "Always": ALL,
             "saved": "white", "lost": "url(#some)"}  # fmt: skip
    in_cells = [word for row in rows(drawing).values() for word in row]
    assert [word for word in words(drawing) if word in fills] == in_cells
    assert [cell.get("fill") for cell in cells(drawing)] == [fills[word] for word in in_cells]
    svg = ET.fromstring(drawing.svg)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    left = min(float(cell.attrib["x"]) for cell in cells(drawing))
    for cell in cells(drawing):
        assert float(cell.attrib["x"]) + float(cell.attrib["width"]) <= width <= 800
        assert float(cell.attrib["y"]) + float(cell.attrib["height"]) <= height
    for one in svg.iter(f"{SVG}text"):
        wide = measured(str(one.text), int(one.attrib["font-size"]))
        if one.get("text-anchor") == "start":
            assert float(one.attrib["x"]) + wide <= left
        else:
            assert wide < float(cells(drawing)[0].attrib["width"])


def test_a_thick_line_for_each_verdict_that_changed_and_equal_rows_together() -> None:
    found = list(rows(VERDICTS).values())
    changed = sum(one != other for row in found for one, other in pairwise(row))
    lines = [one for one in ET.fromstring(VERDICTS.svg).iter() if one.get("class") == "change"]
    assert len(lines) == changed > 0
    assert sum(map(int, re.findall(r"(\d+) tests? changed", VERDICTS.twin))) == changed
    starts = [tuple(row) for n, row in enumerate(found) if n == 0 or found[n - 1] != row]
    assert len(starts) == len(set(starts))


def test_ten_tests_that_differ_are_shown_at_first_and_each_by_its_question() -> None:
    ten = here.verdicts()
    assert set(rows(ten)) == set(here.TELLING)
    assert len(set(map(tuple, rows(ten).values()))) == len(here.TELLING) == 10
    for drawing in (ten, VERDICTS):
        shown = " ".join(words(drawing))
        for name in rows(drawing):
            assert litmus.load(name).why in shown
    assert ten.svg.count('class="change"') < VERDICTS.svg.count('class="change"')


def test_other_releases_can_be_asked_for_and_bad_ones_are_named() -> None:
    table = here.verdicts(["6.4", "6.5"]).table
    assert table is not None
    assert [*table.columns] == ["6.4", "6.5"]
    with pytest.raises(ValueError, match=r"release is '5\.5'"):
        here.verdicts(["5.5"])
    with pytest.raises(TypeError, match=r"releases is '6\.5': it has to be a sequence of str"):
        here.verdicts("6.5")


def test_there_is_a_column_for_each_set_with_its_switches_and_what_it_saves() -> None:
    assert words(RULE_SETS).count("on") == sum(map(len, all_sets())) == 12
    assert list(rows(RULE_SETS)) == list(PINNED)
    for test, row in rows(RULE_SETS).items():
        assert row == ["saved" if NEEDED[test] <= rules else "lost" for rules in all_sets()]
    told = [int(n) for n in re.findall(r"saves (\d) of 8", RULE_SETS.twin)]
    assert told == [len(saved(rules)) for rules in all_sets()]
