"""Which kernel is this, really? Questions whose answers tell, without its version number.

The last two are for root, who sees frame numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import groupby, product
from typing import NamedTuple

from pinlab.machine.measured import AGAIN, Answer, Place, Value
from pinlab.machine.predictions import predict
from pinlab.machine.predictions.holds import LAST, NEVER
from pinlab.machine.recordings import RECORDED
from pinlab.model.arguments import instance
from pinlab.model.kernel import Kernel
from pinlab.model.rules import CHOICES, ZERO_PAGE_PINS, Version, parse_release, releases, speaks_of

Values = tuple[Value, ...]

COUNTED = ("process_vm_readv", "anon64", "acq")
"""Pins of 64 written pages: where this is 0, no other 0 means anything."""

NOT_COUNTED = "process_vm_readv of written pages moves no counter, so a zero would show nothing."


class KernelQuestion(NamedTuple):
    """One question about a kernel.

    text: the question. told_by: the quantities that answer it. say: these in words. levers:
    overrides of rules that make the model answer in one way or another.
    """

    name: str
    text: str
    told_by: tuple[Place, ...]
    say: Callable[..., str]
    levers: tuple[Mapping[str, str], ...] = ()

    @property
    def counted(self) -> bool:
        """Whether the first of the quantities is a number of pins."""
        return self.told_by[0][2] == COUNTED[2]

    def predicted(self, kernel: Kernel) -> Values:
        """Return what a machine like `kernel` answers in the model, in the order of told_by."""
        return _answers(self.told_by, kernel)

    def fitting(self, answer: Values) -> tuple[str, ...]:
        """Return the releases that give this answer in the model, oldest first.

        Those that count no pins answer no question about their number.
        """
        counts = _by_release((COUNTED,))
        told = _by_release(self.told_by).items()
        return tuple(
            r for r, said in told if said == answer and (any(counts[r]) or not self.counted)
        )


def _answers(places: Sequence[Place], kernel: Kernel) -> Values:
    return tuple(predict(*place[:2], kernel)[place[2]] for place in places)


@cache
def _by_release(places: tuple[Place, ...]) -> Mapping[str, Values]:
    """What each release with rules of its own answers, oldest first."""
    return {release: _answers(places, Kernel(release)) for release in releases()}


def _levers(**choices: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    return tuple(dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


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


QUESTIONS: tuple[KernelQuestion, ...] = (
    KernelQuestion(
        "zero-page",
        "Is the zero page pinned?",
        (("process_vm_readv", "zero64", "acq"), ("process_vm_readv", "zero64", "ret")),
        _zero_page,
        _levers(zero_page_pins=tuple(ZERO_PAGE_PINS)),
    ),
    KernelQuestion(
        "direct-io",
        "Does direct I/O pin?",
        (("direct_io", "file:write_anon64", "acq"),),
        _direct_io,
        _levers(dio_hold=CHOICES["dio_hold"]),
    ),
    KernelQuestion(
        "huge-zero",
        "Is the huge zero folio exempt?",
        (("process_vm_readv", "hugezero512", "acq"),),
        _huge_zero,
    ),
    KernelQuestion(
        "fork",
        "From how many extra references on does fork copy a page?",
        (
            ("fork_copy_threshold", "unpriv_threshold_haspinned_1", "copies_from_extra"),
            ("fork_copy_threshold", "unpriv_threshold_haspinned_0", "copies_from_extra"),
        ),
        _fork,
        _levers(fork_copies=CHOICES["fork_copies"], fork_asks=CHOICES["fork_asks"]),
    ),
    KernelQuestion(
        "vm-pin",
        "What does VmPin say about an io_uring fixed buffer?",
        (
            ("fixed_buffer", "anon64", "VmPin_kB"),
            ("fixed_buffer", "anon64", "VmPin_kB_unregistered"),
        ),
        _vm_pin,
        _levers(fixed_buffer_vmpin=CHOICES["fixed_buffer_vmpin"]),
    ),
    KernelQuestion(
        "frames",
        "How many frames are behind 64 pages that were only read?",
        (("frames", "read64", "frames"), ("frames", "read64", "zero_pages")),
        _frames,
    ),
    KernelQuestion(
        "fork-frames",
        "Which frames have parent and child if the page is an io_uring fixed buffer?",
        (
            ("fork_frames", "io_uring", "same_frame_after_fork"),
            ("fork_frames", "io_uring", "parent_pfn_changed"),
            ("fork_frames", "io_uring", "child_pfn_same_as_orig"),
        ),
        _fork_frames,
    ),
)


class Finding(NamedTuple):
    """The answer to one question.

    answer: in words, "" if there is none. values: what was measured, or recorded. why_not: why it
    was not measured here, else "". releases: those of the model that answer the same.
    """

    question: KernelQuestion
    why_not: str = ""
    answer: str = ""
    values: Values = ()
    releases: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Return it as plain text, a line each for question, answer and releases."""
        yield self.question.text
        if self.why_not:
            yield f"    not measured here: {self.why_not}"
        if self.answer:
            yield f"    {'recorded: ' if self.why_not else ''}{self.answer}"
            yield f"    so does the model of: {spans(self.releases)}"


def _finding(question: KernelQuestion, source: Mapping[Place, Value], why_not: str) -> Finding:
    if not all(place in source for place in question.told_by):
        return Finding(question, why_not)
    values = tuple(source[place] for place in question.told_by)
    return Finding(question, why_not, question.say(*values), values, question.fitting(values))


