"""Litmus tests as text without their verdicts, for questions about them."""

from __future__ import annotations

from pinlab.explore import litmus

INDENT = "\n    "


def as_question(test: litmus.Litmus) -> str:
    """Return a test's memory, programs and question as its file has them."""
    memory = (f"{page} = {letter or litmus.ZERO}" for page, letter in test.scenario.memory.items())
    parts = {"memory": list(memory)} | {a: list(s) for a, s in test.scenario.programs.items()}
    told = (INDENT.join([head, *lines]) for head, lines in parts.items())
    return "\n".join([*told, f"exists {test.exists}"])
