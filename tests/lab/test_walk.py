"""Walks: step by step, with the machine as each step left it; on several machines side by side."""

import errno
import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from pinlab import PAGE_SIZE, Kernel, lab
from pinlab.lab.map import maps
from pinlab.lab.snapshot import snapshot
from pinlab.lab.walk import HIGHEST, OUTCOME, Beside, tell, walk
from tests.lab.stories import pin_the_zero_page, unmapped_in_flight

SVG = "{http://www.w3.org/2000/svg}"
RELEASES = ("6.4", "6.1.130", "6.5")


def words(svg: str) -> str:
    texts = ET.fromstring(svg).iter(f"{SVG}text")
    return " ".join(str(one.text) for one in texts).replace("\u00a0", " ")


def kernels(*names: str) -> dict[str, Kernel]:
    return {name: Kernel(name) for name in names}


# A story.


def two_writes(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, b"x")
    yield "one"
    yield "nothing happens"
    mm.write(addr + PAGE_SIZE, b"x")
    mm.read(addr, 1)
    yield "two"


def test_each_step_has_its_own_events_and_leaves_the_machine_as_it_is() -> None:
    kernel = Kernel()
    kernel.alloc_folio()  # a machine with a past begins a story of its own
    steps = [
        (step.words, [e.operation for e in step.events], len(kernel.folios))
        for step in tell(two_writes, kernel)
    ]
    fault = ["write fault"]
    assert steps == [("one", fault, 3), ("nothing happens", [], 3), ("two", fault, 4)]


def test_a_refusal_ends_the_story_with_its_error() -> None:
    reads, pins = tell(pin_the_zero_page, Kernel("6.1.130"))
    assert (reads.words, reads.error) == ("The program reads 3 pages.", None)
    assert pins.words.startswith("Refused: [Errno 12] ")
    assert pins.events[-1].note == "refused"
    assert pins.error is not None
    assert pins.error.errno == errno.ENOMEM


@pytest.mark.parametrize(
    ("story", "error", "told"),
    [
        (None, TypeError, "story is None"),
        ("one write", TypeError, "story is 'one write'"),
        (lambda kernel: None, TypeError, "story returned None: it has to yield a sentence"),
        (lambda kernel: iter(()), ValueError, "story is .*: it has to tell at least one step"),
        (lambda kernel: itertools.repeat("again"), ValueError, "story has more than 1000 steps"),
    ],
)
def test_what_is_no_story_is_refused(story: Any, error: type[Exception], told: str) -> None:  # noqa: ANN401
    with pytest.raises(error, match=told):
        walk(story, Kernel())


# On one machine.


def test_each_state_is_that_after_its_step_and_the_sentence_has_its_words_and_changes() -> None:
    walked = walk(unmapped_in_flight, Kernel("6.5"))
    kernel = Kernel("6.5")
    assert walked.state(0) == snapshot(kernel)
    for number, step in enumerate(tell(unmapped_in_flight, kernel), 1):
        assert walked.state(number) == snapshot(kernel, step.events)
        assert walked.words(number) == step.words
    assert walked.state(99) == walked.state(5)
    assert [walked.sentence(step) for step in (0, 3, 4, 5)] == [
        "Before the first step.",
        "Step 3 of 5: It asks for them to be written to disk. Frame 2: refcount 1 to 1025. "
        "DIO 1 of parent is in flight.",
        "Step 4 of 5: It unmaps them. Frame 2: refcount 1025 to 1024. parent now maps nothing.",
        "Step 5 of 5: The device is done. Frame 2 is freed: refcount 1024 to 0. "
        "DIO 1 of parent has completed.",
    ]


def test_the_player_has_map_sentence_and_trace_of_each_step_and_its_code() -> None:
    player = lab.step_through(unmapped_in_flight, Kernel("6.5"), at=3).widget
    walked = walk(unmapped_in_flight, Kernel("6.5"))
    assert (player.at, player.last) == (3, 5)
    assert [shot["words"] for shot in player.steps] == [walked.sentence(n) for n in range(6)]
    assert "refcount 1025, was 1" in words(player.steps[3]["svg"])
    events = [str(step.events) for step in tell(unmapped_in_flight, Kernel("6.5"))]
    traces = ["", "Nothing in the trace.", *events[1:]]
    assert [shot["trace"] for shot in player.steps] == traces
    assert [shot["code"] for shot in player.steps] == [
        "",
        "mm = kernel.new_mm()\naddr = mm.mmap(3 * PAGE_SIZE)",
        'mm.write(addr, b"x")\nmm.read(addr, 3 * PAGE_SIZE)',
        "request = kernel.submit_dio_write(mm, addr, 3)",
        "mm.munmap(addr, 3 * PAGE_SIZE)",
        "request.complete()",
    ]