@dataclass(frozen=True, repr=False)
class Measured(Answer):
    """What a kernel answered to all experiments that a reader's machine can do.

    build: tells it apart from others of its release. values: those of the recording if nothing
    could be measured. instead: the recorded values of the cases that are missing.

    findings: one for each question about which kernel this is. releases: those that fit all
    answers measured.
    """

    build: str = ""
    instead: Mapping[Place, Value] = field(default_factory=dict)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The answer to each question, in the order of the questions."""
        return tuple(map(self._found, QUESTIONS))

    def _found(self, question: KernelQuestion) -> Finding:
        measured = self.values if self.live else {}
        why_not = self._why_not(question, measured)
        finding = _finding(question, self.instead if why_not else measured, why_not)
        if self.live and self.noisy and question.counted and not (why_not or finding.releases):
            # An answer that fits no release is the pins of others.
            return _finding(question, self.instead, f"{self.note} {AGAIN}")
        return finding

    def _why_not(self, question: KernelQuestion, measured: Mapping[Place, Value]) -> str:
        for place in question.told_by:
            if place not in measured:
                return self.missing.get(place[:2], "It was not asked.")
        # A positive count is its own proof that pins are counted here.
        if not question.counted or measured[question.told_by[0]] or measured.get(COUNTED):
            return ""
        return NOT_COUNTED if COUNTED in measured else self.missing.get(COUNTED[:2], NOT_COUNTED)

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases of the model that agree with every answer, oldest first."""
        told = self.telling
        return tuple(r for r in releases() if all(r in finding.releases for finding in told))

    @property
    def telling(self) -> list[Finding]:
        """The findings that say something of the kernel: if any was measured, only those."""
        told = [finding for finding in self.findings if finding.values]
        return [finding for finding in told if not finding.why_not or not self.live]

    def table(self) -> str:
        """Return questions, answers and releases as plain text."""
        lines = [self.label, *(line for finding in self.findings for line in finding.lines())]
        together = spans(self.releases) if self.telling else "nothing was measured"
        return "\n".join([*lines, f"All together: {together}", *self._notes()])

    def _notes(self) -> Iterator[str]:
        if self.note:
            yield self.note
        if not self.live:
            return
        reasons: dict[str, list[str]] = {}
        for case, reason in self.missing.items():
            reasons.setdefault(reason, []).append(" ".join(case))
        for reason, cases in reasons.items():
            yield f"Not measured: {', '.join(cases)}. {reason}"
        if self.instead:
            yield f"In their place Linux {RECORDED}; {'; '.join(self._recorded())}."

    def _recorded(self) -> Iterator[str]:
        for case, places in groupby(self.instead, key=lambda place: place[:2]):
            values = ", ".join(f"{place[2]} {self.instead[place]}" for place in places)
            yield f"{' '.join(case)}: {values}"


def kernel_like(measured: Measured) -> Kernel:
    """Return a machine of the model that gives the answers that were measured.

    Of the releases that agree with the most answers it is the newest; where it disagrees, rules
    are overridden. What no rule can change stays as it is. Where nothing was measured it is the
    newest release.

    Raises TypeError if `measured` is none.
    """
    told = instance("measured", measured, Measured).telling
    release = max(_newest_first(), key=lambda r: sum(r in finding.releases for finding in told))
    overrides: dict[str, str] = {}
    for finding in told:
        for lever in ({}, *finding.question.levers):
            kernel = Kernel(release, **overrides, **lever)
            if finding.question.predicted(kernel) == finding.values:
                overrides.update(lever)
                break
    return Kernel(release, **overrides)


def _newest_first() -> list[str]:
    """Mainline releases before those of stable branches."""
    versions = sorted(map(parse_release, releases()), key=lambda v: (len(v), [-n for n in v]))
    return [_text(version) for version in versions]


NONE = "no release of the model"


def spans(fitting: Collection[str]) -> str:
    """Return releases of `rules.releases()` as spans, with the stable branches that differ.

    >>> spans({"6.18", "6.1.135"})
    '6.18 and later; of 6.1.y 6.1.135 and later'
    >>> spans({"5.6", "5.7"})
    'before 5.8, but of 5.7.y not 5.7.3 and later'
    """
    fits = {parse_release(release) for release in fitting}
    known = [parse_release(release) for release in releases()]
    mainline = [version for version in known if len(version) == 2]
    found = "; ".join([*_runs(mainline, fits), *_branches(known, fits, added=True)])
    without = "; ".join(_branches(known, fits, added=False))
    return (f"{found}, but {without}" if without else found) or NONE


def _runs(versions: Sequence[Version], fits: Collection[Version]) -> Iterator[str]:
    """Each stretch of neighbours that fit, in words."""
    oldest = parse_release(releases()[0])
    left = list(versions)
    for fit, group in groupby(versions, key=lambda version: version in fits):
        first, *_ = stretch = list(group)
        left = left[len(stretch) :]
        until = f"before {_text(left[0])}" if left else ""
        if fit and not left:
            yield f"{_text(first)} and later"
        elif fit:
            yield until if first == oldest else f"{_text(first)} to {until}"


def _branches(known: Sequence[Version], fits: Collection[Version], *, added: bool) -> Iterator[str]:
    """What the stable branches with rules of their own add, or take away."""
    stable = [version for version in known if len(version) == 3]
    for branch in sorted({version[:2] for version in stable}):
        # A release without rules of its own does as the newest before it.
        base = max(v for v in known if len(v) == 2 and speaks_of(v, branch))
        points = [version for version in stable if version[:2] == branch]
        meant = [point for point in points if (point in fits) is added]
        runs = "; ".join(_runs(points, meant))
        if runs and (base in fits) is not added:
            yield f"of {_text(branch)}.y {'' if added else 'not '}{runs}"


def _text(version: Version) -> str:
    return ".".join(map(str, version))
