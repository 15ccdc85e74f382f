"""Lesson 05: its exercises in the model; rounds counted by hand, their curves, words and tables."""

import csv
import platform
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from pinlab import FOLL_LONGTERM, PAGE_SIZE, Kernel, lab
from pinlab.data_folder import DATA
from pinlab.lab.problems import exercise
from pinlab.lessons import pretend_to_pin as here
from pinlab.lessons.pretend_to_pin import EVERY, ONE_OF_EACH, OUTCOMES, Rounds, Switches, run
from tests.lab.lines import points
from tests.lab.parts import Parts
from tests.lessons.given import trace

SEEDS = range(50)
RULES = re.compile(r'zero_page_(grab|grab_fast|unpin)="(counted|skipped)"')
OUTCOME_OF = {
    (True, True): "balanced",
    (True, False): "leaking",
    (False, True): "stuck",
    (False, False): "exempt",
}
"""By whether a pin of never-written memory counts, and whether its release does."""


def counts(id: str, seed: int) -> tuple[bool, bool, bool]:
    """Whether a pin counts on the kernel of a question, a fast one, and a release."""
    rules = dict(RULES.findall(exercise(id, seed).question))
    pin, fast, release = (rules[rule] == "counted" for rule in ("grab", "grab_fast", "unpin"))
    return pin, fast, release


def outcome(seed: int) -> str:
    """The answer to `whose-outcome`."""
    pin, _, release = counts("whose-outcome", seed)
    return OUTCOME_OF[pin, release]


def after_rounds(seed: int) -> dict[str, int]:
    """The answer to `after-n-rounds`."""
    pin, _, release = counts("after-n-rounds", seed)
    n, again = map(int, re.findall(r": (\d+) ", exercise("after-n-rounds", seed).question))
    assert n == again
    change = 1024 * (pin - release)
    together = 1 + n * change
    return {"one after another": -1023 if change < 0 else together, "held together": together}


def held(seed: int) -> list[int]:
    """The numbers of `gets-and-pins`: references and pins, and how many of each are released."""
    question = exercise("gets-and-pins", seed).question
    return [int(number) for number in re.findall(r"(?<![\d.])\d+(?! *\.\d)", question)][-4:]


def references(seed: int) -> int:
    """The answer to `gets-and-pins`."""
    gets, _, puts, _ = held(seed)
    return 1 + gets - puts


def proved_by_the_trace(seed: int) -> set[str]:
    """The answer to `which-tests`: those whose line leaves the zero page's refcount alone."""
    tests = {"pin": "slow", "unpin": "release"}
    lines = [
        e for e in trace("which-tests", seed) if e.page == "zero page" and e.operation in tests
    ]
    assert len(lines) == 2
    return {tests[e.operation] for e in lines if e.refcount_before == e.refcount_after}


def what_a_caller_gets() -> str:
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    pages = mm.pin_user_pages(mm.mmap(64 * PAGE_SIZE), 64)
    assert set(pages) == {kernel.zero_page}
    return f"{len(pages)} pages"


def reached_by_a_write() -> set[str]:
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    kernel.submit_dio_write(mm, mm.mmap(PAGE_SIZE), 1).complete()
    places = {"pin": "slow", "pin, fast": "fast", "unpin": "release"}
    return {places[event.operation] for event in kernel.trace if event.note == "not counted"}


def test_the_fast_path_turns_back_at_a_special_entry_and_only_an_empty_one_needs_a_fault() -> None:
    kernel = Kernel("6.5")
    mm = kernel.new_mm()
    written, read, untouched = (mm.mmap(PAGE_SIZE) for _ in range(3))
    mm.write(written, b"x")
    mm.read(read, 1)
    pins = {}
    for addr in (written, read, untouched):
        begin = len(kernel.trace)
        kernel.submit_dio_write(mm, addr, 1)
        pins[addr] = [event.operation for event in kernel.trace[begin:]]
    assert pins == {
        written: ["pin, fast"], read: ["pin"], untouched: ["read fault", "pin"],
    }  # fmt: skip


def not_pinned_twice() -> str:
    """The test without which the second pin of the zero page is refused."""
    rules = {"slow": "zero_page_grab", "fast": "zero_page_grab_fast", "release": "zero_page_unpin"}
    refused = []
    for test, rule in rules.items():
        kernel = Kernel("6.5", **{rule: "counted"})
        mm = kernel.new_mm()
        addr = mm.mmap(PAGE_SIZE)
        kernel.unpin_user_pages(mm.pin_user_pages(addr, 1))
        try:
            mm.pin_user_pages(addr, 1)
        except OSError:
            refused.append(test)
    (test,) = refused
    return test


