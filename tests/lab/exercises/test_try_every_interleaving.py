"""The exercises of lesson 08: right where the model is, and every seed a question of its own."""

import re
import time
from collections.abc import Callable, Mapping, Sequence

import pytest

from pinlab import lab
from pinlab.data_folder import DATA
from pinlab.explore import litmus
from pinlab.explore.verbs import Step
from pinlab.explore.world import World
from pinlab.lab import strangers
from pinlab.lab.exercise import Choice, Number, Program, Selection
from pinlab.lab.exercises.try_every_interleaving import FIXED, SEEDED, orders
from pinlab.lab.problems import exercise
from tests.lab.exercises.solved.try_every_interleaving import (
    MINE,
    earliest,
    lined_up,
    merged,
    secret_is_read,
    told,
    unmerged,
)

SEEDS = range(50)
IDEAS = {"a-few-runs-are-enough", "one-rule-fixes-it"}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    found = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert found >= IDEAS


@pytest.mark.parametrize("steps", [(1,), (3, 1), (4, 4), (5, 3, 3), (2, 2, 2)])
def test_the_formula_gives_what_lining_up_gives(steps: tuple[int, ...]) -> None:
    assert orders(*steps) == lined_up(*steps)


def test_how_many_orders_is_right_with_every_seed() -> None:
    for seed in SEEDS:
        steps = map(int, re.findall(r"with (\d+) step", told("how-many-orders", seed)))
        assert lab.check("how-many-orders", lined_up(*steps), seed).right


def test_ten_runs_are_no_answer_to_how_many_there_are() -> None:
    reply = lab.check("how-many-orders", 10)
    assert reply.misconception == "a-few-runs-are-enough"


def test_no_order_of_the_leak_of_2020_is_bad_on_6_5() -> None:
    assert not any(secret_is_read(write_after) for write_after in range(4))


def test_a_verdict_is_that_of_the_file_for_the_release() -> None:
    tests = {litmus_text(name): litmus.load(name) for name in litmus.names()}
    seen = set()
    for seed in SEEDS:
        release, _, text = told("verdict", seed).partition("\n\n")
        expected = tests[text].expect(release.removeprefix("Linux ")).verdict
        assert lab.check("verdict", expected, seed).right
        seen.add(expected)
    assert seen == {"Never", "Sometimes", "Always"}


def litmus_text(name: str) -> str:
    """A test's file without its name, its sentence, its verdicts and its empty lines."""
    text = (DATA / "litmus" / f"{name}.litmus").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines()[2:] if line.strip()]
    return "\n".join(line for line in lines if not line[0].isdigit() and line[0] != "#")


def test_who_says_never_where_some_orders_are_bad_has_made_a_few_runs() -> None:
    for seed in SEEDS:
        found = exercise("verdict", seed)
        if found.solution() == "Sometimes":
            reply = lab.check("verdict", "Never", seed)
            assert reply.misconception == "a-few-runs-are-enough"


def test_too_late_is_the_parents_write_with_every_seed() -> None:
    found = {seed: lab.check("too-late", earliest(seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)
    assert len({earliest(seed) for seed in SEEDS}) >= 4


def lacking(seed: int) -> str:
    """The rule that a trace shows to be missing, read off its lines."""
    _, _, trace = told("missing-rule", seed).partition("\nstep")
    done = [re.split(" {2,}", line.strip())[2] for line in trace.splitlines()[1:]]
    pinned = done.index("pin")
    if "fork" in done[:pinned] and "unshare" not in done:
        return "unshare"
    return "copy" if "fork" in done[pinned:] else "reuse"


def test_the_missing_rule_can_be_read_off_the_trace() -> None:
    found = {seed: lab.check("missing-rule", lacking(seed), seed).right for seed in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)
    assert {lacking(seed) for seed in SEEDS} == {"copy", "unshare", "reuse"}


def test_without_copy_fork_shares_and_with_it_it_copies() -> None:
    for seed in SEEDS:
        copies = "fork copy" in told("missing-rule", seed)
        assert not (copies and lacking(seed) == "copy")


NEEDED = {
    "pin+fork+parent-writes": {"copy"},
    "pin-to-disk+fork+write": {"copy"},
    "pin+write-protect+write": {"reuse"},
    "readonly-pin-of-protected-page": {"reuse"},
    "pin+write-protect+fork+write": {"copy", "reuse"},
    "readonly-pin-of-shared-page": {"unshare", "reuse"},
    "readonly-pin-of-once-shared-page": {"unshare", "reuse"},
    "readonly-pin-of-shared-page+fork+write": {"copy", "unshare", "reuse"},
}
"""What each scenario needs, by hand."""


def test_what_is_saved_is_what_has_all_it_needs() -> None:
    for seed in SEEDS:
        question = told("what-is-saved", seed)
        (named,) = re.findall(r"of these three only ([\w ]+):", question)
        rules = set(named.split(" and "))
        tests = [test for test in NEEDED if f"\n- {test}:" in question]
        saved = {test for test in tests if NEEDED[test] <= rules}
        assert len(tests) >= 3
        assert lab.check("what-is-saved", saved, seed).right, seed


@pytest.mark.parametrize("one", ["copy", "unshare", "reuse"])
def test_a_single_rule_does_not_fix_it(one: str) -> None:
    assert lab.check("smallest-set", {one}).misconception == "one-rule-fixes-it"


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        match exercise(id, seed):
            case Number(right=right, wrong=wrong):
                assert right not in wrong
            case Choice(right=choice, wrong=others):
                assert choice not in others
            case Selection(right=chosen, wrong=sets):
                assert chosen not in sets
            case other:
                raise AssertionError(other)


@pytest.mark.parametrize("id", sorted({*SEEDED} - {"how-many-orders"}))
def test_a_question_names_its_release(id: str) -> None:
    assert all("Linux " in exercise(id, seed).question for seed in SEEDS)


def test_a_written_test_may_have_other_words_and_other_names() -> None:
    other = MINE.replace("x P", "page P").replace("r x", "request page")
    other = other.replace("x = A", "page = A").replace("device_read r", "device_read request")
    assert lab.check("write-a-test", MINE).right
    assert lab.check("write-a-test", other).right


def test_a_written_test_shows_what_was_guessed() -> None:
    assert "Linux 6.5: Sometimes (your guess: Sometimes)" in lab.check("write-a-test", MINE).text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    fork child\n", "", "has to fork before it writes"),
        ("fork child\n    write x P", "write x P\n    fork child", "has to fork before it writes"),
        ("submit_dio_write", "submit_dio_read", "data goes another way. submit_dio_read asks for"),
        ("exists v = P", "exists parent:x = P", "what the device read"),
        ("    write x P\n", "child\n    write x P\n", "It is the parent that writes"),
        ("    write x P\n", "    write x+8 P\n", "yours is Never"),
    ],
)
def test_a_test_that_asks_something_else_is_told_so(old: str, new: str, words: str) -> None:
    reply = lab.check("write-a-test", MINE.replace(old, new))
    assert reply.right is False
    assert words in reply.text


