"""Words: what the kernel, its documents and the mail mean by pin, and what they claim."""

from pinlab.words.apart import Apart, Example, apart
from pinlab.words.judge import BY_ACCIDENT, FALSE, TRUE, Verdict, adequacy, judge
from pinlab.words.proposals import Proposal, applied, contest, proposals, rename
from pinlab.words.readings import PASSAGES, SITUATIONS, Passage, fails_at, page_in, readings
from pinlab.words.senses import SENSES, Sense, Senses, senses
from pinlab.words.sentences import SENTENCES, Claim, Sentence
from pinlab.words.terms import SENSES_BESIDE, Term, contradictions, spread, terms
from pinlab.words.thread import Turn, thread, turns
from pinlab.words.vocabulary import clause, sentence, shortest
from pinlab.words.wrong_kernels import WRONG_KERNELS, WrongKernel

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
    "spread",
    "terms",
    "thread",
    "turns",
]
