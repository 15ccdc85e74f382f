"""The exercises of lesson 08."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice, product
from math import comb, factorial, prod

from pinlab.explore import ALWAYS, NEVER, SOMETIMES, YES, Question, Scenario, explore, litmus
from pinlab.explore import trace as traced
from pinlab.explore.rescue import PINNED, RELEASE, RULES, all_sets, overrides, saved, smallest
from pinlab.lab.draw import Draw
from pinlab.lab.exercise import (
    IT_IS,
    Choice,
    Exercise,
    Number,
    Program,
    Selection,
    Written,
    besides,
)
from pinlab.lab.figures.rule_sets import TITLES
from pinlab.lab.litmus_text import as_question
from pinlab.lab.powers import plural
from pinlab.lab.strangers import cut

LESSON = "08_try_every_interleaving"
FEW = "a-few-runs-are-enough"
ONE = "one-rule-fixes-it"
RARELY = "Rarely"
"""What is no verdict."""

TEN = 10
"""The runs that somebody has made."""


def orders(*steps: int) -> int:
    """Return in how many orders actors with so many steps each can do them all.

    >>> orders(3, 1), orders(10, 10)
    (4, 184756)
    """
    return factorial(sum(steps)) // prod(map(factorial, steps))


def how_many_orders(seed: int) -> Number:
    """Count the orders of two or three actors that never wait."""
    draw = Draw("how-many-orders", seed)
    sizes = [draw.one(range(3, 6)), draw.one(range(2, 5)), draw.one((0, 1, 2, 3, 3))]
    steps = [n for n in sizes if n]
    names = ("a parent", "a child", "a device")
    told = [f"{name} with {n} {plural(n, 'step')}" for name, n in zip(names, steps, strict=False)]
    *others, last = told
    right = orders(*steps)
    wrong = {
        sum(steps): "That is how many steps there are; an order is a way to line them all up",
        prod(steps): "That chooses one step of each actor; an order has all of them",
        factorial(sum(steps)): "The steps of one actor come in their own order, and only in that",
        prod(map(factorial, steps)): "That puts each actor's own steps in another order, and they "
        "have one already",
        comb(steps[0] + steps[1], steps[0]): "The third actor's steps come in between as well",
        len(steps): "That is how many actors there are; an order is a way to line up all steps",
        factorial(
            len(steps)
        ): "That puts whole actors one after the other; the steps of one may come "
        "between those of another",
        TEN: FEW,
    }
    return Number(
        id="how-many-orders",
        lesson=LESSON,
        gives=IT_IS,
        right=right,
        wrong=besides(right, wrong),
        question=(
            f"A test program has {', '.join(others)} and {last}. Each does its own steps one "
            f"after the other, and nobody ever waits for anybody. You ran it {TEN} times. **In "
            "how many orders can all the steps be done?**"
        ),
        because="The factorial of all the steps, divided by that of each actor's own.",
        hints=(
            "With two actors an order is a row of n + m places, of which one actor gets n. How "
            "many ways are there to choose them?",
            "n + m over n; with a third actor of k steps, (n + m + k)! / (n! m! k!).",
        ),
    )


def ten_good_runs() -> Choice:
    """Say what ten good runs have shown."""
    return Choice(
        id="ten-good-runs",
        lesson=LESSON,
        gives=IT_IS,
        right="some order is good",
        wrong={
            "no order is bad": FEW,
            "few orders are bad": FEW,
            "nothing": "At least one order was tried, and it is good; that is something",
        },
        because="A run is one order, and ten runs may have been the same order ten times.",
        hints=(
            "How many of the orders have ten runs met at most? And at least?",
            "At most ten, at least one. What is known of the others?",
        ),
    )


SIDE = 10


def equal_states() -> Number:
    """Count the states of two actors that do not concern each other."""
    right = (SIDE + 1) ** 2
    return Number(
        id="equal-states",
        lesson=LESSON,
        gives=IT_IS,
        right=right,
        wrong={
            (SIDE + 1) ** 2 - 1: "The first and the last state count, too",
            (SIDE + 1) ** 2 - 2: "The first and the last state count, too",
            (SIDE + 1) ** 2 + 1: "Nothing comes before these steps: no fork, as in the next cell",
            SIDE**2: "An actor can also have done none of its steps, or all of them",
            2 * SIDE: "That is how many steps there are",
            2 * SIDE + 1: "That is how many states one single order goes through",
            orders(SIDE, SIDE): "Those are the orders; many of them go through the same states",
            2 ** (2 * SIDE): "Who did which step is not remembered, only how far each of them is",
        },
        because="Each actor has done none to 10 of its steps: 11 times 11.",
        hints=(
            "What has to be known of such a state? It does not matter how it was reached.",
            "How many steps the one has done, and how many the other. How many pairs are there?",
        ),
    )


CVE = "vmsplice-in-child+parent-writes"


def orders_of_a_test() -> Number:
    """Count the orders of a test in which one actor comes into being by a step of another."""
    right = explore(litmus.load(CVE).scenario, "6.5").require_complete().runs
    return Number(
        id="orders-of-a-test",
        lesson=LESSON,
        right=right,
        wrong={
            orders(2, 3): "The child has nothing to do before there is a child",
            orders(1, 1): "The parent's write may come between any two steps of the child",
            3: "The write may come before, between and after the child's three steps",
            5: "That is how many steps there are",
            factorial(4): "The child's three steps come in their own order",
            factorial(5): "The steps of one actor come in their own order",
        },
        because="fork comes first; the write then has four places among the child's three steps.",
        hints=(
            "Which of the five steps has to be the first?",
            "After fork the parent has one step left and the child three. Where can the one stand?",
        ),
    )


RELEASES = ("5.7", "5.8", "5.10", "5.15", "5.19", "6.1", "6.4", "6.5", "6.12", "6.18")


@cache
def _asked_for(wanted: str) -> list[tuple[str, str]]:
    """Tests and releases with a verdict; there is nothing in them that the lesson has not told."""
    tests = [litmus.load(name) for name in litmus.names()]
    untold = "split|times=|bytes=|_fast|/2|register_buffer"
    plain = [test.name for test in tests if not re.search(untold, _steps(test))]
    found = (
        (name, release, litmus.run(name, release).require_complete())
        for name in plain
        for release in RELEASES
    )
    return [
        (name, release)
        for name, release, seen in found
        if seen.verdict == wanted and (seen.runs > 1 or wanted == ALWAYS)
    ]


def verdict(seed: int) -> Choice:
    """Give the verdict of a litmus test on a release."""
    draw = Draw("verdict", seed)
    name, release = draw.one(_asked_for(draw.one((NEVER, SOMETIMES, SOMETIMES, ALWAYS))))
    test = litmus.load(name)
    seen = litmus.run(test, release).require_complete()
    tried = f"All {seen.runs} orders were tried" if seen.runs > 1 else "There is but one order"
    such = f" (such as {', '.join(seen.schedule)})" if seen.schedule else ""
    ideas = {
        NEVER: f"{tried}, and at the end of none the line is true",
        SOMETIMES: f"{tried}: at the end of some{such} the line is true, and of others not",
        ALWAYS: f"{tried}, and at the end of each the line is true",
    }
    wrong = {v: ideas[seen.verdict] for v in ideas if v != seen.verdict} | {RARELY: FEW}
    if seen.verdict == SOMETIMES:
        wrong[NEVER] = FEW
    return Choice(
        id="verdict",
        lesson=LESSON,
        given=f"Linux {release}\n\n{as_question(test.scenario, test.exists)}",
        right=seen.verdict,
        wrong=wrong,
        question=(
            f"All orders of the steps of this litmus test are tried on Linux {release}. **Is the "
            "line that begins with exists true at the end of every order, of some, or of none?** "
            'Answer "Always", "Sometimes", "Rarely" or "Never".'
        ),
        because=f"{ideas[seen.verdict]}.",
        hints=(
            "Go through one order with a map beside you. Then ask which step could come earlier "
            "or later.",
            "Who holds the frame, and what does this release do with a held page at fork, and "
            "at the next write?",
        ),
    )


def too_late(seed: int) -> Number:
    """Find after how many steps an end is certain, on the shortest way to it."""
    draw = Draw("too-late", seed)
    release, scenario = draw.one(("5.10", "5.15", "6.1", "6.4")), _losing(draw)
    nodes = explore(scenario, release).require_complete().graph.asked(EXISTS).nodes
    right = min(node.depth for node in nodes if node.answer == YES)
    parent = scenario.programs["parent"]
    own = parent.index(WRITE) + 1
    deepest = max(node.depth for node in nodes)
    wrong = {
        **dict.fromkeys(
            range(right + 1, deepest), "It is certain earlier: with the parent's write"
        ),
        own: "The child's exit, which the parent waits for, is a step as well",
        parent.index(FORK) + 1: "After fork the device can still come before the parent's write, "
        "and then nothing is lost",
        3: "The parent's other steps come before that and count, too",
        1: "After one step everything is still open",
        deepest: "The device's write comes too late to decide anything: "
        "it goes to a frame that the parent has left",
        right - 1: "Before the parent's write both of them still map the frame",
    }
    return Number(
        id="too-late",
        lesson=LESSON,
        given=f"Linux {release}\n\n{as_question(scenario, EXISTS)}",
        right=right,
        wrong=besides(right, wrong),
        question=(
            f"On Linux {release} the exists line of this litmus test is true at the end of some "
            "orders, and of others not. **After how many steps, of all actors together, can it "
            "be certain at the earliest that it will be true, whatever comes next?**"
        ),
        because="It is certain when the parent has moved to a copy before the device has written.",
        hints=(
            "Which single step takes the parent away from the device's frame?",
            "The parent's write after fork. Count the steps that have to be done before it, and "
            "the write itself.",
        ),
    )


FORK, WRITE, EXISTS = "fork child", "write x+8 P", Question("parent:x = A")


def _losing(draw: Draw) -> Scenario:
    """A few steps that lose the disk's bytes, with others around that do not matter."""
    waits = draw.one((True, False))
    parent = ["submit_dio_read r x", FORK, *(["wait child"] if waits else []), WRITE]
    for n in range(draw.one(range(4))):
        place = draw.one(range(len(parent) + 1))
        parent.insert(place, draw.one((f"read y v{n}", f"write y {'QRS'[n]}")))
    child = ("exit",) if waits else draw.one(((), ("read x c",)))
    device = ("device_write r D", *draw.one(((), ("complete r",))))
    programs: dict[str, Sequence[str]] = {"parent": parent, "child": child, "device": device}
    return Scenario(
        {"x": "A", "y": "B"}, {actor: steps for actor, steps in programs.items() if steps}
    )