def hundred_rounds() -> dict[str, int]:
    apart, together = (Kernel("6.5", zero_page_unpin="counted") for _ in range(2))
    mm = apart.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    for _ in range(100):
        with suppress(OSError):
            apart.unpin_user_pages(mm.pin_user_pages(addr, 1))
    mm = together.new_mm()
    together.unpin_user_pages(mm.pin_user_pages(mm.mmap(100 * PAGE_SIZE), 100))
    return {
        "succeed": sum(
            event.operation == "pin" and event.note != "refused" for event in apart.trace
        ),
        "refcount": together.zero_page.refcount,
    }


def first_refused() -> int:
    kernel = Kernel("5.15")
    mm = kernel.new_mm()
    addr = mm.mmap(512 * PAGE_SIZE)
    for _ in range(4096):
        assert len(mm.pin_user_pages(addr, 512, FOLL_LONGTERM)) == 512
    with pytest.raises(OSError, match="Errno 12"):
        mm.pin_user_pages(addr, 512, FOLL_LONGTERM)
    return 4096 + 1


def pinned(release: str) -> str:
    """What becomes of a first pin of the zero page."""
    kernel = Kernel(release)
    mm = kernel.new_mm()
    try:
        mm.pin_user_pages(mm.mmap(PAGE_SIZE), 1)
    except OSError:
        assert (kernel.zero_page.refcount, kernel.warnings) == (1, [])
        return "refused"
    return kernel.trace[-1].note or "counted"


def test_the_backport_came_with_6_1_130_and_its_repair_with_6_1_135() -> None:
    releases = ["6.1.129", "6.1.130", "6.1.134", "6.1.135"]
    assert [*map(pinned, releases)] == ["counted", "refused", "refused", "not counted"]


RIGHT: dict[str, object] = {
    "what-the-caller-gets": what_a_caller_gets(),
    "reached-tests": reached_by_a_write(),
    "deleted-if": not_pinned_twice(),
    "hundred-rounds": hundred_rounds(),
    "gets-and-pins": references(seed=0),
    "vfio-leak": first_refused(),
    "whose-outcome": outcome(seed=0),
    "after-n-rounds": after_rounds(seed=0),
    "which-tests": proved_by_the_trace(seed=0),
}


@pytest.mark.parametrize(
    ("id", "answer", "answers"),
    [
        ("gets-and-pins", references, 20),
        ("whose-outcome", outcome, 4),
        ("after-n-rounds", after_rounds, 10),
        ("which-tests", proved_by_the_trace, 4),
    ],
)
def test_every_seed_has_the_answer_that_was_worked_out_elsewhere(
    id: str, answer: Callable[[int], object], answers: int
) -> None:
    assert [seed for seed in SEEDS if not lab.check(id, answer(seed), seed).right] == []
    assert len({str(answer(seed)) for seed in SEEDS}) >= answers


def test_each_seed_knows_what_a_wrong_answer_rests_on() -> None:
    for seed in SEEDS:
        pin, fast, release = counts("whose-outcome", seed)
        if pin or release:
            idea = "skip-the-pin-only" if not pin else "the-zero-page-is-never-counted"
            idea = idea if fast or release else "all-ifs-are-reached"
            assert lab.check("whose-outcome", "exempt", seed).misconception == idea
        _, pins, _, unpins = held(seed)
        reply = lab.check("gets-and-pins", references(seed) + pins - unpins, seed)
        assert "not even 1" in reply.text
        reply = lab.check("gets-and-pins", references(seed) - 1024 * unpins, seed)
        assert reply.misconception == "skip-the-pin-only"


def test_the_trace_gives_nothing_away_and_has_a_fast_pin_of_another_frame() -> None:
    for seed in SEEDS:
        assert {event.note for event in trace("which-tests", seed)} == {""}
        fast = {
            e.page == "zero page" for e in trace("which-tests", seed) if e.operation == "pin, fast"
        }
        assert fast == {False}


