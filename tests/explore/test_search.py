"""The search, against an enumeration of every order that merges nothing."""

import copy
import gc
import random
import re
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from math import factorial, prod
from time import process_time

import pytest

from pinlab import Kernel
from pinlab.explore import (
    ALWAYS,
    NEVER,
    NO,
    OPEN,
    SOMETIMES,
    YES,
    Edge,
    Scenario,
    explore,
    trace,
    verbs,
)
from pinlab.explore.question import Ask
from pinlab.explore.search import MOST_STATES
from tests.explore import brute


def on_a_page(*programs: str) -> Scenario:
    """A scenario of a written page; of each actor a line, with the steps after the name."""
    return Scenario(
        {"x": "A"}, {who: steps.split(", ") for who, steps in (p.split(": ") for p in programs)}
    )


RACE = on_a_page(
    "parent: submit_dio_read r x, fork child, write x+8 P",
    "device: device_write r D, complete r",
)
TWO_CHILDREN = on_a_page(
    "parent: get_user_pages h x, fork first, fork second, write x P, wait first",
    "first: write x F, exit",
    "second: read x v",
    "device: device_read h w, put_page h",
)
THREADS = on_a_page(
    "parent: fork child split, write x+8 P",
    "parent/2: pin_user_pages_fast h x write split",
    "device: device_write h D, unpin_user_page h",
)


BEFORE_OR_BEHIND = on_a_page(
    "parent: fork child, write x P",
    "parent/2: pin_user_pages_fast h x split",
    "child: write x C",
    "device: device_read h v",
)
INHERITED = on_a_page(
    "parent: fork child, exit",
    "parent/2: register_buffer b x",
    "child: write x C, exit",
    "device: device_read b v",
)
DECIDED = Scenario(  # whether fork copies y, before the child's pin or after it
    {"x": "A", "y": "B"},
    {
        "parent": ["fork child", "fork other split"],
        "parent/2": ["pin_user_pages h x", "signal s"],
        "child": ["pin_user_pages p y"],
    },
)
LOCKED = Scenario(
    {"h": "huge"},
    {
        "parent": ["mlock h", "munmap h"],
        "parent/2": ["read h+1 v", "pin_user_pages_fast p h longterm"],
        "device": ["device_read p u"],
    },
)


def independent(*lengths: int) -> Scenario:
    """Devices that do nothing to each other."""
    programs = {f"d{i}": [f"signal s{i}x{j}" for j in range(n)] for i, n in enumerate(lengths)}
    return Scenario({}, programs)


STORES = Scenario(
    {"x": "A", "y": "B"},
    {
        "parent": ["pin_user_pages h x write", "pin_user_pages g y write", "fork child split"],
        "parent/2": ["write x+4095 P", "write y Q", "pin_user_pages_fast f y write"],
    },
    ("x+4095", "y"),
)
STUCK = on_a_page(
    "parent: submit_dio_read r x, wait child",
    "device: complete r, device_write r D",
    "parent/2: fork child, unpin_user_page h",
    "parent/3: await s, get_user_pages h x times=1023, signal s",
    "child: read x v",
)
FREE = on_a_page(
    "parent: get_user_pages h x times=1023, unpin_user_page h",
    "parent/2: write x A, read x v",
    "device: device_read h w",
)


OWN = ("read x v", "read x+4095 w", "write x+8 P", "write y Q", "exit", "munmap x", "mlock x",
       "munlock x", "write_protect x", "read y u", "get_user_pages_fast g y write",
       "pin_user_pages_fast p x split", "submit_dio_read q y", "register_buffer b y")  # fmt: skip
MAKES = ("submit_dio_read h x", "submit_dio_write h y", "get_user_pages h x times=1023",
         "get_user_pages h y write", "pin_user_pages h x", "pin_user_pages_fast h x write split",
         "pin_user_pages h y longterm", "register_buffer h x", "signal h")  # fmt: skip
USES = ("device_write h+8 D", "device_write h E bytes=9", "device_read h a", "complete h",
        "put_page h", "unpin_user_page h", "unregister h", "await h", "wait c")  # fmt: skip