def never_of_what() -> Selection:
    """Select what a Never has an answer for."""
    steps = "The verdict holds for these steps and no others"
    return Selection(
        id="never-of-what",
        lesson=LESSON,
        options=(
            "a thousand runs", "a slow disk", "Linux 6.4", "a reference", "a second child",
            "fork in halves",
        ),
        right=frozenset({"a thousand runs", "a slow disk"}),
        wrong={
            frozenset(): "A verdict of all orders does hold for each of them, however often it "
            "is run",
        },
        missing={
            "a thousand runs": "Each run is one of the orders, and none of them ends so",
            "a slow disk": "That the disk comes late is one of the orders, and it was tried",
        },
        extra={
            "Linux 6.4": "The verdict holds for the release that was asked, and 6.4 has other "
            "rules",
            "a reference": steps,
            "a second child": steps,
            "fork in halves": "What happens within a step was not tried; a step that is cut in "
            "two makes new orders",
        },
        because="All orders of these steps on this release were tried, and nothing else.",
        hints=(
            "What exactly has been tried?",
            "Every order of the steps in the file, on one release's rules. Which of the six are "
            "just one of these orders?",
        ),
    )  # fmt: skip


def smallest_set() -> Selection:
    """Select the smallest set of rules that saves all scenarios."""
    (right,) = smallest()
    without = {
        "copy": "Without copy fork shares the pinned page, and the parent's next write moves it "
        "away from the device",
        "unshare": "Without unshare a read-only pin can be taken of a page that is shared, and "
        "the next write leaves it behind",
        "reuse": "Without reuse the pin itself makes the refcount too large, so a write to a "
        "read-only entry copies",
    }
    return Selection(
        id="smallest-set",
        lesson=LESSON,
        options=tuple(RULES),
        right=right,
        wrong={
            frozenset(): "With none of them every scenario is lost",
            **{frozenset({one}): ONE for one in RULES},
            **{right - {one}: reason for one, reason in without.items()},
        },
        because="Take any of the three away, and at least one of the scenarios is lost.",
        hints=(
            "Find a scenario that only one of the rules can save. Then the next.",
            "pin+write-protect+write has no fork and no read-only pin. What is left for it?",
        ),
    )


