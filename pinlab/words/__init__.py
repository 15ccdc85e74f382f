"""Words: what the kernel, its documents and the mail mean by pin, and what they claim."""

from pinlab.words.proposals import Proposal, applied, contest, proposals, rename
from pinlab.words.terms import SENSES_BESIDE, Term, contradictions, spread, terms
from pinlab.words.thread import Turn, thread, turns

__all__ = [
    "SENSES_BESIDE",
    "Proposal",
    "Term",
    "Turn",
    "applied",
    "contest",
    "contradictions",
    "proposals",
    "rename",
    "spread",
    "terms",
    "thread",
    "turns",
]