def drawn(seed: int) -> Scenario:
    """A scenario with a fork and a handle, and whatever else may be done; of few orders."""
    draw = random.Random(seed)
    while True:
        programs = {
            "parent": [draw.choice(["fork c", "fork c split"]), draw.choice(MAKES)],
            "parent/2": draw.choices(OWN + USES, k=draw.randint(1, 2)),
            "c": draw.choices(OWN + USES, k=draw.randint(1, 2)),
            "device": draw.choices(USES[:-1], k=draw.randint(0, 2)),
        }
        draw.shuffle(programs["parent"])
        programs["parent"].append(draw.choice(OWN))
        with suppress(ValueError):
            made = Scenario({"x": draw.choice("AB"), "y": "zero"}, programs)
            if explore(made).runs < 50:  # each of which is tried in a machine of its own
                return made


@pytest.mark.parametrize("release", ["5.7", "5.9", "5.11", "5.14", "5.19", "6.5"])
@pytest.mark.parametrize("scenario", [s for s in list(globals().values()) if type(s) is Scenario])
def test_merging_loses_nothing(scenario: Scenario, release: str) -> None:
    orders, found = list(brute.ends(scenario, release)), explore(scenario, release)
    assert found.runs == len(orders)
    assert found.states <= sum(len(schedule) for schedule, _ in orders) + 1
    shortest: dict[tuple[tuple[str, str], ...], int] = {}
    for schedule, left in orders:
        outcome = tuple(sorted(left.items()))
        shortest[outcome] = min(len(schedule), shortest.get(outcome, len(schedule)))
    assert {outcome: len(way) for outcome, way in found.outcomes.items()} == shortest
    for outcome, way in found.outcomes.items():
        assert (way, dict(outcome)) in orders


@pytest.mark.parametrize("seed", range(30))
def test_merging_loses_nothing_in_a_drawn_scenario(seed: int) -> None:
    releases = Kernel.releases()
    test_merging_loses_nothing(drawn(seed), releases[seed % len(releases)])


@pytest.mark.parametrize("lengths", [(1,), (3, 2), (2, 2, 2), (9, 9, 9)])
def test_actors_that_do_not_meet_are_a_matter_of_combinations(lengths: tuple[int, ...]) -> None:
    found = explore(independent(*lengths), "6.5")
    assert found.runs == factorial(sum(lengths)) // prod(map(factorial, lengths))
    assert found.states == prod(length + 1 for length in lengths)
    assert list(found.outcomes) == [()]


def test_verdict_and_witness() -> None:
    lost = "parent:x = A"
    old, new = explore(RACE, "6.4"), explore(RACE, "6.5")
    assert (old.verdict(lost), new.verdict(lost)) == (SOMETIMES, NEVER)
    way = old.witness(lost)
    assert way is not None
    assert way.index("device") > 2  # after the parent's write
    assert new.witness(lost) is None
    assert explore(RACE).release == Kernel().release


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("parent:x+8 = P", (ALWAYS, SOMETIMES)),
        ("child:x+8 = P", (NEVER, NEVER)),
        (lambda left: left["parent:x+8"] == "P", (ALWAYS, SOMETIMES)),
        (lambda left: left.get("parent:x+8") == "P", (ALWAYS, SOMETIMES)),
        (lambda left: len(left) == 2 and set(left) == {"child:x", "parent:x"}, (ALWAYS, ALWAYS)),
        (lambda left: "r" in left, (NEVER, NEVER)),
        ("child:x != P and child:x != A and parent:x != P", (ALWAYS, SOMETIMES)),
        ("parent:x+8 = P and parent:x+8 = P and parent:x+8 != A", (ALWAYS, SOMETIMES)),
    ],
)
def test_what_is_asked_about_is_watched_by_itself(question: Ask, verdict: tuple[str, str]) -> None:
    assert tuple(explore(RACE, release).verdict(question) for release in ("6.4", "6.5")) == verdict


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("parnet:x = A", "there is no process 'parnet', only parent, child"),
        ("device:x != A", "there is no process 'device'"),
        ("parent:y != A", "there is no page 'y', only x"),
        ("parent:x+4096 = A", r"place is 'x\+4096': it has to be like x or x\+8, up to x\+4095"),
        ("parent:x = Q", "parent:x cannot be Q, only A, P, D"),
        ("parent:x != zero", "parent:x cannot be zero, only A, P, D"),
        ("child:x = A and parent:x = EFAULT", "parent:x cannot be EFAULT, only A, P, D"),
        ("r = EFUALT", "r cannot be EFUALT, only EFAULT, ENOMEM"),
        ("r != EINVAL", "r cannot be EINVAL, only EFAULT, ENOMEM"),
        ("r = D", "r cannot be D, only EFAULT, ENOMEM"),
        ("v = A", "there is no value 'v'; the values are: r"),
        ("parent = A", "there is no value 'parent'"),
        (lambda left: left.get("parnet:x") == "A", "there is no process 'parnet'"),
        (lambda left: "parent:z" in left, "there is no page 'z', only x"),
        (lambda left: left.get("s") != "A", "there is no value 's'; the values are: r"),
        (lambda left: left["parent:x"] == "Q", "parent:x cannot be 'Q', only 'A', 'P', 'D'"),
        (lambda left: left["parent:x"] != "zero", "parent:x cannot be 'zero', only 'A'"),
        (lambda left: left["child:x"] in ("A", "EFAULT"), "child:x cannot be 'EFAULT', only"),
        ("parent:x = A and parent:x+0 = P", "parent:x = A and parent:x.0 = P: nothing is both"),
        ("parent:x != A and parent:x = A", "parent:x = A and parent:x != A: nothing is both"),
    ],
)
def test_a_question_about_what_there_cannot_be_is_an_error(question: Ask, complaint: str) -> None:
    found = explore(RACE, "6.4")
    for ask in (found.verdict, found.witness):
        with pytest.raises(ValueError, match=complaint):
            ask(question)