def what_is_saved(seed: int) -> Selection:
    """Select the scenarios that a set of rules saves."""
    draw = Draw("what-is-saved", seed)
    rules = draw.one(all_sets()[1:-1])
    tests = sorted(draw.shuffled(PINNED)[: draw.one((3, 4))])
    right = saved(rules) & frozenset(tests)
    alone = frozenset[str]().union(*(saved(frozenset({one})) for one in rules))
    wrong = {
        frozenset(tests): ONE,
        alone & frozenset(tests): "Two rules together can save what neither of them saves alone",
        **{
            saved(other) & frozenset(tests): f"That is what {_named(other)} would save"
            for other in all_sets()
            if len(other) < len(RULES)
        },
        frozenset[str](): "At least one of them is saved",
    }
    if not right:
        wrong |= {frozenset({test}): _lost(test) for test in tests}
    return Selection(
        id="what-is-saved",
        lesson=LESSON,
        options=tuple(tests),
        right=right,
        wrong={chosen: idea for chosen, idea in wrong.items() if chosen != right},
        missing={test: f"{test} is saved, too" for test in sorted(right)},
        extra={test: _lost(test) for test in tests if test not in right},
        question=(
            f"A kernel has the rules of Linux {RELEASE}, but of these three only {_named(rules)}: "
            f"{_described()}. A scenario is saved if what stands after exists is true at the end "
            f"of no order:\n\n{_scenarios(tests)}\n\n**Which of these scenarios are saved?** "
            "Answer with a set of their names, or with `set()`."
        ),
        because=f"Saved by {_named(rules)}: {', '.join(sorted(right)) or 'none of them'}.",
        hints=(
            "Take the scenarios one by one. Is there a fork after the pin? Is the page shared "
            "when it is pinned? Is a pinned page written to through a read-only entry?",
            "copy is for a fork after the pin; unshare for a read-only pin of a shared page; "
            "reuse for a write to a pinned page whose entry is read-only, as after unsharing. "
            "Some scenarios need two of them, and one needs all.",
        ),
    )


