"""The same story on several machines: where it ends early, and the table of counters."""

from collections.abc import Iterator

import pytest

from pinlab import Kernel
from pinlab.lab.figures.beside import OUTCOME, Beside, walk_beside
from pinlab.lab.story import tell
from tests.lab.stories import pin_the_zero_page, unmapped_in_flight

RELEASES = ("6.4", "6.1.130", "6.5")


def three() -> Beside:
    return Beside(walk_beside(pin_the_zero_page, {name: Kernel(name) for name in RELEASES}))


@pytest.mark.parametrize("release", RELEASES)
def test_the_table_has_the_refcounts_of_each_machine(release: str) -> None:
    table = three().table()
    kernel = Kernel(release)
    seen = [kernel.zero_page.refcount for _ in tell(pin_the_zero_page, kernel)]
    seen += seen[-1:] * (3 - len(seen))
    assert list(table[release]["zero page: refcount"]) == ["", *seen]
    assert list(table.index) == [0, 1, 2, 3]


def test_an_end_is_in_the_table_in_words() -> None:
    table = three().table()
    assert list(table["6.1.130"][OUTCOME]) == ["", "", "refused (ENOMEM)", "ended at step 2"]
    assert OUTCOME not in table["6.4"]
    assert "frame 2: refcount" not in table["6.1.130"]


def test_a_pincount_has_a_column_of_its_own() -> None:
    def pin_2_mib(kernel: Kernel) -> Iterator[str]:
        mm = kernel.new_mm()
        addr = mm.mmap(2 << 20, order=9)
        mm.write(addr, b"x")
        yield "It writes."
        mm.pin_user_pages(addr, 1)
        yield "It is pinned."

    table = Beside(walk_beside(pin_2_mib, {name: Kernel(name) for name in ("5.6", "6.5")})).table()
    assert list(table["6.5"].columns) == ["frame 512: refcount", "frame 512: pincount"]
    assert list(table["6.5"]["frame 512: pincount"]) == ["", 0, 1]
    assert list(table["5.6"].columns) == ["frame 512: refcount"]


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
    assert second.state == third.state
    assert third.words.endswith("Its story ended at step 2.")
    assert "ended" not in second.words
    assert third.before is None


def test_a_refusal_by_all_is_said_for_each() -> None:
    machines = {name: Kernel("6.1.130") for name in ("first", "second")}
    beside = Beside(walk_beside(pin_the_zero_page, machines))
    assert beside.last == 2
    assert "Each kernel refuses. first and second: Refused" in beside.sentence(2)


def test_a_story_may_be_told_in_other_words_and_be_shorter() -> None:
    def telling(kernel: Kernel) -> Iterator[str]:
        yield f"This is {kernel.release}."
        if kernel.release == "6.5":
            yield "One more."

    beside = Beside(walk_beside(telling, {name: Kernel(name) for name in ("6.4", "6.5")}))
    assert [panel.words for panel in beside.panels(1)] == [
        "6.4, after step 1",
        "6.5, after step 1: This is 6.5.",
    ]
    assert beside.panels(2)[0].words == (
        "6.4, after step 1: This is 6.4. Its story ended at step 1."
    )
    assert list(beside.table()["6.4"][OUTCOME]) == ["", "", "ended at step 1"]
    assert OUTCOME not in beside.table().get("6.5", {})


def test_the_filmstrip_is_the_last_step_with_the_table() -> None:
    beside = three()
    strip = beside.filmstrip()
    assert strip.table is not None
    assert strip.table.equals(beside.table())
    assert strip.twin.startswith("Step 3 of 3: It writes to the first.")
    for name in RELEASES:
        assert f"{name}: " in strip.twin
    assert "The zero page has refcount 3073." in strip.twin
    assert strip.twin in strip.alt


def test_a_machine_that_appears_twice_is_named() -> None:
    kernel = Kernel()
    with pytest.raises(ValueError, match="each has to be a machine of its own"):
        walk_beside(unmapped_in_flight, {"a": kernel, "b": kernel})
