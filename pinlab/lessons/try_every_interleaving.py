"""Lesson 08, try every interleaving: tests by releases, and three rules that are needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise, product
from math import factorial, prod

from pinlab.explore import ALWAYS, NEVER, SOMETIMES, YES, Question, Scenario, explore, litmus
from pinlab.explore import trace as traced
from pinlab.explore.rescue import PINNED, RELEASE, RULES, all_sets, overrides, saved
from pinlab.lab.draw import Draw, Drawn
from pinlab.lab.grid import ALL, LETTERS, NO, PARTLY, SOME, Grid
from pinlab.lab.palette import EDGE
from pinlab.lab.picture import Drawing, drawing
from pinlab.lab.svg import rect, text
from pinlab.lab.task import Trial
from pinlab.lab.text import many, two_to
from pinlab.model.arguments import in_a_line, instance, several
from pinlab.table import Table

RUNS, STEPS = 10, (5, 3, 3)
"""The riddle: so many runs, and the steps of its three actors."""

COLUMNS, SQUARE = 140, 5
"""How many orders stand in a row of the picture, and how large each is, in pixels."""


def ten_runs() -> Drawing:
    """Draw a square for each order of the riddle's steps; ten runs have met the dark ones at most.

    Which ten they are is drawn by lot.
    """
    every = orders(*STEPS)
    wide, tall = COLUMNS * SQUARE, -(-every // COLUMNS) * SQUARE
    light = rect(0, 0, SQUARE - 1, SQUARE - 1, fill="#CCCCCC", edge="", round=0)
    tile = (
        f'<defs><pattern id="order" width="{SQUARE}" height="{SQUARE}" '
        f'patternUnits="userSpaceOnUse">{light}</pattern></defs>'
    )
    met = Draw("ten-good-runs", 0).shuffled(range(every))[:RUNS]
    dark = [
        rect(column * SQUARE - 2, row * SQUARE - 2, SQUARE + 3, SQUARE + 3, fill=EDGE)
        for row, column in (divmod(n, COLUMNS) for n in met)
    ]
    drawn = [tile, rect(0, 0, wide, tall, fill="url(#order)", edge="", round=0), *dark]
    told = f"{every} squares, one for each order of the steps. {RUNS} of them are dark."
    return drawing(wide, tall, drawn, "A field of squares.", [told])


ORDER = (NEVER, SOMETIMES, ALWAYS)
FILL = {NEVER: NO, SOMETIMES: PARTLY, ALWAYS: ALL}
"""The more yes, the more colour; Sometimes has lines across."""


TELLING = (
    "fork+parent-writes", "vmsplice-in-child+parent-writes", "pin+fork+parent-writes",
    "fast-pin+fork-in-halves", "pin+write-protect+write", "readonly-pin-of-shared-page",
    "longterm-pin-of-zero-page", "dio-read+fork+child-exits", "dio-read+fork+parent-writes",
    "get+fork+parent-writes",
)  # fmt: skip
"""Ten tests, no two of which have the same verdicts."""


def verdicts(releases: Sequence[str] = litmus.ERAS, *, every: bool = False) -> Drawing:
    """Return the verdicts of ten litmus tests, or of every one, on the releases that begin eras.

    A test is called by its question. Tests with the same verdicts stand together; a thick edge at
    the left says that a verdict is not what it was on the release before. Raises ValueError for a
    release that is none.

    >>> verdicts(("5.8", "5.9")).table.rows()["dio-read+fork+child-exits"]
    ('Never', 'Sometimes')
    """
    releases = several("releases", releases, str)
    table = litmus.table(releases)
    shown = table if instance("every", every, bool) else table.part(rows=TELLING)
    rows = {str(name): [*map(str, row)] for name, row in shown.rows().items()}
    names = sorted(rows, key=lambda name: ([ORDER.index(v) for v in rows[name]], name))
    grid = Grid(318, 64, 40)
    drawn = [
        SOME,
        text(grid.margin, grid.head - 12, "test, and Linux", size=LETTERS),
        grid.headings(releases),
    ]
    y = grid.head
    for name in names:
        question = litmus.load(name).why
        row = grid.with_room_for(question, LETTERS, y)
        drawn.append(row.row(0, question, rows[name], FILL, LETTERS))
        changes = enumerate(pairwise(rows[name]), start=1)
        drawn += [row.edge(k, 0, 4, "change") for k, (old, new) in changes if old != new]
        y += row.tall
    return replace(grid, head=y).drawing(
        len(releases), 0, drawn, "A table of tests and releases.",
        _sentences(releases, rows), table.part(rows=names),
    )  # fmt: skip


def _sentences(releases: Sequence[str], rows: dict[str, list[str]]) -> list[str]:
    """How many of each verdict there are on each release, and how many have changed."""
    told = []
    for n, release in enumerate(releases):
        found = [row[n] for row in rows.values()]
        counts = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in ORDER)
        moved = sum(row[n] != row[n - 1] for row in rows.values()) if n else 0
        since = f"; {many(moved, 'test')} changed since {releases[n - 1]}" if n else ""
        told.append(f"Linux {release}: {counts}{since}.")
    return told


TITLES = {
    "copy": "fork copies pinned pages",
    "unshare": "a read-only pin unshares",
    "reuse": "exclusive is reused uncounted",
}
"""What each of the three rules says."""

SAVED, LOST = "saved", "lost"


def rule_sets() -> Drawing:
    """Return which scenarios each set of the three rules saves: a column for each set.

    Saved: in no order does the holder of the pin lose anything, or read what is stale.
    """
    sets = all_sets()
    rows = {test: [SAVED if test in saved(rules) else LOST for rules in sets] for test in PINNED}
    grid = Grid(330, 52, 12)
    drawn = [SOME]
    for n, name in enumerate(RULES):
        words = f"{name}: {TITLES[name]}"
        drawn.append(text(grid.margin, grid.y(n) + 16, words, size=LETTERS))
        drawn += [_switch(grid, k, n, on=name in rules) for k, rules in enumerate(sets)]
    y = grid.y(len(RULES)) + 10
    for test, row in rows.items():
        question = litmus.load(test).why
        line = grid.with_room_for(question, LETTERS, y)
        drawn.append(line.row(0, question, row, {SAVED: NO, LOST: PARTLY}, LETTERS))
        y += line.tall
    names = [" + ".join(name for name in RULES if name in rules) or "none" for rules in sets]
    return replace(grid, head=y).drawing(
        len(sets), 0, drawn, "Sets of rules and what they save.",
        [
            f"{name}: saves {len(saved(rules))} of {len(PINNED)}."
            for name, rules in zip(names, sets, strict=True)
        ],
        Table.of_rows(names, [(test, *row) for test, row in rows.items()]),
    )  # fmt: skip


def _switch(grid: Grid, column: int, row: int, *, on: bool) -> str:
    """A rule that is on or off in a set."""
    mark, weight = ("on", "bold") if on else ("–", "normal")
    return text(
        grid.middle(column), grid.y(row) + 16, mark, size=LETTERS, anchor="middle", weight=weight
    )


def orders_to_yes(name: str, release: str) -> int:
    """Return at the end of how many orders the answer to a litmus test's question is yes.

    Raises ValueError for an unknown name or release.
    """
    test = litmus.load(name)
    graph = explore(test.scenario, release).require_complete().graph.asked(test.exists)
    return sum(node.runs for node in graph.nodes if node.end and node.answer == YES)


def orders(*steps: int) -> int:
    """Return in how many orders actors with so many steps each can do them all.

    >>> orders(3, 1), orders(10, 10)
    (4, 184756)
    """
    return factorial(sum(steps)) // prod(map(factorial, steps))


SOLVES_THE_TASK = (
    "get+write-protect+write", "pin+write-protect+write", "pin+write-protect+fork+write",
)  # fmt: skip
"""Tests that would be right in `fixed_by_then`, so that no problem shows them."""

RELEASES = ("5.7", "5.8", "5.10", "5.15", "5.19", "6.1", "6.4", "6.5", "6.12", "6.18")


@cache
def _asked_for(wanted: str) -> list[tuple[str, str]]:
    """Tests and releases with a verdict; all that is in them was told, and no verdict shown."""
    tests = [litmus.load(name) for name in litmus.names() if name not in TELLING + SOLVES_THE_TASK]
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


def verdict(draw: Draw) -> Drawn:
    """Draw a litmus test and a release: what is the verdict?"""
    name, release = draw.one(_asked_for(draw.one((NEVER, SOMETIMES, SOMETIMES, ALWAYS))))
    test = litmus.load(name)
    seen = litmus.run(test, release).require_complete()
    tried = f"All {seen.runs} orders were tried" if seen.runs > 1 else "There is but one order"
    return {
        "given": _handed_out(f"Linux {release}", test.scenario, test.exists),
        "release": release,
        "verdict": seen.verdict,
        "of_none": tried if seen.verdict == NEVER else None,
        "of_some": tried if seen.verdict == SOMETIMES else None,
        "of_each": tried if seen.verdict == ALWAYS else None,
        "such": f" (such as {', '.join(seen.schedule)})" if seen.schedule else "",
    }


def _handed_out(release: str, scenario: Scenario, exists: Question) -> str:
    """A release and a test, as a file of data/litmus has it, without name, sentence, verdicts."""
    memory = [f"{page} = {letter}" for page, letter in scenario.memory.items()]
    parts = {"memory": memory, **scenario.programs}
    told = ("\n    ".join([head, *lines]) for head, lines in parts.items())
    return "\n".join([release, "", *told, f"exists {exists}"])


FORK, WRITE, EXISTS = "fork child", "write x+8 P", Question("parent:x = A")


def too_late(draw: Draw) -> Drawn:
    """Draw a scenario that may lose bytes: after how many steps is it certain at the earliest?"""
    release, scenario = draw.one(("5.10", "5.15", "6.1", "6.4")), _losing(draw)
    nodes = explore(scenario, release).require_complete().graph.asked(EXISTS).nodes
    parent = scenario.programs["parent"]
    right = min(node.depth for node in nodes if node.answer == YES)
    deepest = max(node.depth for node in nodes)
    return {
        "given": _handed_out(f"Linux {release}", scenario, EXISTS),
        "release": release,
        "certain": right,
        "later": list(range(right + 1, deepest)),
        "own": parent.index(WRITE) + 1,
        "forked": parent.index(FORK) + 1,
        "deepest": deepest,
    }


def _losing(draw: Draw) -> Scenario:
    """A few steps that lose the disk's bytes, with others around that do not matter."""
    # Seed 0 is asked in the lesson, which has shown the scene where nobody waits.
    waits = draw.one((True, False)) if draw.seed else True
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