@pytest.mark.parametrize(
    ("id", "answer", "idea"),
    [
        ("gets-and-pins", 1, "the-patch-covers-references"),
        ("whose-outcome", "exempt", "all-ifs-are-reached"),
        ("after-n-rounds", {"one after another": -20479, "held together": -20479},
         "a-hundred-rounds-run"),
        ("after-n-rounds", {"one after another": 1, "held together": 1}, "skip-the-pin-only"),
        ("which-tests", {"fast", "release"}, "all-ifs-are-reached"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_its_idea(id: str, answer: object, idea: str) -> None:
    assert lab.check(id, answer).misconception == idea


STUCK = Switches(release=False)
each_of_both = pytest.mark.parametrize(
    ("switches", "together"), list(product(EVERY, (False, True))), ids=str
)


def by_hand(switches: Switches, rounds: int, together: bool) -> list[int]:
    """The refcounts with the guard, the pin and the release written out."""
    refcount, held, seen = 1, 0, [1]
    for call in ["pin"] * rounds + ["unpin"] * rounds if together else ["pin", "unpin"] * rounds:
        if call == "pin" and refcount > 0:
            held += 1
            refcount += 0 if switches.slow else 1024
        elif call == "unpin":
            if not held:
                continue
            held -= 1
            refcount -= 0 if switches.release else 1024
        seen.append(refcount)
    return seen


def test_the_outcome_depends_on_the_slow_test_and_on_that_of_the_release() -> None:
    assert len(set(EVERY)) == 8
    assert EVERY[0].kernel().rules == Kernel("6.5").rules
    for each in EVERY:
        assert here.outcome(each) == OUTCOME_OF[not each.slow, not each.release]


@each_of_both
def test_a_run_goes_as_by_hand(switches: Switches, together: bool) -> None:
    for rounds in (1, 2, 7, 100):
        made = run(switches, rounds, together=together)
        assert list(made.refcounts) == by_hand(switches, rounds, together)
    other = run(Switches(switches.slow, not switches.fast, switches.release), 20, together=together)
    made = run(switches, 20, together=together)
    assert (made.refcounts, made.refused) == (other.refcounts, other.refused)
    assert made.refused == (tuple(range(3, 22)) if made.end == -1023 else ())
    pinned = 20 - len(made.refused)
    assert made.reached == {"slow": pinned, "fast": 0, "release": pinned}


def numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"-?\d+", text)}


def drawn(made: Rounds) -> Axes:
    """A panel that showed another kernel before this one."""
    panel = Figure().subplots()
    curve = here.Curve(panel, here.MOST_ROUNDS, scaled=True)
    before = (panel.get_xlim(), len(panel.get_children()))
    for each in (run(STUCK, 7, together=True), made):
        curve.draw(each)
    assert (panel.get_xlim(), len(panel.get_children())) == before
    return panel


def line(panel: Axes) -> list[tuple[float, float]]:
    """The line with its edge behind it, which has the same points."""
    edge, line = (line for line in panel.lines if line.get_drawstyle() == "steps-post")
    assert points(edge) == points(line)
    return points(line)


def marks(panel: Axes, marker: str) -> list[tuple[float, float]]:
    (line,) = (line for line in panel.lines if line.get_marker() == marker)
    return points(line)


@each_of_both
def test_the_line_goes_as_counting_by_hand_does_and_stays_on_its_axes(
    switches: Switches, together: bool
) -> None:
    expected = list(enumerate(by_hand(switches, 100, together)))
    panel = drawn(run(switches, 100, together=together))
    assert line(panel) == expected
    assert marks(panel, "o") == expected[-1:]
    (end,) = panel.findobj(Annotation)
    assert isinstance(end, Annotation)
    assert (end.get_text(), end.xy) == (str(expected[-1][1]), expected[-1])
    assert here.outcome(switches) in panel.get_title()
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    assert all(left <= x <= right and low < y < high for x, y in expected)
    assert panel.get_yscale() == "linear"
    assert high <= 3 * max(1024, *(abs(y) for _, y in expected))


def test_a_cross_marks_each_refused_pin() -> None:
    assert marks(drawn(run(STUCK, 5)), "X") == [(call, -1023) for call in (3, 4, 5, 6)]
    assert marks(drawn(run(STUCK, 5, together=True)), "X") == []


@each_of_both
def test_the_sentence_has_the_tests_the_end_and_the_outcome(
    switches: Switches, together: bool
) -> None:
    told = here.sentence(run(switches, 20, together=together))
    kind = here.outcome(switches)
    assert told.startswith(f"Tests: {switches}. ")
    assert numbers(told) >= {20, by_hand(switches, 20, together)[-1]}
    assert f"{kind.capitalize()}: {OUTCOMES[kind]}." in told
    assert "fast never" in told
    assert ("refused" in told.partition(kind.capitalize())[0]) is (kind == "stuck")
    one = here.sentence(run(switches, 1, together=together))
    assert not re.findall(r"\b1 (?:pins|rounds|times)\b", one)


@pytest.mark.parametrize(
    ("switches", "rounds", "together", "words"),
    [
        (Switches(), 3, False, "Tests: slow, fast, release. 3 rounds, one after another: the"),
        (Switches(slow=False, fast=False, release=False), 20, True,
         "Tests: none. 20 pins held together, then released: the refcount ends at 1, and was 20481 "
         "in between. "),
        (Switches(slow=False), 1, False, "Places reached: slow once, fast never, release once."),
        (STUCK, 20, False, "ends at -1023. 19 pins are refused, and never released."),
        (STUCK, 1, False, "The next pin will be refused."),
        (STUCK, 2, False, "1 pin is refused"),
        (STUCK, 3, True, "The next pin will be refused."),
    ],
)  # fmt: skip
def test_the_words_of_some_rounds(
    switches: Switches, rounds: int, together: bool, words: str
) -> None:
    assert words in here.sentence(run(switches, rounds, together=together))


def test_the_four_panels_have_the_four_outcomes_also_in_words_and_in_a_table() -> None:
    picture = here.four_outcomes()
    assert set(ONE_OF_EACH) == set(OUTCOMES)
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in picture.figure.axes}) == 1
    assert "(slow and release deleted)" in picture.figure.axes[0].get_title()
    assert "(none deleted)" in picture.figure.axes[3].get_title()
    assert picture.table is not None
    assert list(picture.table["at the end"]) == [1, 1 + 8 * 1024, -1023, 1]
    assert list(picture.table["pins refused"]) == [0, 0, 7, 0]
    assert numbers(picture.alt) >= {1, 1025, 8193, -1023}
    for panel, (kind, switches) in zip(picture.figure.axes, ONE_OF_EACH.items(), strict=True):
        refcounts = by_hand(switches, 8, together=False)
        assert panel.get_title().endswith(f"{kind} ({switches.deleted} deleted)")
        assert line(panel) == list(enumerate(refcounts))
        told = ["skipped" if each else "counted" for each in (switches.slow, switches.release)]
        row = picture.table.rows()[kind]
        assert list(row)[:3] == [*told, ", ".join(map(str, refcounts[:5]))]


