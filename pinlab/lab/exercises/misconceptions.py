"""Misconceptions: ideas that a wrong answer may rest on, by id, with what holds instead."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pinlab.data_folder import DATA
from pinlab.text_files import table


@cache
def misconceptions() -> Mapping[str, str]:
    """Return the sentence for each id, from data/misconceptions.csv."""
    rows = table(DATA / "misconceptions.csv", ("id", "lesson", "sentence"), dict, unique=["id"])
    return MappingProxyType({row["id"]: row["sentence"] for row in rows})


def reason(idea: str) -> str:
    """Return what to say about a wrong answer: the idea's sentence and id, or a sentence as is."""
    sentence = misconceptions().get(idea)
    return f"{idea}." if sentence is None else f"{sentence} (mistaken: {idea})."
