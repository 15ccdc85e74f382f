"""Words: what the kernel, its documents and the mail mean by pin, and what they claim."""

from pinlab.words.apart import Apart, Example, apart
from pinlab.words.proposals import Proposal, applied, contest, proposals, rename
from pinlab.words.senses import SENSES, Sense, Senses, senses
from pinlab.words.terms import SENSES_BESIDE, Term, contradictions, spread, terms
from pinlab.words.thread import Turn, thread, turns

__all__ = [
    "SENSES",
    "SENSES_BESIDE",
    "Apart",
    "Example",
    "Proposal",
    "Sense",
    "Senses",
    "Term",
    "Turn",
    "apart",
    "applied",
    "contest",
    "contradictions",
    "proposals",
    "rename",
    "senses",
    "spread",
    "terms",
    "thread",
    "turns",
]
