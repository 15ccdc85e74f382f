"""Words: what the kernel, its documents and the mail mean by pin, and what they claim."""

from pinlab.words.apart import Apart, Example, apart
from pinlab.words.proposals import Proposal, applied, contest, proposals, rename
from pinlab.words.readings import PASSAGES, SITUATIONS, Passage, fails_at, page_in, readings
from pinlab.words.senses import SENSES, Sense, Senses, senses
from pinlab.words.terms import SENSES_BESIDE, Term, contradictions, spread, terms

__all__ = [
    "PASSAGES",
    "SENSES",
    "SENSES_BESIDE",
    "SITUATIONS",
    "Apart",
    "Example",
    "Passage",
    "Proposal",
    "Sense",
    "Senses",
    "Term",
    "apart",
    "applied",
    "contest",
    "contradictions",
    "fails_at",
    "page_in",
    "proposals",
    "readings",
    "rename",
    "senses",
    "spread",
    "terms",
]
