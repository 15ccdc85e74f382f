"""What a kernel answered to all experiments that a reader's machine can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from pinlab.machine.finding import Finding, findings
from pinlab.machine.questions import QUESTIONS, predicted
from pinlab.machine.recordings import Quantity
from pinlab.machine.spans import spans
from pinlab.model.arguments import instance
from pinlab.model.kernel import Kernel
from pinlab.model.rules import parse_release, releases


@dataclass(frozen=True)
class Measured:
    """Everything that was measured, or a recording of it.

    quantities: rows as in the recordings; those of the recording if nothing could be measured.
    missing: by experiment and case, why it was not measured. instead: the recorded rows of these
    cases. live: whether it was measured just now; if not, date says when. note: what else to
    know, such as the pins that others took meanwhile; noisy: whether they took any. label: the
    words to put beside the numbers.

    answers: one for each question about which kernel this is. releases: those that fit all
    answers measured.
    """

    kernel: str
    build: str
    quantities: tuple[Quantity, ...]
    missing: dict[tuple[str, str], str]
    instead: tuple[Quantity, ...]
    live: bool
    date: str | None
    note: str
    label: str
    noisy: bool = False

    @cached_property
    def answers(self) -> tuple[Finding, ...]:
        """The answer to each question, in the order of the questions."""
        if self.live:
            noise = self.note if self.noisy else ""
            return findings(self.quantities, self.missing, self.instead, noise)
        return findings((), self.missing, self.instead)

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases of the model that agree with every answer, oldest first."""
        answers = [set(answer.releases) for answer in self._counted()]
        return tuple(r for r in releases() if all(r in answer for answer in answers))

    def _counted(self) -> list[Finding]:
        """The answers that say something of the kernel: if any was measured, only those."""
        told = [answer for answer in self.answers if answer.values]
        return [answer for answer in told if not answer.why_not or not self.live]

    def table(self) -> str:
        """Return questions, answers and releases as plain text."""
        lines = [self.label, *(line for answer in self.answers for line in answer.lines())]
        together = spans(self.releases) if self._counted() else "nothing was measured"
        return "\n".join([*lines, f"All together: {together}", *self._notes()])

    __str__ = table

    def _notes(self) -> Iterator[str]:
        if self.note:
            yield self.note
        if self.live:
            reasons: dict[str, list[str]] = {}
            for (experiment, case), reason in self.missing.items():
                reasons.setdefault(reason, []).append(f"{experiment} {case}")
            for reason, cases in reasons.items():
                yield f"Not measured: {', '.join(cases)}. {reason}"
        if self.live and self.instead:
            yield f"In their place Linux {self.instead[0].kernel}; {'; '.join(self._recorded())}."

    def _recorded(self) -> Iterator[str]:
        for (experiment, case), rows in groupby(self.instead, key=lambda row: row[2:4]):
            values = ", ".join(f"{row.quantity} {row.value}" for row in rows)
            yield f"{experiment} {case}: {values}"


def kernel_like(measured: Measured) -> Kernel:
    """Return a machine of the model that gives the answers that were measured.

    Of the releases that agree with the most answers it is the newest; where it disagrees, rules
    are overridden. What no rule can change stays as it is. Where nothing was measured it is the
    newest release.

    Raises TypeError if `measured` is none.
    """
    answers = {a.name: a for a in instance("measured", measured, Measured)._counted()}
    release = max(_newest_first(), key=lambda r: sum(r in a.releases for a in answers.values()))
    overrides: dict[str, str] = {}
    for question in QUESTIONS:
        if question.name not in answers:
            continue
        for lever in ({}, *question.levers):
            kernel = Kernel(release, **overrides, **lever)
            if predicted(question, kernel) == answers[question.name].values:
                overrides.update(lever)
                break
    return Kernel(release, **overrides)


def _newest_first() -> list[str]:
    """Mainline releases before those of stable branches."""
    versions = sorted(map(parse_release, releases()), key=lambda v: (len(v), [-n for n in v]))
    return [".".join(map(str, version)) for version in versions]
