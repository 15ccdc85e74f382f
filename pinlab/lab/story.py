"""Stories: a few steps on a machine, told one by one, for the pictures that go through them.

A story is a function of a Kernel that yields a sentence after each step:

    def write_then_unmap(kernel):
        mm = kernel.new_mm()
        addr = mm.mmap(PAGE_SIZE)
        mm.write(addr, b"x")
        yield "The program writes a byte."
        mm.munmap(addr, PAGE_SIZE)
        yield "It unmaps the page."
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pinlab.model.arguments import shown
from pinlab.model.kernel import Kernel
from pinlab.model.trace import Trace

Story = Callable[[Kernel], Iterator[str]]

MOST_STEPS = 1000
"""Of a story: one that goes on beyond it has no end."""


class Step(NamedTuple):
    """One step of a story: what happened, in words, and the events that it left in the trace.

    `error` is what the kernel refused a system call with, which ends a story.
    """

    words: str
    events: Trace
    error: OSError | None = None


def tell(story: Story, kernel: Kernel) -> Iterator[Step]:
    """Yield the steps of a story; after each of them the machine is as that step has left it.

    A system call that the kernel refuses ends the story, with its error as the last step.
    Raises TypeError for what is no story, ValueError for more than MOST_STEPS steps.

    >>> def one_write(kernel):
    ...     mm = kernel.new_mm()
    ...     mm.write(mm.mmap(4096), b"x")
    ...     yield "The program writes a byte."
    >>> [(step.words, len(step.events)) for step in tell(one_write, Kernel())]
    [('The program writes a byte.', 1)]
    """
    if not callable(story):
        raise TypeError(f"story is {shown(story)}: it has to be a generator function of a Kernel")
    steps = story(kernel)
    if not isinstance(steps, Iterator):
        raise TypeError(f"story returned {shown(steps)}: it has to yield a sentence for each step")
    told = len(kernel.trace)
    try:
        for number, words in enumerate(steps, 1):
            if number > MOST_STEPS:
                raise ValueError(
                    f"story has more than {MOST_STEPS} steps: it has to come to an end"
                )
            yield Step(words, kernel.trace[told:])
            told = len(kernel.trace)
    except OSError as error:
        yield Step(f"Refused: {error}.", kernel.trace[told:], error)