@pytest.mark.parametrize("gone", ["exit", "munmap x"])
def test_memory_that_is_gone_at_each_end_cannot_be_asked_about(gone: str) -> None:
    programs = {"parent": ["fork child", "write x P"], "child": ["read x v", gone]}
    found = explore(Scenario({"x": "A"}, programs), "6.5")
    for question in ("child:x = A", "v = A and child:x+8 != A"):
        with pytest.raises(ValueError, match=r"child:x(\+8)? is gone at each end, by exit or"):
            found.verdict(question)
    assert found.verdict("parent:x = P and v = A") == ALWAYS
    assert found.verdict(lambda left: "child:x" in left) == NEVER


def test_memory_of_who_is_not_there_because_somebody_waits_can_be_asked_about() -> None:
    programs = {"parent": ["submit_dio_write r x", "complete r", "wait child"], "child": ["exit"]}
    programs["parent/2"] = ["complete r", "fork child"]
    found = explore(Scenario({"x": "A"}, programs), "6.5")
    assert found.remarks
    assert found.verdict("child:x = A") == NEVER


def test_what_is_left_compares_as_text_and_can_be_copied() -> None:
    left = explore(RACE, "6.4").graph.nodes[-1].end
    assert left is not None
    copied = copy.deepcopy(dict(left))
    assert left["parent:x"] == left["parent:x+0"] == copied["parent:x"]
    assert left["parent:x"] != left["parent:x+8"]
    assert {left["parent:x+8"]: 1}["P"] == 1
    assert left.get("parent:x+8") != left.get("r")
    stopped = explore(Scenario({"x": "A"}, {"parent": ["munmap x", "write x P"]}))
    assert stopped.verdict(lambda left: left["parent: write x P"] == "EFAULT") == ALWAYS
    assert explore(RACE).verdict(lambda left: "parent: write x+8 P" in left) == NEVER


@pytest.mark.parametrize("answer", [None, 1, "A", "", [], float("nan")])
def test_a_function_has_to_answer_with_a_bool(answer: object) -> None:
    found = explore(RACE, "6.4")
    for ask in (found.verdict, found.witness):
        with pytest.raises(TypeError, match=re.escape(f"the question returned {answer!r}: it has")):
            ask(lambda left: answer)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("programs", "waiting"),
    [
        ({"parent": ["await s"], "device": ["await t", "signal s"], "d": ["await s", "signal t"]},
         "parent for s; device for t; d for s"),
        ({"parent": ["submit_dio_read r x"], "device": ["complete r", "device_write r D"]},
         "device for r, which is over"),
        ({"parent": ["register_buffer b x", "unregister b", "unregister b"]},
         "parent for b, which is over"),
        ({"parent": ["get_user_pages h x", "put_page h"], "device": ["device_read h v"]},
         "device for h, which is over"),
        ({"parent": ["fork child", "wait child"], "child": ["read x v"]},
         "parent for child to exit"),
        ({"parent": ["await s", "fork child"], "child": ["signal s"]},
         "parent for s; child to be forked"),
        ({"parent": ["munmap x", "submit_dio_read r x"], "device": ["complete r"]},
         "device for r, which is EFAULT"),
        ({"parent": ["munmap x", "get_user_pages h x"], "device": ["device_write h+8 D"]},
         "device for h, which is EFAULT"),
        ({"parent": ["exit"], "parent/2": ["write x P"]}, ""),  # ended with its process
    ],
)  # fmt: skip
def test_who_still_waits_at_an_end_is_named_with_what_for(
    programs: dict[str, list[str]], waiting: str
) -> None:
    found = explore(Scenario({"x": "A"}, programs), "6.5")
    told = {dict(outcome).get("still waiting", "") for outcome in found.outcomes}
    assert waiting in told
    assert found.remarks == tuple(f"still waiting: {w}" for w in sorted(told) if w)
    assert f"still waiting = {waiting}" in str(found) or not waiting
    assert found.verdict(lambda left: left.get("still waiting") == waiting) != NEVER or not waiting