def test_a_story_with_a_yield_in_a_loop_has_no_code_unless_it_says_its_own() -> None:
    class Twice:
        code = ("mm = kernel.new_mm()", "")

        def __call__(self, kernel: Kernel) -> Iterator[str]:
            kernel.new_mm()
            yield from ("once", "twice")

    def looped(kernel: Kernel) -> Iterator[str]:
        for _ in range(2):
            kernel.new_mm()
            yield "again"

    assert walk(looped, Kernel()).code == ()
    assert walk(Twice(), Kernel()).code == Twice.code


def test_by_default_the_kernel_is_a_fresh_one_and_no_letters_are_shown() -> None:
    plain, again, letters = (
        lab.step_through(unmapped_in_flight, *arguments).widget.steps[2]["svg"]
        for arguments in ((None, 2), (Kernel(), 2), (None, 2, 1))
    )
    assert plain == again
    assert [">x<" in picture for picture in (plain, letters)] == [False, True]


def test_the_filmstrip_has_the_steps_from_the_first_shown_on_that_change_something() -> None:
    def slowly(kernel: Kernel) -> Iterator[str]:
        yield from unmapped_in_flight(kernel)
        yield "It is over, and the frame is gone."
        yield "Nothing happens any more."

    for at, shown in ((0, [1, 2, 3, 4, 5, 6]), (4, [4, 5, 6]), (7, [7])):
        strip = lab.step_through(slowly, Kernel("6.5"), at=at).filmstrip
        assert isinstance(strip, lab.Drawing)
        drawn = words(strip.svg)
        assert drawn.count("page tables") == strip.twin.count("Step ") == len(shown)
        for number in shown:
            assert f"{number}. " in drawn
            assert f"Step {number} of 7: " in strip.twin
        assert strip.twin in strip.alt


def test_a_story_too_high_for_one_stage_has_one_for_each_step_and_right_numbers() -> None:
    def page_by_page(kernel: Kernel) -> Iterator[str]:
        mm = kernel.new_mm()
        addr = mm.mmap(40 * PAGE_SIZE)
        for page in range(40):
            mm.write(addr + page * PAGE_SIZE, b"x")
            yield f"It writes page {page}."

    walked = walk(page_by_page, Kernel())
    drawn = ET.fromstring(maps([walked.panel(20)], "a map"))
    assert float(drawn.attrib["height"]) < HIGHEST
    assert "frames 2 to 20" in words(maps([walked.panel(20)], "a map"))


# On several machines.


def three() -> Beside:
    return Beside(pin_the_zero_page, kernels(*RELEASES))


def test_the_table_has_the_refcounts_of_each_machine_and_an_end_in_words() -> None:
    table = three().table()
    assert list(table.index) == [0, 1, 2, 3]
    for release in RELEASES:
        kernel = Kernel(release)
        seen = [kernel.zero_page.refcount for _ in tell(pin_the_zero_page, kernel)]
        seen += seen[-1:] * (3 - len(seen))
        assert table[f"{release}, zero page: refcount"] == ["", *seen]
    assert table[f"6.1.130, {OUTCOME}"] == ["", "", "refused (ENOMEM)", "ended at step 2"]
    assert f"6.4, {OUTCOME}" not in table.columns
    assert "6.1.130, frame 2: refcount" not in table.columns


def test_a_pincount_has_a_column_of_its_own() -> None:
    def pin_2_mib(kernel: Kernel) -> Iterator[str]:
        mm = kernel.new_mm()
        addr = mm.mmap(2 << 20, order=9)
        mm.write(addr, b"x")
        yield "It writes."
        mm.pin_user_pages(addr, 1)
        yield "It is pinned."

    table = Beside(pin_2_mib, kernels("5.6", "6.5")).table()
    frame = "frame 512: refcount"
    assert [*table.columns] == [f"5.6, {frame}", f"6.5, {frame}", "6.5, frame 512: pincount"]
    assert table["6.5, frame 512: pincount"] == ["", 0, 1]