def _named(rules: frozenset[str]) -> str:
    *others, last = [name for name in RULES if name in rules] or ["none of the three"]
    return f"{', '.join(others)} and {last}" if others else last


def _described() -> str:
    return "; ".join(f"*{name}* ({title})" for name, title in TITLES.items())


def _scenarios(tests: Sequence[str]) -> str:
    """The scenarios as a list: their question and their steps."""
    loaded = [litmus.load(test) for test in tests]
    return "\n".join(f"- {test.name}: exists {test.exists}; {_steps(test)}" for test in loaded)


def _steps(test: litmus.Litmus) -> str:
    programs = test.scenario.programs.items()
    return "; ".join(f"{actor}: {', '.join(steps)}" for actor, steps in programs)


def _lost(test: str) -> str:
    needed = [rules for rules in all_sets() if test in saved(rules)]
    return f"{test} needs {_named(min(needed, key=len))}"


def missing_rule(seed: int) -> Choice:
    """Find the rule that a kernel lacks from an order that goes wrong."""
    draw = Draw("missing-rule", seed)
    missing = draw.one(tuple(RULES))
    rules = frozenset(RULES) - {missing}
    lost = [test for test in PINNED if test not in saved(rules)]
    test = _relabelled(litmus.load(draw.one(lost)), draw)
    schedule = (
        explore(test.scenario, RELEASE, overrides(rules)).require_complete().witness(test.exists)
    )
    if schedule is None:
        raise ValueError(f"{test.name} is not lost without {missing!r}")
    played = traced(test.scenario, schedule, RELEASE, overrides(rules))
    after_the_pin = played[played.index("  pin ") :]
    reasons = {
        "copy": _copy_is_there(after_the_pin),
        "unshare": "unshare is in the trace, before the pin"
        if "  unshare " in played
        else "The page belonged to the parent alone when it was pinned, or the pin is for writing: "
        "there was nothing to unshare",
        "reuse": "Look at the write that moves the process away: the page is not marked exclusive, "
        "so reuse would not keep it",
        "none": "With all three the run would have ended otherwise",
    }
    did = {
        "copy": "fork shared a pinned page, and the write then copied it for the parent",
        "unshare": "the pin was taken of a page that was still shared",
        "reuse": "the page belonged to one process alone, and the write copied it all the same",
    }
    return Choice(
        id="missing-rule",
        lesson=LESSON,
        gives=IT_IS,
        given=f"Linux {RELEASE} without one rule\n\n{as_question(test.scenario, test.exists)}\n\n"
        f"{played}",
        right=missing,
        wrong={name: reason for name, reason in reasons.items() if name != missing},
        question=(
            f"A kernel has the rules of Linux {RELEASE}, but lacks one of these three: "
            f'{_described()}. Here is a scenario, and an order at whose end "{test.exists}" '
            "is true, against what the holder of the pin relies on. **Which rule is missing, "
            '"copy", "unshare" or "reuse"?** (Or is it "none"?)'
        ),
        because=f"Here {did[missing]}.",
        hints=(
            "Find the line in which a process moves to another frame. Which rule would have "
            "kept it?",
            "A pin after a fork, and no line that says unshare? Then unshare. Else a fork after "
            "the pin, and it shared? Then copy. Else reuse.",
        ),
    )


