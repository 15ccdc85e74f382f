"""Words: what the kernel, its documents and the mail mean by pin, and what they claim."""

from pinlab.words.apart import Apart, Example, apart
from pinlab.words.senses import SENSES, Sense, Senses, senses

__all__ = ["SENSES", "Apart", "Example", "Sense", "Senses", "apart", "senses"]
