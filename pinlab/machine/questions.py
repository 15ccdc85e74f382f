"""Which kernel is this, really? Questions whose answers tell, without its version number.

The last two are for root, who sees frame numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from pinlab.machine.fork_threshold import LAST, NEVER
from pinlab.machine.predictions import predict
from pinlab.model.kernel import Kernel
from pinlab.model.rules import CHOICES, ZERO_PAGE_PINS, releases

Place = tuple[str, str, str]
"""Experiment, case and quantity."""

Values = tuple[int | str, ...]

COUNTED = ("process_vm_readv", "anon64", "acq")
"""Pins of 64 written pages: where this is 0, no other 0 means anything."""


class Question(NamedTuple):
    """One question about a kernel.

    text: the question. told_by: the quantities that answer it. say: these in words. levers:
    overrides of rules that make the model answer in one way or another.
    """

    name: str
    text: str
    told_by: tuple[Place, ...]
    say: Callable[..., str]
    levers: tuple[Mapping[str, str], ...]

    @property
    def counted(self) -> bool:
        """Whether the first of the quantities is a number of pins."""
        return self.told_by[0][2] == COUNTED[2]


def _zero_page(pins: int, returned: int) -> str:
    if returned < 0:
        return f"It is refused: a read of 64 zero pages answers {returned}."
    return f"{_yes(pins)}: a read of 64 zero pages takes {_pins(pins)}."


def _direct_io(pins: int) -> str:
    return f"{_yes(pins)}: a direct write of 64 written pages takes {_pins(pins)}."


def _huge_zero(pins: int) -> str:
    return f"{_yes(not pins)}: a read of its 512 pages takes {_pins(pins)}."


def _fork(once_pinned: int, never_pinned: int) -> str:
    after, before = map(_from, (once_pinned, never_pinned))
    return (
        f"{after[0].upper()}{after[1:]} if the process has pinned something before; else {before}."
    )


def _from(extra: int) -> str:
    return f"never, tried up to {LAST}" if extra == NEVER else f"from {extra} on"


def _vm_pin(kib: int, afterwards: int) -> str:
    left = "" if not afterwards else f", and {afterwards} kB stay when it is unregistered"
    return f"It goes up by {kib} kB for a buffer of 64 pages{left}."


def _frames(frames: int, zero_pages: int) -> str:
    if (frames, zero_pages) == (1, 1):
        return "One frame is behind all of them: the zero page."
    if frames == 1:
        return "One frame is behind all of them, and it is not the zero page."
    return f"Behind them are {frames} frames, {zero_pages} of them the zero page."


def _fork_frames(same: int, changed: int, kept: int) -> str:
    first = "child and parent have the same frame" if same else "the child has a frame of its own"
    then = "has another one" if changed else "still has its own"
    last = "the child has the buffer's" if kept else "the child does not have it"
    return f"After fork {first}. After a write the parent {then}; {last}."


def _yes(true: object) -> str:
    return "Yes" if true else "No"


def _pins(number: int) -> str:
    return "1 pin" if number == 1 else f"{number} pins"


QUESTIONS: tuple[Question, ...] = (
    Question(
        "zero-page",
        "Is the zero page pinned?",
        (
            ("process_vm_readv", "zero64", "acq"),
            ("process_vm_readv", "zero64", "ret"),
        ),
        _zero_page,
        tuple({"zero_page_pins": value} for value in ZERO_PAGE_PINS),
    ),
    Question(
        "direct-io",
        "Does direct I/O pin?",
        (("direct_io", "file:write_anon64", "acq"),),
        _direct_io,
        tuple({"dio_hold": value} for value in CHOICES["dio_hold"]),
    ),
    Question(
        "huge-zero",
        "Is the huge zero folio exempt?",
        (("process_vm_readv", "hugezero512", "acq"),),
        _huge_zero,
        (),
    ),
    Question(
        "fork",
        "From how many extra references on does fork copy a page?",
        (
            ("fork_copy_threshold", "unpriv_threshold_haspinned_1", "copies_from_extra"),
            ("fork_copy_threshold", "unpriv_threshold_haspinned_0", "copies_from_extra"),
        ),
        _fork,
        tuple(
            {"fork_copies": copies, "fork_asks": asks}
            for copies in CHOICES["fork_copies"]
            for asks in CHOICES["fork_asks"]
        ),
    ),
    Question(
        "vm-pin",
        "What does VmPin say about an io_uring fixed buffer?",
        (
            ("fixed_buffer", "anon64", "VmPin_kB"),
            ("fixed_buffer", "anon64", "VmPin_kB_unregistered"),
        ),
        _vm_pin,
        tuple({"fixed_buffer_vmpin": value} for value in CHOICES["fixed_buffer_vmpin"]),
    ),
    Question(
        "frames",
        "How many frames are behind 64 pages that were only read?",
        (("frames", "read64", "frames"), ("frames", "read64", "zero_pages")),
        _frames,
        (),
    ),
    Question(
        "fork-frames",
        "Which frames have parent and child if the page is an io_uring fixed buffer?",
        (
            ("fork_frames", "io_uring", "same_frame_after_fork"),
            ("fork_frames", "io_uring", "parent_pfn_changed"),
            ("fork_frames", "io_uring", "child_pfn_same_as_orig"),
        ),
        _fork_frames,
        (),
    ),
)


def predicted(question: Question, kernel: Kernel) -> Values:
    """Return what a machine like `kernel` answers in the model, in the order of told_by."""
    found = {(e, case): predict(e, case, kernel) for e, case, _ in question.told_by}
    return tuple(found[e, case][quantity] for e, case, quantity in question.told_by)


@cache
def by_release(name: str) -> Mapping[str, Values]:
    """Return what each release with rules of its own answers to one question, oldest first."""
    (question,) = (question for question in QUESTIONS if question.name == name)
    return {release: predicted(question, Kernel(release)) for release in releases()}


def fitting(question: Question, answer: Values) -> tuple[str, ...]:
    """Return the releases that give this answer in the model, oldest first.

    Those that count no pins answer no question about their number.
    """
    told = by_release(question.name)
    asked = [r for r in told if not question.counted or _counts(r)]
    return tuple(r for r in asked if told[r] == answer)


@cache
def _counts(release: str) -> bool:
    experiment, case, quantity = COUNTED
    return bool(predict(experiment, case, Kernel(release))[quantity])