def _described() -> str:
    return "; ".join(f"*{name}* ({title})" for name, title in TITLES.items())


def _lines_of(test: litmus.Litmus) -> list[str]:
    return [step for steps in test.scenario.programs.values() for step in steps]


def _steps(test: litmus.Litmus) -> str:
    programs = test.scenario.programs.items()
    return "; ".join(f"{actor}: {', '.join(steps)}" for actor, steps in programs)


DID = {
    "copy": "fork shared a pinned page, and the write then copied it for the parent",
    "unshare": "the pin was taken of a page that was still shared",
    "reuse": "the page belonged to one process alone, and the write copied it all the same",
}
"""What is seen where a rule is missing."""


def missing_rule(draw: Draw) -> Drawn:
    """Draw a rule that is off, and an order that goes wrong by that: which rule is it?"""
    # Seed 0 is asked in the lesson, below a fold that tells how reuse is missing.
    missing = draw.one(tuple(RULES)) if draw.seed else "unshare"
    rules = frozenset(RULES) - {missing}
    lost = [test for test in PINNED if test not in {*saved(rules), *SOLVES_THE_TASK}]
    test = _relabelled(litmus.load(draw.one(lost)), draw)
    schedule = (
        explore(test.scenario, RELEASE, overrides(rules)).require_complete().witness(test.exists)
    )
    if schedule is None:
        raise ValueError(f"{test.name} is not lost without {missing!r}")
    played = traced(test.scenario, schedule, RELEASE, overrides(rules))
    after_the_pin = played[played.index("  pin ") :]
    copied, forked = "  fork copy " in after_the_pin, "  fork " in after_the_pin
    unshared, head = "  unshare " in played, f"Linux {RELEASE} without one rule"
    writes = any(re.match(r"pin_user_pages \w+ x write", line) for line in _lines_of(test))
    return {
        "given": f"{_handed_out(head, test.scenario, test.exists)}\n\n{played}",
        "all_rules": _described(),
        "exists": test.exists,
        "missing": missing,
        "copied": "copy" if copied else None,
        "shared_before": "copy" if forked and not copied else None,
        "no_fork": None if forked else "copy",
        "unshared": "unshare" if unshared else None,
        "for_writing": "unshare" if writes else None,
        "alone": None if unshared or writes else "unshare",
        "did": DID[missing],
    }