def test_a_test_that_asks_for_a_letter_that_nobody_writes_is_told_so() -> None:
    with pytest.raises(ValueError, match="your answer, line 10: v cannot be P, only A"):
        lab.check("write-a-test", MINE.replace("    write x P\n", ""))


def test_a_test_with_too_many_orders_gets_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    go = World.go

    def slow(world: World, actor: str) -> Step:
        time.sleep(0.05)
        return go(world, actor)

    assert lab.check("write-a-test", MINE).right
    monkeypatch.setattr(strangers, "PATIENCE", 0.1)
    monkeypatch.setattr(World, "go", slow)
    begun = time.monotonic()
    reply = lab.check("write-a-test", MINE.replace("    write x P\n", "    write x P\n    exit\n"))
    assert reply.right is False
    assert "Trying all orders of your test had not ended after 3 s." in reply.text
    assert time.monotonic() - begun < 2


def explorer() -> Program:
    found = exercise("explored")
    assert isinstance(found, Program)
    return found


def test_the_explorer_has_the_model_on_its_side_in_every_graph() -> None:
    differ = [state for state in explorer().states if unmerged(*state) != explorer().model(*state)]
    assert differ == []


def test_every_litmus_test_is_among_the_graphs_and_all_states_can_be_reached() -> None:
    states = explorer().states
    assert len(states) == 55 + len(litmus.names())
    assert all(unmerged(*state)[0] == len(state[1]) for state in states)


def test_a_search_that_merges_no_states_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "PATIENCE", 0.2)
    reply = lab.check("explored", unmerged)
    assert reply.right is False
    assert "had not ended after" in reply.text
    assert "81 states have 2^40" in reply.text
    assert merged(*explorer().large[0]) == (81, 2**40)
    assert lab.check("explored", merged).right


def test_some_graphs_merge_and_some_do_not() -> None:
    assert {unmerged(*s)[1] > sum(not a for a in s[1].values()) for s in explorer().states} == {
        True, False,
    }  # fmt: skip


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


@pytest.mark.parametrize("id", SEEDED)
def test_the_same_seed_gives_the_same_problem(id: str) -> None:
    again, found = SEEDED[id](5), exercise(id, 5)
    assert (again.question, str(again.given)) == (found.question, str(found.given))


def test_who_misses_copy_is_told_what_fork_did_after_the_pin() -> None:
    for seed in SEEDS:
        if lacking(seed) == "copy":
            continue
        _, _, shown = told("missing-rule", seed).partition("\nstep")
        after = shown[shown.index("  pin ") :]
        words = "fork copies only what belongs" if "  fork " in after else "Nobody forks after"
        words = "fork has copied" if "  fork copy " in after else words
        assert words in lab.check("missing-rule", "copy", seed).text


def test_a_request_from_after_fork_is_not_what_was_asked_for() -> None:
    first, second = "    submit_dio_write r x\n", "    fork child\n"
    reply = lab.check("write-a-test", MINE.replace(first + second, second + first))
    assert (reply.right, "submits first" in reply.text) == (False, True)