def test_the_sentence_says_alike_things_once() -> None:
    beside = three()
    assert beside.sentence(0) == "Before the first step."
    assert beside.sentence(1) == (
        "Step 1 of 3: The program reads 3 pages. 6.4, 6.1.130 and 6.5: No counter changes. "
        "parent now maps pages 0 to 2. parent: pages 0 to 2 (3 entries) point to the zero page."
    )
    assert "6.4: The zero page: refcount 1 to 3073." in beside.sentence(2)
    assert "6.1.130: Refused: [Errno 12]" in beside.sentence(2)
    assert "6.5: No counter changes." in beside.sentence(2)


def test_a_story_that_was_refused_stays_and_says_so() -> None:
    beside = three()
    second, third = (beside.panels(step)[1] for step in (2, 3))
    assert third.step == 2
    assert third.words.endswith("Its story ended at step 2.")
    assert "ended" not in second.words
    assert (second.still, third.still) == (False, True)
    machines = {name: Kernel("6.1.130") for name in ("first", "second")}
    alike = Beside(pin_the_zero_page, machines)
    assert alike.last == 2
    assert "Each kernel refuses. first and second: Refused" in alike.sentence(2)


def test_a_story_may_be_told_in_other_words_and_be_shorter() -> None:
    def telling(kernel: Kernel) -> Iterator[str]:
        yield f"This is {kernel.release}."
        if kernel.release == "6.5":
            yield "One more."

    beside = Beside(telling, kernels("6.4", "6.5"))
    assert [panel.words for panel in beside.panels(1)] == [
        "6.4, after step 1",
        "6.5, after step 1: This is 6.5.",
    ]
    assert beside.panels(2)[0].words == (
        "6.4, after step 1: This is 6.4. Its story ended at step 1."
    )
    assert beside.table()[f"6.4, {OUTCOME}"] == ["", "", "ended at step 1"]


def test_the_player_has_a_map_for_each_machine() -> None:
    player = lab.side_by_side(pin_the_zero_page, kernels(*RELEASES)).widget
    beside = three()
    assert (player.at, player.last) == (1, beside.last)
    for step, shot in enumerate(player.steps):
        assert (shot["svg"], shot["words"]) == (beside.svg(step), beside.sentence(step))
        assert len(ET.fromstring(shot["svg"]).findall(f"{SVG}g")) == 3
        assert all(f">{name}, " in shot["svg"] for name in RELEASES)


def test_the_filmstrip_is_the_last_step_with_the_table() -> None:
    strip = lab.side_by_side(pin_the_zero_page, kernels(*RELEASES)).filmstrip
    assert strip.table is not None
    assert str(strip.table) == str(three().table())
    assert strip.twin.startswith("Step 3 of 3: It writes to the first.")
    assert all(f"{name}: " in strip.twin for name in RELEASES)
    assert "The zero page has refcount 3073." in strip.twin
    assert strip.twin in strip.alt


ONE = Kernel()


@pytest.mark.parametrize(
    ("slider", "arguments", "error", "told"),
    [
        (lab.step_through, (None,), TypeError, "story is None"),
        (lab.step_through, (unmapped_in_flight, "6.5"), TypeError, r"kernel is '6\.5'"),
        (lab.step_through, (unmapped_in_flight, None, 6), ValueError, "at is 6: allowed are whole"),
        (lab.step_through, (unmapped_in_flight, None, 1, 9), ValueError, "letters is 9: allowed"),
        (lab.side_by_side, (None, kernels("6.4", "6.5")), TypeError, "story is None"),
        (lab.side_by_side, (unmapped_in_flight, ["6.4"]), TypeError, "kernels is .'6"),
        (lab.side_by_side, (unmapped_in_flight, kernels("6.5")), ValueError, "kernels has 1 ent"),
        (lab.side_by_side, (unmapped_in_flight, kernels(*Kernel.releases()[:5])), ValueError,
         "kernels has 5"),
        (lab.side_by_side, (unmapped_in_flight, {"a": ONE, "b": "6.5"}), TypeError,
         r"kernels\['b'\] is '6"),
        (lab.side_by_side, (unmapped_in_flight, {"a": ONE, 6: Kernel()}), TypeError,
         "kernels is .* a dict with names"),
        (lab.side_by_side, (unmapped_in_flight, {"a": ONE, "b": ONE}), ValueError,
         "each has to be a machine of its own"),
        (lab.side_by_side, (unmapped_in_flight, kernels("6.4", "6.5"), 6), ValueError, "at is 6"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(
    slider: Any, arguments: tuple[Any, ...], error: type[Exception], told: str  # noqa: ANN401
) -> None:  # fmt: skip
    with pytest.raises(error, match=told):
        slider(*arguments)