def _relabelled(test: litmus.Litmus, draw: Draw) -> litmus.Litmus:
    """A test with other letters."""
    told = _handed_out("", test.scenario, test.exists)
    old = sorted(set(re.findall(r"\b[A-Z]\b", told)))
    new = dict(zip(old, draw.shuffled("BEFGHKMNQRSTVWXZ"), strict=False))

    def put(text: str) -> str:
        return re.sub(r"\b[A-Z]\b", lambda found: new[found[0]], text)

    scenario = Scenario(
        {page: put(letter) for page, letter in test.scenario.memory.items()},
        {actor: tuple(map(put, steps)) for actor, steps in test.scenario.programs.items()},
        test.scenario.watched,
    )
    return replace(test, scenario=scenario, exists=Question(put(str(test.exists))))


Graph = Mapping[int, Sequence[int]]


def explored() -> Drawn:
    """Return the graphs in which an explorer is tried, and what the model's finds in them."""
    layers = _layers(LAYERS)
    return {
        "states": _graphs(),
        "model": explored_in_the_model,
        "trace": _all_orders,
        "large": ((0, layers),),
        "slow": f"Where each order is walked by itself this takes too long: {len(layers)} states "
        f"have {two_to(LAYERS)} of them. Keep what is known of a state, and look there first",
    }


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
    """Small ones, one with a state that nothing leads to; drawn ones; those of litmus tests."""
    grid: dict[int, list[int]] = {
        4 * n + m: [4 * n + m + 4] * (n < 3) + [4 * n + m + 1] * (m < 3)
        for n, m in product(range(4), repeat=2)
    }
    small: list[dict[int, list[int]]] = [{0: []}, {0: [1], 1: []}, {0: [1, 2], 1: [], 2: []},
             {0: [1, 2], 1: [3], 2: [3], 3: []}, {0: [2], 1: [2], 2: []}, grid]  # fmt: skip
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
    for step in graph.edges:
        after[step.start].append(step.end)
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
    lines = [in_a_line(" -> ".join(map(str, order))) for order in found]
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


def _all_listed(start: int, after: Graph) -> tuple[int, int]:
    return len(after), explored_in_the_model(start, after)[1]


# The open task.

MOST_STATES = 20_000


def fixed_by_then(mine: object) -> Trial:
    """Try a litmus test without direct I/O from disk: is it Sometimes on 5.9, Never on 6.5?"""
    test = litmus.parse(instance("mine", mine, str), "mine")
    try:
        old, new = (litmus.run(test, name, most_states=MOST_STATES) for name in ("5.9", "6.5"))
    except RuntimeError as error:
        raise ValueError(f"mine: {error}") from None
    trial = Trial(f"It is {old.verdict} on 5.9 and {new.verdict} on 6.5.", old.witness)
    reads = any(step.startswith("submit_dio_read ") for step in _lines_of(test))
    verdicts = {"alone": old.verdict != ALWAYS, "old": old.verdict == SOMETIMES}
    return trial.checked({"disk": not reads, **verdicts, "new": new.verdict == NEVER})