def test_the_filmstrip_tells_each_of_its_panels() -> None:
    picture: Any = here.refcount_over_rounds().filmstrip
    panels = picture.figure.axes
    assert len(panels) == len(picture.table) == 8
    assert numbers(picture.alt) >= {1, 1025, 102401, -1023, -102399, 99}
    for panel, end in zip(panels, picture.table["at the end"], strict=True):
        assert marks(panel, "o")[0][1] == end
    cells = zip(picture.table.index, *picture.table.columns.values(), strict=True)
    rows = {(outcome, order): told for outcome, order, *told in cells}
    assert rows["balanced", "held together"] == [1, 102401, 0, "100, 0, 100"]
    assert rows["stuck", "one after another"] == [-1023, -1023, 99, "1, 0, 1"]
    assert rows["stuck", "held together"] == [-102399, -102399, 0, "100, 0, 100"]


def test_the_sentence_is_that_of_what_is_set() -> None:
    parts = Parts(here.refcount_over_rounds(slow=False, release=True, rounds=7))
    assert parts.sentence == here.sentence(run(Switches(slow=False), 7))
    named = [switch.description for switch in parts.switches]
    assert named == [f"{test}: {function}" for test, function in here.TESTS.items()]
    for each in EVERY:
        for switch, test in zip(parts.switches, here.TESTS, strict=True):
            switch.value = getattr(each, test)
        for place, together in enumerate((False, True)):
            parts.toggle.value = parts.toggle.options[place]
            parts.rows[0].bar.value = 41
            assert parts.sentence == here.sentence(run(each, 42, together=together))


@pytest.mark.parametrize("beyond", [0, 101])
def test_rounds_are_1_to_100(beyond: int) -> None:
    with pytest.raises(ValueError, match=f"rounds is {beyond}: "):
        here.refcount_over_rounds(rounds=beyond)


def test_none_is_used_once_or_more() -> None:
    with pytest.raises(ValueError, match="uses is 0: "):
        here.uses_of_none(0)


def test_the_first_row_is_this_python_and_below_it_is_what_was_recorded() -> None:
    table = here.uses_of_none(500)
    now = 0 if sys.version_info >= (3, 12) else 500
    assert table.index[0] == f"your CPython {platform.python_version()}"
    assert table.rows()[table.index[0]] == (500, now, 500)
    with (DATA / "none_refcount.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(table.index[1:]) == [f"recorded: {row['python']}" for row in rows]
    assert all(row["source"] for row in rows)
    for python, none in (("3.11.7", 1000), ("3.12.1", 0), ("3.13.0", 0)):
        assert table.rows()[f"recorded: CPython {python}"] == (1000, none, 1000)