def _copy_is_there(after_the_pin: str) -> str:
    """Why copy is not the rule that is missing, by what the trace has after the pin."""
    if "  fork copy " in after_the_pin:
        return "fork has copied the page for the child; that line is in the trace"
    if "  fork " in after_the_pin:
        return (
            "fork copies only what belongs to one process alone, and this page was shared already "
            "when it was pinned"
        )
    return "Nobody forks after the pin, so there was nothing to copy"


def _relabelled(test: litmus.Litmus, draw: Draw) -> litmus.Litmus:
    """A test with other letters."""
    old = sorted(set(re.findall(r"\b[A-Z]\b", as_question(test.scenario, test.exists))))
    new = dict(zip(old, draw.shuffled("BEFGHKMNQRSTVWXZ"), strict=False))

    def put(text: str) -> str:
        return re.sub(r"\b[A-Z]\b", lambda found: new[found[0]], text)

    scenario = Scenario(
        {page: put(letter) for page, letter in test.scenario.memory.items()},
        {actor: tuple(map(put, steps)) for actor, steps in test.scenario.programs.items()},
        test.scenario.watched,
    )
    return replace(test, scenario=scenario, exists=Question(put(str(test.exists))))


TO_DISK = """
mine
"A write after fork: can it still reach the disk?"

memory
    x = A

parent
    submit_dio_write r x
    fork child
    write x P
device
    device_read r v

exists v = P

6.4  Never      a guess
6.5  Sometimes  a guess
"""


