"""The exercises of lesson 11: right by hand, and every seed a question of its own."""

import re
from collections.abc import Callable, Sequence

import pytest

from pinlab import lab
from pinlab.lab.exercise import Choice, Number, Program
from pinlab.lab.exercises.ask_a_real_kernel import FIXED, FLAWS, SEEDED
from pinlab.lab.problems import exercise
from pinlab.machine.recordings import cases, recording, recordings
from tests.lab.exercises.solved.ask_a_real_kernel import left, noise_seen_through, quietest, told

SEEDS = range(50)
IDEAS = {"the-version-number-tells", "one-measurement-is-a-fact", "zero-means-patched"}
"""The ideas that the lesson was written against."""


def test_the_ideas_of_the_lesson_are_all_met_in_it() -> None:
    found = {idea for id in (*FIXED, *SEEDED) for _, idea in exercise(id).mistakes()}
    assert found >= IDEAS


def test_no_recorded_kernel_counts_a_pin_for_direct_io_of_zero_pages() -> None:
    asked = {(row.kernel, row.build) for row in recordings() if row.experiment == "direct_io"}
    assert len(asked) >= 5
    for kernel, build in asked:
        zeros = [c for c in cases(kernel, "direct_io", build) if c.endswith("write_zero64")]
        assert zeros
        assert {recording(kernel, "direct_io", c, build)["acq"] for c in zeros} == {0}


def test_one_number_has_two_builds_that_differ_in_the_zero_page() -> None:
    builds = {row.build for row in recordings() if row.kernel == "6.1.192"}
    found = {recording("6.1.192", "process_vm_readv", "zero64", one)["acq"] for one in builds}
    assert found == {0, 64}


def pins_by_hand(question: str) -> int:
    """Six kernels in a table of two columns: does direct I/O pin, and is the zero page exempt?"""
    table = {
        "5.10.262": (False, False), "6.1.129": (False, False), "6.1.192": (False, True),
        "6.4": (False, False), "6.5": (True, True), "6.12.117": (True, True),
    }  # fmt: skip
    (release,) = re.findall(r"^Linux ([\d.]+\d)", question)
    (written,) = map(int, re.findall(r"written into (\d+) of them", question))
    (times,) = map(int, re.findall(r"(\d+) times", question))
    dio_pins, exempt = table[release]
    if "switched off" in question:
        exempt = False
    if "direct I/O" in question and not dio_pins:
        return 0
    return times * (written if exempt else 64)


def test_pins_are_as_predicted_by_hand() -> None:
    found = {}
    for seed in SEEDS:
        question = exercise("predict-pins", seed).question
        found[seed] = lab.check("predict-pins", pins_by_hand(question), seed).right
    assert found == dict.fromkeys(SEEDS, True)


def test_who_goes_by_the_number_of_6_1_is_told_so() -> None:
    assert lab.check("predict-pins", 6400).misconception == "the-version-number-tells"


def known_by_hand(readings: str) -> str:
    """A count is a count; a zero counts only where pins are sure to be taken."""
    pins = {
        line[: -len("64 pins")].strip(): int(line.split()[-2]) for line in readings.splitlines()
    }
    zeros = {how.split(",")[0]: n for how, n in pins.items() if how.endswith("never written")}
    if any(zeros.values()):
        return "counted"
    if "process_vm_readv" in zeros:
        return "exempt"
    dio_pins = pins.get("direct write to disk, 64 pages written", 0) > 0
    return "exempt" if dio_pins and "direct write to disk" in zeros else "cannot be told"


def test_what_a_zero_shows_is_worked_out_by_hand() -> None:
    found = {known_by_hand(told("zero-of-what", seed)) for seed in SEEDS}
    assert found == {"exempt", "counted", "cannot be told"}
    for seed in SEEDS:
        assert lab.check("zero-of-what", known_by_hand(told("zero-of-what", seed)), seed).right


def test_a_zero_that_shows_nothing_is_there_whenever_nothing_can_be_told() -> None:
    for seed in SEEDS:
        if known_by_hand(told("zero-of-what", seed)) == "cannot be told":
            reply = lab.check("zero-of-what", "exempt", seed)
            assert reply.misconception == "zero-means-patched"