def test_what_was_freed_in_one_order_is_an_outcome_with_step_and_schedule() -> None:
    """1023 references, given back as a pin: 1 + 1023 - 1024."""
    two = {"parent": FREE.programs["parent"], "parent/2": ["write x P"]}
    same = {"parent": FREE.programs["parent"], "parent/2": ["write x A"]}
    assert len(explore(Scenario({"x": "A"}, same), "6.5").outcomes) == 2  # what is left is the same
    found = explore(Scenario({"x": "A"}, two), "6.5")
    freed = {dict(o).get("used after it was freed"): way for o, way in found.outcomes.items()}
    assert freed == {
        None: ("parent", "parent/2", "parent"),
        "parent/2: write x P": ("parent", "parent", "parent/2"),
    }
    assert found.remarks == ("used after it was freed: parent/2: write x P",)
    assert found.verdict("parent:x = P") == SOMETIMES
    told = trace(found.scenario, freed["parent/2: write x P"], "6.5")
    assert "parent/2: write x P\n(used after it was freed)\n" in told
    assert sum("used after it was freed" in (node.end or {}) for node in found.graph.nodes) == 1


def test_it_prints_as_numbers_and_one_shortest_way_to_each_outcome() -> None:
    expected = """\
Linux 6.4: 12 states, 6 orders, 2 outcomes
  child:x = D, parent:x = A  by parent parent parent device device
  child:x = D, parent:x = D  by parent parent device parent device"""
    found = explore(RACE, "6.4")
    assert str(found) == repr(found) == expected
    nothing = explore(Scenario({"x": "zero"}, {"parent": ["exit"]}))
    assert str(nothing).endswith("2 states, 1 order, 1 outcome\n  nothing watched  by parent")
    never_touched = explore(Scenario({"x": "zero"}, {}))
    assert str(never_touched).endswith("  parent:x = zero  by ")


def test_the_state_limit_is_exact_and_says_what_to_do() -> None:
    assert explore(RACE, "6.4", most_states=12).states == 12
    with pytest.raises(RuntimeError, match="more than 11 states: allow more with most_states="):
        explore(RACE, "6.4", most_states=11)
    with pytest.raises(ValueError, match="most_states is 0"):
        explore(RACE, "6.4", most_states=0)


def test_interrupt_returns_what_was_found(interrupt: Callable[[int], None]) -> None:
    interrupt(11)
    found = explore(RACE, "6.4")
    assert (found.complete, found.runs) == (False, 0)
    assert f"{found.states} states, interrupted, 1 outcome" in str(found)
    with pytest.raises(RuntimeError, match=f"after {found.states} states: nobody knows"):
        found.verdict("parent:x = A")
    with pytest.raises(KeyboardInterrupt, match=f"interrupted after {found.states} states"):
        found.require_complete()
    assert (whole := explore(RACE, "6.4")).require_complete() is whole


