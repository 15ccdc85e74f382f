"""Misconceptions: ideas that a wrong answer may rest on, by id, with what holds instead."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pinlab.data_folder import DATA


@cache
def misconceptions() -> Mapping[str, str]:
    """Return the sentence for each id, from data/misconceptions.csv."""
    with (DATA / "misconceptions.csv").open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["id"]: row["sentence"] for row in csv.DictReader(file)})


def reason(idea: str) -> str:
    """Return what to say about a wrong answer: the idea's sentence and id, or a sentence as is."""
    sentence = misconceptions().get(idea)
    return f"{idea}." if sentence is None else f"{sentence} (mistaken: {idea})."