def flaw_by_hand(report: str) -> str:
    """The first line that is not as it should be."""
    lines = {line[:10].strip(": "): line[10:] for line in report.splitlines()}
    checks = {
        "shared": "MAP_SHARED" in lines["memory"],
        "huge": "MADV_HUGEPAGE" in lines["memory"],
        "written": "set to 0" in lines["before"],
        "cached": "O_DIRECT" not in lines["file"],
        "unflushed": "flushed" not in lines["counter"],
        "crowded": not lines["control"].endswith(": 0"),
    }
    (found,) = [flaw for flaw, there in checks.items() if there]
    return found


def test_a_report_has_one_flaw_and_it_can_be_read() -> None:
    found = {seed: flaw_by_hand(told("find-the-flaw", seed)) for seed in SEEDS}
    assert set(found.values()) == set(FLAWS)
    assert all(lab.check("find-the-flaw", flaw, seed).right for seed, flaw in found.items())


def test_the_numbers_of_a_report_go_with_its_flaw() -> None:
    for seed in SEEDS:
        report = told("find-the-flaw", seed)
        (writes,) = map(int, re.findall(r"(\d+) writes", report))
        (counted,) = map(int, re.findall(r"counted: +(\d+) pins", report))
        match flaw_by_hand(report):
            case "cached":
                assert counted == 0
            case "unflushed":
                assert 0 < 64 * writes - counted <= 125
            case "crowded":
                assert report.count(str(counted)) == 2
                assert counted == 64 * writes
            case _:
                assert counted == 64 * writes


def test_noise_is_seen_through_by_the_least_as_well() -> None:
    found = {s: lab.check("through-noise", noise_seen_through(s), s).right for s in SEEDS}
    assert found == dict.fromkeys(SEEDS, True)


def test_the_first_run_alone_is_one_measurement() -> None:
    runs = told("through-noise", 0).splitlines()[0].partition(":")[2].split()
    reply = lab.check("through-noise", round(int(runs[0]) / 100))
    assert reply.misconception == "one-measurement-is-a-fact"


@pytest.mark.parametrize("id", SEEDED)
def test_no_listed_wrong_answer_is_the_right_one(id: str) -> None:
    for seed in SEEDS:
        match exercise(id, seed):
            case Number(right=right, wrong=wrong):
                assert right not in wrong
            case Choice(right=choice, wrong=others):
                assert choice not in others
            case other:
                raise AssertionError(other)


def program(id: str) -> Program:
    found = exercise(id)
    assert isinstance(found, Program)
    return found


@pytest.mark.parametrize(("id", "other"), [("pins-per-write", quietest), ("which-kernels", left)])
def test_another_way_gives_the_same_in_every_state(id: str, other: Callable[..., object]) -> None:
    found = program(id)
    assert len(found.states) >= 60
    differ = [s for s in found.states if found.meaning(other(*s)) != found.meaning(found.model(*s))]
    assert differ == []
    assert lab.check(id, other).right


def test_there_are_as_many_states_as_the_lesson_says() -> None:
    assert len(program("pins-per-write").states) == 61


def test_the_kernels_that_are_left_are_one_two_and_more() -> None:
    found = program("which-kernels")
    assert {len(left(*state)) for state in found.states} >= {1, 2, 5}


def by_the_mean(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    return round((sum(runs) / len(runs) - sum(controls) / len(controls)) / writes)


def by_the_first(runs: Sequence[int], controls: Sequence[int], writes: int) -> int:
    return round((runs[0] - controls[0]) / writes)


def equal(
    seen: dict[str, int], known: dict[str, dict[str, int]], margin: dict[str, int]
) -> list[str]:
    return [name for name in known if all(known[name][clue] == seen[clue] for clue in seen)]


@pytest.mark.parametrize(
    ("id", "function", "idea", "words"),
    [
        ("pins-per-write", by_the_first, "one-measurement-is-a-fact", "(each row sorted)"),
        ("pins-per-write", by_the_mean, None, "moves the mean, and not the median"),
        ("which-kernels", equal, "one-measurement-is-a-fact", "(margin 1)"),
    ],
)
def test_a_wrong_function_is_known_however_it_is_written(
    id: str, function: Callable[..., object], idea: str | None, words: str
) -> None:
    reply = lab.check(id, function)
    assert (reply.right, reply.misconception) == (False, idea)
    assert words in str(reply)


@pytest.mark.parametrize("id", ["pins-per-write", "which-kernels"])
def test_every_listed_wrong_function_is_wrong_in_its_own_way(id: str) -> None:
    for idea, function in program(id).wrong:
        assert (lab.check(id, function).right, idea) == (False, program(id)._idea(
            [function(*state) for state in program(id).states]
        ))  # fmt: skip
