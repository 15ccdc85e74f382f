"""Words: what is said about pins, who said it, and whether the model bears it out."""

from pinlab.words.thread import Turn, thread, turns

__all__ = ["Turn", "thread", "turns"]