@pytest.mark.parametrize("error", [RuntimeError("parent has exited"), ValueError("no such thing")])
def test_an_error_of_the_model_names_step_and_schedule(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(world: object, step: object) -> None:
        raise error

    monkeypatch.setitem(verbs.VERBS, "write", verbs.VERBS["write"]._replace(does=fail))
    complaint = f"parent: write x\\+8 P, after parent parent: {error}"
    with pytest.raises(RuntimeError, match=complaint):
        explore(RACE, "6.4")
    with pytest.raises(RuntimeError, match=complaint):
        trace(RACE, ("parent", "parent", "parent"), "6.4")


def test_the_default_limit_ends_within_seconds_and_says_how_to_raise_it() -> None:
    spent = process_time()
    with pytest.raises(RuntimeError, match=f"more than {MOST_STATES} states: allow more with most"):
        explore(independent(20, 20, 20), "6.5")
    assert process_time() - spent < 10


@pytest.mark.parametrize(
    ("fill", "children", "pages"), [("A", 6, 100), ("A", 0, 13), ("huge", 0, 1)]
)
def test_states_with_many_pages_are_dear(fill: str, children: int, pages: int) -> None:
    """Of all processes together more than 12 pages; a 2 MiB folio counts as 16."""
    forks = [f"fork c{n}" for n in range(children)]
    programs = {"parent": forks, **{f"d{n}": [f"signal s{n}"] for n in range(9)}}
    scenario = Scenario({f"x{n}": fill for n in range(pages)}, programs)
    allowed = 40 * 12 // (pages * (1 + children) * (16 if fill == "huge" else 1))
    with pytest.raises(RuntimeError, match=f"^more than {max(1, allowed)} states: allow more"):
        explore(scenario, "6.5", most_states=40)


def test_the_trace_of_a_schedule() -> None:
    text = trace(RACE, ("parent", "parent"), "6.4")
    assert text.splitlines()[:3] == ["parent: submit_dio_read r x", "parent: fork child", ""]
    assert "parent, DIO 1" in text
    with pytest.raises(ValueError, match=r"'device' cannot go on after 0 moves, only \['parent'\]"):
        trace(RACE, ("device",))


def peak(scenario: Scenario) -> tuple[int, int]:
    gc.collect()
    tracemalloc.start()
    states = explore(scenario, "6.5").states
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return states, used


def test_memory_is_linear_in_states() -> None:
    scenarios = [independent(5, 5, 5), independent(9, 9, 9)]
    (few, little), (many, much) = map(peak, scenarios)
    assert (few, many) == (6**3, 10**3)
    assert much / many < 1.5 * little / few
    assert much / many < 4096  # no state keeps a page


def test_a_race_of_two_steps_by_hand() -> None:
    race = Scenario({"x": "A"}, {"parent": ["fork child", "write x P"], "child": ["read x v"]})
    graph = explore(race, "6.5").graph
    assert list(graph.edges) == [
        Edge(0, 1, "parent", "fork child"),
        Edge(1, 2, "parent", "write x P"),
        Edge(1, 3, "child", "read x v"),
        Edge(2, 4, "child", "read x v"),
        Edge(3, 4, "parent", "write x P"),
    ]
    last = graph.nodes[4]
    assert last.schedule == ("parent", "parent", "child")
    assert dict(last.end or {}) == {"parent:x": "P", "child:x": "A", "v": "A"}
    assert [node.number for node in graph.nodes if node.end is not None] == [4]
    assert graph.way(("parent", "child", "parent")) == [0, 1, 3, 4]


@pytest.mark.parametrize("scenario", [RACE, THREADS])
def test_each_edge_is_a_move_of_who_can_go_on(scenario: Scenario) -> None:
    found = explore(scenario, "6.5")
    nodes, edges = found.graph.nodes, found.graph.edges
    assert len({node.schedule for node in nodes}) == len(nodes) == found.states
    assert [node.depth for node in nodes] == sorted(node.depth for node in nodes)
    for node in nodes:
        world = brute.led(scenario, "6.5", node.schedule)
        moves = {edge.actor: edge for edge in edges if edge.start == node.number}
        assert sorted(moves) == sorted(world.ready())
        for actor, edge in moves.items():
            assert world.next_step(actor).line == edge.step
            assert nodes[edge.end].depth == node.depth + 1
        assert (node.end is None) == bool(moves)


def test_an_answer_is_certain_where_all_ways_lead_to_it() -> None:
    nodes = explore(RACE, "6.4").graph.asked("parent:x = A").nodes
    ends = {schedule: left["parent:x"] == "A" for schedule, left in brute.ends(RACE, "6.4")}
    for node in nodes:
        after = [yes for way, yes in ends.items() if way[: node.depth] == node.schedule]
        certain = YES if all(after) else NO if not any(after) else OPEN
        assert node.answer == certain
    assert {node.answer for node in nodes} == {YES, NO, OPEN}


def test_what_is_seen_in_folios_stands_in_the_graph() -> None:
    nodes = explore(RACE, "6.5", seen=lambda folio: folio.refcount).graph.nodes
    assert nodes[0].seen == (1, 1)  # the zero page, and x
    assert max(max(node.seen) for node in nodes) == 1025
