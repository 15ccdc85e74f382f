"""Words: what the kernel, its documents and the mail mean by pin, and what they claim."""

from pinlab.words.apart import Apart, Example, apart
from pinlab.words.corpus import (
    SENSES_BESIDE,
    Proposal,
    Term,
    applied,
    contest,
    contradictions,
    proposals,
    rename,
    terms,
)
from pinlab.words.readings import PASSAGES, SITUATIONS, Passage, fails_at, page_in, readings
from pinlab.words.senses import SENSES, Sense, Senses, senses
from pinlab.words.sentences import (
    BY_ACCIDENT,
    FALSE,
    SENTENCES,
    TRUE,
    WRONG_KERNELS,
    Claim,
    Sentence,
    Verdict,
    WrongKernel,
    adequacy,
    judge,
)
from pinlab.words.thread import Turn, thread, turns
from pinlab.words.vocabulary import clause, sentence, shortest

__all__ = [
    "BY_ACCIDENT",
    "FALSE",
    "PASSAGES",
    "SENSES",
    "SENSES_BESIDE",
    "SENTENCES",
    "SITUATIONS",
    "TRUE",
    "WRONG_KERNELS",
    "Apart",
    "Claim",
    "Example",
    "Passage",
    "Proposal",
    "Sense",
    "Senses",
    "Sentence",
    "Term",
    "Turn",
    "Verdict",
    "WrongKernel",
    "adequacy",
    "apart",
    "applied",
    "clause",
    "contest",
    "contradictions",
    "fails_at",
    "judge",
    "page_in",
    "proposals",
    "readings",
    "rename",
    "senses",
    "sentence",
    "shortest",
    "terms",
    "thread",
    "turns",
]
