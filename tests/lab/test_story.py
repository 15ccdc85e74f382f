"""Stories: step by step, with the machine as each step left it, and a refusal as an end."""

import errno
import itertools
from collections.abc import Iterator

import pytest

from pinlab import PAGE_SIZE, Kernel
from pinlab.lab.story import tell


def two_writes(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(2 * PAGE_SIZE)
    mm.write(addr, b"x")
    yield "one"
    yield "nothing happens"
    mm.write(addr + PAGE_SIZE, b"x")
    mm.read(addr, 1)
    yield "two"


def refused(kernel: Kernel) -> Iterator[str]:
    mm = kernel.new_mm()
    addr = mm.mmap(PAGE_SIZE)
    mm.read(addr, 1)
    yield "it reads"
    mm.pin_user_pages(addr, 1)
    yield "it pins"


def test_each_step_has_its_own_events() -> None:
    steps = [
        (step.words, [e.operation for e in step.events]) for step in tell(two_writes, Kernel())
    ]
    assert steps == [("one", ["write fault"]), ("nothing happens", []), ("two", ["write fault"])]


def test_the_machine_is_as_the_step_has_left_it() -> None:
    kernel = Kernel()
    assert [len(kernel.folios) for _ in tell(two_writes, kernel)] == [2, 2, 3]


def test_a_machine_with_a_past_begins_a_story_of_its_own() -> None:
    kernel = Kernel()
    kernel.alloc_folio()
    first = next(tell(two_writes, kernel))
    assert [event.operation for event in first.events] == ["write fault"]


def test_a_refusal_ends_the_story_with_its_error() -> None:
    steps = list(tell(refused, Kernel("6.1.130")))
    assert [step.words for step in steps] == ["it reads", steps[1].words]
    assert steps[1].words.startswith("Refused: [Errno 12] ")
    assert steps[1].events[-1].note == "refused"
    assert steps[0].error is None
    assert steps[1].error is not None
    assert steps[1].error.errno == errno.ENOMEM


@pytest.mark.parametrize("story", [None, "one write", 3])
def test_what_is_no_function_is_no_story(story: object) -> None:
    with pytest.raises(TypeError, match="story is "):
        list(tell(story, Kernel()))  # type: ignore[arg-type]


def test_a_function_that_tells_nothing_is_no_story() -> None:
    with pytest.raises(TypeError, match="story returned None: it has to yield a sentence"):
        list(tell(lambda kernel: None, Kernel()))  # type: ignore[arg-type, return-value]


def test_a_story_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="story has more than 1000 steps"):
        list(tell(lambda kernel: itertools.repeat("again"), Kernel()))