def write_a_test() -> Written:
    """Write a litmus test from its description."""
    return Written(
        id="write-a-test",
        lesson=LESSON,
        right=TO_DISK,
        wrong={
            TO_DISK.replace("    fork child\n", ""): "The parent has to fork before it writes; "
            "without that its write goes to the frame that the device reads",
            TO_DISK.replace("submit_dio_write", "submit_dio_read"): "submit_dio_read asks for data "
            "from disk: there the device fills the page",
            TO_DISK.replace("exists v = P", "exists parent:x = P"): "The question is what the "
            "device read (v), not what the parent sees",
            TO_DISK.replace("exists v = P", "exists v = A"): "The question is whether the new "
            "byte reaches the disk, and that is P",
            TO_DISK.replace("    write x P\n", "child\n    write x P\n"): "It is the parent that "
            "writes, and not the child, and it writes to byte 0, which the device reads",
            TO_DISK.replace(
                "    submit_dio_write r x\n    fork child\n",
                "    fork child\n    submit_dio_write r x\n",
            ): "The parent submits first and forks then; on 5.8 the other order ends otherwise",
        },
        releases=("5.7", "5.8", "5.9", "6.4", "6.5"),
        because="The parent's write goes to a copy up to 6.4; since 6.5 fork copies for the child "
        "and the parent keeps the frame, as it would without fork.",
        hints=(
            "Begin with the file of this lesson. It needs a name, a sentence in quotation marks, "
            "memory, parent, device, exists, and a verdict with your guess.",
            "To disk is `submit_dio_write r x`, and what the device reads is `device_read r v`; "
            "then `exists v = P`.",
        ),
    )


Graph = Mapping[int, Sequence[int]]


def explored() -> Program:
    """Write the explorer: states and orders of a graph, equal states merged."""
    layers = _layers(LAYERS)
    return Program(
        id="explored",
        lesson=LESSON,
        gives=IT_IS,
        name="explored",
        arguments=("start", "after"),
        states=_graphs(),
        model=explored_in_the_model,
        trace=_all_orders,
        large=((0, layers),),
        slow=f"Where each order is walked by itself this takes too long: {len(layers)} states have "
        f"2^{LAYERS} of them. Keep what is known of a state, and look there first",
        wrong=(
            (FEW, _one_run),
            ("A state that is met again is still one state", _unmerged),
            ("A state that was met before still has its orders to the end: add them", _met_is_0),
            ("At an end there is one way on: to do nothing", _ends_are_0),
            ("The start is a state as well", _without_start),
        ),
        because="Each state is looked at once, and its number of orders is kept.",
        hints=(
            "How many orders lead from a state to an end, if you know that of each state after it?",
            "They add up; at an end it is 1. Keep the number of each state in a dict, and look "
            "there first: the dict has one entry for each state.",
        ),
    )


def explored_in_the_model(start: int, after: Graph) -> tuple[int, int]:
    """Return how many states there are, and how many orders from the start to an end."""
    runs: dict[int, int] = {}

    def visit(state: int) -> int:
        if state not in runs:
            runs[state] = sum(visit(following) for following in after[state]) or 1
        return runs[state]

    total = visit(start)
    return len(runs), total


