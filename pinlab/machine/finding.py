"""Finding: what a kernel answered to one question, and which releases answer the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pinlab.machine.answer import AGAIN
from pinlab.machine.questions import COUNTED, QUESTIONS, Place, Question, Values, fitting
from pinlab.machine.recordings import Quantity
from pinlab.machine.spans import spans

NOT_COUNTED = "process_vm_readv of written pages moves no counter, so a zero would show nothing."


@dataclass(frozen=True)
class Finding:
    """The answer to one question.

    question, name: of the question. answer: in words, "" if there is none. values: what was
    measured, or recorded. why_not: why it was not measured here, else "". releases: those of the
    model that answer the same, and spans: the same in words.
    """

    name: str
    question: str
    answer: str
    values: Values
    why_not: str
    releases: tuple[str, ...]
    spans: str

    def lines(self) -> Iterator[str]:
        """Return it as plain text, a line each for question, answer and releases."""
        yield self.question
        if self.why_not:
            yield f"    not measured here: {self.why_not}"
        if self.answer:
            yield f"    {'recorded: ' if self.why_not else ''}{self.answer}"
            yield f"    so does the model of: {self.spans}"


def findings(
    rows: tuple[Quantity, ...],
    missing: Mapping[tuple[str, str], str],
    instead: tuple[Quantity, ...],
    noise: str = "",
) -> tuple[Finding, ...]:
    """Return a finding for each question.

    rows: what was measured. missing: why a case was not. instead: what was recorded elsewhere,
    which is shown where nothing was measured. noise: a sentence about the pins that others took
    meanwhile, if they did: then an answer that fits no release is none.
    """
    measured, recorded = _by_place(rows), _by_place(instead)
    found = []
    for question in QUESTIONS:
        why_not = _why_not(question, measured, missing)
        finding = _finding(question, recorded if why_not else measured, why_not)
        if noise and not why_not and not finding.releases and question.counted:
            finding = _finding(question, recorded, f"{noise} {AGAIN}")
        found.append(finding)
    return tuple(found)


def _finding(question: Question, source: Mapping[Place, int | str], why_not: str) -> Finding:
    if not all(place in source for place in question.told_by):
        return Finding(question.name, question.text, "", (), why_not, (), "")
    values = tuple(source[place] for place in question.told_by)
    found, words = fitting(question, values), question.say(*values)
    return Finding(question.name, question.text, words, values, why_not, found, spans(found))


def _why_not(
    question: Question,
    measured: Mapping[Place, int | str],
    missing: Mapping[tuple[str, str], str],
) -> str:
    for experiment, case, quantity in question.told_by:
        if (experiment, case, quantity) not in measured:
            return missing.get((experiment, case), "It was not asked.")
    # A positive count is its own proof that pins are counted here.
    if not question.counted or measured[question.told_by[0]] or measured.get(COUNTED):
        return ""
    return NOT_COUNTED if COUNTED in measured else missing.get(COUNTED[:2], NOT_COUNTED)


def _by_place(rows: tuple[Quantity, ...]) -> dict[Place, int | str]:
    return {row[2:5]: row.value for row in rows}
