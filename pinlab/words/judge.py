"""Judge: a sentence, held against every step of a small machine, and against wrong kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING

from pinlab.explore.reach import Transition, reach
from pinlab.model.arguments import instance, mapping, sequence, shown
from pinlab.model.rules import parse_release
from pinlab.model.trace import Trace
from pinlab.words.sentences import SENTENCES, Claim, Says, Sentence, find
from pinlab.words.wrong_kernels import WRONG_KERNELS, WrongKernel, has_patch

if TYPE_CHECKING:
    import pandas

TRUE, BY_ACCIDENT, FALSE = "true", "true only by accident", "false"

COLUMNS = 96
"""Characters that a printed page of a notebook has room for in a line."""

Judged = str | Sentence | Says
"""What can be judged: the id of a sentence, a sentence, or a function (before, step, after)."""


@dataclass(frozen=True)
class Counterexample:
    """A shortest way to a step that a sentence is wrong about: as sentences, and as a trace."""

    steps: tuple[str, ...]
    trace: Trace
    transition: Transition

    def __str__(self) -> str:
        numbered = (f"{n}. {step}" for n, step in enumerate(self.steps, 1))
        return "\n".join([*numbered, "", str(self.trace)])


@dataclass(frozen=True, repr=False)
class Verdict:
    """What came out.

    answer: FALSE; TRUE, which means that no wrong kernel would have satisfied it, too; or else
    BY_ACCIDENT, of which there are two kinds. missed: the wrong kernels that slip through.
    speaks_of: in how many steps it says anything at all; where that is 0 it is true of nothing.
    missed is None where wrong kernels are not asked: the sentence is false, or the release does not
    leave its zero page unpinned, so that they are not one rule away from it.
    """

    sentence: str
    release: str
    answer: str
    speaks_of: int
    steps: int
    missed: tuple[str, ...] | None = None
    counterexample: Counterexample | None = None

    def __str__(self) -> str:
        head = f"{self.sentence} of Linux {self.release}: {self.answer}"
        if self.counterexample is not None:
            return f"{fill(head, COLUMNS, break_on_hyphens=False)}\n{self.counterexample}"
        lines = [f"{head}. It speaks of {self.speaks_of} of {self.steps} steps."]
        if self.missed:
            lines.append(f"True of these wrong kernels as well: {', '.join(self.missed)}")
        return "\n".join(fill(line, COLUMNS, break_on_hyphens=False) for line in lines)

    __repr__ = __str__


def judge(sentence: Judged, release: str = "6.5") -> Verdict:
    """Hold a sentence against every state that the small machine can reach, and wrong kernels.

    `sentence` is one of SENTENCES, one that `sentence()` has put together, or a function of the
    state before, the step and the state after that returns True, False, or None for nothing.
    Raises ValueError for an unknown sentence or release, TypeError for something else.

    >>> judge("refcount-sentence", "6.5").missed[0]
    'pincount-still-counted'
    >>> judge("refcount-sentence", "6.4").counterexample.steps
    ('A pins the zero page: refcount 1 -> 1025, vmstat acquired 0 -> 1',)
    """
    asked = _sentence(sentence)
    parse_release(release)
    reached = reach(release)
    answers = [asked.says(t.before, t.step, t.after) for t in reached.transitions]
    counts = len(answers) - answers.count(None), len(answers)
    if False in answers:
        wrong = counterexample(asked, release)
        return Verdict(asked.id, release, FALSE, *counts, counterexample=wrong)
    missed = missed_by(asked, release) if has_patch(release) else None
    answer = BY_ACCIDENT if missed or not counts[0] else TRUE
    return Verdict(asked.id, release, answer, *counts, missed=missed)


def missed_by(
    sentence: Judged, release: str = "6.5", kernels: Mapping[str, WrongKernel] = WRONG_KERNELS
) -> tuple[str, ...]:
    """Return the wrong kernels of which a sentence is true, too.

    Raises as `judge`, and ValueError for a release that does not leave its zero page unpinned.
    """
    asked = _sentence(sentence)
    if not has_patch(release):
        raise ValueError(
            f"release is {shown(release)}: wrong kernels are one rule away from one that leaves "
            "its zero page unpinned: allowed are 6.5 and later, and 6.1 from 6.1.135 on"
        )
    return tuple(name for name, wrong in kernels.items() if holds(asked, release, wrong.rules))


def holds(
    sentence: Sentence, release: str, rules: Mapping[str, object] = MappingProxyType({})
) -> bool:
    """Return whether a sentence is wrong about no step of that release, its rules overridden."""
    return counterexample(sentence, release, rules) is None


def counterexample(
    sentence: Judged, release: str, rules: Mapping[str, object] = MappingProxyType({})
) -> Counterexample | None:
    """Return a shortest way to a step that a sentence is wrong about, None if there is none.

    Raises as `judge`.
    """
    asked, reached = _sentence(sentence), reach(release, rules)
    for step in reached.transitions:
        if asked.says(step.before, step.step, step.after) is False:
            return Counterexample(tuple(map(str, reached.way(step))), reached.trace(step), step)
    return None


def adequacy(
    release: str = "6.5",
    sentences: Iterable[Judged] = tuple(SENTENCES),
    kernels: Mapping[str, WrongKernel] = WRONG_KERNELS,
) -> pandas.DataFrame:
    """Return a table of bools: which wrong kernel (column) slips through which sentence (row).

    A sentence is adequate if its row is False throughout, and it is true of the release itself.
    Raises as `missed_by`.
    """
    import pandas

    for name in mapping("kernels", kernels):
        instance(f"a kernel in kernels, {name}", kernels[name], WrongKernel)
    asked = [_sentence(sentence) for sentence in sequence("sentences", sentences, "sentences")]
    missed = {sentence.id: missed_by(sentence, release, kernels) for sentence in asked}
    rows = {name: [kernel in slips for kernel in kernels] for name, slips in missed.items()}
    table = pandas.DataFrame.from_dict(rows, orient="index", columns=list(kernels), dtype=bool)
    return table.rename_axis(index="sentence", columns="wrong kernel")


def _sentence(sentence: Judged) -> Sentence:
    if isinstance(sentence, str):
        return find(sentence)
    if isinstance(sentence, Sentence):
        return sentence
    if callable(sentence):
        name = getattr(sentence, "__name__", "yours")
        return Sentence(name, (Claim(name, sentence),))
    raise TypeError(f"sentence is {shown(sentence)}: it has to be a str, a Sentence or a function")
