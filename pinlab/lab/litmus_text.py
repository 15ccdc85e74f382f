"""Litmus tests as text without their verdicts, for questions about them."""

from __future__ import annotations

from pinlab.explore import Question, Scenario

INDENT = "\n    "


def as_question(scenario: Scenario, exists: Question) -> str:
    """Return memory, programs and question as a file of data/litmus has them."""
    memory = (f"{page} = {letter}" for page, letter in scenario.memory.items())
    parts = {"memory": list(memory)} | {a: list(s) for a, s in scenario.programs.items()}
    told = (INDENT.join([head, *lines]) for head, lines in parts.items())
    return "\n".join([*told, f"exists {exists}"])