def _graphs() -> tuple[tuple[int, dict[int, list[int]]], ...]:
    """Small ones first, then drawn ones, then those of real litmus tests."""
    grid: dict[int, list[int]] = {
        4 * n + m: [4 * n + m + 4] * (n < 3) + [4 * n + m + 1] * (m < 3)
        for n, m in product(range(4), repeat=2)
    }
    small: list[dict[int, list[int]]] = [{0: []}, {0: [1], 1: []}, {0: [1, 2], 1: [], 2: []},
             {0: [1, 2], 1: [3], 2: [3], 3: []}, grid]  # fmt: skip
    draw = Draw("explored", 0)
    drawn = [_drawn(draw) for _ in range(50)]
    tests = [_of_a_test(litmus.load(name)) for name in litmus.names()]
    return tuple((0, graph) for graph in [*small, *drawn, *tests])


LAYERS = 40


def _layers(number: int) -> dict[int, list[int]]:
    """Layers of two states, each of which leads to both of the next: 2^number orders."""
    graph = {0: [1, 2]}
    for state in range(1, 2 * number + 1):
        last = (state - 1) // 2 == number - 1
        first = state + (1 if state % 2 == 0 else 2)
        graph[state] = [] if last else [first, first + 1]
    return graph


def _drawn(draw: Draw) -> dict[int, list[int]]:
    """Up to nine states; each step leads to a later number, and all can be reached."""
    size = draw.one(range(3, 10))
    graph: dict[int, list[int]] = {n: [] for n in range(size)}
    for n in range(1, size):
        for before in {draw.one(range(n)), draw.one(range(n))}:
            graph[before].append(n)
    return graph


def _of_a_test(test: litmus.Litmus) -> dict[int, list[int]]:
    graph = explore(test.scenario, "6.5").require_complete().graph
    after: dict[int, list[int]] = {node.number: [] for node in graph.nodes}
    for edge in graph.edges:
        after[edge.start].append(edge.end)
    return after


def _orders_from(start: int, after: Graph) -> Iterator[list[int]]:
    """Every order as the states that it goes through; there may be very many."""
    if not after[start]:
        yield [start]
    for following in after[start]:
        for rest in _orders_from(following, after):
            yield [start, *rest]


def _all_orders(start: int, after: Graph) -> str:
    found = list(islice(_orders_from(start, after), 8))
    lines = [cut(" -> ".join(map(str, order))) for order in found]
    more = explored_in_the_model(start, after)[1] - len(found)
    return "\n".join([*lines, *([f"and {more} more"] if more else [])])


def _one_run(start: int, after: Graph) -> tuple[int, int]:
    state, states = start, 1
    while after[state]:
        state, states = after[state][0], states + 1
    return states, 1


def _unmerged(start: int, after: Graph) -> tuple[int, int]:
    def size(state: int) -> int:
        return 1 + sum(map(size, after[state]))

    return size(start), explored_in_the_model(start, after)[1]


def _met_is_0(start: int, after: Graph) -> tuple[int, int]:
    met: set[int] = set()

    def visit(state: int) -> int:
        if state in met:
            return 0
        met.add(state)
        return sum(map(visit, after[state])) if after[state] else 1

    total = visit(start)
    return len(met), total


def _ends_are_0(start: int, after: Graph) -> tuple[int, int]:
    return explored_in_the_model(start, after)[0], 0


def _without_start(start: int, after: Graph) -> tuple[int, int]:
    states, runs = explored_in_the_model(start, after)
    return states - 1, runs


FIXED: Mapping[str, Callable[[], Exercise]] = {
    "ten-good-runs": ten_good_runs,
    "equal-states": equal_states,
    "orders-of-a-test": orders_of_a_test,
    "never-of-what": never_of_what,
    "smallest-set": smallest_set,
    "write-a-test": write_a_test,
    "explored": explored,
}

SEEDED: Mapping[str, Callable[[int], Exercise]] = {
    "how-many-orders": how_many_orders,
    "verdict": verdict,
    "too-late": too_late,
    "missing-rule": missing_rule,
    "what-is-saved": what_is_saved,
}
