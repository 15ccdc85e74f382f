"""Words: what "pin" means where, and sentences of documentation as claims that can be checked."""

from pinlab.words.judge import BY_ACCIDENT, FALSE, TRUE, Verdict, adequacy, judge
from pinlab.words.sentences import SENTENCES, Claim, Sentence
from pinlab.words.vocabulary import clause, sentence, shortest
from pinlab.words.wrong_kernels import WRONG_KERNELS, WrongKernel

__all__ = [
    "BY_ACCIDENT",
    "FALSE",
    "SENTENCES",
    "TRUE",
    "WRONG_KERNELS",
    "Claim",
    "Sentence",
    "Verdict",
    "WrongKernel",
    "adequacy",
    "clause",
    "judge",
    "sentence",
    "shortest",
]
